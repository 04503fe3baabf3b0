#!/usr/bin/env python3
"""Cross-validates recipes that label the frames of sensor recordings: every subject is measured by a model that never saw them.

The subjects are divided into folds, the same for every recipe. For each fold, seed and recipe one model is trained on the other subjects alone, then measured on each
subject of the fold, read whole and as a stream. Nothing is chosen by the fold's error: the best epoch is found on subjects that the model learned from, which leaves the last
epoch as a rule. A recipe should say how much labels are smoothed (`smoothing`): found on those subjects it would be too much. Models that are there already are not trained again, so that a run can be continued.

Usage: hapt_folds.py RECIPE… --data hapt-train.ndjson.gz --out FOLDER [--folds 7] [--seeds 1 2 3] [--lookahead 15]
"""
import argparse
import collections
import gzip
import json
import pathlib
import statistics
import subprocess
import sys


def subjects_of(data):
    with gzip.open(data, "rt") as lines:
        return sorted({str(json.loads(line)["subject"]) for line in lines}, key=lambda name: (len(name), name))


def parts(options, fold, held_out):
    """Files of the subjects to learn from, and of the first of them."""
    learned, checked = options.out / f"fold-{fold}.ndjson.gz", options.out / f"fold-{fold}-check.ndjson.gz"
    options.out.mkdir(parents=True, exist_ok=True)
    with gzip.open(options.data, "rt") as lines:
        others = [line for line in lines if str(json.loads(line)["subject"]) not in held_out]
    for path, part in ((learned, others), (checked, others[:8])):
        with gzip.open(path, "wt", compresslevel=1) as file:
            file.writelines(part)
    return learned, checked


def train(options, recipe, fold, files, seed):
    """The folder of the trained model."""
    folder = options.out / f"{recipe.parent.name}-{fold}-{seed}"
    if (folder / "done").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    content = json.loads(recipe.read_text())
    content.setdefault("optimization", {})["seed"] = seed
    (folder / "fold.json").write_text(json.dumps(content))
    subprocess.run([options.ductus, "train", "--recipe", folder / "fold.json", "--data", files[0], "--validation", files[1], "--out", folder, "--replace",
                    "--threads", str(options.threads)], check=True, stderr=subprocess.DEVNULL)
    (folder / "done").touch()
    return folder


def measure(options, folder, subject):
    """(accuracy, macro F1, both of them streamed) of one subject."""
    command = [options.ductus, "evaluate", "--model", folder, "--data", options.data, "--subjects", subject, "--json", "--threads", str(options.threads)]
    streamed = subprocess.run([*command, "--mode", "streaming", "--lookahead", str(options.lookahead)], check=True, capture_output=True, text=True)
    report = json.loads(streamed.stdout)
    return report["exact_accuracy"], report["exact_macro_f1"], report["accuracy"], report["macro_f1"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="+", type=pathlib.Path, help="recipe files; the name of a recipe is that of its folder")
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--folds", type=int, default=7)
    parser.add_argument("--only-folds", type=int, nargs="*", help="numbers of the folds to run, from 0; all where left out")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--lookahead", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--ductus", default=".build/release/ductus")
    options = parser.parse_args()
    subjects = subjects_of(options.data)
    if not 2 <= options.folds <= len(subjects):
        parser.error(f"--folds lies between 2 and {len(subjects)}, the number of subjects")
    # Neighbouring numbers into different folds.
    folds = [subjects[k::options.folds] for k in range(options.folds)]
    chosen = range(options.folds) if options.only_folds is None else options.only_folds
    print("| recipe | seeds × subjects | accuracy | F1 | worst subject | streamed | F1 streamed |\n|---|---|---|---|---|---|---|")
    for recipe in options.recipes:
        found = collections.defaultdict(list)
        for fold in chosen:
            files = parts(options, fold, folds[fold])
            for seed in options.seeds:
                folder = train(options, recipe, fold, files, seed)
                for subject in folds[fold]:
                    found[subject].append(measure(options, folder, subject))
                print(f"{recipe.parent.name}: fold {fold}, seed {seed}: " + ", ".join(
                    f"{subject} {100 * found[subject][-1][0]:.1f}" for subject in folds[fold]), file=sys.stderr)
        of_subject = {subject: [statistics.mean(column) for column in zip(*rows)] for subject, rows in found.items()}
        means = [statistics.mean(column) for column in zip(*of_subject.values())]
        worst = min(of_subject, key=lambda subject: of_subject[subject][0])
        print(f"| {recipe.parent.name} | {len(options.seeds)} × {len(found)} | {100 * means[0]:.2f} % | {means[1]:.3f} | {worst}: {100 * of_subject[worst][0]:.1f} % | "
              f"{100 * means[2]:.2f} % | {means[3]:.3f} |", flush=True)


if __name__ == "__main__":
    main()
