#!/usr/bin/env python3
"""Averages the weights of two models of one architecture.

Weights that were trained on from others often read best somewhere between the two: they keep what the longer training knew and have
what the shorter one added (Wortsman et al. 2022, Robust fine-tuning of zero-shot models).

Usage: average_weights.py FIRST.safetensors SECOND.safetensors --share 0.6 --out NEW.safetensors
"""
import argparse
import json
import struct

import numpy

TYPES = {"F16": "<f2", "F32": "<f4"}


def read(path):
    """The header as it stands, the tensors' places, and the bytes behind them."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = file.read(length)
        return header, {name: place for name, place in json.loads(header).items() if name != "__metadata__"}, file.read()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("first")
    parser.add_argument("second")
    parser.add_argument("--share", type=float, default=0.5, help="the second's share, 0 to 1")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    header, places, first = read(options.first)
    _, others, second = read(options.second)
    if {name: place["shape"] for name, place in places.items()} != {name: place["shape"] for name, place in others.items()}:
        raise SystemExit(f"{options.second} has other tensors than {options.first}: give two models of one architecture")
    mixed = bytearray(first)
    for name, place in places.items():
        values = []
        for bytes_, where in ((first, place), (second, others[name])):
            if where["dtype"] not in TYPES:
                raise SystemExit(f"{name} is stored as {where['dtype']}: give models in 16 or 32 bits")
            begin, end = where["data_offsets"]
            values.append(numpy.frombuffer(bytes_[begin:end], TYPES[where["dtype"]]).astype("f8"))
        begin, end = place["data_offsets"]
        mean = (1 - options.share) * values[0] + options.share * values[1]
        mixed[begin:end] = mean.astype(TYPES[place["dtype"]]).tobytes()
    with open(options.out, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header + mixed)


if __name__ == "__main__":
    main()
