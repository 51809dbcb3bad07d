"""Starts llama.cpp's own server on a model with random weights.

    python server.py [PORT]

Without a port it takes a free one. Prints `listening on URL` when it answers, and stops when its standard input is
closed.
"""

import sys
import tempfile
from pathlib import Path

import xllamacpp

import tiny_model


def main():
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder) / "tiny.gguf", int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    print(f"listening on {server.listening_address}", flush=True)
    sys.stdin.read()


def start(model, port):
    tiny_model.write(model)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model)
    parameters.model_alias = {"tiny"}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.n_ctx = tiny_model.CONTEXT
    parameters.n_parallel = 1
    parameters.n_gpu_layers = 0
    parameters.cpuparams.n_threads = 1
    parameters.warmup = False
    parameters.use_jinja = True
    return xllamacpp.Server(parameters)


main()
