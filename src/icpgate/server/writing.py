"""
Writes observations as the answers of the registry protocol, so that their reader has them whole.

- `observed_at`, `source` and `detail` are the registry's own; only its id is not told.
- An answer that cannot be written is *unavailable*; it spoils no other answer of its batch.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, assert_never

from icpgate.answer import ByDocument, ByDomain, ByNumber, Found, NotRegistered, Observation, Unavailable, Why
from icpgate.record import RegistrationStatus, write_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icpgate.answer import Query
    from icpgate.lookup.interface import Capabilities

__all__ = ["MAX_ANSWERS", "write_answer", "write_answers", "write_capabilities"]

MAX_ANSWERS: Final = 16 * 1_048_576
"""Bytes of all answers to one batch; a thousand ordinary records are one megabyte."""


def write_answer(observation: Observation) -> bytes:
    """One answer as a JSON object."""
    try:
        return _encoded(_written(observation))
    except UnicodeEncodeError:
        return _encoded(_written(_nobody(observation, Why.MALFORMED, "text with half characters")))


def write_answers(observations: Iterable[Observation]) -> bytes:
    """The answers to a batch, in order; those beyond `MAX_ANSWERS` are *unavailable*: ask them again."""
    answers = []
    size = 0
    for observation in observations:
        answer = write_answer(observation)
        if size + len(answer) > MAX_ANSWERS:
            answer = write_answer(_nobody(observation, Why.TOO_LARGE, "the batch has too large answers"))
        size += len(answer)
        answers.append(answer)
    return b'{"answers":[' + b",".join(answers) + b"]}"


def write_capabilities(id: str, capabilities: Capabilities) -> bytes:  # noqa: A002 -- the word of the protocol
    """What the registry can be asked by, and what its answers are worth."""
    contains = capabilities.contains
    return _encoded(
        {
            "id": id,
            "by_number": capabilities.by_number,
            "by_document": capabilities.by_document,
            "by_domain": capabilities.by_domain,
            "authoritative": capabilities.authoritative,
            "scope": str(capabilities.scope),
            "contains": None if contains is None else sorted(contains),
        }
    )


def _encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _nobody(observation: Observation, why: Why, detail: str) -> Observation:
    # What cannot be written may be the source's name as well.
    registry = observation.registry
    return Observation(observation.query, Unavailable(why, detail), observation.observed_at, "icpgate", registry)


def _written(observation: Observation) -> dict[str, object]:
    answer = observation.answer
    keys = _keys(observation.query)
    told: dict[str, object] = {"observed_at": write_time(observation.observed_at), "source": observation.source}
    if observation.insecure_tls:
        told["insecure_tls"] = True
    match answer:
        case Found(records):
            written = [record.written() for record in records]
            status = {"status": _common(answer).value}
            if type(observation.query) is ByNumber:
                return {**status, **keys, "record": written[0], **told}
            return {**status, **keys, "records": written, **told}
        case NotRegistered(scope):
            return {"status": "not_registered", **keys, "authoritative": True, "scope": scope, **told}
        case Unavailable(why=why, detail=detail):
            return {"status": "unavailable", **keys, "why": why.value, "detail": detail, **told}
        case _:
            assert_never(answer)


def _keys(query: Query) -> dict[str, object]:
    match query:
        case ByNumber(number):
            return {"number": number.canonical}
        case ByDocument(document_number, package):
            return {"document_number": document_number, "package": package}
        case ByDomain(domain):
            return {"domain": domain}
        case _:
            assert_never(query)


def _common(found: Found) -> RegistrationStatus:
    """The state in which all records are; `registered` for several, of which each says its own."""
    states = {record.status for record in found.records}
    return found.record.status if len(states) == 1 else RegistrationStatus.REGISTERED
