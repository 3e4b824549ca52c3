"""`icpgate registration serve`: the command in a process of its own, asked over sockets."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_serve import Served
from tests.commandline import run
from tests.server.told import Client

if TYPE_CHECKING:
    from pathlib import Path as Folder

    from tests.cli.registration.desk import Desk

ROOT = Path(__file__).parent.parent.parent.parent
TOKEN = "0123456789abcdef-bureau"  # noqa: S105 -- a test's
TOKENS = '[[token]]\nrole = "bureau"\nname = "四川局"\nprovince = "蜀"\ntoken_file = "bureau.token"\n'


@pytest.fixture
def tokens(tmp_path: Folder) -> str:
    """The accounts: a bureau's."""
    (tmp_path / "bureau.token").write_text(TOKEN, encoding="utf-8")
    (tmp_path / "tokens.toml").write_text(TOKENS, encoding="utf-8")
    return str(tmp_path / "tokens.toml")


def test_it_serves_until_it_is_told_to_end(desk: Desk, tokens: str) -> None:
    """The interface by token, the look-up for everybody; each says that it is simulated."""
    desk.submitted()
    command = [sys.executable, "-W", "error", "-m", "icpgate", "registration", "serve", desk.url, "--tokens", tokens]
    options = ["--port", "0", "--base", "/beian", "--persons-key-file", desk.key]
    settings = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, *options], stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=settings) as process:
        try:
            served = Served(process)
            assert served.said[0] == "icpgate: SIMULATED: no bureau issued its numbers"
            assert served.said[1] == f"icpgate: serving sqlite:registry.db at http://127.0.0.1:{served.port}/beian"
            with Client(served.port) as client:
                assert client.get("/beian/v1/applications").status == 401
                listed = client.get("/beian/v1/applications", Authorization=f"Bearer {TOKEN}")
                assert [each["state"] for each in listed.json["applications"]] == ["submitted"]
                assert client.get("/beian/").status == 200
            assert served.end(signal.SIGTERM) == (0, "")
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Missing option '--tokens'"),
        (("--tokens", "none.toml"), "none.toml"),
        (("--tokens", "{tokens}", "--tls-key", "key.pem"), "--tls-key needs --tls-cert"),
        (("--tokens", "{tokens}", "--base", "beian"), "base is 'beian'"),
        (("--tokens", "{tokens}", "--persons-key-file", "none.key"), "none.key"),
    ],
)
def test_what_is_wrong_is_said_before_anything_listens(
    desk: Desk, tokens: str, arguments: tuple[str, ...], words: str
) -> None:
    """With exit code 2."""
    given = [word.format(tokens=tokens) for word in arguments]
    ran = run("registration", "serve", desk.url, *given, "--port", "0")
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_the_registry_has_to_be_there(tmp_path: Folder, tokens: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stated as an argument, or by the variable."""
    assert "Missing argument 'URL'" in run("registration", "serve", "--tokens", tokens).err
    monkeypatch.setenv("ICPGATE_REGISTRY", f"sqlite:///{tmp_path / 'none.db'}")
    ran = run("registration", "serve", "--tokens", tokens)
    assert ran.code == 2
    assert "icpgate registry init" in ran.err


def test_without_the_extra_it_says_which(desk: Desk, tokens: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other commands need no server."""
    for name in [name for name in sys.modules if name.partition(".")[0] in {"starlette", "uvicorn"}]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.startswith("icpgate.server")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette", None)
    ran = run("registration", "serve", desk.url, "--tokens", tokens, "--port", "0")
    assert ran.code == 2
    assert "icpgate[server]" in ran.err
