"""Client of the Ductus daemon: live pens, one-shot reading of handwriting, corrections.

The README has complete examples. `Ductus` and `AsyncDuctus` ask by HTTP; their `pen()` is a live stream over a WebSocket;
`ductus.zeromq` has the same over ZeroMQ.
"""

from .async_pen import AsyncPen
from .errors import DuctusError
from .http import AsyncDuctus, Ductus
from .pen import Pen
from .pen_stream import Event, PenClosed, Point
from .reading import Box, Candidate, Line, Reading, Stroke, Symbol, Word
from .runtime import Service, find

__all__ = [
    "AsyncDuctus", "AsyncPen", "Box", "Candidate", "Ductus", "DuctusError", "Event", "Line", "Pen", "PenClosed", "Point", "Reading",
    "Service", "Stroke", "Symbol", "Word", "find",
]
