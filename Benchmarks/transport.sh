#!/bin/sh
# Messages per second of `ductus benchmark transport` beside the same pattern in C, alternating.
# Prints the ratio of rates, and that of processor time, which tells more on a busy machine.
# Usage: Benchmarks/transport.sh [DUCTUS] [ROUNDS]      needs cc, libzmq3-dev and python3
set -eu
cd "$(dirname "$0")/.."
ductus=${1:-.build/release/ductus}
rounds=${2:-5}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cc -O2 -o "$scratch/transport" Benchmarks/transport.c -lzmq -lpthread
python3 - "$ductus" "$rounds" "$scratch" <<'PYTHON'
import json, os, statistics, subprocess, sys

ductus, rounds, scratch = sys.argv[1], int(sys.argv[2]), sys.argv[3]
messages = 1_000_000
commands = {
    "ours": [ductus, "benchmark", "transport", "--messages", str(messages), "--size", "200", "--json"],
    "c": [scratch + "/transport", str(messages), "200", "ipc://" + scratch + "/ink"],
}
rate, processor = {name: [] for name in commands}, {name: [] for name in commands}
for _ in range(rounds):
    for name, command in commands.items():
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{name} failed")
        rate[name].append(json.loads(output)["messages_per_second"] if name == "ours" else float(output))
        processor[name].append(usage.ru_utime + usage.ru_stime)
median = statistics.median
print(json.dumps({
    "messages_per_second": round(median(rate["ours"])), "c_messages_per_second": round(median(rate["c"])),
    "ratio": round(median(rate["ours"]) / median(rate["c"]), 3),
    "processor_ratio": round(median(processor["c"]) / median(processor["ours"]), 3), "rounds": rounds}))
PYTHON
