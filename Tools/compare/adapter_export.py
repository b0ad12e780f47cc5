#!/usr/bin/env python3
"""Compares an exported adapter, loaded by PEFT and by llama.cpp, with W + (alpha/r) B A on the GGUF file's own weights.

    attunectl checkpoint export head --format peft --output peft
    attunectl checkpoint export head --format gguf-lora --output lora.gguf
    Tools/compare/adapter_export.py --model MODEL.gguf --adapter OBJECT --alpha 16 --peft peft --gguf-lora lora.gguf

OBJECT is the checkpoint's adapter object. The reference is this file's own forward pass over dequantised weights in GGUF row order
(interleaved RoPE), so it shares neither names nor row order with PEFT. `--random DIR` writes a random OBJECT instead.
`--tokens FILE` saves the prompts' token ids (JSON); `--logits FILE` compares what Attune's engine gave for them (safetensors,
one [T, V] tensor "prompt.N" each).

llama.cpp rounds activations to 8 bits on a quantised file, which Attune and PEFT do not: its logits are held to the reference on the
same weights in float32, and what the rounding alone does is shown beside, without any adapter.

Exit status 0 if PEFT is within 2e-3 of the reference everywhere, llama.cpp in float32 within 2e-3 too, greedy continuations are the
same, and llama.cpp on the quantised file agrees in log-probability within 0.1 nats a token on average.

Needs (PyPI): torch transformers peft gguf safetensors llama-cpp-python.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import gguf
import numpy
import safetensors.numpy
import torch

MODULES = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
PROMPTS = (
    "What is the capital of France?",
    "Write a short poem about rain.",
    "Explain in one sentence why the sky is blue.",
    "List three uses of a paper clip.",
    "Translate 'good morning' into Spanish.",
    "def fibonacci(n):",
)
GREEDY_TOKENS = 32
LOGIT_TOLERANCE = 2e-3
LOGP_TOLERANCE = 0.1


class Reference:
    """Llama on the weights of a GGUF file, in the file's own row order, with or without an adapter."""

    def __init__(self, path):
        reader = gguf.GGUFReader(path)
        self.weights = {
            tensor.name: torch.from_numpy(
                numpy.array(gguf.dequantize(tensor.data, tensor.tensor_type), numpy.float32))
            for tensor in reader.tensors
        }

        def field(name):
            return reader.fields[f"llama.{name}"].contents()

        self.layers = field("block_count")
        self.heads = field("attention.head_count")
        self.kv_heads = field("attention.head_count_kv")
        self.width = field("embedding_length")
        self.epsilon = field("attention.layer_norm_rms_epsilon")
        self.rope_base = field("rope.freq_base")
        self.head_size = self.width // self.heads
        self.adapted = dict(self.weights)

    def adapt(self, tensors, alpha):
        for layer in range(self.layers):
            for module in MODULES:
                name = f"blk.{layer}.{module}"
                if f"{name}.lora_a" not in tensors:
                    continue
                a, b = (torch.from_numpy(tensors[f"{name}.{side}"]) for side in ("lora_a", "lora_b"))
                self.adapted[f"{name}.weight"] = self.weights[f"{name}.weight"] + alpha / len(a) * (b @ a)

    def norm(self, x, weight):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * weight

    def rotate(self, x):
        """Interleaved RoPE: rows 2i and 2i + 1 of a head turn together. x: [T, H, D]."""
        half = self.head_size // 2
        frequency = self.rope_base ** (-torch.arange(half, dtype=torch.float64) / half)
        angle = torch.arange(len(x), dtype=torch.float64)[:, None, None] * frequency
        cosine, sine = angle.cos().float(), angle.sin().float()
        even, odd = x[..., 0::2], x[..., 1::2]
        turned = torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), -1)
        return turned.flatten(-2)

    @torch.no_grad()
    def logits(self, tokens, adapted=True):
        """[T, V] in float32."""
        weights = self.adapted if adapted else self.weights
        x = weights["token_embd.weight"][tokens]
        mask = torch.full((len(tokens), len(tokens)), -torch.inf).triu(1)
        for layer in range(self.layers):
            w = {name: weights[f"blk.{layer}.{name}.weight"] for name in MODULES + ("attn_norm", "ffn_norm")}
            y = self.norm(x, w["attn_norm"])
            q = self.rotate((y @ w["attn_q"].T).unflatten(-1, (self.heads, -1))).transpose(0, 1)
            k = self.rotate((y @ w["attn_k"].T).unflatten(-1, (self.kv_heads, -1))).transpose(0, 1)
            v = (y @ w["attn_v"].T).unflatten(-1, (self.kv_heads, -1)).transpose(0, 1)
            k, v = (t.repeat_interleave(self.heads // self.kv_heads, 0) for t in (k, v))
            scores = (q @ k.transpose(1, 2) / self.head_size ** 0.5 + mask).softmax(-1)
            x = x + (scores @ v).transpose(0, 1).flatten(1) @ w["attn_output"].T
            y = self.norm(x, w["ffn_norm"])
            gated = torch.nn.functional.silu(y @ w["ffn_gate"].T) * (y @ w["ffn_up"].T)
            x = x + gated @ w["ffn_down"].T
        head = weights.get("output.weight", weights["token_embd.weight"])
        return (self.norm(x, weights["output_norm.weight"]) @ head.T).numpy()


def write_random_adapter(reference, directory, rank, seed=20_261):
    generator = numpy.random.default_rng(seed)
    tensors = {}
    for layer in range(reference.layers):
        for module in MODULES:
            rows, columns = reference.weights[f"blk.{layer}.{module}.weight"].shape
            bound = columns ** -0.5
            tensors[f"blk.{layer}.{module}.lora_a"] = generator.uniform(
                -bound, bound, (rank, columns)).astype(numpy.float32)
            tensors[f"blk.{layer}.{module}.lora_b"] = generator.normal(
                0, 0.03, (rows, rank)).astype(numpy.float32)
    directory.mkdir(parents=True, exist_ok=True)
    safetensors.numpy.save_file(tensors, directory / "adapter.safetensors")


def write_float32_model(source, target):
    """The same model with every weight dequantised, so that llama.cpp computes without rounding activations."""
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, "llama")
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        inner = field.types[1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=inner)
    for tensor in reader.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
        writer.add_tensor(tensor.name, numpy.array(values, numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def load_peft(model, directory):
    import peft
    import transformers
    base = transformers.AutoModelForCausalLM.from_pretrained(
        model.parent, gguf_file=model.name, dtype=torch.float32)
    return peft.PeftModel.from_pretrained(base, directory).eval()


class LlamaCpp:
    def __init__(self, model, lora, threads):
        import llama_cpp
        float32 = llama_cpp.GGML_TYPE_F32  # of the cache: float16 alone costs 0.05 in the logits
        self.model = llama_cpp.Llama(
            model_path=str(model), lora_path=lora and str(lora), n_ctx=512, n_batch=512,
            n_threads=threads, logits_all=True, verbose=False, type_k=float32, type_v=float32,
            flash_attn=False)

    def logits(self, tokens):
        self.model.reset()
        self.model.eval(tokens)
        return numpy.array(self.model.scores[:len(tokens)])

    def greedy(self, tokens, count, end):
        answer = []
        self.model.reset()
        self.model.eval(tokens)
        while len(answer) < count:
            token = int(self.model.scores[self.model.n_tokens - 1].argmax())
            answer.append(token)
            if token == end:
                break
            self.model.eval([token])
        return answer


def logps(logits, tokens):
    """log p of tokens[1:] under logits [T, V]."""
    rows = torch.from_numpy(logits[:-1]).log_softmax(-1)
    return rows.gather(1, torch.tensor(tokens[1:])[:, None])[:, 0].numpy()


class Report:
    def __init__(self):
        self.failed = False

    def check(self, what, value, bound):
        holds = value <= bound
        self.failed |= not holds
        print(f"{'ok  ' if holds else 'FAIL'} {what}: {value:.3g} (bound {bound:.3g})", flush=True)

    def note(self, what, value):
        print(f"     {what}: {value:.3g}", flush=True)


def compare(arguments, reference):
    from transformers import AutoTokenizer
    report = Report()
    tokenizer = AutoTokenizer.from_pretrained(arguments.model.parent, gguf_file=arguments.model.name)
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    prompts = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": text}], add_generation_prompt=True, return_dict=False)
        for text in PROMPTS
    ]
    if arguments.tokens:
        arguments.tokens.write_text(json.dumps(prompts))
    reference.adapt(safetensors.numpy.load_file(arguments.adapter), arguments.alpha)
    expected = [reference.logits(tokens) for tokens in prompts]

    def worst(others):
        return max(float(abs(a - b).max()) for a, b in zip(expected, others))

    report.note("the adapter moves logits by up to",
                worst(reference.logits(tokens, adapted=False) for tokens in prompts))
    if arguments.logits:
        given = safetensors.numpy.load_file(arguments.logits)
        report.check("Attune's logits, largest difference",
                     worst(given[f"prompt.{n}"] for n in range(len(prompts))), LOGIT_TOLERANCE)

    peft = load_peft(arguments.model, arguments.peft)
    with torch.no_grad():
        report.check("PEFT's logits, largest difference", worst(
            peft(torch.tensor([tokens])).logits[0].numpy() for tokens in prompts), LOGIT_TOLERANCE)
        greedy = [
            peft.generate(
                input_ids=torch.tensor([tokens]), attention_mask=torch.ones(1, len(tokens)),
                do_sample=False, max_new_tokens=GREEDY_TOKENS, eos_token_id=end, pad_token_id=end,
            )[0, len(tokens):].tolist()
            for tokens in prompts
        ]
    del peft

    with tempfile.TemporaryDirectory() as directory:
        exact = pathlib.Path(directory) / "float32.gguf"
        write_float32_model(arguments.model, exact)
        llama = LlamaCpp(exact, arguments.gguf_lora, arguments.threads)
        report.check("llama.cpp's logits in float32, largest difference",
                     worst(llama.logits(tokens) for tokens in prompts), LOGIT_TOLERANCE)
        other = sum(llama.greedy(p, GREEDY_TOKENS, end) != g for p, g in zip(prompts, greedy))
        report.check("llama.cpp's greedy answers in float32 that differ from PEFT's", other, 0)
        del llama
        llama = LlamaCpp(exact, None, arguments.threads)
        unadapted = [llama.greedy(tokens, GREEDY_TOKENS, end) for tokens in prompts]
        del llama

    llama = LlamaCpp(arguments.model, arguments.gguf_lora, arguments.threads)
    whole = [p + g for p, g in zip(prompts, greedy)]
    own = numpy.concatenate([logps(reference.logits(t), t)[len(p) - 1:] for p, t in zip(prompts, whole)])
    theirs = numpy.concatenate([logps(llama.logits(t), t)[len(p) - 1:] for p, t in zip(prompts, whole)])
    report.check("llama.cpp on the quantised file, mean |log p| difference",
                 float(abs(own - theirs).mean()), LOGP_TOLERANCE)
    other = sum(llama.greedy(p, GREEDY_TOKENS, end) != g for p, g in zip(prompts, greedy))
    report.note(f"llama.cpp's greedy answers on the quantised file that differ, of {len(prompts)}", other)
    del llama
    llama = LlamaCpp(arguments.model, None, arguments.threads)
    own = numpy.concatenate(
        [logps(reference.logits(t, adapted=False), t)[len(p) - 1:] for p, t in zip(prompts, whole)])
    theirs = numpy.concatenate([logps(llama.logits(t), t)[len(p) - 1:] for p, t in zip(prompts, whole)])
    report.note("the same without any adapter: mean |log p| difference", float(abs(own - theirs).mean()))
    other = sum(llama.greedy(p, GREEDY_TOKENS, end) != g for p, g in zip(prompts, unadapted))
    report.note(f"the same without any adapter: greedy answers that differ, of {len(prompts)}", other)
    for text, answer in zip(PROMPTS[:2], greedy):
        print(f"     {text!r} -> {tokenizer.decode(answer)!r}")
    return 1 if report.failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--random", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--rank", type=int, default=8, help="of the random adapter")
    parser.add_argument("--adapter", type=pathlib.Path)
    parser.add_argument("--alpha", type=float, default=16)
    parser.add_argument("--peft", type=pathlib.Path)
    parser.add_argument("--gguf-lora", type=pathlib.Path)
    parser.add_argument("--tokens", type=pathlib.Path)
    parser.add_argument("--logits", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    reference = Reference(str(arguments.model))
    if arguments.random:
        return write_random_adapter(reference, arguments.random, arguments.rank)
    if not (arguments.adapter and arguments.peft and arguments.gguf_lora):
        parser.error("--adapter, --peft and --gguf-lora are needed")
    return compare(arguments, reference)


if __name__ == "__main__":
    sys.exit(main())
