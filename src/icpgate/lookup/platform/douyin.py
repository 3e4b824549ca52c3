"""
Douyin: what its status of a mini program is worth (query_record_status), and where it is asked.

The platform's pages show `{"data": {"status": 1}}` and say nowhere what a status means. Nothing is guessed: a
gatekeeper that was told may name the statuses that mean *not registered*, and every other is no answer,
because none of them repeats a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.answer import Why
from icpgate.lookup.mapping.model import Ask
from icpgate.lookup.mapping.template import Template
from icpgate.lookup.steps import Unanswered

if TYPE_CHECKING:
    from collections.abc import Collection

    from icpgate.jsontext import Json

__all__ = ["ADDRESS", "STATUS", "says_no"]

ADDRESS: Final = "https://open.douyin.com"
STATUS: Final = Ask(
    method="GET",
    path=Template.parse("/api/apps/v1/icp_record/query_record_status/", ()),
    headers=(("access-token", Template.parse("{secret:token}", ())),),
)


def says_no(value: Json, not_registered: Collection[int]) -> None:
    """Return when the status of a checked answer is one of these; otherwise raises `Unanswered`."""
    data = value.get("data") if isinstance(value, dict) else None
    status = data.get("status") if isinstance(data, dict) else None
    if type(status) is not int:
        raise Unanswered(Why.SCHEMA, "no status at /data/status")
    if status not in not_registered:
        raise Unanswered(Why.NOT_COVERED, "a status whose meaning is not public, without the number")
