"""Hypothesis strategies: apps, records, answers, times and policies that meet often enough to be allowed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from icpgate.answer import ByDocument, ByNumber, Found, NotRegistered, Observation, Unavailable, Why
from icpgate.app import App
from icpgate.errors import InvalidNumber
from icpgate.number import parse
from icpgate.policy import FLOOR, Level, Mode, Policy, Unchecked
from icpgate.record import RegistrationRecord, RegistrationStatus
from icpgate.rules import Action, Case, Occasion
from icpgate.rules.approval import PreApprovalPresent, SectorList
from icpgate.rules.connection import DomainsCovered
from icpgate.rules.identity import NameMatches, OperatorMatches, RequiredLikeness
from icpgate.rules.signature import SigningCertificateMatches
from icpgate.rules.standing import AccessUnrestricted, RecordFresh
from tests.cases import DOCUMENT, LINK, MD5, NOW, NUMBER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.answer import Answer
    from icpgate.number import RegistrationNumber
    from icpgate.policy.model import BoundRule
    from icpgate.rules import Rule

SERVICE, OTHER_SERVICE = NUMBER, "蜀ICP备2021014694号-11A"
ENTITY, WEBSITE = "蜀ICP备2021014694号", "蜀ICP备2021014694号-10"
OTHER_DOCUMENT = "91110000MAEXAMPL2M"
OPERATORS = ("示例科技（成都）有限公司", "冒名科技有限公司")
NAMES = ("挖煤姬", "冒名阅读")
PACKAGES = ("com.sig.wameiji", "cn.copycat.reader")
OTHER_MD5 = "f" * 32
STALE = timedelta(days=30)


def _spoilt(draw: st.DrawFn, choices: dict[str, Sequence[Any]]) -> dict[str, Any]:
    """The first value of each field, with which everything is right, but for a few fields, or for all."""
    names = sorted(choices)
    wrong = draw(st.sets(st.sampled_from(names), max_size=2) | st.just(set(names)))
    return {name: draw(st.sampled_from(values)) if name in wrong else values[0] for name, values in choices.items()}


def _without_none(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


@st.composite
def apps(draw: st.DrawFn, *, grounds: bool = False) -> App:
    """An app; with `grounds` also one that declares something or was listed long ago."""
    operators = [
        {"name": OPERATORS[0], "document_type": "uscc", "document_number": DOCUMENT},
        {"name": OPERATORS[0]},
        {"name": OPERATORS[0], "document_type": "uscc", "document_number": OTHER_DOCUMENT},
        {"name": OPERATORS[1], "document_type": "uscc", "document_number": DOCUMENT},
        {"name": OPERATORS[1], "document_type": "uscc", "document_number": OTHER_DOCUMENT},
        {"name": OPERATORS[1]},
        None,
    ]
    certificates = [[{"digest": d, "provenance": p}] for d in (MD5, OTHER_MD5) for p in ("verified", "claimed")]
    numbers = [SERVICE, OTHER_SERVICE, ENTITY, WEBSITE, None, "京ICP备12345678号-1A", "京公网安备11010802022657号", "?"]
    fields = _spoilt(
        draw,
        {
            "name": NAMES,
            "platform": ["android", "ios"],
            "package": PACKAGES,
            "registration_number": numbers,
            "operator": operators,
            "signing_certificates": [*certificates, []],
            "domains": [["api.example.cn"], [], ["evil.example.cn"]],
            "sectors": [[], ["news"], ["?"]],
            "display": [{"number": SERVICE, "link": LINK}, None, {}, {"number": OTHER_SERVICE}],
        },
    )
    if grounds:
        alone = {"kind": "standalone", "commitment_letter": "CL-1", "uses_network": False}
        if draw(st.booleans()):
            fields |= {"registration_number": None, "domains": []}
        fields["declaration"] = draw(st.sampled_from([None, alone, {"kind": "standalone"}]))
        fields["first_listed_on"] = draw(st.sampled_from([None, "2021-05-01", "2023-09-01"]))
    return App.parse({"kind": "app"} | _without_none(fields))


@st.composite
def records(draw: st.DrawFn, number: str) -> RegistrationRecord:
    """A record of this number."""
    right = {"platform": "android", "package": PACKAGES[0], "signing_certificate": MD5}
    platforms = [
        right,
        {"platform": "android", "package": PACKAGES[0]},
        {"platform": "android", "signing_certificate": MD5},
        right | {"signing_certificate": OTHER_MD5},
        right | {"package": PACKAGES[1]},
        right | {"platform": "ios"},
        {"package": PACKAGES[0]},
    ]
    fields = _spoilt(
        draw,
        {
            "service_name": [*NAMES, None, ""],
            "operator": [*OPERATORS, "示例科技(成都)有限公司", None, ""],
            "document_number": [DOCUMENT, OTHER_DOCUMENT, None, ""],
            "platforms": [*([platform] for platform in platforms), [], None],
            "domains": [["api.example.cn"], [], None],
            "access_restricted": [False, None, True],
            "blacklisted": [False, None, True],
            "status": ["registered", *RegistrationStatus],
            "origin": ["bureau", "simulated"],
        },
    )
    identity = {"registration_number": number, "document_type": "uscc", "source": "test"}
    return RegistrationRecord.read(_without_none(fields) | identity | {"observed_at": draw(moments()).isoformat()})


def moments() -> st.SearchStrategy[datetime]:
    """When something was observed: around every boundary of an age."""
    second, tolerance = timedelta(seconds=1), timedelta(minutes=5)
    young = [timedelta(0), timedelta(days=1)]
    edges = [STALE, STALE + second, timedelta(days=400), -tolerance, -tolerance - second]
    return st.sampled_from([NOW - age for age in [*young * 6, *edges]])


@st.composite
def cases(draw: st.DrawFn, *, grounds: bool = False) -> Case:
    """An app, what the registry says about it, and the circumstances."""
    app = draw(apps(grounds=grounds))
    number, problem = None, None
    try:
        number = parse(app.registration_number) if app.registration_number is not None else None
    except InvalidNumber as error:
        problem = error
    observation, by_document = None, None
    if number is not None:
        observation = draw(_observations(number))
    elif draw(st.booleans()):
        query = ByDocument(DOCUMENT, app.package)
        found = Found((draw(records(SERVICE)),))
        by_document = Observation(query, found, draw(moments()), "test", "test")
    return Case(
        app=app,
        number=number,
        number_problem=problem,
        observation=observation,
        by_document=by_document,
        action=draw(st.sampled_from(Action)),
        occasion=draw(st.sampled_from(Occasion)),
        as_of=draw(as_ofs()) if grounds else NOW,
        now=NOW,
        allow_simulated=draw(st.booleans()),
    )


@st.composite
def _observations(draw: st.DrawFn, number: RegistrationNumber) -> Observation | None:
    found = Found((draw(records(str(number))),))
    others: list[Answer | None] = [NotRegistered("all"), Unavailable(draw(st.sampled_from(Why))), None]
    answer = draw(st.sampled_from([found] * 12 + others))
    return None if answer is None else Observation(ByNumber(number), answer, draw(moments()), "test", "test")


def as_ofs() -> st.SearchStrategy[datetime]:
    """A moment of every stage, and the boundaries between them."""
    boundaries = [datetime(2023, 8, 31, 16, tzinfo=UTC), datetime(2024, 3, 31, 16, tzinfo=UTC)]
    moments = [b - timedelta(seconds=late) for b in boundaries for late in (0, 1)]
    return st.sampled_from([*moments, datetime(2023, 1, 1, tzinfo=UTC), NOW, NOW + timedelta(days=9)])


_KEYS = [(action, occasion) for action in Action for occasion in Occasion]


def _digits(number: int, base: int) -> list[int]:
    return [number // base**place % base for place in range(len(_KEYS))]


def _instances(code: str) -> st.SearchStrategy[Rule] | None:
    """A rule with other parameters, where it has any."""
    likeness, flags = st.sampled_from(RequiredLikeness), st.booleans()
    lists = st.sampled_from([(SectorList.NOTICE,), (SectorList.WIDER,), tuple(SectorList)])
    known: dict[str, st.SearchStrategy[Any]] = {
        "name_mismatch": likeness.map(NameMatches),
        "operator_mismatch": likeness.map(OperatorMatches),
        "signing_certificate_mismatch": flags.map(SigningCertificateMatches),
        "domain_not_covered": flags.map(DomainsCovered),
        "access_restricted": st.sampled_from(["", "示例云"]).map(AccessUnrestricted),
        "pre_approval_missing": lists.map(PreApprovalPresent),
        "record_stale": st.sampled_from([0.5, 30.0, 366.0]).map(RecordFresh),
    }
    return known.get(code)


@st.composite
def _switched(draw: st.DrawFn, rule: BoundRule) -> BoundRule:
    levels, unchecked = list(Level), list(Unchecked)
    if rule.code not in FLOOR:
        digits = _digits(draw(st.integers(0, 3 ** len(_KEYS) - 1)), 3)
        rule = replace(rule, levels={key: levels[digit] for key, digit in zip(_KEYS, digits, strict=True)})
    digits = _digits(draw(st.integers(0, 2 ** len(_KEYS) - 1)), 2)
    rule = replace(rule, unchecked={key: unchecked[digit] for key, digit in zip(_KEYS, digits, strict=True)})
    instances = _instances(rule.code)
    return rule if instances is None else replace(rule, rules={action: draw(instances) for action in Action})


@st.composite
def _thrown(draw: st.DrawFn) -> Policy:
    rules = tuple(draw(_switched(rule)) for rule in Policy.default().rules)
    return replace(Policy.default(), rules=rules, mode=draw(st.sampled_from(Mode)))


def loosest() -> Policy:
    """The shipped policy with everything off that can be, and nothing denied that cannot be checked."""
    keys = dict.fromkeys(_KEYS, Level.OFF)
    unchecked = dict.fromkeys(_KEYS, Unchecked.NOTE)
    rules = (rule if rule.code in FLOOR else replace(rule, levels=keys) for rule in Policy.default().rules)
    return replace(Policy.default(), rules=tuple(replace(rule, unchecked=unchecked) for rule in rules))


def policies() -> st.SearchStrategy[Policy]:
    """The shipped policy with every switch outside the floor thrown at random, or as loose as it gets."""
    return st.one_of(_thrown(), st.builds(loosest), st.just(Policy.default()))
