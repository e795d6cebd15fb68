# SPDX-License-Identifier: MIT
"""Writes optim.inc, the results of PyTorch's optimisers and schedules, for tests/optim.

    python3 make_optim.py > optim.inc

The optimisers minimise a quadratic with noise that is exact in binary: see tests/optim/noisy_quadratic.hpp.
"""

import sys
import warnings

import torch
from torch.optim import lr_scheduler

warnings.filterwarnings("ignore")

STEPS = 200
LOOKED_AT = (1, 2, 3, 50, 200)
PICKED = (0, 1, 511, 512, 513, 1024, 1299)
BASE_RATE = 0.1


class NoisyQuadratic:
    def __init__(self):
        self.weight = self.parameter(1300, 0).reshape(13, 100).detach().requires_grad_()
        self.bias = self.parameter(7, 2000).requires_grad_()

    @staticmethod
    def parameter(size, offset):
        return ((7 * torch.arange(offset, offset + size) % 23 - 11) / 8).double()

    def set_gradients(self, t):
        for parameter, offset in ((self.weight, 0), (self.bias, 2000)):
            i = torch.arange(offset, offset + parameter.numel()).reshape(parameter.shape)
            noise = ((13 * i + 29 * t) % 41 - 20).double() / 16
            parameter.grad = (0.5 + 0.25 * (i % 5)) * parameter.detach() + noise


def walk(make_optimizer):
    problem = NoisyQuadratic()
    optimizer = make_optimizer(problem)
    for t in range(1, STEPS + 1):
        problem.set_gradients(t)
        optimizer.step()
        if t in LOOKED_AT:
            weight = problem.weight.detach().flatten()
            yield [*(weight[i].item() for i in PICKED), weight.sum().item(), *problem.bias.tolist()]


def all_parameters(optimizer, **options):
    return lambda problem: optimizer([problem.weight, problem.bias], **options)


def groups(optimizer, of_weight, of_bias):
    return lambda problem: optimizer(
        [{"params": [problem.weight], **of_weight}, {"params": [problem.bias], **of_bias}], lr=BASE_RATE
    )


SGD, Adam, AdamW = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW
RMSprop, Adagrad = torch.optim.RMSprop, torch.optim.Adagrad
WALKS = {
    "sgd": all_parameters(SGD, lr=0.1),
    "sgd_weight_decay": all_parameters(SGD, lr=0.1, weight_decay=0.01),
    "sgd_momentum": all_parameters(SGD, lr=0.05, momentum=0.9, weight_decay=0.01),
    "sgd_dampening": all_parameters(SGD, lr=0.05, momentum=0.9, dampening=0.25),
    "sgd_nesterov": all_parameters(SGD, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.001),
    "sgd_groups": groups(SGD, {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.1}, {"lr": 0.2}),
    "adam": all_parameters(Adam, lr=0.01),
    "adam_options": all_parameters(Adam, lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    "adam_amsgrad": all_parameters(Adam, lr=0.01, betas=(0.9, 0.9), amsgrad=True),
    "adam_groups": groups(Adam, {"lr": 0.01, "weight_decay": 0.1}, {"lr": 0.02, "betas": (0.5, 0.9)}),
    "adamw": all_parameters(AdamW, lr=0.01),
    "adamw_options": all_parameters(AdamW, lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.5, amsgrad=True),
    "rmsprop": all_parameters(RMSprop, lr=0.01),
    "rmsprop_momentum": all_parameters(RMSprop, lr=0.002, alpha=0.9, eps=1e-3, momentum=0.9, weight_decay=0.1),
    "rmsprop_centered": all_parameters(RMSprop, lr=0.005, centered=True),
    "rmsprop_all": all_parameters(RMSprop, lr=0.001, momentum=0.5, centered=True, weight_decay=0.01),
    "adagrad": all_parameters(Adagrad, lr=0.1),
    "adagrad_options": all_parameters(
        Adagrad, lr=0.5, lr_decay=0.01, weight_decay=0.1, initial_accumulator_value=0.5, eps=1e-3
    ),
}


def rates(make_scheduler, steps=40, momentum=False):
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=BASE_RATE, momentum=0.9)
    scheduler = make_scheduler(optimizer)
    for _ in range(steps):
        yield optimizer.param_groups[0]["momentum" if momentum else "lr"]
        optimizer.step()
        scheduler.step()


def one_cycle(**options):
    return lambda o: lr_scheduler.OneCycleLR(o, max_lr=BASE_RATE, total_steps=40, **options)


def warmup_then_cosine(optimizer):
    warmup = lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=5)
    cosine = lr_scheduler.CosineAnnealingLR(optimizer, T_max=35)
    return lr_scheduler.SequentialLR(optimizer, [warmup, cosine], milestones=[5])


def warmup_times_decay(optimizer):
    warmup = lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=5)
    return lr_scheduler.ChainedScheduler([warmup, lr_scheduler.ExponentialLR(optimizer, gamma=0.9)])


SCHEDULES = {
    "step_decay": lambda o: lr_scheduler.StepLR(o, step_size=7, gamma=0.5),
    "multi_step_decay": lambda o: lr_scheduler.MultiStepLR(o, milestones=[3, 10, 30], gamma=0.2),
    "exponential_decay": lambda o: lr_scheduler.ExponentialLR(o, gamma=0.93),
    "linear_warmup": lambda o: lr_scheduler.LinearLR(o, start_factor=0.2, end_factor=0.9, total_iters=11),
    "cosine_annealing": lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=25, eta_min=0.004),
    "cosine_warm_restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=5, T_mult=2, eta_min=0.001),
    "cosine_even_restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=7),
    "one_cycle": one_cycle(),
    "one_cycle_linear": one_cycle(anneal_strategy="linear", pct_start=0.45, div_factor=10.0, final_div_factor=100.0),
    "one_cycle_three_phase": one_cycle(three_phase=True, pct_start=0.4),
    "warmup_then_cosine": warmup_then_cosine,
    "warmup_times_decay": warmup_times_decay,
}
METRICS = [8, 6, 5, 5, 4.999, 5, 5.5, 4.8, 4.79, 4.78, 5, 5, 5, 5, 3, 3.1, 3.2, 3.3, 3, 2.9, 2.9, 2.9, 2.9, 2.9, 2.9]
PLATEAUS = {
    "plateau": {"factor": 0.5, "patience": 2},
    "plateau_absolute": {"factor": 0.5, "patience": 1, "threshold": 0.5, "threshold_mode": "abs", "min_lr": 0.02},
    "plateau_cooldown": {"factor": 0.1, "patience": 0, "threshold": 0.01, "cooldown": 3, "eps": 5e-3},
    "plateau_maximize": {"mode": "max", "factor": 0.5, "patience": 1, "threshold": 0.1},
    "plateau_maximize_absolute": {
        "mode": "max", "factor": 0.8, "patience": 3, "threshold": 1, "threshold_mode": "abs", "cooldown": 1
    },
}


def plateau_rates(options):
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=BASE_RATE)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    for metric in METRICS:
        scheduler.step(metric if options.get("mode") != "max" else -metric + 20)
        yield optimizer.param_groups[0]["lr"]


def array(name, numbers):
    print(f"inline constexpr double {name}[] = {{")
    numbers = list(map(repr, map(float, numbers)))
    for i in range(0, len(numbers), 5):
        print("    " + ", ".join(numbers[i : i + 5]) + ",")
    print("};")


print(f"// Written by make_optim.py with PyTorch {torch.__version__}, Python {sys.version.split()[0]}.")
print("// clang-format off")
for name, make_optimizer in WALKS.items():
    array(name, (x for row in walk(make_optimizer) for x in row))
for name, make_scheduler in SCHEDULES.items():
    array(name, rates(make_scheduler))
array("one_cycle_momentum", rates(one_cycle(), momentum=True))
array("one_cycle_three_phase_momentum", rates(one_cycle(three_phase=True, pct_start=0.4), momentum=True))
for name, options in PLATEAUS.items():
    array(name, plateau_rates(options))
array("plateau_metrics", METRICS)
print("// clang-format on")
