"""Live pens over a WebSocket, for asyncio."""

from __future__ import annotations

import asyncio
import json
import ssl as tls
import time
from typing import Any, AsyncIterator, Iterable

import websockets
import websockets.exceptions

from .errors import DuctusError
from .pen_stream import Event, PenClosed, PenStream, Point, closed, is_refusal, pen_url


class AsyncPen:
    """A live pen for asyncio; use it in an `async with` block, and iterate over it for its events."""

    def __init__(
        self, address: str, token: str, stream: str, *, writer: str = "", device: str = "", preceding_text: str = "",
        patience: float = 30, ssl: tls.SSLContext | None = None,
    ) -> None:
        self._ink = PenStream(token, stream, writer, device, preceding_text)
        self._url = pen_url(address)
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
                    if is_refusal(error):
                        raise closed(error) from error
                    await self._connect()
                except PenClosed as reason:
                    await self._events.put(reason)
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
                if is_refusal(error) or time.monotonic() > deadline:
                    raise closed(error) from error
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
