"""The command line with a registry over HTTP, and its second level of the cache."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from icpgate.lookup.cache.opening import open_level
from icpgate.testing.serving import RegistryServer
from tests.cases import NUMBER, described, memory, registered
from tests.commandline import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "a-token-of-the-tests"  # noqa: S105 -- nobody's


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of this machine speaks."""
    for name in list(os.environ):
        if name.startswith("ICPGATE_"):
            monkeypatch.delenv(name)


@contextmanager
def served(**stated: str) -> Iterator[RegistryServer]:
    """The right app's registration, observed an hour ago, over HTTP."""
    now = datetime.now(UTC)
    record = registered(observed_at=(now - timedelta(hours=1)).isoformat())
    with RegistryServer(memory(record, now=now), **stated) as server:
        yield server


def _apps(folder: Path, count: int) -> str:
    path = folder / "apps.jsonl"
    numbers = [NUMBER, *(f"蜀ICP备2021014694号-{sequence}A" for sequence in range(11, 10 + count))]
    rows = [json.dumps(described(registration_number=n, display={"number": n}), ensure_ascii=False) for n in numbers]
    path.write_text("\n".join(["{not json", *rows]), encoding="utf-8")
    return str(path)


def _check(*arguments: str) -> tuple[int, list[str]]:
    ran = run("check", "--for", "list", "--format", "jsonl", "--deadline", "5", *arguments)
    return ran.code, [row.get("verdict", row.get("error")) for row in ran.jsonl]


def test_many_are_asked_about_at_once(tmp_path: Path) -> None:
    """Sixty apps are one request, and a row that cannot be read stops none of them."""
    with served() as server:
        code, verdicts = _check(_apps(tmp_path, 60), "--registry", server.url)
        assert code == 2
        assert verdicts == ["json.syntax", *["deny"] * 60]
        assert server.requests == 1


def test_a_second_level_saves_the_next_run_its_requests(tmp_path: Path) -> None:
    """Another process finds what the first one kept; when the registry is gone as well."""
    app = ["--name", "挖煤姬", "--kind", "app", "--platform", "android", "--package", "com.sig.wameiji",
           "--number", NUMBER, "--cache", f"sqlite:{tmp_path / 'cache.db'}"]  # fmt: skip
    with served() as server:
        first = _check(*app, "--registry", server.url)
        assert (first, server.requests) == ((0, ["allow"]), 1)
        assert (_check(*app, "--registry", server.url), server.requests) == (first, 1)
        server.stop()
        assert _check(*app, "--registry", server.url) == first
        assert _check(*app[:-2], "--registry", server.url) == (3, ["deny"])


def test_what_a_second_level_holds_can_be_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By number, by entity, by age or all of it; the next run asks again."""
    monkeypatch.setenv("ICPGATE_CACHE", f"sqlite:{tmp_path / 'cache.db'}")
    with served() as server:
        apps = _apps(tmp_path, 5)
        _check(apps, "--registry", server.url)
        assert run("cache", "stats", "--format", "json").json["entries"] == 5
        assert run("cache", "invalidate", "--number", NUMBER).out.endswith(": 1 forgotten\n")
        assert run("cache", "invalidate", "--before", "2020-01-01T00:00:00Z").out.endswith(": 0 forgotten\n")
        assert run("cache", "invalidate", "--entity", "蜀ICP备2021014694号").out.endswith(": 4 forgotten\n")
        _check(apps, "--registry", server.url)
        assert server.requests == 2
        assert run("cache", "invalidate", "--all").out.endswith(": 5 forgotten\n")
    assert run("cache", "stats").out.endswith(": 0 entries\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["invalidate", "--all"], "State which one"),
        (["stats"], "State which one"),
        (["stats", "--cache", "sqlight:x"], "did you mean sqlite:?"),
        (["invalidate", "--cache", "sqlite:c.db"], "State what to forget"),
        (["invalidate", "--cache", "sqlite:c.db", "--all", "--number", NUMBER], "State what to forget"),
        (["invalidate", "--cache", "sqlite:c.db", "--number", "ICP"], "ICP"),
        (["invalidate", "--cache", "sqlite:c.db", "--before", "yesterday"], "--before"),
    ],
)
def test_wrong_use(arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said what is missing, and nothing is forgotten."""
    monkeypatch.chdir(tmp_path)
    open_level("sqlite:c.db").close()
    ran = run("cache", *arguments)
    assert ran.code == 2
    assert said in ran.err


def test_a_level_that_does_not_answer() -> None:
    """Neither full nor empty: nobody can say."""
    for command in (["stats"], ["invalidate", "--all"]):
        ran = run("cache", *command, "--cache", "redis://127.0.0.1:9")
        assert ran.code == 3
        assert "does not answer" in ran.out + ran.err


def test_a_token_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or from a file that the environment names; without it the registry says nothing."""
    app = ["--name", "挖煤姬", "--kind", "app", "--platform", "android", "--package", "com.sig.wameiji",
           "--number", NUMBER]  # fmt: skip
    with served(token=TOKEN) as server:
        assert _check(*app, "--registry", server.url) == (3, ["deny"])
        monkeypatch.setenv("ICPGATE_REGISTRY_TOKEN", TOKEN)
        assert _check(*app, "--registry", server.url) == (0, ["allow"])
        monkeypatch.delenv("ICPGATE_REGISTRY_TOKEN")
        (tmp_path / "token").write_text(f"{TOKEN}\n")
        monkeypatch.setenv("ICPGATE_REGISTRY_TOKEN_FILE", str(tmp_path / "token"))
        assert _check(*app, "--registry", server.url) == (0, ["allow"])
        monkeypatch.setenv("ICPGATE_REGISTRY_TOKEN_FILE", str(tmp_path / "none"))
        assert run("check", "--for", "list", *app, "--registry", server.url).code == 2


def test_no_token_is_sent_to_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry of this machine needs none; that one is set is no mistake."""
    monkeypatch.setenv("ICPGATE_REGISTRY_TOKEN", TOKEN)
    assert run("registry", "init", str(tmp_path / "r.icpdb")).code == 0
    app = ["--name", "挖煤姬", "--kind", "app", "--platform", "android", "--package", "com.sig.wameiji",
           "--number", NUMBER]  # fmt: skip
    assert _check(*app, "--registry", f"snapshot:{tmp_path / 'r.icpdb'}") == (3, ["deny"])
