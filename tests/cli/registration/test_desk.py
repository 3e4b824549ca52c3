"""Which system, and who acts: options, variables, the settings file, and what is said when they are missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.registration.desk import BUREAU, OPERATOR, Desk
from tests.commandline import run


def test_a_registry_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """Its command is told, and the one for development."""
    form = tmp_path / "form.json"
    form.write_text("{}", encoding="utf-8")
    url = f"sqlite:///{tmp_path / 'none.db'}"
    ran = run("registration", "new", str(form), "--registry", url, *OPERATOR)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert f"icpgate registry init {url} --simulate" in ran.err
    assert not (tmp_path / "none.db").exists()


def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    """It is no registry, and stays what it is."""
    (tmp_path / "x.db").write_bytes(b"something else" * 100)
    ran = run("registration", "list", "--registry", f"sqlite:///{tmp_path / 'x.db'}", *OPERATOR)
    assert ran.code == 2
    assert "store." in ran.err


@pytest.mark.parametrize("url", ["snapshot:registry.icpdb", "https://registry.example.cn", "registry.db"])
def test_only_a_live_registry_has_a_procedure(url: str) -> None:
    """Others can be looked into, and not written."""
    ran = run("registration", "list", "--registry", url, *OPERATOR)
    assert ran.code == 2
    assert "works on a live registry" in ran.err


def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the URL's password is told."""
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "2")
    url = "postgresql://icpgate:hunter2@127.0.0.1:1/registry"
    ran = run("registration", "list", "--registry", url, *OPERATOR)
    assert ran.code == 2
    assert "store." in ran.err
    assert "hunter2" not in ran.err


def test_option_before_variable_before_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is asked in turn, for the registry, and without the file for who acts."""
    desk.draft()
    assert run("registration", "list", *OPERATOR).code == 2
    settings = '[gate]\naction = "list"\nregistry = "sqlite:///of-the-file.db"\n'
    Path("icpgate.toml").write_text(settings, encoding="utf-8")
    assert "of-the-file.db" in run("registration", "list", *OPERATOR).err
    Path("icpgate.toml").write_text(f'[gate]\naction = "list"\n[gate.registry]\nurl = "{desk.url}"\n', encoding="utf-8")
    assert "A00000001" in run("registration", "list", *OPERATOR).out
    monkeypatch.setenv("ICPGATE_REGISTRY", "sqlite:///of-the-variable.db")
    assert "of-the-variable.db" in run("registration", "list", *OPERATOR).err
    monkeypatch.setenv("ICPGATE_ROLE", "operator")
    monkeypatch.setenv("ICPGATE_NAME", OPERATOR[-1])
    assert "A00000001" in run("registration", "list", "--registry", desk.url).out


@pytest.mark.parametrize("missing", ["--as", "--name", "--registry"])
def test_what_is_missing_is_named(desk: Desk, missing: str) -> None:
    """Wrong use, and no traceback."""
    given = {"--as": "operator", "--name": "示例", "--registry": desk.url}
    given.pop(missing)
    ran = run("registration", "list", *(word for pair in given.items() for word in pair))
    assert ran.code == 2
    assert f"Missing option '{missing}'" in ran.err


def test_a_province_is_a_bureau_s(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable for the bureau's commands does not disturb the others', an option would."""
    assert "a bureau's" in desk.do("list", *OPERATOR, "--province", "蜀").err
    assert "'四川'" in desk.do("list", *BUREAU[:-1], "四川").err
    name = desk.submitted()
    elsewhere = desk.done("list", *BUREAU[:-1], "京")["applications"]
    assert [each["id"] for each in [*elsewhere, *desk.done("list", *BUREAU)["applications"]]] == [name]
    monkeypatch.setenv("ICPGATE_PROVINCE", "京")
    assert [each["id"] for each in desk.done("list", *OPERATOR)["applications"]] == [name]
    assert desk.done("list", *BUREAU[:4])["applications"] == []


def test_a_wrong_word_is_answered_with_the_nearest() -> None:
    """As everywhere."""
    ran = run("registration", "submitt")
    assert ran.code == 2
    assert "Did you mean submit?" in ran.err
