"""Ten steps of DPO with AdamW. Writes PreferenceLearningTests/Fixtures/dpo_steps.json.

Format: "adapter" {rank, alpha, seed}: A in ±1/√inputs from SeededGenerator(seed:) as reference_model.Adapter.fill
takes it (one draw per parameter of the flat vector, B's draws included and unused), B = 0. "pairs": token ids (the
responses end with end-of-turn) with the base model's summed log-probabilities. "steps": per step the indices of its
pairs, then before its update the mean loss, the pairs' summed log-probabilities and the L2 norm of the gradient of
the mean loss over all parameters. "final": after the last update, per factor "blk.0.attn_q.A" …, the L2 norm of
the factor and of its change from the start. "optimizer": AdamW's settings; weight decay is decoupled, no clipping.
"""
import json
import os

import numpy as np
import torch

import reference_model as reference
from preference_loss import dpo_loss, named, tokenized_pairs, with_reference

ADAPTER_SEED, BETA, BATCH, STEPS = 3, 0.1, 4, 10
OPTIMIZER = {"learningRate": 1e-4, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.01}


def main():
    path = reference.model_path()
    model, tokenizer = reference.load_model(path), reference.load_tokenizer(path)
    pairs = with_reference(model, tokenized_pairs(tokenizer))
    adapter = reference.Adapter(model)
    adapter.fill(ADAPTER_SEED, 0)
    start = [(name, a.copy(), b.copy()) for name, a, b in adapter.flat()]
    optimizer = torch.optim.AdamW(
        adapter.parameters(), lr=OPTIMIZER["learningRate"], betas=(OPTIMIZER["beta1"], OPTIMIZER["beta2"]),
        eps=OPTIMIZER["epsilon"], weight_decay=OPTIMIZER["weightDecay"])
    steps = []
    for step in range(STEPS):
        indices = [(step * BATCH + i) % len(pairs) for i in range(BATCH)]
        optimizer.zero_grad()
        total, chosen, rejected = 0.0, [], []
        for index in indices:
            loss, c, r = dpo_loss(adapter.model, pairs[index], BETA)
            (loss / BATCH).backward()
            total += loss.item() / BATCH
            chosen.append(c.item())
            rejected.append(r.item())
        norm = torch.sqrt(sum((p.grad.double() ** 2).sum() for p in adapter.parameters())).item()
        steps.append({"pairs": indices, "loss": total, "chosen": chosen, "rejected": rejected, "gradientNorm": norm})
        optimizer.step()
        print(step, total, norm)
    size = lambda array: float(np.linalg.norm(array.astype(np.float64)))
    final = []
    for (name, a0, b0), (_, a, b) in zip(start, adapter.flat()):
        final += [{"name": f"{name}.{factor}", "norm": size(now), "change": size(now - before)}
                  for factor, now, before in (("A", a, a0), ("B", b, b0))]
    facts = reference.provenance(adapterSeed=ADAPTER_SEED)
    out = os.path.join(os.path.dirname(__file__), "../../Tests/PreferenceLearningTests/Fixtures/dpo_steps.json")
    os.makedirs(os.path.dirname(out), exist_ok=True)
    json.dump({"made": facts, "beta": BETA, "adapter": {"rank": 8, "alpha": 16, "seed": ADAPTER_SEED},
               "optimizer": OPTIMIZER, "pairs": [named(p) for p in pairs], "steps": steps, "final": final},
              open(out, "w"), separators=(",", ":"))


main()
