#!/bin/sh
# Messages per second of `ductus benchmark transport` beside the same pattern in C, alternating.
# Usage: Benchmarks/transport.sh [DUCTUS] [ROUNDS]      needs cc, libzmq3-dev and python3
set -eu
cd "$(dirname "$0")/.."
ductus=${1:-.build/release/ductus}
rounds=${2:-5}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cc -O2 -o "$scratch/transport" Benchmarks/transport.c -lzmq -lpthread
messages=1000000
for round in $(seq "$rounds"); do
    "$ductus" benchmark transport --messages $messages --size 200 --json >>"$scratch/ours"
    "$scratch/transport" $messages 200 "ipc://$scratch/ink" >>"$scratch/theirs"
done
python3 - "$scratch" <<'PYTHON'
import json, statistics, sys
ours = [json.loads(line)["messages_per_second"] for line in open(sys.argv[1] + "/ours")]
theirs = [float(line) for line in open(sys.argv[1] + "/theirs")]
print(json.dumps({
    "ours": round(statistics.median(ours)), "c": round(statistics.median(theirs)),
    "ratio": round(statistics.median(ours) / statistics.median(theirs), 3), "rounds": len(ours)}))
PYTHON
