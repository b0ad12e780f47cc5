"""Golden token ids, made by Hugging Face's tokenizers.

    python Tools/golden/tokenizer.py smollm2 MODEL.gguf OUT.jsonl [--count N] [--seed S] [--text FILE]...
    python Tools/golden/tokenizer.py synthetic OUT.json

`smollm2` writes lines of mixed text, each with a hash of the ids that transformers' tokenizer of the GGUF file
gives them; with another count, seed or more text it makes a larger check, which the test reads from
ATTUNE_TOKENIZER_GOLDEN. `synthetic` trains a small byte-level vocabulary whose merges cross words, and hashes
the ids under each of the four pre-tokenizers (their official regular expressions).

A hash is FNV-1a, 64 bits, over the ids as little-endian int32.
"""

import argparse
import json
import os
import struct
from importlib.metadata import version

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from tokenizer_lines import generate

SEED = 20260101
LLAMA = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def split(regex):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(regex), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])


GPT2 = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
PRE_TOKENIZERS = {
    "gpt-2": GPT2,
    "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), GPT2]),
    "llama-bpe": split(LLAMA),
    "qwen2": split(LLAMA.replace("{1,3}", "")),
}


def fnv(ids):
    value = 0xCBF29CE484222325
    for byte in struct.pack(f"<{len(ids)}i", *ids):
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def hashes(tokenizer, lines):
    return [fnv(e.ids) for e in tokenizer.encode_batch(lines, add_special_tokens=False)]


def provenance(command, seed):
    return {
        "generator": "Tools/golden/tokenizer.py", "seed": seed, "command": command,
        "tokenizers": version("tokenizers"), "transformers": version("transformers"),
    }


def smollm2(arguments):
    from transformers import AutoTokenizer

    directory, name = os.path.split(os.path.abspath(arguments.model))
    tokenizer = AutoTokenizer.from_pretrained(directory, gguf_file=name).backend_tokenizer
    tokenizer.encode_special_tokens = True
    lines = generate(arguments.count, arguments.seed)
    for path in arguments.text:
        with open(path, encoding="utf-8") as file:
            lines += file.read().split("\n")
    command = f"python Tools/golden/tokenizer.py smollm2 {name} OUT --count {arguments.count} --seed {arguments.seed}"
    with open(arguments.out, "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(provenance(command, arguments.seed)) + "\n")
        for line, digest in zip(lines, hashes(tokenizer, lines)):
            file.write(json.dumps([line, digest], ensure_ascii=False, separators=(",", ":")) + "\n")


def synthetic(arguments):
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=1000, initial_alphabet=alphabet, max_token_length=12, show_progress=False)
    trained.train_from_iterator(generate(6000, SEED + 1), trainer)
    model = json.loads(trained.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
    tokenizer = Tokenizer(models.BPE(vocab=model["vocab"], merges=[tuple(m.split(" ")) for m in merges]))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken("<|im_end|>", normalized=False, special=True)])
    tokenizer.add_tokens([AddedToken("<think>", normalized=False, special=False)])
    lines = generate(2200, SEED + 2)
    columns = {}
    for name, pre_tokenizer in PRE_TOKENIZERS.items():
        tokenizer.pre_tokenizer = pre_tokenizer
        tokenizer.encode_special_tokens = True
        columns[name] = hashes(tokenizer, lines)
        tokenizer.encode_special_tokens = False
        columns[name + ", parsing special tokens"] = hashes(tokenizer, lines)
    command = "python Tools/golden/tokenizer.py synthetic Tests/LanguageModelTests/Fixtures/tokenizer_synthetic.json"
    with open(arguments.out, "w", encoding="utf-8", newline="\n") as file:
        json.dump({
            "provenance": provenance(command, SEED), "tokens": tokens, "merges": merges,
            "control": "<|im_end|>", "userDefined": "<think>", "lines": lines, "hashes": columns,
        }, file, ensure_ascii=False, indent=0)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("smollm2")
    command.add_argument("model")
    command.add_argument("out")
    command.add_argument("--count", type=int, default=12000)
    command.add_argument("--seed", type=int, default=SEED)
    command.add_argument("--text", action="append", default=[])
    command.set_defaults(run=smollm2)
    command = commands.add_parser("synthetic")
    command.add_argument("out")
    command.set_defaults(run=synthetic)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
