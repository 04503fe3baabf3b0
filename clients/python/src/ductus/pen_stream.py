"""The numbers and packets of a pen's stream, however they travel."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any, Iterable

import websockets.exceptions

from .errors import DuctusError


@dataclass(frozen=True)
class Point:
    """One report of the pen; t in milliseconds. `contact=False` lifts it."""

    x: float
    y: float
    t: float | None = None
    p: float | None = None
    contact: bool = True


@dataclass(frozen=True)
class Event:
    """What the daemon says: `kind` is "partial", "final", "event" (what was learned) or "review".

    A partial carries the whole text of its segment so far, of which the first `committed` characters stay.
    """

    kind: str
    text: str
    segment: int
    committed: int
    raw: dict[str, Any] = field(repr=False)

    @property
    def is_final(self) -> bool:
        return self.kind == "final"


class PenClosed(DuctusError):
    """The pen was refused, or stays away."""


class PenStream:
    """What a pen knows of its stream, however it travels: numbers, and packets without a final."""

    def __init__(self, token: str, stream: str, writer: str, device: str, preceding_text: str) -> None:
        self.token = token
        self.stream = stream
        self.about = {"writer": writer, "device": device, "precedingText": preceding_text}
        self.epoch = time.time_ns() // 1000
        self.sequence = 1
        self.stroke = -1
        self.is_down = False
        self.packets: list[tuple[int, dict[str, Any]]] = []
        self.seen = (0, 0)
        self.questions = 0

    def hello(self) -> str:
        before = self.packets[0][1]["sequence"] - 1 if self.packets else self.sequence - 1
        message: dict[str, Any] = {
            "type": "hello", "token": self.token, "stream": self.stream, "epoch": self.epoch, "sequence": before,
            "seenEpoch": self.seen[0], "seenNumber": self.seen[1],
        }
        message.update({name: value for name, value in self.about.items() if value})
        return json.dumps(message)

    def samples(self, points: Iterable[Point]) -> str | None:
        points = list(points)
        if not points:
            return None
        message: dict[str, Any] = {"type": "samples", "x": [], "y": []}
        for point in points:
            message["x"].append(point.x)
            message["y"].append(point.y)
            if point.contact and not self.is_down:
                self.stroke += 1
            if point.contact:
                message.setdefault("stroke", self.stroke)
            self.is_down = point.contact
        for name in ("t", "p"):
            column = [getattr(point, name) for point in points]
            if all(value is not None for value in column):
                message[name] = column
        if not all(point.contact for point in points):
            message["contact"] = [int(point.contact) for point in points]
        return self.packet(message)

    def packet(self, message: dict[str, Any]) -> str:
        message["sequence"] = self.sequence
        self.sequence += 1
        self.packets.append((self.stroke, message))
        return json.dumps(message)

    def question(self, segment: int, text: str) -> tuple[int, str]:
        self.questions += 1
        return self.questions, json.dumps({"type": "correct", "id": self.questions, "segment": segment, "text": text})

    def event(self, message: dict[str, Any]) -> Event | None:
        """The event that a message is; None for repeats and for what is no event."""
        kind = message["type"]
        if kind in ("partial", "final"):
            number = (message["epoch"], message["number"])
            if number <= self.seen:
                return None
            self.seen = number
            if kind == "final":
                self._forget(message["strokes"])
            return Event(kind, message["text"], message["segment"], message["committed"], message)
        if kind in ("event", "review"):
            return Event(kind, message[kind].get("text", ""), int(message[kind].get("segment", 0)), 0, message[kind])
        return None

    def _forget(self, strokes: list[int]) -> None:
        if not strokes:
            return
        last = max(strokes)
        end = 0
        for index, (stroke, message) in enumerate(self.packets):
            if stroke <= last and message["type"] == "samples":
                end = index + 1
        while end < len(self.packets) and self.packets[end][1]["type"] == "end":
            end += 1
        del self.packets[:end]


def pen_url(address: str) -> str:
    return "ws" + address.removeprefix("http").rstrip("/") + "/v1/pen"


def closed(error: websockets.exceptions.ConnectionClosed) -> PenClosed:
    reason = error.rcvd.reason if error.rcvd else ""
    return PenClosed(reason or "the connection broke", "open a new pen")


def is_refusal(error: websockets.exceptions.ConnectionClosed) -> bool:
    return error.rcvd is not None and error.rcvd.code in (1007, 1008)
