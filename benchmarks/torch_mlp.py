#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures training and prediction with the chapter's network, 784-256-10, in PyTorch, for report.py.

The counterpart of training.cpp and prediction.cpp. Runs with Debian's python3-torch. The data are float noise in memory.

usage: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 torch_mlp.py [--threads 1] [--repetitions 3] [--quick]

Set both variables to the number of threads, because OpenBLAS and PyTorch have separate thread pools.
"""
import argparse
import json
import os
import re
import sys
import time

try:
    import torch
    from torch import nn
except ImportError:
    sys.exit("PyTorch: not installed")


def network():
    net = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
    for layer in net[0], net[2]:
        nn.init.normal_(layer.weight, std=0.01)
        nn.init.zeros_(layer.bias)
    return net


def noise(count):
    return torch.randint(0, 256, (count, 784), dtype=torch.uint8).float() / 255


def train(net, optimizer, x, y, batch, steps):
    """Trains for an epoch, at most `steps` steps; returns the sums of losses and of correct predictions."""
    loss_of = nn.CrossEntropyLoss()
    total, correct = 0.0, 0
    order = torch.randperm(len(x))
    for i in range(0, min(len(x), batch * steps), batch):
        rows = order[i : i + batch]
        xb, yb = x[rows], y[rows]
        optimizer.zero_grad()
        out = net(xb)
        loss = loss_of(out, yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(yb)
        correct += (out.argmax(1) == yb).sum().item()
    return total, correct


def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def report(name, **fields):
    print(json.dumps({"name": name, "threads": torch.get_num_threads(), **fields}), flush=True)


def measure_training(repetitions, quick):
    count = 12000 if quick else 60000
    x, y = noise(count), torch.randint(0, 10, (count,))
    for batch, steps in (256, 40 if quick else 235), (16, 200 if quick else 1000), (1, 200 if quick else 1000):
        net = network()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        train(net, optimizer, x, y, batch, 20)  # the first steps allocate
        times = [seconds(lambda: train(net, optimizer, x, y, batch, steps)) for _ in range(repetitions)]
        report("torch_train", batch=batch, samples=min(len(x), batch * steps), seconds=times)


def measure_prediction(repetitions):
    net, x = network(), noise(10000)

    def in_batches(size):
        for i in range(0, len(x), size):
            net(x[i : i + size])

    with torch.no_grad():
        one = x[:1]
        times = sorted(seconds(lambda: net(one)) for _ in range(1000 * repetitions))
        report("torch_predict_one", microseconds=times[len(times) // 2] * 1e6)
        for size in 256, 1000, 10000:
            in_batches(size)
            times = [seconds(lambda: in_batches(size)) for _ in range(repetitions)]
            report("torch_predict_10000", batch=size, seconds=times)


def blas():
    """Returns the libraries loaded for matrix products and their threads."""
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps}
    return sorted({re.sub(r".*/", "", path) for path in paths if re.search(r"blas|mkl|dnnl|gomp|iomp", path)})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="fewer steps")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    report("torch", version=torch.__version__, blas=" ".join(blas()),
           core_type=os.environ.get("OPENBLAS_CORETYPE", "default"))
    measure_training(options.repetitions, options.quick)
    measure_prediction(options.repetitions)


main()
