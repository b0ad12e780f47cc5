#!/usr/bin/env python3
"""Golden GGUF LoRA file, written by llama.cpp's own gguf library from Fixtures/adapter.safetensors.

    python Tools/golden/peft_export.py && python Tools/golden/gguf_lora.py

writes Tests/CheckpointStoreTests/Fixtures/lora.gguf and lora.json. Attune's export must give the same bytes.
"""

import importlib.metadata
import json
import pathlib

import gguf
import safetensors.numpy

FIXTURES = pathlib.Path(__file__).parents[2] / "Tests/CheckpointStoreTests/Fixtures"


def main() -> None:
    record = json.loads((FIXTURES / "adapter.json").read_text())
    base, lora = record["base"], record["lora"]
    tensors = safetensors.numpy.load_file(FIXTURES / "adapter.safetensors")

    writer = gguf.GGUFWriter(FIXTURES / "lora.gguf", base["architecture"])
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, lora["alpha"])
    writer.add_string("attune.base.sha256", base["fingerprint"])
    for layer in range(base["layerCount"]):
        for module in lora["targetModules"]:
            for side in ("lora_a", "lora_b"):
                name = f"blk.{layer}.{module}"
                writer.add_tensor(f"{name}.weight.{side}", tensors[f"{name}.{side}"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    (FIXTURES / "lora.json").write_text(json.dumps(dict(
        generator="Tools/golden/gguf_lora.py", command="python Tools/golden/gguf_lora.py",
        gguf=importlib.metadata.version("gguf"), input="adapter.safetensors",
    ), indent=2) + "\n")


main()
