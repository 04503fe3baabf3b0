#!/usr/bin/env python3
"""The network engine beside what a user would pick instead: PyTorch and ONNX Runtime on the same stack, on the same machine.

Runs ours and the peers in turn, several rounds, and prints the ratio of the faster peer's time to ours with the ratio that is
required. Peers run in processes of their own (`--peer`), so that each starts alike.

    network.py --ductus .build/release/ductus [--rounds 5] [--clock wall|cpu] [--json]

Needs torch (CPU build), onnxruntime, onnx, numpy. `--clock cpu` counts the processor's time instead of the wall's: fair for one thread on a
machine that is busy with other work.
"""
import argparse
import contextlib
import io
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

SHAPE = dict(input=96, hidden=96, layers=3, frames=190, labels=96)


def median(work, repeats, clock):
    now = time.process_time if clock == "cpu" else time.perf_counter
    for _ in range(3):
        work()
    times = []
    for _ in range(repeats):
        begin = now()
        work()
        times.append(now() - begin)
    return statistics.median(times)


def peer(name, batch, train, repeats, clock):
    """One peer's medians, as JSON on standard output."""
    import numpy as np
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.manual_seed(1)

    class Stack(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(SHAPE["input"], SHAPE["hidden"], SHAPE["layers"], bidirectional=True)
            self.readout = nn.Linear(2 * SHAPE["hidden"], SHAPE["labels"])

        def forward(self, x):
            return torch.log_softmax(self.readout(self.lstm(x)[0]), -1)

    network = Stack().eval()
    x = torch.randn(SHAPE["frames"], batch, SHAPE["input"])
    result = {}
    if name == "onnxruntime":
        import onnxruntime

        warnings.filterwarnings("ignore")
        logging.disable(logging.WARNING)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "stack.onnx")
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                torch.onnx.export(network, (x,), path, input_names=["x"], output_names=["y"], dynamo=False)
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.log_severity_level = 3
            session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            feed = {"x": x.numpy()}
            with torch.inference_mode():
                assert np.abs(session.run(None, feed)[0] - network(x).numpy()).max() < 1e-4
            result["inference_s"] = median(lambda: session.run(None, feed), repeats, clock)
    else:
        with torch.inference_mode():
            result["inference_s"] = median(lambda: network(x), repeats, clock)
        if train:
            network.train()
            optimizer = torch.optim.AdamW(network.parameters(), 1e-3)
            loss = nn.CTCLoss(zero_infinity=True)
            count = max(1, SHAPE["frames"] // 7)
            labels = torch.randint(1, SHAPE["labels"], (batch, count))
            frames, counts = torch.full((batch,), SHAPE["frames"]), torch.full((batch,), count)

            def step():
                optimizer.zero_grad()
                loss(network(x), labels, frames, counts).backward()
                nn.utils.clip_grad_norm_(network.parameters(), 3.0)
                optimizer.step()

            result["training_step_s"] = median(step, max(5, repeats // 3), clock)
    print(json.dumps(result))


def output(command):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def measure(arguments):
    """Rounds of all candidates in turn; for each measurement the median over rounds."""

    def ours(batch, precision="fp32", threads=1, train=False):
        command = [arguments.ductus, "benchmark", "network", "--json", "--batch", batch, "--precision", precision,
                   "--threads", threads, "--repeats", arguments.repeats, "--clock", arguments.clock]
        for key, value in SHAPE.items():
            command += [f"--{key}", value]
        return output([str(part) for part in command] + (["--train"] if train else []))

    def theirs(name, batch, train=False):
        command = [sys.executable, __file__, "--peer", name, "--batch", str(batch), "--repeats", str(arguments.repeats),
                   "--clock", arguments.clock]
        return output(command + (["--train"] if train else []))

    candidates = {
        "pytorch 1": lambda: theirs("pytorch", 1), "onnxruntime 1": lambda: theirs("onnxruntime", 1),
        "fp32 1": lambda: ours(1), "bf16 1": lambda: ours(1, "bf16"),
        "pytorch 16": lambda: theirs("pytorch", 16, True), "onnxruntime 16": lambda: theirs("onnxruntime", 16),
        "fp32 16": lambda: ours(16, train=True), "bf16 16": lambda: ours(16, "bf16"),
        "fp32 16, two threads": lambda: ours(16, threads=2, train=True),
    }
    rounds = {name: [] for name in candidates}
    for number in range(arguments.rounds):
        for name, run in candidates.items():
            print(f"\rround {number + 1} of {arguments.rounds}: {name:<24}", end="", file=sys.stderr, flush=True)
            rounds[name].append(run())
    print(file=sys.stderr)
    return rounds


def table(rounds, clock):
    """A row per comparison. Medians over the rounds count; the best rounds, too, tell what another user of the machine cost."""
    rows = []

    def row(what, peers, own, required, aim, key="inference_s"):
        def times(of):
            other, name = min((of(r[key] for r in rounds[peer]), peer) for peer in peers)
            return other, name, of(r[key] for r in rounds[own])

        (other, name, mine), (best_other, _, best_mine) = times(statistics.median), times(min)
        rows.append({"what": what, "peer": name, "peer_s": other, "ours_s": mine, "ratio": other / mine,
                     "ratio_of_bests": best_other / best_mine, "required": required, "aim": aim, "met": other / mine >= required})

    for batch, fp32, bf16 in ((1, (1.0, 1.15), (1.7, 2.2)), (16, (1.35, 1.5), (2.2, 2.8))):
        peers = (f"pytorch {batch}", f"onnxruntime {batch}")
        row(f"inference, batch {batch}, fp32", peers, f"fp32 {batch}", *fp32)
        row(f"inference, batch {batch}, bf16", peers, f"bf16 {batch}", *bf16)
    row("training step, batch 16", ("pytorch 16",), "fp32 16", 1.5, 1.8, "training_step_s")
    if clock == "wall":
        row("training step, two threads", ("fp32 16",), "fp32 16, two threads", 1.7, 1.9, "training_step_s")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ductus", default=".build/release/ductus", help="the program to measure")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=15, help="measured calls per round; their median counts")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peer", choices=("pytorch", "onnxruntime"), help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--train", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        return peer(arguments.peer, arguments.batch, arguments.train, arguments.repeats, arguments.clock)
    rounds = measure(arguments)
    rows = table(rounds, arguments.clock)
    if arguments.json:
        print(json.dumps({"instruction_set": rounds["fp32 1"][0]["instruction_set"], "clock": arguments.clock, "rows": rows}))
    else:
        print(f"instruction set {rounds['fp32 1'][0]['instruction_set']}, {arguments.clock} clock, medians of {arguments.rounds} rounds")
        print(f"{'':30}{'faster peer':>24}{'ours':>12}{'ratio':>8}{'of bests':>10}{'required':>10}{'aim':>7}")
        for r in rows:
            mark = "" if r["met"] else "  short"
            print(f"{r['what']:30}{r['peer']:>14}{r['peer_s'] * 1e3:7.1f} ms{r['ours_s'] * 1e3:9.1f} ms{r['ratio']:7.2f}x"
                  f"{r['ratio_of_bests']:9.2f}x{r['required']:9.2f}x{r['aim']:6.2f}x{mark}")


main()
