"""What a live registry holds, for people."""

from __future__ import annotations

import io
from contextlib import closing
from dataclasses import replace

import pytest

from icpgate.errors import RegistryStoreError
from icpgate.lookup.live.content import export_live, stats_live
from icpgate.lookup.live.database import open_database
from icpgate.lookup.live.importing import import_live
from icpgate.number import parse
from icpgate.record import RegistrationStatus, write_time
from tests.lookup.files import CLOCK, OTHER
from tests.lookup.live.made import RECORD, done, made


def test_what_it_holds(live_url: str) -> None:
    """By status, kind and province; nothing of it is read from a row's own words about names."""
    national = replace(RECORD, registration_number=parse("B2-20260001-7A"), status=RegistrationStatus.CANCELLED)
    entity = replace(RECORD, registration_number=parse("京ICP备2026999901号"), kind=None)
    made(live_url, RECORD, national, entity, authoritative=True, scope="provinces:京", source="bureau")
    stats = stats_live(live_url)
    assert str(stats.pop("registry")).startswith(live_url.partition(":")[0])
    moment = write_time(RECORD.observed_at)
    assert stats == {
        "records": 3,
        "simulated": False,
        "authoritative": True,
        "scope": "provinces:京",
        "source": "bureau",
        "by_status": {"registered": 2, "cancelled": 1},
        "by_kind": {"app": 2, "entity": 1},
        "by_province": {"京": 1, "蜀": 1, "national": 1},
        "observed": {"oldest": moment, "newest": moment},
        "applications": {},
        "schema_version": 2,
    }


def test_an_empty_one(live_url: str) -> None:
    """Has observed nothing."""
    made(live_url, simulated=True)
    stats = stats_live(live_url)
    assert (stats["records"], stats["observed"], stats["simulated"]) == (0, None, True)


@pytest.mark.parametrize("damage", ["body = 'zz-00'", "observed_at = 9000000000000000000"])
def test_damaged_rows_are_not_counted_as_something(live_url: str, damage: str) -> None:
    """There is no such status, and no such moment."""
    made(live_url, RECORD)
    done(live_url, f"UPDATE record SET {damage}")  # noqa: S608 -- our own columns
    with pytest.raises(RegistryStoreError, match="not as it was written"):
        stats_live(live_url)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_export_is_read_back(live_url: str, form: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Into another registry, which has the same then."""
    other = replace(RECORD, registration_number=parse(OTHER), domains=())
    made(live_url, RECORD, other)
    folder = tmp_path_factory.mktemp("again")
    stream = io.StringIO(newline="")
    assert export_live(live_url, stream, form)[1] is False
    (folder / f"rows.{form}").write_text(stream.getvalue(), encoding="utf-8", newline="")
    again = made(f"sqlite:///{folder / 'again.db'}")
    assert import_live(again, [str(folder / f"rows.{form}")], clock=CLOCK).added == 2
    second = io.StringIO(newline="")
    export_live(again, second, form)
    assert second.getvalue() == stream.getvalue()
    with closing(open_database(again)):
        pass
