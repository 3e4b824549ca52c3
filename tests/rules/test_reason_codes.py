"""Every reason code through a gate, from a real-looking app: cause, fix, effect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import Unavailable, Why
from icpgate.app import App
from icpgate.decision import Audience, Decision, Effect
from icpgate.gate import Gate
from icpgate.policy import Policy
from icpgate.rules import Action
from icpgate.rules.phrases import in_language
from icpgate.rules.reasons import reason_texts
from icpgate.testing import FixedClock
from icpgate.testing.policy_row import Stale, Telling
from tests.cases import DOCUMENT, LINK, NOW, NUMBER, Scene, check, described, memory, registered

if TYPE_CHECKING:
    from icpgate.lookup.registry import Registry

OTHER_OPERATOR = {"name": "冒名科技有限公司", "document_type": "uscc", "document_number": "91110000MAEXAMPL2M"}
STANDALONE = {"kind": "standalone", "commitment_letter": "CL-1", "uses_network": False}
OFFSHORE = {"kind": "offshore", "operator_region": "SG", "server_regions": ["SG"]}
EXEMPTION = """
extends = "default"
[[exemption]]
name = "system-settings"
approver = "compliance"
reason = "part of the operating system"
until = 2027-01-01T00:00:00+08:00
codes = ["number_missing"]
packages = ["com.sig.wameiji"]
"""
FAIL_OPEN = """
extends = "default"
[[fail_open]]
name = "outage"
approver = "compliance"
reason = "the registry is down"
since = 2026-11-20T00:00:00+08:00
until = 2026-11-30T00:00:00+08:00
codes = ["registry_unavailable"]
actions = ["list"]
occasions = ["first"]
"""


HOSTS = """
extends = "default"
[rules.host_platform_unregistered.parameters]
hosts = [{ names = ["微信", "wechat"], number = "京ICP备2026999901号-1A" }]
"""


class _FailingRecorder:
    def record(self, decision: Decision) -> None:  # noqa: ARG002 -- the protocol's
        raise OSError(28, "No space left on device")


def _hosted(host: dict[str, object]) -> Decision:
    """A mini program with everything right on a host of which the registry has this record."""
    number, package = "蜀ICP备2021014694号-10X", "wx0123456789abcdef"
    app = described(
        kind="mini_program", platform="wechat", package=package, registration_number=number,
        signing_certificates=None, display={"number": number, "link": LINK},
    )  # fmt: skip
    own = registered(registration_number=number, kind="mini_program", platforms=[{"package": package}])
    of_host = registered(registration_number="京ICP备2026999901号-1A") | host
    return Scene(records=[own, of_host], policy=Policy.loads(HOSTS)).check(app)


def _connect(app: dict[str, object], record: dict[str, object] | None = None) -> Decision:
    return Scene(records=[record or registered()], action=Action.CONNECT).check(app)


DISAGREEING = Unavailable(Why.REGISTRIES_DISAGREE, "a says registered; b says cancelled")


def _asked(registry: Registry) -> Decision:
    return Gate.for_listing(registry, clock=FixedClock(NOW)).check(App.parse(described()))


CASES: dict[str, tuple[Effect, object]] = {
    "number_missing": (Effect.DENIES, lambda: check(described(registration_number=None))),
    "number_malformed": (Effect.DENIES, lambda: check(described(registration_number="青ICP备案026000119号-2A"))),
    "number_of_other_register": (
        Effect.DENIES,
        lambda: check(described(registration_number="京公网安备11010802022657号")),
    ),
    "number_placeholder": (Effect.DENIES, lambda: check(described(registration_number="京ICP备12345678号-1A"))),
    "service_kind_mismatch": (
        Effect.DENIES,
        lambda: check(described(kind="mini_program", platform="wechat", package="wx0123456789abcdef")),
    ),
    "entity_number_only": (Effect.DENIES, lambda: check(described(registration_number="蜀ICP备2021014694号"))),
    "not_registered": (Effect.DENIES, lambda: check(described(registration_number="蜀ICP备2021014694号-11A"))),
    "registration_changing": (Effect.WARNS, lambda: check(record=registered(status="changing"))),
    "registration_pending": (Effect.DENIES, lambda: check(record=registered(status="pending"))),
    "registration_returned": (Effect.DENIES, lambda: check(record=registered(status="returned"))),
    "registration_cancelling": (Effect.DENIES, lambda: check(record=registered(status="cancelling"))),
    "registration_cancelled": (Effect.DENIES, lambda: check(record=registered(status="cancelled"))),
    "registration_shell": (Effect.DENIES, lambda: check(record=registered(status="shell"))),
    "blacklisted": (Effect.DENIES, lambda: check(record=registered(blacklisted=True))),
    "access_restricted": (Effect.DENIES, lambda: check(record=registered(access_restricted=True))),
    "name_mismatch": (Effect.DENIES, lambda: check(described(name="挖煤姬极速版"))),
    "operator_mismatch": (Effect.DENIES, lambda: check(described(operator=OTHER_OPERATOR))),
    "document_number_mismatch": (Effect.DENIES, lambda: check(described(operator=OTHER_OPERATOR))),
    "package_mismatch": (Effect.DENIES, lambda: check(described(package="com.sig.Wameiji"))),
    "signing_certificate_mismatch": (Effect.DENIES, lambda: check(described(signing_certificates=["f" * 32]))),
    "public_key_mismatch": (
        Effect.DENIES,
        lambda: check(
            described(public_key="c" * 255 + "1"),
            registered(
                platforms=[{"platform": "android", "package": "com.sig.wameiji", "public_key": "d" * 255 + "1"}]
            ),
        ),
    ),
    "domain_not_covered": (Effect.DENIES, lambda: _connect(described(domains=["evil.example.cn"]))),
    "identity_unproven": (
        Effect.DENIES,
        lambda: check(
            described(operator=None, signing_certificates=None),
            registered(platforms=None, operator=None, document_number=None),
        ),
    ),
    "pre_approval_missing": (Effect.DENIES, lambda: check(described(sectors=["news"]))),
    "pre_approval_expired": (
        Effect.DENIES,
        lambda: check(
            described(
                sectors=["news"],
                pre_approvals=[{"sector": "news", "document_number": "1012", "valid_until": "2026-11-23"}],
            )
        ),
    ),
    "display_missing": (Effect.DENIES, lambda: check(described(display={}))),
    "display_mismatch": (
        Effect.DENIES,
        lambda: check(described(display={"number": "蜀ICP备2021014694号-11A", "link": LINK})),
    ),
    "display_link_missing": (Effect.DENIES, lambda: check(described(display={"number": NUMBER}))),
    "declaration_unproven": (
        Effect.DENIES,
        lambda: check(described(registration_number=None, declaration="standalone")),
    ),
    "declaration_contradicted": (
        Effect.DENIES,
        lambda: check(described(registration_number=None, declaration=STANDALONE | {"uses_network": True})),
    ),
    "exempt_standalone": (
        Effect.GRANTS,
        lambda: check(described(registration_number=None, display=None, declaration=STANDALONE)),
    ),
    "exempt_offshore": (
        Effect.GRANTS,
        lambda: check(
            described(
                registration_number=None, display=None, operator={"name": "Sample Pte. Ltd."}, declaration=OFFSHORE
            )
        ),
    ),
    "exempted": (
        Effect.GRANTS,
        lambda: Scene(policy=Policy.loads(EXEMPTION)).check(described(registration_number=None, display=None)),
    ),
    "transition_period": (
        Effect.GRANTS,
        lambda: check(
            described(registration_number=None, display=None, first_listed_on="2021-05-01"),
            as_of=datetime(2024, 3, 31, tzinfo=UTC),
        ),
    ),
    "record_stale": (
        Effect.DENIES,
        lambda: check(record=registered(observed_at=(NOW - timedelta(days=365)).isoformat())),
    ),
    "record_simulated": (Effect.DENIES, lambda: check(record=registered(origin="simulated"))),
    "registry_unavailable": (
        Effect.DENIES,
        lambda: Scene(scope="provinces:京").check(described(registration_number="蜀ICP备2021014694号-11A")),
    ),
    "registries_disagree": (Effect.DENIES, lambda: _asked(Telling(DISAGREEING, NOW))),
    "host_platform_unregistered": (Effect.DENIES, lambda: _hosted({"status": "cancelled"})),
    "stale_used": (Effect.WARNS, lambda: _asked(Stale(memory(), "timeout"))),
    "insecure_tls": (Effect.WARNS, lambda: _asked(Stale(memory(), "", insecure_tls=True))),
    "not_checkable": (Effect.NOTES, lambda: check(described(display=None))),
    "fail_open_used": (
        Effect.GRANTS,
        lambda: Scene(scope="provinces:京", policy=Policy.loads(FAIL_OPEN)).check(
            described(registration_number="蜀ICP备2021014694号-11A", display=None)
        ),
    ),
    "audit_unavailable": (Effect.DENIES, lambda: Scene(options={"recorder": _FailingRecorder()}).check()),
}

RESERVED = {"record_ambiguous"}


def test_every_code_has_a_case() -> None:
    """A published code that no gate can give would be a promise nobody keeps."""
    assert set(CASES) | RESERVED == set(reason_texts())


@pytest.mark.parametrize("code", CASES)
def test_code(code: str) -> None:
    """The code comes out with its effect, and its texts name what was found and expected."""
    effect, make = CASES[code]
    decision = make()  # type: ignore[operator]  # every case is a function
    reasons = [reason for reason in decision.reasons if reason.code == code]
    assert [reason.effect for reason in reasons][:1] == [effect]
    assert decision.allowed is (effect is not Effect.DENIES)
    for lang in ("zh-CN", "en"):
        for audience in Audience:
            cause = reasons[0].cause(lang, audience)
            assert "{" not in cause
            if effect is Effect.DENIES:
                assert in_language(reasons[0].found, lang) in cause
                assert in_language(reasons[0].expected, lang) in cause
        assert any(actor in reasons[0].fix(lang) for actor in ACTORS[lang])


ACTORS = {
    "en": ("developer", "operator", "gatekeeper", "bureau"),
    "zh-CN": ("开发者", "主办者", "分发平台", "平台", "接入", "生产企业", "通信管理局"),
}


def test_document_number_is_masked() -> None:
    """No reason carries a document number as a whole."""
    decision = check(described(operator=OTHER_OPERATOR))
    assert DOCUMENT not in decision.to_json()


def test_a_copied_number_is_an_evaluated_denial() -> None:
    """A number copied from another company's app is refused, not left undecided."""
    copied = described(name="冒名阅读", package="cn.copycat.reader", operator=OTHER_OPERATOR, signing_certificates=None)
    decision = check(copied)
    assert decision.denied
    assert {"name_mismatch", "operator_mismatch", "package_mismatch"} <= set(decision.codes)
    assert decision.bound_by == ()
    assert decision.display is None
