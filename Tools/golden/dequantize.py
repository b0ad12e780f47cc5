"""Golden blocks of every supported GGUF type, dequantised by gguf-py.

    python Tools/golden/dequantize.py Tests/LanguageModelTests/Fixtures/dequantize.json

Blocks are seeded random bytes, with scales replaced by ordinary ones and by edge values: zero, negative zero,
the smallest and largest subnormal, the smallest and largest normal number. (A NaN's payload is not defined by
numpy, so no scale is NaN or infinite.)
"""

import base64
import json
import sys
from importlib.metadata import version

import gguf
import numpy as np

SEED = 20260101
# Type: byte offsets of the float16 numbers in a block.
HALVES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "F16": [0], "BF16": [], "F32": [],
}
EDGES = np.array([0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0x7BFF, 0xFBFF, 0x3C00], dtype=np.uint16)


def blocks(rng, name):
    size, width = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[name]]
    count = 10 if size == 256 else 33 if size == 32 else 301
    data = rng.integers(0, 256, (count, width), dtype=np.uint8)
    for offset in HALVES[name]:
        scales = rng.normal(0, 0.05, count).astype(np.float16).view(np.uint16)
        scales[: len(EDGES)] = np.roll(EDGES, offset // 2)[:count]
        data[:, offset : offset + 2] = scales.view(np.uint8).reshape(count, 2)
    if name == "BF16":
        data[:, 1] &= 0xBF  # an exponent below the one of infinity
    if name == "F32":
        data[:, 3] &= 0xBF
    return data.reshape(-1)


def main(path):
    rng = np.random.default_rng(SEED)
    types = []
    for name in HALVES:
        kind = gguf.GGMLQuantizationType[name]
        data = blocks(rng, name)
        with np.errstate(over="ignore"):
            values = gguf.quants.dequantize(data.copy(), kind).astype(np.float32)
        types.append({
            "name": name, "type": int(kind), "count": int(values.size),
            "source": base64.b64encode(data.tobytes()).decode(),
            "expected": base64.b64encode(values.tobytes()).decode(),
        })
    provenance = {
        "generator": "Tools/golden/dequantize.py", "seed": SEED, "numpy": np.__version__, "gguf": version("gguf"),
        "command": "python Tools/golden/dequantize.py Tests/LanguageModelTests/Fixtures/dequantize.json",
    }
    with open(path, "w") as file:
        json.dump({"provenance": provenance, "types": types}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
