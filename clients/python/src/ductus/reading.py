"""What is sent to be read, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Sequence


@dataclass
class Stroke:
    """From pen down to pen up: columns of equal length. x grows right, y grows down; t in milliseconds; p from 0 to 1."""

    x: Sequence[float]
    y: Sequence[float]
    t: Sequence[float] | None = None
    p: Sequence[float] | None = None

    def json(self) -> dict[str, list[float]]:
        columns = {"x": self.x, "y": self.y, "t": self.t, "p": self.p}
        return {name: [float(value) for value in column] for name, column in columns.items() if column is not None}


@dataclass(frozen=True)
class Box:
    """In the units of the ink, y down."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Candidate:
    """Another reading of a word, with its share among them."""

    text: str
    confidence: float


@dataclass(frozen=True)
class Word:
    """What stands between two spaces; the first candidate is `text`."""

    text: str
    confidence: float
    strokes: tuple[int, ...]
    box: Box
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Symbol:
    """One symbol. `samples` is a half-open range, counted over all strokes of its line."""

    text: str
    confidence: float
    samples: tuple[int, int]
    strokes: tuple[int, ...]
    box: Box


@dataclass(frozen=True)
class Line:
    """A line of text. `alternatives` are other readings of the whole line, with the logarithms of their weights."""

    text: str
    confidence: float
    block: int
    strokes: tuple[int, ...]
    box: Box
    words: tuple[Word, ...]
    symbols: tuple[Symbol, ...]
    alternatives: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Reading:
    """All that was read. `raw` is the daemon's answer as it came."""

    text: str
    confidence: float
    model: str
    lines: tuple[Line, ...]
    raw: dict[str, Any] = field(repr=False)


def reading(answer: dict[str, Any]) -> Reading:
    return Reading(answer["text"], answer["confidence"], answer["model"], tuple(_line(line) for line in answer["lines"]), answer)


def _line(line: dict[str, Any]) -> Line:
    return Line(
        line["text"], line["confidence"], line["block"], tuple(line["strokes"]), Box(**line["box"]),
        tuple(_word(word) for word in line["words"]), tuple(_symbol(symbol) for symbol in line["symbols"]),
        tuple((other["text"], other["score"]) for other in line["alternatives"]),
    )


def _word(word: dict[str, Any]) -> Word:
    candidates = tuple(Candidate(**candidate) for candidate in word["candidates"])
    return Word(word["text"], word["confidence"], tuple(word["strokes"]), Box(**word["box"]), candidates)


def _symbol(symbol: dict[str, Any]) -> Symbol:
    first, end = symbol["samples"]
    return Symbol(symbol["text"], symbol["confidence"], (first, end), tuple(symbol["strokes"]), Box(**symbol["box"]))
