"""Live pens over a WebSocket. What has no final yet is sent again after a reconnection."""

from __future__ import annotations

import json
import ssl as tls
import time
from typing import Any, Iterable, Iterator

import websockets.exceptions
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as connect_sync

from .errors import DuctusError
from .pen_stream import Event, PenClosed, PenStream, Point, closed, is_refusal, pen_url


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
        self._ink = PenStream(token, stream, writer, device, preceding_text)
        self._url = pen_url(address)
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
                if is_refusal(error) or time.monotonic() > deadline:
                    raise closed(error) from error
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
            if is_refusal(error):
                raise closed(error) from error
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
                if is_refusal(error):
                    raise closed(error) from error
                self._connect()
