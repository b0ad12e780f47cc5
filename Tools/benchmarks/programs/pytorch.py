#!/usr/bin/env python3
"""The work that Attune's engine is measured on, in PyTorch with PEFT; prints one JSON object.

    pytorch.py GGUF [THREADS]

Needs from PyPI: torch (with --no-deps the CUDA libraries stay out; then also filelock
typing-extensions sympy networkx jinja2 fsspec), transformers, peft, gguf, numpy.

In float32: reading a prompt of 512 tokens, and DPO steps of 8 pairs with AdamW, LoRA of rank 8 on all
linear layers, reference log-probabilities known, logits for response positions only. As trainers do it,
each prompt is computed twice, with either response. The long step runs two pairs at a time, since eight
at once do not fit into 16 GiB. The peak of memory is that of the shorter step, loading left out.
"""
import json
import os
import statistics
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

PAIRS = 8


def load(path):
    loaded = AutoModelForCausalLM.from_pretrained(
        os.path.dirname(path), gguf_file=os.path.basename(path), dtype=torch.float32)
    config = loaded.config.to_dict()
    config.pop("quantization_config", None)
    model = LlamaForCausalLM(LlamaConfig(**config)).float()
    model.load_state_dict(loaded.state_dict(), strict=False)
    return model


def median(repeats, run):
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def tokens(*shape):
    return torch.randint(100, 40000, shape)


def preference_step(model, optimizer, length, at_once):
    for _ in range(PAIRS // at_once):
        prompts = tokens(at_once, length)
        x = torch.cat([torch.cat([prompts, tokens(at_once, length)], 1) for _ in range(2)])
        logits = model(x, logits_to_keep=length + 1).logits[:, :-1]
        logps = logits.log_softmax(-1).gather(-1, x[:, length:, None])[..., 0].sum(-1)
        margins = logps[:at_once] - logps[at_once:]
        (-torch.nn.functional.logsigmoid(0.1 * margins).sum() / PAIRS).backward()
    optimizer.step()
    optimizer.zero_grad()


def main():
    path, threads = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    model = load(path)
    out = {"threads": threads, "torch": torch.__version__}
    model.eval()
    with torch.no_grad():
        prompt = tokens(1, 512)
        out["prefill_512_tok_s"] = 512 / median(5, lambda: model(prompt, logits_to_keep=1))
    lora = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, task_type="CAUSAL_LM", target_modules=[
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]))
    lora.train()
    optimizer = torch.optim.AdamW([p for p in lora.parameters() if p.requires_grad], lr=1e-4)
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    out["dpo_pairs_s"] = PAIRS / median(3, lambda: preference_step(lora, optimizer, 64, PAIRS))
    with open("/proc/self/status") as file:
        out["training_rss_mib"] = next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))
    out["dpo_256_pairs_s"] = PAIRS / median(2, lambda: preference_step(lora, optimizer, 256, 2))
    print(json.dumps(out))


if __name__ == "__main__":
    main()
