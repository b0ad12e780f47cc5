#!/usr/bin/env python3
"""Golden intervals of the cluster bootstrap, from NumPy with many resamples.

Writes Tests/PreferenceLearningTests/Fixtures/gate_bootstrap.json: values in clusters of unequal
size and the 95 % percentile interval of their mean over 200,000 resamples of whole clusters.
"""

import json
import pathlib
import platform

import numpy as np

SEED = 1993
RESAMPLES = 200_000
FIXTURE = pathlib.Path("Tests/PreferenceLearningTests/Fixtures/gate_bootstrap.json")


def case(clusters, largest, spread_between, generator):
    values, keys = [], []
    for cluster in range(clusters):
        centre = generator.normal(0.3, spread_between)
        for _ in range(generator.integers(1, largest + 1)):
            values.append(generator.normal(centre, 1.0))
            keys.append(f"prompt-{cluster}")
    sums = np.zeros(clusters)
    counts = np.zeros(clusters)
    for value, key in zip(values, keys):
        sums[int(key.split("-")[1])] += value
        counts[int(key.split("-")[1])] += 1
    drawn = generator.integers(0, clusters, size=(RESAMPLES, clusters))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    lower, upper = np.quantile(means, [0.025, 0.975])
    return {"values": values, "keys": keys, "mean": float(np.mean(values)),
            "lower": float(lower), "upper": float(upper), "deviation": float(means.std())}


def main():
    generator = np.random.default_rng(SEED)
    header = {
        "generator": "Tools/golden/gate_bootstrap.py",
        "command": "python3 Tools/golden/gate_bootstrap.py", "seed": SEED,
        "python": platform.python_version(), "numpy": np.__version__,
    }
    cases = [case(20, 1, 0.0, generator), case(30, 8, 1.0, generator),
             case(12, 14, 0.5, generator)]
    FIXTURE.write_text(json.dumps({"header": header, "cases": cases}) + "\n")
    print(f"wrote {FIXTURE} with {header}")


if __name__ == "__main__":
    main()
