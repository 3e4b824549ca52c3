"""Which entries of a registration are about the app."""

from __future__ import annotations

import pytest

from icpgate.record import RegisteredPlatform
from icpgate.rules.entries import entries, stated
from icpgate.signing import Platform
from tests.cases import case_of, registered

PACKAGE = "com.sig.wameiji"


def test_entries_of_the_platform_and_of_the_package() -> None:
    """An entry without a platform is for any; one of another platform is not the app's."""
    platforms = [
        {"platform": "android", "package": PACKAGE},
        {"package": PACKAGE},
        {"platform": "android", "package": "a.b"},
        {"platform": "ios", "package": PACKAGE},
        {"platform": "android"},
    ]
    case = case_of(record=registered(platforms=platforms))
    assert case.record is not None
    own, same = entries(case, case.record)
    exact, anywhere = RegisteredPlatform(Platform.ANDROID, PACKAGE), RegisteredPlatform(None, PACKAGE)
    assert same == (exact, anywhere)
    assert own == (
        exact, anywhere, RegisteredPlatform(Platform.ANDROID, "a.b"), RegisteredPlatform(Platform.ANDROID)
    )  # fmt: skip


@pytest.mark.parametrize("platforms", [None, []])
def test_no_entries(platforms: object) -> None:
    """Absent and empty are both none here; the rules tell them apart."""
    case = case_of(record=registered(platforms=platforms))
    assert case.record is not None
    assert entries(case, case.record) == ((), ())


def test_entries_are_found_once() -> None:
    """Several rules ask for the same."""
    case = case_of()
    assert case.record is not None
    assert entries(case, case.record) is entries(case, case.record)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], None),
        ([None, None], None),
        ([None, ""], []),
        ([""], []),
        (["  ", None], []),
        ([None, "a", "", " ", "b"], ["a", "b"]),
    ],
)
def test_stated(texts: list[str | None], expected: list[str] | None) -> None:
    """None is *absent in this source*; an empty list means that there is nothing."""
    assert stated(texts) == expected
