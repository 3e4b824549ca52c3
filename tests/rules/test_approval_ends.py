"""An allow that rests on an approval ends with it."""

from __future__ import annotations

from datetime import datetime

import pytest

from icpgate.record import BEIJING
from tests.cases import NOW, check, described, registered

NEWS = {"sector": "news", "document_number": "1012"}


def _midnight(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("approvals", "end"),
    [
        ([NEWS | {"valid_until": "2026-12-01"}], "2026-12-02"),
        ([NEWS | {"valid_until": "2026-11-24"}], "2026-11-25"),
        ([NEWS | {"valid_until": "2026-12-01"}, NEWS | {"valid_until": "2026-12-05"}], "2026-12-06"),
    ],
)
def test_an_allow_ends_with_the_last_approval(approvals: list[dict[str, str]], end: str) -> None:
    """At the end of its last day, in Asia/Shanghai."""
    decision = check(described(sectors=["news"], pre_approvals=approvals))
    assert decision.allowed
    assert decision.expires_at == _midnight(end)


@pytest.mark.parametrize(
    "approvals",
    [
        [NEWS],
        [NEWS | {"valid_until": "9999-12-31"}],
        [NEWS | {"valid_until": "2027-12-01"}],
        [NEWS, NEWS | {"valid_until": "2026-12-01"}],
    ],
)
def test_an_approval_without_a_nearer_end_shortens_nothing(approvals: list[dict[str, str]]) -> None:
    """Then the age of the record ends it."""
    decision = check(described(sectors=["news"], pre_approvals=approvals))
    assert decision.allowed
    assert decision.expires_at == check().expires_at


def test_an_approval_in_the_record_stands_for_itself() -> None:
    """What the registration lists does not end with a paper of the app's."""
    app = described(sectors=["news"], pre_approvals=[NEWS | {"valid_until": "2026-12-01"}])
    assert check(app, registered(pre_approvals=["新闻"])).expires_at == check().expires_at


def test_an_unrecorded_allow_is_looked_at_again_soon() -> None:
    """What could not be recorded is undecided, and so is asked again in minutes, not in a day."""
    from tests.rules.test_reason_codes import CASES  # noqa: PLC0415 -- one case of many

    decision = CASES["audit_unavailable"][1]()  # type: ignore[operator]  # every case is a function
    assert decision.undecided
    assert (decision.recheck_at - NOW).total_seconds() == 900


def test_an_unknown_sector_is_undecided() -> None:
    """A misspelt word must not switch the demand for an approval off."""
    decision = check(described(sectors=["newz"]))
    assert decision.undecided
    assert decision.codes == ("not_checkable",)
