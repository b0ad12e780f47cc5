#!/usr/bin/env python3
"""The work that Attune's engine is measured on, in llama.cpp; prints one JSON object.

    llamacpp.py [--unified] GGUF [THREADS]

Needs from PyPI: llama-cpp-python, which compiles llama.cpp for this machine (CMAKE_ARGS=-DGGML_NATIVE=ON).
Reading a prompt of 512 tokens, and samples of 64 tokens after one prompt of 64, decoded as
one batch with a cache for each sample, into which the prompt's is copied, or with --unified one cache for all, in which
each sample looks at all the others' places as well; temperature 1, nothing
filtered, drawn by llama.cpp's own sampler. Drawing counts, as it does in Attune's figures, and its share is
printed beside them.
"""
import ctypes
import json
import random
import statistics
import sys
import time

import llama_cpp

SILENT = llama_cpp.llama_log_callback(lambda *_: None)  # the library calls it for as long as it lives
UNIFIED = "--unified" in sys.argv
DRAWS = random.Random(0)


class Session:
    """A context with a number of sequences."""

    def __init__(self, model, sequences, threads):
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx, parameters.n_batch, parameters.n_ubatch = 8192, 2048, 512
        parameters.n_seq_max = sequences
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.kv_unified = UNIFIED
        self.context = llama_cpp.llama_init_from_model(model, parameters)
        self.sampler = llama_cpp.llama_sampler_init_dist(0)

    def decode(self, tokens, positions, sequences, wanted):
        batch = llama_cpp.llama_batch_init(len(tokens), 0, 64)
        batch.n_tokens = len(tokens)
        for i, (token, position, ids, wants) in enumerate(zip(tokens, positions, sequences, wanted)):
            batch.token[i], batch.pos[i] = token, position
            batch.n_seq_id[i], batch.logits[i] = len(ids), wants
            for j, sequence in enumerate(ids):
                batch.seq_id[i][j] = sequence
        if llama_cpp.llama_decode(self.context, batch) != 0:
            sys.exit("cannot measure: llama_decode failed")
        llama_cpp.llama_batch_free(batch)

    def sample(self, index):
        return llama_cpp.llama_sampler_sample(self.sampler, self.context, index)

    def free(self):
        llama_cpp.llama_sampler_free(self.sampler)
        llama_cpp.llama_free(self.context)


def run(model, threads, length, count, new):
    """Seconds of reading a prompt, and of `new` tokens for `count` samples of it; the share of drawing in these."""
    session = Session(model, count, threads)
    prompt = [DRAWS.randrange(100, 40000) for _ in range(length)]
    start = time.perf_counter()
    session.decode(prompt, range(length), [[0]] * length, [0] * (length - 1) + [1])
    reading = time.perf_counter() - start
    current = [session.sample(length - 1) for _ in range(count)]
    memory = llama_cpp.llama_get_memory(session.context)
    for sample in range(1, count):
        llama_cpp.llama_memory_seq_cp(memory, 0, sample, -1, -1)
    decoding = drawing = 0.0
    for step in range(new):
        start = time.perf_counter()
        session.decode(current, [length + step] * count, [[i] for i in range(count)], [1] * count)
        decoded = time.perf_counter()
        current = [session.sample(i) for i in range(count)]
        decoding += decoded - start
        drawing += time.perf_counter() - decoded
    session.free()
    return reading, decoding + drawing, drawing / (decoding + drawing)


def main():
    path, *rest = [word for word in sys.argv[1:] if word != "--unified"]
    threads = int(rest[0]) if rest else 2
    llama_cpp.llama_log_set(SILENT, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
    out = {"threads": threads, "llama_cpp_python": llama_cpp.__version__}

    def medians(*work):  # the first run warms up
        runs = [run(model, threads, *work) for _ in range(4)][1:]
        return [statistics.median(column) for column in zip(*runs)]

    out["prefill_512_tok_s"] = 512 / medians(512, 1, 1)[0]
    for count in (1, 8, 32):
        _, seconds, drawing = medians(64, count, 64)
        out |= {f"sample_{count}x64_tok_s": count * 64 / seconds, f"drawing_{count}": round(drawing, 3)}
    print(json.dumps(out))


main()
