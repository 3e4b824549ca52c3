"""A live registry in PostgreSQL: how it is reached, what it waits for, and what becomes of a connection that breaks."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from contextlib import closing
from operator import methodcaller
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from icpgate.answer import Found, Unavailable, Why
from icpgate.errors import RegistryStoreError
from icpgate.lookup import LookupClient, registry_from_url
from icpgate.lookup.live import postgresql as module
from icpgate.lookup.live.database import create_database, open_database
from icpgate.lookup.live.postgresql import PostgresqlDatabase
from icpgate.testing import FixedClock
from tests.cases import NOW, NUMBER
from tests.lookup.files import by
from tests.lookup.live.made import RECORD, made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from icpgate.lookup.live.database import Connection
    from tests.servers import Postgresql


@pytest.fixture
def url(postgresql: Postgresql) -> str:
    """A registry with the usual record."""
    return made(postgresql.url(), RECORD)


@pytest.fixture
def database(url: str) -> Iterator[PostgresqlDatabase]:
    """The same, open."""
    with closing(PostgresqlDatabase(url)) as opened:
        yield opened


@pytest.fixture
def other(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Another program's connection to it."""
    with psycopg.connect(url) as connection:
        yield connection


def code_of(work: Callable[[], object]) -> str:
    """What the error is called that this raises."""
    with pytest.raises(RegistryStoreError) as caught:
        work()
    return caught.value.code


def records(connection: Connection) -> object:
    """How many there are."""
    return connection.row("SELECT count(*) FROM record")


def add_serial(connection: Connection) -> None:
    """Write something that can be counted."""
    connection.execute("INSERT INTO serial (series, last_serial) VALUES ('test', 1)")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://user:secret@127.0.0.1:1/name", "postgresql:127.0.0.1:1/name: "),
        ("postgresql://user:secret@[/name", "not a URL of PostgreSQL"),
        ("postgresql://user:secret@localhost:1/name?password=secret", "refused"),
    ],
)
def test_one_that_cannot_be_reached_keeps_its_password(url: str, said: str) -> None:
    """It is said which one it was and why, and nothing more."""
    with pytest.raises(RegistryStoreError) as caught:
        open_database(url)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value) + repr(caught.value)
    assert caught.value.__cause__ is None


def test_a_password_that_the_driver_repeats_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it says then."""

    def connect(**_: object) -> None:
        message = "no connection with secret"
        raise psycopg.OperationalError(message)

    monkeypatch.setattr(psycopg, "connect", connect)
    with pytest.raises(RegistryStoreError) as caught:
        open_database("postgresql://user:secret@db.example.cn/name")
    assert str(caught.value).startswith("postgresql:db.example.cn/name: no connection (")


def test_a_database_without_a_registry(postgresql: Postgresql) -> None:
    """Empty, or another program's whose tables would be in the way."""
    url = postgresql.url()
    assert code_of(lambda: open_database(url)) == "store.none"
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE record (a integer)")
    assert code_of(lambda: create_database(url, simulated=True)) == "store.exists"
    assert code_of(lambda: open_database(url)) == "store.none"
    with psycopg.connect(url) as connection:
        connection.execute("CREATE SCHEMA registry")
    made(f"{url}&options=-csearch_path%3Dregistry", RECORD)
    assert code_of(lambda: open_database(url)) == "store.none"


def test_psycopg_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the error says what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(RegistryStoreError, match=r"icpgate\[postgres\]"):
        open_database("postgresql:///name")


@pytest.mark.parametrize(
    ("rest", "sslmode", "insecure"),
    [
        ("user@/name?host=/run/postgresql", "prefer", False),
        ("user@localhost/name", "prefer", False),
        ("127.0.0.1,[::1]/name", "prefer", False),
        ("/name", "verify-full", False),
        ("/name?service=far", "verify-full", False),
        ("db.example.cn/name", "verify-full", False),
        ("localhost,db.example.cn/name", "verify-full", False),
        ("localhost/name?hostaddr=203.0.113.7", "verify-full", False),
        ("db.example.cn/name?sslmode=verify-full", "verify-full", False),
        ("db.example.cn/name?sslmode=require", "require", True),
        ("localhost/name?sslmode=disable", "disable", False),
    ],
)
def test_beyond_this_machine_the_server_is_verified(
    rest: str, sslmode: str, monkeypatch: pytest.MonkeyPatch, *, insecure: bool
) -> None:
    """Unless the URL says otherwise; then what it answers is marked."""
    monkeypatch.setattr(PostgresqlDatabase, "read", lambda *_: None)
    with closing(PostgresqlDatabase(f"postgresql://{rest}")) as database:
        assert database._parameters["sslmode"] == sslmode
        assert database.insecure is insecure


def test_it_is_named_by_host_and_database() -> None:
    """A port other than the usual one too; nothing else."""
    names = [
        module._named(module._parameters(psycopg, f"postgresql://{rest}"))
        for rest in ("u:p@h.cn/name", "h.cn:5433/name?user=u", "/name?host=/tmp/sockets", "h.cn")
    ]
    assert names == [
        "postgresql:h.cn/name", "postgresql:h.cn:5433/name", "postgresql:local/name", "postgresql:h.cn/",
    ]  # fmt: skip


def test_a_server_that_went_is_found_again(postgresql: Postgresql, url: str) -> None:
    """While it is away nobody can say; afterwards the same registry answers the first who asks."""
    with LookupClient(registry_from_url(url), clock=FixedClock(NOW)) as client:
        assert isinstance(client.look_up(by(NUMBER)).answer, Found)
        postgresql.stop()
        try:
            away = client.look_up(by(NUMBER)).answer
        finally:
            postgresql.start()
        assert isinstance(away, Unavailable)
        assert away.why is Why.CONNECTION
    with closing(open_database(url)) as database:
        assert database.read(records) == (1,)
        postgresql.stop()
        postgresql.start()
        assert database.read(records) == (1,)


def _broken_by(other: psycopg.Connection[Any], connection: Connection) -> None:
    row = connection.row("SELECT pg_backend_pid()")
    assert row is not None
    other.execute("SELECT pg_terminate_backend(%s, 5000)", row)


def test_a_connection_that_breaks_in_the_middle(database: PostgresqlDatabase, other: psycopg.Connection[Any]) -> None:
    """What was done in it is not done."""

    def work(connection: Connection) -> None:
        add_serial(connection)
        _broken_by(other, connection)
        connection.row("SELECT 1")

    assert code_of(lambda: database.write(work)) == "store.connection"
    assert database.read(lambda c: c.rows("SELECT * FROM serial")) == []
    database.write(add_serial)


def test_a_connection_that_breaks_at_the_commit(database: PostgresqlDatabase, other: psycopg.Connection[Any]) -> None:
    """Nobody knows whether it was kept, and that is said."""

    def work(connection: Connection) -> None:
        add_serial(connection)
        _broken_by(other, connection)

    with pytest.raises(RegistryStoreError, match="may be kept or not") as caught:
        database.write(work)
    assert caught.value.code == "store.unknown"
    assert "look before" in caught.value.hint


def test_a_network_that_breaks(database: PostgresqlDatabase) -> None:
    """Nobody says goodbye then."""

    def work(connection: Any) -> None:
        with socket.socket(fileno=os.dup(connection._raw.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)
        connection.row("SELECT 1")

    assert code_of(lambda: database.write(work)) == "store.connection"
    assert database.read(records) == (1,)


def test_what_is_undone_at_the_commit_is_done_again(database: PostgresqlDatabase) -> None:
    """The connection is still there, and it is known that nothing was kept."""
    for statement in (
        "CREATE FUNCTION lose() RETURNS trigger AS $$ BEGIN RAISE serialization_failure; END $$ LANGUAGE plpgsql",
        (
            "CREATE CONSTRAINT TRIGGER losing AFTER INSERT ON serial DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW WHEN (NEW.last_serial = 1) EXECUTE FUNCTION lose()"
        ),
    ):
        database.write(methodcaller("execute", statement))
    runs = []

    def work(connection: Connection) -> None:
        runs.append(1)
        connection.execute("INSERT INTO serial (series, last_serial) VALUES ('test', ?)", len(runs))

    database.write(work)
    assert database.read(lambda c: c.row("SELECT last_serial FROM serial")) == (2,)


def test_a_constraint_that_waits_for_the_commit(database: PostgresqlDatabase) -> None:
    """Is an error like any other: the connection is still there."""

    def work(connection: Connection) -> None:
        connection.execute("CREATE TABLE t (a INTEGER UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        connection.execute("INSERT INTO t VALUES (1), (1)")

    assert code_of(lambda: database.write(work)) == "store.postgresql"
    assert database.read(records) == (1,)


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("query_canceled", "store.busy"),
        ("admin_shutdown", "store.connection"),
        ("operator_intervention", "store.connection"),
        ("disk_full", "store.full"),
        ("index_corrupted", "store.corrupt"),
        ("insufficient_privilege", "store.read_only"),
        ("division_by_zero", "store.postgresql"),
    ],
)
def test_what_the_server_says_has_a_code(database: PostgresqlDatabase, condition: str, code: str) -> None:
    """Its own message is not repeated: it may hold what was written."""
    statement = f"DO $$ BEGIN RAISE {condition} USING MESSAGE = 'secret'; END $$"
    with pytest.raises(RegistryStoreError) as caught:
        database.write(lambda connection: connection.execute(statement))
    assert caught.value.code == code
    assert "secret" not in str(caught.value)


def test_what_lost_against_another_program_is_done_again(
    database: PostgresqlDatabase, other: psycopg.Connection[Any]
) -> None:
    """A deadlock undoes one of the two, here ours, which begins anew once the other has gone on."""
    other.execute("SET deadlock_timeout = '10s'")
    other.execute("LOCK TABLE entity")
    runs = []

    def go_on() -> None:
        other.execute("LOCK TABLE serial")
        other.rollback()

    waiter = threading.Thread(target=go_on)

    def work(connection: Connection) -> None:
        runs.append(1)
        connection.execute("SET LOCAL deadlock_timeout = '20ms'")
        connection.execute("LOCK TABLE serial")
        if len(runs) == 1:
            waiter.start()
            while not connection.row("SELECT 1 FROM pg_locks WHERE NOT granted"):
                time.sleep(0.01)
        connection.execute("LOCK TABLE entity")
        add_serial(connection)

    database.write(work)
    waiter.join()
    assert len(runs) == 2
    assert database.read(lambda c: c.row("SELECT count(*) FROM serial")) == (1,)


def test_it_is_not_tried_for_ever(database: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that always loses is given up, and what it lost against is named."""
    monkeypatch.setattr(module, "ATTEMPTS", 3)
    runs = []

    def work(connection: Connection) -> None:
        runs.append(1)
        connection.execute("DO $$ BEGIN RAISE serialization_failure; END $$")

    with pytest.raises(RegistryStoreError, match="40001"):
        database.write(work)
    assert len(runs) == 3


def test_a_writer_that_hangs_is_not_waited_for_for_ever(
    database: PostgresqlDatabase, other: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reads worse for it."""
    monkeypatch.setattr(module, "_WRITE", module._WRITE.replace(b"'30s'", b"'50ms'"))
    other.execute("SELECT pg_advisory_xact_lock(%s)", [module._WRITER])
    assert code_of(lambda: database.write(records)) == "store.busy"
    assert database.read(records) == (1,)


def test_a_query_that_takes_too_long_is_ended(database: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server does not go on with it for nobody."""
    monkeypatch.setattr(module, "_READ", module._READ.replace(b"'10s'", b"'50ms'"))
    assert code_of(lambda: database.read(lambda c: c.rows("SELECT pg_sleep(10)"))) == "store.busy"


def test_who_may_only_read_is_told_so(database: PostgresqlDatabase, url: str) -> None:
    """A user without the right, and a server that takes no writes."""
    database.write(lambda c: c.execute("DROP ROLE IF EXISTS reader"))
    database.write(lambda c: c.execute("CREATE ROLE reader LOGIN"))
    database.write(lambda c: c.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader"))
    with closing(open_database(url.replace("postgres@", "reader@"))) as reader:
        assert reader.read(records) == (1,)
        assert code_of(lambda: reader.write(add_serial)) == "store.read_only"
    database.write(lambda c: c.execute("REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM reader"))
    database.write(lambda c: c.execute("DROP ROLE reader"))


def test_a_commit_is_on_the_disk_whatever_the_server_is_told(url: str, database: PostgresqlDatabase) -> None:
    """One that would answer before it is asked not to; one that waits for more is left alone."""

    def setting(options: str) -> object:
        with closing(PostgresqlDatabase(f"{url}&options=-csynchronous_commit%3D{options}")) as opened:
            return opened.read(lambda c: c.row("SELECT current_setting('synchronous_commit')"))

    assert setting("off") == ("on",)
    assert setting("remote_apply") == ("remote_apply",)
    assert database.read(lambda c: c.row("SELECT current_setting('application_name')")) == ("icpgate",)


def test_numbers_are_in_the_order_of_their_bytes(postgresql: Postgresql) -> None:
    """Whatever the database thinks of Chinese, so that both give the same export."""
    url = made(postgresql.url())
    with closing(open_database(url)) as database:
        collations = database.read(
            lambda c: c.rows(
                "SELECT collation_name FROM information_schema.columns"
                " WHERE table_name IN ('record', 'record_key') AND column_name = 'number'"
            )
        )
    assert collations == [("C",), ("C",)]
