#!/usr/bin/env python3
"""Times each kind of layer beside PyTorch's own, at batch 1 and 16, on one thread; prints a Markdown table.

Every network is one layer of 96 or 192 numbers per frame over 190 frames. Needs torch and a built `ductus`. Processor time counts, so that other work on the machine
disturbs little; both sides are measured in turn, and the best of three rounds counts.

Usage: layers.py [--ductus .build/release/ductus]
"""
import argparse
import json
import subprocess
import tempfile
import time

import torch
from torch import nn

FRAMES = 190


class Sequence(nn.Module):
    """A recurrent layer without its state, or a layer over channels × time."""

    def __init__(self, layer, turns=False):
        super().__init__()
        self.layer, self.turns = layer, turns

    def forward(self, x):
        if self.turns:
            return self.layer(x.transpose(1, 2)).transpose(1, 2)
        y = self.layer(x)
        return y[0] if isinstance(y, tuple) else y


class SelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.layer = nn.MultiheadAttention(width, heads, batch_first=True)

    def forward(self, x):
        return self.layer(x, x, x, need_weights=False)[0]


    def forward(self, x):
        return self.layer(x[..., 0].long() * 0)


def conv(**fields):
    return {"kind": "convolution1D", "in": 96, "out": 96, "kernel": 5, "padding": 2} | fields


def cases():
    yield "lstm 192 → 2 × 96", {"kind": "recurrent", "cell": "lstm", "in": 192, "hidden": 96, "bidirectional": True}, Sequence(
        nn.LSTM(192, 96, bidirectional=True, batch_first=True))
    # As many multiply-adds as that LSTM.
    yield "indyLSTM 192 → 2 × 144", {"kind": "indyLSTM", "in": 192, "hidden": 144, "bidirectional": True}, None
    yield "lstmp 192 → 2 × 96 → 48", {"kind": "lstmp", "in": 192, "hidden": 96, "projection": 48, "bidirectional": True}, Sequence(
        nn.LSTM(192, 96, proj_size=48, bidirectional=True, batch_first=True))
    yield "attention 96, 4 heads", {"kind": "attention", "in": 96, "width": 96, "out": 96, "heads": 4}, SelfAttention(96, 4)
    yield "convolution 5", conv(), Sequence(nn.Conv1d(96, 96, 5, padding=2), True)
    yield "depthwise 5", conv(groups=96), Sequence(nn.Conv1d(96, 96, 5, padding=2, groups=96), True)
    yield "dilated 5, 4 apart", conv(padding=8, dilation=4), Sequence(nn.Conv1d(96, 96, 5, padding=8, dilation=4), True)
    yield "4 groups", conv(groups=4), Sequence(nn.Conv1d(96, 96, 5, padding=2, groups=4), True)
    yield "transposed 4, stride 2, behind stride 2", None, None
    yield "layerNorm", {"kind": "layerNorm", "in": 96}, nn.LayerNorm(96)
    yield "instanceNorm", {"kind": "instanceNorm", "in": 96}, Sequence(nn.InstanceNorm1d(96, affine=True), True)


def transposed():
    layers = [conv(kernel=2, padding=0, stride=2), {"kind": "transposedConvolution1D", "in": 96, "out": 96, "kernel": 4, "stride": 2, "padding": 1}]
    return layers, Sequence(nn.Sequential(nn.Conv1d(96, 96, 2, 2), nn.ConvTranspose1d(96, 96, 4, 2, 1)), True)


def ours(program, layers, batch):
    width = layers[0]["in"]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"input": width, "layers": layers}, file)
        file.flush()
        command = [program, "benchmark", "network", "--architecture", file.name, "--frames", str(FRAMES), "--batch", str(batch), "--clock", "cpu", "--json"]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["inference_s"]


def theirs(module, width, batch, repeats=30):
    x = torch.randn(batch, FRAMES, width)
    module.eval()
    with torch.inference_mode():
        for _ in range(3):
            module(x)
        times = []
        for _ in range(repeats):
            begin = time.process_time()
            module(x)
            times.append(time.process_time() - begin)
    return sorted(times)[len(times) // 2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ductus", default=".build/release/ductus")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"PyTorch {torch.__version__}; microseconds\n")
    print("| layer | batch | Ductus | PyTorch | times as fast |\n|---|---|---|---|---|")
    for name, layer, module in cases():
        layers = [layer]
        if layer is None:
            layers, module = transposed()
        for batch in (1, 16):
            rounds = [(ours(options.ductus, layers, batch), theirs(module, layers[0]["in"], batch) if module else None) for _ in range(3)]
            mine = min(a for a, _ in rounds)
            if module is None:
                print(f"| {name} | {batch} | {mine * 1e6:.0f} | | |")
                continue
            other = min(b for _, b in rounds)
            print(f"| {name} | {batch} | {mine * 1e6:.0f} | {other * 1e6:.0f} | {other / mine:.2f} |", flush=True)


if __name__ == "__main__":
    main()
