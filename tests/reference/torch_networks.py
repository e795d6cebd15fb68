#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Exchanges trained networks with PyTorch.

torch_networks.py write FOLDER   writes torch_*.safetensors: networks trained by PyTorch, with an input and its output
torch_networks.py check FILE...  builds the network of a file that gradus::save wrote together with an example, loads its
                                 weights strictly, compares the outputs, and exits with status 1 if they differ by more
                                 than 1e-6

The files in this folder: python3-torch of Debian 12, 1.13.1. `check` was also run with 2.14.1 and safetensors 0.8.0.
"""
import json
import os
import struct
import sys

import torch
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
import gradus_from_torch as gradus


class Every(nn.Module):
    """One module of every kind, with the parameter names of a class."""

    def __init__(self):
        super().__init__()
        self.flatten, self.fc1, self.norm1, self.relu = nn.Flatten(), nn.Linear(12, 16), nn.BatchNorm1d(16), nn.ReLU()
        self.dropout, self.fc2, self.norm2 = nn.Dropout(0.3), nn.Linear(16, 16, bias=False), nn.LayerNorm(16)
        self.gelu = nn.GELU()
        self.body = nn.Sequential(nn.Linear(16, 16), nn.Tanh(), nn.Identity(), nn.SiLU(), nn.Linear(16, 16))
        self.leaky, self.elu, self.softplus = nn.LeakyReLU(0.2), nn.ELU(0.7), nn.Softplus(2, 15)
        self.plain_batch, self.plain_layer = nn.BatchNorm1d(16, affine=False), nn.LayerNorm(16, elementwise_affine=False)
        self.gelu_tanh, self.sigmoid = nn.GELU(approximate="tanh"), nn.Sigmoid()
        self.softmax, self.out = nn.Softmax(dim=-1), nn.Linear(16, 5)

    def forward(self, x):
        for module in self.children():
            x = module(x)
        return x


def train(net, steps=30):
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(steps):
        x = torch.randn(32, 3, 4)
        loss = nn.functional.cross_entropy(net(x), (x.sum((1, 2)) > 0).long())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net


def write(folder):
    torch.manual_seed(7)
    gradus.save(train(Every()), torch.randn(6, 3, 4), os.path.join(folder, "torch_every.safetensors"))
    small = train(nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 5)))
    x = torch.randn(6, 3, 4)
    for dtype, name in ((torch.float64, "f64"), (torch.float16, "f16"), (torch.bfloat16, "bf16")):
        # The output is computed in double from the rounded weights.
        rounded = {name: tensor.to(dtype) if tensor.is_floating_point() else tensor
                   for name, tensor in small.state_dict().items()}
        exact = nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 5)).double()
        exact.load_state_dict(rounded)
        output = exact.eval()(x.double())
        gradus.write({**rounded, "gradus.input": x, "gradus.output": output},
                     os.path.join(folder, f"torch_{name}.safetensors"))


def read(path):
    types = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=types[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata


def build(modules):
    """Builds the network; the kinds and settings in the architecture are those of torch.nn."""
    net = nn.Sequential()
    for i, module in enumerate(modules):
        kind = build(module["modules"]) if module["kind"] == "Sequential" else \
            getattr(nn, module["kind"])(**module.get("settings", {}))
        net.add_module(module.get("name", str(i)), kind)
    return net


def check(path):
    tensors, metadata = read(path)
    try:
        from safetensors.torch import load_file
        same = load_file(path)
        assert same.keys() == tensors.keys() and all(torch.equal(same[name], tensors[name]) for name in same)
        print(path, "read with the safetensors package too")
    except ImportError:
        pass
    example, expected = tensors.pop("gradus.input"), tensors.pop("gradus.output")
    net = build(json.loads(metadata["gradus.architecture"])["modules"]).to(example.dtype)
    net.load_state_dict(tensors)  # strict
    with torch.no_grad():
        difference = (net.eval()(example) - expected).abs().max() / expected.abs().max()
    print(f"{path}: PyTorch {torch.__version__}, relative difference {difference:.2g}")
    return difference <= 1e-6


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2])
    else:
        sys.exit(0 if all([check(path) for path in sys.argv[2:]]) else 1)
