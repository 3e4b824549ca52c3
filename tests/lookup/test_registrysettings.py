"""A registry as plain values: by URL, mapped, several as one; and where its paths are."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import ByDomain, Found
from icpgate.errors import ConfigurationError
from icpgate.lookup import Combined, JsonApi, Limits, LookupClient, registry_from_url
from icpgate.lookup.registry import schemes
from icpgate.lookup.registrysettings import RegistrySettings
from icpgate.lookup.transport import Transport
from tests.lookup.files import imported, row
from tests.lookup.wire.server import FaultServer, answer, plays

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-t0ken"
HTTPS = "https://registry.example.cn"


def test_a_url_alone() -> None:
    """A text is the whole of it."""
    assert RegistrySettings.read(HTTPS) == RegistrySettings(url=HTTPS) == RegistrySettings.of(HTTPS)
    assert RegistrySettings.of(RegistrySettings(url=HTTPS)).registry().id == HTTPS


def test_a_ready_mapping_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its address and its secrets, and what it may say."""
    monkeypatch.setenv("CHINAZ_KEY", CANARY)
    settings = RegistrySettings.read(
        {
            "mapping": "chinaz-app",
            "url": "https://api.example.cn",
            "secrets": {"key": "env:CHINAZ_KEY"},
            "id": "ours",
            "scope": "provinces:京",
            "connections": 7,
        }
    )
    registry = settings.registry()
    assert isinstance(registry, JsonApi)
    assert registry.id == "ours"
    assert str(registry.capabilities.scope) == "provinces:京"
    assert registry.channel is not None
    assert registry.channel.connections == 7
    assert CANARY not in repr(settings) + repr(registry) + repr(pickle.loads(pickle.dumps(settings)))  # noqa: S301 -- our own


def test_a_mapping_of_ones_own(tmp_path: Path) -> None:
    """By the path of its file, which may be relative to where it was stated; asked for real."""
    mapping = (
        'authoritative = false\n[request.domain]\npath = "/{domain}"\n[records]\nobject = ""\n'
        '[record]\nregistration_number = "/n"\nstatus = { constant = "registered" }\ndomains = { at = "/d" }\n'
    )
    (tmp_path / "ours.toml").write_text(mapping, encoding="utf-8")
    body = '{"n":"京ICP备2026999901号-1","d":["example.cn"]}'.encode()
    with FaultServer(plays(answer(body))) as server:
        settings = RegistrySettings.read({"mapping": "ours.toml", "url": server.url.rstrip("/")}, str(tmp_path))
        with LookupClient(settings.registry()) as client:
            assert type(client.look_up(ByDomain("example.cn")).answer) is Found


def test_several_as_one(tmp_path: Path) -> None:
    """Each a URL or a table, with limits of its own; by each strategy."""
    imported(tmp_path / "a.icpdb", row())
    members = ["snapshot:a.icpdb", {"url": HTTPS, "limits": {"seconds": 0.5, "per_day": 9}, "insecure_tls": True}]
    for strategy, quorum in (("in_turn", {}), ("confirm", {}), ("quorum", {"quorum": 2}), ("quorum", {})):
        settings = RegistrySettings.read({"combined": strategy, "members": members} | quorum, str(tmp_path))
        registry = pickle.loads(pickle.dumps(settings)).registry()  # noqa: S301 -- our own bytes
        assert isinstance(registry, Combined)
        assert [guard.registry.id for guard in registry.guards] == ["snapshot:a.icpdb", HTTPS]
        assert registry.guards[1].limits == Limits(seconds=0.5, per_day=9)
        registry.close()
    with pytest.raises(ConfigurationError, match="did you mean quorum"):
        RegistrySettings.read({"combined": "quorom", "members": ["https://a.cn", "https://b.cn"]}).registry()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (7, "int given"),
        ({}, "url is missing"),
        ({"url": ""}, "url is nothing: a text is expected"),
        ({"url": 7}, "url is int"),
        ({"urls": HTTPS}, "did you mean url"),
        ({"zzz": 1}, "known: url, mapping"),
        ({"url": HTTPS, "ca_file": 7}, "ca_file is int"),
        ({"url": HTTPS, "insecure_http": "yes"}, "insecure_http is 'yes'"),
        ({"url": HTTPS, "verify": False}, "unknown setting 'verify'"),
        ({"url": HTTPS, "secrets": CANARY}, "secrets is not a table of texts"),
        ({"url": HTTPS, "secrets": {"token": 7}}, "secrets is not a table of texts"),
        ({"url": HTTPS, "limits": 3}, "limits is not a table"),
        ({"url": HTTPS, "members": ["a"]}, "members and quorum without combined"),
        ({"url": HTTPS, "quorum": 2}, "members and quorum without combined"),
        ({"combined": "quorum", "members": "a"}, "members is no list"),
        ({"combined": "quorum", "members": ["a"], "url": HTTPS}, "combined beside what one registry has"),
        ({"combined": "quorum", "members": ["a"], "proxy": "http://p"}, "combined beside what one registry has"),
        ({"combined": "in_turn", "members": ["a"], "quorum": 2}, 'quorum without combined = "quorum"'),
        ({"combined": "quorum", "members": [{"zzz": 1}]}, "unknown setting 'zzz'"),
    ],
)
def test_settings_that_are_none(given: object, words: str) -> None:
    """Told with what was meant, and without a secret."""
    with pytest.raises(ConfigurationError) as caught:
        RegistrySettings.read(given)
    assert words in str(caught.value)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mapping": "uapi", "url": "https://a.cn"}, "did you mean uapis"),
        ({"mapping": "uapis"}, "url is missing"),
        ({"mapping": "none.toml", "url": "https://a.cn"}, "none.toml"),
        ({"url": HTTPS, "secrets": {"key": "x"}}, "has a place for it"),
        ({"url": "snapshot:r.icpdb", "id": "ours"}, "id beside a registry that states its own"),
        ({"url": "platform:r.toml", "scope": "all"}, "scope beside a registry that states its own"),
        ({"url": "snapshot:r.icpdb", "secrets": {"token": "x"}}, "nothing has a place for them"),
        ({"url": "enterprise:r.toml", "secrets": {"token": "x"}}, "nothing has a place for them"),
        ({"url": "gateway:r.toml", "secrets": {"token": "x"}}, "nothing has a place for them"),
        ({"url": "platform:r.toml", "secrets": {"token": "x"}}, "nothing has a place for them"),
        ({"url": "snapshot:r.icpdb", "proxy": "http://p"}, "a file is not reached over one"),
        ({"url": "http://registry.example.cn"}, "beyond this machine"),
        ({"combined": "in_turn", "members": [HTTPS]}, "1 registries to combine"),
        ({"combined": "quorum", "members": [HTTPS, HTTPS]}, "a registry twice"),
        ({"combined": "quorum", "quorum": 3, "members": ["https://a.cn", "https://b.cn"]}, "quorum is '3'"),
    ],
)
def test_registries_that_cannot_be_made(given: dict[str, object], words: str) -> None:
    """Told when the registry is made."""
    with pytest.raises(ConfigurationError) as caught:
        RegistrySettings.read(given).registry()
    assert words in str(caught.value)


def test_paths_are_relative_to_where_they_were_stated(tmp_path: Path) -> None:
    """Those of files of every kind; absolute ones and addresses stay."""
    folder = str(tmp_path)
    for scheme in ("snapshot", "json_api", "gateway", "enterprise", "platform"):
        assert RegistrySettings.read(f"{scheme}:a/b.x", folder).url == f"{scheme}:{folder}/a/b.x"
        assert RegistrySettings.read(f"{scheme}:/a.x", folder).url == f"{scheme}:/a.x"
        assert RegistrySettings.read(f"{scheme}:a.x").url == f"{scheme}:a.x"
        assert RegistrySettings.read(f"{scheme}:", folder).url == f"{scheme}:"
    for url in (HTTPS, "gateway:https://g.example", "gateway:http://127.0.0.1:1"):
        assert RegistrySettings.read(url, folder).url == url
    stated = {
        "url": HTTPS,
        "ca_file": "ca.pem",
        "client_certificate": "/c.pem",
        "client_key": "c.key",
        "client_key_password": "file:password",
        "proxy": "http://file.example",
        "secrets": {"token": "file:token"},
    }
    settings = RegistrySettings.read(stated, folder)
    assert settings.transport == Transport(
        ca_file=f"{folder}/ca.pem",
        client_certificate="/c.pem",
        client_key=f"{folder}/c.key",
        client_key_password=f"file:{folder}/password",
        proxy="http://file.example",
    )
    assert settings.secrets == (("token", f"file:{folder}/token"),)


@pytest.mark.parametrize(
    ("given", "takes"),
    [
        (HTTPS, True),
        ({"url": HTTPS, "mapping": "icpgate"}, True),
        ("gateway:https://g.example", True),
        ("gateway:g.toml", False),
        ({"url": HTTPS, "mapping": "uapis"}, False),
        ("snapshot:r.icpdb", False),
        ({"combined": "quorum", "members": [HTTPS]}, False),
    ],
)
def test_who_is_sent_a_token(given: object, *, takes: bool) -> None:
    """A token of the environment goes to no registry that has another place for its secrets."""
    assert RegistrySettings.read(given).takes_token is takes
    settings = RegistrySettings.read(HTTPS).with_secret("token", "a").with_secret("token", "b")
    assert settings.secrets == (("token", "b"),)


def test_every_scheme_is_named_where_one_is_unknown() -> None:
    """The hint has an example of each."""
    with pytest.raises(ConfigurationError) as caught:
        registry_from_url("zzzzzz:x")
    assert all(f"{scheme}:" in caught.value.hint for scheme in schemes() if scheme != "http")
    for scheme in schemes():
        with pytest.raises(ConfigurationError) as caught:
            registry_from_url(f"{scheme}:")
        assert caught.value.hint
