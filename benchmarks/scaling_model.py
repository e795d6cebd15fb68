#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the tables of docs/scaling.md: the predicted efficiency of data-parallel training.

A step computes for t_compute and exchanges n bytes of gradients among p processes. Recursive halving and doubling, which
MPI libraries use for long messages, takes 2 log2(p) alpha + 2 (p - 1) / p n beta. Three sums of a few numbers, for the
loss and for the end of the fit, take 2 log2(p) alpha each. The exchange begins after the backward pass.
"""

from math import log2

# Seconds per sample of forward and backward on one core, measured by scaling_mpi, and parameters in float.
NETWORKS = {"784-256-10": (10.7e-6, 203_530), "784-1024-1024-10": (205e-6, 1_863_690), "784-2048-2048-2048-10": (1.31e-3, 10_020_874)}
# Latency in seconds and seconds per byte.
INTERCONNECTS = {"10 Gbit/s Ethernet, TCP: 30 us, 1.1 GB/s": (30e-6, 1 / 1.1e9), "InfiniBand HDR: 2 us, 20 GB/s": (2e-6, 1 / 20e9)}
PROCESSES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]


def exchange(parameters, processes, alpha, beta):
    if processes == 1:
        return 0
    gradients = 2 * log2(processes) * alpha + 2 * (processes - 1) / processes * 4 * parameters * beta
    return gradients + 3 * 2 * log2(processes) * alpha


def table(title, samples_of):
    """Prints a table per interconnect; samples_of(p) returns the samples per process and step."""
    for interconnect, (alpha, beta) in INTERCONNECTS.items():
        print(f"\n{title}, {interconnect}:\n")
        print("| network | " + " | ".join(map(str, PROCESSES)) + " |")
        print("| --- |" + " ---: |" * len(PROCESSES))
        for name, (per_sample, parameters) in NETWORKS.items():
            alone = per_sample * samples_of(1)
            cells = []
            for p in PROCESSES:
                step = per_sample * samples_of(p) + exchange(parameters, p, alpha, beta)
                speedup = alone / step * samples_of(p) * p / samples_of(1)
                cells.append(f"{100 * speedup / p:.0f} %")
            print(f"| {name} | " + " | ".join(cells) + " |")


table("256 samples per process", lambda p: 256)
table("8,192 samples per step", lambda p: 8192 / p)
