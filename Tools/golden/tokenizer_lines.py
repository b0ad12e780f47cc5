"""Lines of mixed text for the tokenizer goldens: project-written samples and seeded random text.

Every line is valid UTF-8 and free of surrogates. The same seed gives the same lines with every version of
Python (only Random.random and integer arithmetic are used).
"""

import random

ENGLISH = """the a of to and in is it that for on with as at by this from or an be are was not have you your can will
one all there their what so up out if about who get which go me when make like time no just him know take people
into year good some could them see other than then now look only come its over think also back after use two how
our work first well way even new want because any these give day most us attune daemon checkpoint preference
Reward MODEL tokeniser O'Neill can't we're they'll I'd you've it's DON'T WE'RE naïve café""".split()

CODE = [
    "for i in range(0, {n}):", "    if x[{n}] != y.get('k{n}', None):", "\treturn f(a, b)[{n}:] // {n}",
    "let value: [Int32] = stride(from: 0, to: {n}, by: 2).map {{ $0 &* 0x{n:x} }}", "std::vector<uint8_t> v{{{n}}};",
    "#define MAX_{n} ((1u << {n}) - 1)", "SELECT * FROM t WHERE id >= {n} AND name LIKE '%x{n}%';", "}}\r\n\r\n\t\t}}",
    "<div class=\"a-{n}\">&nbsp;{n}&lt;</div>", "    // TODO({n}): it's   spaced    out", "$ grep -rn 'foo\\n' . | wc -l  # {n}",
    "def __init__(self, *args, **kwargs) -> None: ...", "{{\"key\": [1, {n}, -3.5e-{n}], \"nested\": {{\"a\": null}}}}",
    "x = y ** 2 + z[::-1] @ w  ;  i += {n}", "import os, sys; print(sys.version_info >= (3, {n}))", "\\frac{{{n}}}{{2}} \\alpha_{{i}}",
    "error[E0{n}]: cannot borrow `*self` as mutable", "https://example.org/a/b?q={n}&r=%20#frag", "+    {n} - \n-    {n} +",
]

SCRIPTS = [
    "Zażółć gęślą jaźń", "Příliš žluťoučký kůň", "Ελληνικά γράμματα και τόνοι", "Съешь ещё этих мягких французских булок",
    "שלום עולם, מה שלומך היום?", "مرحبا بالعالم، كيف حالك؟ ١٢٣٤٥", "नमस्ते दुनिया १२३ क्षत्रिय", "สวัสดีชาวโลก ๑๒๓", "こんにちは世界、カタカナ漢字",
    "你好,世界!今天是二〇二六年。", "안녕하세요 세계 한국어", "Xin chào thế giới ậ ễ", "ქართული ენა", "Հայերեն լեզու", "አማርኛ ቋንቋ", "বাংলা ভাষা ৪৫৬",
    "தமிழ் மொழி ௧௨௩", "తెలుగు ౧౨౩", "ಕನ್ನಡ", "മലയാളം", "සිංහල", "ລາວ", "ខ្មែរ ១២៣", "မြန်မာ ၁၂၃", "བོད་ཡིག", "ᠮᠣᠩᠭᠣᠯ", "ᏣᎳᎩ", "𐌰𐌱𐌲 𐍈", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟙𝟚𝟛", "ſtraße ẞ ﬁ ﬆ Ǆ ǅ",
    "\u202bעברית with English\u202c", "ﷺ ﷽", "Ⅷ ⅷ ½ ² ₃ ① ㊿ 〇 一二三", "e\u0301 n\u0303 a\u0308\u0323 \u0301alone", "Z\u0351\u036b\u0343a\u0321lgo\u0334",
]

EMOJI = [
    "😀", "😂🤣", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️‍🔥", "1️⃣", "#️⃣", "🧑🏿‍🚀", "☺️ ☹", "🀄🃏", "🫠🫡", "👩‍❤️‍💋‍👨", "✅❌➡️", "♟︎",
]

SPACES = [
    " ", "  ", "   ", "        ", "\t", "\t\t", " \t ", "\n", "\n\n", "\n \n", "\r\n", "\r\n\r\n", "\r", "\u00a0", "\u3000", "\u2003\u2003",
    "\u200b", "\u2028", "\u0085", " \u00a0 ", "\u1680", "\u202f", "\u205f", "\v\f", "\ufeff", "\u180e", "   \n  ", "\n\t\t", " \n", " \r\n ",
]

SPECIALS = ["<think>", "<|im_end|>", "<|im_start|>user\n", "<|endoftext|>", "<repo_name>", "<jupyter_code>", "<|im_end", "|>", "<empty_output>"]

CONTRACTIONS = ["'s", "'S", "'ſ", "'t", "'T", "'re", "'RE", "'rE", "'ve", "'VE", "'m", "'ll", "'lL", "'d", "'D", "'", "''s", "’s", "'r", "'l", "'x"]

BLOCKS = [
    (0x20, 0x7E), (0x00, 0x1F), (0x80, 0xFF), (0x100, 0x24F), (0x250, 0x2FF), (0x300, 0x36F), (0x370, 0x52F), (0x530, 0x6FF), (0x900, 0xDFF),
    (0xE00, 0x109F), (0x10A0, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x2BFF), (0x2E80, 0x33FF), (0x3400, 0x9FFF), (0xA000, 0xABFF), (0xAC00, 0xD7FF),
    (0xE000, 0xFFFD), (0x10000, 0x10FFF), (0x11000, 0x16FFF), (0x1D000, 0x1DFFF), (0x1E000, 0x1EFFF), (0x1F000, 0x1FAFF), (0x20000, 0x33FFF),
    (0xE0000, 0xE01FF), (0xF0000, 0x10FFFF),
]


def generate(count, seed):
    """`count` lines, of eleven kinds in turn."""
    rng = random.Random(seed)
    below = lambda n: int(rng.random() * n)
    pick = lambda items: items[below(len(items))]

    def scalar():
        low, high = pick(BLOCKS)
        value = low + below(high - low + 1)
        return chr(value) if not 0xD800 <= value <= 0xDFFF else "\ufffd"

    def number():
        digits = "".join(pick("0123456789") for _ in range(1 + below(9)))
        return pick([digits, "-" + digits, digits + "." + digits, digits + pick("०١೩๗０𝟗½²"), "$" + digits, digits + "%", digits[:3] + "," + digits])

    def words(n):
        return " ".join(pick(ENGLISH) for _ in range(n))

    def noise(n):
        """Random bytes kept only where they are valid UTF-8."""
        return bytes(below(256) for _ in range(n)).decode("utf-8", "ignore")

    anything = [lambda: words(1 + below(3)), lambda: pick(SCRIPTS), lambda: pick(EMOJI), lambda: pick(SPACES), lambda: pick(SPACES),
                number, lambda: pick(CONTRACTIONS), lambda: pick(SPECIALS), lambda: pick(CODE).format(n=below(999)), scalar,
                lambda: pick("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~…—“”«»。、")]
    kinds = [
        lambda: words(4 + below(12)) + pick([".", "!", "?", "...", ""]),
        lambda: pick(CODE).format(n=below(1000)) + pick(SPACES) + pick(CODE).format(n=below(100000)),
        lambda: pick(SCRIPTS) + pick(SPACES) + pick(SCRIPTS),
        lambda: "".join(pick(EMOJI) + pick(["", " ", words(1)]) for _ in range(1 + below(6))),
        lambda: "".join(pick(SPACES) + pick(["", words(1), number(), "."]) for _ in range(1 + below(6))),
        lambda: pick(SPACES).join(number() for _ in range(1 + below(5))),
        lambda: "".join(scalar() for _ in range(1 + below(20))),
        lambda: noise(20 + below(60)),
        lambda: "".join(pick(ENGLISH) + pick(CONTRACTIONS) + pick(["", " "]) for _ in range(1 + below(5))),
        lambda: "".join(pick(anything)() for _ in range(2 + below(5))),
        lambda: "".join(scalar() * (1 + below(4)) + pick(["", " ", "\u0301"]) for _ in range(1 + below(8))),
    ]
    return [kinds[i % len(kinds)]() for i in range(count)]
