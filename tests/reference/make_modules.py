# SPDX-License-Identifier: MIT
"""Writes modules.inc, the results of PyTorch's modules and losses in double, for tests/nn/test_pytorch_modules.cpp.

    python3 make_modules.py > modules.inc

Inputs and output gradients come from generators whose numbers the test draws again, bit for bit.
"""

import torch
from torch import nn
from torch.nn import functional as F

from common import FLOATS, array, footer, header, numbers, seeded, tensor_fingerprint


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
        ("relu", torch.relu),
        ("sigmoid", torch.sigmoid),
        ("tanh", torch.tanh),
        ("softmax", lambda x: torch.softmax(x, 1)),
    ):
        g = seeded(1)
        x, dy = uniform(g, 3, 5), uniform(g, 3, 5)
        store_pass(name, x, function(x), dy)
        extremes = torch.tensor(
            [[-1e4, -745, -40, -1e-9], [0, 1e-9, 40, 1e4]], dtype=torch.float64, requires_grad=True
        )
        store_pass(f"{name}_extremes", extremes, function(extremes), torch.arange(1, 9).double().reshape(2, 4))


def linear():
    g = seeded(2)
    x, weight, bias, dy = uniform(g, 4, 5), uniform(g, 3, 5), uniform(g, 3), uniform(g, 4, 3)
    store_pass("linear", x, F.linear(x, weight, bias), dy)
    store("linear_dweight", weight.grad)
    store("linear_dbias", bias.grad)


def dropout():
    torch.manual_seed(3)
    x, dy = uniform(None, 4, 5), uniform(None, 4, 5)
    store_pass("dropout", x, F.dropout(x, 0.3), dy)


def cross_entropy_rows():
    weights = torch.tensor([0.5, 2.0, 1.0, 1.5], dtype=torch.float64)
    labels = torch.tensor([3, 0, 2, 1, 3])
    for smoothing in (0.0, 0.1):
        for weight in (None, weights):
            for ignored in (-100, 3):
                for reduction in ("mean", "sum"):
                    x = uniform(seeded(4), 5, 4)
                    loss = F.cross_entropy(
                        x, labels, weight, ignore_index=ignored, reduction=reduction, label_smoothing=smoothing
                    )
                    loss.backward()
                    settings = f"Reduction::{reduction}, {smoothing}, {str(weight is not None).lower()}, {ignored}"
                    yield f"{{{settings}, {loss.item().hex()}, {{{numbers(x.grad)}}}}}"


def paired_loss_rows(function):
    for reduction in ("mean", "sum"):
        g = seeded(5)
        x, target = uniform(g, 3, 4), uniform(g, 3, 4, low=0.0, high=1.0).detach()
        loss = function(x, target, reduction=reduction)
        loss.backward()
        yield f"{{Reduction::{reduction}, {loss.item().hex()}, {{{numbers(x.grad)}}}}}"


def initialiser_rows():
    for name in ("xavier_uniform", "kaiming_uniform"):
        for seed, (outputs, inputs) in enumerate(((256, 784), (3, 5), (10, 256), (17, 1))):
            prints = []
            for dtype in FLOATS:
                torch.manual_seed(seed)
                prints.append(tensor_fingerprint(getattr(nn.init, name + "_")(torch.empty(outputs, inputs, dtype=dtype))))
            yield f'{{"{name}", {seed}u, {outputs}, {inputs}, {prints[0]}, {prints[1]}}}'
    for seed, (outputs, inputs) in enumerate(((256, 784), (3, 5), (10, 256), (17, 1))):
        prints = []
        for dtype in FLOATS:
            torch.manual_seed(seed)
            layer = nn.Linear(inputs, outputs, dtype=dtype)
            prints.append(tensor_fingerprint(torch.cat([layer.weight.flatten(), layer.bias])))
        yield f'{{"Linear", {seed}u, {outputs}, {inputs}, {prints[0]}, {prints[1]}}}'


header()
activations()
linear()
dropout()
array("CrossEntropyReference cross_entropy_references", cross_entropy_rows())
array("PairedLossReference mean_squared_error_references", paired_loss_rows(F.mse_loss))
array(
    "PairedLossReference binary_cross_entropy_references",
    paired_loss_rows(F.binary_cross_entropy_with_logits),
)
array("InitialiserReference initialiser_references", initialiser_rows())
footer()
