#!/usr/bin/env python3
"""How many pens one core holds: ductusd beside the loop in onnx_daemon.py, with the same weights, pens and criterion.

A number of pens holds if 99 of 100 partials come within 50 ms of the sample that made them due, nothing is dropped and no final is
missing or wrong (the loop's finals are compared with `recognize --decoder best-path`, which its features and network reproduce). Each number is
tried once, upward in steps until one does not hold, then between. The daemon has one core to itself, the pens the others. Prints one JSON object.

Needs a quiet machine of two cores and more, and what onnx_daemon.py needs.
Usage: daemon.py [--ductus .build/release/ductus] [--core 0] [--seconds 20] [--only ductus|ductus-best-path|loop|loop-beam …]
"""
import argparse, json, os, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser()
parser.add_argument("--ductus", default=".build/release/ductus")
parser.add_argument("--core", type=int, default=0)
parser.add_argument("--seconds", type=int, default=20)
parser.add_argument("--only", nargs="+")
options = parser.parse_args()
LOOP = ["--daemon", os.path.join(HERE, "onnx_daemon.py")]
CONTESTANTS = {  # arguments, where to begin
    "ductus": ([], 200),
    "ductus-best-path": (["--decoder", "best-path"], 200),
    "loop": (["--decoder", "best-path", *LOOP], 20),
    "loop-beam": (["--decoder", "beam", *LOOP], 4),
}


def measure(arguments, pens):
    others = ",".join(str(core) for core in sorted(os.sched_getaffinity(0)) if core != options.core)
    command = ["taskset", "-c", others, options.ductus, "benchmark", "daemon", "--pens", str(pens), "--seconds",
               str(options.seconds), "--core", str(options.core), "--json", *arguments]
    output = subprocess.run(command, capture_output=True, text=True).stdout
    figures = json.loads(output.strip().splitlines()[-1]) if output.strip() else {"p99_ms": float("inf"), "dropped": 0, "finals_missing": 0}
    print(pens, arguments, figures, file=sys.stderr)
    return figures


def holds(figures, name):
    # The loop's beam has no language model, so its finals are others by design.
    wrong = 0 if name == "loop-beam" else figures.get("finals_wrong", 0)
    return figures["p99_ms"] <= 50 and figures["dropped"] == figures["finals_missing"] == wrong == 0


results = {}
for name in options.only or CONTESTANTS:
    arguments, pens = CONTESTANTS[name]
    best, figures, fails = 0, None, None
    while fails is None or fails - best > max(1, best // 20):
        tried = measure(arguments, pens)
        if holds(tried, name):
            best, figures = pens, tried
        else:
            fails = pens
        if best == 0 and pens == 1:
            break
        pens = pens * 5 // 4 + 1 if fails is None else max(1, (best + fails) // 2)
    results[name] = {"pens": best, "at_that": figures}
print(json.dumps(results))
