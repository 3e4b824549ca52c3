"""
A page for people in place of JSON: is somebody to be convinced, or is it only the wrong page?

A challenge wants something of its reader: to solve, to log in, to run a script, to come from elsewhere. Who
meets one leaves the gateway alone for a while. Any other page says nothing, and is *malformed*.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from icpgate.answer import Why
from icpgate.lookup.mapping.body import read_body
from icpgate.lookup.steps import Unanswered

if TYPE_CHECKING:
    from icpgate.jsontext import Json
    from icpgate.lookup.steps import Response

__all__ = ["is_challenge", "read_page"]

_DEMANDS: Final = re.compile(
    rb"<(?:form|script|input|iframe|noscript|canvas)\b|http-equiv\s*=\s*[\"']?refresh|captcha|challenge|verif|forbidden"
    rb"|denied|blocked|firewall|\bwaf\b|log\s?-?in|sign\s?-?in|password|too many|unusual traffic|cookie",
    re.IGNORECASE,
)
_WORDS: Final = ("创宇盾", "黑客攻击", "拦截", "防火墙", "验证", "滑块", "登录", "频繁", "频次", "禁止")
"""What firewalls in front of the registration system say, and pages that want a login."""

_LONGEST: Final = 262_144
"""Bytes that are searched: what a page wants stands near its beginning."""


def is_challenge(body: bytes) -> bool:
    """Whether a page wants something of its reader, in whatever of the usual charsets it is."""
    page = body[:_LONGEST]
    return bool(_DEMANDS.search(page)) or any(
        word.encode(charset) in page for word in _WORDS for charset in ("utf-8", "gb18030")
    )


def read_page(response: Response) -> Json:
    """
    The JSON of a response; raises `Unanswered`.

    A page of HTML is *blocked* when it is a challenge and *malformed* otherwise.
    """
    try:
        return read_body(response)
    except Unanswered as problem:
        if problem.why is Why.BLOCKED and not is_challenge(response.body):
            raise Unanswered(Why.MALFORMED, "a page of HTML") from None
        raise
