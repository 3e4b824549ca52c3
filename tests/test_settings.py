"""`GateSettings`: every setting of a file, in every place; and no secret in any text."""

from __future__ import annotations

import asyncio
import logging
import pickle
import re
import traceback
from dataclasses import fields
from pathlib import Path

import pytest

from icpgate.app import App
from icpgate.cli.config import Config
from icpgate.errors import ConfigurationError, IcpGateError
from icpgate.gate import AsyncGate, Gate
from icpgate.lookup import Limits
from icpgate.lookup.registry import schemes
from icpgate.lookup.registrysettings import RegistrySettings
from icpgate.lookup.transport import Transport
from icpgate.policy import Mode, Policy
from icpgate.rules import Action
from icpgate.settings import GateSettings
from tests.cases import described
from tests.lookup.files import imported, row
from tests.lookup.wire.certificates import Authority

CANARY = "canary-s3cret-of-the-tests"


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_that_a_file_may_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its paths are relative to its own folder, wherever the program runs; it works in another process too."""
    folder = tmp_path / "etc"
    path = _written(
        folder / "icpgate.toml",
        """
        [gate]
        action = "list"
        mode = "warn"
        deadline = 1
        policy = "policy.toml"
        cache = "sqlite:cache.db"
        cache_secret_file = "cache-secret"
        cache_entries = 500
        cache_bytes = 1000000
        token_file = "token"
        allow_simulated = true
        [gate.limits]
        per_second = 5
        [gate.registry]
        url = "http://registry.example.cn"
        insecure_http = true
        connections = 5
        """,
    )
    _written(folder / "policy.toml", 'extends = "default"\n')
    _written(folder / "cache-secret", f"{CANARY}\n")
    _written(folder / "token", f"{CANARY}\n")
    monkeypatch.chdir(tmp_path)
    settings = pickle.loads(pickle.dumps(GateSettings.load(path)))  # noqa: S301 -- our own bytes
    assert settings == GateSettings(
        action=Action.LIST,
        mode=Mode.WARN,
        deadline=1.0,
        policy=str(folder / "policy.toml"),
        cache=f"sqlite:{folder / 'cache.db'}",
        cache_secret_file=str(folder / "cache-secret"),
        cache_entries=500,
        cache_bytes=1_000_000,
        token_file=str(folder / "token"),
        allow_simulated=True,
        limits=Limits(per_second=5),
        registry=RegistrySettings(
            url="http://registry.example.cn", transport=Transport(insecure_http=True, connections=5)
        ),
    )
    with settings.gate() as gate:
        assert type(gate.lookup).__name__ == "LookupClient"
        assert gate.lookup.status.registry == "http://registry.example.cn"
        assert gate.lookup.cache.secret == CANARY.encode()
        assert (folder / "cache.db").exists()
    assert not (tmp_path / "cache.db").exists()


def test_the_gates_close_what_they_made(tmp_path: Path) -> None:
    """Registry and cache; both gates, and twice."""
    imported(tmp_path / "r.icpdb", row())
    path = _written(
        tmp_path / "icpgate.toml",
        '[gate]\naction = "list"\nregistry = "snapshot:r.icpdb"\ncache = "sqlite:cache.db"\ncache_entries = 5\n',
    )
    settings = GateSettings.load(path)

    async def run() -> None:
        async with settings.async_gate() as gate:
            assert isinstance(gate, AsyncGate)
            assert (await gate.check(App.parse(described()))).verdict
        await gate.close()

    with settings.gate() as gate:
        assert isinstance(gate, Gate)
        assert gate.check(App.parse(described())).verdict
    gate.close()
    asyncio.run(run())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[gate]\n", "gate.action is missing"),
        ('[gate]\naction = "list"\n', "gate.registry is missing"),
        ('[gate]\naction = "lists"\n', "gate.action: 'lists' is no action"),
        ('[gate]\nregistery = "x"\n', "did you mean registry"),
        ('[gate]\nregistry = ""\n', "gate.registry: url is missing"),
        ('[gate.registry]\nurl = "https://a.cn"\nca = "x"\n', "gate.registry: unknown setting 'ca'"),
        ("[gate]\nmode = 7\n", "gate.mode: '7' is no mode"),
        ("[gate]\ndeadline = nan\n", "gate.deadline is 'nan'"),
        ('[gate]\ndeadline = "1"\n', "gate.deadline is '1'"),
        ('[gate]\ncache = ""\n', "gate.cache is not the URL of a second level"),
        ("[gate]\ncache_secret_file = 7\n", "gate.cache_secret_file is not a path"),
        ("[gate]\ncache_entries = 0\n", "gate.cache_entries is '0'"),
        ("[gate]\ncache_bytes = true\n", "gate.cache_bytes is 'True'"),
        ("[gate]\nlimits = 7\n", "gate.limits is not a table"),
        ("[gate.limits]\nper_hour = 7\n", "gate.limits: unknown limit 'per_hour'"),
        ("[gate]\nallow_simulated = 1\n", "gate.allow_simulated is '1'"),
        ("gate = 7\n", "gate is '7': a table is expected"),
        ("[gate\n", "line 1"),
    ],
)
def test_a_file_that_is_wrong(text: str, words: str, tmp_path: Path) -> None:
    """Told with the file, the setting and what was meant."""
    path = _written(tmp_path / "icpgate.toml", text)
    with pytest.raises(ConfigurationError) as caught:
        GateSettings.load(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_files_that_are_no_settings(tmp_path: Path) -> None:
    """Missing, too large, no text, nested too deeply, a number too long."""
    path = tmp_path / "icpgate.toml"
    with pytest.raises(ConfigurationError, match="No such file"):
        GateSettings.load(path)
    for raw, code in (
        (b"#" * 1_048_577, "config.too_large"),
        (b"\xff\xfe", "config.syntax"),
        (b"x = " + b"[" * 5_000, "config.syntax"),
        (b"x = " + b"1" * 5_000, "config.syntax"),
        (b"x = 1\nx = 2\n", "config.syntax"),
    ):
        path.write_bytes(raw)
        with pytest.raises(ConfigurationError) as caught:
            GateSettings.load(path)
        assert caught.value.code == code


def test_values_of_ones_own_are_taken_as_they_are() -> None:
    """In a mapping, limits and the registry may be made already."""
    registry, limits = RegistrySettings(url="https://a.cn"), Limits(attempts=1)
    settings = GateSettings.read({"action": "list", "registry": registry, "limits": limits})
    assert settings.registry is registry
    assert settings.limits is limits


def test_a_secret_of_the_cache_that_cannot_be_had(tmp_path: Path) -> None:
    """A missing file, an empty one, and one that is too short."""
    for content, words in ((None, "cannot be read"), ("\n", "there is no secret"), ("short", "at least 16 bytes")):
        path = tmp_path / "secret"
        if content is not None:
            path.write_text(content)
        settings = GateSettings(action=Action.LIST, registry="https://a.cn", cache_secret_file=str(path))
        with pytest.raises(ConfigurationError, match=words):
            settings.gate()


def test_no_secret_is_shown_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Settings, registries, clients, gates, contexts, errors with their traces, logs: the canary is in none."""
    caplog.set_level(logging.DEBUG)
    for name in ("TOKEN", "PROXY", "KEY_PASSWORD"):
        monkeypatch.setenv(f"OUR_{name}", f"http://user:{CANARY}@127.0.0.1:1" if name == "PROXY" else CANARY)
    _written(tmp_path / "secret", CANARY)
    told: list[object] = []
    for registry in (
        {"url": "https://a.cn", "secrets": {"token": CANARY}, "proxy": f"http://u:{CANARY}@127.0.0.1:1"},
        {"url": "https://a.cn", "secrets": {"token": "env:OUR_TOKEN"}, "proxy": "env:OUR_PROXY", "insecure_tls": True},
        {"url": "https://a.cn", "mapping": "chinaz-app", "secrets": {"key": f"file:{tmp_path / 'secret'}"}},
        {"url": "https://a.cn", "proxy": f"socks5://u:{CANARY}@h"},
        {"url": "https://a.cn", "proxy": f"file:{tmp_path / 'secret'}"},
        {"url": f"https://u:{CANARY}@a.cn"},
        {"url": f"https://a.cn?key={CANARY}"},
        {"url": "https://a.cn", "secrets": {"token": [CANARY]}},
        {"url": "https://a.cn", "client_certificate": "none.pem", "client_key_password": CANARY},
        {"combined": "quorum", "members": [{"url": "https://a.cn", "secrets": {"token": CANARY}}, "https://b.cn"]},
    ):
        try:
            settings = GateSettings.read(
                {
                    "action": "list",
                    "registry": registry,
                    "cache_secret_file": str(tmp_path / "secret"),
                    "limits": {"attempts": 1},
                }
            )
            told += [settings, settings.registry]
            with settings.gate() as gate:
                decision = gate.check(App.parse(described()))
                told += [gate, gate.lookup, gate.lookup.cache, gate.lookup.status, decision, decision.to_json()]
                told += [decision.explain("en"), decision.explain("zh-CN"), decision.evidence]
                made = gate.lookup._asking.registry
                told += [made, getattr(made, "channel", None), getattr(getattr(made, "channel", None), "proxies", None)]
        except IcpGateError as error:
            told += [error, "".join(traceback.format_exception(error, chain=True))]
            told.append(error.hint)
    shown = "\n".join(f"{each!r}\n{each}" for each in told) + caplog.text + repr([r.__dict__ for r in caplog.records])
    assert CANARY not in shown
    assert len(told) > 20


TOML = re.findall(
    r"```toml\n(.*?)```", (Path(__file__).parent.parent / "docs" / "settings.md").read_text("utf-8"), re.DOTALL
)


@pytest.mark.parametrize("position", range(len(TOML)))
def test_the_examples_of_the_page(position: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each makes a gate with what it names, read by the command line as well; those of a policy are policies."""
    text = TOML[position]
    if "[rules." in text:
        assert Policy.loads(f'extends = "default"\n{text}').revision
        return
    imported(tmp_path / "registry.icpdb", row())
    authority = Authority(tmp_path)
    assert authority.path.name == "authority.pem"
    for name in ("key", "token", "cache"):
        _written(tmp_path / "secrets" / name, CANARY)
    _written(tmp_path / "secrets" / "proxy", f"http://user:{CANARY}@proxy.example.cn:3128")
    _written(tmp_path / "policy.toml", 'extends = "default"\n')
    path = _written(tmp_path / "icpgate.toml", text)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with GateSettings.load(path).gate() as gate:
        assert gate.lookup.status.registry
    assert Config.load(str(path)).gate["action"]


def test_the_page_has_every_option_of_a_registry() -> None:
    """Of its table and of its connection, each with a row."""
    page = (Path(__file__).parent.parent / "docs" / "settings.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    own = {field.name for field in fields(RegistrySettings)} - {"transport"}
    assert own | set(Transport.names()) <= documented
    assert all(f"`{scheme}:" in page for scheme in schemes())
