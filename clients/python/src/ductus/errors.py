"""What goes wrong, in the daemon's words."""

from __future__ import annotations


class DuctusError(Exception):
    """The daemon refused. `remedy` says what to do about it; `status` is the HTTP status, where there is one."""

    def __init__(self, message: str, remedy: str = "", status: int | None = None) -> None:
        super().__init__(f"{message}: {remedy}" if remedy else message)
        self.message = message
        self.remedy = remedy
        self.status = status
