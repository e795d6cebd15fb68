# SPDX-License-Identifier: MIT
"""Writes extra_modules.inc, the results of PyTorch's normalisations and more activations in double, for
tests/nn/test_pytorch_extra_modules.cpp.

    python3 make_extra_modules.py > extra_modules.inc

Inputs and output gradients come from generators whose numbers the test draws again, bit for bit.
"""

import torch
from torch import nn
from torch.nn import functional as F

from common import footer, header, numbers, seeded


def uniform(generator, *shape, low=-3.0, high=3.0):
    return torch.empty(shape, dtype=torch.float64).uniform_(low, high, generator=generator).requires_grad_()


def store(name, tensor):
    print(f"constexpr double {name}[] = {{{numbers(tensor)}}};")


def store_pass(name, x, y, dy):
    y.backward(dy)
    store(f"{name}_y", y)
    store(f"{name}_dx", x.grad)


def activations():
    for name, function in (
        ("leaky_relu", nn.LeakyReLU()),
        ("leaky_relu_steep", nn.LeakyReLU(0.3)),
        ("elu", nn.ELU()),
        ("elu_large", nn.ELU(1.7)),
        ("silu", nn.SiLU()),
        ("softplus", nn.Softplus()),
        ("softplus_steep", nn.Softplus(beta=2, threshold=3)),
        ("gelu", nn.GELU()),
        ("gelu_tanh", nn.GELU(approximate="tanh")),
    ):
        g = seeded(1)
        x, dy = uniform(g, 3, 5), uniform(g, 3, 5)
        store_pass(name, x, function(x), dy)
        far = torch.tensor([-1e4, -745, -40, -9, -1e-9, 0, 1e-9, 9, 40, 1e4], dtype=torch.float64)
        far.requires_grad_()
        store_pass(f"{name}_far", far, function(far), torch.arange(1, 11).double())


def norm(name, module, seed, *shape):
    g = seeded(seed)
    x, dy = uniform(g, *shape), uniform(g, *shape)
    if module.weight is not None:
        module.weight.data = uniform(g, shape[-1]).data
        module.bias.data = uniform(g, shape[-1]).data
    store_pass(name, x, module(x), dy)
    if module.weight is not None:
        store(f"{name}_dweight", module.weight.grad)
        store(f"{name}_dbias", module.bias.grad)


def norms():
    batch_norm = nn.BatchNorm1d(3, dtype=torch.float64)
    norm("batch_norm", batch_norm, 2, 5, 3)
    second = uniform(seeded(3), 2, 3)
    batch_norm(second)
    store("batch_norm_running_mean", batch_norm.running_mean)
    store("batch_norm_running_var", batch_norm.running_var)
    batch_norm.zero_grad()
    batch_norm.eval()
    norm("batch_norm_eval", batch_norm, 4, 5, 3)
    norm("batch_norm_plain", nn.BatchNorm1d(3, eps=0.1, affine=False, dtype=torch.float64), 5, 4, 3)
    norm("layer_norm", nn.LayerNorm(7, dtype=torch.float64), 6, 2, 3, 7)
    norm("layer_norm_plain", nn.LayerNorm(4, eps=0.1, elementwise_affine=False, dtype=torch.float64), 7, 5, 4)


header()
activations()
norms()
footer()
