"""The schema in numbered steps."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from icpgate.errors import RegistryStoreError
from icpgate.lookup.live.database import open_database
from icpgate.lookup.live.records import record_by_number
from icpgate.lookup.live.schema import LATEST, _statements, _steps, version_of
from tests.cases import NUMBER
from tests.lookup.live.made import RECORD, done, made

if TYPE_CHECKING:
    from icpgate.lookup.live.database import Connection


def test_the_files_and_the_last_number_agree() -> None:
    """No step is left out, and none is there twice."""
    assert [number for number, _ in _steps()] == list(range(1, LATEST + 1))


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_every_word_in_braces_is_known(dialect: str) -> None:
    """And every statement has one place."""
    statements = [statement for _, text in _steps() for statement in _statements(text, dialect)]
    assert statements
    assert [statement for statement in statements if "{" in statement or "--" in statement] == []


def test_statements_and_words() -> None:
    """One text, two databases."""
    text = "-- a comment; with a mark\nCREATE TABLE t (\n  -- another\n  a {blob}\n) {strict};\n\nDROP TABLE t;\n"
    assert _statements(text, "sqlite") == ["CREATE TABLE t (\n  a BLOB\n) STRICT", "DROP TABLE t"]
    assert _statements(text, "postgresql") == ["CREATE TABLE t (\n  a BYTEA\n)", "DROP TABLE t"]


def test_one_of_a_newer_release_is_refused(live_url: str) -> None:
    """Also by whoever makes a connection later."""
    made(live_url, RECORD)
    with closing(open_database(live_url)) as database:
        done(live_url, "INSERT INTO icpgate_schema (version) VALUES (?)", LATEST + 1)
        with pytest.raises(RegistryStoreError) as caught:
            open_database(live_url)
        assert caught.value.code == "store.newer"
        assert caught.value.hint == "update icpgate"
        assert database.read(version_of) == LATEST + 1


def _taken_back(connection: Connection) -> None:
    for table in ("history", "verification", "application", "serial", "registration", "entity"):
        connection.execute(f"DROP TABLE {table}")
    connection.execute("DELETE FROM icpgate_schema WHERE version > 1")


def test_one_of_an_older_release_is_brought_up(live_url: str) -> None:
    """Once, however many open it at the same moment; what was in it stays."""
    made(live_url, RECORD)
    with closing(open_database(live_url)) as database:
        database.write(_taken_back)
    errors: list[BaseException] = []

    def opened() -> None:
        try:
            open_database(live_url).close()
        except RegistryStoreError as error:
            errors.append(error)

    threads = [threading.Thread(target=opened) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with closing(open_database(live_url)) as database:
        assert database.read(lambda connection: connection.rows("SELECT * FROM application")) == []
        assert database.read(lambda connection: record_by_number(connection, NUMBER)) is not None


def test_one_without_a_version_is_none(live_url: str) -> None:
    """Somebody emptied the table."""
    made(live_url)
    done(live_url, "DELETE FROM icpgate_schema")
    with pytest.raises(RegistryStoreError) as caught:
        open_database(live_url)
    assert caught.value.code == "store.none"
    assert "icpgate registry init" in caught.value.hint
