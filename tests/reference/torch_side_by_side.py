#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The example fashion_mnist_mlp in PyTorch, for a line-by-line comparison: the same seed trains the same network.

usage: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 torch_side_by_side.py DATA_DIR [--hidden 256] [--epochs 10] [--seed 0]

DATA_DIR holds the four files of Fashion-MNIST, compressed or not. Runs with the Debian package python3-torch.
"""
import argparse
import gzip
import os

import numpy as np
import torch
from torch import nn


def read_idx(folder, name, header, shape):
    path = os.path.join(folder, name)
    packed = not os.path.exists(path)
    with gzip.open(path + ".gz") if packed else open(path, "rb") as file:
        return torch.from_numpy(np.frombuffer(file.read(), np.uint8, offset=header).reshape(shape).copy())


def load(folder, prefix, count):
    images = read_idx(folder, prefix + "-images-idx3-ubyte", 16, (count, 784)).float() / 255
    return images, read_idx(folder, prefix + "-labels-idx1-ubyte", 8, (count,)).long()


def build(sizes):
    """Draws the numbers in the order of the example: first every layer's default initialisation, then the weights again."""
    layers = [nn.Flatten()]
    for i, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
        layers += ([nn.ReLU()] if i > 0 else []) + [nn.Linear(fan_in, fan_out)]
    net = nn.Sequential(*layers)
    for layer in net:
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)
    return net


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data")
    options.add_argument("--hidden", default="256")
    options.add_argument("--epochs", type=int, default=10)
    options.add_argument("--seed", type=int, default=0)
    options = options.parse_args()

    torch.set_num_threads(1)
    x, y = load(options.data, "train", 60000)
    x_test, y_test = load(options.data, "t10k", 10000)
    torch.manual_seed(options.seed)
    net = build([784, *(int(width) for width in options.hidden.split(",") if width), 10])
    loss_of = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    for epoch in range(1, options.epochs + 1):
        loss_sum, correct = 0.0, 0
        for batch in torch.randperm(len(x)).split(256):
            logits = net(x[batch])
            loss = loss_of(logits, y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(batch)
            correct += (logits.argmax(1) == y[batch]).sum().item()
        with torch.no_grad():
            test_accuracy = (net(x_test).argmax(1) == y_test).double().mean().item()
        print(f"epoch {epoch}, train loss {loss_sum / len(x):.3f}, train acc {correct / len(x):.3f}, "
              f"test acc {test_accuracy:.3f}", flush=True)


if __name__ == "__main__":
    main()
