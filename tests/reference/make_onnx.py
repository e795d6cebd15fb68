#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes FOLDER/{policy,mlp,activations}.onnx, networks trained for a few steps and exported by PyTorch, each with an input
(.x) and PyTorch's output (.y) as 32-bit floats.

usage: make_onnx.py FOLDER (PyTorch 2.14.1, python3-onnx of Debian sid; the exporter without dynamo, opset 17)
"""
import pathlib
import sys

import torch
from torch import nn

torch.manual_seed(0)
folder = pathlib.Path(sys.argv[1])


class Normalize(nn.Module):
    """The observation normalisation that reinforcement learning applies before a policy."""

    def __init__(self, size):
        super().__init__()
        self.register_buffer("mean", torch.randn(size))
        self.register_buffer("variance", torch.rand(size) + 0.5)

    def forward(self, x):
        return torch.clamp((x - self.mean) / torch.sqrt(self.variance + 1e-5), -5, 5)


networks = {
    "policy": ([Normalize(12), nn.Linear(12, 16), nn.ELU(), nn.Linear(16, 8), nn.ELU(), nn.Linear(8, 4)], (12,)),
    "mlp": ([nn.Flatten(), nn.Linear(12, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3),
             nn.Linear(16, 8, bias=False), nn.LayerNorm(8), nn.Tanh(), nn.Linear(8, 8), nn.LeakyReLU(0.2),
             nn.Linear(8, 4), nn.Softmax(dim=-1)], (3, 4)),
    "activations": ([nn.Linear(12, 8), nn.GELU(), nn.Linear(8, 8), nn.GELU(approximate="tanh"), nn.Linear(8, 8),
                     nn.SiLU(), nn.Linear(8, 8), nn.Softplus(), nn.Linear(8, 8), nn.Sigmoid()], (12,)),
}

for name, (modules, shape) in networks.items():
    net, x = nn.Sequential(*modules), torch.randn(5, *shape)
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    for _ in range(5):
        optimizer.zero_grad()
        net(x).square().mean().backward()
        optimizer.step()
    net.eval()
    torch.onnx.export(net, (x,), str(folder / f"{name}.onnx"), input_names=["observation"], output_names=["action"],
                      dynamic_axes={"observation": {0: "N"}, "action": {0: "N"}}, opset_version=17, dynamo=False)
    x.numpy().tofile(folder / f"{name}.x")
    net(x).detach().numpy().tofile(folder / f"{name}.y")
