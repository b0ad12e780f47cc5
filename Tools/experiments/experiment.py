"""What experiments share: results that are not computed twice, intervals, data."""

import hashlib
import importlib.machinery
import importlib.util
import json
import pathlib
import random

RESAMPLES = 2000


class Results:
    """Finished runs, one JSON object a line; each has the `key` that names it."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = self.path.read_text("utf-8").splitlines() if self.path.exists() else []
        self.runs = [json.loads(line) for line in lines]

    def find(self, key):
        return next((run for run in self.runs if run["key"] == key), None)

    def add(self, run):
        self.runs.append(run)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(run, ensure_ascii=False) + "\n")


def clustered(values, clusters):
    """Lists of the values of each cluster."""
    groups = {}
    for value, cluster in zip(values, clusters, strict=True):
        groups.setdefault(cluster, []).append(value)
    return list(groups.values())


def interval(values, clusters, seed=0):
    """The mean and its 95 % interval from resampled clusters."""
    sums = [(sum(group), len(group)) for group in clustered(values, clusters)]
    draws = random.Random(seed)
    means = []
    for _ in range(RESAMPLES):
        picked = draws.choices(sums, k=len(sums))
        means.append(sum(total for total, _ in picked) / sum(count for _, count in picked))
    means.sort()
    return [sum(values) / len(values), means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES)]]


def crossed(seeds, others=None, seed=0):
    """The mean of values by seed and prompt, less that of others, and its 95 % interval from resampled seeds and prompts."""
    draws = random.Random(seed)

    def mean(rows, prompts):
        return sum(row[prompt] for row in rows for prompt in prompts) / (len(rows) * len(prompts))

    def difference(pick):
        prompts = pick(range(len(seeds[0])))
        return mean(pick(seeds), prompts) - (mean(pick(others), prompts) if others else 0)

    means = sorted(difference(lambda items: draws.choices(items, k=len(items))) for _ in range(RESAMPLES))
    return [difference(lambda items: items), means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES)]]


def share(differences):
    """How often a difference is above zero, a difference of zero counting half."""
    return [1.0 if d > 0 else 0.5 if d == 0 else 0.0 for d in differences]


def around(values, digits=2, sign="+"):
    mean, low, high = values
    return f"{mean:{sign}.{digits}f} ({low:{sign}.{digits}f} … {high:{sign}.{digits}f})"


def markdown(head, rows):
    """A table whose columns are as wide as they must be."""
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(c.ljust(w) for c, w in zip(line, widths)) + " |" for line in lines)


def read_lines(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text("utf-8").splitlines()]


def write_lines(path, rows):
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    pathlib.Path(path).write_text(text, "utf-8")


def by_turns(groups):
    """The first of every group, then the second of every group, and so on."""
    longest = max(map(len, groups), default=0)
    return [group[turn] for turn in range(longest) for group in groups if turn < len(group)]


def text(side):
    """What is said in a text or in messages."""
    return side if isinstance(side, str) else "\n".join(message["content"] for message in side)


def load_program(path):
    """A program of this folder as a module."""
    loader = importlib.machinery.SourceFileLoader(pathlib.Path(path).name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def digest(text, length=8):
    return hashlib.sha256(text if isinstance(text, bytes) else text.encode()).hexdigest()[:length]


def numbers(kind):
    """An argument of comma-separated values."""
    return lambda words: [kind(word) for word in words.split(",")]


def setting(words):
    """KEY=JSON as a name and its value."""
    name, _, value = words.partition("=")
    return name, json.loads(value)


def add_settings(parser):
    parser.add_argument("--setting", dest="settings", action="append", default=[], type=setting, metavar="KEY=JSON",
                        help="another setting of attuned.yaml(5), such as training.nllCoefficient=0.1")
