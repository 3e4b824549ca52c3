"""A decision as its callers use it: predicates, reasons, evidence, what must be shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from icpgate.decision import Audience, Effect, RequiredDisplay
from icpgate.errors import Denied
from icpgate.rules.reasons import reason_texts
from tests.cases import DOCUMENT, LINK, NOW, NUMBER, Scene, check, described, registered

UNKNOWN = Scene(records=[], authoritative=False)
STALE = registered(observed_at=(NOW - timedelta(days=365)).isoformat())


def test_an_allow() -> None:
    """It is true, and nothing else."""
    decision = check()
    assert (decision.allowed, decision.denied, decision.undecided, bool(decision)) == (True, False, False, True)


def test_a_denial() -> None:
    """It was judged and refused."""
    decision = check(described(registration_number=None))
    assert (decision.allowed, decision.denied, decision.undecided, bool(decision)) == (False, True, False, False)


def test_an_undecided_one() -> None:
    """Nobody could say, which is neither of the two."""
    decision = UNKNOWN.check()
    assert (decision.allowed, decision.denied, decision.undecided, bool(decision)) == (False, False, True, False)


def test_codes_and_mask() -> None:
    """The codes that deny, each once, and a bit for each that is published."""
    decision = check(described(display={}, public_key="c" * 255 + "1"))
    assert decision.codes == ("display_missing", "display_link_missing")
    assert decision.mask == reason_texts()["display_missing"].bit | reason_texts()["display_link_missing"].bit
    assert check().codes == ()
    assert check().mask == 0


def test_a_reason_and_its_texts() -> None:
    """Both languages, both readers, the fix and the law."""
    decision = check(described(name="另一个名字"))
    (reason,) = [r for r in decision.reasons if r.effect is Effect.DENIES]
    text = reason_texts()["name_mismatch"]
    assert (reason.code, reason.detail, reason.found, reason.expected) == (
        "name_mismatch",
        "name.different",
        "另一个名字",
        "挖煤姬",
    )
    assert reason.basis == text.basis
    assert reason.title() == reason.title("en") == text.in_language("en").title
    assert reason.title("zh-CN") == text.in_language("zh-CN").title
    assert reason.fix() == text.in_language("en").fix
    assert reason.fix("zh-CN") == text.in_language("zh-CN").fix
    assert reason.cause() == reason.cause("en", Audience.DEVELOPER)
    causes = {reason.cause(lang, audience) for lang in ("en", "zh-CN") for audience in Audience}
    assert len(causes) == 4
    assert all("另一个名字" in cause and "挖煤姬" in cause for cause in causes)


@pytest.mark.parametrize(
    ("app", "record", "code"),
    [
        ({}, {}, None),
        ({"registration_number": None}, {}, "number_missing"),
        ({"name": "另一个名字", "display": None}, {}, "name_mismatch"),
        ({"name": "另一个名字"}, {"status": "changing"}, "name_mismatch"),
        ({"name": "另一个名字"}, {"status": "cancelled"}, None),
        ({"display": {}}, {}, None),
    ],
)
def test_the_only_objection(app: dict[str, Any], record: dict[str, Any], code: str | None) -> None:
    """The one reason whose mending would leave no denial; none when there are several, or none."""
    only = check(described(**app), registered(**record)).only_objection
    assert (None if only is None else only.code) == code
    assert only is None or only.effect is Effect.DENIES


@pytest.mark.parametrize(
    ("scene", "answer"),
    [
        (Scene(), "found"),
        (Scene(records=[]), "not_registered"),
        (Scene(records=[], authoritative=False), "unavailable: not_listed"),
        (Scene(records=[], scope="provinces:京"), "unavailable: not_covered"),
    ],
)
def test_evidence(scene: Scene, answer: str) -> None:
    """What was asked, who answered, when, and a digest; no payload."""
    decision = scene.check()
    (evidence,) = decision.evidence
    assert (evidence.registry, evidence.source, evidence.query) == ("memory", "test", f"number {NUMBER}")
    assert evidence.answer == answer
    assert evidence.digest == decision.observations[0].digest
    assert evidence.observed_at == decision.observations[0].observed_at


def test_what_must_be_shown() -> None:
    """The number, the link, and the line in both languages."""
    display = check().display
    assert display == RequiredDisplay(NUMBER, LINK)
    assert display is not None
    assert display.text() == display.text("zh") == display.text("ZH-cn") == f"APP备案号：{NUMBER}"
    assert display.text("en") == f"ICP registration number: {NUMBER}"


@pytest.mark.parametrize(
    ("app", "record", "shown"),
    [
        ({"display": {}}, {}, True),
        ({"registration_number": None}, {}, False),
        ({"operator": None, "signing_certificates": None}, {"platforms": None}, False),
        ({"registration_number": "蜀ICP备2021014694号"},
         {"registration_number": "蜀ICP备2021014694号", "kind": None}, False),
        ({"registration_number": "蜀ICP备2021014694号-10"},
         {"registration_number": "蜀ICP备2021014694号-10", "kind": "website"}, False),
    ],
)  # fmt: skip
def test_only_an_app_s_own_number_must_be_shown(app: dict[str, Any], record: dict[str, Any], shown: bool) -> None:  # noqa: FBT001 -- a test's parameter
    """A number that nothing ties to the app, or that is of another kind, must not."""
    assert (check(described(**app), registered(**record)).display is not None) is shown


def test_a_simulated_number_says_so_wherever_it_is_shown() -> None:
    """In the decision, in the line to show, and in words."""
    decision = Scene(records=[registered(origin="simulated")], options={"allow_simulated": True}).check()
    assert decision.simulated
    assert decision.display is not None
    assert decision.display.text("en") == f"SIMULATED ICP registration number: {NUMBER}"
    assert decision.display.text("zh-CN") == f"SIMULATED APP备案号：{NUMBER}"
    assert not check().simulated
    assert not UNKNOWN.check().simulated


def test_a_simulated_record_found_by_document_counts() -> None:
    """Any observation may be of a simulated registry."""
    assert check(described(registration_number=None), registered(origin="simulated")).simulated


@pytest.mark.parametrize(
    ("scene", "app", "message"),
    [
        (Scene(), described(registration_number=None), "com.sig.wameiji: deny (evaluated): number_missing"),
        (UNKNOWN, described(), "com.sig.wameiji: deny (undecided): registry_unavailable"),
        (Scene(records=[STALE]), described(display={"number": NUMBER}),
         "com.sig.wameiji: deny (evaluated): display_link_missing, record_stale"),
    ],
)  # fmt: skip
def test_raise_if_denied(scene: Scene, app: dict[str, Any], message: str) -> None:
    """Both a refusal and an undecided one raise, with the decision."""
    decision = scene.check(app)
    with pytest.raises(Denied) as caught:
        decision.raise_if_denied()
    assert str(caught.value) == message
    assert caught.value.decision is decision


def test_an_allow_raises_nothing() -> None:
    """It goes on."""
    check().raise_if_denied()


def test_its_repr_names_nobody() -> None:
    """A decision that lands in a log or traceback tells neither operators nor documents."""
    assert "示例科技" not in repr(check())
    assert DOCUMENT not in repr(check())
