# SPDX-License-Identifier: MIT
"""Writes autograd.inc, the values and gradients of every operator of the tape in double, for
tests/autograd/operator_checks.hpp.

    python3 make_autograd.py > autograd.inc

The inputs of a row, and the weights of the sum that is differentiated, are uniform numbers from a generator seeded with the
row's number. The test draws both again, so only the results are stored.
"""

import torch
from torch.nn import functional as F

from common import footer, header, numbers, seeded

LABELS = torch.tensor([2, 0, 3, 2])
CLASS_WEIGHTS = torch.tensor([0.5, 1.0, 2.0, 1.5], dtype=torch.float64)
TARGET = torch.arange(12, dtype=torch.float64).reshape(4, 3) / 12

PAIRS = (
    ((2, 3), (2, 3)),
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((), (2, 3)),
    ((4, 1, 3), (2, 1)),
    ((), ()),
    ((2, 0), (1, 1)),
    ((17,), (1,)),
)
SHAPES = ((), (1,), (2, 3), (0, 3), (19,))
SMALL = (0.5, 2.0)
BOTH = (-2.0, 2.0)

BINARY = {
    "add": (lambda a, b: a + b, BOTH),
    "subtract": (lambda a, b: a - b, BOTH),
    "multiply": (lambda a, b: a * b, BOTH),
    "divide": (lambda a, b: a / b, SMALL),
    "maximum": (torch.maximum, BOTH),
    "minimum": (torch.minimum, BOTH),
    "power": (torch.pow, SMALL),
    "where": (lambda a, b: torch.where(a > b, a * 2, b * 3), BOTH),
}
UNARY = {
    "negate": (lambda x: -x, BOTH),
    "add number": (lambda x: 2 + x - 0.5, BOTH),
    "multiply number": (lambda x: 3 * x * 0.7, BOTH),
    "divide number": (lambda x: x / 3, BOTH),
    "number minus": (lambda x: 2 - x, BOTH),
    "number divided": (lambda x: 2 / x, SMALL),
    "exp": (torch.exp, BOTH),
    "log": (torch.log, SMALL),
    "sqrt": (torch.sqrt, SMALL),
    "pow 3": (lambda x: x**3, BOTH),
    "pow -0.5": (lambda x: x**-0.5, SMALL),
    "pow 0": (lambda x: x**0, BOTH),
    "abs": (torch.abs, BOTH),
    "tanh": (torch.tanh, BOTH),
    "sigmoid": (torch.sigmoid, BOTH),
    "relu": (torch.relu, BOTH),
    "clamp": (lambda x: x.clamp(-0.5, 1.0), BOTH),
    "expand": (lambda x: x.expand((2,) + tuple(x.shape)), BOTH),
    "reshape": (lambda x: x.reshape(-1), BOTH),
    "norm": (lambda x: x.norm(), BOTH),
    "sum": (torch.sum, BOTH),
}
AXES = {
    "all": (None, False),
    "0": ((0,), False),
    "-1 kept": ((-1,), True),
    "0 2": ((0, 2), False),
    "1 2 kept": ((1, 2), True),
}


def every(reduce):
    """Returns a reduction that requires axes, applied to all axes if none are given."""
    return lambda x, axes, keep: reduce(x, tuple(range(x.dim())) if axes is None else axes, keep)


REDUCTIONS = {
    "sum": every(lambda x, axes, keep: x.sum(axes, keep)),
    "mean": every(lambda x, axes, keep: x.mean(axes, keep)),
    "max": every(lambda x, axes, keep: x.amax(axes, keep)),
    "min": every(lambda x, axes, keep: x.amin(axes, keep)),
    "norm": every(lambda x, axes, keep: torch.linalg.vector_norm(x, 2, axes, keep)),
    "logsumexp": every(lambda x, axes, keep: x.logsumexp(axes, keep)),
    # rounded to quarters, so that there are many ties
    "max of ties": every(lambda x, axes, keep: (x - (x - torch.round(x)).detach()).amax(axes, keep)),
}
MATMUL = (
    ((2, 3), (3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((2, 1, 2, 3), (4, 3, 2)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((1, 1), (1, 1)),
    ((3, 0, 2), (2, 2)),
)
PARTS = {
    "permute": ((2, 3, 4), lambda x: x.permute(2, 0, 1)),
    "transpose": ((2, 3, 4), lambda x: x.transpose(0, 2)),
    "transpose last": ((2, 3), lambda x: x.transpose(-2, -1)),
    "permute empty": ((0, 3, 2), lambda x: x.permute(2, 0, 1)),
    "slice": ((5, 3), lambda x: x[1:4]),
    "slice step": ((2, 7), lambda x: x[:, 1:-1:2]),
    "slice nothing": ((5, 3), lambda x: x[2:2]),
    "index_select": ((4, 3), lambda x: x.index_select(0, torch.tensor([3, 0, 3, 3, 1]))),
    "index_select last": ((2, 3), lambda x: x.index_select(1, torch.tensor([2, 2, 0]))),
    "index_select none": ((2, 3), lambda x: x.index_select(1, torch.tensor([], dtype=torch.long))),
    "gather 0": ((3, 2), lambda x: x.gather(0, torch.tensor([[2, 0], [2, 2]]))),
    "gather 1": ((2, 3), lambda x: x.gather(1, torch.tensor([[2, 2, 0, 1], [1, 1, 1, 1]]))),
    "sum_to": ((4, 2, 3), lambda x: x.sum((0, 1), True).reshape(1, 3)),
    "softmax": ((4, 3), lambda x: x.softmax(-1)),
    "softmax 0": ((4, 3), lambda x: x.softmax(0)),
    "softmax middle": ((2, 3, 2), lambda x: x.softmax(1)),
    "softmax empty": ((0, 3), lambda x: x.softmax(-1)),
    "log_softmax": ((4, 3), lambda x: x.log_softmax(-1)),
    "log_softmax 0": ((4, 3), lambda x: x.log_softmax(0)),
    "cross_entropy": ((4, 4), lambda x: F.cross_entropy(x, LABELS)),
    "cross_entropy sum": ((4, 4), lambda x: F.cross_entropy(x, LABELS, reduction="sum")),
    "cross_entropy options": (
        (4, 4),
        lambda x: F.cross_entropy(x, LABELS, CLASS_WEIGHTS, label_smoothing=0.2, ignore_index=0),
    ),
    "mse": ((4, 3), lambda x: F.mse_loss(x, TARGET)),
    "binary_cross_entropy": ((4, 3), lambda x: F.binary_cross_entropy_with_logits(x, TARGET)),
}
MANY = {
    "concatenate": (((2, 3), (1, 3), (0, 3)), lambda *x: torch.cat(x)),
    "concatenate last": (((2, 3), (2, 1)), lambda *x: torch.cat(x, -1)),
    "stack": (((2, 3), (2, 3), (2, 3)), lambda *x: torch.stack(x)),
    "stack last": (((2, 3), (2, 3)), lambda *x: torch.stack(x, -1)),
    "stack scalars": (((), (), ()), lambda *x: torch.stack(x)),
    "mse both": (((2, 3), (2, 3)), F.mse_loss),
}


def rows():
    for name, (f, interval) in BINARY.items():
        for shapes in PAIRS:
            yield name, shapes, interval, f
    for name, (f, interval) in UNARY.items():
        for shape in SHAPES:
            yield name, (shape,), interval, f
    for name, reduce in REDUCTIONS.items():
        for axes_name, (axes, keep) in AXES.items():
            f = lambda x, reduce=reduce, axes=axes, keep=keep: reduce(x, axes, keep)
            yield f"{name} {axes_name}", ((2, 3, 4),), BOTH, f
    for name in ("sum", "norm", "logsumexp"):
        reduce = REDUCTIONS[name]
        yield f"{name} 0", ((3, 0),), BOTH, lambda x, reduce=reduce: reduce(x, (0,), False)
    for name in ("sum", "logsumexp"):
        reduce = REDUCTIONS[name]
        yield f"{name} 0", ((0, 3),), BOTH, lambda x, reduce=reduce: reduce(x, (0,), False)
    for shapes in MATMUL:
        yield "matmul", shapes, BOTH, torch.matmul
    for name, (shape, f) in PARTS.items():
        yield name, (shape,), BOTH, f
    for name, (shapes, f) in MANY.items():
        yield name, shapes, BOTH, f


def cpp_shape(shape):
    return "Shape{" + ", ".join(map(str, shape)) + "}"


def main():
    header()
    print("const std::vector<Row> rows = {")
    for number, (name, shapes, (low, high), f) in enumerate(rows()):
        random = seeded(number)
        inputs = [
            torch.empty(shape, dtype=torch.float64).uniform_(low, high, generator=random).requires_grad_()
            for shape in shapes
        ]
        y = f(*inputs)
        weights = torch.empty(y.shape, dtype=torch.float64).uniform_(0.5, 1.5, generator=random)
        gradients = torch.autograd.grad((y * weights).sum(), inputs)
        print(f'    {{"{name}", {{{", ".join(map(cpp_shape, shapes))}}}, {low}, {high}, {cpp_shape(y.shape)},')
        print(f"     {{{numbers(y).replace('inf', 'infinity')}}},")
        print(f"     {{{', '.join('{' + numbers(g) + '}' for g in gradients)}}}}},")
    print("};")
    footer()


main()
