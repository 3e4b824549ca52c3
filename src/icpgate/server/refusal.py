"""A request that is not answered: its HTTP status and its error, in the one shape of the protocol."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from icpgate.errors import IcpGateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from icpgate.errors import Defect

__all__ = ["Refused"]


class Refused(IcpGateError):
    """
    A request that gets an error instead of an answer; it is sent, never raised to a caller.

    Nothing in it repeats what was received. `defects` lists every bad query of a batch, `details`
    what else a program may want to know.
    """

    def __init__(  # noqa: PLR0913 -- the parts of one response, all by name
        self,
        status: int,
        message: str,
        *,
        code: str,
        hint: str = "",
        defects: Sequence[Defect] = (),
        details: Mapping[str, object] | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Keep the parts of the response apart."""
        super().__init__(message, hint=hint, code=code)
        self.status = status
        self.defects = tuple(defects)
        self.details = details or {}
        self.headers = tuple(headers)

    @property
    def body(self) -> bytes:
        """The error as JSON."""
        error: dict[str, object] = {"code": self.code, "message": self.message, "hint": self.hint, **self.details}
        if self.defects:
            error["defects"] = [
                {"place": defect.place, "code": defect.code, "message": defect.message, "hint": defect.hint}
                for defect in self.defects
            ]
        return json.dumps({"error": error}, ensure_ascii=False, separators=(",", ":")).encode()
