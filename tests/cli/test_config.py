"""`icpgate.toml`: what the command line takes when nothing else says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commandline import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command runs; no variable of this machine speaks."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "ICPGATE_LANG",
        "ICPGATE_REGISTRY",
        "ICPGATE_POLICY",
        "ICPGATE_CONFIG",
        "LC_ALL",
        "LC_MESSAGES",
        "LANG",
    ):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_argument_before_variable_before_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is asked in turn."""
    (folder / "icpgate.toml").write_text('[gate]\naction = "list"\nregistry = "snapshot:of-the-file"\n')
    assert "of-the-file" in run("check", "x.json").err
    monkeypatch.setenv("ICPGATE_REGISTRY", "snapshot:of-the-variable")
    assert "of-the-variable" in run("check", "x.json").err
    assert "of-the-argument" in run("check", "--registry", "snapshot:of-the-argument", "x.json").err


def test_the_language_of_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the locale, behind the variable."""
    (folder / "icpgate.toml").write_text('lang = "zh-CN"\n')
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    assert "位数字" in run("number", "京ICP备1号").out
    monkeypatch.setenv("ICPGATE_LANG", "en")
    assert "digits" in run("number", "京ICP备1号").out


def test_another_file_by_option(folder: Path) -> None:
    """The last one named counts, and `policy` takes its policy from it too."""
    (folder / "ours.toml").write_text('[gate]\npolicy = "no-such-policy.toml"\n')
    ran = run("--config", "none.toml", "--config", "ours.toml", "policy", "show")
    assert ran.code == 2
    assert "no-such-policy.toml" in ran.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[gate]\nregistery = "x"\n', "did you mean registry?"),
        ("[gates]\n", "did you mean gate?"),
        ("gate = 1\n", "a table is expected"),
        ('lang = "de"\n', "zh-CN or en"),
        ("[gate]\ndeadline = true\n", "gate.deadline"),
        ('[gate]\nallow_simulated = "yes"\n', "gate.allow_simulated"),
        ("[gate\n", "config.syntax"),
        ("x = [" * 5_000, "config.syntax"),
        ("#" * 1_100_000, "config.too_large"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_place(folder: Path, text: str, words: str) -> None:
    """A misspelt setting is not passed over."""
    (folder / "icpgate.toml").write_text(text)
    ran = run("explain", "number_missing")
    assert ran.code == 2
    assert words in ran.err
    assert "icpgate.toml" in ran.err


def test_a_named_file_that_is_missing_is_an_error() -> None:
    """Only the default one may be absent."""
    ran = run("--config", "none.toml", "explain", "number_missing")
    assert ran.code == 2
    assert "none.toml cannot be read: No such file" in ran.err
    assert run("explain", "number_missing").code == 0
