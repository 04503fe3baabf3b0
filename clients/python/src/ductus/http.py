"""Requests over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Iterable

from .errors import DuctusError
from .async_pen import AsyncPen
from .pen import Pen
from .reading import Reading, Stroke, reading
from .runtime import find


class Ductus:
    """A daemon, asked by HTTP. Safe to use from several threads.

    Without arguments it is the daemon that runs on this machine; `directory` names its runtime directory.
    """

    def __init__(
        self, address: str | None = None, token: str | None = None, *, directory: str | os.PathLike[str] | None = None,
        timeout: float = 30, context: ssl.SSLContext | None = None,
    ) -> None:
        if address is None:
            service = find(directory)
            address, token = service.address, token or service.token
        self.address = address.rstrip("/")
        self.token = token or ""
        self.timeout = timeout
        self.context = context

    def recognize(
        self, strokes: Iterable[Stroke], *, layout: str = "line", writer: str = "", preceding_text: str = "", language: str = "",
        alternatives: int = 0,
    ) -> Reading:
        """Reads ink at once; nothing is kept. `layout` is "line" or "page"."""
        body = {
            "strokes": [stroke.json() for stroke in strokes], "layout": layout, "writer": writer, "precedingText": preceding_text,
            "language": language, "alternatives": alternatives,
        }
        return reading(self._ask("POST", "/v1/recognize", body=body))

    def status(self) -> dict[str, Any]:
        """How the daemon does: pipelines, lanes, counters."""
        return self._ask("GET", "/v1/status")

    def streams(self, prefix: str = "") -> list[dict[str, Any]]:
        """Streams being read whose names begin with `prefix`."""
        return self._ask("GET", "/v1/streams", query={"prefix": prefix}).get("streams", [])

    def correct(self, stream: str, segment: int, text: str) -> int:
        """Says what a segment really is. Returns the correction's number, once it is on disk."""
        body = {"stream": stream, "segment": str(segment), "text": text}
        return int(self._ask("POST", "/v1/corrections", body=body)["correction"])

    def models(self, writer: str = "") -> list[dict[str, Any]]:
        """Generations of weights; of one writer, or of all."""
        return self._ask("GET", "/v1/models", query={"writer": writer}).get("generations", [])

    def rollback(self, number: int, writer: str = "", pipeline: str = "") -> dict[str, Any]:
        """Back to an earlier generation of the same scope."""
        body = {"generation": {"writer": writer, "number": str(number)}, "pipeline": pipeline}
        return self._ask("POST", "/v1/rollback", body=body)

    def journal(self, writer: str = "", after: int = 0, limit: int = 0) -> list[dict[str, Any]]:
        """Corrections with their ink, those after number `after`."""
        query = {"writer": writer, "after": str(after), "limit": str(limit)}
        return self._ask("GET", "/v1/journal", query=query).get("entries", [])

    def erase(self, writer: str) -> dict[str, Any]:
        """Erases everything that is kept of a writer."""
        return self._ask("DELETE", "/v1/journal", query={"writer": writer})

    def pen(self, stream: str, *, writer: str = "", device: str = "", preceding_text: str = "") -> Pen:
        """A live stream, to be used in a `with` block."""
        return Pen(self.address, self.token, stream, writer=writer, device=device, preceding_text=preceding_text, ssl=self.context)

    def _ask(self, method: str, path: str, *, query: dict[str, str] | None = None, body: Any = None) -> dict[str, Any]:
        given = {name: value for name, value in (query or {}).items() if value}
        url = self.address + path + (f"?{urllib.parse.urlencode(given)}" if given else "")
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=self.timeout, context=self.context) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            raise _refusal(error) from None
        except urllib.error.URLError as error:
            raise DuctusError(f"{self.address} does not answer ({error.reason})", "start ductusd, or check the address") from error


def _refusal(error: urllib.error.HTTPError) -> DuctusError:
    try:
        problem = json.load(error)
        return DuctusError(problem["detail"], problem.get("remedy", ""), error.code)
    except (ValueError, KeyError):
        return DuctusError(f"HTTP status {error.code}", status=error.code)


class AsyncDuctus:
    """The same for asyncio."""

    def __init__(
        self, address: str | None = None, token: str | None = None, *, directory: str | os.PathLike[str] | None = None,
        timeout: float = 30, context: ssl.SSLContext | None = None,
    ) -> None:
        self._client = Ductus(address, token, directory=directory, timeout=timeout, context=context)

    @property
    def address(self) -> str:
        return self._client.address

    async def recognize(
        self, strokes: Iterable[Stroke], *, layout: str = "line", writer: str = "", preceding_text: str = "", language: str = "",
        alternatives: int = 0,
    ) -> Reading:
        return await asyncio.to_thread(
            self._client.recognize, list(strokes), layout=layout, writer=writer, preceding_text=preceding_text, language=language,
            alternatives=alternatives,
        )

    async def status(self) -> dict[str, Any]:
        return await asyncio.to_thread(self._client.status)

    async def streams(self, prefix: str = "") -> list[dict[str, Any]]:
        return await asyncio.to_thread(self._client.streams, prefix)

    async def correct(self, stream: str, segment: int, text: str) -> int:
        return await asyncio.to_thread(self._client.correct, stream, segment, text)

    async def models(self, writer: str = "") -> list[dict[str, Any]]:
        return await asyncio.to_thread(self._client.models, writer)

    async def rollback(self, number: int, writer: str = "", pipeline: str = "") -> dict[str, Any]:
        return await asyncio.to_thread(self._client.rollback, number, writer, pipeline)

    async def journal(self, writer: str = "", after: int = 0, limit: int = 0) -> list[dict[str, Any]]:
        return await asyncio.to_thread(self._client.journal, writer, after, limit)

    async def erase(self, writer: str) -> dict[str, Any]:
        return await asyncio.to_thread(self._client.erase, writer)

    def pen(self, stream: str, *, writer: str = "", device: str = "", preceding_text: str = "") -> AsyncPen:
        """A live stream, to be used in an `async with` block."""
        client = self._client
        return AsyncPen(
            client.address, client.token, stream, writer=writer, device=device, preceding_text=preceding_text, ssl=client.context)
