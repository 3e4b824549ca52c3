"""What is read from a peer at most, each with its reason. A record is about a kilobyte, a batch of 100 about 100."""

from __future__ import annotations

from typing import Final

__all__ = [
    "CONNECTIONS",
    "IDLE_SECONDS",
    "MAX_BODY",
    "MAX_CHUNKS",
    "MAX_CHUNK_LINE",
    "MAX_HEAD",
    "MAX_HEADER_LINES",
    "MAX_INFORMATIONAL",
    "MAX_LENGTH_DIGITS",
    "MAX_WIRE",
    "QUIET_SECONDS",
    "READ",
    "SPARE",
]

MAX_HEAD: Final = 64 * 1024
"""Bytes of one answer's status line and headers. Servers send one or two thousand; common ones accept 8 to 80."""

MAX_HEADER_LINES: Final = 256
"""Lines of them: each costs some microseconds to check, and a whole head is checked at one go."""

MAX_INFORMATIONAL: Final = 64
"""Answers of class 1xx before the final one. Two would be many; without an end they would never let go."""

MAX_WIRE: Final = 2 * 1024 * 1024
"""Bytes of one exchange as they come over the connection, whatever they are: headers, chunk sizes, trailers."""

MAX_BODY: Final = 1024 * 1024
"""Bytes of a body once its content coding is undone: a thousand records."""

MAX_CHUNKS: Final = 4_096
"""Pieces of a chunked body. A server that sends less than 256 bytes a chunk is keeping us busy."""

MAX_CHUNK_LINE: Final = 1_024
"""Bytes of the line before a chunk: eight digits, and extensions that nobody reads."""

MAX_LENGTH_DIGITS: Final = 15
"""Digits of a `Content-Length`: a petabyte has 16, and what has more is no length of anything."""

READ: Final = 16 * 1024
"""Bytes taken from a connection at one go: a TLS record's worth, and what an event loop works off in a millisecond."""

CONNECTIONS: Final = 100
"""Connections to one origin, in use or idle. Who comes later waits, within its own budget."""

QUIET_SECONDS: Final = 0.1
"""
How long a connection has had nothing to say before it is used again without need. An answer that nobody asked
for may come a little behind the right one, and would be taken for the answer to the next request.
"""

SPARE: Final = 8
"""So many connections to an origin are made before one is used again that has not been quiet for so long."""

IDLE_SECONDS: Final = 15.0
"""How long an unused connection is kept. Common servers close theirs after 5 to 75 seconds."""
