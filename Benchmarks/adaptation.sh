#!/usr/bin/env bash
# Measures learning from corrections, for docs/adaptation.md: Benchmarks/adaptation.sh DATA [IAM-MODEL], DATA the folder with the
# handwriting sets, IAM-MODEL what Benchmarks/accuracy.sh trained. Prints one JSON object per row. Takes about an hour on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:?the folder with unipen-text-val.ndjson.gz and iam-val1.ndjson.gz}
iam=${2:-}
english=models/english
unipen=$data/unipen-text-val.ndjson.gz
val1=$data/iam-val1.ndjson.gz
val2=$data/iam-val2.ndjson.gz

row() {
    echo "# $1" && shift
    .build/release/ductus adapt --json "$@"
}

row "each writer's own weights, UNIPEN" --model $english --data "$unipen" --canary "$unipen"
if [ -n "$iam" ]; then
    row "each writer's own weights, IAM" --model "$iam" --data "$val1" "$val2" --canary "$unipen"
    row "everyone's weights, IAM" --model "$iam" --data "$val1" --canary "$val2" --scope shared
fi
row "everyone's weights" --model $english --data "$val1" --canary "$unipen" --scope shared
for poison in shuffled plausible; do
    row "everyone's weights, $poison texts" --model $english --data "$val1" --canary "$unipen" --scope shared --poison $poison
done
for choice in least-confident expected-errors "random --seed 1" "random --seed 2" "random --seed 3"; do
    # shellcheck disable=SC2086 # a choice may have a seed
    row "8 of 32 lines, $choice" --model $english --data "$val1" "$val2" --canary "$unipen" --pool 32 --lines 8 --choose $choice
done
for trained in all upper output biases gains low-rank; do
    row "trained: $trained" --model $english --data "$val1" --canary "$unipen" --set trained=$trained
done
row "learning curve" --model $english --data "$val1" "$val2" --canary "$unipen" --lines 32 --curve docs/learning-from-corrections.svg
