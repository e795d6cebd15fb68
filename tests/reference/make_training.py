# SPDX-License-Identifier: MIT
"""Writes training.inc, 200 steps of training in double, for tests/train/test_pytorch_training.cpp.

    python3 make_training.py > training.inc

Initial weights, data and batches are drawn from the seed in an order that the test repeats, so only the losses and the
final parameters are stored.
"""

import torch
from torch import nn, optim

from common import array, footer, header, numbers

INPUTS, HIDDEN, CLASSES = 7, 5, 3
SAMPLES, BATCH, STEPS = 64, 16, 200
STORED_LOSSES = (1, 2, 10, 50, 100, 200)

MOMENTUM = {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-3}
SGD_RUNS = (
    ("ReLU", nn.ReLU, 0.0, MOMENTUM),
    ("Sigmoid", nn.Sigmoid, 0.0, MOMENTUM),
    ("Tanh", nn.Tanh, 0.0, MOMENTUM),
    ("ReLU", nn.ReLU, 0.0, {"lr": 0.1}),
    ("Tanh", nn.Tanh, 0.0, {**MOMENTUM, "nesterov": True}),
    ("Sigmoid", nn.Sigmoid, 0.0, {**MOMENTUM, "dampening": 0.5}),
    ("ReLU", nn.ReLU, 0.25, MOMENTUM),
)
# The test repeats these settings.
OTHER_RUNS = (
    ("Adam", optim.Adam, {"lr": 0.01, "weight_decay": 1e-3}, None),
    ("clipped norm", optim.SGD, {"lr": 1.0}, lambda parameters: nn.utils.clip_grad_norm_(parameters, 0.1)),
    ("clipped value", optim.SGD, {"lr": 1.0}, lambda parameters: nn.utils.clip_grad_value_(parameters, 0.01)),
)


def train(seed, activation, dropout, make_optimizer, clip=None):
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Linear(INPUTS, HIDDEN), activation(), nn.Dropout(dropout), nn.Linear(HIDDEN, CLASSES)
    )
    x = torch.empty(SAMPLES, INPUTS).uniform_(-1, 1)
    labels = torch.randint(CLASSES, (SAMPLES,))
    optimizer = make_optimizer(net.parameters())
    losses = []
    while len(losses) < STEPS:
        for rows in torch.randperm(SAMPLES).split(BATCH):
            loss = nn.functional.cross_entropy(net(x[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            if clip:
                clip(net.parameters())
            optimizer.step()
            losses.append(loss.detach())
    parameters = torch.cat([p.flatten() for p in net.parameters()])
    stored = torch.stack(losses)[[step - 1 for step in STORED_LOSSES]]
    return f"{{{{{numbers(stored)}}},\n     {{{numbers(parameters)}}}}}"


def sgd_rows():
    for seed, (name, activation, dropout, options) in enumerate(SGD_RUNS):
        result = train(seed, activation, dropout, lambda parameters: optim.SGD(parameters, **options))
        settings = ", ".join(str(options.get(key, 0.0)) for key in ("lr", "momentum", "dampening", "weight_decay"))
        nesterov = str(options.get("nesterov", False)).lower()
        yield f'{{"{name}", {dropout}, {{{settings}, {nesterov}}},\n     {result}}}'


def other_rows():
    for seed, (name, optimizer, options, clip) in enumerate(OTHER_RUNS):
        result = train(seed, nn.Tanh, 0.0, lambda parameters: optimizer(parameters, **options), clip)
        yield f"/* {name} */ {result}"


torch.set_default_dtype(torch.float64)
header()
print(f"constexpr int stored_losses[] = {{{', '.join(map(str, STORED_LOSSES))}}};")
array("SgdReference sgd_references", sgd_rows())
array("Reference other_references", other_rows())
footer()
