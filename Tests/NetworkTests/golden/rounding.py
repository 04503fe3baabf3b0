#!/usr/bin/env python3
"""How far probabilities move when both operands of every product with weights are rounded to bf16, everything else in double precision: what the tests of reduced precision
must allow where the processor multiplies in bf16. One line for each golden file: name, largest movement of a probability.

Recurrent layers that PyTorch computes as a whole are left exact. Needs torch and numpy. Usage: rounding.py [NAME…]
"""
import pathlib
import sys

import torch
from torch.overrides import TorchFunctionMode

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[2] / "Benchmarks"))
from ductus_torch import load


def rounded(x):
    return x.float().bfloat16().double()


class Rounding(TorchFunctionMode):
    """Rounds what is multiplied with a matrix of weights; attention's own products are between frames, and stay exact in Ductus, too."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = getattr(function, "__name__", "")
        if name == "linear" or (name in ("matmul", "__matmul__") and all(a.dim() == 2 for a in args[:2])):
            args = (rounded(args[0]), rounded(args[1]), *args[2:])
        elif name in ("conv1d", "conv_transpose1d") and args[0].shape[-2] > 1:
            args = (rounded(args[0]), rounded(args[1]), *args[2:])
        return function(*args, **kwargs)


for path in sorted(here.glob("*.safetensors")):
    if len(sys.argv) > 1 and path.stem not in sys.argv[1:]:
        continue
    network, tensors, _ = load(path)
    network = network.double()
    furthest, index = 0, 0
    with torch.no_grad():
        while f"input.{index}" in tensors:
            inputs = [torch.from_numpy(tensors[f"input.{index}"].copy()).double()]
            number = 0
            while f"other.{number}.{index}" in tensors:
                inputs.append(torch.from_numpy(tensors[f"other.{number}.{index}"].copy()).double())
                number += 1
            exact = network(*inputs).exp()
            with Rounding():
                near = network(*inputs).exp()
            furthest = max(furthest, (exact - near).abs().max().item())
            index += 1
    print(f"{path.stem:40} {furthest:.1e}")
