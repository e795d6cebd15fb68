"""Writes training.inc, 200 steps of SGD in double, for tests/train/test_pytorch_training.cpp.

    python3 make_training.py > training.inc

Initial weights, data and batches come from the seed in an order that the test repeats, so only losses and the
final parameters are stored.
"""

import torch
from torch import nn

from common import array, footer, header, numbers

INPUTS, HIDDEN, CLASSES = 7, 5, 3
SAMPLES, BATCH, STEPS = 64, 16, 200
STORED_LOSSES = (1, 2, 10, 50, 100, 200)

MOMENTUM = {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-3}
RUNS = (
    ("ReLU", nn.ReLU, 0.0, MOMENTUM),
    ("Sigmoid", nn.Sigmoid, 0.0, MOMENTUM),
    ("Tanh", nn.Tanh, 0.0, MOMENTUM),
    ("ReLU", nn.ReLU, 0.0, {"lr": 0.1}),
    ("Tanh", nn.Tanh, 0.0, {**MOMENTUM, "nesterov": True}),
    ("Sigmoid", nn.Sigmoid, 0.0, {**MOMENTUM, "dampening": 0.5}),
    ("ReLU", nn.ReLU, 0.25, MOMENTUM),
)


def train(seed, activation, dropout, options):
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Linear(INPUTS, HIDDEN), activation(), nn.Dropout(dropout), nn.Linear(HIDDEN, CLASSES)
    )
    x = torch.empty(SAMPLES, INPUTS).uniform_(-1, 1)
    labels = torch.randint(CLASSES, (SAMPLES,))
    optimizer = torch.optim.SGD(net.parameters(), **options)
    losses = []
    while len(losses) < STEPS:
        for rows in torch.randperm(SAMPLES).split(BATCH):
            loss = nn.functional.cross_entropy(net(x[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
    return torch.stack(losses), torch.cat([p.flatten() for p in net.parameters()])


def rows():
    for seed, (name, activation, dropout, options) in enumerate(RUNS):
        losses, parameters = train(seed, activation, dropout, options)
        settings = ", ".join(str(options.get(key, 0.0)) for key in ("lr", "momentum", "dampening", "weight_decay"))
        nesterov = str(options.get("nesterov", False)).lower()
        stored = losses[[step - 1 for step in STORED_LOSSES]]
        yield (
            f'{{"{name}", {dropout}, {{{settings}, {nesterov}}},\n'
            f"     {{{numbers(stored)}}},\n     {{{numbers(parameters)}}}}}"
        )


torch.set_default_dtype(torch.float64)
header()
print(f"constexpr int stored_losses[] = {{{', '.join(map(str, STORED_LOSSES))}}};")
array("TrainingReference training_references", rows())
footer()
