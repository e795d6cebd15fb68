#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/check_onnx.py PROGRAM: checks the files written by tests/export/write_models with python3-onnx and evaluates their
graphs with NumPy. Then builds graphs with python3-onnx, as other programs write them, and compares the results of gradus
with NumPy. --runtime uses onnxruntime instead of NumPy, --folder keeps the files, and --read FOLDER compares files of
another program in that folder, each FILE.onnx with its FILE.x and FILE.y (32-bit floats).
"""

import argparse
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TOLERANCE = 1e-6  # of the largest output


def attributes(node):
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def layer_norm(x, w, b, epsilon):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + epsilon) * w + b


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def gemm(a, x, w, b=0.0):
    assert not a.get("transA")
    return a.get("alpha", 1) * (x @ (w.T if a.get("transB") else w)) + a.get("beta", 1) * b


OPERATORS = {
    "Add": lambda a, x, y: x + y,
    "Sub": lambda a, x, y: x - y,
    "Mul": lambda a, x, y: x * y,
    "Div": lambda a, x, y: x / y,
    "MatMul": lambda a, x, y: x @ y,
    "Gemm": gemm,
    "BatchNormalization": lambda a, x, w, b, m, v: (x - m) / np.sqrt(v + a["epsilon"]) * w + b,
    "LayerNormalization": lambda a, x, w, b: layer_norm(x, w, b, a["epsilon"]),
    "Relu": lambda a, x: np.maximum(x, 0),
    "Sigmoid": lambda a, x: 1 / (1 + np.exp(-x)),
    "Tanh": lambda a, x: np.tanh(x),
    "Erf": lambda a, x: np.vectorize(math.erf)(x),
    "Elu": lambda a, x: np.where(x > 0, x, a.get("alpha", 1) * np.expm1(x)),
    "LeakyRelu": lambda a, x: np.where(x > 0, x, a.get("alpha", 0.01) * x),
    "Softplus": lambda a, x: np.logaddexp(x, 0),
    "Softmax": lambda a, x: softmax(x),
    "Clip": lambda a, x, low, high: np.clip(x, low, high),
    "Flatten": lambda a, x: x.reshape(x.shape[0], -1),
    "Reshape": lambda a, x, shape: x.reshape([x.shape[i] if n == 0 else n for i, n in enumerate(shape.astype(int))]),
    "Gather": lambda a, x, i: np.take(x, i.astype(int), axis=a.get("axis", 0)),
    "Equal": lambda a, x, y: (x == y).astype(np.float64),
    "Where": lambda a, c, x, y: np.where(c != 0, x, y),
    "Identity": lambda a, x: x,
    "Cast": lambda a, x: x,
    "Dropout": lambda a, x, *rest: x,
    "Constant": lambda a: numpy_helper.to_array(a["value"]).astype(np.float64),
}


def evaluate(model, x):
    """Evaluates a graph in double."""
    values = {i.name: numpy_helper.to_array(i).astype(np.float64) for i in model.graph.initializer}
    values[model.graph.input[0].name] = x
    for node in model.graph.node:
        values[node.output[0]] = OPERATORS[node.op_type](attributes(node), *(values[name] for name in node.input))
    return values[model.graph.output[0].name]


def run(model, x, runtime):
    if not runtime:
        return evaluate(model, x)
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString())
    element = model.graph.input[0].type.tensor_type.elem_type
    kind = np.float64 if element == TensorProto.DOUBLE else np.float32
    return session.run(None, {model.graph.input[0].name: x.astype(kind)})[0]


worst = 0.0


def compare(name, found, wanted, tolerance=TOLERANCE):
    global worst
    found, wanted = np.ravel(found), np.ravel(wanted)
    assert found.shape == wanted.shape, f"{name}: {found.shape} outputs, expected {wanted.shape}"
    difference = np.abs(found - wanted).max() / max(1, np.abs(wanted).max())
    worst = max(worst, difference)
    print(f"{name:32} {difference:.2g}")
    assert difference <= tolerance, f"{name}: differs by {difference}"  # also False for NaN


def check_written(folder, runtime):
    for name in ["every_module", "policy", "categories", "every_module_double", "policy_double", "categories_double"]:
        model = onnx.load(folder / f"{name}.onnx")
        onnx.checker.check_model(model, full_check=True)
        opsets = {o.domain: o.version for o in model.opset_import}
        assert opsets == {"": 17}, opsets
        batch = model.graph.input[0].type.tensor_type.shape.dim[0]
        assert batch.dim_param == "N", batch
        x, y = np.loadtxt(folder / f"{name}.x"), np.loadtxt(folder / f"{name}.y")
        sample = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim[1:]]
        if runtime and name.endswith("_double"):
            continue  # onnxruntime has no Elu, Erf and others for doubles
        compare(name + (", onnxruntime" if runtime else ", NumPy"), run(model, x.reshape(3, *sample), runtime), y)


def read(program, folder, file, x):
    """Returns the outputs of gradus for the rows of x."""
    header = [len(x), x.ndim - 1, *x.shape[1:]]
    np.savetxt(folder / "rows.x", np.concatenate([header, x.ravel()]), fmt="%.17g")
    output = subprocess.run([program, folder, "--read", file, folder / "rows.x"], check=True, capture_output=True)
    return np.array([float(line) for line in output.stdout.split()])


def foreign_graphs(random):
    """Yields graphs as other programs write them: name, nodes, constants, shape of a sample."""
    n = lambda *shape: random.normal(size=shape).astype(np.float32)
    node = helper.make_node
    yield "MatMul and Add", [node("MatMul", ["x", "w"], ["a"]), node("Add", ["a", "b"], ["y"])], {"w": n(6, 4), "b": n(4)}, [6]
    yield "Add before MatMul", [node("MatMul", ["x", "w"], ["a"]), node("Add", ["b", "a"], ["y"])], {"w": n(6, 4), "b": n(4)}, [6]
    yield "Gemm, alpha, beta", [node("Gemm", ["x", "w", "b"], ["y"], alpha=0.5, beta=2.0)], {"w": n(6, 4), "b": n(1, 4)}, [6]
    yield "Gemm, scalar bias", [node("Gemm", ["x", "w", "b"], ["y"], transB=1)], {"w": n(4, 6), "b": n(1)}, [6]
    scaled = [node("Sub", ["x", "m"], ["a"]), node("Div", ["a", "s"], ["c"]), node("Clip", ["c", "l", "h"], ["d"]),
              node("Gemm", ["d", "w", "b"], ["e"]), node("Tanh", ["e"], ["y"])]
    limits = {"l": np.float32(-1), "h": np.float32(1)}
    yield "Sub, Div, Clip", scaled, {"m": n(6), "s": abs(n(6)) + 1, "w": n(6, 4), "b": n(4), **limits}, [6]
    yield "1 - x", [node("Sub", ["one", "x"], ["a"]), node("Mul", ["two", "a"], ["y"])], {"one": n(1, 6), "two": np.float32(2)}, [6]
    image = [node("Mul", ["x", "s"], ["a"]), node("Add", ["a", "o"], ["c"]), node("Reshape", ["c", "shape"], ["d"]),
             node("Gemm", ["d", "w"], ["y"])]
    shape = np.array([0, -1], dtype=np.int64)
    yield "image, per channel", image, {"s": n(1, 3, 1, 1), "o": n(3, 1, 1), "shape": shape, "w": n(24, 4)}, [3, 2, 4]
    yield "cast", [node("Cast", ["x"], ["a"], to=TensorProto.DOUBLE), node("Cast", ["a"], ["y"], to=TensorProto.FLOAT)], {}, [6]
    value = numpy_helper.from_array(n(6))
    constant = [node("Constant", [], ["c"], value=value), node("Identity", ["c"], ["d"]), node("Mul", ["x", "d"], ["y"])]
    yield "Constant, Identity", constant, {}, [6]
    softplus = [node("Mul", ["x", "b"], ["a"]), node("Softplus", ["a"], ["c"]), node("Mul", ["c", "i"], ["y"])]
    yield "Softplus with beta", softplus, {"b": np.float32(2), "i": np.float32(0.5)}, [6]
    gelu = [node("Mul", ["x", "r"], ["a"]), node("Erf", ["a"], ["c"]), node("Add", ["one", "c"], ["d"]),
            node("Mul", ["half", "x"], ["e"]), node("Mul", ["d", "e"], ["y"])]
    numbers = {"r": np.float32(math.sqrt(0.5)), "one": np.float32(1), "half": np.float32(0.5)}
    yield "GELU in another order", gelu, numbers, [6]


def check_foreign(program, folder, runtime):
    random = np.random.default_rng(1)
    for name, nodes, constants, sample in foreign_graphs(random):
        tensors = [numpy_helper.from_array(np.asarray(value), key) for key, value in constants.items()]
        inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *sample])]
        outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", None])]
        graph = helper.make_graph(nodes, "g", inputs, outputs, tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, str(folder / "foreign.onnx"))
        x = random.normal(size=[3, *sample]).astype(np.float32)
        compare(name, read(program, folder, folder / "foreign.onnx", x), run(model, x.astype(np.float64), runtime))


def check_files(program, folder, files):
    for file in sorted(files.glob("*.onnx")):
        if not file.with_suffix(".y").exists():
            continue
        sample = [d.dim_value for d in onnx.load(file).graph.input[0].type.tensor_type.shape.dim[1:]]
        x = np.fromfile(file.with_suffix(".x"), "f4").reshape(-1, *sample)
        compare(file.name, read(program, folder, file, x), np.fromfile(file.with_suffix(".y"), "f4"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--read", type=pathlib.Path)
    parser.add_argument("--runtime", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        program = options.program.resolve()
        if options.read:
            check_files(program, folder, options.read)
        else:
            subprocess.run([program, folder], check=True)
            check_written(folder, options.runtime)
            check_foreign(program, folder, options.runtime)
    print(f"onnx {onnx.__version__}: largest difference {worst:.2g}, allowed {TOLERANCE:.0e}")


if __name__ == "__main__":
    sys.exit(main())
