"""`icpgate registration check`, `schema` and `key`: no registry is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from icpgate.registration import Vault
from icpgate.registration.form import form_schema
from icpgate.registration.persons import vault_from
from tests.commandline import run
from tests.registration.forms import good_form, spoilt, without


def written(form: object) -> str:
    """The path of a form in the current folder."""
    Path("form.json").write_text(json.dumps(form, ensure_ascii=False), encoding="utf-8")
    return "form.json"


def test_a_complete_form() -> None:
    """Nothing to say, in either language and as JSON."""
    path = written(good_form())
    assert run("registration", "check", path).out == "complete\n"
    assert run("registration", "check", path, "--lang", "zh-CN").out == "完整\n"
    ran = run("registration", "check", path, "--format", "json")
    assert ran.code == 0
    assert (ran.json["complete"], ran.json["defects"], ran.json["warnings"]) == (True, [], [])


def test_every_defect_with_its_place_reason_and_fix() -> None:
    """All at once, in the language that is asked for; the exit code tells."""
    path = written(without(without(good_form(), "/app/icon"), "/operator/region"))
    ran = run("registration", "check", path)
    assert ran.code == 1
    assert [line.split()[1] for line in ran.out.splitlines() if line.startswith("✗")] == [
        "/operator/region",
        "/app/icon",
    ]
    assert ran.out.count("  fix: ") == 2
    assert ran.out.endswith("2 defects\n")
    assert "  处理：" in run("registration", "check", path, "--lang", "zh-CN").out
    one = run("registration", "check", path, "--format", "json").json["defects"][0]
    assert set(one) == {"pointer", "code", "message", "message_zh", "fix", "fix_zh"}


def test_one_defect_and_a_warning() -> None:
    """A warning has a mark of its own, and does not count."""
    form = spoilt(without(good_form(), "/app/icon"), "/app/name", "示例测试版")
    ran = run("registration", "check", written(form))
    assert "! /app/name  " in ran.out
    assert ran.out.endswith("1 defect\n")


def test_standard_input_with_a_mark_of_byte_order() -> None:
    """As editors on Windows write it."""
    ran = run("registration", "check", "-", stdin=b"\xef\xbb\xbf" + json.dumps(good_form()).encode())
    assert ran.code == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "form.json, line 1, column 2: not JSON"),
        ("[]", "a form is one JSON object"),
        ('{"app": 1, "app": 2}', "app"),
        ('"' + "x" * 1_100_000 + '"', "json.too_large"),
    ],
)
def test_what_is_no_form_cannot_be_read(text: str, words: str) -> None:
    """In one line, with exit code 2, and nothing on standard output."""
    Path("form.json").write_text(text, encoding="utf-8")
    ran = run("registration", "check", "form.json")
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert words in ran.err


def test_a_form_that_is_not_there() -> None:
    """Its path and the cause."""
    ran = run("registration", "check", "none.json")
    assert ran.code == 2
    assert "none.json cannot be read" in ran.err


def test_the_schema() -> None:
    """As it is published."""
    ran = run("registration", "schema")
    assert ran.code == 0
    assert ran.json == form_schema()


def test_a_key_that_only_its_user_may_read() -> None:
    """It is one that a vault takes; it is never told."""
    ran = run("registration", "key", "persons.key")
    assert ran.code == 0
    key = Path("persons.key").read_text(encoding="ascii").strip()
    assert Path("persons.key").stat().st_mode & 0o777 == 0o600
    assert key not in ran.out + ran.err
    assert isinstance(vault_from("persons.key"), Vault)


def test_a_key_is_never_overwritten() -> None:
    """Whoever loses it loses the persons."""
    run("registration", "key", "persons.key")
    before = Path("persons.key").read_bytes()
    ran = run("registration", "key", "persons.key")
    assert ran.code == 2
    assert "never overwritten" in ran.err
    assert Path("persons.key").read_bytes() == before


def test_a_key_where_none_can_be_made() -> None:
    """The cause is told."""
    ran = run("registration", "key", "nowhere/persons.key")
    assert ran.code == 2
    assert "cannot be made" in ran.err


def test_a_check_needs_no_server_and_no_database() -> None:
    """Neither is imported for it; nor are they for the list of commands."""
    code = (
        "import sys; from tests.commandline import run\n"
        "run('registration', 'check', sys.argv[1]); run('registration')\n"
        "print(sorted(set(sys.modules) & {'starlette', 'sqlite3', 'psycopg', 'jinja2', 'rich.table'}))"
    )
    path = Path(written(good_form())).resolve()
    root = Path(__file__).parent.parent.parent.parent
    # Measuring coverage in subprocesses brings sqlite3 in: this one is not measured.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    environment["PYTHONPATH"] = str(root)
    command = [sys.executable, "-c", code, str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, env=environment)
    assert ran.stdout.strip() == "[]"
