#!/usr/bin/env bash
# Measures learning from corrections, for docs/adaptation.md: Benchmarks/adaptation.sh DATA [IAM-MODEL [HELD-OUT]], DATA the folder with the
# handwriting sets, IAM-MODEL what Benchmarks/accuracy.sh trained, HELD-OUT a folder for a training of the shipped recipe without every fifth
# writer, which is done there if it was not yet. Prints one JSON object per row. Takes a quarter of an hour on two cores of a Zen 5, without the training.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:?the folder with unipen-text-val.ndjson.gz and iam-val1.ndjson.gz}
iam=${2:-}
held_out=${3:-}
english=models/english
ductus=.build/release/ductus
unipen=$data/unipen-text-val.ndjson.gz
val1=$data/iam-val1.ndjson.gz
val2=$data/iam-val2.ndjson.gz

row() {
    echo "# $1" && shift
    $ductus adapt --json --canary "$unipen" "$@"
}

row "each writer's own weights, IAM" --model $english --data "$val1"
row "each writer's own weights, UNIPEN" --model $english --data "$unipen"
row "32 lines" --model $english --data "$val1" --lines 32
row "single words" --model $english --data "$data/unipen-word-val.ndjson.gz"
if [ -n "$iam" ]; then
    row "each writer's own weights, IAM model" --model "$iam" --data "$val1" "$val2"
fi
if [ -n "$held_out" ]; then
    model=$held_out/model
    if [ ! -e "$model/importance.safetensors" ]; then
        python3 Benchmarks/hold_out_writers.py "$data" "$held_out"
        $ductus train --replace --recipe $english/recipe.json --data "$held_out"/unipen-{text,word}-train.ndjson.gz \
            --validation "$unipen" "$data/unipen-word-val.ndjson.gz" --out "$model" --resume
    fi
    row "its UNIPEN writers" --model "$model" --data "$unipen"
    for lines in 16 32 64; do
        row "UNIPEN writers kept out of the training, $lines lines" --model "$model" --data "$held_out/held-out.ndjson" --lines $lines
    done
fi

eight=(--model $english --data "$val1" --writers 8)
for trained in all upper output biases gains low-rank; do
    for rate in 0.001 0.005 0.015; do
        row "trained: $trained, rate $rate" "${eight[@]}" --set trained=$trained --set learning-rate=$rate
    done
done
row "a pull alike for all weights" "${eight[@]}" --set elastic=false
for pull in 0.02 0.4; do row "pull $pull" "${eight[@]}" --set pull=$pull; done
row "rehearsal" "${eight[@]}" --set elastic=false --rehearse "$data/unipen-text-train.ndjson.gz"
row "half as long" "${eight[@]}" --set epochs=8 --set steps=12-32 --set frames=45000
row "twice as long" "${eight[@]}" --set epochs=32 --set steps=24-128 --set frames=180000

for elastic in true false; do
    row "everyone's weights, elastic: $elastic" --model $english --data "$val1" --scope shared --canary-lines 320 --set elastic=$elastic
done
for poison in shuffled plausible; do row "everyone's weights, $poison texts" "${eight[@]}" --scope shared --poison $poison; done
for choice in least-confident expected-errors "random --seed 1" "random --seed 2" "random --seed 3" "random --seed 4" "random --seed 5"; do
    # shellcheck disable=SC2086 # a choice may have a seed
    row "8 of 32 lines, $choice" --model $english --data "$val1" "$val2" --pool 32 --lines 8 --choose $choice
done
row "learning curve" --model $english --data "$val1" "$val2" --writers 6 --lines 32 --curve docs/learning-from-corrections.svg
