# SPDX-License-Identifier: MIT
"""Writes random.inc, the numbers of PyTorch's CPU generator, for tests/core/test_random.cpp.

    python3 make_random.py > random.inc

Made on x86 with AVX2 and a PyTorch without MKL (Debian's python3-torch). Long results are stored as a
fingerprint of their bits.
"""

import torch
from torch import nn

from common import FLOATS, array, fingerprint, footer, header, numbers, seeded, tensor_fingerprint

SIZES = (1, 15, 16, 17, 31, 100)


def uniform_rows():
    intervals = ((0.0, 1.0), (-1 / 28, 1 / 28), (2.5, 3.1))
    for seed, n in zip((0, 1, 42, 2024, 2**32 - 1, 2**40 + 7, 5), (*SIZES, 5000)):
        for low, high in intervals:
            prints = [
                tensor_fingerprint(torch.empty(n, dtype=dtype).uniform_(low, high, generator=seeded(seed)))
                for dtype in FLOATS
            ]
            yield f"{{{seed}u, {n}, {low.hex()}, {high.hex()}, {prints[0]}, {prints[1]}}}"


def permutation_rows():
    for seed, n in ((0, 1), (1, 2), (2, 10), (3, 1000), (4, 60000)):
        order = torch.randperm(n, generator=seeded(seed)).tolist()
        yield f"{{{seed}u, {n}, {fingerprint(order)}}}"


def bernoulli_rows():
    for seed, n, p in ((0, 1, 0.5), (1, 100, 0.2), (2, 1001, 0.5), (3, 4096, 0.8), (4, 10, 0.0), (5, 10, 1.0)):
        mask = torch.empty(n).bernoulli_(p, generator=seeded(seed))
        if 0 < p < 1:
            torch.manual_seed(seed)
            dropped = nn.functional.dropout(torch.ones(n), 1 - p)
            assert torch.equal(mask != 0, dropped != 0), "dropout draws another mask"
        yield f"{{{seed}u, {n}, {p!r}, {fingerprint(int(x) for x in mask.tolist())}}}"


def integer_rows():
    for seed, n in ((0, 2), (1, 10), (2, 1000003), (3, 2**28 - 1)):
        drawn = torch.randint(n, (100,), generator=seeded(seed)).tolist()
        yield f"{{{seed}u, {n}, {fingerprint(drawn)}}}"


def linear_rows():
    for seed, inputs, outputs in ((0, 784, 256), (7, 5, 3), (8, 1, 1)):
        prints = []
        for dtype in FLOATS:
            torch.manual_seed(seed)
            layer = nn.Linear(inputs, outputs, dtype=dtype)
            prints += [tensor_fingerprint(layer.weight), tensor_fingerprint(layer.bias)]
        yield f"{{{seed}u, {inputs}, {outputs}, {', '.join(prints)}}}"


def normals(dtype):
    """Yields small results in full, and both ends of the largest."""
    for n, seed, mean, deviation in zip(SIZES, range(6), (0, 1.5, 0, -2, 0, 0), (1, 0.01, 1, 3, 0.01, 1)):
        x = torch.empty(n, dtype=dtype).normal_(mean, deviation, generator=seeded(seed))
        yield torch.cat([x[:20], x[-20:]]) if n > 40 else x


def mixed(dtype):
    """Yields the results of consecutive calls on one generator; the last number shows the generator's state."""
    g = seeded(99)
    yield torch.rand(5, dtype=dtype, generator=g)
    yield torch.randperm(7, generator=g).to(dtype)
    yield torch.randn(3, dtype=dtype, generator=g)  # caches one number
    yield torch.randn(20, dtype=dtype, generator=g)  # does not use the cached number
    yield torch.empty(9, dtype=dtype).bernoulli_(0.3, generator=g)
    yield torch.randn(1, dtype=dtype, generator=g)  # uses the cached number
    yield torch.randint(10, (4,), generator=g).to(dtype)
    yield torch.rand(700, dtype=dtype, generator=g)[-3:]
    yield torch.randn(2, dtype=dtype, generator=g)
    yield torch.rand(1, dtype=dtype, generator=g)


header()
array("UniformReference uniform_references", uniform_rows())
array("CountReference permutation_references", permutation_rows())
array("CountReference integer_references", integer_rows())
array("BernoulliReference bernoulli_references", bernoulli_rows())
array("LinearReference linear_references", linear_rows())
for dtype, name in zip(FLOATS, ("float", "double")):
    array(f"{name} normal_{name}_references", map(numbers, normals(dtype)))
    array(f"{name} mixed_{name}_references", map(numbers, mixed(dtype)))
footer()
