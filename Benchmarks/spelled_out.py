#!/usr/bin/env python3
"""Writes pairs of texts for a sequence-to-sequence model: whole numbers and dates spelled out, and the other way round.

    4217        four thousand two hundred and seventeen
    1987-05-03  the third of May nineteen eighty-seven

Each is written in both directions, a line each, source and target with a tab between. Three files: train.tsv, val.tsv, test.tsv. A number or a date is in one of
them alone, in both of its directions, so that what is measured was never seen.

Usage: spelled_out.py FOLDER [--pairs 120000] [--held-out 2000] [--largest 999999] [--seed 1]
"""
import argparse
import calendar
import pathlib
import random

ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
        "nineteen").split()
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}


def below_hundred(n):
    if n < 20:
        return ONES[n]
    return TENS[n // 10] + (f"-{ONES[n % 10]}" if n % 10 else "")


def cardinal(n):
    """As British English says it: with "and" before the tens."""
    for size, name in ((1_000_000, "million"), (1_000, "thousand")):
        if n >= size:
            rest = n % size
            link = " " if rest >= 100 else " and "
            return f"{cardinal(n // size)} {name}" + (link + cardinal(rest) if rest else "")
    if n >= 100:
        return f"{ONES[n // 100]} hundred" + (f" and {below_hundred(n % 100)}" if n % 100 else "")
    return below_hundred(n)


def ordinal(n):
    head, dash, last = below_hundred(n).rpartition("-")
    if last in ORDINALS:
        last = ORDINALS[last]
    else:
        last = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    return head + dash + last


def year(n):
    century, rest = divmod(n, 100)
    if century % 10 == 0 and rest < 10:
        return cardinal(n)
    if rest == 0:
        return f"{below_hundred(century)} hundred"
    return f"{below_hundred(century)} " + (f"oh {ONES[rest]}" if rest < 10 else below_hundred(rest))


def number(draw, largest):
    """All lengths are equally likely."""
    digits = draw.randint(1, len(str(largest)))
    n = draw.randint(0 if digits == 1 else 10 ** (digits - 1), min(largest, 10 ** digits - 1))
    return str(n), cardinal(n)


def date(draw):
    y, m = draw.randint(1100, 2099), draw.randint(1, 12)
    d = draw.randint(1, calendar.monthrange(y, m)[1])
    return f"{y}-{m:02}-{d:02}", f"the {ordinal(d)} of {calendar.month_name[m]} {year(y)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--pairs", type=int, default=120_000, help="lines of train.tsv")
    parser.add_argument("--held-out", type=int, default=2_000, help="lines of val.tsv, and of test.tsv")
    parser.add_argument("--largest", type=int, default=999_999, help="largest number, up to 999999999")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not 9 <= options.largest <= 999_999_999:
        parser.error("--largest lies between 9 and 999999999")
    draw = random.Random(options.seed)
    wanted = (options.pairs + 2 * options.held_out) // 2
    pairs, tries = {}, 0
    while len(pairs) < wanted:
        tries += 1
        if tries > 50 * wanted:
            parser.error(f"there are not {wanted} different numbers and dates; give fewer --pairs or a larger --largest")
        figures, words = number(draw, options.largest) if draw.random() < 0.6 else date(draw)
        pairs[figures] = words
    assert len(set(pairs.values())) == len(pairs)
    lines = [both for figures, words in pairs.items() for both in ((figures, words), (words, figures))]
    options.folder.mkdir(parents=True, exist_ok=True)
    begin = 0
    # Short numbers come early and are few: all parts are drawn from everywhere, but both directions stay together.
    order = list(range(len(lines) // 2))
    draw.shuffle(order)
    for name, count in (("test", options.held_out), ("val", options.held_out), ("train", options.pairs)):
        part = [lines[2 * i + k] for i in order[begin // 2:(begin + count) // 2] for k in (0, 1)]
        begin += count
        draw.shuffle(part)
        path = options.folder / f"{name}.tsv"
        path.write_text("".join(f"{a}\t{b}\n" for a, b in part))
        print(f"{path}: {len(part)} pairs")


if __name__ == "__main__":
    main()
