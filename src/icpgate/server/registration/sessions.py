"""
Who is logged in: sessions of this process, and the proof that a form was sent from a page of ours.

- A session's id is random and known to the browser alone; here only its digest is kept.
- It ends after half an hour without a request, after eight hours in any case, or when its account logs out.
- The proof in a form is made of the cookie that came with the page and of a secret of this process: another
  site can have neither read.
"""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.registration.application import Actor

__all__ = ["IDLE_SECONDS", "WHOLE_SECONDS", "Sessions"]

IDLE_SECONDS: Final = 1_800.0
WHOLE_SECONDS: Final = 28_800.0
"""A working day; a token has to be shown again on the next one."""

MOST: Final = 1_000
"""Sessions at once; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class _Session:
    actor: Actor
    began: float
    seen: float


class Sessions:
    """The sessions of one application; used on its event loop alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that never go back."""
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._sessions: dict[bytes, _Session] = {}

    def begin(self, actor: Actor) -> str:
        """The id of a new session, for the cookie and for nothing else."""
        now = self._clock()
        while len(self._sessions) >= MOST:
            del self._sessions[next(iter(self._sessions))]
        session_id = self.new_key()
        self._sessions[_digest(session_id)] = _Session(actor, now, now)
        return session_id

    def actor(self, session_id: str) -> Actor | None:
        """Whose session it is, or None when it has ended or never was; a session that is asked for goes on."""
        key, now = _digest(session_id), self._clock()
        session = self._sessions.get(key)
        if session is None:
            return None
        if now - session.seen >= IDLE_SECONDS or now - session.began >= WHOLE_SECONDS:
            del self._sessions[key]
            return None
        self._sessions[key] = replace(session, seen=now)
        return session.actor

    def end(self, session_id: str) -> None:
        """The session is over, if it was one."""
        self._sessions.pop(_digest(session_id), None)

    @staticmethod
    def new_key() -> str:
        """A random cookie that nobody guesses."""
        return secrets.token_urlsafe(32)

    def proof(self, key: str) -> str:
        """What a form must bring back, from a page that came with this cookie."""
        return hmac.new(self._secret, key.encode("utf-8", "replace"), sha256).hexdigest()

    def is_proof(self, key: str, given: str) -> bool:
        """Whether a form brought it back; compared in constant time."""
        return bool(key) and hmac.compare_digest(self.proof(key).encode(), given.encode("utf-8", "replace"))


def _digest(session_id: str) -> bytes:
    return sha256(session_id.encode("utf-8", "replace")).digest()
