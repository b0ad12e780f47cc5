#!/usr/bin/env python3
"""The work that Attune's engine is measured on, in llama.cpp; prints one JSON object.

    llamacpp.py GGUF [THREADS]

Needs from PyPI: llama-cpp-python, which compiles llama.cpp for this machine (CMAKE_ARGS=-DGGML_NATIVE=ON),
and numpy. Reading a prompt of 512 tokens, and samples of 64 tokens after one prompt of 64, decoded as
one batch with a cache for each sample, into which the prompt's is copied; temperature 1, nothing
filtered. Drawing the tokens is done with numpy and its time left out.
"""
import ctypes
import json
import statistics
import sys
import time

import llama_cpp
import numpy

SILENT = llama_cpp.llama_log_callback(lambda *_: None)  # the library calls it for as long as it lives
UNIFIED = False  # one cache for all samples is slower: each then looks at all the others' places
DRAWS = numpy.random.default_rng(0)


class Session:
    """A context with a number of sequences."""

    def __init__(self, model, sequences, threads):
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx, parameters.n_batch, parameters.n_ubatch = 8192, 2048, 512
        parameters.n_seq_max = sequences
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.kv_unified = UNIFIED
        self.context = llama_cpp.llama_init_from_model(model, parameters)
        self.vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))

    def decode(self, tokens, positions, sequences, wanted):
        batch = llama_cpp.llama_batch_init(len(tokens), 0, 64)
        batch.n_tokens = len(tokens)
        for i, (token, position, ids, wants) in enumerate(zip(tokens, positions, sequences, wanted)):
            batch.token[i], batch.pos[i] = int(token), position
            batch.n_seq_id[i], batch.logits[i] = len(ids), wants
            for j, sequence in enumerate(ids):
                batch.seq_id[i][j] = sequence
        if llama_cpp.llama_decode(self.context, batch) != 0:
            sys.exit("cannot measure: llama_decode failed")
        llama_cpp.llama_batch_free(batch)

    def sample(self, index):
        logits = llama_cpp.llama_get_logits_ith(self.context, index)
        row = numpy.ctypeslib.as_array(logits, shape=(self.vocabulary,))
        cumulative = numpy.cumsum(numpy.exp(row - row.max()), dtype=numpy.float64)
        return int(numpy.searchsorted(cumulative, DRAWS.random() * cumulative[-1]))


def run(model, threads, length, count, new):
    """Seconds of reading a prompt, and of `new` tokens for `count` samples of it."""
    session = Session(model, count, threads)
    prompt = DRAWS.integers(100, 40000, length)
    start = time.perf_counter()
    session.decode(prompt, range(length), [[0]] * length, [0] * (length - 1) + [1])
    reading = time.perf_counter() - start
    current = [session.sample(length - 1) for _ in range(count)]
    memory = llama_cpp.llama_get_memory(session.context)
    for sample in range(1, count):
        llama_cpp.llama_memory_seq_cp(memory, 0, sample, -1, -1)
    growing = 0.0
    for step in range(new):
        start = time.perf_counter()
        session.decode(current, [length + step] * count, [[i] for i in range(count)], [1] * count)
        growing += time.perf_counter() - start
        current = [session.sample(i) for i in range(count)]
    llama_cpp.llama_free(session.context)
    return reading, growing


def main():
    path, threads = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2
    llama_cpp.llama_log_set(SILENT, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
    out = {"threads": threads, "llama_cpp_python": llama_cpp.__version__}

    def median(part, *work):  # the first run warms up
        return statistics.median([run(model, threads, *work)[part] for _ in range(4)][1:])

    out["prefill_512_tok_s"] = 512 / median(0, 512, 1, 1)
    for count in (1, 8, 32):
        out[f"sample_{count}x64_tok_s"] = count * 64 / median(1, 64, count, 64)
    print(json.dumps(out))


main()
