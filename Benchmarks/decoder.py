#!/usr/bin/env python3
"""Prefix beam search beside fast-ctc-decode (Rust, PyPI), on the same posteriors with the same beam, alternating.

Posteriors look like a recognizer's: mostly blank, peaky, some confusion. Speed is measured on one core, text on many seeds; where texts
differ, their CTC probabilities say whose is better. Prints one JSON object; exits 1 where the requirement is missed.

Needs numpy and fast-ctc-decode.
Usage: decoder.py [--ductus .build/release/ductus] [--seeds 1000] [--rounds 7] [--language-model FILE]
"""
import argparse, json, pathlib, statistics, subprocess, sys, tempfile, time
import numpy as np
from fast_ctc_decode import beam_search, viterbi_search

parser = argparse.ArgumentParser()
parser.add_argument("--ductus", default=".build/release/ductus")
parser.add_argument("--language-model")
for name, default in dict(frames=190, labels=96, beam=16, seeds=1000, rounds=7, repeats=15).items():
    parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
parser.add_argument("--threshold", type=float, default=1e-3, help="labels less probable than this are not expanded")
options = parser.parse_args()


def posteriors(seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1, (options.frames, options.labels)).astype(np.float32)
    logits[:, 0] += 6
    for t in range(3, options.frames - 2, 6):
        right, wrong = rng.integers(1, options.labels, 2)
        for d, w in ((0, 1.0), (1, 0.6)):
            logits[t + d, right] += 9 * w
            logits[t + d, wrong] += rng.uniform(3, 9) * w
    p = np.exp(logits - logits.max(1, keepdims=True))
    return (p / p.sum(1, keepdims=True)).astype(np.float32)


def ctc_log_probability(p, labels):
    """Forward algorithm (Graves et al. 2006) in log space."""
    states = np.zeros(2 * len(labels) + 1, dtype=int)
    states[1::2] = labels
    may_skip = np.zeros(len(states), dtype=bool)
    may_skip[2:] = (states[2:] != 0) & (states[2:] != states[:-2])
    logs = np.log(p.astype(np.float64))[:, states]
    scores = np.full(len(states), -np.inf)
    scores[:2] = logs[0, :2]
    for row in logs[1:]:
        one = np.concatenate(([-np.inf], scores[:-1]))
        two = np.where(may_skip, np.concatenate(([-np.inf, -np.inf], scores))[: len(scores)], -np.inf)
        scores = np.logaddexp(np.logaddexp(scores, one), two) + row
    return np.logaddexp(scores[-1], scores[-2]) if len(scores) > 1 else scores[-1]


def ductus(path, *extra):
    command = [options.ductus, "benchmark", "decoder", "--json", "--posteriors", str(path), "--beam", str(options.beam),
               "--threshold", str(options.threshold), "--repeats", str(options.repeats), *extra]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def median(function):
    function()
    times = []
    for _ in range(options.repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


alphabet = [chr(0x100 + i) for i in range(options.labels)]
with tempfile.TemporaryDirectory() as folder:
    one, many = pathlib.Path(folder, "one.npy"), pathlib.Path(folder, "many.npy")
    matrix = posteriors(1)
    np.save(one, matrix)
    rounds = []
    for _ in range(options.rounds):
        ours = ductus(one)
        rounds.append(dict(
            ductus_beam_s=ours["beam_s"], ductus_best_path_s=ours["best_path_s"],
            peer_beam_s=median(lambda: beam_search(matrix, alphabet, options.beam, options.threshold)),
            peer_best_path_s=median(lambda: viterbi_search(matrix, alphabet))))
        if options.language_model:
            rounds[-1]["ductus_beam_language_model_s"] = ductus(one, "--language-model", options.language_model)["beam_s"]
    matrices = np.stack([posteriors(seed) for seed in range(options.seeds)])
    np.save(many, matrices)
    readings = ductus(many, "--texts")["texts"]

equal = better = 0
for matrix, reading in zip(matrices, readings):
    text = [ord(c) - 0x100 for c in beam_search(matrix, alphabet, options.beam, options.threshold)[0]]
    if text == reading:
        equal += 1
    elif ctc_log_probability(matrix, reading) >= ctc_log_probability(matrix, text):
        better += 1
figures = {key: statistics.median(r[key] for r in rounds) for key in rounds[0]}
result = dict(
    figures, beam=options.beam, frames=options.frames, labels=options.labels, rounds=options.rounds,
    ratio=statistics.median(r["peer_beam_s"] / r["ductus_beam_s"] for r in rounds),
    ratio_best_path=statistics.median(r["peer_best_path_s"] / r["ductus_best_path_s"] for r in rounds),
    seeds=options.seeds, equal=equal, different_but_likelier=better, worse=options.seeds - equal - better)
print(json.dumps(result))
missed = result["ratio"] < 3 or equal < 0.99 * options.seeds or result["worse"] > 0
missed = missed or figures.get("ductus_beam_language_model_s", 0) > 0.005
sys.exit(1 if missed else 0)
