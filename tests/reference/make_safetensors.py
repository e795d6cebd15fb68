#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes linear.safetensors: the state_dict of a small PyTorch network in the safetensors format, encoded by hand so
that the test of our reader does not depend on our writer.

usage: make_safetensors.py OUTPUT (python3-torch of Debian 12: 1.13.1)
"""
import json, struct, sys
import torch

torch.manual_seed(7)
net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(6, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3, bias=False))
header, data = {"__metadata__": {"format": "pt", "torch": torch.__version__}}, b""
for name, tensor in net.state_dict().items():
    raw = struct.pack(f"<{tensor.numel()}f", *tensor.flatten().tolist())
    header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header, separators=(",", ":")).encode()
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)
with torch.no_grad():
    print([v.hex() for v in net(torch.arange(6.0).reshape(1, 6))[0].tolist()])
