#!/usr/bin/env python3
"""Runs all benchmarks and prints the README's table in Markdown.

usage: benchmarks/report.py [BUILD_DIR] [--quick] [--rounds 5] [--python /usr/bin/python3]

BUILD_DIR is where `cmake --workflow --preset benchmark` builds, build/benchmark. The library's programs and
PyTorch's take turns, round by round; figures are medians over all rounds, the FMA peak is the best of all. The
Python named by --python should have PyTorch (Debian: python3-torch with libopenblas0-pthread; without OpenBLAS
its products are ten times slower and the comparison is worth nothing).
"""
import argparse
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
from statistics import median

HERE = pathlib.Path(__file__).resolve().parent


class Results:
    """What the programs print, a line of JSON each; repetitions of one measurement are put together."""

    def __init__(self):
        self.lines = []

    def run(self, command, **environment):
        process = subprocess.run(
            [str(word) for word in command], env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
        )
        if process.returncode != 0:
            sys.exit(f"report: {command[0]} ended with status {process.returncode}")
        self.lines += [json.loads(line) for line in process.stdout.splitlines() if line.startswith("{")]

    def all(self, name, **fields):
        wanted = {"name": name, **fields}
        return [line for line in self.lines if wanted.items() <= line.items()]

    def first(self, name, **fields):
        return self.all(name, **fields)[0]

    def seconds(self, name, **fields):
        """The median of all repetitions of all rounds."""
        return median(time for line in self.all(name, **fields) for time in line["seconds"])

    def median(self, field, name, **fields):
        return median(line[field] for line in self.all(name, **fields))

    def peak(self, threads=1):
        widest = max(line["bits"] for line in self.all("fma_peak"))
        field = "one_thread" if threads == 1 else "two_threads"
        return max(line[field] for line in self.all("fma_peak", bits=widest))


def torch_is_there(python):
    return subprocess.run([python, "-c", "import torch"], stderr=subprocess.DEVNULL).returncode == 0


def measure(options):
    results = Results()
    programs = options.build / "benchmarks"
    quick = ["--quick"] if options.quick else []
    with_torch = torch_is_there(options.python)
    for _ in range(options.rounds):
        for threads in (1,) if options.quick else (1, 2):
            results.run([programs / "training", 1, *quick])
            results.run([programs / "prediction", 5, *quick])
            if with_torch:
                results.run(
                    [options.python, HERE / "torch_mlp.py", "--threads", threads, "--repetitions", 1, *quick],
                    OMP_NUM_THREADS=str(threads),
                    OPENBLAS_NUM_THREADS=str(threads),
                )
    return results


def cpu():
    """Model, cores and caches, as far as the system tells."""
    lines = subprocess.run(["lscpu"], env={**os.environ, "LC_ALL": "C"}, stdout=subprocess.PIPE, text=True).stdout
    fields = dict(re.split(r":\s+", line.strip(), maxsplit=1) for line in lines.splitlines() if re.search(r":\s", line))
    caches = [f"{name} {fields[name]}" for name in ("L1d cache", "L2 cache", "L3 cache") if name in fields]
    family = f"family {fields.get('CPU family')}, model {fields.get('Model')}"
    return f"{fields.get('Model name', platform.machine())} ({family}), {fields.get('CPU(s)')} cores, " + (
        ", ".join(caches) or "caches not told"
    )


def print_setup(results):
    build, torch = results.first("build"), results.all("torch")
    print(f"- Machine: {cpu()}; load average at the end {os.getloadavg()[0]:.1f}")
    print(f"- Compiler: {build['compiler']}, flags `{' '.join(build['flags'].split())}`, gradus::native: {build['native']}")
    print(f"- Eigen {build['eigen']}, instruction sets {build['instruction_sets']}; large products by {build['eigen_products']}")
    for bits in sorted({line["bits"] for line in results.all("fma_peak")}):
        one, two = (max(line[field] for line in results.all("fma_peak", bits=bits)) for field in ("one_thread", "two_threads"))
        print(f"- FMA peak, {bits} bits: {one:.1f} GFLOP/s on one thread, {two:.1f} on two")
    if torch:
        print(f"- PyTorch {torch[0]['version']} with {torch[0]['blas']}; the better of one and two threads counts")
    else:
        print("- PyTorch: not installed, not measured")
    busy = processor_share(results)
    print(f"- Processor time of one-thread training, of its wall time: {busy:.0%}" + ("" if busy > 0.95 else " (the machine was busy)"))


def processor_share(results):
    lines = results.all("train", threads=1)
    return sum(sum(line["processor_seconds"]) for line in lines) / sum(sum(line["seconds"]) for line in lines)


class Table:
    """Target, measured, met or missed."""

    def __init__(self):
        print("\n| target | wanted | measured | |\n| --- | --- | --- | --- |")

    def at_least(self, what, limit, value, unit, detail=""):
        self.row(what, f"at least {unit.format(limit)}", unit.format(value) + detail, value >= limit)

    def at_most(self, what, limit, value, unit, detail=""):
        self.row(what, f"at most {unit.format(limit)}", unit.format(value) + detail, value <= limit)

    @staticmethod
    def row(what, wanted, measured, met=None):
        print(f"| {what} | {wanted} | {measured} | {'' if met is None else 'met' if met else 'missed'} |")


def per_sample(results, name, **fields):
    line = results.first(name, **fields)
    return results.seconds(name, **fields) / line["samples"]


def best_torch(results, value_of):
    """The better of PyTorch's thread settings, or None."""
    values = [value_of(line["threads"]) for line in results.all("torch")]
    return min(values, default=None)


def against_torch(table, results, what, limit, ours, value_of):
    theirs = best_torch(results, value_of)
    if theirs is None:
        table.row(what, f"at least {limit} times", "PyTorch: not installed, not measured")
    else:
        table.at_least(what, limit, theirs / ours, "{:.2f} times", f" ({time(ours)} to {time(theirs)})")


def time(seconds):
    for unit, scale in ("s", 1), ("ms", 1e3), ("us", 1e6):
        if seconds * scale >= 1:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def training_rows(table, results):
    gflop = {line["batch"]: line["gflops"] * median(line["seconds"]) / line["samples"] for line in results.all("train")}
    one = per_sample(results, "train", batch=256, threads=1)
    two = per_sample(results, "train", batch=256, threads=2)
    epoch = f" ({time(60000 * one)} an epoch)"
    table.at_least("training, batch 256, one thread, of peak", 0.85, gflop[256] / one / results.peak(), "{:.1%}", epoch)
    scaling = results.peak(2) / results.peak()
    table.at_least(f"two threads against one (peak: {scaling:.2f})", 1.7, one / two, "{:.2f} times", f" ({time(60000 * two)} an epoch)")
    table.row("plain Eigen's speed, batch 256, 16, 1", "", ", ".join(
        f"{per_sample(results, 'train', batch=batch, threads=1) / per_sample(results, 'train_eigen', batch=batch):.2f}"
        for batch in (256, 16, 1)) + " of ours")
    for batch, limit, scale, unit in (256, 1.7, 60000, "an epoch"), (16, 4, 60000, "an epoch"), (1, 10, 1, "a step"):
        ours = per_sample(results, "train", batch=batch, threads=1)
        against_torch(table, results, f"training, batch {batch}, one thread, against PyTorch ({unit})", limit, scale * ours,
                      lambda threads: scale * per_sample(results, "torch_train", batch=batch, threads=threads))


def prediction_rows(table, results):
    ours = results.median("microseconds", "predict_one") / 1e6
    against_torch(table, results, "predict, one sample, against PyTorch", 10, ours,
                  lambda threads: results.median("microseconds", "torch_predict_one", threads=threads) / 1e6)
    stream = results.median("microseconds", "stream_weights") / 1e6
    table.at_most("predict, one sample, against reading the weights", 1.3, ours / stream, "{:.2f} times", f" ({time(stream)})")
    tail = results.median("microseconds_99.9", "predict_one") / 1e6
    table.at_most("predict, one sample, 99.9th percentile against median", 3, tail / ours, "{:.2f} times")
    batches = {line["batch"] for line in results.all("predict_10000")}
    line = results.first("predict_10000", batch=256)
    gflop = line["gflops"] * median(line["seconds"])
    best = min(results.seconds("predict_10000", batch=batch) for batch in batches)
    table.at_least("predict, 10,000 samples in batches, of peak", 0.85, gflop / best / results.peak(), "{:.1%}", f" ({time(best)})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", nargs="?", type=pathlib.Path, default=HERE.parent / "build" / "benchmark")
    parser.add_argument("--quick", action="store_true", help="little of everything, to see that it runs")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--python", default="/usr/bin/python3", help="one that has PyTorch")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    results = measure(options)
    print_setup(results)
    table = Table()
    training_rows(table, results)
    prediction_rows(table, results)


main()
