"""
A record as a stored row, and back.

A row is its number without the parts that are the same in every number, its moment, its source,
its body, and a checksum over all of that, which is checked at every read.
"""

from __future__ import annotations

import re
import zlib
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from icpgate.errors import InvalidNumber, RegistryFileError
from icpgate.lookup.snapshot.body import record_of
from icpgate.lookup.snapshot.layout import moment_of
from icpgate.number import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.number import RegistrationNumber
    from icpgate.record import RegistrationRecord

__all__ = [
    "StoredRow",
    "checksum_of",
    "document_key",
    "domain_key",
    "keys_of",
    "number_of",
    "packed",
    "read_row",
    "unpacked",
]


class StoredRow(NamedTuple):
    """A row of the table `record`."""

    number: str
    observed_at: int
    source: int
    body: str
    checksum: int


_PACKED: Final = re.compile(r"(.)([0-9]{10}|[0-9]{8})(-[0-9AXK]+)?", re.DOTALL)


def packed(canonical: str) -> str:
    """A number as it is stored: without `ICP备` and `号`, which say nothing; 18 bytes a record less."""
    return canonical.replace("ICP备", "", 1).replace("号", "", 1) if canonical[1:5] == "ICP备" else canonical


def unpacked(text: str) -> str:
    """The canonical number of a stored one."""
    match = _PACKED.fullmatch(text)
    return f"{match[1]}ICP备{match[2]}号{match[3] or ''}" if match else text


def number_of(text: str) -> RegistrationNumber:
    """The number of a stored one."""
    return parse(unpacked(text))


def checksum_of(number: str, observed_at: int, source: str, body: str) -> int:
    """CRC-32 over all of a row, with its source by name, in the range that SQLite stores in four bytes."""
    return zlib.crc32(f"{number}\x1f{observed_at}\x1f{source}\x1f{body}".encode()) - 0x8000_0000


def _key(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).digest(), "big", signed=True)


def document_key(document_number: str, package: str) -> int:
    """Where `finder` has a document and package. Others may share it: what is found must echo."""
    return _key(f"d{document_number}\x1f{package}")


def domain_key(domain: str) -> int:
    """Where `finder` has a domain; others may share it."""
    return _key(f"n{domain}")


def keys_of(record: RegistrationRecord) -> set[int]:
    """Every key under which the record is found, besides its number."""
    keys = {domain_key(domain) for domain in record.domains or ()}
    if record.document_number:
        keys.update(
            document_key(record.document_number, platform.package)
            for platform in record.platforms or ()
            if platform.package
        )
    return keys


def read_row(
    row: StoredRow, sources: Sequence[str], *, simulated: bool, number: RegistrationNumber | None = None
) -> RegistrationRecord:
    """
    The record of a row; raises `RegistryFileError` when the row is not as it was written.

    In a simulated registry every record is simulated, whatever its row says. `number` is the row's,
    where the caller has it read already.
    """
    try:
        source = sources[row.source]
        if checksum_of(row.number, row.observed_at, source, row.body) == row.checksum:
            moment = moment_of(row.observed_at)
            return record_of(row.body, number or number_of(row.number), moment, source, simulated=simulated)
    except (ValueError, KeyError, IndexError, OverflowError, InvalidNumber):
        pass  # its checksum was made for what `body_of` never wrote
    hint = "copy the registry again, or remove it and import anew"
    raise RegistryFileError("a row is not as it was written", code="snapshot.corrupt", hint=hint)
