"""DPO on token pairs, in PyTorch, for the goldens."""
import numpy as np
import torch
import torch.nn.functional as F

from reference_model import response_logps
from texts import PAIRS


def tokenized_pairs(tokenizer):
    """[{"prompt", "chosen", "rejected"}] as token ids; responses end with the end-of-turn token."""
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    result = []
    for question, chosen, rejected in PAIRS:
        prompt = tokenizer.apply_chat_template([{"role": "user", "content": question}],
                                               add_generation_prompt=True, tokenize=True, return_dict=False)
        sides = [tokenizer(text, add_special_tokens=False).input_ids + [end] for text in (chosen, rejected)]
        result.append({"prompt": list(prompt), "chosen": sides[0], "rejected": sides[1]})
    return result


def with_reference(model, pairs):
    """Adds the base model's summed log-probabilities to each pair."""
    with torch.no_grad():
        for pair in pairs:
            for side in ("chosen", "rejected"):
                logps = response_logps(model, pair["prompt"], pair[side])
                pair[f"reference_{side}"] = float(logps.double().sum())
    return pairs


def dpo_loss(model, pair, beta):
    """(loss, chosen log-probability, rejected log-probability) of one pair."""
    chosen, rejected = [response_logps(model, pair["prompt"], pair[s]).sum() for s in ("chosen", "rejected")]
    delta = (chosen - pair["reference_chosen"]) - (rejected - pair["reference_rejected"])
    return -F.logsigmoid(beta * delta), chosen, rejected


def named(pair):
    """A pair with the fixture's key names."""
    return {"prompt": pair["prompt"], "chosen": pair["chosen"], "rejected": pair["rejected"],
            "referenceChosen": pair["reference_chosen"], "referenceRejected": pair["reference_rejected"]}
