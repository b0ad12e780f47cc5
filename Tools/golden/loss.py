#!/usr/bin/env python3
"""Golden values of the preference loss, from PyTorch's autograd in float64.

Writes Tests/PreferenceLearningTests/Fixtures/loss.json: for pairs of random log-probabilities
and every objective, the loss and its gradient by the policy's two log-probabilities; and for
items with both sides, the MetaAPO mixture with its four gradients; and for responses that were
rated alone, the loss that TRL calls apo_zero_unpaired.
"""

import json
import pathlib
import platform

import numpy as np
import torch
import torch.nn.functional as F

SEED = 20250923
FIXTURE = pathlib.Path("Tests/PreferenceLearningTests/Fixtures/loss.json")

OBJECTIVES = [
    {"kind": "dpo", "beta": 0.1, "gamma": 0.0, "labelSmoothing": 0.0, "nll": 0.0},
    {"kind": "dpo", "beta": 0.5, "gamma": 0.0, "labelSmoothing": 0.1, "nll": 0.0},
    {"kind": "dpo", "beta": 0.1, "gamma": 0.0, "labelSmoothing": 0.05, "nll": 0.7},
    {"kind": "simpo", "beta": 2.5, "gamma": 0.6, "labelSmoothing": 0.0, "nll": 0.0},
    {"kind": "simpo", "beta": 2.5, "gamma": 0.6, "labelSmoothing": 0.1, "nll": 0.2},
]


def pair_loss(objective, policy, reference, lengths):
    beta = objective["beta"]
    if objective["kind"] == "dpo":
        logit = beta * ((policy[0] - reference[0]) - (policy[1] - reference[1]))
    else:
        logit = beta * (policy[0] / lengths[0] - policy[1] / lengths[1]) - objective["gamma"]
    noise = objective["labelSmoothing"]
    loss = -(1 - noise) * F.logsigmoid(logit) - noise * F.logsigmoid(-logit)
    return loss - objective["nll"] * policy[0] / lengths[0]


def rating_loss(beta, noise, policy, reference, liked):
    """APO-zero, unpaired: 1 − σ(β·r) for a liked response, σ(β·r) for a disliked one."""
    chance = torch.sigmoid(beta * (policy - reference))
    loss = 1 - chance if liked else chance
    return (1 - noise) * loss + noise * (1 - loss)


def meta_weight(score):
    """The meta-learner as the reference initialises it: one hundred equal units."""
    return torch.sigmoid(100 * 0.1 * torch.tanh(0.1 * score))


def sample_pair(generator, spread):
    lengths = generator.integers(3, 200, size=2)
    reference = -generator.uniform(0.3, 3.0, size=2) * lengths
    policy = reference + generator.normal(0, spread, size=2)
    return policy.tolist(), reference.tolist(), lengths.tolist()


def main():
    torch.set_num_threads(1)
    generator = np.random.default_rng(SEED)
    pairs, items = [], []
    for objective in OBJECTIVES:
        for spread in (0.0, 0.5, 5.0, 50.0, 5000.0):
            policy, reference, lengths = sample_pair(generator, spread)
            p = torch.tensor(policy, dtype=torch.float64, requires_grad=True)
            r = torch.tensor(reference, dtype=torch.float64)
            loss = pair_loss(objective, p, r, lengths)
            loss.backward()
            pairs.append({
                "objective": objective, "policy": policy, "reference": reference,
                "lengths": lengths, "loss": loss.item(), "gradient": p.grad.tolist(),
            })
    for spread in (0.0, 1.0, 10.0, 40.0):
        for score_beta in (1.0, 0.1):
            objective = OBJECTIVES[0]
            sides = [sample_pair(generator, spread) for _ in range(2)]
            p = torch.tensor([s[0] for s in sides], dtype=torch.float64, requires_grad=True)
            r = torch.tensor([s[1] for s in sides], dtype=torch.float64)
            margin = (p[0, 0] - r[0, 0]) - (p[0, 1] - r[0, 1])
            score = F.logsigmoid(score_beta * margin).detach()
            weight = meta_weight(score)
            offline = pair_loss(objective, p[0], r[0], sides[0][2])
            online = pair_loss(objective, p[1], r[1], sides[1][2])
            loss = weight * offline + (1 - weight) * online
            loss.backward()
            items.append({
                "scoreBeta": score_beta, "policy": [s[0] for s in sides],
                "reference": [s[1] for s in sides], "lengths": [s[2] for s in sides],
                "score": score.item(), "weight": weight.item(), "loss": loss.item(),
                "offlineLoss": offline.item(), "onlineLoss": online.item(),
                "gradient": p.grad.flatten().tolist(),
            })
    ratings = []
    for liked in (True, False):
        for beta, noise in ((0.1, 0.0), (0.5, 0.1)):
            for spread in (0.0, 2.0, 50.0):
                policy, reference, lengths = sample_pair(generator, spread)
                p = torch.tensor(policy[0], dtype=torch.float64, requires_grad=True)
                loss = rating_loss(beta, noise, p, reference[0], liked)
                loss.backward()
                ratings.append({
                    "beta": beta, "labelSmoothing": noise, "liked": liked, "policy": policy[0],
                    "reference": reference[0], "length": lengths[0], "loss": loss.item(),
                    "gradient": p.grad.item(),
                })
    write({"pairs": pairs, "items": items, "ratings": ratings})


def write(values):
    header = {
        "generator": "Tools/golden/loss.py", "command": "python3 Tools/golden/loss.py",
        "seed": SEED, "python": platform.python_version(), "torch": torch.__version__,
        "numpy": np.__version__,
    }
    FIXTURE.write_text(json.dumps({"header": header, **values}, indent=1) + "\n")
    print(f"wrote {FIXTURE} with {header}")


if __name__ == "__main__":
    main()
