#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the benchmarks and prints the README's tables in Markdown.

usage: benchmarks/report.py [BUILD_DIR] [--quick] [--check] [--rounds 5] [--data DIR] [--blas BUILD_DIR]
                            [--no-flags BUILD_DIR] [--python PYTHON] [--libtorch PROGRAM]

BUILD_DIR defaults to build/benchmark, where `cmake --workflow --preset benchmark` builds. --blas names a second build,
configured with -DGRADUS_USE_BLAS=ON; --no-flags names one configured with -DGRADUS_NATIVE=OFF, whose programs are
compared with those compiled for this machine. Programs that are compared run in turns, round by round. Figures are
medians over all rounds, except the FMA peak, which is the maximum. DIR, or else FASHION_MNIST_DIR, holds the four
files of Fashion-MNIST.

--check compares ratios, which do not depend on the speed of the machine, with benchmarks/bounds.json, and exits with
status 1 if one is missed.

PYTHON is an interpreter with PyTorch, such as Debian's /usr/bin/python3 with the packages python3-torch and
libopenblas0-pthread; without the latter, products take thirty times longer and a comparison is meaningless. PROGRAM
is peers/libtorch_mlp.cpp, compiled against libtorch. OpenBLAS selects kernels by the processor's name, and not
always the fastest ones, so each core type that the processor supports is tried. The fastest is used and named.
"""
import argparse
import json
import math
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time
from statistics import median

HERE = pathlib.Path(__file__).resolve().parent
CHAPTER, WIDE = "784-256-10", "784-1024-1024-10"
# The unavoidable part of a pass, measured separately.
INSIDE = {"sigmoid": "exp", "softmax_cross_entropy_10": "exp", "softmax_cross_entropy_1000": "exp",
          "dropout_mask": "random_words"}
NO_TORCH = "PyTorch: not installed, not measured"


class Results:
    """The programs' output, one line of JSON per result; repetitions of a measurement are merged."""

    def __init__(self):
        self.lines = []

    def run(self, command, **environment):
        self.lines += [json.loads(line) for line in output_of(command, environment).splitlines()]

    def run_google_benchmark(self, program, options):
        command = [program, "--benchmark_format=json", f"--benchmark_repetitions={options.rounds}",
                   "--benchmark_enable_random_interleaving=true",
                   f"--benchmark_min_time={0.005 if options.quick else 0.05}"]
        if options.quick:
            command.append("--benchmark_filter=-/[0-9]{7,}(/manual_time)?$")  # excludes passes over millions of elements
        runs = json.loads(output_of(command))["benchmarks"]
        runs.sort(key=lambda run: run["family_index"])  # the program's order instead of the random one
        self.lines += [{**run, "name": run["run_name"]} for run in runs if run["run_type"] == "iteration"]

    def all(self, name, **fields):
        wanted = {"name": name, **fields}
        return [line for line in self.lines if wanted.items() <= line.items()]

    def first(self, name, **fields):
        return self.all(name, **fields)[0]

    def median(self, field, name, **fields):
        """Returns the median over all repetitions of all rounds."""
        found = [line[field] for line in self.all(name, **fields)]
        return median(value for values in found for value in (values if isinstance(values, list) else [values]))

    def seconds_per_sample(self, name, clock="seconds", **fields):
        return self.median(clock, name, **fields) / self.first(name, **fields)["samples"]

    def of_peak(self, name, clock="seconds", **fields):
        return self.first(name, **fields)["flops"] / self.seconds_per_sample(name, clock, **fields) / self.peak() / 1e9

    def processor_share(self):
        """Returns processor time / wall-clock time of one-thread training; 1 on an otherwise idle machine."""
        lines = self.all("train", threads=1)
        return sum(sum(line["processor_seconds"]) for line in lines) / sum(sum(line["seconds"]) for line in lines)

    def peak(self, threads=1, bits=None):
        """Returns the GFLOP/s in registers of `bits` bits, by default the widest compiled for."""
        bits = bits or max(line["bits"] for line in self.all("fma_peak"))
        return max(line["one_thread" if threads == 1 else "two_threads"] for line in self.all("fma_peak", bits=bits))


def output_of(command, environment={}):
    process = subprocess.run([str(word) for word in command], env={**os.environ, **environment},
                             stdout=subprocess.PIPE, text=True, timeout=120)
    if process.returncode != 0:
        sys.exit(f"report: {command[0]} ended with status {process.returncode}")
    return process.stdout


def cost_of(command):
    """Returns the processor time in seconds and the peak memory in bytes of a process."""
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"report: {command[0]} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def has_torch(python):
    try:
        return subprocess.run([python, "-c", "import torch"], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def core_types():
    """Returns the OpenBLAS core types that this processor supports. None lets OpenBLAS choose."""
    try:
        flags = set(re.search(r"^flags\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)[1].split())
    except (OSError, TypeError):
        return [None]
    names = {"avx512f": ["SkylakeX"], "avx2": ["Haswell", "Zen"], "sse4_2": ["Nehalem"]}
    return [None] + [name for flag, names_of_flag in names.items() if flag in flags for name in names_of_flag]


def fastest_core_type(command, name):
    """Returns the core type with the lowest geometric mean of the times of training steps and a prediction."""
    costs = {}
    for core_type in core_types():
        results = Results()
        environment = {"OPENBLAS_CORETYPE": core_type} if core_type else {}
        try:
            results.run([*command, "--quick"], OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", **environment)
        except subprocess.TimeoutExpired:
            continue
        times = [results.seconds_per_sample(f"{name}_train", batch=batch) for batch in (256, 16, 1)]
        costs[core_type] = math.prod([*times, results.median("microseconds", f"{name}_predict_one")])
    return min(costs, key=costs.get) if costs else None


def environment_of(core_type):
    return {"OPENBLAS_CORETYPE": core_type} if core_type else {}


# Measurements


def measure_networks(results, options):
    """Runs the library's programs and PyTorch in turns, PyTorch with one thread and with two."""
    programs = options.build / "benchmarks"
    quick = ["--quick"] if options.quick else []
    torch_threads = {1, 2} if has_torch(options.python) else set()
    python = [options.python, HERE / "torch_mlp.py", "--repetitions", 1]
    environment = environment_of(fastest_core_type(python, "torch") if torch_threads else None)
    libtorch = [options.libtorch, 1, 1]
    libtorch_environment = environment_of(fastest_core_type(libtorch, "libtorch") if options.libtorch else None)
    for _ in range(options.rounds):
        for threads in (1,) if options.quick else (1, 2):
            results.run([programs / "training", 1, *quick])
            results.run([programs / "prediction", 5, *quick])
            if options.libtorch and threads == 1:
                results.run([*libtorch, *quick], OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", **libtorch_environment)
            if threads not in torch_threads:
                continue
            try:
                results.run([*python, "--threads", threads, *quick], OMP_NUM_THREADS=str(threads),
                            OPENBLAS_NUM_THREADS=str(threads), OMP_WAIT_POLICY="PASSIVE", **environment)
            except subprocess.TimeoutExpired:
                # Its threads spin while they wait for each other, which takes very long on a busy machine.
                print(f"report: PyTorch on {threads} threads takes too long and is left out", file=sys.stderr)
                torch_threads.remove(threads)
    results.run([programs / "scaling", options.rounds, *quick])
    results.run([programs / "exchange", options.rounds, *quick])


def measure_builds(options, programs, **builds):
    """Runs programs of several builds in turns; each line that they print gets the name of its build."""
    results = Results()
    quick = ["--quick"] if options.quick else []
    for _ in range(options.rounds):
        for name, build in builds.items():
            before = len(results.lines)
            for program, repetitions in programs.items():
                results.run([build / "benchmarks" / program, repetitions, *quick], OPENBLAS_NUM_THREADS="1")
            for line in results.lines[before:]:
                line["build"] = name
    return results


def measure_files(options):
    """Returns the seconds for reading and for `gzip -dc`, run in turns, and the bytes that the main job uses."""
    files = sorted(pathlib.Path(options.data).glob("*-ubyte.gz"))
    main_job = options.build / "benchmarks" / "main_job"
    read, unpack = [], []
    for _ in range(2 * options.rounds):
        read.append(cost_of([main_job, options.data, 0])[0])
        unpack.append(cost_of(["gzip", "-dc", *files])[0])
    return median(read), median(unpack), cost_of([main_job, options.data, 1])[1]


def measure_compilation(options):
    """Returns the compile time and the executable size of both programs in compile_time/."""
    with open(options.build / "benchmarks" / "compiler.json") as file:
        compiler = json.load(file)
    seconds, size = {"gradus": [], "eigen": []}, {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            for name in seconds:
                program = pathlib.Path(folder) / name
                includes = [word for path in compiler["includes"] for word in ("-isystem", path)]
                source = HERE / "compile_time" / f"{name}.cpp"
                seconds[name].append(cost_of([compiler["compiler"], "-std=c++20", "-O2", "-s", *includes, source,
                                              "-pthread", "-o", program])[0])
                size[name] = program.stat().st_size
    return {name: median(times) for name, times in seconds.items()}, size


# Output


def heading(*columns):
    print(f"\n| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")


def row(*cells):
    print(f"| {' | '.join(cells)} |")


def at_least(limit, value):
    return "met" if value >= limit else "missed"


def at_most(limit, value):
    return "met" if value <= limit else "missed"


def duration(seconds):
    for unit, scale in ("s", 1), ("ms", 1e3), ("us", 1e6):
        if seconds * scale >= 1:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def megabytes(size):
    return f"{size / 1e6:.1f} MB"


def cpu():
    """Returns the model, cores and caches, as far as the system reports them."""
    try:
        lines = output_of(["lscpu"], {"LC_ALL": "C"}).splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    fields = dict(re.split(r":\s+", line.strip(), maxsplit=1) for line in lines if re.search(r":\s+\S", line))
    caches = [f"{level} {fields[level + ' cache']}" for level in ("L1d", "L2", "L3") if level + " cache" in fields]
    return (f"{fields.get('Model name')}, family {fields.get('CPU family')}, model {fields.get('Model')}, "
            f"{fields.get('CPU(s)')} cores, {', '.join(caches) or 'caches unknown'}")


def busy(results):
    return results.processor_share() < 0.97


def describe_torch(lines):
    counts = sorted({line["threads"] for line in lines})
    text = (f"PyTorch {lines[0]['version']}, {lines[0]['blas']}, OpenBLAS core type {lines[0]['core_type']}; on "
            + ", ".join(map(str, counts)) + " threads")
    if not re.search("openblas|mkl", lines[0]["blas"]):
        text += "; **it uses the reference BLAS, so the comparison is meaningless**"
    return text + (", the faster one counts" if len(counts) > 1 else "")


def print_setup(results):
    build, torch = results.first("build"), results.all("torch")
    print(f"- Machine: {cpu()}")
    print(f"- Compiler: {build['compiler']}, `{' '.join(build['flags'].split())}`; gradus::native: {build['native']}")
    print(f"- Eigen {build['eigen']}, {build['instruction_sets']}; Eigen's products: {build['eigen_products']}")
    for bits in sorted({line["bits"] for line in results.all("fma_peak")}):
        print(f"- FMA peak, {bits} bits: {results.peak(1, bits):.1f} GFLOP/s on one thread, "
              f"{results.peak(2, bits):.1f} on two")
    size = results.first("exchange")["bytes"] / 1024
    read, overwrite = ([results.median(f"{what}_{whose}", "exchange") for whose in ("own", "others")]
                       for what in ("read", "write"))
    print(f"- Two cores: reading {size:.0f} KB takes {duration(read[0])}, or {duration(read[1])} if the other core has "
          f"written them; overwriting them takes {duration(overwrite[0])}, or {duration(overwrite[1])} if the other core "
          "has read them")
    print(f"- {describe_torch(torch) if torch else NO_TORCH}")
    for line in results.all("libtorch")[:1]:
        print(f"- libtorch {line['version']} in C++, OpenBLAS core type {line['core_type']}; one thread")
    print(f"- Training on one thread had the processor for {results.processor_share():.0%} of the time"
          + (": other programs used the machine, so wall-clock times are too long" if busy(results) else ""))


def row_against_torch(results, what, limit, ours, value_of):
    """Prints a row; value_of(threads) returns PyTorch's time."""
    theirs = min((value_of(line["threads"]) for line in results.all("torch")), default=None)
    if theirs is None:
        row(what, f"at least {limit}x", NO_TORCH, "")
    else:
        row(what, f"at least {limit}x", f"{theirs / ours:.2f}x: {duration(ours)}, PyTorch {duration(theirs)}",
            at_least(limit, theirs / ours))


def libtorch_rows(results):
    """Prints rows that compare processor times on one thread."""
    if not results.all("libtorch"):
        return
    for batch, limit, samples, unit in (256, 1.55, 60000, "epoch"), (16, 4, 16, "step"), (1, 8, 1, "step"):
        ours, theirs = (samples * results.seconds_per_sample(name, "processor_seconds", batch=batch, threads=1, **fields)
                        for name, fields in (("train", {"sizes": CHAPTER}), ("libtorch_train", {})))
        row(f"training, batch {batch}, one thread, against libtorch in C++, {unit}", f"at least {limit}x",
            f"{theirs / ours:.2f}x: {duration(ours)}, libtorch {duration(theirs)}", at_least(limit, theirs / ours))
    ours, theirs = (results.median("microseconds", name) / 1e6 for name in ("predict_one", "libtorch_predict_one"))
    row("predict, one sample, against libtorch in C++", "", f"{theirs / ours:.2f}x: {duration(ours)}, "
        f"libtorch {duration(theirs)}", "")


def row_of_peak(results, what, limit, value, detail=""):
    """Prints a row, relative to the peak of the widest registers and of 256-bit ones, the widest on many processors."""
    narrow = value * results.peak() / results.peak(1, 256) if results.all("fma_peak", bits=256) else value
    verdict = at_least(limit, value)
    if verdict == "missed" and narrow >= limit:
        verdict = "missed; met for 256 bits"
    row(what, f"at least {limit:.0%} of peak", f"{value:.1%}, of the 256-bit peak {narrow:.1%}{detail}", verdict)


def training_rows(results):
    value = results.of_peak("train", sizes=CHAPTER, batch=256, threads=1)
    one = results.seconds_per_sample("train", sizes=CHAPTER, batch=256, threads=1)
    two = results.seconds_per_sample("train", sizes=CHAPTER, batch=256, threads=2)
    row_of_peak(results, "training, batch 256, one thread", 0.85, value, f": {duration(60000 * one)} per epoch")
    if busy(results):
        value = results.of_peak("train", "processor_seconds", sizes=CHAPTER, batch=256, threads=1)
        row("the same in processor time, because the machine is busy", "", f"{value:.1%}", "")
    scaling = results.peak(2) / results.peak(1)
    row("training, batch 256, two threads against one", "at least 1.7x where the peak does 1.9x",
        f"{one / two:.2f}x, the peak {scaling:.2f}x", at_least(1.7, one / two) if scaling >= 1.9 else "")
    for batch, limit, samples, unit in (256, 1.7, 60000, "epoch"), (16, 4, 60000, "epoch"), (1, 10, 1, "step"):
        row_against_torch(
            results, f"training, batch {batch}, one thread, against PyTorch, {unit}", limit,
            samples * results.seconds_per_sample("train", sizes=CHAPTER, batch=batch, threads=1),
            lambda threads: samples * results.seconds_per_sample("torch_train", batch=batch, threads=threads))
    for batch in 256, 16, 1:
        ours = results.seconds_per_sample("train", sizes=CHAPTER, batch=batch, threads=1)
        eigen = results.seconds_per_sample("train_eigen", batch=batch)
        row(f"training, batch {batch}, one thread, against plain Eigen", "", f"{eigen / ours:.2f}x", "")
    value = results.of_peak("train", sizes=WIDE)
    row_of_peak(results, f"training {WIDE}, batch 256", 0.9, value)


def prediction_rows(results):
    ours = results.median("microseconds", "predict_one") / 1e6
    row_against_torch(results, "predict, one sample, against PyTorch", 10, ours,
                      lambda threads: results.median("microseconds", "torch_predict_one", threads=threads) / 1e6)
    stream = results.median("microseconds", "stream_weights") / 1e6
    row("predict, one sample, against reading the weights", "at most 1.3x",
        f"{ours / stream:.2f}x: {duration(ours)}, reading {duration(stream)}", at_most(1.3, ours / stream))
    tail = results.median("microseconds_99.9", "predict_one") / 1e6
    row("predict, one sample, 99.9th percentile against median", "at most 3x", f"{tail / ours:.2f}x",
        at_most(3, tail / ours))
    batches = {line["batch"] for line in results.all("predict_10000")}
    value = max(results.of_peak("predict_10000", batch=batch) for batch in batches)
    row_of_peak(results, "predict, 10,000 samples in batches", 0.85, value)


def product_rows(results):
    peak = max(line["FLOPS"] for line in results.all("multiply_add"))
    for product in "y", "dW", "dx":
        value = results.median("FLOPS", f"gradus/{product}/256x256x10") / peak
        row_of_peak(results, f"product of the layer 256 to 10, {product}", 0.6, value)


def file_rows(options):
    if not options.data:
        row("reading the four files against `gzip -dc`; memory", "", "no data set, not measured", "")
        return
    read, unpack, memory = measure_files(options)
    row("reading the four files against `gzip -dc`", "at most 1.2x",
        f"{read / unpack:.2f}x: {duration(read)}, gzip {duration(unpack)}", at_most(1.2, read / unpack))
    data_set = 70000 * 785
    row("memory of the main job", f"at most the data set's {megabytes(data_set)} + 40 MB", megabytes(memory),
        at_most(data_set + 40e6, memory))


def compilation_rows(options):
    if options.quick:
        return
    seconds, size = measure_compilation(options)
    ratio = seconds["gradus"] / seconds["eigen"]
    row("compiling a training with gradus/nn.hpp, -O2, against Eigen alone", "at most 1.5x",
        f"{ratio:.2f}x: {duration(seconds['gradus'])}, Eigen {duration(seconds['eigen'])}", at_most(1.5, ratio))
    row("its executable, stripped", "", f"{size['gradus'] // 1000} KB, Eigen {size['eigen'] // 1000} KB", "")


def print_elementwise(results):
    heading("element-wise pass, time relative to copying the same number of bytes, at most 1.3x", "in L2", "in memory",
            "its unavoidable part, in L2", "")

    def time_of(line):
        # with manual timing of a part of each iteration, cpu_time still covers all of it
        return results.median("real_time" if "manual_time" in line["name"] else "cpu_time", line["name"])

    copies = {line["bytes"]: time_of(line) for line in results.lines if line["name"].startswith("copy/")}
    passes = {}
    for line in results.lines:
        if "elements" in line and not line["name"].startswith("copy/"):
            ratio = time_of(line) / copies[line["bytes"]]
            passes.setdefault(line["name"].split("/")[0], {})[line["elements"]] = ratio
    for name, ratios in passes.items():
        if name in INSIDE.values():
            continue
        small, *large = (ratios[size] for size in sorted(ratios))
        inside = INSIDE.get(name)
        row(name, f"{small:.2f}x", "".join(f"{ratio:.2f}x" for ratio in large),
            f"{inside}: {passes[inside][min(ratios)]:.2f}x" if inside else "",
            at_most(1.3, max([small, *large])))


def print_products(results):
    heading("product, batch x in x out, share of peak", "y = x W^T", "Eigen", "dW = dy^T x", "Eigen", "dx = dy W", "Eigen")
    peak = max(line["FLOPS"] for line in results.all("multiply_add"))
    sizes = dict.fromkeys(line["name"].split("/")[2] for line in results.lines if line["name"].startswith("gradus/"))
    for size in sizes:
        row(size, *(f"{results.median('FLOPS', f'{library}/{product}/{size}') / peak:.0%}"
                    for product in ("y", "dW", "dx") for library in ("gradus", "eigen")))


def print_scaling(results):
    heading("training, one thread", "batch", "MFLOP per sample", "time per sample", "GFLOP/s", "share of peak")
    for series in "width", "depth", "batch":
        for line in results.all(series):
            fields = {"sizes": line["sizes"], "batch": line["batch"]}
            seconds = results.seconds_per_sample(series, **fields)
            hidden = line["sizes"].split("-")[1:-1]
            name = line["sizes"] if len(hidden) < 3 else f"784-{len(hidden)} times {hidden[0]}-10"
            row(name, str(line["batch"]), f"{line['flops'] / 1e6:.2f}", duration(seconds),
                f"{line['flops'] / seconds / 1e9:.1f}", f"{results.of_peak(series, **fields):.0%}")


def print_blas(results):
    heading("training with the BLAS, one thread: speed relative to the build without it", "the library", "plain Eigen")
    for batch in 256, 16, 1:
        def gain(name):
            plain, blas = (results.seconds_per_sample(name, sizes=CHAPTER, batch=batch, threads=1, build=build)
                           for build in ("plain", "blas"))
            return f"{plain / blas:.2f}x"
        row(f"batch {batch}", gain("train"), gain("train_eigen"))


def print_no_flags(results):
    heading("one thread", "compiled for this machine", "without flags", "ratio", "target", "")

    def compare(what, limit, value_of):
        native, plain = value_of("native"), value_of("no_flags")
        row(what, duration(native), duration(plain), f"{plain / native:.2f}x", f"at most {limit}x",
            at_most(limit, plain / native))

    for batch, limit, samples, unit in (256, 1.1, 60000, "epoch"), (16, 1.2, 16, "step"), (1, 1.2, 1, "step"):
        compare(f"training, batch {batch}, {unit}", limit, lambda build: samples * results.seconds_per_sample(
            "train", "processor_seconds", sizes=CHAPTER, batch=batch, threads=1, build=build))
    compare("predict, one sample", 1.1, lambda build: results.median("microseconds", "predict_one", build=build) / 1e6)


def check(results):
    """Prints each ratio with its bound. Returns whether all bounds are met."""
    ours = {batch: results.seconds_per_sample("train", sizes=CHAPTER, batch=batch, threads=1) for batch in (256, 16, 1)}
    measured = {f"training_batch_{batch}_against_eigen": results.seconds_per_sample("train_eigen", batch=batch) / time
                for batch, time in ours.items()}
    measured["prediction_against_reading_the_weights"] = (results.median("microseconds", "stream_weights") /
                                                          results.median("microseconds", "predict_one"))
    bounds = json.loads((HERE / "bounds.json").read_text())
    if bounds.keys() != measured.keys():
        sys.exit(f"report: bounds.json has bounds of {sorted(bounds)}, expected {sorted(measured)}")
    heading("ratio", "at least", "measured", "")
    for name, bound in bounds.items():
        row(name.replace("_", " "), f"{bound:.2f}", f"{measured[name]:.2f}", at_least(bound, measured[name]))
    return all(measured[name] >= bound for name, bound in bounds.items())


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", type=pathlib.Path, default=HERE.parent / "build" / "benchmark")
    parser.add_argument("--quick", action="store_true", help="measure little, to check that everything runs")
    parser.add_argument("--check", action="store_true", help="compare ratios with bounds.json")
    parser.add_argument("--rounds", type=int, help="number of rounds (default: 5; 1 with --quick)")
    parser.add_argument("--data", default=os.environ.get("FASHION_MNIST_DIR"))
    parser.add_argument("--blas", type=pathlib.Path)
    parser.add_argument("--no-flags", type=pathlib.Path)
    parser.add_argument("--libtorch", type=pathlib.Path)
    parser.add_argument("--python", default="/usr/bin/python3")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    return options


def main():
    options = parse_options()
    start = time.time()
    results = Results()
    measure_networks(results, options)
    programs = options.build / "benchmarks"
    for program in "products", "elementwise":
        results.run_google_benchmark(programs / program, options)

    print_setup(results)
    heading("measurement", "target", "measured", "")
    training_rows(results)
    prediction_rows(results)
    libtorch_rows(results)
    product_rows(results)
    file_rows(options)
    compilation_rows(options)
    print_elementwise(results)
    print_products(results)
    print_scaling(results)
    if options.blas:
        print_blas(measure_builds(options, {"training": 1}, plain=options.build, blas=options.blas))
    if options.no_flags:
        print_no_flags(measure_builds(options, {"training": 1, "prediction": 5}, native=options.build,
                                      no_flags=options.no_flags))
    is_good = check(results) if options.check else True
    print(f"\nMeasured in {time.time() - start:.0f} s by benchmarks/report.py.")
    if not is_good:
        sys.exit("report: a bound of bounds.json is missed")


main()
