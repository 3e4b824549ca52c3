"""
An entry as bytes that other processes can read, and back.

- A line with the format, the moment and a digest, then JSON. With a secret the digest is an HMAC, and
  whatever was not sealed with the same secret is nothing.
- What is damaged, cut, too large, of another format, or about anything else than what was asked
  is nothing too: reading never raises, never guesses, and never runs what it reads.
- Reading gives back exactly what was written, or nothing.
- With a secret, a sealed entry is taken as it stands. Without one anybody may have made it: every record is
  read as one from outside, and one that reads otherwise than it is written is nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Final, cast

from icpgate.answer import ByDocument, ByNumber, Found, NotRegistered, Observation, echoes
from icpgate.jsontext import loads
from icpgate.lives import observed_of
from icpgate.lookup.cache.entry import SCHEMA, Entry, key_of
from icpgate.lookup.snapshot.layout import microseconds, moment_of
from icpgate.lookup.steps import StoredEntry
from icpgate.number import ServiceKind, parse
from icpgate.record import Origin, RegisteredPlatform, RegistrationRecord, RegistrationStatus
from icpgate.signing import Platform

if TYPE_CHECKING:
    from collections.abc import Collection

    from icpgate.answer import Answer, Query
    from icpgate.jsontext import Json

__all__ = ["MAX_BLOB", "decode", "encode", "stored"]

MAX_BLOB: Final = 65_536
"""Bytes. An entry has about 800; one that is larger is kept in the process alone."""

_FORMAT: Final = f"icpgate {SCHEMA:03d}"
_HEAD: Final = re.compile(rf"({_FORMAT} ([0-9]{{20}})) ([0-9a-f]{{64}})\n".encode())


def encode(entry: Entry, secret: bytes | None, *, asked: str = "") -> bytes:
    """
    The entry as bytes; raises `ValueError` when nobody could say, which is never kept.

    `asked` is the registry that was asked, where another one answered for it: one of several.
    The document of a query stands in it as a hash keyed by `secret`, and without a secret not at
    all; a record in it has its own document number in clear.
    """
    return _sealed(entry, _observed(entry), secret, asked)


def stored(entry: Entry, key: str, seconds: float, secret: bytes | None, *, asked: str = "") -> StoredEntry:
    """
    The entry as a second level keeps it under `key` for so long; raises as `encode`.

    It is found by number where it is about one number, and by the entity of its first record.
    """
    observed = _observed(entry)
    number, entity = _about(entry.observation)
    return StoredEntry(key, _sealed(entry, observed, secret, asked), observed, seconds, entity, number)


def _about(observation: Observation) -> tuple[str, str]:
    query, answer = observation.query, observation.answer
    if type(query) is ByNumber:
        return query.number.canonical, query.number.entity_number
    if type(answer) is not Found:
        return "", ""
    numbers = {record.registration_number.canonical for record in answer.records}
    return numbers.pop() if len(numbers) == 1 else "", answer.record.entity_number


def _observed(entry: Entry) -> int:
    return max(0, microseconds(observed_of(entry.observation)))


def _sealed(entry: Entry, observed: int, secret: bytes | None, asked: str) -> bytes:
    text = json.dumps(_body(entry, secret, asked), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    body = text.encode("utf-8", "surrogatepass")
    head = f"{_FORMAT} {observed:020d}".encode()
    return b"%b %b\n%b" % (head, _digest(head, body, secret), body)


def _digest(head: bytes, body: bytes, secret: bytes | None) -> bytes:
    content = head + b"\n" + body
    digest = hmac.digest(secret, content, "sha256") if secret else hashlib.sha256(content).digest()
    return digest.hex().encode()


def _body(entry: Entry, secret: bytes | None, asked: str) -> dict[str, object]:
    observation = entry.observation
    answer = observation.answer
    body: dict[str, object] = {
        "key": _key(asked or observation.registry, observation.query, secret),
        "registry": observation.registry,
        "source": observation.source,
        "observed": microseconds(observation.observed_at),
        "asked": microseconds(entry.asked_at),
    }
    if observation.insecure_tls:
        body["insecure_tls"] = True
    if type(answer) is Found:
        return body | {"found": [record.written() for record in answer.records]}
    if type(answer) is NotRegistered:
        return body | {"not_registered": answer.scope}
    message = f"{type(answer).__name__} is never kept"
    raise ValueError(message)


def _key(registry: str, query: Query, secret: bytes | None) -> str:
    """As `key_of`. Without a secret a hash of a person's document would be a riddle that anybody solves."""
    if not secret and type(query) is ByDocument:
        return f"{registry}|{SCHEMA}|d||{query.package}"
    return key_of(registry, query, secret or b"")


def decode(
    blob: bytes, query: Query, registry: str, *, secret: bytes | None, answered_by: Collection[str] = ()
) -> Entry | None:
    """
    The entry that `encode` made of this registry's answer to this query; None for everything else.

    `answered_by` are others that it asks, and that may have answered for it. Whether the entry is
    young enough, of the past, and within what the registry may say is not looked at.
    """
    try:
        return _decoded(blob, query, registry, secret, answered_by)
    except Exception:  # noqa: BLE001 -- whatever stands there, it is no entry of ours
        return None


def _decoded(
    blob: object, query: Query, registry: str, secret: bytes | None, answered_by: Collection[str]
) -> Entry | None:
    match = _HEAD.match(blob) if type(blob) is bytes and len(blob) <= MAX_BLOB else None
    if match is None:
        return None
    body = match.string[match.end() :]
    if not hmac.compare_digest(match[3], _digest(match[1], body, secret)):
        return None
    # A digest is no proof of who wrote it; an HMAC is.
    members: Json = json.loads(body) if secret else loads(body, max_characters=MAX_BLOB)
    if not isinstance(members, dict) or members["key"] != _key(registry, query, secret):
        return None
    answer = _answer(members, query, trusted=bool(secret))
    answering = _text(members["registry"])
    # A mark that is there is true: who was not verified is no less so for what else stands there.
    insecure_tls = members.get("insecure_tls", False)
    if type(insecure_tls) is not bool or len(members) != _MEMBERS + insecure_tls:
        return None
    if answer is None or (answering != registry and answering not in answered_by):
        return None
    moment, asked_at = _moment(members["observed"]), _moment(members["asked"])
    source = _text(members["source"])
    entry = Entry(Observation(query, answer, moment, source, answering, insecure_tls=insecure_tls), asked_at)
    return entry if _observed(entry) == int(match[2]) else None


_MEMBERS: Final = 6


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _moment(value: Json) -> datetime:
    if type(value) is not int:
        raise TypeError
    return moment_of(value)


def _answer(members: dict[str, Json], query: Query, *, trusted: bool) -> Answer | None:
    if "not_registered" in members:
        return NotRegistered(_text(members["not_registered"]))
    rows = members["found"]
    if not isinstance(rows, list):
        return None
    records = tuple((_built if trusted else _read)(row) for row in rows)
    numbers = {record.registration_number for record in records}
    if len(numbers) != len(records) or (type(query) is ByNumber and len(records) != 1):
        return None
    return Found(records) if all(echoes(query, record) for record in records) else None


def _read(row: Json) -> RegistrationRecord:
    """A record that anybody may have written."""
    if not isinstance(row, dict):
        raise TypeError
    record = RegistrationRecord.read(row)
    if record.written() != row:
        raise ValueError
    return record


_STATUS: Final = {status.value: status for status in RegistrationStatus}
_KIND: Final[dict[object, ServiceKind | None]] = {None: None} | {kind.value: kind for kind in ServiceKind}
_ORIGIN: Final = {origin.value: origin for origin in Origin}
_PLATFORM: Final[dict[object, Platform | None]] = {None: None} | {platform.value: platform for platform in Platform}
_LISTED: Final = ("domains", "endpoints", "access_providers", "pre_approvals")


def _built(row: Json) -> RegistrationRecord:
    """A record that `encode` wrote; its types are checked as those of every record, its texts are not."""
    values = cast("dict[str, object]", dict(cast("dict[str, Json]", row)))  # one that is no object raises here
    del values["entity_number"]
    values["registration_number"] = parse(values["registration_number"])
    values["status"] = _STATUS[cast("str", values["status"])]
    values["origin"] = _ORIGIN[cast("str", values["origin"])]
    values["kind"] = _KIND[values.get("kind")]
    values["observed_at"] = datetime.fromisoformat(cast("str", values["observed_at"]))
    if "approved_at" in values:
        values["approved_at"] = datetime.fromisoformat(cast("str", values["approved_at"]))
    if "platforms" in values:
        values["platforms"] = tuple(map(_platform, cast("list[dict[str, str]]", values["platforms"])))
    for name in _LISTED:
        if name in values:
            values[name] = tuple(cast("list[str]", values[name]))
    return RegistrationRecord(**values)  # type: ignore[arg-type]  # each is checked by the record itself


def _platform(row: dict[str, str]) -> RegisteredPlatform:
    values: dict[str, object] = {**row, "platform": _PLATFORM[row.get("platform")]}
    return RegisteredPlatform(**values)  # type: ignore[arg-type]  # each is checked by the platform itself
