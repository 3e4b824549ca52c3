"""What findings say, in Chinese: every phrase of any finding is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from icpgate.gate import Gate
from icpgate.policy import Policy
from icpgate.rules.phrases import in_language
from icpgate.testing.policy_table import run, shipped_rows
from tests.rules.test_reason_codes import CASES

if TYPE_CHECKING:
    from icpgate.decision import Decision

ENGLISH = re.compile(r"\b[a-z]{2,} [a-z]{2,}\b")
VALUES = {"settings of", "compliance office", "RSA 1024 bits"}


def test_every_finding_reads_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """No two English words in a row are left in what any case or row of the table found or expected."""
    seen: list[Decision] = []
    check = Gate.check

    def keeping(self: Gate, *arguments: object, **options: object) -> Decision:
        decision = check(self, *arguments, **options)  # type: ignore[arg-type]  # passed on as they came
        seen.append(decision)
        return decision

    monkeypatch.setattr(Gate, "check", keeping)
    for _, make in CASES.values():
        make()  # type: ignore[operator]  # every case is a function
    run(Policy.default(), shipped_rows())
    phrases = {phrase for decision in seen for raised in decision.raised for phrase in (raised.found, raised.expected)}
    assert len(phrases) > 80
    left = {phrase: in_language(phrase, "zh-CN") for phrase in phrases}
    assert {p: c for p, c in left.items() if ENGLISH.search(c) and not any(value in c for value in VALUES)} == {}


@pytest.mark.parametrize(
    ("phrase", "chinese"),
    [
        ("no number", "空"),
        ("a registration 蜀ICP备2021014694号-10A", "备案蜀ICP备2021014694号-10A"),
        ("no registration 蜀ICP备2021014694号-11A in test", "test中没有备案蜀ICP备2021014694号-11A"),
        ("memory: not_covered (outside the scope provinces:京)", "memory：不在覆盖范围（超出范围provinces:京）"),
        ("observed 2025-11-24T00:00:00Z, 365 days, 0:00:00 ago", "观测于2025-11-24T00:00:00Z，距今365天0:00:00"),
        ("a foreign operator; servers only abroad", "境外主办者；服务器仅在境外"),
        ("a foreign operator and something else", "a foreign operator and something else"),
        ("com.example.app", "com.example.app"),
        ("cat of dog", "cat of dog"),
        ("a registration {0}", "备案{0}"),
        ("", ""),
    ],
)
def test_phrases_and_values(phrase: str, chinese: str) -> None:
    """Phrases are looked up, values stay as they are, and what is not known stays English."""
    assert in_language(phrase, "zh-CN") == chinese
    assert in_language(phrase, "en") == phrase
