"""
An answer that repeats what it was asked with: the credentials, or the number of a person's document.

Some services quote a bad token, or the question, in what they say of it; what an answer says may end in a
decision and its texts, which others read. What is to be found is a text as it stands, of at least `SHORTEST`
characters: not one in another form, such as base64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from icpgate.answer import ByDocument, Found, Observation, Unavailable, Why

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from icpgate.lookup.mapping.credentials import Credentials

__all__ = ["SHORTEST", "Unrepeated"]

SHORTEST: Final = 12
"""Characters of a secret. A shorter one may stand in any text by chance, and is none."""


class Unrepeated:
    """Keeps the secrets of one registry out of what its answers say."""

    __slots__ = ("_secrets",)

    def __init__(self, credentials: Credentials) -> None:
        """Take the secrets that are long enough to be known again."""
        self._secrets = tuple(credentials[name] for name in credentials if len(credentials[name]) >= SHORTEST)

    def __call__(self, observation: Observation, body: bytes, now: datetime) -> Observation:
        """
        The observation of an answer with this body, which came at `now`.

        Of why nobody could say the detail is left out; a record or a no that has a secret in it is *malformed*.
        """
        query, answer = observation.query, observation.answer
        if type(answer) is Unavailable:
            known = self._secrets
            if type(query) is ByDocument and len(query.document_number) >= SHORTEST:
                known = (*known, query.document_number)
            if _has(known, (answer.detail, observation.source)):
                return replace(observation, answer=replace(answer, detail=""), source=observation.registry)
        elif self._may_be_in(body) and _has(self._secrets, _texts(observation)):
            registry, nobody = (
                observation.registry,
                Unavailable(Why.MALFORMED, "an answer that repeats our credentials"),
            )
            return Observation(query, nobody, now, registry, registry)
        return observation

    def _may_be_in(self, body: bytes) -> bool:
        """Whether a secret may stand in a body: in its own characters, or with some of them escaped."""
        return b"\\" in body or any(not each.isascii() or each.encode("ascii") in body for each in self._secrets)


def _has(secrets: Iterable[str], texts: Iterable[str]) -> bool:
    known = tuple(secrets)
    return bool(known) and any(secret in text for text in texts for secret in known)


def _texts(observation: Observation) -> Iterator[str]:
    yield observation.source
    if type(observation.answer) is Found:
        for record in observation.answer.records:
            yield from _within(record.written())


def _within(value: object) -> Iterator[str]:
    """Every text of a written record."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _within(member)
    elif isinstance(value, Sequence):
        for item in value:
            yield from _within(item)
