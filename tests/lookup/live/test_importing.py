"""Records out of files into a live registry."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.errors import ConfigurationError, RegistryImportError
from icpgate.lookup.live.database import open_database
from icpgate.lookup.live.importing import LiveImport, import_live
from icpgate.lookup.live.records import all_records, record_by_number
from icpgate.record import Origin
from tests.cases import NOW, NUMBER, registered
from tests.lookup.files import CLOCK, OTHER, row, rows_at
from tests.lookup.live.made import RECORD, done, made

if TYPE_CHECKING:
    from pathlib import Path

    from icpgate.record import RegistrationRecord


@pytest.fixture
def taken(live_url: str, tmp_path: Path) -> Any:
    """Imports rows, as of yesterday, into a registry that has the usual record."""
    made(live_url, RECORD)

    def take(*rows: dict[str, object], **options: Any) -> LiveImport:
        stated: dict[str, Any] = {"observed_at": NOW - timedelta(hours=1), "source": "export", "clock": CLOCK} | options
        return import_live(live_url, [str(rows_at(tmp_path / "rows.jsonl", *rows))], **stated)

    return take


def record(url: str, number: str = NUMBER) -> RegistrationRecord | None:
    """What the registry has of the number."""
    with closing(open_database(url)) as database:
        return database.read(lambda connection: record_by_number(connection, number))


def test_it_says_what_it_did(taken: Any, live_url: str) -> None:
    """Added, replaced, confirmed."""
    report = taken(row(service_name="新"), row(OTHER))
    assert str(report) == f"{report.registry}: 2 rows read: 1 added, 1 replaced, 0 unchanged, 0 older not taken"
    found = record(live_url)
    assert found is not None
    assert (found.service_name, found.source, found.observed_at) == ("新", "export", NOW - timedelta(hours=1))
    report = taken(row(service_name="新"), observed_at=NOW)
    assert (report.rows, report.unchanged) == (1, 1)
    found = record(live_url)
    assert found is not None
    assert found.observed_at == NOW


def test_an_older_observation_does_not_replace_a_newer_one(taken: Any, live_url: str) -> None:
    """It is counted."""
    assert taken(row(service_name="旧"), observed_at=NOW - timedelta(days=9)).older == 1
    assert record(live_url) == RECORD


def test_two_words_of_one_moment_are_refused(taken: Any, live_url: str) -> None:
    """In the files, and against what is there; with the place of each, and nothing is taken."""
    with pytest.raises(RegistryImportError, match=r"rows\.jsonl:2: .* stands at .*rows\.jsonl:1 with other content"):
        taken(row(), row(service_name="other"))
    changed = registered(service_name="other")
    with pytest.raises(RegistryImportError, match=r"rows\.jsonl:2: .* is in the registry with other content"):
        taken(row(OTHER), changed)
    assert record(live_url) == RECORD
    assert record(live_url, OTHER) is None
    assert taken(row(), row()).unchanged == 1


def test_every_bad_row_is_named_and_none_is_taken(taken: Any, live_url: str) -> None:
    """As a registry in one file does it."""
    with pytest.raises(RegistryImportError) as caught:
        taken(row(OTHER), {}, row(status="no such status"), row(observed_at="2027-01-01T00:00:00Z"))
    places = {defect.place.rpartition(":")[2] for defect in caught.value.defects}
    assert places == {"2", "3", "4"}
    assert record(live_url, OTHER) is None


def test_a_number_of_the_registration_procedure_is_refused(taken: Any, live_url: str) -> None:
    """Its record follows from its registration, whatever somebody saw."""
    done(
        live_url,
        "INSERT INTO entity (entity_number, document_type, document_number, province, is_active, blacklisted,"
        " last_sequence, created_at) VALUES ('e', 'uscc', 'd', '蜀', 1, 0, 0, 0)",
    )
    done(
        live_url,
        "INSERT INTO registration (number, entity_number, sequence, standing, blacklisted, operator_account, evidence,"
        " form, persons_of, persons_kept, observed_at, approved_at)"
        " VALUES (?, 'e', 1, 'registered', 0, 'a', '', '{}', '', '', 0, 0)",
        NUMBER,
    )
    with pytest.raises(RegistryImportError, match="is kept by the registration procedure") as caught:
        taken(row(OTHER), row())
    assert caught.value.code == "import.registration"
    assert caught.value.defects[0].place.endswith(":2")


@pytest.mark.parametrize("simulated", [True, False])
def test_what_a_simulated_registry_takes_is_simulated(live_url: str, tmp_path: Path, simulated: bool) -> None:  # noqa: FBT001 -- a case
    """And an ordinary one keeps what the row says of its origin."""
    made(live_url, simulated=simulated)
    rows = rows_at(tmp_path / "rows.jsonl", registered(), registered(registration_number=OTHER, origin="simulated"))
    import_live(live_url, [str(rows)], clock=CLOCK)
    origins = [found.origin for found in (record(live_url), record(live_url, OTHER)) if found is not None]
    assert origins == [Origin.SIMULATED if simulated else Origin.BUREAU, Origin.SIMULATED]


def test_more_rows_than_are_weighed_at_once(taken: Any, live_url: str) -> None:
    """All of several files in one transaction."""
    entity = NUMBER.rpartition("-")[0]
    rows = [row(f"{entity}-{sequence}A", domains=None, platforms=None) for sequence in range(100, 1_301)]
    assert taken(*rows).added == 1_201
    with closing(open_database(live_url)) as database:
        assert database.read(lambda connection: sum(1 for _ in all_records(connection))) == 1_202


@pytest.mark.parametrize("options", [{"observed_at": NOW.replace(tzinfo=None)}, {"source": " "}, {"form": "xml"}])
def test_what_is_stated_wrongly(taken: Any, options: dict[str, object]) -> None:
    """Is said before anything is read."""
    with pytest.raises(ConfigurationError):
        taken(row(), **options)


def test_a_file_of_another_form_is_named(live_url: str, tmp_path: Path) -> None:
    """An export of a registry in one file is one command away."""
    made(live_url)
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps([registered()]))
    with pytest.raises(RegistryImportError):
        import_live(live_url, [str(file)], clock=CLOCK)
