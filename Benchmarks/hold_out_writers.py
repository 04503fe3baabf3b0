#!/usr/bin/env python3
"""Keeps every fifth UNIPEN writer of at least 26 lines out of a training, for docs/adaptation.md: people whom a model of the shipped recipe
has never seen.

    hold_out_writers.py DATA OUT

DATA has unipen-text-train.ndjson.gz and unipen-word-train.ndjson.gz; OUT gets both without those people, and held-out.ndjson with their lines.
"""
import collections
import gzip
import json
import os
import sys

data, out = sys.argv[1:]
os.makedirs(out, exist_ok=True)


def lines(name):
    with gzip.open(os.path.join(data, name), "rt", encoding="utf-8") as file:
        for line in file:
            fields = json.loads(line)
            yield (fields.get("source"), fields.get("writer")), line


counts = collections.Counter(writer for writer, _ in lines("unipen-text-train.ndjson.gz"))
people = set(sorted(writer for writer, count in counts.items() if count >= 26 and all(writer))[::5])
with open(os.path.join(out, "held-out.ndjson"), "w", encoding="utf-8") as held_out:
    for name in ["unipen-text-train.ndjson.gz", "unipen-word-train.ndjson.gz"]:
        with gzip.open(os.path.join(out, name), "wt", encoding="utf-8", compresslevel=1) as kept:
            for writer, line in lines(name):
                if writer not in people:
                    kept.write(line)
                elif name.startswith("unipen-text"):
                    held_out.write(line)
print(f"{len(people)} writers, {sum(counts[writer] for writer in people)} lines kept out", file=sys.stderr)
