#!/usr/bin/env python3
"""Writes the golden files beside this script: small networks with inputs, and PyTorch's outputs, losses and gradients for them.

Each file is a Ductus weight file whose other tensors are: input.<s>, output.<s>, labels.<s> for each sequence s, loss (one number per
sequence) and gradient.<tensor>, the derivative of the losses' sum. Metadata `loss` says which: ctc or frames. Other inputs are other.<i>.<s>; a head beside the
last layer has head.<name>.labels.<s> and counts by the metadata head.<name>.

Needs torch and numpy. Usage: make_golden.py [NAME…]
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


def target_of(output, loss, index):
    """Random labels, and their loss."""
    frames, labels = output.shape
    if loss == "ctc":
        target = torch.randint(1, labels, (max(1, frames // 3),))
        if frames > 9:
            target[1] = target[0]  # equal neighbours need a blank between them
        return target, torch.nn.functional.ctc_loss(output[:, None], target[None], [frames], [len(target)], reduction="sum")
    target = torch.randint(-1, labels, (frames,))
    return target, torch.nn.functional.nll_loss(output, target, ignore_index=-1, reduction="sum")


def golden(name, architecture, lengths, loss, others=(), weights=None):
    """`others`: for each other input the lengths of its sequences; `weights`: of the heads beside the last layer."""
    if len(sys.argv) > 1 and name not in sys.argv[1:]:
        return
    torch.manual_seed(sum(map(ord, name)))
    network = Network(architecture).double()
    with torch.no_grad():
        for parameter in network.parameters():  # what a 32-bit file can hold
            parameter.copy_((parameter * 1.5).float().double())
    extras, losses, total = {}, [], 0

    def frames(length, width, index):
        reads = [layer for layer in architecture["layers"] if layer["kind"] == "embedding" and
                 layer.get("from", ["input"])[0] == ("input" if index == 0 else f"input.{index}")]
        return torch.randint(0, reads[0]["count"], (length, 1)).double() if reads else torch.randn(length, width).double()

    for index, length in enumerate(lengths):
        inputs = [frames(length, architecture["input"], 0)]
        for number, width in enumerate(architecture.get("otherInputs", [])):
            inputs.append(frames(others[number][index], width, number + 1))
            extras[f"other.{number}.{index}"] = inputs[-1].numpy()
        output = network(*inputs)
        field = network.layers[-1] if architecture["layers"][-1]["kind"] == "conditionalRandomField" else None
        target, value = target_of(output, loss, index)
        if field is not None:
            value = field.loss(target)
        losses.append(value.item())
        for head, weight in (weights or {}).items():
            more, extra = target_of(network.head(head), loss, index)
            extras[f"head.{head}.labels.{index}"] = more.numpy()
            value = value + weight * extra
        total = total + value
        extras |= {f"input.{index}": inputs[0].numpy(), f"output.{index}": output.detach().numpy(), f"labels.{index}": target.numpy()}
    total.backward()
    extras |= {f"gradient.{key}": parameter.grad.numpy() for key, parameter in network.named_parameters()}
    metadata = {"loss": loss} | {f"head.{head}": str(weight) for head, weight in (weights or {}).items()}
    save(here / f"{name}.safetensors", network.float(), {**extras, "loss": np.array(losses)}, metadata)


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

golden("layer-norm", {"input": 5, "layers": [{"kind": "linear", "in": 5, "out": 19}, {"kind": "layerNorm", "in": 19}, *readout(19, 6)]},
       [12, 1, 7], "frames")
golden("instance-norm", {"input": 5, "layers": [{"kind": "linear", "in": 5, "out": 19}, {"kind": "instanceNorm", "in": 19}, *readout(19, 6)]},
       [12, 9, 17], "frames")
# Two frames: every channel is 1 or -1 however little they differ.
golden("instance-norm-short", {"input": 5, "layers": [{"kind": "linear", "in": 5, "out": 19}, {"kind": "instanceNorm", "in": 19}, *readout(19, 6)]},
       [2, 3, 7], "frames")
golden("embedding", {"input": 1, "layers": [{"kind": "embedding", "count": 9, "out": 21}, recurrent("lstm", 21, 10, False), *readout(10, 9)]},
       [12, 1, 7], "frames")
for name, out, kernel, stride, padding, groups, dilation, activation in (
        ("depthwise", 18, 5, 1, 2, 18, 1, "none"), ("dilated", 20, 3, 1, 4, 1, 4, "silu"), ("grouped", 12, 4, 2, 3, 3, 2, "tanh"),
        ("depthwise-strided", 18, 4, 3, 0, 18, 2, "silu")):
    layer = convolution(18, out, kernel, stride, padding, activation) | {"groups": groups, "dilation": dilation}
    golden(f"convolution-{name}", {"input": 4, "layers": [{"kind": "linear", "in": 4, "out": 18}, layer, *readout(out, 5)]}, [23, 9, 14], "frames")
for name, kernel, stride, padding, activation in (("plain", 3, 1, 1, "none"), ("doubling", 4, 2, 1, "silu"), ("tripling", 7, 3, 2, "tanh")):
    layers = [convolution(4, 8, stride, stride, 0, "silu"),
              {"kind": "transposedConvolution1D", "in": 8, "out": 11, "kernel": kernel, "stride": stride, "padding": padding, "activation": activation}]
    golden(f"transposed-{name}", {"input": 4, "layers": [*layers, *readout(11, 5)]}, [23, 9, 14], "frames")
golden("indy-forward", {"input": 5, "layers": [{"kind": "indyLSTM", "in": 5, "hidden": 37}, *readout(37, 6)]}, [12, 1, 7], "frames")
golden("indy-bidirectional", {"input": 6, "layers": [
    {"kind": "linear", "in": 6, "out": 42}, {"kind": "indyLSTM", "in": 42, "hidden": 21, "bidirectional": True, "residual": True},
    {"kind": "indyLSTM", "in": 42, "hidden": 53, "bidirectional": True}, *readout(106, 7)]}, [3, 11, 8, 17], "ctc")
golden("lstmp-forward", {"input": 5, "layers": [{"kind": "lstmp", "in": 5, "hidden": 21, "projection": 9}, *readout(9, 6)]}, [12, 1, 7], "frames")
golden("lstmp-bidirectional", {"input": 6, "layers": [
    {"kind": "lstmp", "in": 6, "hidden": 18, "projection": 7, "bidirectional": True},
    {"kind": "lstmp", "in": 14, "hidden": 11, "projection": 6, "skip": 3, "bidirectional": True}, *readout(12, 7)]}, [3, 11, 8, 17], "ctc")
golden("lstm-skip", {"input": 5, "layers": [{"kind": "lstmp", "in": 5, "hidden": 19, "skip": 4}, *readout(19, 6)]}, [12, 2, 7], "frames")


def attention(width, score, heads, memory=None, **more):
    return {"kind": "attention", "in": width, "memory": memory or width, "heads": heads, "width": 24, "out": width, "score": score,
            "kernel": 5, "span": 512} | more


for score, heads, more in (("scaled", 1, {}), ("scaled", 4, {"causal": True, "span": 5}), ("additive", 3, {"residual": True}), ("scaled", 2, {"span": 6})):
    kind = "-".join([score, str(heads), *more])
    golden(f"attention-{kind}", {"input": 5, "layers": [{"kind": "linear", "in": 5, "out": 10}, attention(10, score, heads, **more), *readout(10, 6)]},
           [12, 1, 7], "frames")
for score, heads in (("scaled", 2), ("additive", 2), ("location", 2)):
    layers = [{"kind": "embedding", "count": 8, "out": 9, "from": ["input"]}, recurrent("lstm", 9, 10, False),
              {"kind": "linear", "in": 6, "out": 13, "from": ["input.1"]}, attention(10, score, heads, 13) | {"from": [1, 2]},
              {"kind": "concatenation", "from": [1, 3]}, *readout(20, 8)]
    golden(f"attention-memory-{score}", {"input": 1, "otherInputs": [6], "layers": layers}, [9, 1, 5], "frames", others=[[14, 3, 8]])
golden("random-field", {"input": 5, "layers": [{"kind": "linear", "in": 5, "out": 6}, {"kind": "conditionalRandomField", "in": 6}]}, [12, 1, 7], "frames")
golden("u-shape", {"input": 4, "layers": [
    convolution(4, 8, 3, 1, 1, "silu"), convolution(8, 12, 4, 2, 1, "silu"), convolution(12, 12, 3, 1, 1, "silu"),
    {"kind": "sum", "from": [1, 2]},
    {"kind": "transposedConvolution1D", "in": 12, "out": 8, "kernel": 4, "stride": 2, "padding": 1, "activation": "silu"},
    {"kind": "concatenation", "from": [0, 4]}, *readout(16, 5)]}, [24, 9, 14], "frames")
golden("heads", {"input": 5, "layers": [
    recurrent("lstm", 5, 8, True), {"kind": "linear", "in": 16, "out": 6}, {"kind": "logSoftmax"},
    recurrent("lstm", 16, 8, True) | {"from": [0]}, {"kind": "sum", "from": [0, 3]}, *readout(16, 6)],
    "heads": [{"name": "intermediate", "layer": 2}]}, [12, 9, 17], "ctc", weights={"intermediate": 0.3})
