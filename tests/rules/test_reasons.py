"""The reason codes as published: their bits, their texts, their basis."""

from __future__ import annotations

import re
import string
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from icpgate.rules.reasons import LANGUAGES, Audience, ReasonText, Says, Texts, custom_reason, reason_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
SOURCES = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")

PUBLISHED = (
    "number_missing",
    "number_malformed",
    "number_of_other_register",
    "number_placeholder",
    "service_kind_mismatch",
    "entity_number_only",
    "not_registered",
    "registration_changing",
    "registration_pending",
    "registration_returned",
    "registration_cancelling",
    "registration_cancelled",
    "registration_shell",
    "blacklisted",
    "access_restricted",
    "name_mismatch",
    "operator_mismatch",
    "document_number_mismatch",
    "package_mismatch",
    "signing_certificate_mismatch",
    "public_key_mismatch",
    "domain_not_covered",
    "identity_unproven",
    "pre_approval_missing",
    "pre_approval_expired",
    "display_missing",
    "display_mismatch",
    "display_link_missing",
    "declaration_unproven",
    "declaration_contradicted",
    "exempt_standalone",
    "exempt_offshore",
    "exempted",
    "transition_period",
    "record_stale",
    "record_simulated",
    "registry_unavailable",
    "not_checkable",
    "registries_disagree",
    "record_ambiguous",
    "host_platform_unregistered",
    "insecure_tls",
    "fail_open_used",
    "audit_unavailable",
    "stale_used",
)
"""The order of the bits. It grows at its end; nothing in it ever moves, goes or is renamed."""

BITS = {code: 1 << position for position, code in enumerate(PUBLISHED)}

UNKNOWN = {
    "identity_unproven",
    "record_stale",
    "record_simulated",
    "registry_unavailable",
    "not_checkable",
    "registries_disagree",
    "record_ambiguous",
    "audit_unavailable",
    "stale_used",
}
GRANTS = {"exempt_standalone", "exempt_offshore", "exempted", "transition_period", "fail_open_used"}

ENGLISH_VERBS = {
    "Add", "Ask", "Change", "Check", "Compare", "Confirm", "Copy", "Correct", "Enter", "Give", "Hand", "Import", "Link",
    "Obtain", "Register", "Renew", "Repair", "Replace", "Settle", "Show", "Sign", "State", "Supply", "Turn", "Wait",
    "Withdraw",
}  # fmt: skip
CHINESE_VERBS = (
    "标明", "比对", "变更", "补办", "补充", "补正", "撤回", "等待", "改填", "改用", "更新", "更正", "办理", "核对",
    "恢复", "解决", "联系", "取得", "申请", "使用", "填写", "替换", "添加", "统一", "完成", "修复", "重试",
    "重新核验", "重新查询",
)  # fmt: skip

ACTORS = {
    "en": {
        "developer": "the developer does this.",
        "operator": "the operator does this.",
        "gatekeeper": "the gatekeeper does this.",
        "bureau": "the bureau does this.",
    },
    "zh-CN": {
        "developer": "由开发者办理。",
        "operator": "由主办者办理。",
        "gatekeeper": "由分发平台、接入服务提供者或生产企业办理。",
        "bureau": "由通信管理局办理。",
    },
}

CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")


def _all_texts() -> Iterator[tuple[ReasonText, str, Texts]]:
    for reason in reason_texts().values():
        for lang in LANGUAGES:
            yield reason, lang, reason.texts[lang]


def _articles() -> dict[str, str]:
    """The headings of `docs/sources.md` that a basis may name, with what stands under each."""
    parts = re.split(r"^### ([a-z0-9-]+)$", SOURCES, flags=re.MULTILINE)
    return {
        name: re.split(r"^## ", body, flags=re.MULTILINE)[0]
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def test_bits_never_move() -> None:
    """A stored mask means the same codes for ever."""
    assert {code: reason.bit for code, reason in reason_texts().items()} == BITS


def test_what_a_code_says_is_published_too() -> None:
    """Turning an unknown into a no would make take-downs of outages."""
    said = {says: {c for c, r in reason_texts().items() if r.says is says} for says in Says}
    assert said[Says.UNKNOWN] == UNKNOWN
    assert said[Says.GRANT] == GRANTS
    assert said[Says.NOTE] == {"insecure_tls"}


def test_what_a_registry_said_rests_on_its_record() -> None:
    """A no that only a record can give is none while the record is not believed."""
    resting = {code for code, reason in reason_texts().items() if reason.says is Says.NO and reason.rests_on_record}
    own = {c for c in PUBLISHED if c.startswith(("number_", "entity_", "service_", "display_", "declaration_"))}
    objections = {code for code, reason in reason_texts().items() if reason.says is Says.NO}
    assert resting == objections - own - {"pre_approval_expired"}


def test_rests_on_is_from_a_closed_list() -> None:
    """A misspelt word would silently mean *not on the record*."""
    data = tomllib.loads(files("icpgate.rules").joinpath("reasons.toml").read_text(encoding="utf-8"))
    assert {data[code]["rests_on"] for code in PUBLISHED} == {"record", "app", "gate"}
    assert set(data) == {"version", *PUBLISHED}


def test_every_text_is_there() -> None:
    """Each code has every text in both languages, in one line and without loose ends."""
    for _, _, texts in _all_texts():
        for text in (texts.title, texts.gatekeeper, texts.developer, texts.fix):
            assert text
            assert text == " ".join(text.split())


def test_titles_are_short() -> None:
    """A title fits into a column."""
    longest = {"en": 40, "zh-CN": 16}
    assert [t.title for _, lang, t in _all_texts() if len(t.title) > longest[lang]] == []
    for lang in LANGUAGES:
        titles = [reason.texts[lang].title for reason in reason_texts().values()]
        assert len(titles) == len(set(titles))


def test_placeholders_are_known() -> None:
    """A text fills in what was found, what was expected and the detail, and nothing else."""
    for _, _, texts in _all_texts():
        for text in (texts.gatekeeper, texts.developer):
            named = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            assert named <= {"found", "expected", "detail"}
        assert not re.search(r"[{}]", texts.title + texts.fix)


def test_what_denies_names_found_and_expected() -> None:
    """Whoever is refused reads what was found and what was expected, the gatekeeper as well as the developer."""
    for reason, _, texts in _all_texts():
        if reason.says is not Says.GRANT:
            for audience in Audience:
                cause = texts.cause(audience, found="FOUND", expected="EXPECTED", detail="")
                assert "FOUND" in cause, reason.code
                assert "EXPECTED" in cause, reason.code


def test_a_value_cannot_fill_in_another() -> None:
    """What an app states is text, not a place to fill in."""
    texts = reason_texts()["name_mismatch"].in_language("en")
    cause = texts.cause(Audience.DEVELOPER, found="{expected}", expected="secret", detail="")
    assert cause.count("secret") == 1


@pytest.mark.parametrize("code", PUBLISHED)
def test_fix(code: str) -> None:
    """A fix begins with a verb and ends with who does it."""
    reason = reason_texts()[code]
    english, chinese = reason.in_language("en").fix, reason.in_language("zh-CN").fix
    assert english.split()[0] in ENGLISH_VERBS
    assert english.endswith(f" — {ACTORS['en'][reason.actor]}")
    assert chinese.startswith(CHINESE_VERBS)
    assert chinese.endswith(f"——{ACTORS['zh-CN'][reason.actor]}")


def test_no_verb_is_left_over() -> None:
    """The lists of verbs are those in use."""
    texts = reason_texts().values()
    assert {reason.in_language("en").fix.split()[0] for reason in texts} == ENGLISH_VERBS
    chinese = [reason.in_language("zh-CN").fix for reason in texts]
    assert [verb for verb in CHINESE_VERBS if not any(fix.startswith(verb) for fix in chinese)] == []


def test_each_language_is_its_own() -> None:
    """English texts have no Chinese in them, Chinese ones are Chinese and end as sentences do."""
    for _, lang, texts in _all_texts():
        for text in (texts.gatekeeper, texts.developer, texts.fix):
            assert bool(CJK.search(text)) is (lang == "zh-CN")
            assert text.endswith("。" if lang == "zh-CN" else ".")
            assert lang == "en" or not re.search(r"[,;:?!()]", re.sub(r"https?://\S+?/", "", text))


def test_every_basis_is_an_article() -> None:
    """Whatever a reason or a sector names as its basis is a heading of the sources, with how sure we are."""
    articles = _articles()
    for reason in reason_texts().values():
        assert reason.basis
        assert [name for name in reason.basis if name not in articles] == [], reason.code


def test_every_article_says_how_sure_we_are() -> None:
    """No fact without its mark."""
    marks = re.compile(r"^- How sure: (read|secondary|general knowledge|ours)\b", re.MULTILINE)
    unmarked = [
        name for name, body in _articles().items() if not marks.search(body) and "general knowledge" not in body
    ]
    assert unmarked == []
    assert [name for name, body in _articles().items() if not body.strip().startswith("**")] == []


def test_headings_are_unique() -> None:
    """A basis leads to one place."""
    headings = re.findall(r"^#+ (.+)$", SOURCES, flags=re.MULTILINE)
    assert len(headings) == len(set(headings))


def test_references_of_the_code_lead_somewhere() -> None:
    """Where a docstring or data file says *docs/sources.md, something*, that something is a heading or a title."""
    reference = re.compile(r"docs/sources\.md`?, \"?([A-Za-z -]+?)\"?[).,]")
    titles = re.findall(r"^(?:#+ |\*\*)(.+)$", SOURCES, flags=re.MULTILINE)
    known = tuple(title.lower().replace("-", " ") for title in titles)
    for path in [*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.toml")]:
        for name in reference.findall(re.sub(r"\s+", " ", path.read_text(encoding="utf-8"))):
            assert any(title.startswith(name.lower().replace("-", " ")) for title in known), f"{path.name}: {name}"


def test_links_inside_the_sources_lead_somewhere() -> None:
    """A link to another article is to one that exists."""
    headings = {h.lower().replace(" ", "-") for h in re.findall(r"^#+ (.+)$", SOURCES, flags=re.MULTILINE)}
    assert set(re.findall(r"\]\(#([a-z0-9-]+)\)", SOURCES)) <= headings


def test_language_falls_back_to_english() -> None:
    """Anything that begins with zh is Chinese, everything else English."""
    reason = reason_texts()["not_registered"]
    assert reason.in_language("zh-TW") == reason.in_language("zh-CN") == reason.texts["zh-CN"]
    assert reason.in_language("fr") == reason.texts["en"]


def test_a_rule_of_ones_own_has_texts_without_a_bit() -> None:
    """A code that is not published speaks through its findings and takes no bit."""
    reason = custom_reason("x_mine")
    assert reason.bit == 0
    assert reason.says is Says.NO
    assert not reason.rests_on_record
    for lang in LANGUAGES:
        for audience in Audience:
            assert "F" in reason.in_language(lang).cause(audience, found="F", expected="E", detail="")


def test_reasons_as_they_are_read() -> None:
    """What is read once would be read the same again."""
    read = reason_texts.__wrapped__()
    assert read == reason_texts()
    missing = read["number_missing"]
    assert (missing.code, missing.bit, missing.says, missing.rests_on_record) == ("number_missing", 1, Says.NO, False)
    assert (missing.actor, missing.basis) == ("operator", ("notice-1", "notice-9"))
    assert missing.texts["zh-CN"].title == "未填写备案号"
    assert missing.texts["en"].title == "No registration number"


def test_a_cause_is_filled_in() -> None:
    """Each reader has a text of its own, with three places; braces in what fills them are none."""
    texts = Texts("t", "G {found}/{expected}/{detail}", "D {found}", "f")
    gatekeeper = texts.cause(Audience.GATEKEEPER, found="a{expected}b", expected="{c}", detail="d")
    assert gatekeeper == "G a(expected)b/(c)/d"
    assert texts.cause(Audience.DEVELOPER, found="x", expected="y", detail="z") == "D x"


def test_the_texts_of_a_rule_of_ones_own() -> None:
    """They say what was found and expected, and to ask the gatekeeper."""
    reason = custom_reason.__wrapped__("x_mine")
    assert reason == custom_reason("x_mine")
    assert (reason.code, reason.actor, reason.basis) == ("x_mine", "developer", ())
    english, chinese = reason.texts["en"], reason.texts["zh-CN"]
    assert (english.title, chinese.title) == ("x_mine", "x_mine")
    assert english.gatekeeper == english.developer == "found {found}; expected {expected}"
    assert chinese.gatekeeper == chinese.developer == "实际为{found}；应为{expected}"
    assert english.fix == "Ask the gatekeeper what it demands — the developer does this"
    assert chinese.fix == "向该平台询问其要求，由开发者办理"
