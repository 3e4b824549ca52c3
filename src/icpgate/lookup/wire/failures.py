"""What the operating system and TLS report, as `Unanswered`: in our own few words, with nothing of theirs."""

from __future__ import annotations

import errno
import select
import ssl
from typing import TYPE_CHECKING, Final

from icpgate.answer import Why
from icpgate.lookup.steps import Unanswered

if TYPE_CHECKING:
    import socket
    from concurrent.futures import Future

    from icpgate.lookup.wire.conversation import Conversation
    from icpgate.lookup.wire.resolving import Addresses

__all__ = [
    "CLOSED",
    "late",
    "lost",
    "lost_while_connecting",
    "no_address",
    "no_socket",
    "readable",
    "timed_out",
    "unresolved",
    "unresolved_in_time",
]

_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""What this process or machine has run out of: that says nothing about the registry."""

CLOSED = "closed"
"""The detail of what is asked of a client that has been closed."""


def timed_out(doing: str) -> Unanswered:
    """The budget is used up; `doing` says with what."""
    return Unanswered(Why.TIMEOUT, doing)


def late(left: float, doing: str) -> float:
    """The seconds that are left; raises `Unanswered` when there are none."""
    if left <= 0:
        raise timed_out(doing)
    return left


def unresolved(error: BaseException) -> Unanswered:
    """A name without an address."""
    return Unanswered(Why.CONNECTION, "name" if isinstance(error, (OSError, UnicodeError)) else "resolver")


def no_address(addresses: Addresses) -> Unanswered:
    """None of the addresses, of which there may be none, could be connected to."""
    return Unanswered(Why.CONNECTION, "no connection" if addresses else "name")


def unresolved_in_time(resolving: Future[Addresses]) -> Unanswered:
    """The budget is used up while a name is being resolved, or while it waits for others that are."""
    begun = resolving.running() or resolving.done()
    return timed_out("name") if begun else Unanswered(Why.OVERLOADED, "resolver")


def no_socket(error: OSError) -> Unanswered | None:
    """Why there is no socket at all, for want of something of ours; None when another address may do."""
    return Unanswered(Why.OVERLOADED, "sockets") if error.errno in _EXHAUSTED else None


def lost_while_connecting(error: OSError) -> Unanswered:
    """TLS did not come about. A peer that is not who it should be is no matter of trying again."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unanswered(Why.PROTOCOL, "tls certificate")
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return Unanswered(Why.PROTOCOL, "tls")
    return Unanswered(Why.CONNECTION, "tls")


def lost(error: Exception | None, conversation: Conversation) -> Unanswered:
    """The connection broke while it was in use."""
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return Unanswered(Why.PROTOCOL, "tls")
    return conversation.cut()


if hasattr(select, "poll"):

    def readable(sock: socket.socket) -> bool:
        """Whether anything, were it the end, has come on a connection on which nothing is due."""
        poll = select.poll()
        poll.register(sock.fileno(), select.POLLIN)
        return bool(poll.poll(0))

else:  # pragma: no cover -- Windows

    def readable(sock: socket.socket) -> bool:
        """Whether anything, were it the end, has come on a connection on which nothing is due."""
        return bool(select.select([sock], [], [], 0)[0])
