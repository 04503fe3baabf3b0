#!/usr/bin/env bash
# Trains a model on IAM-OnDB alone, from scratch, and measures it on the task's second validation set. The model is for
# comparison with publications; the data's terms do not allow shipping it. About an hour on 2 quiet cores; begin it again
# after an interruption and it resumes.
#
# Usage: Benchmarks/accuracy.sh [FOLDER]      DUCTUS_DATA: where the data are (default ../shared/data)
set -euo pipefail
cd "$(dirname "$0")/.."
data=${DUCTUS_DATA:-../shared/data}
out=${1:-build/accuracy}
ductus=.build/release/ductus
for file in handwriting/iam-train.ndjson.gz handwriting/iam-val1.ndjson.gz handwriting/iam-val2.ndjson.gz text.tar.gz; do
    [ -e "$data/$file" ] || { echo "Missing $data/$file; set DUCTUS_DATA to the folder of the data." >&2; exit 2; }
done

mkdir -p "$out/text"
[ -e "$out/recipe.json" ] || cp models/iam-ondb/recipe.json "$out/"
if [ ! -e "$out/language-model.ngram" ]; then
    tar -xzf "$data/text.tar.gz" -C "$out/text"
    $ductus language-model build "$out/text" --pieces --order 8 --tokenize iam --prune 0.3 \
        --transcripts "$data/handwriting/iam-train.ndjson.gz" --copies 3 --out "$out/language-model.ngram"
fi
$ductus train --replace --data "$data/handwriting/iam-train.ndjson.gz" --validation "$data/handwriting/iam-val1.ndjson.gz" \
    --out "$out" --resume
$ductus calibrate --model "$out" --data "$data/handwriting/iam-val1.ndjson.gz"
for decoder in best-path beam; do
    echo "iam-val2, $decoder:"
    $ductus evaluate --model "$out" --data "$data/handwriting/iam-val2.ndjson.gz" --decoder $decoder --json
done
