#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_numpy.py PROGRAM: exchanges .npy and .npz files with this machine's NumPy, in both directions.

PROGRAM is the compiled tests/numpy/exchange.cpp.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy

DTYPES = ["float32", "float64", "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]


def expected(dtype):
    numbers = numpy.arange(24).reshape(2, 3, 4)
    return (numbers % 2 if dtype == "bool" else numbers).astype(dtype)


def write(path, array, version):
    with open(path, "wb") as file:
        numpy.lib.format.write_array(file, array, version=version)


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for dtype in DTYPES:
            array = expected(dtype)
            for version in (1, 2, 3):
                write(folder / f"{dtype}_C{version}.npy", array, (version, 0))
                write(folder / f"{dtype}_F{version}.npy", numpy.asfortranarray(array), (version, 0))
            write(folder / f"{dtype}_big1.npy", array.astype(array.dtype.newbyteorder(">")), (1, 0))
        arrays = {dtype: expected(dtype) for dtype in DTYPES}
        numpy.savez(folder / "stored.npz", **arrays)
        numpy.savez_compressed(folder / "compressed.npz", **arrays)

        subprocess.run([program, name], check=True)

        npz = numpy.load(folder / "from_gradus.npz")
        assert sorted(npz.files) == sorted(DTYPES), npz.files
        for dtype in DTYPES:
            for array in (numpy.load(folder / f"from_gradus_{dtype}.npy"), npz[dtype]):
                assert array.dtype == numpy.dtype(dtype), (array.dtype, dtype)
                numpy.testing.assert_array_equal(array, expected(dtype))
    print(f"NumPy {numpy.__version__} has read {2 * len(DTYPES)} arrays")


main()
