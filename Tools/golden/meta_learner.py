#!/usr/bin/env python3
"""Golden values of the meta-learner, from PyTorch in float64.

Writes Tests/PreferenceLearningTests/Fixtures/meta_learner.json: weights w = h(s), the meta-loss
with its gradient, and a run of AdamW updates, for the reference initialisation and for a random
one. Parameters are flat: first layer's weights, its biases, second layer's weights, its bias.
"""

import json
import math
import pathlib
import platform

import numpy as np
import torch

SEED = 301
UPDATES = 6
SAMPLES = 24
FIXTURE = pathlib.Path("Tests/PreferenceLearningTests/Fixtures/meta_learner.json")


class MetaLearner(torch.nn.Module):
    def __init__(self, parameters):
        super().__init__()
        self.inner = torch.nn.Linear(1, 100, dtype=torch.float64)
        self.outer = torch.nn.Linear(100, 1, dtype=torch.float64)
        flat = torch.tensor(parameters, dtype=torch.float64)
        with torch.no_grad():
            for tensor, part in zip(self.flat(), flat.split([100, 100, 100, 1])):
                tensor.copy_(part.view_as(tensor))

    def flat(self):
        return [self.inner.weight, self.inner.bias, self.outer.weight, self.outer.bias]

    def forward(self, score):
        hidden = torch.tanh(self.inner(score.unsqueeze(1)))
        return torch.sigmoid(self.outer(hidden)).squeeze(1)


def joined(tensors):
    return torch.cat([tensor.detach().flatten() for tensor in tensors]).tolist()


def run(name, parameters, generator):
    learner = MetaLearner(parameters)
    scores = [0.0, -1e-9, -0.1, math.log(0.5), -1.0, -2.5, -10.0, -80.0]
    weights = learner(torch.tensor(scores, dtype=torch.float64)).tolist()
    optimizer = torch.optim.AdamW(
        learner.parameters(), lr=5e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=1e-4)
    updates = []
    for _ in range(UPDATES):
        samples = np.stack([
            -generator.exponential(1.5, SAMPLES), generator.uniform(0.05, 2.0, SAMPLES),
            generator.uniform(0.05, 2.0, SAMPLES),
        ], axis=1)
        score, offline, online = torch.tensor(samples, dtype=torch.float64).unbind(1)
        weight = learner(score)
        loss = (weight * offline + (1 - weight) * online).mean()
        optimizer.zero_grad()
        loss.backward()
        gradient = joined([tensor.grad for tensor in learner.flat()])
        optimizer.step()
        updates.append({
            "samples": samples.tolist(), "loss": loss.item(), "gradient": gradient,
            "parameters": joined(learner.flat()),
        })
    return {"name": name, "parameters": parameters, "scores": scores, "weights": weights,
            "updates": updates}


def main():
    torch.set_num_threads(1)
    generator = np.random.default_rng(SEED)
    reference = [0.1] * 100 + [0.0] * 100 + [0.1] * 100 + [0.0]
    random = generator.normal(0, 0.3, 301).tolist()
    header = {
        "generator": "Tools/golden/meta_learner.py",
        "command": "python3 Tools/golden/meta_learner.py", "seed": SEED,
        "python": platform.python_version(), "torch": torch.__version__,
        "numpy": np.__version__,
    }
    runs = [run("reference", reference, generator), run("random", random, generator)]
    FIXTURE.write_text(json.dumps({"header": header, "runs": runs}) + "\n")
    print(f"wrote {FIXTURE} with {header}")


if __name__ == "__main__":
    main()
