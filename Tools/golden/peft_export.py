#!/usr/bin/env python3
"""Golden PEFT adapter of a tiny llama, beside the same adapter as Attune's checkpoints hold it.

    python Tools/golden/peft_export.py

writes Tests/CheckpointStoreTests/Fixtures/peft/ exactly as PEFT saved it, Fixtures/adapter.safetensors (GGUF names and row order) and
Fixtures/adapter.json. Attune's export of the second must give the tensors of the first, bit for bit.
"""

import json
import pathlib
import shutil
import sys

import numpy
import peft
import safetensors.numpy
import torch
import transformers

SEED = 20_260
FIXTURES = pathlib.Path(__file__).parents[2] / "Tests/CheckpointStoreTests/Fixtures"
NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
BASE = dict(
    fingerprint="0123456789abcdef" * 4, name="tiny-llama", architecture="llama", layerCount=2,
    width=24, headCount=4, keyValueHeadCount=2, headSize=8, feedForwardWidth=40,
)
RANK, ALPHA = 3, 7.5


def interleaved(rows: numpy.ndarray, heads: int) -> numpy.ndarray:
    """Row order of llama-family GGUF files: each half-split pair brought together, head by head."""
    size = rows.shape[0] // heads
    return rows.reshape(heads, 2, size // 2, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)


def main() -> None:
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    configuration = transformers.LlamaConfig(
        hidden_size=BASE["width"], num_hidden_layers=BASE["layerCount"], vocab_size=16,
        num_attention_heads=BASE["headCount"], num_key_value_heads=BASE["keyValueHeadCount"],
        head_dim=BASE["headSize"], intermediate_size=BASE["feedForwardWidth"],
    )
    model = peft.get_peft_model(
        transformers.LlamaForCausalLM(configuration),
        peft.LoraConfig(
            task_type="CAUSAL_LM", r=RANK, lora_alpha=ALPHA,
            target_modules=[name.split(".")[1] for name in NAMES],
        ),
    )
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter)
    shutil.rmtree(FIXTURES / "peft", ignore_errors=True)
    model.save_pretrained(FIXTURES / "peft")
    (FIXTURES / "peft/README.md").unlink()

    tensors = {}
    saved = safetensors.numpy.load_file(FIXTURES / "peft/adapter_model.safetensors")
    for name, values in saved.items():
        parts = name.removeprefix("base_model.model.model.layers.").split(".")
        layer, module, side = parts[0], ".".join(parts[1:3]), parts[3]
        if side == "lora_B" and module == "self_attn.q_proj":
            values = interleaved(values, BASE["headCount"])
        if side == "lora_B" and module == "self_attn.k_proj":
            values = interleaved(values, BASE["keyValueHeadCount"])
        tensors[f"blk.{layer}.{NAMES[module]}.{side.lower()}"] = numpy.ascontiguousarray(values)
    safetensors.numpy.save_file(tensors, FIXTURES / "adapter.safetensors")

    record = dict(
        generator="Tools/golden/peft_export.py", command="python Tools/golden/peft_export.py",
        seed=SEED, python=sys.version.split()[0], torch=torch.__version__, peft=peft.__version__,
        transformers=transformers.__version__, numpy=numpy.__version__, base=BASE,
        lora=dict(rank=RANK, alpha=ALPHA, targetModules=list(NAMES.values())),
    )
    (FIXTURES / "adapter.json").write_text(json.dumps(record, indent=2) + "\n")


main()
