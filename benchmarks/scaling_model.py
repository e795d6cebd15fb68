#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the tables of docs/scaling.md.

usage: benchmarks/scaling_model.py [--measure PROGRAM] [--mpirun "mpirun --oversubscribe"] [--check]

Computes the predicted tables from the table of measured steps in docs/scaling.md and replaces them there. --measure first
runs PROGRAM, which is benchmarks/scaling_mpi.cpp, with 1, 2 and 4 processes, and replaces the measured tables. --check
changes nothing and fails if the predicted tables are not those of the measured ones. The text around the tables is not
changed; the figures that it quotes are printed.

The model: a step computes forward and backward for the samples of a process, updates all parameters, and exchanges n
bytes of gradients among p processes. Recursive halving and doubling, which MPI libraries use for long messages, takes
2 log2(p) alpha + 2 (p - 1) / p n beta. Three sums of a few numbers, for the loss and for the end of the fit, take
2 log2(p) alpha each. The exchange begins after the backward pass. The time of an update that was not measured is 0.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
from math import log2
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs/scaling.md"
# Parameters, and elements of the hidden layers, to which dropout applies.
NETWORKS = {"784-256-10": (203_530, 256), "784-1024-1024-10": (1_863_690, 2048), "784-2048-2048-2048-10": (10_020_874, 6144)}
# Latency in seconds and seconds per byte.
INTERCONNECTS = {"10 Gbit/s Ethernet, TCP: 30 us, 1.1 GB/s": (30e-6, 1 / 1.1e9), "InfiniBand HDR: 2 us, 20 GB/s": (2e-6, 1 / 20e9)}
PROCESSES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
MEASURED_BATCH, FIXED_BATCH = 256, 8192
MASK = 0.74e-9  # seconds to skip the random number of a dropped element
MODELS = "| processes | fitted model of a sum |"
STEPS = "| parameters | processes | computation | exchange alone | update | step, exchange after backward | step, overlapped |"
LIMITS = "| network | half efficiency, Ethernet | greatest speed-up, Ethernet | half efficiency, InfiniBand | speed-up at 1,024, InfiniBand |"


def replaced(page, before, table):
    """Replaces the table that is `before`'s own, or the next one after this line."""
    lines = page.split("\n")
    at = lines.index(before)
    while not lines[at].startswith("|"):
        at += 1
    end = next(i for i in range(at, len(lines)) if not lines[i].startswith("|"))
    return "\n".join(lines[:at] + table + lines[end:])


# ---- measured ----


def measure(program, mpirun):
    """Returns the two measured tables."""
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    models, steps = [MODELS, "| --- | --- |"], {}
    for processes in (1, 2, 4):
        output = subprocess.run([*shlex.split(mpirun), "-n", str(processes), program], stdout=subprocess.PIPE, text=True, check=True).stdout
        print(output, end="", flush=True)
        if processes > 1:
            models.append(f"| {processes} | {re.search('^model: (.*)$', output, re.M)[1]} |")
        for parameters, *times in re.findall(r"^ *(\d+) parameters: .* ([\d.]+) ms, .* ([\d.]+) ms, .* ([\d.]+) ms, .* ([\d.]+) ms, .* ([\d.]+) ms$", output, re.M):
            cells = " | ".join(f"{float(time):.3g}" for time in times)
            steps.setdefault(int(parameters), []).append(f"| {int(parameters):,} | {processes} | {cells} |")
    return models, [STEPS, "|" + " ---: |" * 7, *sum(steps.values(), [])]


def measured_steps(page):
    """Returns the times in seconds of one process, computation per sample and update, by the number of parameters."""
    found = {}
    for parameters, computation, update in re.findall(r"^\| ([\d,]+) \| 1 \| ([\d.]+) \| [^|]+ \| ([^|]+) \|", page, re.M):
        is_measured = update.strip() != "not measured"
        found[int(parameters.replace(",", ""))] = (float(computation) / 1e3 / MEASURED_BATCH, float(update) / 1e3 if is_measured else 0)
    return found


# ---- predicted ----


def exchange(parameters, processes, alpha, beta):
    if processes == 1:
        return 0
    gradients = 2 * log2(processes) * alpha + 2 * (processes - 1) / processes * 4 * parameters * beta
    return gradients + 3 * 2 * log2(processes) * alpha


def speedup(figures, parameters, samples, processes, interconnect):
    """`samples` per process. The speed-up over one process that makes the step for all samples."""
    per_sample, update = figures[parameters]
    step = per_sample * samples + update + exchange(parameters, processes, *interconnect)
    return (per_sample * samples * processes + update) / step


def efficiencies(figures, samples_of, interconnect):
    table = ["| network | " + " | ".join(map(str, PROCESSES)) + " |", "| --- |" + " ---: |" * len(PROCESSES)]
    for name, (parameters, _) in NETWORKS.items():
        shares = [speedup(figures, parameters, samples_of(p), p, interconnect) / p for p in PROCESSES]
        table.append(f"| {name} | " + " | ".join(f"{100 * share:.0f} %" for share in shares) + " |")
    return table


def limits(figures):
    """Where a fixed batch stops paying."""
    table = [LIMITS, "| --- | ---: | ---: | ---: | ---: |"]
    for name, (parameters, _) in NETWORKS.items():
        cells = []
        for interconnect in INTERCONNECTS.values():
            speedups = {p: speedup(figures, parameters, FIXED_BATCH / p, p, interconnect) for p in PROCESSES}
            too_many = [p for p in PROCESSES if speedups[p] / p < 0.5]
            cells.append(f"{too_many[0] // 2} to {too_many[0]:,}" if too_many else f"more than {PROCESSES[-1]:,}")
            best = max(PROCESSES, key=speedups.get)
            cells.append(f"{speedups[best]:.3g} at {best:,}")
        assert cells[3].endswith(" at 1,024"), "the greatest speed-up over InfiniBand is no longer at 1,024: change LIMITS"
        table.append(f"| {name} | " + " | ".join([*cells[:3], cells[3].split()[0]]) + " |")
    return table


def predicted(page):
    """Returns the page with the predictions that follow from its measured steps."""
    figures = measured_steps(page)
    for interconnect, times in INTERCONNECTS.items():
        page = replaced(page, f"**256 samples per process, {interconnect}**", efficiencies(figures, lambda p: 256, times))
        page = replaced(page, f"**8,192 samples per step, {interconnect}**", efficiencies(figures, lambda p: FIXED_BATCH / p, times))
    for name, (parameters, elements) in NETWORKS.items():
        per_sample = figures[parameters][0]
        print(f"{name}: {1e6 * per_sample:.4g} us per sample; dropout takes as long at {per_sample / (elements * MASK):.0f} processes")
    return replaced(page, LIMITS, limits(figures))


def main():
    parser = argparse.ArgumentParser(description="Writes the tables of docs/scaling.md.")
    parser.add_argument("--measure", metavar="PROGRAM")
    parser.add_argument("--mpirun", default="mpirun --oversubscribe")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    page = before = PAGE.read_text()
    if options.measure:
        models, steps = measure(options.measure, options.mpirun)
        header = next(line for line in page.split("\n") if line.startswith("| parameters | processes |"))
        page = replaced(replaced(page, MODELS, models), header, steps)
    page = predicted(page)
    if not options.check:
        PAGE.write_text(page)
    elif page != before:
        sys.exit(f"{PAGE}: the predicted tables are not those of the measured ones: run benchmarks/scaling_model.py")


main()
