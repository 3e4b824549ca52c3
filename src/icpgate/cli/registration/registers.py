"""
What somebody looked up in a register, as a file: an extract answers for what it holds, and for nothing else.

What it lacks was not looked up: that is no *no*, and the check that asks stays undecided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.cli.output import read_bytes
from icpgate.errors import IcpGateError
from icpgate.jsontext import InvalidJson, loads
from icpgate.registration.verification import RegisterEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from icpgate.jsontext import Json

__all__ = ["BusinessExtract", "DomainExtract", "objects_of"]

MAX_CHARACTERS: Final = 16 * 1_048_576
"""Of an extract; a whole register is asked, not read."""


class BusinessExtract:
    """Entries of a business register: objects of `document_number`, `name`, `status` and `abnormal`."""

    def __init__(self, path: str) -> None:
        """Read the file; raises `IcpGateError`."""
        self._entries = {entry.document_number: entry for entry in map(_entry, objects_of(path))}

    def entry(self, document_number: str) -> RegisterEntry:
        """See `BusinessRegister.entry`; raises `LookupError` for a number that the extract lacks."""
        return self._entries[document_number]


class DomainExtract:
    """Entries of a domain register: objects of `domain` and `registrant`, null where there is no such domain."""

    def __init__(self, path: str) -> None:
        """Read the file; raises `IcpGateError`."""
        self._registrants = dict(map(_registrant, objects_of(path)))

    def registrant(self, domain: str) -> str | None:
        """See `DomainRegister.registrant`; raises `LookupError` for a domain that the extract lacks."""
        labels = domain.split(".")
        for start in range(len(labels)):
            above = ".".join(labels[start:])
            if above in self._registrants:
                return self._registrants[above]
        raise LookupError


def objects_of(path: str) -> Iterator[Mapping[str, Json]]:
    """The object of a JSON file, or those of its array; raises `IcpGateError`."""
    try:
        whole = loads(read_bytes(path).removeprefix(b"\xef\xbb\xbf"), max_characters=MAX_CHARACTERS)
    except InvalidJson as error:
        raise IcpGateError(f"{path}, {error.place}: {error.message}", code=error.code, hint=error.hint) from None
    for position, value in enumerate(whole if isinstance(whole, list) else [whole]):
        if not isinstance(value, dict):
            message = f"{path}, entry {position + 1}: {type(value).__name__}"
            raise IcpGateError(message, hint="an object, or an array of objects", code="cli.extract")
        yield value


def _entry(given: Mapping[str, Json]) -> RegisterEntry:
    name, number, status = (given.get(field) for field in ("name", "document_number", "status"))
    abnormal = given.get("abnormal", False)
    are_texts = isinstance(name, str) and isinstance(number, str) and isinstance(status, str)
    if not are_texts or not isinstance(abnormal, bool):
        hint = "the texts document_number, name and status, and abnormal, true or false"
        raise IcpGateError("an entry of the business register cannot be read", hint=hint, code="cli.extract")
    return RegisterEntry(str(name), str(number), str(status), abnormal)


def _registrant(given: Mapping[str, Json]) -> tuple[str, str | None]:
    domain, registrant = given.get("domain"), given.get("registrant")
    if not isinstance(domain, str) or "registrant" not in given or not isinstance(registrant, (str, type(None))):
        hint = "the text domain, and registrant, a text or null"
        raise IcpGateError("an entry of the domain register cannot be read", hint=hint, code="cli.extract")
    return domain.lower().removesuffix("."), registrant
