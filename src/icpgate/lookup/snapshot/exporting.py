"""What a registry file holds, for people and for other programs: records, one record, statistics."""

from __future__ import annotations

import json
import os
from contextlib import closing
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, quote
from icpgate.lookup.snapshot.body import kind_named, status_named
from icpgate.lookup.snapshot.layout import SCHEMA_VERSION
from icpgate.lookup.snapshot.reading import RegistryFile
from icpgate.lookup.snapshot.table import write_csv
from icpgate.number import PROVINCES
from icpgate.record import Origin, write_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TextIO

    from icpgate.lookup.snapshot.reading import Import
    from icpgate.number import RegistrationNumber
    from icpgate.record import RegistrationRecord

__all__ = ["by_province", "export_records", "show", "stats", "write_records"]


_ORIGINS: Final = {"b": Origin.BUREAU.value, "s": Origin.SIMULATED.value}


def show(path: str | os.PathLike[str], number: RegistrationNumber) -> RegistrationRecord | None:
    """The record of exactly this number, or None; raises `RegistryFileError`."""
    with closing(RegistryFile(os.fspath(path))) as file:
        return file.find(number)


def export_records(path: str | os.PathLike[str], stream: TextIO, form: str) -> None:
    """
    Write every record in the order of its number, as `jsonl` or `csv`, so that an import reads it back.

    What the imports stated about their completeness is not part of it. A stream for CSV is best
    opened with `newline=""`. Raises `RegistryFileError`.
    """
    with closing(RegistryFile(os.fspath(path))) as file:
        write_records(file.records(), stream, form)


def write_records(records: Iterable[RegistrationRecord], stream: TextIO, form: str) -> None:
    """As `export_records`, of any records; raises `ConfigurationError` for another form."""
    if form not in {"jsonl", "csv"}:
        message = f"{quote(form)} is not a form of an export: jsonl or csv"
        raise ConfigurationError(message, code="export.format")
    if form == "csv":
        write_csv(records, stream)
        return
    stream.writelines(
        json.dumps(record.written(), ensure_ascii=False, separators=(",", ":")) + "\n" for record in records
    )


def stats(path: str | os.PathLike[str]) -> dict[str, object]:
    """What the registry holds, how old it is, and for what it may say *no*; raises `RegistryFileError`."""
    with closing(RegistryFile(os.fspath(path))) as file:
        about, span = file.about, file.span()
        return {
            "path": os.fspath(path),
            "records": about.records,
            "simulated": about.simulated,
            "by_status": {status_named(code): count for code, count in file.counts("substr(body, 1, 1)").items()},
            "by_origin": {_ORIGINS[code]: count for code, count in file.counts("substr(body, 3, 1)").items()},
            "by_kind": {kind_named(code): count for code, count in file.counts("lower(substr(body, 2, 1))").items()},
            "by_province": by_province(file.counts("substr(number, 1, 1)")),
            "observed": None if span is None else {"oldest": write_time(span[0]), "newest": write_time(span[1])},
            "imports": [_import(each) for each in file.imports],
            "contains": sorted(about.contains),
            "created": write_time(about.created),
            "generation": about.generation,
            "schema_version": SCHEMA_VERSION,
            "bytes": file.identity.size,
            "digest": f"sha256:{file.digest}",
        }


def by_province(counts: Mapping[str, int]) -> dict[str, int]:
    """Records by their number's first character, in the order of the provinces; national licences come last."""
    national = sum(count for first, count in counts.items() if first not in PROVINCES)
    return {p: counts[p] for p in PROVINCES if p in counts} | ({"national": national} if national else {})


def _import(each: Import) -> dict[str, object]:
    return {
        "imported_at": write_time(each.imported_at),
        "observed_at": None if each.observed_at is None else write_time(each.observed_at),
        "source": each.source,
        "authoritative": each.authoritative,
        "scope": str(each.scope),
        "rows": each.rows,
    }
