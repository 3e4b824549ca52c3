"""
A right answer with one bit fallen over, or cut at one place: it still says the same, or nobody can say.

Some hundred cases of each kind, the same at every run; `tests/soak/damage.py` has them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from icpgate.answer import Found, NotRegistered, Unavailable
from icpgate.lookup.snapshot.layout import microseconds
from tests.damage.answers import CASES
from tests.damage.cases import chosen, damaged, every
from tests.damage.served import served_cases
from tests.damage.stored import ENTRIES, RegistryOnDisk
from tests.damage.wire import chunked, closed, sized
from tests.lookup.files import YESTERDAY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.damage.answers import Case
    from tests.damage.stored import StoredEntryCase
    from tests.damage.verdict import Judge

FRAMES = (sized, chunked, closed)
SERVED = ("enterprise 102", "enterprise domain", "enterprise no", "gateway server", "platform")
A_FEW = 20


@pytest.fixture(scope="module")
def served() -> dict[str, Case]:
    """The conversations of the servers in `icpgate.testing`, by name."""
    return {case.name: case for case in served_cases()}


def look_at(case: Case, count: int) -> Judge:
    """What comes of so many damages of each response, in each framing."""
    judge = case.judge()
    for place, body in enumerate(case.bodies):
        for frame in FRAMES:
            raw = frame(body, case.content_type)
            for cut in chosen(len(raw), count, f"{case.name} {place} {frame.__name__}"):
                judge.look_at(case.observed(place, damaged(raw, cut)), (frame.__name__, place, cut))
    return judge


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.__name__)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_right_answers_are_answers(case: Case, frame: Callable[[bytes, bytes], bytes]) -> None:
    """Else their damage would show nothing; and they are the same however they are framed."""
    kinds = {"absent": NotRegistered, "no": NotRegistered, "enterprise-no": NotRegistered, "nobody": Unavailable}
    right = case.observed(0, frame(case.body, case.content_type))
    assert type(right.answer) is kinds.get(case.name, Found)
    assert right == case.observed()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_damaged_answers(case: Case) -> None:
    """Of the protocol, of a mapping, of every mapping that ships."""
    judge = look_at(case, A_FEW)
    assert judge.wrong == []
    assert judge.count["unavailable"]


@pytest.mark.parametrize("name", SERVED)
def test_damaged_conversations(name: str, served: dict[str, Case]) -> None:
    """Of a bureau, of a gateway, of a platform: any of several responses."""
    judge = look_at(served[name], A_FEW)
    assert judge.wrong == []
    assert judge.count["unavailable"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_cut_body(case: Case) -> None:
    """With an honest length: a complete record in a cut body is not used."""
    whole = case.body
    for end in range(len(whole)):
        assert isinstance(case.observed(0, sized(whole[:end], case.content_type)).answer, Unavailable)


@pytest.mark.parametrize("case", ENTRIES, ids=lambda case: case.name)
def test_damaged_entries(case: StoredEntryCase) -> None:
    """Whichever bit falls over, and wherever it is cut: it is no entry any more."""
    judge = case.judge()
    for cut in chosen(len(case.blob), 2 * A_FEW, case.name):
        judge.look_at(case.observed(damaged(case.blob, cut)), cut)
    assert judge.wrong == []
    assert set(judge.count) == {"cases", "unavailable"}


def test_a_damaged_file(tmp_path: Path) -> None:
    """Its digest tells; and where the digest was made anew, the checksums of its rows do."""
    there = RegistryOnDisk(tmp_path)
    judge = there.judge()
    for cut in chosen(len(there.content), 100, "file"):
        judge.look_at(there.observed(damaged(there.content, cut)), cut)
    assert set(judge.count) == {"cases", "unavailable"}
    for cut in chosen(len(there.database), 300, "anew"):
        judge.look_at(there.closed_anew(damaged(there.database, cut)), cut)
    assert judge.wrong == []
    assert judge.count["allowed"]


def test_what_a_file_says_of_itself(tmp_path: Path) -> None:
    """Each bit of it, with a right digest: nothing foreign is raised, and nothing else is found."""
    there = RegistryOnDisk(tmp_path)
    judge = there.judge()
    moment = microseconds(YESTERDAY).to_bytes(8, "big")
    begins = there.database.index(moment) - 24  # the row of the only import stands around its moment
    for place, bit in every(46):
        cut = begins + place, bit
        judge.look_at(there.closed_anew(damaged(there.database, cut)), cut)
    assert judge.wrong == []
    assert judge.count["unavailable"]


def test_the_judge_sees_what_is_wrong() -> None:
    """Another status, another number, a no of nobody's: it does not only count."""
    by_name = {case.name: case for case in CASES}
    judge = by_name["active"].judge()
    for other in ("revoked", "absent"):
        judge.look_at(by_name[other].observed(), other)
    judge.look_at(by_name["protocol"].observed(), "protocol")
    assert len(judge.wrong) == 3
    assert list(every(1)) == [(0, bit) for bit in range(9)]
    assert damaged(b"ab", (1, 0)) == b"ac"
    assert damaged(b"ab", (1, 8)) == b"a"
