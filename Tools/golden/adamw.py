#!/usr/bin/env python3
"""Golden values of AdamW, gradient clipping and the learning-rate schedule, from PyTorch.

Writes Tests/PreferenceLearningTests/Fixtures/adamw.json: ten steps over a float32 vector with
global-norm clipping and a warm-up-then-cosine learning rate, parameters after each step.
"""

import json
import math
import pathlib
import platform

import numpy as np
import torch

SEED = 95
SIZE = 33
STEPS = 10
WARMUP = 2
PEAK = 0.02
FINAL_SHARE = 0.1
FIXTURE = pathlib.Path("Tests/PreferenceLearningTests/Fixtures/adamw.json")


def share(step):
    """The learning rate as a share of its peak."""
    if step < WARMUP:
        return (step + 1) / WARMUP
    progress = (step - WARMUP) / (STEPS - WARMUP)
    return FINAL_SHARE + (1 - FINAL_SHARE) * (1 + math.cos(math.pi * progress)) / 2


def run(weight_decay, generator):
    start = generator.normal(0, 1, SIZE).astype(np.float32)
    # From tiny to huge, so that clipping binds on some steps only.
    gradients = [
        (generator.normal(0, 1, SIZE) * 10.0 ** generator.uniform(-4, 2)).astype(np.float32)
        for _ in range(STEPS)
    ]
    theta = torch.nn.Parameter(torch.from_numpy(start.copy()))
    optimizer = torch.optim.AdamW(
        [theta], lr=PEAK, betas=(0.9, 0.95), eps=1e-8, weight_decay=weight_decay, foreach=False)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, share)
    steps = []
    for gradient in gradients:
        theta.grad = torch.from_numpy(gradient.copy())
        norm = torch.nn.utils.clip_grad_norm_([theta], 1.0)
        rate = optimizer.param_groups[0]["lr"]
        optimizer.step()
        schedule.step()
        steps.append({
            "gradient": gradient.tolist(), "norm": norm.item(), "learningRate": rate,
            "parameters": theta.detach().tolist(),
        })
    return {"weightDecay": weight_decay, "start": start.tolist(), "steps": steps}


def main():
    torch.set_num_threads(1)
    generator = np.random.default_rng(SEED)
    header = {
        "generator": "Tools/golden/adamw.py", "command": "python3 Tools/golden/adamw.py",
        "seed": SEED, "python": platform.python_version(), "torch": torch.__version__,
        "numpy": np.__version__,
    }
    values = {
        "peak": PEAK, "warmupShare": WARMUP / STEPS, "finalShare": FINAL_SHARE,
        "runs": [run(decay, generator) for decay in (0.0, 0.1)],
    }
    FIXTURE.write_text(json.dumps({"header": header, **values}) + "\n")
    print(f"wrote {FIXTURE} with {header}")


if __name__ == "__main__":
    main()
