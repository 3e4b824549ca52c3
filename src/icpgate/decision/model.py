"""What a decision is: a value with its reasons, its evidence and its texts on demand."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from icpgate.answer import Found, NotRegistered
from icpgate.errors import Denied
from icpgate.policy.model import Mode
from icpgate.policy.plan import Effect, Raised
from icpgate.record import Origin
from icpgate.rules import Occasion
from icpgate.rules.display import LINK
from icpgate.rules.phrases import in_language
from icpgate.rules.reasons import Audience, ReasonText, custom_reason, reason_texts

if TYPE_CHECKING:
    from datetime import datetime

    from icpgate.answer import Observation
    from icpgate.app import App
    from icpgate.decision.unsaid import Unsaid
    from icpgate.number import RegistrationNumber
    from icpgate.rules import Action, Binding, Finding

__all__ = [
    "Basis",
    "Decision",
    "Effect",
    "Evidence",
    "Raised",
    "Reason",
    "Recorder",
    "RequiredDisplay",
    "Unworded",
    "Verdict",
]


class Verdict(StrEnum):
    """There is no third verdict: who does not know does not allow."""

    ALLOW = "allow"
    DENY = "deny"


class Basis(StrEnum):
    """What the verdict rests on: the merits, a ground that stands in for them, or nobody's knowledge."""

    EVALUATED = "evaluated"
    EXEMPTED = "exempted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason with its code, what was found and expected, and its texts on demand."""

    code: str
    effect: Effect
    detail: str
    found: str
    expected: str
    text: ReasonText

    def title(self, lang: str = "en") -> str:
        """The code in a few words."""
        return self.text.in_language(lang).title

    def cause(self, lang: str = "en", audience: Audience = Audience.DEVELOPER) -> str:
        """What was found and what was expected, for that reader."""
        found, expected = in_language(self.found, lang), in_language(self.expected, lang)
        return self.text.in_language(lang).cause(audience, found=found, expected=expected, detail=self.detail)

    def fix(self, lang: str = "en") -> str:
        """What to do, and who does it."""
        return self.text.in_language(lang).fix

    @property
    def basis(self) -> tuple[str, ...]:
        """The articles of `docs/sources.md` behind it."""
        return self.text.basis


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation a decision rests on, without its payload; `stale` and `insecure_tls` as in `Observation`."""

    registry: str
    source: str
    query: str
    answer: str
    observed_at: datetime
    digest: str
    stale: str
    insecure_tls: bool = False


@dataclass(frozen=True, slots=True)
class RequiredDisplay:
    """What the app and the store's own page must show."""

    number: str
    link: str = LINK
    simulated: bool = False

    def text(self, lang: str = "zh-CN") -> str:
        """The line to show; the registration system's own words in Chinese."""
        line = "APP备案号：" if lang.lower().startswith("zh") else "ICP registration number: "
        return f"{'SIMULATED ' if self.simulated else ''}{line}{self.number}"


class Unworded:
    """Where a decision keeps what stands for its findings and reasons until somebody reads them."""

    __slots__ = ("unsaid",)

    unsaid: Unsaid


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Unworded):
    """
    Allow or deny, with every reason and the evidence behind it.

    `allowed`, `denied` and `undecided` exclude each other; `bool()` is `allowed`. Only `denied`
    may ever lead to a take-down. `expires_at` is when an allow ends, whatever happens. `exemption`
    has the names of the exemptions and fail-open settings that it used.
    """

    id: str
    decided_at: datetime
    verdict: Verdict
    basis: Basis
    action: Action
    occasion: Occasion
    as_of: datetime
    mode: Mode
    app: App = field(repr=False)
    number: RegistrationNumber | None
    raised: tuple[Raised, ...]
    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...] = field(repr=False)
    bound_by: tuple[Binding, ...]
    exemption: str | None
    expires_at: datetime | None
    recheck_at: datetime
    policy_name: str
    policy_revision: str

    if not TYPE_CHECKING:  # pragma: no branch -- a type checker would take every misspelt name for a field

        def __getattr__(self, name: str) -> object:
            """Find the words of findings and reasons at the first time that one of the two is read."""
            if name not in {"findings", "raised"}:
                message = f"{type(self).__name__!r} object has no attribute {name!r}"
                raise AttributeError(message)
            findings, raised = self.unsaid.said()
            object.__setattr__(self, "findings", findings)
            object.__setattr__(self, "raised", raised)
            return findings if name == "findings" else raised

    @property
    def allowed(self) -> bool:
        """Whether the gatekeeper may go on."""
        return self.verdict is Verdict.ALLOW

    @property
    def denied(self) -> bool:
        """Whether it was judged and refused."""
        return self.verdict is Verdict.DENY and self.basis is not Basis.UNDECIDED

    @property
    def undecided(self) -> bool:
        """Whether nobody could say; what follows is the gatekeeper's, never a take-down."""
        return self.verdict is Verdict.DENY and self.basis is Basis.UNDECIDED

    def __bool__(self) -> bool:
        """As `allowed`."""
        return self.verdict is Verdict.ALLOW

    @property
    def enforced(self) -> bool:
        """
        Whether the gatekeeper is asked to act on it; the verdict is the same either way.

        In no other mode than enforce, and never about what already runs while nobody can say.
        """
        return self.mode is Mode.ENFORCE and not (self.undecided and self.occasion is Occasion.STANDING)

    @property
    def retrospective(self) -> bool:
        """Whether it looks back, and says what would have been."""
        return self.as_of < self.decided_at

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Every reason: what denies first, then what was lifted, what grants, warnings, notes."""
        texts = reason_texts()
        return tuple(
            Reason(r.code, r.effect, r.detail, r.found, r.expected, texts.get(r.code) or custom_reason(r.code))
            for r in self.raised
        )

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that deny, in their fixed order. They are known without any words."""
        unsaid = getattr(self, "unsaid", None)
        raised = self.raised if unsaid is None else unsaid.raised
        return tuple(dict.fromkeys(r.code for r in raised if r.effect is Effect.DENIES))

    @property
    def only_objection(self) -> Reason | None:
        """
        The one reason that denies, if there is but one: settle it, and nothing known stands in the way.

        What could not be looked at because of it may object afterwards.
        """
        denying = [reason for reason in self.reasons if reason.effect is Effect.DENIES]
        return denying[0] if len(denying) == 1 else None

    @property
    def mask(self) -> int:
        """A bit for every published code that denies."""
        texts = reason_texts()
        mask = 0
        for code in self.codes:
            if code in texts:
                mask |= texts[code].bit
        return mask

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What was asked, who answered, when it was observed."""
        return tuple(
            Evidence(
                o.registry, o.source, str(o.query), _in_a_word(o), o.observed_at, o.digest, o.stale, o.insecure_tls
            )
            for o in self.observations
        )

    @property
    def display(self) -> RequiredDisplay | None:
        """What the app and the store's own page must show; None while no number of its kind is tied to the app."""
        number = self.number
        if number is None or not self.bound_by or number.service_kind is not self.app.kind:
            return None
        return RequiredDisplay(number.canonical, simulated=self.simulated)

    @property
    def simulated(self) -> bool:
        """Whether it rests on a simulated registry's record."""
        return any(
            record.origin is Origin.SIMULATED
            for observation in self.observations
            if isinstance(observation.answer, Found)
            for record in observation.answer.records
        )

    def raise_if_denied(self) -> None:
        """Raise `Denied` unless allowed: both when refused and when nobody could say."""
        if self.verdict is not Verdict.ALLOW:
            codes = ", ".join(self.codes)
            message = f"{self.app.package}: {self.verdict.value} ({self.basis.value}): {codes}"
            raise Denied(message, decision=self)

    def explain(self, lang: str = "en", audience: Audience = Audience.DEVELOPER) -> str:
        """Every reason in words, with what to do; several lines."""
        from icpgate.decision.explanation import explain  # noqa: PLC0415 -- texts are needed only when asked for

        return explain(self, lang, audience)

    def written(self) -> dict[str, object]:
        """The decision by its published schema, `docs/schema/decision.json`."""
        from icpgate.decision.explanation import written  # noqa: PLC0415 -- as above

        return dict(written(self))

    def to_json(self) -> str:
        """`written` as one line of JSON, in which nothing invisible stands unescaped."""
        from icpgate.decision.explanation import inert  # noqa: PLC0415 -- as above

        return inert(json.dumps(self.written(), ensure_ascii=False, separators=(",", ":")))


def _in_a_word(observation: Observation) -> str:
    answer = observation.answer
    if isinstance(answer, Found):
        return "found"
    return "not_registered" if isinstance(answer, NotRegistered) else f"unavailable: {answer.why.value}"


class Recorder(Protocol):
    """Where decisions are recorded before they are returned."""

    def record(self, decision: Decision) -> None:
        """Keep the decision; raise when that is not certain."""
        ...
