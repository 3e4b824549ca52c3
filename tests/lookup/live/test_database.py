"""One database of a live registry, whichever it is: transactions, threads, processes, URLs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.errors import ConfigurationError, RegistryStoreError
from icpgate.lookup.live import is_live
from icpgate.lookup.live.about import about_of
from icpgate.lookup.live.database import create_database, open_database
from icpgate.lookup.live.records import put_record, record_by_number
from icpgate.record import RegistrationStatus
from tests.cases import NUMBER
from tests.lookup.live.made import RECORD, made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.lookup.live.database import Connection, Database

ROOT = Path(__file__).parents[3]


@pytest.fixture
def database(live_url: str) -> Iterator[Database]:
    """An open one with the usual record."""
    made(live_url, RECORD)
    with closing(open_database(live_url)) as opened:
        yield opened


def status_of(connection: Connection) -> str:
    """The status of the usual record."""
    record = record_by_number(connection, NUMBER)
    return "" if record is None else record.status.value


def with_status(status: RegistrationStatus, connection: Connection) -> None:
    """Give the usual record this status."""
    put_record(connection, replace(RECORD, status=status))


def test_work_that_raises_leaves_nothing_behind(database: Database) -> None:
    """All or nothing; the error is the work's own, and the connection goes on."""

    def work(connection: Connection) -> None:
        with_status(RegistrationStatus.CANCELLED, connection)
        raise LookupError

    with pytest.raises(LookupError):
        database.write(work)
    assert database.read(status_of) == "registered"
    for statement in ("SELECT nothing FROM nowhere", "INSERT INTO record (number) VALUES ('x')"):
        with pytest.raises(RegistryStoreError):
            database.write(methodcaller("execute", statement))
    database.write(lambda connection: with_status(RegistrationStatus.SHELL, connection))
    assert database.read(status_of) == "shell"


def test_a_reader_sees_one_moment(database: Database) -> None:
    """What is committed while it reads is for the next one."""

    def work(connection: Connection) -> tuple[str, str]:
        before = status_of(connection)
        writer = threading.Thread(
            target=database.write, args=(lambda other: with_status(RegistrationStatus.CANCELLED, other),)
        )
        writer.start()
        writer.join()
        return before, status_of(connection)

    assert database.read(work) == ("registered", "registered")
    assert database.read(status_of) == "cancelled"


def test_a_reader_changes_nothing(database: Database) -> None:
    """By accident it might; the same connection writes when it is asked to."""
    with pytest.raises(RegistryStoreError) as caught:
        database.read(lambda connection: with_status(RegistrationStatus.CANCELLED, connection))
    assert caught.value.code == "store.read_only"
    assert database.read(status_of) == "registered"
    database.write(lambda connection: with_status(RegistrationStatus.SHELL, connection))
    assert database.read(status_of) == "shell"


def test_writers_wait_for_each_other(database: Database) -> None:
    """None sees half of what another does, and none is lost: what each read is still so when it writes."""

    def add(connection: Connection) -> None:
        row = connection.row("SELECT last_serial FROM serial WHERE series = ?", "test")
        if row is None:
            connection.execute("INSERT INTO serial (series, last_serial) VALUES (?, ?)", "test", 1)
        else:
            connection.execute("UPDATE serial SET last_serial = ? WHERE series = ?", row[0] + 1, "test")

    def many() -> None:
        for _ in range(5):
            database.write(add)

    threads = [threading.Thread(target=many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.read(lambda c: c.row("SELECT last_serial FROM serial WHERE series = ?", "test")) == (40,)


def test_connections_are_used_again(database: Database) -> None:
    """Threads that come and go leave none behind."""
    for _ in range(10):
        thread = threading.Thread(target=database.read, args=(status_of,))
        thread.start()
        thread.join()
    pool: Any = getattr(database, "_pool")  # noqa: B009 -- it is of no interface
    assert len(pool._idle) == 1


_OTHER = """
import sys
from contextlib import closing
from icpgate.lookup.live.database import open_database
from tests.lookup.live.test_database import status_of
with closing(open_database(sys.argv[1])) as database:
    print(database.read(status_of))
"""


def test_another_process_sees_a_change_at_once(live_url: str, database: Database) -> None:
    """It was committed before the call returned."""
    database.write(lambda connection: with_status(RegistrationStatus.CANCELLED, connection))
    ran = subprocess.run([sys.executable, "-c", _OTHER, live_url], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "cancelled"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_has_connections_of_its_own(database: Database) -> None:
    """Neither sees the other's, even when the child ends first and cleans up behind itself."""
    assert database.read(status_of) == "registered"
    child = os.fork()
    if child == 0:
        code = 1
        try:
            database.write(lambda connection: with_status(RegistrationStatus.SHELL, connection))
            code = 0 if database.read(status_of) == "shell" else 2
            database.close()
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert database.read(status_of) == "shell"
    database.write(lambda connection: with_status(RegistrationStatus.REGISTERED, connection))
    assert database.read(status_of) == "registered"


def test_a_closed_one_is_closed_for_everybody(database: Database) -> None:
    """Closing it twice is nothing; whoever has a connection just then ends in peace."""

    def work(connection: Connection) -> str:
        database.close()
        database.close()
        return status_of(connection)

    assert database.read(work) == "registered"
    for attempt in (database.read, database.write):
        with pytest.raises(RegistryStoreError) as caught:
            attempt(status_of)
        assert caught.value.code == "store.closed"


@pytest.mark.parametrize("text", ["a\0b", "half \ud800"])
def test_neither_holds_what_the_other_cannot(database: Database, text: str) -> None:
    """A text that was read wrongly is refused, in a value as in a record; no message repeats it."""
    for work in (
        lambda connection: connection.row("SELECT ?", text),
        lambda connection: connection.rows("SELECT ?", text),
        lambda connection: connection.execute("UPDATE meta SET value = ?", text),
        lambda connection: put_record(connection, replace(RECORD, operator=text)),
    ):
        with pytest.raises(RegistryStoreError) as caught:
            database.write(work)
        assert caught.value.code == "store.text"
        assert text not in str(caught.value)


def test_a_registry_is_made_once(live_url: str) -> None:
    """What it says of itself is what it was made with; a second one does not take its place."""
    made(live_url, authoritative=True, scope="provinces:川", source=" bureau ")
    with pytest.raises(RegistryStoreError) as caught:
        create_database(live_url, simulated=True)
    assert caught.value.code == "store.exists"
    with closing(open_database(live_url)) as database:
        about = database.read(about_of)
    assert (about.simulated, about.authoritative, str(about.scope), about.source) == (
        False, True, "provinces:蜀", "bureau",
    )  # fmt: skip


@pytest.mark.parametrize("options", [{"authoritative": False}, {"scope": "provinces:京"}])
def test_a_simulated_registry_is_the_source_of_everything_in_it(live_url: str, options: dict[str, Any]) -> None:
    """Anything else is a mistake, and makes nothing."""
    with pytest.raises(RegistryStoreError, match="authoritative for all"):
        create_database(live_url, simulated=True, **options)
    with pytest.raises(ConfigurationError, match="is not a scope"):
        create_database(live_url, simulated=False, scope="nowhere")
    made(live_url)


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("sqlite:registry.db", "did you mean sqlite:///registry.db?"),
        ("sqlite:/var/registry.db", "did you mean sqlite:////var/registry.db?"),
        ("sqlite://registry.db", "did you mean sqlite:///registry.db?"),
        ("sqlite:///", "sqlite:///registry.db, sqlite:////var"),
        ("postgresql://", "postgresql://user@host/name"),
        ("postgresql:name", "postgresql://user@host/name"),
        ("mysql://user:secret@host/name", "postgresql://user@host/name"),
        ("registry.db", "sqlite:///registry.db"),
    ],
)
def test_what_is_no_url_of_a_live_registry(url: str, hint: str) -> None:
    """The error shows what is, and repeats no password."""
    with pytest.raises(RegistryStoreError) as caught:
        open_database(url)
    assert caught.value.code == "store.url"
    assert hint in caught.value.hint
    assert "secret" not in str(caught.value)


def test_live_registries_are_told_by_their_beginning() -> None:
    """A path of a file is none, and neither is another registry's URL."""
    urls = ("sqlite:///a.db", "postgresql://a", "registry.icpdb", "snapshot:a.db", "https://a")
    assert [is_live(url) for url in urls] == [True, True, False, False, False]
