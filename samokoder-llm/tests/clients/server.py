"""Starts llama.cpp's own server on a model with random weights.

    python server.py PORT [FOLDER]

PORT 0 is a free one. The model is written into FOLDER, or a temporary one. Prints `listening on URL` when it answers,
and stops when its standard input is closed.
"""

import sys
import tempfile
from pathlib import Path

import xllamacpp

import tiny_model


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(temporary)
        model = folder / "tiny.gguf"
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
        server = xllamacpp.Server(parameters)
        print(f"listening on {server.listening_address}", flush=True)
        sys.stdin.read()


main()
