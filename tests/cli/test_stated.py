"""The registry and the cache that a command is told: by options, variables, the settings file."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from icpgate.testing.serving import RegistryServer
from tests.cases import described, memory, registered
from tests.commandline import run
from tests.lookup.files import imported
from tests.lookup.wire.certificates import Authority
from tests.lookup.wire.proxying import ForwardProxy
from tests.lookup.wire.server import FaultServer, answer, plays

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from icpgate.lookup.registries.memory import MemoryRegistry

CANARY = "canary-s3cret-of-the-tests"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command runs, with an app; no variable of this machine speaks."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("ICPGATE_", "LC_", "LANG", "SSL_CERT_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "app.json").write_text(json.dumps(described()), encoding="utf-8")
    return tmp_path


@pytest.fixture
def served() -> Iterator[RegistryServer]:
    """The right app's registration over HTTP, to those who have the token."""
    now = datetime.now(UTC)
    registry: MemoryRegistry = memory(registered(observed_at=now.isoformat()), now=now)
    with RegistryServer(registry, token=CANARY) as server:
        yield server


def _configured(folder: Path, text: str) -> None:
    (folder / "icpgate.toml").write_text(text, encoding="utf-8")


def _checked(*arguments: str) -> tuple[int, dict[str, object]]:
    ran = run("check", "--for", "list", "--format", "jsonl", *arguments, "app.json")
    assert CANARY not in ran.out + ran.err
    return ran.code, json.loads(ran.out) if ran.out else {"said": ran.err}


def test_a_registry_by_the_settings_file(folder: Path, served: RegistryServer) -> None:
    """With its token, its limits, the bounds of the cache and its secret, from files beside it."""
    (folder / "etc").mkdir()
    (folder / "etc" / "token").write_text(f"{CANARY}\n")
    (folder / "etc" / "secret").write_text(f"{CANARY}\n")
    (folder / "etc" / "ours.toml").write_text(
        f"""
        [gate]
        token_file = "token"
        cache = "sqlite:cache.db"
        cache_secret_file = "secret"
        cache_entries = 10
        [gate.limits]
        attempts = 1
        [gate.registry]
        url = "{served.url}"
        connections = 3
        """
    )
    ran = run("--config", "etc/ours.toml", "check", "--for", "list", "--format", "jsonl", "app.json")
    assert ran.code == 0, ran.err
    assert (folder / "etc" / "cache.db").exists()
    assert run("--config", "etc/ours.toml", "cache", "stats").out == "sqlite:cache.db: 1 entries\n"
    _configured(folder, f'[gate]\ntoken_file = "none"\nregistry = "{served.url}"\n')
    assert "none cannot be read" in str(_checked()[1])


def test_bounds_of_the_cache_alone(folder: Path) -> None:
    """Without a second level they bound the process's own."""
    imported(folder / "r.icpdb", registered())
    _configured(folder, '[gate]\ncache_bytes = 100000\nregistry = "snapshot:r.icpdb"\n')
    assert _checked()[0] in {0, 1, 3}


def test_an_argument_takes_the_place_of_the_whole_registry(folder: Path, served: RegistryServer) -> None:
    """Secrets and authorities of the file's registry are not for another."""
    imported(folder / "r.icpdb", registered())
    _configured(folder, f'[gate.registry]\nurl = "{served.url}"\nsecrets = {{ token = "env:NO_SUCH" }}\n')
    assert "NO_SUCH is not set" in str(_checked()[1])
    assert _checked("--registry", "snapshot:r.icpdb")[0] in {0, 1, 3}


def test_several_registries_by_the_settings_file(folder: Path, served: RegistryServer) -> None:
    """A quorum of a file and a server, each with what it needs."""
    imported(folder / "r.icpdb", registered())
    (folder / "token").write_text(CANARY)
    _configured(
        folder,
        f"""
        [gate.registry]
        combined = "quorum"
        members = ["snapshot:r.icpdb", {{ url = "{served.url}", secrets = {{ token = "file:token" }} }}]
        """,
    )
    code, decision = _checked()
    assert "quorum 2 (" in str(decision) or code == 0
    (folder / "token").write_text("")
    assert "its file is empty" in str(_checked()[1])
    assert "combined beside what one registry has" in str(_checked("--insecure-http")[1])


@pytest.mark.parametrize("route", ["option", "variable", "file"])
def test_http_beyond_this_machine_by_every_route(route: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused with a hint, unless asked for by name."""
    url = "http://registry.invalid"
    code, said = _checked("--registry", url)
    assert code == 2
    assert "insecure_http = true" in str(said)
    if route == "variable":
        monkeypatch.setenv("ICPGATE_INSECURE_HTTP", "1")
    if route == "file":
        _configured(folder, f'[gate.registry]\nurl = "{url}"\ninsecure_http = true\n[gate.limits]\nattempts = 1\n')
    given = {"option": ["--registry", url, "--insecure-http"], "variable": ["--registry", url], "file": []}[route]
    assert _checked(*given)[0] == 3


@pytest.mark.parametrize("route", ["option", "variable", "file"])
def test_tls_and_proxy_by_every_route(
    route: str, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An authority, a certificate of ours with its password, a proxy with a password: all that a registry may want."""
    authority = Authority(tmp_path_factory.mktemp("stated"))
    certificate, key = authority.issued("ours", CANARY)
    monkeypatch.setenv("OUR_PROXY_URL", f"http://user:{CANARY}@PLACE")
    stated = {"ca_file": str(authority.path), "client_certificate": str(certificate), "client_key": str(key)}
    with (
        FaultServer(plays(answer(b"{}")), ssl_context=authority.serving("registry.example")) as server,
        ForwardProxy(hosts={"registry.example": server.port}, user=f"user:{CANARY}") as proxy,
    ):
        monkeypatch.setenv("OUR_PROXY_URL", f"http://user:{CANARY}@{proxy.address}")
        stated["proxy"] = "env:OUR_PROXY_URL"
        arguments = ["--registry", "https://registry.example"]
        if route != "file":
            monkeypatch.setenv("ICPGATE_CLIENT_KEY_PASSWORD", CANARY)
        if route == "option":
            for name, value in stated.items():
                arguments += [f"--{name.replace('_', '-')}", value]
        elif route == "variable":
            for name, value in stated.items():
                monkeypatch.setenv(f"ICPGATE_{name.upper()}", value)
        else:
            (folder / "password").write_text(CANARY)
            lines = [f'{name} = "{value}"' for name, value in stated.items()]
            _configured(
                folder,
                '[gate.registry]\nurl = "https://registry.example"\nclient_key_password = "file:password"\n'
                + "\n".join(lines),
            )
            arguments = []
        code, decision = _checked(*arguments)
        assert code == 3
        assert "unavailable" in str(decision)
        assert [head.split()[1] for head in proxy.heads] == [b"registry.example:443"]
        assert len(server.requests) == 1


def test_nobody_verified_by_name(tmp_path_factory: pytest.TempPathFactory) -> None:
    """It is a warning of the decision; with an authority beside it, it is refused."""
    authority = Authority(tmp_path_factory.mktemp("unverified"))
    with FaultServer(plays(answer(b"{}")), ssl_context=authority.serving()) as server:
        code, decision = _checked("--registry", server.url.rstrip("/"), "--insecure-tls")
        assert code == 3
        assert "insecure_tls" in str(decision["reasons"])
    code, said = _checked("--registry", "https://a.cn", "--insecure-tls", "--ca-file", "x.pem")
    assert (code, "nobody would be verified" in str(said)) == (2, True)
    code, said = _checked("--registry", "https://a.cn", "--ca-file", "none.pem")
    assert (code, "config.ca: none.pem: cannot be read" in str(said)) == (2, True)


def test_a_served_registry_is_reached_by_the_same_options(folder: Path) -> None:
    """`registry serve` of a registry over a network, and of a file, which none of them is for."""
    ran = run("registry", "serve", "https://a.cn", "--ca-file", "none.pem")
    assert (ran.code, "config.ca" in ran.err) == (2, True)
    ran = run("registry", "serve", "http://registry.invalid")
    assert (ran.code, "beyond this machine" in ran.err) == (2, True)
    imported(folder / "r.icpdb", registered())
    ran = run("registry", "serve", "r.icpdb", "--proxy", "http://p")
    assert (ran.code, "a file is not reached over one" in ran.err) == (2, True)


def test_no_cache_is_made_by_looking_for_it(folder: Path) -> None:
    """A path that was mistyped is told, and no empty cache stands there afterwards."""
    for command in (["stats"], ["invalidate", "--all"]):
        ran = run("cache", *command, "--cache", f"sqlite:{folder / 'none.db'}")
        assert ran.code == 2
        assert "there is no such cache" in ran.err
    assert not (folder / "none.db").exists()
