"""Live pens over a WebSocket. What has no final yet is sent again after a reconnection."""

from __future__ import annotations

import asyncio
import json
import ssl as tls
import time
from dataclasses import dataclass, field
from typing import Any, AsyncIterator, Iterable, Iterator

import websockets
import websockets.exceptions
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as connect_sync

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


class _Ink:
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


def _url(address: str) -> str:
    return "ws" + address.removeprefix("http").rstrip("/") + "/v1/pen"


def _closed(error: websockets.exceptions.ConnectionClosed) -> PenClosed:
    reason = error.rcvd.reason if error.rcvd else ""
    return PenClosed(reason or "the connection broke", "open a new pen")


def _is_refusal(error: websockets.exceptions.ConnectionClosed) -> bool:
    return error.rcvd is not None and error.rcvd.code in (1007, 1008)


class Pen:
    """A live pen. Use it in a `with` block; it connects again by itself for `patience` seconds.

    For example::

        with Ductus().pen("desk") as pen:
            pen.write([Point(0, 0), Point(3, 9)])
            pen.end()
            for event in pen.events():
                print(event.text)
                if event.is_final:
                    break
    """

    def __init__(
        self, address: str, token: str, stream: str, *, writer: str = "", device: str = "", preceding_text: str = "",
        patience: float = 30, ssl: tls.SSLContext | None = None,
    ) -> None:
        self._ink = _Ink(token, stream, writer, device, preceding_text)
        self._url = _url(address)
        self._ssl = ssl
        self._patience = patience
        self._socket: ClientConnection | None = None
        self._waiting: list[Event] = []

    def __enter__(self) -> "Pen":
        self._connect()
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()

    @property
    def stream(self) -> str:
        return self._ink.stream

    def write(self, points: Iterable[Point]) -> None:
        """Sends reports of the pen."""
        self._send(self._ink.samples(points))

    def stroke(self, points: Iterable[Point]) -> int:
        """Draws a whole stroke and lifts the pen. Returns the stroke's number."""
        points = list(points)
        self.write([*points, Point(points[-1].x, points[-1].y, points[-1].t, points[-1].p, contact=False)])
        return self._ink.stroke

    def end(self) -> None:
        """The writer is done with what is written: it is read now."""
        self._send(self._ink.packet({"type": "end"}))

    def retract(self, strokes: Iterable[int]) -> None:
        """Takes strokes back, by their numbers."""
        self._send(self._ink.packet({"type": "retract", "strokes": list(strokes)}))

    def events(self, timeout: float | None = None) -> Iterator[Event]:
        """Events as they come; ends when none came for `timeout` seconds."""
        while True:
            while self._waiting:
                yield self._waiting.pop(0)
            try:
                message = self._receive(timeout)
            except TimeoutError:
                return
            event = self._ink.event(message)
            if event is not None:
                yield event

    def final(self, timeout: float = 10) -> Event:
        """The next final. Raises `TimeoutError`."""
        for event in self.events(timeout):
            if event.is_final:
                return event
        raise TimeoutError("no final came")

    def correct(self, segment: int, text: str, timeout: float = 10) -> int:
        """Says what a segment really is. Returns the correction's number, once it is on disk."""
        number, question = self._ink.question(segment, text)
        self._send(question)
        while True:
            message = self._receive(timeout)
            if message.get("id") == number and message["type"] == "corrected":
                return int(message["correction"])
            if message.get("id") == number and message["type"] == "refused":
                raise DuctusError(message["message"], message.get("remedy", ""))
            event = self._ink.event(message)
            if event is not None:
                self._waiting.append(event)

    def _connect(self) -> None:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                socket = connect_sync(self._url, ssl=self._ssl, max_size=None)
                socket.send(self._ink.hello())
                if json.loads(socket.recv(timeout=10))["type"] == "welcome":
                    pass
                for _, packet in self._ink.packets:
                    socket.send(json.dumps(packet))
                self._socket = socket
                return
            except websockets.exceptions.ConnectionClosed as error:
                if _is_refusal(error) or time.monotonic() > deadline:
                    raise _closed(error) from error
            except OSError as error:
                if time.monotonic() > deadline:
                    raise PenClosed(f"{self._url} does not answer", "start ductusd, or check the address") from error
            time.sleep(0.25)

    def _send(self, text: str | None) -> None:
        if text is None or self._socket is None:
            return
        try:
            self._socket.send(text)
        except websockets.exceptions.ConnectionClosed as error:
            if _is_refusal(error):
                raise _closed(error) from error
            # Sends what has no final, and so this, too.
            self._connect()

    def _receive(self, timeout: float | None) -> dict[str, Any]:
        while True:
            if self._socket is None:
                raise PenClosed("the pen is not connected", "use it in a with block")
            try:
                message: dict[str, Any] = json.loads(self._socket.recv(timeout=timeout))
                return message
            except websockets.exceptions.ConnectionClosed as error:
                if _is_refusal(error):
                    raise _closed(error) from error
                self._connect()


class AsyncPen:
    """The same for asyncio; use it in an `async with` block, and iterate over it for its events."""

    def __init__(
        self, address: str, token: str, stream: str, *, writer: str = "", device: str = "", preceding_text: str = "",
        patience: float = 30, ssl: tls.SSLContext | None = None,
    ) -> None:
        self._ink = _Ink(token, stream, writer, device, preceding_text)
        self._url = _url(address)
        self._ssl = ssl
        self._patience = patience
        self._socket: Any = None
        self._events: asyncio.Queue[Event | Exception] = asyncio.Queue()
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "AsyncPen":
        await self._connect()
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.cancel()
        if self._socket is not None:
            await self._socket.close()

    @property
    def stream(self) -> str:
        return self._ink.stream

    async def write(self, points: Iterable[Point]) -> None:
        await self._send(self._ink.samples(points))

    async def stroke(self, points: Iterable[Point]) -> int:
        points = list(points)
        await self.write([*points, Point(points[-1].x, points[-1].y, points[-1].t, points[-1].p, contact=False)])
        return self._ink.stroke

    async def end(self) -> None:
        await self._send(self._ink.packet({"type": "end"}))

    async def retract(self, strokes: Iterable[int]) -> None:
        await self._send(self._ink.packet({"type": "retract", "strokes": list(strokes)}))

    async def correct(self, segment: int, text: str) -> int:
        number, question = self._ink.question(segment, text)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        await self._send(question)
        message = await answer
        if message["type"] == "refused":
            raise DuctusError(message["message"], message.get("remedy", ""))
        return int(message["correction"])

    async def final(self) -> Event:
        """The next final."""
        async for event in self:
            if event.is_final:
                return event
        raise PenClosed("the pen was closed", "open a new one")

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            event = await self._events.get()
            if isinstance(event, Exception):
                raise event
            yield event

    async def _read(self) -> None:
        while True:
            try:
                message = json.loads(await self._socket.recv())
            except websockets.exceptions.ConnectionClosed as error:
                for answer in self._answers.values():
                    answer.cancel()
                self._answers.clear()
                try:
                    if _is_refusal(error):
                        raise _closed(error) from error
                    await self._connect()
                except PenClosed as closed:
                    await self._events.put(closed)
                    return
                continue
            answer = self._answers.pop(message.get("id", 0), None)
            if answer is not None and not answer.done():
                answer.set_result(message)
                continue
            event = self._ink.event(message)
            if event is not None:
                await self._events.put(event)

    async def _connect(self) -> None:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                socket = await websockets.connect(self._url, ssl=self._ssl, max_size=None)
                await socket.send(self._ink.hello())
                await asyncio.wait_for(socket.recv(), 10)
                for _, packet in self._ink.packets:
                    await socket.send(json.dumps(packet))
                self._socket = socket
                return
            except websockets.exceptions.ConnectionClosed as error:
                if _is_refusal(error) or time.monotonic() > deadline:
                    raise _closed(error) from error
            except OSError as error:
                if time.monotonic() > deadline:
                    raise PenClosed(f"{self._url} does not answer", "start ductusd, or check the address") from error
            await asyncio.sleep(0.25)

    async def _send(self, text: str | None) -> None:
        if text is None or self._socket is None:
            return
        try:
            await self._socket.send(text)
        except websockets.exceptions.ConnectionClosed:
            # The reader connects again, and sends what has no final.
            return
