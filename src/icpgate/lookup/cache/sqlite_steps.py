"""
The steps of a level in SQL, each in one transaction. Times are milliseconds of the wall clock, but for rates.

Raise `sqlite3.Error`, and leave no transaction open.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from icpgate.lookup.cache.encoding import MAX_BLOB

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from icpgate.lookup.steps import Drop, GetMany, Lock, PutMany, StoredEntry, Take, Unlock

__all__ = ["count", "drop_named", "drop_range", "get", "last_row", "lock", "make_room", "put", "take", "unlock"]

KEYS_A_STATEMENT: Final = 500
"""SQLite takes 999 parameters in its oldest form."""

LATEST: Final = 86_400
"""Seconds. A moment further ahead of our clock than any wrong clock is nonsense that must not fence."""

LONGEST: Final = 400 * 86_400
"""Seconds."""

_HOUR: Final = 3_600_000


@contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite may have rolled it back already
            connection.execute("ROLLBACK")
        raise


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(text: str) -> str:
    """A text that SQLite takes: half a character is none."""
    return text.encode("utf-8", "replace").decode()


_GET: Final = (
    "SELECT key, blob FROM entry WHERE expires > ? AND typeof(blob) = 'blob' AND length(blob) <= ? AND key IN "
)


def get(connection: sqlite3.Connection, step: GetMany, now: int) -> tuple[bytes | None, ...]:
    """See `GetMany`."""
    found: dict[bytes, bytes] = {}
    keys = [_bytes(key) for key in step.keys]
    for begin in range(0, len(keys), KEYS_A_STATEMENT):
        some = keys[begin : begin + KEYS_A_STATEMENT]
        rows = connection.execute(_GET + f"({', '.join('?' * len(some))})", (now, MAX_BLOB, *some))
        found.update(rows)
    return tuple(map(found.get, keys))


_PUT: Final = """
INSERT INTO entry (key, observed, expires, number, entity, blob) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET observed = excluded.observed, expires = excluded.expires,
  number = excluded.number, entity = excluded.entity, blob = excluded.blob
WHERE excluded.observed >= entry.observed OR entry.observed > ? OR typeof(entry.observed) <> 'integer'
"""


def put(connection: sqlite3.Connection, step: PutMany, now: int, max_pages: int) -> None:
    """See `PutMany`. What has expired, and what must leave for want of room, leaves by and by."""
    latest = (now + LATEST * 1_000) * 1_000
    rows = [_row(entry, now, latest) for entry in step.entries if len(entry.blob) <= MAX_BLOB and entry.seconds > 0]
    if not rows:
        return
    with _writing(connection):
        connection.executemany(_PUT, rows)
        some = 2 * len(rows) + 16
        connection.execute(
            "DELETE FROM entry WHERE rowid IN (SELECT rowid FROM entry WHERE expires <= ? ORDER BY expires LIMIT ?)",
            (now, some),
        )
        connection.execute("DELETE FROM lock WHERE expires <= ?", (now,))
        if _pages_used(connection) > max_pages * 9 // 10:
            _make_room(connection, some)


def _row(entry: StoredEntry, now: int, latest: int) -> Sequence[object]:
    expires = now + int(min(entry.seconds, LONGEST) * 1_000)
    about = _text(entry.number), _text(entry.entity)
    return _bytes(entry.key), max(0, entry.observed), expires, *about, entry.blob, latest


def _pages_used(connection: sqlite3.Connection) -> int:
    [pages], [free] = (connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "freelist_count"))
    return int(pages - free)


def make_room(connection: sqlite3.Connection, entries: int) -> None:
    """Let those leave that are soonest of no use."""
    with _writing(connection):
        _make_room(connection, entries)


def _make_room(connection: sqlite3.Connection, entries: int) -> None:
    connection.execute(
        "DELETE FROM entry WHERE rowid IN (SELECT rowid FROM entry ORDER BY expires LIMIT ?)", (entries,)
    )


def lock(connection: sqlite3.Connection, step: Lock, now: int) -> str | None:
    """See `Lock`. One that ends later than any could was taken by a clock that has been set back since."""
    token = secrets.token_hex(8)
    kept = int(min(step.seconds, LONGEST) * 1_000)
    taken = connection.execute(
        "INSERT INTO lock (key, token, expires) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE"
        " SET token = excluded.token, expires = excluded.expires WHERE lock.expires <= ? OR lock.expires > ?",
        (_bytes(step.key), token, now + kept, now, now + kept + _HOUR),
    )
    return token if taken.rowcount == 1 else None


def unlock(connection: sqlite3.Connection, step: Unlock) -> None:
    """See `Unlock`."""
    connection.execute("DELETE FROM lock WHERE key = ? AND token = ?", (_bytes(step.key), step.token))


def take(connection: sqlite3.Connection, step: Take, now: int) -> tuple[float, int]:
    """See `Take`: the generic cell rate algorithm and a count of the day, by the clock of this machine."""
    name, day = _bytes(step.name), _text(step.day)
    with _writing(connection):
        used = _number(connection, "SELECT used FROM quota WHERE name = ? AND day = ?", (name, day))
        if step.per_day and used >= step.per_day:
            return -1.0, 0
        left = step.per_day - used if step.per_day else -1
        due, wait = _due(connection, step, name, now * 1_000) if step.interval > 0 else (0, 0)
        if wait > max(0.0, step.longest) * 1_000_000:
            return wait / 1_000_000, left
        if due:
            connection.execute("REPLACE INTO rate (name, due) VALUES (?, ?)", (name, due))
        if step.per_day:
            expires = now + int(step.resets * 1_000) + _HOUR
            connection.execute("REPLACE INTO quota VALUES (?, ?, ?, ?)", (name, day, used + 1, expires))
            connection.execute("DELETE FROM quota WHERE expires <= ?", (now,))
            left -= 1
    return wait / 1_000_000, left


def _due(connection: sqlite3.Connection, step: Take, name: bytes, now: int) -> tuple[int, int]:
    """In microseconds: when the next request will be due, and how long this one must wait."""
    interval = max(1, int(step.interval * 1_000_000))
    due = _number(connection, "SELECT due FROM rate WHERE name = ?", (name,))
    if not now <= due <= now + step.burst * interval + _HOUR * 1_000:
        due = now
    due += interval
    return due, max(0, due - step.burst * interval - now)


def _number(connection: sqlite3.Connection, query: str, values: Sequence[object]) -> int:
    row = connection.execute(query, values).fetchone()
    return max(0, row[0]) if row is not None and type(row[0]) is int else 0


def drop_named(connection: sqlite3.Connection, step: Drop) -> int:
    """Drop the entry of a key, or those of a number or an entity, as far as the rest agrees; how many."""
    wanted, values = _agreeing(step)
    return connection.execute(f"DELETE FROM entry WHERE {wanted}", values).rowcount  # noqa: S608 -- no values in it


def drop_range(connection: sqlite3.Connection, step: Drop, after: int, until: int) -> int:
    """Drop what agrees, of some rows: a part of a look through all of them."""
    wanted, values = _agreeing(step)
    statement = f"DELETE FROM entry WHERE rowid > ? AND rowid <= ? AND {wanted}"  # noqa: S608 -- as above
    return connection.execute(statement, (after, until, *values)).rowcount


def _agreeing(step: Drop) -> tuple[str, list[object]]:
    wanted: list[tuple[str, object]] = []
    if step.key:
        wanted.append(("key = ?", _bytes(step.key)))
    if step.number:
        wanted.append(("number <> '' AND number = ?", _text(step.number)))
    if step.entity:
        wanted.append(("entity <> '' AND entity = ?", _text(step.entity)))
    if step.before is not None:
        wanted.append(("observed < ?", step.before))
    return " AND ".join(["1", *(condition for condition, _ in wanted)]), [value for _, value in wanted]


def count(connection: sqlite3.Connection, now: int) -> int:
    """See `Count`."""
    [entries] = connection.execute("SELECT count(*) FROM entry WHERE expires > ?", (now,)).fetchone()
    return int(entries)


def last_row(connection: sqlite3.Connection) -> int:
    """Beyond which there is no row now."""
    [last] = connection.execute("SELECT max(rowid) FROM entry").fetchone()
    return last if type(last) is int else 0
