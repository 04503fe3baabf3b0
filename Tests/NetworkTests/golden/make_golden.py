#!/usr/bin/env python3
"""Writes the golden files beside this script: small networks with inputs, and PyTorch's outputs, losses and gradients for them.

Each file is a Ductus weight file whose other tensors are: input.<s>, output.<s>, labels.<s> for each sequence s, loss (one number per
sequence) and gradient.<tensor>, the derivative of the losses' sum. Metadata `loss` says which: ctc or frames.

Needs torch and numpy. Usage: make_golden.py
"""
import pathlib
import sys

import numpy as np
import torch

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[2] / "Benchmarks"))
from ductus_torch import Network, save


def convolution(width, out, kernel, stride, padding, activation):
    return {"kind": "convolution1D", "in": width, "out": out, "kernel": kernel, "stride": stride, "padding": padding,
            "activation": activation}


def recurrent(cell, width, hidden, bidirectional, residual=False):
    return {"kind": "recurrent", "cell": cell, "in": width, "hidden": hidden, "bidirectional": bidirectional,
            "residual": residual}


def readout(width, labels):
    return [{"kind": "linear", "in": width, "out": labels}, {"kind": "logSoftmax"}]


def golden(name, architecture, lengths, loss):
    torch.manual_seed(sum(map(ord, name)))
    network = Network(architecture).double()
    with torch.no_grad():
        for parameter in network.parameters():  # what a 32-bit file can hold
            parameter.copy_((parameter * 1.5).float().double())
    extras, losses, total = {}, [], 0
    for index, length in enumerate(lengths):
        x = torch.randn(length, architecture["input"]).double()
        output = network(x)
        frames, labels = output.shape
        if loss == "ctc":
            target = torch.randint(1, labels, (max(1, frames // 3),))
            if frames > 9:
                target[1] = target[0]  # equal neighbours need a blank between them
            value = torch.nn.functional.ctc_loss(output[:, None], target[None], [frames], [len(target)], reduction="sum")
        else:
            target = torch.randint(-1, labels, (frames,))
            value = torch.nn.functional.nll_loss(output, target, ignore_index=-1, reduction="sum")
        total = total + value
        losses.append(value.item())
        extras |= {f"input.{index}": x.numpy(), f"output.{index}": output.detach().numpy(), f"labels.{index}": target.numpy()}
    total.backward()
    extras |= {f"gradient.{key}": parameter.grad.numpy() for key, parameter in network.named_parameters()}
    save(here / f"{name}.safetensors", network.float(), {**extras, "loss": np.array(losses)}, {"loss": loss})


for cell in ("rnn", "lstm", "gru"):
    golden(f"{cell}-forward", {"input": 5, "layers": [recurrent(cell, 5, 21, False), *readout(21, 6)]}, [12, 1, 7], "frames")
    golden(f"{cell}-bidirectional", {"input": 6, "layers": [recurrent(cell, 6, 16, True), *readout(32, 7)]}, [3, 11, 8, 17], "ctc")
for activation, kernel, stride, padding in (("none", 1, 1, 0), ("silu", 5, 1, 2), ("relu", 4, 2, 1), ("tanh", 3, 4, 0)):
    layers = [convolution(4, 9, kernel, stride, padding, activation), *readout(9, 5)]
    golden(f"convolution-{activation}", {"input": 4, "layers": layers}, [23, 9, 14], "frames")
golden("stack", {"input": 4, "layers": [
    convolution(4, 10, 5, 1, 2, "silu"), convolution(10, 12, 4, 2, 1, "silu"), recurrent("lstm", 12, 20, True),
    recurrent("lstm", 40, 20, True, True), recurrent("lstm", 40, 20, True, True), *readout(40, 9)]},
    [40, 13, 66, 25, 4], "ctc")
