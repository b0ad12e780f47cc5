"""Gradients of a DPO loss for every LoRA factor. Writes LanguageModelTests/Fixtures/gradients.json.

The adapter is filled from a seed, B included, so that both factors of every matrix have a gradient. Per factor
the fixture holds the L2 norm and 16 sums of all entries with random signs: the mean square of the differences
of such sums estimates the squared L2 error over all entries, so nothing can hide in an entry not stored.
"""
import json
import os

import numpy as np

import reference_model as reference
from preference_loss import dpo_loss, named, tokenized_pairs, with_reference

ADAPTER_SEED, B_AMPLITUDE, BETA, SIGN_SEED, PROJECTIONS = 11, 0.02, 0.1, 5, 16


def main():
    path = reference.model_path()
    model, tokenizer = reference.load_model(path), reference.load_tokenizer(path)
    pairs = with_reference(model, [tokenized_pairs(tokenizer)[i] for i in (1, 4, 7)])
    adapter = reference.Adapter(model)
    adapter.fill(ADAPTER_SEED, B_AMPLITUDE)
    losses = []
    for pair in pairs:
        loss, chosen, rejected = dpo_loss(adapter.model, pair, BETA)
        (loss / len(pairs)).backward()
        losses.append({"loss": loss.item(), "chosen": chosen.item(), "rejected": rejected.item()})
    factors = []
    for name, a, b in adapter.flat(of_gradients=True):
        for factor, array in (("A", a), ("B", b)):
            factors.append({
                "name": f"{name}.{factor}", "norm": float(np.linalg.norm(array.astype(np.float64))),
                "projections": [float(f"{x:.8g}") for x in reference.projections(array, SIGN_SEED, PROJECTIONS)]})
    facts = reference.provenance(adapterSeed=ADAPTER_SEED, bAmplitude=B_AMPLITUDE, beta=BETA, signSeed=SIGN_SEED)
    out = os.path.join(os.path.dirname(__file__), "../../Tests/LanguageModelTests/Fixtures/gradients.json")
    json.dump({"made": facts, "beta": BETA, "pairs": [named(p) for p in pairs], "losses": losses,
               "factors": factors}, open(out, "w"), separators=(",", ":"))
    print(losses, len(factors), "factors, smallest norm", min(f["norm"] for f in factors))


main()
