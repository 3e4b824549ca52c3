"""`icpgate check`: apps in, decisions out, and the exit code of all of them together."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from icpgate.lookup.snapshotfile import import_records
from tests.cases import DOCUMENT, NUMBER, described, registered
from tests.commandline import Ran, run

if TYPE_CHECKING:
    from pathlib import Path

GOOD = described()
BAD = described(registration_number=None)
UNKNOWN = described(registration_number="京ICP备2026999901号-1A", display=None)
UNREADABLE = {"name": "x"}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A registry with the right record, observed yesterday, complete for its province."""
    folder = tmp_path_factory.mktemp("registry")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    rows = folder / "rows.jsonl"
    rows.write_text(json.dumps(registered(observed_at=yesterday.isoformat()), ensure_ascii=False), encoding="utf-8")
    path = folder / "registry.icpdb"
    import_records(path, rows, observed_at=yesterday, source="test", authoritative=True, scope="provinces:蜀")
    return f"snapshot:{path}"


def check(registry: str, *apps: object, form: str = "jsonl", options: tuple[str, ...] = ()) -> Ran:
    """Check these apps from standard input."""
    stdin = "\n".join(json.dumps(app, ensure_ascii=False) for app in apps).encode()
    arguments = ("--for", "list", "--registry", registry, "--format", form, "--lang", "en", *options, "-")
    return run("check", *arguments, stdin=stdin)


@pytest.mark.parametrize(
    ("apps", "code"),
    [
        ([GOOD], 0),
        ([GOOD, GOOD], 0),
        ([GOOD, BAD], 1),
        ([GOOD, UNKNOWN], 3),
        ([UNKNOWN, BAD], 1),
        ([GOOD, UNREADABLE], 2),
        ([BAD, UNKNOWN, UNREADABLE], 2),
    ],
)
def test_exit_codes(registry: str, apps: list[object], code: int) -> None:
    """0 all allowed, 1 an evaluated denial, 3 something undecided, 2 a row that cannot be read."""
    assert check(registry, *apps).code == code


def test_a_decision_a_line_in_order(registry: str) -> None:
    """Each app has its line, also the one that cannot be read."""
    good, unreadable, bad = check(registry, GOOD, UNREADABLE, BAD).jsonl
    assert good["verdict"] == "allow"
    assert good["bound_by"] == ["document_number", "package", "signing_certificate", "operator_and_name"]
    assert unreadable["position"] == 1
    assert {defect["place"] for defect in unreadable["defects"]} == {"/kind", "/platform", "/package"}
    assert bad["codes"] == ["number_missing"]
    assert DOCUMENT not in json.dumps([good, bad])


def test_text_form_explains_for_the_developer(registry: str) -> None:
    """Every objection with its fix; the unreadable one on standard error."""
    ran = check(registry, GOOD, BAD, UNREADABLE, form="text")
    assert "ALLOW" in ran.out
    assert "✗ number_missing" in ran.out
    assert "fix:" in ran.out
    assert "row 3" in ran.err


def test_the_gatekeeper_is_told_in_other_words(registry: str) -> None:
    """The same reason for another reader."""
    developer = check(registry, BAD, form="text").out
    gatekeeper = check(registry, BAD, form="text", options=("--for-gatekeeper",)).out
    assert developer != gatekeeper


def test_json_and_csv_forms(registry: str) -> None:
    """An array of decisions, and a row each without a formula."""
    assert [d["verdict"] for d in check(registry, GOOD, BAD, form="json").json] == ["allow", "deny"]
    rows = list(csv.DictReader(io.StringIO(check(registry, GOOD, UNREADABLE, form="csv").out)))
    assert [row["verdict"] for row in rows] == ["allow", "error"]
    assert rows[0]["number"] == NUMBER


def test_one_app_by_options(registry: str) -> None:
    """Without a file the options describe the app."""
    ran = run(
        "check", "--for", "list", "--registry", registry, "--format", "json", "--name", "挖煤姬", "--kind", "app",
        "--platform", "android", "--package", "com.sig.wameiji", "--number", NUMBER,
        "--operator", "示例科技(成都)有限公司",
        "--document-type", "uscc", "--document-number", DOCUMENT,
    )  # fmt: skip
    assert ran.code == 0
    assert ran.json[0]["verdict"] == "allow"


def test_an_order_by_options(registry: str) -> None:
    """Domains and addresses too, as often as there are any."""
    options = ("--name", "挖煤姬", "--kind", "app", "--platform", "android", "--package", "com.sig.wameiji")
    order = (*options, "--number", NUMBER, "--domain", "api.example.cn", "--endpoint", "203.0.113.7")
    common = ("check", "--for", "connect", "--registry", registry, "--format", "json")
    assert run(*common, *order).code == 0
    ran = run(*common, *order, "--domain", "other.example.cn")
    assert (ran.code, ran.json[0]["codes"]) == (1, ["domain_not_covered"])


def test_a_file_with_an_array_a_single_object_or_lines(registry: str, tmp_path: Path) -> None:
    """All three are read, with a byte order mark and Windows line ends too."""
    one = json.dumps(GOOD, ensure_ascii=False)
    pretty = json.dumps([GOOD, GOOD], ensure_ascii=False, indent=2)
    for text, count in ((one, 1), (pretty, 2), (f"\ufeff{one}\r\n\r\n{one}\r\n", 2)):
        path = tmp_path / "apps.json"
        path.write_text(text, encoding="utf-8")
        ran = run("check", "--for", "list", "--registry", registry, "--format", "jsonl", str(path))
        assert (ran.code, len(ran.jsonl)) == (0, count)


@pytest.mark.parametrize(
    ("stdin", "words"),
    [
        (b"", "is empty"),
        (b"[]", "nothing was checked"),
        (b"{", "not JSON"),
        (b'[{"name": "x"},\n{"name": }]', "line 2"),
        (b'{"name": "a", "name": "b"}', "stands twice"),
        ('{"name": "挖"}'.encode("gb18030"), "not UTF-8"),
    ],
)
def test_input_that_is_no_json_is_refused_with_its_place(registry: str, stdin: bytes, words: str) -> None:
    """Nothing was decided: the exit code of wrong use."""
    ran = run("check", "--for", "list", "--registry", registry, "-", stdin=stdin)
    assert ran.code == 2
    assert words in ran.err
    assert ran.out == ""


def test_an_empty_list_is_not_all_allowed(registry: str) -> None:
    """A pipeline that hands in nothing is not told that everything may go."""
    for form in ("text", "json", "jsonl", "csv"):
        assert run("check", "--for", "list", "--registry", registry, "--format", form, "-", stdin=b"[]").code == 2


def test_a_broken_line_stops_no_other(registry: str) -> None:
    """The lines around it are judged."""
    good = json.dumps(GOOD, ensure_ascii=False)
    ran = run(
        "check",
        "--for",
        "list",
        "--registry",
        registry,
        "--format",
        "jsonl",
        "-",
        stdin=f"{good}\n{{x\n{good}".encode(),
    )
    assert [row.get("verdict", row.get("error")) for row in ran.jsonl] == ["allow", "json.syntax", "allow"]
    assert ran.code == 2


def test_as_of_and_occasion(registry: str) -> None:
    """The stage of a past day, marked as looking back."""
    old = described(registration_number=None, first_listed_on="2021-05-01", operator=None, display=None)
    options = ("--as-of", "2024-03-31T23:59:59+08:00", "--occasion", "standing")
    [decision] = check(registry, old, options=options).jsonl
    assert (decision["verdict"], decision["basis"]) == ("allow", "exempted")
    assert decision["retrospective"] is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--for", "list", "--registry", "snapshot:none.icpdb", "x.json"], "none.icpdb"),
        (["--for", "list", "--registry", "snapshott:r", "x.json"], "did you mean snapshot"),
        (["--for", "list", "--registry", "r.icpdb", "x.json"], "did you mean snapshot:r.icpdb"),
        (["--for", "list", "x.json"], "--registry"),
        (["--registry", "snapshot:r", "x.json"], "--for"),
    ],
)
def test_wrong_use_is_said(arguments: list[str], words: str) -> None:
    """Before any app is read."""
    ran = run("check", *arguments)
    assert ran.code == 2
    assert words in ran.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--as-of", "2024-03-31"), "a moment with its zone"),
        (("--deadline", "-5"), "deadline"),
        (("--deadline", "abc"), "abc"),
        (("--policy", "no-such.toml"), "no-such.toml"),
    ],
)
def test_wrong_settings_are_said(registry: str, options: tuple[str, ...], words: str) -> None:
    """With the value and what was expected."""
    ran = check(registry, GOOD, options=options)
    assert ran.code == 2
    assert words in ran.err


def test_file_and_options_together_are_refused(registry: str) -> None:
    """It would not be clear which app is meant; the same for neither."""
    for arguments in (("--name", "x", "-"), ()):
        assert run("check", "--for", "list", "--registry", registry, *arguments).code == 2


def test_a_terminal_is_told_that_it_is_waited_for(registry: str) -> None:
    """Whoever forgot the file sees why nothing happens."""
    ran = run("check", "--for", "list", "--registry", registry, "-", stdin=json.dumps(GOOD).encode(), terminal=True)
    assert "Ctrl-D" in ran.err
