"""A record is what its types say, however it was made: rules would misread anything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from icpgate.app import App
from icpgate.errors import InvalidRecord
from icpgate.gate import Gate
from icpgate.lookup.registries.memory import MemoryRegistry
from icpgate.record import RegisteredPlatform, RegistrationRecord
from icpgate.signing import Platform
from tests.cases import NOW, described, registered

RECORD = RegistrationRecord.read(registered())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "shell"),
        ("status", "registered"),
        ("kind", "app"),
        ("origin", "bureau"),
        ("operator", 123),
        ("service_name", ["x"]),
        ("document_number", 5),
        ("source", None),
        ("domains", "myexample.cn"),
        ("domains", (5,)),
        ("endpoints", "11.2.3.45"),
        ("platforms", (None,)),
        ("platforms", [RegisteredPlatform()]),
        ("blacklisted", ""),
        ("access_restricted", "false"),
        ("approved_at", "2026-01-01"),
        ("observed_at", datetime(2026, 11, 23)),  # noqa: DTZ001 -- the mistake in question
        ("approved_at", datetime(2026, 11, 23)),  # noqa: DTZ001 -- the mistake in question
        ("registration_number", "蜀ICP备2021014694号-10A"),
    ],
)
def test_a_value_of_another_type_is_refused(field: str, value: Any) -> None:
    """A text that reads like a state is no state, and a text is no list of domains."""
    with pytest.raises(InvalidRecord) as caught:
        replace(RECORD, **{field: value})
    assert caught.value.code == "record.type"


@pytest.mark.parametrize("wrong", [{"platform": "android"}, {"package": 5}, {"public_key": b"x"}])
def test_so_is_one_of_a_platform(wrong: Any) -> None:
    """The same for the parts."""
    with pytest.raises(InvalidRecord):
        RegisteredPlatform(**wrong)
    assert RegisteredPlatform(platform=Platform.ANDROID, package="a.b").package == "a.b"


@pytest.mark.parametrize("nobody", ["个人", "无", "未知", "N/A", "null", "张*", "张某", "1", "测试", "●●公司"])
def test_a_word_for_nobody_binds_nothing(nobody: str) -> None:
    """Two sides that share it share nothing."""
    record = RegistrationRecord.read(registered(operator=nobody, document_number=None, platforms=None))
    registry = MemoryRegistry([record], id="m", authoritative=True, observed_at=NOW, source="t")
    app = App.parse(described(operator={"name": nobody}, signing_certificates=None, package="com.evil.app"))
    decision = Gate.for_listing(registry, clock=_Still()).check(app)
    assert not decision.allowed
    assert decision.bound_by == ()


@pytest.mark.parametrize(
    "number", ["110105XXXXXXXX002X", "1101●●●●002X", "9111…341L", "12345", "111111", "99999999", "1234567890"]
)
def test_a_masked_or_made_up_document_binds_nothing(number: str) -> None:
    """Nor does what a mask has left, or a row of digits."""
    record = RegistrationRecord.read(
        registered(document_type=None, document_number=number, operator=None, platforms=None)
    )
    registry = MemoryRegistry([record], id="m", authoritative=True, observed_at=NOW, source="t")
    operator = {"name": "冒名科技有限公司", "document_number": number}
    try:
        app = App.parse(described(operator=operator, signing_certificates=None, package="com.evil.app"))
    except ValueError:  # pragma: no cover -- a text that no form takes binds nothing either
        return
    assert Gate.for_listing(registry, clock=_Still()).check(app).bound_by == ()


def test_a_number_on_the_screen_contradicts_that_none_is_needed() -> None:
    """Whoever shows a number and leaves it out of the form hides it."""
    declaration = {"kind": "standalone", "commitment_letter": "CL-1", "uses_network": False}
    registry = MemoryRegistry([], id="m", authoritative=False, observed_at=NOW, source="t")
    app = App.parse(described(registration_number=None, operator=None, declaration=declaration))
    decision = Gate.for_listing(registry, clock=_Still()).check(app)
    assert decision.denied
    assert "declaration_contradicted" in decision.codes


@pytest.mark.parametrize("nothing", ["无", "-", "n/a", "办理中", "0"])
def test_a_word_for_nothing_is_no_evidence(nothing: str) -> None:
    """Neither a commitment letter nor an approval."""
    registry = MemoryRegistry([RECORD], id="m", authoritative=False, observed_at=NOW, source="t")
    gate = Gate.for_listing(registry, clock=_Still())
    declaration = {"kind": "standalone", "commitment_letter": nothing, "uses_network": False}
    bare = described(registration_number=None, operator=None, display=None, declaration=declaration)
    assert "declaration_unproven" in gate.check(App.parse(bare)).codes
    approvals = [{"sector": "新闻", "document_number": nothing}]
    assert (
        "pre_approval_missing"
        in gate.check(App.parse(described(sectors=["新闻、出版"], pre_approvals=approvals))).codes
    )


class _Still:
    """A clock that stands still."""

    def now(self) -> datetime:
        """The wall clock."""
        return NOW

    def monotonic(self) -> float:
        """The other one."""
        return 0.0


@pytest.mark.parametrize("code", ["exempted", "transition_period"])
def test_no_ground_stands_for_a_number_that_is_shown_and_not_stated(code: str) -> None:
    """An exemption or the transition is for apps without a number; one on the screen is one."""
    from datetime import UTC  # noqa: PLC0415 -- for this test alone

    from icpgate.policy import Policy  # noqa: PLC0415 -- as above
    from tests.cases import Scene  # noqa: PLC0415 -- as above
    from tests.rules.test_reason_codes import EXEMPTION  # noqa: PLC0415 -- as above

    app = described(registration_number=None, operator=None, first_listed_on="2021-05-01")
    exempt = Scene(policy=Policy.loads(EXEMPTION) if code == "exempted" else None)
    decision = exempt.check(app, as_of=datetime(2024, 3, 1, tzinfo=UTC) if code == "transition_period" else None)
    assert decision.denied
    assert decision.codes == ("number_missing",)
