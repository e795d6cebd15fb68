# SPDX-License-Identifier: MIT
"""Shared code of the scripts that write reference numbers."""

import os
import struct
import sys

import torch

FLOATS = (torch.float32, torch.float64)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def fingerprint(integers):
    """Returns the FNV-1a hash, computed word by word."""
    result = 0xCBF29CE484222325
    for integer in integers:
        result = ((result ^ integer) * 0x100000001B3) % 2**64
    return f"0x{result:016x}u"


def tensor_fingerprint(tensor):
    """Returns the fingerprint of the elements' bits."""
    number, integer = ("<f", "<I") if tensor.dtype == torch.float32 else ("<d", "<Q")
    return fingerprint(
        struct.unpack(integer, struct.pack(number, x))[0] for x in tensor.detach().flatten().tolist()
    )


def numbers(tensor):
    suffix = "f" if tensor.dtype == torch.float32 else ""
    return ", ".join(x.hex() + suffix for x in tensor.detach().flatten().tolist())


def array(declaration, rows):
    print(f"constexpr {declaration}[] = {{")
    for row in rows:
        print(f"    {row},")
    print("};")


def header():
    script = os.path.basename(sys.argv[0])
    print(f"// Written by {script} with PyTorch {torch.__version__}, Python {sys.version.split()[0]}.")
    print("// clang-format off")


def footer():
    print("// clang-format on")
