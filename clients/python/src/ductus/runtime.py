"""Finds the daemon that runs on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .errors import DuctusError


@dataclass(frozen=True)
class Service:
    """A daemon: its address and token for HTTP, its directory for ZeroMQ."""

    directory: Path
    address: str
    token: str


def find(directory: str | os.PathLike[str] | None = None) -> Service:
    """The daemon of `directory`, else this user's, else the machine's.

    Raises `DuctusError` if none serves HTTP, or its token may not be read.
    """
    candidates = [Path(directory)] if directory is not None else _usual()
    for candidate in candidates:
        try:
            address = (candidate / "http.address").read_text().splitlines()[0]
            token = (candidate / "http.token").read_text().strip()
        except FileNotFoundError:
            continue
        except PermissionError as error:
            raise DuctusError(f"cannot read {error.filename}", "run as the daemon's user, or use a token of the allow-list") from error
        return Service(candidate, address, token)
    places = ", ".join(str(candidate) for candidate in candidates)
    raise DuctusError(f"no daemon serves HTTP in {places}", "start ductusd, or name its runtime directory")


def _usual() -> list[Path]:
    own = os.environ.get("XDG_RUNTIME_DIR")
    user = os.getuid()
    first = Path(own) / "ductus" if own else Path("/run/ductus" if user == 0 else f"/tmp/ductus-{user}")
    return [first, Path("/run/ductus")]
