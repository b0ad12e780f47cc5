#!/usr/bin/env python3
"""Compares Attune's engine with transformers and PEFT in float32, entry by entry, on this machine.

Usage: engine.py [--model GGUF] [--threads N] [--seed N] [--quick]

Logits of every position and token (bound 2e-3, same argmax), gradients of every entry of every LoRA factor under a
DPO loss (relative L2 error at most 1e-4 per factor), 48 greedy tokens of 20 prompts. Exits 1 when a bound is broken.
Needs Swift, and from PyPI: torch transformers peft gguf numpy. Random tokens follow --seed, so that every run can
ask something new.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../golden"))
try:
    import torch
    import reference_model as reference
    from greedy_decoding import greedy
    from preference_loss import dpo_loss, tokenized_pairs, with_reference
    from texts import PASSAGE, QUESTIONS
except ModuleNotFoundError as error:
    sys.exit(f"cannot compare: Python has no module {error.name}; "
             "run this with a Python that has torch, transformers, peft, gguf and numpy")

B_AMPLITUDE, RANK, ALPHA, BETA, TOKENS = 0.02, 8, 16, 0.1, 48


def build():
    package = os.path.join(HERE, "../engine")
    subprocess.run(["swift", "build", "-c", "release", "--package-path", package, "--product", "comparison"],
                   check=True, stdout=sys.stderr)
    return os.path.join(package, ".build/release/comparison")


def sequences(tokenizer, seed, quick):
    passage = tokenizer(PASSAGE, add_special_tokens=False).input_ids
    result = [passage[:1], passage[:65], (passage + passage)[:300]]
    for number, length in enumerate([7, 130] if quick else [2, 7, 33, 64, 130, 257]):
        draws = reference.draws(seed + number, length) % np.uint64(len(tokenizer))
        result.append(draws.astype(int).tolist())
    return result


def compare_logits(name, model, tokens, path):
    found = np.fromfile(path, np.float32).reshape(sum(map(len, tokens)), -1)
    worst, differing, offset = 0.0, 0, 0
    for ids in tokens:
        with torch.no_grad():
            expected = model(torch.tensor([ids])).logits[0].numpy()
        part = found[offset:offset + len(ids)]
        worst = max(worst, float(np.abs(part - expected).max()))
        differing += int((part.argmax(-1) != expected.argmax(-1)).sum())
        offset += len(ids)
    print(f"logits, {name}: {offset} positions x {found.shape[1]}, worst difference {worst:.2e}, "
          f"{differing} argmax differ")
    return worst <= 2e-3 and differing == 0


def compare_gradients(adapter, gradient):
    offset, worst = 0, (0.0, "")
    for name, a, b in adapter.flat(of_gradients=True):
        for factor, expected in (("A", a), ("B", b)):
            part = gradient[offset:offset + expected.size].reshape(expected.shape).astype(np.float64)
            error = np.linalg.norm(part - expected) / np.linalg.norm(expected.astype(np.float64))
            worst = max(worst, (float(error), f"{name}.{factor}"))
            offset += expected.size
    print(f"gradients: {offset} entries, worst relative L2 error of a factor {worst[0]:.2e} ({worst[1]})")
    return offset == gradient.size and worst[0] <= 1e-4


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default=reference.model_path())
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="fewer sequences, pairs and prompts")
    options = parser.parse_args()
    binary = build()
    model, tokenizer = reference.load_model(options.model), reference.load_tokenizer(options.model)
    torch.set_num_threads(options.threads)
    tokens = sequences(tokenizer, options.seed, options.quick)
    pairs = with_reference(model, tokenized_pairs(tokenizer)[:2 if options.quick else 8])
    prompts = [list(tokenizer.apply_chat_template([{"role": "user", "content": question}], tokenize=True,
                                                  add_generation_prompt=True, return_dict=False))
               for question in QUESTIONS[:4 if options.quick else 20]]
    continued = [greedy(model, prompt, TOKENS)[0] for prompt in prompts]

    with tempfile.TemporaryDirectory() as folder:
        path = lambda name: os.path.join(folder, name)
        passed = []
        adapter_job = {"seed": options.seed, "bAmplitude": B_AMPLITUDE, "rank": RANK, "alpha": ALPHA}
        adapter = reference.Adapter(model, RANK, ALPHA)
        adapter.fill(options.seed, B_AMPLITUDE)
        logps, slopes = [], []
        for pair in pairs:
            loss, chosen, rejected = dpo_loss(adapter.model, pair, BETA)
            (loss / len(pairs)).backward()
            logps += [chosen.item(), rejected.item()]
            delta = chosen.item() - pair["reference_chosen"] - rejected.item() + pair["reference_rejected"]
            slope = -BETA / (1 + np.exp(BETA * delta)) / len(pairs)
            slopes.append([slope, -slope])
        job = {"model": options.model, "threads": options.threads, "adapter": adapter_job, "logits": tokens,
               "pairs": [{"prompt": p["prompt"], "chosen": p["chosen"], "rejected": p["rejected"], "dLogps": s}
                         for p, s in zip(pairs, slopes)],
               "prompts": prompts, "maximumTokens": TOKENS}
        json.dump(job, open(path("job.json"), "w"))
        subprocess.run([binary, path("job.json"), folder], check=True)
        passed.append(compare_logits("adapter", adapter.model, tokens, path("adapted.f32")))
        with adapter.model.disable_adapter():
            passed.append(compare_logits("base model", adapter.model, tokens, path("base.f32")))
        worst = float(np.abs(np.fromfile(path("logps.f32"), np.float32) - np.array(logps)).max())
        print(f"response log-probabilities: {len(logps)}, worst difference {worst:.2e}")
        passed.append(worst <= 1e-2)
        passed.append(compare_gradients(adapter, np.fromfile(path("gradient.f32"), np.float32)))
        found = json.load(open(path("greedy.json")))
    ends = {tokenizer.eos_token_id}
    cut = [ids[:next((i for i, t in enumerate(ids) if t in ends), TOKENS)] for ids in continued]
    same = sum(a == b for a, b in zip(found, cut))
    print(f"greedy: {same} of {len(prompts)} prompts identical over {TOKENS} tokens or to the end of the turn")
    passed.append(same == len(prompts))
    print("all within bounds" if all(passed) else "NOT within bounds")
    sys.exit(0 if all(passed) else 1)


main()
