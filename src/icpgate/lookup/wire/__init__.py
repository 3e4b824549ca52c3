"""
One HTTP/1.1 exchange within a budget, over a small pool of connections.

    message → connection (kept alive, or new) → conversation (no I/O) → incoming

- A budget in seconds covers everything: a free connection, name, connecting, TLS, sending, receiving.
- Every size is bounded before anything is allocated for it (`budgets`).
- A connection on which anything is left unread, or arrives unasked, is never used again.
- What fails is `Unanswered`; its detail is one of our own words and repeats nothing received.
"""

from __future__ import annotations

from icpgate.lookup.wire.asynchronous import AsyncWire
from icpgate.lookup.wire.blocking import BlockingWire
from icpgate.lookup.wire.message import Incoming, Origin, Outgoing

__all__ = ["AsyncWire", "BlockingWire", "Incoming", "Origin", "Outgoing"]
