"""A decision for people, and by its published schema: made only when somebody asks."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter
from typing_extensions import TypedDict  # pydantic brings it; its own refuses typing.TypedDict before 3.12

from icpgate.decision.model import Basis, Effect, Verdict
from icpgate.errors import shown
from icpgate.policy.model import Mode
from icpgate.record import local_time, write_time
from icpgate.rules.reasons import LANGUAGES, Audience

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.decision.model import Decision, Reason

__all__ = [
    "AppJson",
    "DecisionJson",
    "DisplayJson",
    "EvidenceJson",
    "FindingJson",
    "ReasonJson",
    "decision_schema",
    "explain",
    "inert",
    "summary",
    "written",
]

SCHEMA_VERSION: Final = 1


class AppJson(TypedDict):
    """The app a decision is about, as far as a decision names it."""

    name: str
    kind: str
    platform: str
    package: str
    registration_number: str | None


class ReasonJson(TypedDict):
    """One reason in both languages."""

    code: str
    effect: str
    detail: str
    found: str
    expected: str
    basis: list[str]
    title: dict[str, str]
    gatekeeper: dict[str, str]
    developer: dict[str, str]
    fix: dict[str, str]


class FindingJson(TypedDict):
    """What one rule found."""

    code: str
    outcome: str
    detail: str
    found: str
    expected: str


class EvidenceJson(TypedDict):
    """One observation without its payload."""

    registry: str
    source: str
    query: str
    answer: str
    observed_at: str
    digest: str
    stale: str
    insecure_tls: bool


class DisplayJson(TypedDict):
    """What the app and the store's page must show."""

    number: str
    link: str
    text: dict[str, str]


class DecisionJson(TypedDict):
    """The published shape of a decision."""

    schema_version: int
    id: str
    decided_at: str
    verdict: str
    basis: str
    allowed: bool
    denied: bool
    undecided: bool
    enforced: bool
    mode: str
    action: str
    occasion: str
    as_of: str
    retrospective: bool
    simulated: bool
    app: AppJson
    number: str | None
    codes: list[str]
    only_objection: str | None
    mask: int
    reasons: list[ReasonJson]
    findings: list[FindingJson]
    evidence: list[EvidenceJson]
    bound_by: list[str]
    exemption: str | None
    display: DisplayJson | None
    expires_at: str | None
    recheck_at: str
    policy: str
    policy_revision: str


def decision_schema() -> dict[str, object]:
    """The JSON schema of a decision, as kept in `docs/schema/decision.json`."""
    return TypeAdapter(DecisionJson).json_schema()


def written(decision: Decision) -> DecisionJson:
    """See `Decision.written`."""
    app, display, only = decision.app, decision.display, decision.only_objection
    return DecisionJson(
        schema_version=SCHEMA_VERSION,
        id=decision.id,
        decided_at=write_time(decision.decided_at),
        verdict=decision.verdict.value,
        basis=decision.basis.value,
        allowed=decision.allowed,
        denied=decision.denied,
        undecided=decision.undecided,
        enforced=decision.enforced,
        mode=decision.mode.value,
        action=decision.action.value,
        occasion=decision.occasion.value,
        as_of=write_time(decision.as_of),
        retrospective=decision.retrospective,
        simulated=decision.simulated,
        app=AppJson(
            name=app.name,
            kind=app.kind.value,
            platform=app.platform.value,
            package=app.package,
            registration_number=_shown(app.registration_number),
        ),
        number=decision.number.canonical if decision.number is not None else None,
        codes=list(decision.codes),
        only_objection=None if only is None else only.code,
        mask=decision.mask,
        reasons=[_reason(reason) for reason in decision.reasons],
        findings=[
            FindingJson(code=f.code, outcome=f.outcome.value, detail=f.detail, found=f.found, expected=f.expected)
            for f in decision.findings
        ],
        evidence=[
            EvidenceJson(
                registry=e.registry,
                source=e.source,
                query=e.query,
                answer=e.answer,
                observed_at=write_time(e.observed_at),
                digest=e.digest,
                stale=e.stale,
                insecure_tls=e.insecure_tls,
            )
            for e in decision.evidence
        ],
        bound_by=[binding.value for binding in decision.bound_by],
        exemption=decision.exemption,
        display=None
        if display is None
        else DisplayJson(
            number=display.number, link=display.link, text={lang: display.text(lang) for lang in LANGUAGES}
        ),
        expires_at=None if decision.expires_at is None else write_time(decision.expires_at),
        recheck_at=write_time(decision.recheck_at),
        policy=decision.policy_name,
        policy_revision=decision.policy_revision,
    )


def _shown(text: str | None) -> str | None:
    """The number as typed, made safe to write: it is the one text of an app nobody has read yet."""
    return None if text is None else shown(text)


def _reason(reason: Reason) -> ReasonJson:
    return ReasonJson(
        code=reason.code,
        effect=reason.effect.value,
        detail=reason.detail,
        found=reason.found,
        expected=reason.expected,
        basis=list(reason.basis),
        title={lang: reason.title(lang) for lang in LANGUAGES},
        gatekeeper={lang: reason.cause(lang, Audience.GATEKEEPER) for lang in LANGUAGES},
        developer={lang: reason.cause(lang, Audience.DEVELOPER) for lang in LANGUAGES},
        fix={lang: reason.fix(lang) for lang in LANGUAGES},
    )


_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters that break a line, reorder it, or cannot be written at all."""


def inert(text: str) -> str:
    """A line in which every such character stands as JSON escapes it: one event stays one line."""
    if text.isprintable():
        return text
    return "".join(json.dumps(c)[1:-1] if unicodedata.category(c) in _UNSEEN else c for c in text)


_WORDS: Final = {
    "en": {
        "allow": "ALLOW",
        "deny": "DENY",
        "undecided": "DENY (undecided)",
        "exempted": "ALLOW (exempted)",
        "open": "ALLOW (fail-open)",
        "bound": "bound by",
        "mode": "nobody is asked to act, the mode is",
        "unchecked": "could not be checked",
        "show": "show",
        "fix": "fix",
        "only": "this is the only objection",
        "until": "expires",
        "retrospective": "retrospective: what would have been on",
        "simulated": "SIMULATED",
        "denies": "✗",
        "lifted": "~",
        "grants": "✓",
        "warns": "!",
        "notes": "·",
    },
    "zh-CN": {
        "allow": "允许",
        "deny": "拒绝",
        "undecided": "拒绝（无法判定）",
        "exempted": "允许（豁免）",
        "open": "允许（临时放行）",
        "bound": "对应依据",
        "mode": "不要求执行，运行模式",
        "unchecked": "未能检查",
        "show": "应标明",
        "fix": "处理",
        "only": "仅此一项不符合要求",
        "until": "有效至",
        "retrospective": "回溯判定，适用日期",
        "simulated": "SIMULATED（模拟数据）",
        "denies": "✗",
        "lifted": "~",
        "grants": "✓",
        "warns": "!",
        "notes": "·",
    },
}


def summary(decision: Decision, lang: str = "en") -> str:
    """Verdict and basis in a few words."""
    words = _WORDS["zh-CN" if lang.lower().startswith("zh") else "en"]
    if decision.verdict is Verdict.ALLOW:
        kinds = {Basis.EVALUATED: "allow", Basis.EXEMPTED: "exempted", Basis.UNDECIDED: "open"}
        return words[kinds[decision.basis]]
    return words["undecided" if decision.basis is Basis.UNDECIDED else "deny"]


def explain(decision: Decision, lang: str, audience: Audience) -> str:
    """See `Decision.explain`."""
    lang = "zh-CN" if lang.lower().startswith("zh") else "en"
    words = _WORDS[lang]
    number = decision.number.canonical if decision.number is not None else "—"
    head = f"{decision.app.name} ({decision.app.package})  {number}  {decision.action.value}"
    lines = [f"{head}: {summary(decision, lang)}"]
    if decision.simulated:
        lines.append(f"  {words['simulated']}")
    if decision.retrospective:
        lines.append(f"  {words['retrospective']} {local_time(decision.as_of)}")
    if decision.mode is not Mode.ENFORCE:
        lines.append(f"  {words['mode']}: {decision.mode.value}")
    for reason in decision.reasons:
        if reason.effect is Effect.NOTES:
            continue
        lines.append(f"  {words[reason.effect.value]} {reason.code}: {reason.cause(lang, audience)}")
        if reason.effect in {Effect.DENIES, Effect.WARNS}:
            lines.append(f"      {words['fix']}: {reason.fix(lang)}")
    if decision.only_objection is not None:
        lines.append(f"  {words['only']}: {decision.only_objection.code}")
    lines += _ending(decision, lang)
    return "\n".join(map(inert, lines))


def _ending(decision: Decision, lang: str) -> Iterator[str]:
    """On what an allow rests, what must be shown, and until when it holds."""
    words = _WORDS[lang]
    unchecked = dict.fromkeys(reason.found for reason in decision.reasons if reason.effect is Effect.NOTES)
    if unchecked:
        yield f"  {words['notes']} {words['unchecked']}: {', '.join(unchecked)}"
    if decision.bound_by:
        yield f"  {words['bound']}: {', '.join(binding.value for binding in decision.bound_by)}"
    if decision.display is not None and (
        decision.allowed or any(code.startswith("display_") for code in decision.codes)
    ):
        yield f"  {words['show']}: {decision.display.text(lang)} → {decision.display.link}"
    if decision.expires_at is not None:
        yield f"  {words['until']}: {local_time(decision.expires_at)}"
