#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a PyTorch module's weights, an example input and its output to a safetensors file, for gradus::load and
gradus::verify. Requires only PyTorch. In a program:

    from gradus_from_torch import save
    save(module, torch.rand(4, 784), "net.safetensors")

On the command line, where FILE.py defines a function that returns the module:

    gradus_from_torch.py FILE.py FUNCTION SHAPE OUTPUT [--weights STATE_DICT.pt]
    gradus_from_torch.py model.py make_net 4,784 net.safetensors --weights net.pt
"""
import argparse
import json
import runpy
import struct

import torch

DTYPES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
          torch.int64: "I64", torch.int32: "I32", torch.uint8: "U8", torch.bool: "BOOL"}


def save(module, example, path):
    """Writes `module`, `example` and the module's output for it in evaluation mode."""
    was_training = module.training
    module.eval()
    with torch.no_grad():
        output = module(example)
    module.train(was_training)
    write({**module.state_dict(), "gradus.input": example, "gradus.output": output}, path)


def write(tensors, path, metadata={}):
    """Writes tensors in dictionary order. Assumes a little-endian machine."""
    header, data = {"__metadata__": {"format": "pt", **metadata}}, []
    begin = 0
    for name, tensor in tensors.items():
        data.append(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
        end = begin + len(data[-1])
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("FILE", "FUNCTION", "SHAPE", "OUTPUT"):
        parser.add_argument(name)
    parser.add_argument("--weights", metavar="STATE_DICT.pt")
    options = parser.parse_args()
    net = runpy.run_path(options.FILE)[options.FUNCTION]()
    if options.weights:
        net.load_state_dict(torch.load(options.weights, map_location="cpu"))
    save(net, torch.rand([int(size) for size in options.SHAPE.split(",")]), options.OUTPUT)
