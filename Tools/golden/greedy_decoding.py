"""Greedy continuation with transformers."""
import torch


def greedy(model, prompt, count):
    """`count` most likely tokens one after another, and the smallest lead of one over the next best logit."""
    tokens, lead, cache, ids = [], float("inf"), None, torch.tensor([prompt])
    with torch.no_grad():
        for _ in range(count):
            out = model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
            cache, top = out.past_key_values, torch.topk(out.logits[0, -1], 2)
            lead = min(lead, (top.values[0] - top.values[1]).item())
            tokens.append(top.indices[0].item())
            ids = torch.tensor([[tokens[-1]]])
    return tokens, lead
