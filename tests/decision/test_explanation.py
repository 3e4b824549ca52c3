"""A decision in words, and by its published schema."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from icpgate.decision import Audience, Decision, decide
from icpgate.decision.explanation import DecisionJson, decision_schema, explain, inert, summary
from icpgate.policy import Policy
from icpgate.rules import Action, Case
from icpgate.rules.reasons import reason_texts
from tests.cases import MD5, NOW, NUMBER, Scene, check, described, registered
from tests.strategies import cases, policies

GOLDEN = Path(__file__).parents[2] / "docs" / "schema" / "decision.json"
UNKNOWN = Scene(records=[], authoritative=False)
EXEMPTING = """
extends = "default"
[[exemption]]
name = "e"
approver = "a"
reason = "r"
until = 2027-01-01T00:00:00Z
codes = ["number_missing"]
packages = ["com.sig.wameiji"]
[[fail_open]]
name = "f"
approver = "a"
reason = "r"
since = 2026-11-20T00:00:00Z
until = 2026-11-30T00:00:00Z
codes = ["registry_unavailable"]
actions = ["list"]
occasions = ["first"]
"""


def _made() -> dict[str, Decision]:
    policy = Policy.loads(EXEMPTING)
    bare = described(registration_number=None, display=None)
    return {
        "allow": check(),
        "deny": check(described(registration_number=None)),
        "undecided": UNKNOWN.check(),
        "exempted": Scene(records=[], policy=policy).check(bare),
        "open": Scene(records=[], authoritative=False, policy=policy).check(),
    }


# --- by its schema -------------------------------------------------------------------------------


def test_the_published_schema_is_the_code_s() -> None:
    """`docs/schema/decision.json` is what `decision_schema` says: `make docs`."""
    text = json.dumps(decision_schema(), ensure_ascii=False, indent=2) + "\n"
    assert GOLDEN.read_text(encoding="utf-8") == text


def test_the_schema_demands_every_field() -> None:
    """Nothing in it is optional: what is not known is null."""
    schema: dict[str, Any] = decision_schema()
    assert schema["required"] == list(schema["properties"])
    assert schema["properties"]["only_objection"]["anyOf"] == [{"type": "string"}, {"type": "null"}]
    for part in schema["$defs"].values():
        assert part["required"] == list(part["properties"])


def _holds(value: object, schema: dict[str, Any], defs: dict[str, Any]) -> bool:
    """A reader of the part of JSON Schema that the published one uses, strict about unknown fields."""
    if "$ref" in schema:
        return _holds(value, defs[schema["$ref"].rsplit("/", 1)[-1]], defs)
    if "anyOf" in schema:
        return any(_holds(value, option, defs) for option in schema["anyOf"])
    match schema["type"]:
        case "object" if "properties" in schema:
            known = schema["properties"]
            return isinstance(value, dict) and value.keys() == known.keys() and all(
                _holds(value[name], known[name], defs) for name in known
            )  # fmt: skip
        case "object":
            items = schema["additionalProperties"]
            return isinstance(value, dict) and all(_holds(item, items, defs) for item in value.values())
        case "array":
            return isinstance(value, list) and all(_holds(item, schema["items"], defs) for item in value)
        case "integer":
            return type(value) is int
        case kind:
            return type(value) is {"string": str, "boolean": bool, "null": type(None)}[kind]


@given(cases(grounds=True), policies())
def test_every_decision_is_by_the_published_schema(case: Case, policy: Policy) -> None:
    """No field more, no field less, each of its type; read from the page that others read."""
    text = decide(case, policy, decision_id="x").to_json()
    schema = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert _holds(json.loads(text), schema, schema["$defs"])
    TypeAdapter(DecisionJson).validate_json(text, strict=True)


def test_written() -> None:
    """Each field has what the decision has."""
    app = described(name="另一个名字", signing_certificates=[{"digest": MD5, "provenance": "verified"}])
    scene = Scene(records=[registered(status="changing")], action=Action.PREINSTALL)
    decision = scene.check(app, as_of=NOW - timedelta(days=1))
    written: dict[str, Any] = decision.written()
    text = reason_texts()["name_mismatch"]
    reasons, findings = written.pop("reasons"), written.pop("findings")
    assert written == {
        "schema_version": 1,
        "id": decision.id,
        "decided_at": "2026-11-24T00:00:00Z",
        "verdict": "deny",
        "basis": "evaluated",
        "allowed": False,
        "denied": True,
        "undecided": False,
        "enforced": True,
        "mode": "enforce",
        "action": "preinstall",
        "occasion": "first",
        "as_of": "2026-11-23T00:00:00Z",
        "retrospective": True,
        "simulated": False,
        "app": {
            "name": "另一个名字",
            "kind": "app",
            "platform": "android",
            "package": "com.sig.wameiji",
            "registration_number": NUMBER,
        },
        "number": NUMBER,
        "codes": ["name_mismatch"],
        "only_objection": "name_mismatch",
        "mask": text.bit,
        "evidence": [
            {
                "registry": "memory",
                "source": "test",
                "query": f"number {NUMBER}",
                "answer": "found",
                "observed_at": "2026-11-23T00:00:00Z",
                "digest": decision.observations[0].digest,
                "stale": "",
                "insecure_tls": False,
            }
        ],
        "bound_by": [binding.value for binding in decision.bound_by],
        "exemption": None,
        "display": {
            "number": NUMBER,
            "link": "https://beian.miit.gov.cn/",
            "text": {"zh-CN": f"APP备案号：{NUMBER}", "en": f"ICP registration number: {NUMBER}"},
        },
        "expires_at": None,
        "recheck_at": "2026-11-25T00:00:00Z",
        "policy": "miit-2023-105",
        "policy_revision": Policy.default().revision,
    }
    found, expected = "另一个名字", "挖煤姬"
    causes = {
        audience: {
            lang: text.in_language(lang).cause(audience, found=found, expected=expected, detail="name.different")
            for lang in ("zh-CN", "en")
        }
        for audience in Audience
    }
    assert reasons[0] == {
        "code": "name_mismatch",
        "effect": "denies",
        "detail": "name.different",
        "found": found,
        "expected": expected,
        "basis": list(text.basis),
        "title": {lang: text.in_language(lang).title for lang in ("zh-CN", "en")},
        "gatekeeper": causes[Audience.GATEKEEPER],
        "developer": causes[Audience.DEVELOPER],
        "fix": {lang: text.in_language(lang).fix for lang in ("zh-CN", "en")},
    }
    assert [reason["effect"] for reason in reasons] == ["denies", "warns", "notes"]
    assert findings[0] == {
        "code": "number_missing",
        "outcome": "pass",
        "detail": "",
        "found": "",
        "expected": "",
    }
    assert len(findings) == len(Policy.default().rules)


def test_what_is_not_known_is_null() -> None:
    """An app without a number, an allow without a registration."""
    written = _made()["exempted"].written()
    assert (written["number"], written["display"], written["only_objection"]) == (None, None, None)
    assert written["app"]["registration_number"] is None  # type: ignore[index]  # the app's part
    assert written["exemption"] == "e"
    assert written["expires_at"] == "2027-01-01T00:00:00Z"


def test_a_number_as_typed_is_made_safe() -> None:
    """It is the one text of an app that nobody has read yet."""
    app: Any = check(described(registration_number="京\u202eICP\n" + "x" * 90)).written()["app"]
    assert app["registration_number"] == "京\\u202eICP\\n" + "x" * 54 + "…"


def test_json_is_one_line_of_visible_text() -> None:
    """Whatever a registry says, nothing breaks the line, reorders it, or cannot be written."""
    nasty = "a\u2028b\u202ec\x85d\ud800e\u200bf\U000e0041g"
    decision = check(described(), registered(service_name=nasty))
    text = decision.to_json()
    assert text.splitlines() == [text]
    assert text.encode("utf-8")
    assert not set(nasty) - set("abcdefg") & set(text)
    assert json.loads(text) == decision.written()
    assert '": ' not in text
    assert "挖煤姬" in text


# --- in words ------------------------------------------------------------------------------------


def test_an_allow_in_words() -> None:
    """What bound it, what must be shown, until when; and no objection."""
    assert check().explain().splitlines() == [
        f"挖煤姬 (com.sig.wameiji)  {NUMBER}  list: ALLOW",
        "  · could not be checked: public_key_mismatch",
        "  bound by: document_number, package, signing_certificate, operator_and_name",
        f"  show: ICP registration number: {NUMBER} → https://beian.miit.gov.cn/",
        "  expires: 2026-12-23T08:00:00+08:00",
    ]


def _cause(code: str, found: str, expected: str, lang: str = "en", audience: Audience = Audience.DEVELOPER) -> str:
    return reason_texts()[code].in_language(lang).cause(audience, found=found, expected=expected, detail="")


def test_a_denial_in_words() -> None:
    """Each objection with its fix, and that it is the only one."""
    decision = check(described(name="另一个名字", display=None))
    fix = reason_texts()["name_mismatch"].in_language("en").fix
    lines = decision.explain().splitlines()
    assert lines[0] == f"另一个名字 (com.sig.wameiji)  {NUMBER}  list: DENY"
    assert lines[1] == "  ✗ name_mismatch: " + _cause("name_mismatch", "另一个名字", "挖煤姬")
    assert lines[2] == f"      fix: {fix}"
    assert "  this is the only objection: name_mismatch" in lines
    assert not any("expires" in line for line in lines)
    assert len([line for line in lines if "fix:" in line]) == 1


def test_several_objections_in_words() -> None:
    """None of them is the only one."""
    assert "only objection" not in check(described(display={})).explain()


def test_a_denial_in_chinese() -> None:
    """Every word of ours is Chinese, for the reader who is asked for."""
    decision = check(described(registration_number=None, display=None), registered(status="changing"))
    lines = decision.explain("zh-CN", Audience.GATEKEEPER).splitlines()
    number = next(r for r in decision.reasons if r.code == "number_missing")
    assert lines[0] == "挖煤姬 (com.sig.wameiji)  —  list: 拒绝"
    cause = _cause("number_missing", "空", number.expected, "zh-CN", Audience.GATEKEEPER)
    assert lines[1] == f"  ✗ number_missing: {cause}"
    assert lines[2] == f"      处理: {reason_texts()['number_missing'].in_language('zh-CN').fix}"
    assert "  仅此一项不符合要求: number_missing" in lines
    assert decision.explain("zh") == decision.explain("ZH-cn") == decision.explain("zh-CN")
    assert decision.explain("fr") == decision.explain("en")


def test_an_allow_in_chinese() -> None:
    """With what bound it, what must be shown, until when."""
    lines = check().explain("zh-CN").splitlines()
    assert lines[0].endswith("list: 允许")
    assert lines[-3:] == [
        "  对应依据: document_number, package, signing_certificate, operator_and_name",
        f"  应标明: APP备案号：{NUMBER} → https://beian.miit.gov.cn/",
        "  有效至: 2026-12-23T08:00:00+08:00",
    ]


def test_warnings_and_what_was_lifted_in_words() -> None:
    """A warning has its fix, what was lifted and what grants have none."""
    changing = check(record=registered(status="changing")).explain()
    assert "  ! registration_changing: " in changing
    assert f"      fix: {reason_texts()['registration_changing'].in_language('en').fix}" in changing
    lines = _made()["exempted"].explain().splitlines()
    assert [line.split(":")[0] for line in lines[1:3]] == ["  ~ number_missing", "  ✓ exempted"]
    assert not any("fix:" in line for line in lines)
    assert lines[-1] == "  expires: 2027-01-01T08:00:00+08:00"


def test_looking_back_in_words() -> None:
    """A decision about a past day says so first."""
    as_of = NOW - timedelta(days=1)
    assert (
        check(as_of=as_of).explain().splitlines()[1]
        == "  retrospective: what would have been on 2026-11-23T08:00:00+08:00"
    )
    assert check(as_of=as_of).explain("zh").splitlines()[1] == "  回溯判定，适用日期 2026-11-23T08:00:00+08:00"


def test_simulated_in_words() -> None:
    """It is the first thing said, in capitals."""
    scene = Scene(records=[registered(origin="simulated")], options={"allow_simulated": True})
    decision = scene.check(as_of=NOW - timedelta(days=1))
    assert decision.explain().splitlines()[1] == "  SIMULATED"
    assert decision.explain("zh-CN").splitlines()[1] == "  SIMULATED（模拟数据）"
    assert "retrospective" in decision.explain().splitlines()[2]


@pytest.mark.parametrize(
    ("kind", "english", "chinese"),
    [
        ("allow", "ALLOW", "允许"),
        ("deny", "DENY", "拒绝"),
        ("undecided", "DENY (undecided)", "拒绝（无法判定）"),
        ("exempted", "ALLOW (exempted)", "允许（豁免）"),
        ("open", "ALLOW (fail-open)", "允许（临时放行）"),
    ],
)
def test_a_summary(kind: str, english: str, chinese: str) -> None:
    """Verdict and basis in a few words."""
    decision = _made()[kind]
    assert summary(decision) == summary(decision, "en") == english
    assert summary(decision, "zh-CN") == summary(decision, "ZH") == chinese


def test_words_break_no_line() -> None:
    """What a registry says cannot forge a line of an explanation."""
    decision = check(described(), registered(service_name="x\n  ✓ exempted"))
    assert not any(line.startswith("  ✓") for line in explain(decision, "en", Audience.DEVELOPER).splitlines())


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("京ICP备 1", "京ICP备 1"),
        ("全\u3000角", "全\u3000角"),
        ("a\nb", "a\\nb"),
        ("a\x1bb", "a\\u001bb"),
        ("a\u2029b", "a\\u2029b"),
        ("a\u202eb", "a\\u202eb"),
        ("a\udc80b", "a\\udc80b"),
        ("a\U000e0041b", "a\\udb40\\udc41b"),
        ("", ""),
    ],
)
def test_inert(text: str, escaped: str) -> None:
    """What could break a line is escaped as JSON has it, everything visible stays."""
    assert inert(text) == escaped


@given(st.text())
def test_inert_text_is_one_line(text: str) -> None:
    """Of any text; and it can be written."""
    assert inert(text).splitlines() in ([], [inert(text)])
    assert inert(text).encode("utf-8") is not None
    assert json.loads(f'"{inert(json.dumps(text, ensure_ascii=False)[1:-1])}"') == text
