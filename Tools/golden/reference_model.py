"""The model as transformers and PEFT compute it in float32: what Attune's engine is held to.

Needs (PyPI): torch transformers peft gguf numpy. transformers dequantises the GGUF file itself.
"""
import os
import platform
import sys

import numpy as np
import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

MODULES = {  # GGUF's name of a matrix, in the order of Attune's flat vector -> Hugging Face's
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def model_path():
    cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
    default = os.path.join(cache, "attune/models/SmolLM2-135M-Instruct.Q4_1.gguf")
    return os.environ.get("ATTUNE_TEST_MODEL", default)


def load_model(path):
    """A LlamaForCausalLM in float32 with the attention written out."""
    torch.set_num_threads(int(os.environ.get("ATTUNE_THREADS", "1")))
    folder, name = os.path.split(path)
    loaded = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
    config = loaded.config.to_dict()
    config.pop("quantization_config", None)
    config["attn_implementation"] = "eager"
    model = LlamaForCausalLM(LlamaConfig(**config)).float()
    missing = model.load_state_dict(loaded.state_dict(), strict=False).missing_keys
    assert missing in ([], ["lm_head.weight"]), missing
    model.tie_weights()
    return model.eval()


def load_tokenizer(path):
    folder, name = os.path.split(path)
    return AutoTokenizer.from_pretrained(folder, gguf_file=name)


def provenance(**facts):
    """What a fixture records of its making."""
    import gguf
    import peft
    versions = {"torch": torch.__version__, "transformers": transformers.__version__,
                "peft": peft.__version__, "numpy": np.__version__,
                "python": platform.python_version()}
    script = os.path.basename(sys.argv[0])
    return {"generator": f"Tools/golden/{script}", "command": f"python3 Tools/golden/{script}",
            "model": os.path.basename(model_path()), "versions": versions} | facts


def draws(seed, count):
    """`count` 64-bit numbers of SplitMix64, as Attune's SeededGenerator(seed:) gives them."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def unit_floats(numbers):
    """Numbers in [-1, 1) with 24 bits, exact in float32."""
    return (numbers >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-23) - np.float32(1)


def to_gguf_rows(matrix, heads):
    """Rows of a query or key matrix from Hugging Face's half-split order to GGUF's interleaved one."""
    size = matrix.shape[0] // heads
    return matrix.reshape(heads, 2, size // 2, -1).swapaxes(1, 2).reshape(matrix.shape)


def to_hugging_face_rows(matrix, heads):
    """The inverse of to_gguf_rows."""
    size = matrix.shape[0] // heads
    return matrix.reshape(heads, size // 2, 2, -1).swapaxes(1, 2).reshape(matrix.shape)


class Adapter:
    """LoRA on every linear layer, by PEFT, seen as Attune's flat vector: by layer, by module, A, B."""

    def __init__(self, model, rank=8, alpha=16):
        from peft import LoraConfig, get_peft_model
        self.config = model.config
        self.rank = rank
        names = [name.split(".")[-1] for name in MODULES.values()]
        self.model = get_peft_model(model, LoraConfig(
            r=rank, lora_alpha=alpha, lora_dropout=0.0, task_type="CAUSAL_LM", target_modules=names))
        self.model.eval()  # no dropout anywhere; gradients still flow

    def factors(self):
        """Yields (name, heads or None, A, B) in the flat vector's order."""
        layers = self.model.base_model.model.model.layers
        for number, layer in enumerate(layers):
            for name, path in MODULES.items():
                module = layer.get_submodule(path)
                heads = {"attn_q": self.config.num_attention_heads,
                         "attn_k": self.config.num_key_value_heads}.get(name)
                yield (f"blk.{number}.{name}", heads, module.lora_A["default"].weight,
                       module.lora_B["default"].weight)

    def fill(self, seed, b_amplitude):
        """A in ±1/√inputs, B in ±b_amplitude (GGUF's row order), from one stream of draws."""
        sizes = [(a.numel(), b.numel()) for _, _, a, b in self.factors()]
        values = unit_floats(draws(seed, sum(a + b for a, b in sizes)))
        offset = 0
        with torch.no_grad():
            for _, heads, a, b in self.factors():
                scale = np.float32(1) / np.sqrt(np.float32(a.shape[1]))
                a.copy_(torch.from_numpy(values[offset:offset + a.numel()].reshape(a.shape) * scale))
                offset += a.numel()
                block = values[offset:offset + b.numel()].reshape(b.shape) * np.float32(b_amplitude)
                block = to_hugging_face_rows(block, heads) if heads else block
                b.copy_(torch.from_numpy(np.ascontiguousarray(block)))
                offset += b.numel()

    def flat(self, of_gradients=False):
        """[(name, A, B)] as float32 arrays in GGUF's row order."""
        result = []
        for name, heads, a, b in self.factors():
            a, b = [(x.grad if of_gradients else x).detach().numpy() for x in (a, b)]
            result.append((name, a, to_gguf_rows(b, heads) if heads else b))
        return result

    def parameters(self):
        return [p for p in self.model.parameters() if p.requires_grad]


def response_logps(model, prompt, response):
    """log p of every response token given prompt and what came before, as a tensor."""
    ids = torch.tensor([prompt + response])
    logits = model(ids, logits_to_keep=len(response) + 1).logits[0, :-1]
    return logits.log_softmax(-1).gather(-1, ids[0, len(prompt):, None])[:, 0]


def projections(array, seed, count):
    """Sums of all entries with random signs: bit j of the i-th draw is the sign of entry i.

    The mean square of the projections of an error estimates its squared L2 norm over all entries.
    """
    bits = draws(seed, array.size)
    flat = array.astype(np.float64).ravel()
    return [float((flat * (1 - 2 * ((bits >> np.uint64(j)) & np.uint64(1)).astype(np.float64))).sum())
            for j in range(count)]
