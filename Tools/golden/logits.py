"""Logits of several token sequences, with and without an adapter. Writes LanguageModelTests/Fixtures/logits.json."""
import json
import os

import numpy as np
import torch

import reference_model as reference
from texts import PASSAGE, QUESTIONS

SEED, ADAPTER_SEED, B_AMPLITUDE, SAMPLED = 20, 7, 0.02, 24


def cases(tokenizer):
    passage = tokenizer(PASSAGE, add_special_tokens=False).input_ids
    chat = tokenizer.apply_chat_template([{"role": "user", "content": QUESTIONS[0]}],
                                         add_generation_prompt=True, tokenize=True, return_dict=False)
    noise = (reference.draws(SEED, 40) % np.uint64(49152)).astype(int).tolist()
    return [("one token", passage[:1]), ("two tokens", passage[:2]), ("sixteen", passage[:16]),
            ("chat prompt", list(chat)), ("random tokens", noise), ("a block and one more", passage[:65]),
            ("long", (passage + passage)[:300])]


def describe(logits, generator):
    """Per position: argmax and its lead; for some positions: the top and a seeded sample of values."""
    top = torch.topk(logits, 2, dim=-1)
    rows = sorted({0, len(logits) // 2, len(logits) - 1})
    detail = []
    for row in rows:
        best = torch.topk(logits[row], 8).indices.tolist()
        ids = best + generator.integers(0, logits.shape[1], SAMPLED).tolist()
        detail.append({"row": row, "ids": ids, "values": [round(logits[row, i].item(), 5) for i in ids]})
    return {"argmax": top.indices[:, 0].tolist(),
            "lead": [round(x, 5) for x in (top.values[:, 0] - top.values[:, 1]).tolist()],
            "logSums": [round(x, 5) for x in torch.logsumexp(logits.double(), -1).tolist()], "detail": detail}


def main():
    path = reference.model_path()
    model, tokenizer = reference.load_model(path), reference.load_tokenizer(path)
    generator = np.random.default_rng(SEED)
    result = []
    with torch.no_grad():
        tokens = cases(tokenizer)
        base = [model(torch.tensor([ids])).logits[0] for _, ids in tokens]
        adapter = reference.Adapter(model)
        adapter.fill(ADAPTER_SEED, B_AMPLITUDE)
        adapted = [adapter.model(torch.tensor([ids])).logits[0] for _, ids in tokens]
    for (name, ids), plain, changed in zip(tokens, base, adapted):
        print(name, len(ids), "adapter changes logits by", (plain - changed).abs().max().item())
        result.append({"name": name, "tokens": ids, "base": describe(plain, generator),
                       "adapted": describe(changed, generator)})
    facts = reference.provenance(seed=SEED, adapterSeed=ADAPTER_SEED, bAmplitude=B_AMPLITUDE)
    out = os.path.join(os.path.dirname(__file__), "../../Tests/LanguageModelTests/Fixtures/logits.json")
    json.dump({"made": facts, "cases": result}, open(out, "w"), separators=(",", ":"))


main()
