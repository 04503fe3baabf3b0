"""Live pens over ZeroMQ; needs `pip install ductus[zeromq]`."""

from __future__ import annotations

import asyncio
import os
import time
from importlib import resources
from typing import Any, AsyncIterator, Iterable, Iterator

import zmq
import zmq.asyncio
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from .errors import DuctusError
from .pen_stream import Event, Point
from .runtime import find


def _messages() -> dict[str, Any]:
    """The protocol's messages, from its description: no generated code that must fit the runtime."""
    files = descriptor_pb2.FileDescriptorSet.FromString(resources.files(__package__).joinpath("protocol.desc").read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    names = ("InkMessage", "LabelEvent", "ControlRequest", "ControlReply")
    make = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
    return {name: make(pool.FindMessageTypeByName(f"ductus.v1.{name}")) for name in names}


_MESSAGES = _messages()


class _Ink:
    """What a pen sends, as messages of the protocol."""

    def __init__(self, stream: str, writer: str, device: str) -> None:
        self.stream = stream
        self.hello = {"writer": writer, "device": device}
        self.epoch = time.time_ns() // 1000
        self.sequence = 0
        self.stroke = -1
        self.is_down = False

    def message(self, **body: Any) -> list[bytes]:
        message = _MESSAGES["InkMessage"](version=1, epoch=self.epoch, sequence=self.sequence, **body)
        self.sequence += 1
        return [f"ink.{self.stream}".encode(), message.SerializeToString()]

    def samples(self, points: Iterable[Point]) -> list[bytes]:
        points = list(points)
        body: dict[str, Any] = {"x": [point.x for point in points], "y": [point.y for point in points]}
        for point in points:
            if point.contact and not self.is_down:
                self.stroke += 1
            if point.contact:
                body.setdefault("first_stroke", self.stroke)
            self.is_down = point.contact
        times = [point.t for point in points if point.t is not None]
        if len(times) == len(points):
            micro = [round(t * 1000) for t in times]
            body["time"] = [micro[0], *(b - a for a, b in zip(micro, micro[1:]))]
        pressures = [point.p for point in points if point.p is not None]
        if len(pressures) == len(points):
            body["pressure"] = pressures
        if not all(point.contact for point in points):
            body["contact"] = [point.contact for point in points]
        return self.message(samples=body)


def _event(payload: bytes) -> Event:
    label = _MESSAGES["LabelEvent"].FromString(payload)
    kind = "final" if label.state == 2 else "partial"
    raw = {
        "epoch": label.epoch, "number": label.number, "strokes": list(label.strokes),
        "alternatives": [{"text": other.text, "score": other.score} for other in label.alternatives],
        "symbols": [[symbol.text, symbol.confidence] for symbol in label.symbols],
    }
    return Event(kind, label.text, label.segment, label.committed, raw)


def _correction(stream: str, segment: int, text: str) -> bytes:
    body = {"stream": stream, "segment": segment, "text": text}
    request: bytes = _MESSAGES["ControlRequest"](version=1, id=1, correct=body).SerializeToString()
    return request


def _corrected(payload: bytes) -> int:
    reply = _MESSAGES["ControlReply"].FromString(payload)
    if reply.WhichOneof("body") == "failure":
        raise DuctusError(reply.failure.message, reply.failure.remedy)
    return int(reply.correct.correction)


def _endpoints(directory: str | os.PathLike[str] | None) -> dict[str, str]:
    place = os.fspath(directory) if directory is not None else str(find().directory)
    return {name: f"ipc://{place}/{name}" for name in ("ink", "labels", "control")}


class ZeroMQPen:
    """A live pen over ZeroMQ, on this machine. Use it in a `with` block, from one thread."""

    def __init__(
        self, stream: str, *, directory: str | os.PathLike[str] | None = None, writer: str = "", device: str = "",
        endpoints: dict[str, str] | None = None,
    ) -> None:
        self._ink = _Ink(stream, writer, device)
        self._endpoints = endpoints or _endpoints(directory)
        self._context = zmq.Context()

    def __enter__(self) -> "ZeroMQPen":
        self._labels = self._context.socket(zmq.SUB)
        self._labels.connect(self._endpoints["labels"])
        self._labels.subscribe(f"labels.{self._ink.stream}")
        self._labels.subscribe(f"ready.{self._ink.stream}")
        _expect(self._labels, "the labels' socket does not answer")
        self._labels.recv_multipart()
        self._pen = self._context.socket(zmq.XPUB)
        self._pen.connect(self._endpoints["ink"])
        _expect(self._pen, "the ink's socket does not answer")
        self._pen.recv()
        self._pen.send_multipart(self._ink.message(hello=self._ink.hello))
        return self

    def __exit__(self, *_: object) -> None:
        self._context.destroy(linger=500)

    def write(self, points: Iterable[Point]) -> None:
        self._pen.send_multipart(self._ink.samples(points))

    def stroke(self, points: Iterable[Point]) -> int:
        points = list(points)
        self.write([*points, Point(points[-1].x, points[-1].y, points[-1].t, points[-1].p, contact=False)])
        return self._ink.stroke

    def end(self) -> None:
        self._pen.send_multipart(self._ink.message(end_of_segment={}))

    def retract(self, strokes: Iterable[int]) -> None:
        self._pen.send_multipart(self._ink.message(retraction={"strokes": list(strokes)}))

    def events(self, timeout: float | None = None) -> Iterator[Event]:
        """Events as they come; ends when none came for `timeout` seconds."""
        topic = f"labels.{self._ink.stream}".encode()
        while self._labels.poll(None if timeout is None else int(timeout * 1000)):
            found, payload = self._labels.recv_multipart()
            if found == topic:
                yield _event(payload)

    def final(self, timeout: float = 10) -> Event:
        for event in self.events(timeout):
            if event.is_final:
                return event
        raise TimeoutError("no final came")

    def correct(self, segment: int, text: str, timeout: float = 10) -> int:
        with self._context.socket(zmq.REQ) as control:
            control.connect(self._endpoints["control"])
            control.send(_correction(self._ink.stream, segment, text))
            if not control.poll(int(timeout * 1000)):
                raise DuctusError("the control socket does not answer", "start ductusd, or check the directory")
            return _corrected(control.recv())


class AsyncZeroMQPen:
    """The same for asyncio; use it in an `async with` block, and iterate over it for its events."""

    def __init__(
        self, stream: str, *, directory: str | os.PathLike[str] | None = None, writer: str = "", device: str = "",
        endpoints: dict[str, str] | None = None,
    ) -> None:
        self._ink = _Ink(stream, writer, device)
        self._endpoints = endpoints or _endpoints(directory)
        self._context = zmq.asyncio.Context()

    async def __aenter__(self) -> "AsyncZeroMQPen":
        self._labels = self._context.socket(zmq.SUB)
        self._labels.connect(self._endpoints["labels"])
        self._labels.subscribe(f"labels.{self._ink.stream}")
        self._labels.subscribe(f"ready.{self._ink.stream}")
        await asyncio.wait_for(self._labels.recv_multipart(), 5)
        self._pen = self._context.socket(zmq.XPUB)
        self._pen.connect(self._endpoints["ink"])
        await asyncio.wait_for(self._pen.recv(), 5)
        await self._pen.send_multipart(self._ink.message(hello=self._ink.hello))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._context.destroy(linger=500)

    async def write(self, points: Iterable[Point]) -> None:
        await self._pen.send_multipart(self._ink.samples(points))

    async def end(self) -> None:
        await self._pen.send_multipart(self._ink.message(end_of_segment={}))

    async def __aiter__(self) -> AsyncIterator[Event]:
        topic = f"labels.{self._ink.stream}".encode()
        while True:
            found, payload = await self._labels.recv_multipart()
            if found == topic:
                yield _event(payload)

    async def final(self) -> Event:
        """The next final."""
        async for event in self:
            if event.is_final:
                return event
        raise DuctusError("the pen was closed", "open a new one")

    async def correct(self, segment: int, text: str) -> int:
        with self._context.socket(zmq.REQ) as control:
            control.connect(self._endpoints["control"])
            await control.send(_correction(self._ink.stream, segment, text))
            return _corrected(await asyncio.wait_for(control.recv(), 10))


def _expect(socket: Any, complaint: str) -> None:
    if not socket.poll(5000):
        raise DuctusError(complaint, "start ductusd, or check the directory")
