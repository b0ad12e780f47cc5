"""Golden prompts of chat templates, rendered and tokenised by transformers.

    python Tools/golden/chat.py MODEL.gguf Tests/LanguageModelTests/Fixtures/chat.json

The content is innocent: it neither begins nor ends with white space and spells no marker, so that tokenising
the rendered text as a whole, as transformers does, and tokenising its parts give the same ids.
"""

import json
import os
import sys
from importlib.metadata import version

from transformers import AutoTokenizer

MESSAGES = [
    [("user", "Hello!")],
    [("user", "What is the capital of France?\nAnswer in one word.")],
    [("system", "You are terse."), ("user", "Why is the sky blue?")],
    [("user", "Hi"), ("assistant", "Hello. How can I help?"), ("user", "def f(x):\n    return x + 1")],
    [("user", "Schöne Grüße 👋🏽 你好")],
    [("system", "S"), ("user", "A"), ("assistant", "B"), ("user", "C"), ("assistant", "D"), ("user", "E?")],
    [],
]
LOOP = "{% for message in messages %}"
TURN = "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
GENERATION = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
QWEN2 = (
    "{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}{% endif %}"
)
TEMPLATES = {
    "smollm2": None,  # the file's own
    "plain": LOOP + TURN + GENERATION,
    "plain, spelled otherwise": (
        "{%for message in messages%}\n"
        "{{ \"<|im_start|>\" + message[\"role\"] + \"\\n\" + message[\"content\"] + \"<|im_end|>\\n\" }}{% endfor %}\n"
        "    {% if add_generation_prompt %}\n{{\"<|im_start|>assistant\\n\"}}{% endif %}\n"
    ),
    "qwen2": LOOP + QWEN2 + TURN + GENERATION,
}


def main(model, out):
    directory, name = os.path.split(os.path.abspath(model))
    tokenizer = AutoTokenizer.from_pretrained(directory, gguf_file=name)
    cases = []
    for label, template in TEMPLATES.items():
        for messages in MESSAGES:
            ids = tokenizer.apply_chat_template(
                [{"role": role, "content": content} for role, content in messages], chat_template=template,
                tokenize=True, add_generation_prompt=True, return_dict=False,
            ) if messages else tokenizer.encode("<|im_start|>assistant\n", add_special_tokens=False)
            cases.append({
                "name": label, "template": template or tokenizer.chat_template,
                "messages": [{"role": role, "content": content} for role, content in messages], "ids": ids,
            })
    provenance = {
        "generator": "Tools/golden/chat.py", "transformers": version("transformers"),
        "command": f"python Tools/golden/chat.py {name} Tests/LanguageModelTests/Fixtures/chat.json",
    }
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"provenance": provenance, "cases": cases}, file, ensure_ascii=False, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
