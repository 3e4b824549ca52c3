"""What the answers of a platform mean: the tables of its file, without a request, because that never names a number."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from icpgate.lookup.mapping.fieldreading import read_checks, read_record, read_records
from icpgate.lookup.mapping.model import ApiMapping
from icpgate.lookup.mapping.tables import TableReader, parsed

if TYPE_CHECKING:
    from icpgate.signing import Platform

__all__ = ["meaning_of"]


@cache
def meaning_of(platform: Platform) -> ApiMapping:
    """Checks and record of a platform with a file of its own; without a record where nothing of one is public."""
    name = f"{platform.value}.toml"
    data = parsed(files("icpgate.lookup.platform").joinpath(name).read_text(encoding="utf-8"), name)
    reader = TableReader()
    mapping = ApiMapping(name=name, checks=read_checks(reader, data))
    if "record" in data:
        fields, platforms = read_record(reader, data)
        mapping = ApiMapping(
            name=name,
            checks=mapping.checks,
            records=read_records(reader, data),
            fields=fields,
            platforms=platforms,
        )
    reader.settle(name)
    return mapping
