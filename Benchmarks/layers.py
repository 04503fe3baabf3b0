#!/usr/bin/env python3
"""Times each kind of layer beside PyTorch's and ONNX Runtime's own, at batch 1 and 16, on one thread; prints a Markdown table.

Every network is one layer (of 96 or 192 numbers per frame, over 190 frames). Needs torch and a built `ductus`; ONNX Runtime takes part where onnxruntime and onnxscript
are installed and the layer can be exported. Processor time counts, so that other work on the machine disturbs little; all sides are measured in turn, and the best round counts.
The last lines compare layers of ours with equal multiply-adds.

Usage: layers.py [--ductus .build/release/ductus] [--rounds 3] [--only NAME…]
"""
import argparse
import contextlib
import io
import json
import subprocess
import sys
import tempfile
import time
import warnings

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


class AdditiveAttention(nn.Module):
    """As written out in PyTorch, which has none of its own."""

    def __init__(self, width):
        super().__init__()
        self.q, self.k, self.v, self.out = (nn.Linear(width, width) for _ in range(4))
        self.score = nn.Linear(width, 1, bias=False)

    def forward(self, x):
        scores = self.score(torch.tanh(self.q(x)[:, :, None] + self.k(x)[:, None]))[..., 0]
        return self.out(torch.softmax(scores, -1) @ self.v(x))


class Lookup(nn.Module):
    def __init__(self, count, width):
        super().__init__()
        self.layer = nn.Embedding(count, width)

    def forward(self, x):
        return self.layer(x[..., 0].long())


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
    yield "additive attention 96", {"kind": "attention", "in": 96, "width": 96, "out": 96, "score": "additive"}, AdditiveAttention(96)
    yield "embedding 96 → 96", {"kind": "embedding", "count": 96, "out": 96}, Lookup(96, 96)
    yield "linear 96 → 96", {"kind": "linear", "in": 96, "out": 96}, nn.Linear(96, 96)
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
    # An embedding reads one number per frame.
    width = layers[0].get("in", 1)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"input": width, "layers": layers}, file)
        file.flush()
        command = [program, "benchmark", "network", "--architecture", file.name, "--frames", str(FRAMES), "--batch", str(batch), "--clock", "cpu", "--json"]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["inference_s"]


def median_time(call, repeats=30):
    for _ in range(3):
        call()
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        call()
        times.append(time.process_time() - begin)
    return sorted(times)[len(times) // 2]


def of_torch(module, x):
    with torch.inference_mode():
        return median_time(lambda: module(x))


def onnx_session(module, x):
    """The layer in ONNX Runtime on one thread; None where it cannot be."""
    try:
        import onnxruntime
    except ImportError:
        return None
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        try:
            with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                warnings.simplefilter("ignore")
                torch.onnx.export(module, (x,), file.name, dynamo=False, opset_version=17)
        except Exception as error:
            print(f"not in ONNX: {error}".splitlines()[0], file=sys.stderr)
            return None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(file.name, options, providers=["CPUExecutionProvider"])


def measure(options, layers, module, batch):
    """The best round of ours, PyTorch and ONNX Runtime, in seconds; None where a side does not take part."""
    found = [[], [], []]
    if module is not None:
        module.eval()
        width = layers[0].get("in", 1)
        x = torch.randint(0, 96, (batch, FRAMES, 1)).float() if layers[0]["kind"] == "embedding" else torch.randn(batch, FRAMES, width)
        session = onnx_session(module, x)
        feed = {session.get_inputs()[0].name: x.numpy()} if session else None
    for _ in range(options.rounds):
        found[0].append(ours(options.ductus, layers, batch))
        if module is not None:
            found[1].append(of_torch(module, x))
            if session:
                found[2].append(median_time(lambda: session.run(None, feed)))
    return [min(times) if times else None for times in found]


def microseconds(seconds):
    return "–" if seconds is None else f"{seconds * 1e6:.0f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ductus", default=".build/release/ductus")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="layers whose name begins so")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"PyTorch {torch.__version__}; microseconds of processor time\n")
    print("| layer | batch | Ductus | PyTorch | ONNX Runtime | times as fast as the faster |\n|---|---|---|---|---|---|")
    mine = {}
    for name, layer, module in cases():
        if options.only and not any(name.startswith(start) for start in options.only):
            continue
        layers = [layer]
        if layer is None:
            layers, module = transposed()
        for batch in (1, 16):
            times = measure(options, layers, module, batch)
            mine[name, batch] = times[0]
            others = [seconds for seconds in times[1:] if seconds is not None]
            ratio = f"{min(others) / times[0]:.2f}" if others else "–"
            print(f"| {name} | {batch} | {' | '.join(map(microseconds, times))} | {ratio} |", flush=True)
    for batch in (1, 16):
        pair = [mine.get((name, batch)) for name in ("lstm 192 → 2 × 96", "indyLSTM 192 → 2 × 144")]
        if all(pair):
            print(f"\nindyLSTM against our LSTM of equal multiply-adds, batch {batch}: {pair[0] / pair[1]:.2f} times as fast")


if __name__ == "__main__":
    main()
