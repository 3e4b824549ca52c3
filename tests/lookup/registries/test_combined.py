"""Several registries as one: whose answer counts, and when nobody's does."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.answer import ByDocument, ByDomain, ByNumber, Found, NotRegistered, Observation, Unavailable, Why
from icpgate.app import App
from icpgate.errors import ConfigurationError
from icpgate.lookup import Cache, Capabilities, Limits, LookupClient, Scope
from icpgate.lookup.registries.combined import Combined, Strategy
from icpgate.lookup.registries.json_api import JsonApi
from icpgate.lookup.registries.memory import MemoryRegistry
from icpgate.lookup.steps import Now
from icpgate.rules import Action
from icpgate.testing import FixedClock
from tests.awaited import CLIENTS, GATES
from tests.cases import DOCUMENT, NOW, NUMBER, described, memory, registered
from tests.lookup.files import MISSING, OTHER, by
from tests.lookup.told import DOWN, EXACT, HOUR, START, Told, ago, read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from icpgate.answer import Answer, Query
    from icpgate.gate import Gate
    from icpgate.lookup.steps import Flow

QUERY = by(NUMBER)
NO = NotRegistered("all")
NOT_LISTED = Unavailable(Why.NOT_LISTED)
YES: dict[str, object] = {}
CANCELLED: dict[str, object] = {"status": "cancelled"}
ONE, ANOTHER = Scope.parse("provinces:蜀"), Scope.parse("provinces:京")
BOTH = Scope.union([ONE, ANOTHER])


@pytest.fixture(params=CLIENTS, ids=["blocking", "asynchronous"])
def kind(request: pytest.FixtureRequest) -> type[LookupClient]:
    """Every test that asks runs twice."""
    client: type[LookupClient] = request.param
    return client


def members(*says: Answer | dict[str, object] | Exception, clock: FixedClock | None = None) -> list[Told]:
    """Registries that say these things, named a, b, c, …"""
    made = []
    for name, word in zip("abcdef", says, strict=False):
        made.append(Told(clock or FixedClock(NOW), id=name))
        made[-1].says = word
    return made


def asked(registries: Sequence[Told]) -> list[int]:
    """How often each was asked."""
    return [len(each.asked) for each in registries]


def ask(
    kind: type[LookupClient], strategy: str, *says: Answer | dict[str, object] | Exception, **options: int
) -> Observation:
    """What these say together."""
    client = kind(Combined(members(*says), strategy=strategy, **options), clock=FixedClock(NOW))  # type: ignore[arg-type]  # by name
    observation: Observation = client.look_up(QUERY)
    return observation


# In turn


@pytest.mark.parametrize(
    ("says", "word", "from_whom", "times"),
    [
        ((YES, CANCELLED, NO), "registered", "a", [1, 0, 0]),
        ((NO, YES, YES), "no", "a", [1, 0, 0]),
        ((DOWN, CANCELLED, YES), "cancelled", "b", [1, 1, 0]),
        ((NOT_LISTED, DOWN, NO), "no", "c", [1, 1, 1]),
        ((ValueError(), YES, NO), "registered", "b", [1, 1, 0]),
    ],
)
def test_the_next_is_asked_only_where_the_one_before_could_not_say(
    kind: type[LookupClient],
    says: tuple[Answer | dict[str, object] | Exception, ...],
    word: str,
    from_whom: str,
    times: list[int],
) -> None:
    """The first answer that is one counts."""
    registries = members(*says)
    observation = kind(Combined(registries), clock=FixedClock(NOW)).look_up(QUERY)
    assert (read(observation), observation.registry) == (word, from_whom)
    assert asked(registries) == times


@pytest.mark.parametrize(
    ("says", "word", "from_whom"),
    [
        ((DOWN, NOT_LISTED), "upstream_error", "a"),
        ((NOT_LISTED, DOWN), "upstream_error", "b"),
        ((DOWN, Unavailable(Why.TIMEOUT)), "upstream_error", "a"),
        ((NOT_LISTED, Unavailable(Why.NOT_COVERED)), "not_covered", "b"),
        ((Unavailable(Why.NOT_COVERED), DOWN, NOT_LISTED), "upstream_error", "b"),
    ],
)
def test_what_says_nothing_hides_no_outage(
    kind: type[LookupClient], says: tuple[Answer, ...], word: str, from_whom: str
) -> None:
    """*Not listed* of one does not make an outage of another an answer: what was known stands in then."""
    observation = ask(kind, "in_turn", *says)
    assert (read(observation), observation.registry) == (word, from_whom)


def test_what_was_known_stands_in_while_one_is_down(kind: type[LookupClient]) -> None:
    """Although the other has nothing listed; when the first says so itself, nothing stands in."""
    clock = FixedClock(NOW)
    registries = members(YES, NOT_LISTED, clock=clock)
    with kind(Combined(registries), lives=EXACT, clock=clock) as client:
        client.look_up(QUERY)
        registries[0].says = DOWN
        clock.advance(26 * HOUR)
        assert read(client.look_up(QUERY)) == "registered, upstream_error"
        registries[0].says = NOT_LISTED
        assert read(client.look_up(QUERY)) == "not_listed"


def test_what_one_said_stands_in_for_no_other(kind: type[LookupClient]) -> None:
    """The first has nothing listed any more: that the second is down brings nothing of the first back."""
    clock = FixedClock(NOW)
    registries = members(YES, NO, clock=clock)
    with kind(Combined(registries), lives=EXACT, clock=clock) as client:
        client.look_up(QUERY)
        registries[0].says, registries[1].says = NOT_LISTED, DOWN
        clock.advance(26 * HOUR)
        assert read(client.look_up(QUERY)) == "upstream_error"


def test_a_batch_in_turn(kind: type[LookupClient]) -> None:
    """The next one is asked for the rest alone; each query once."""
    clock = FixedClock(NOW)
    first = memory(registered(), id="first", authoritative=False)
    second = Told(clock, id="second")
    queries = [by(OTHER), QUERY, by(MISSING), by(OTHER)]
    observations = kind(Combined([first, second]), clock=clock).look_up_many(queries)
    assert [o.registry for o in observations] == ["second", "first", "second", "second"]
    assert [o.query for o in observations] == queries
    assert second.asked == [(by(OTHER), by(MISSING))]


# Confirmed by another


@pytest.mark.parametrize(
    ("says", "word"),
    [
        ((YES, YES), "registered"),
        ((NO, NO), "no"),
        ((YES, DOWN, YES), "registered"),
        ((YES, DOWN), "upstream_error"),
        ((YES, NOT_LISTED), "not_listed"),
        ((DOWN, YES, YES), "upstream_error"),
        ((NOT_LISTED, YES), "not_listed"),
        ((DOWN, DOWN), "upstream_error"),
        ((YES, NO), "registries_disagree"),
        ((YES, YES, CANCELLED), "registries_disagree"),
        ((DOWN, YES, NO), "registries_disagree"),
    ],
)
def test_confirm(kind: type[LookupClient], says: tuple[Answer | dict[str, object], ...], word: str) -> None:
    """The first says it, and at least one other says the same; who could not say says nothing."""
    assert read(ask(kind, "confirm", *says)) == word


def test_how_far_it_was_confirmed_is_told(kind: type[LookupClient]) -> None:
    """In words; the registry is all of them."""
    observation = ask(kind, "confirm", YES, DOWN)
    assert observation.answer == Unavailable(Why.UPSTREAM_ERROR, "1 of 2 registries say registered")
    assert observation.registry == "confirm (a | b)"


def test_the_firsts_details_count(kind: type[LookupClient]) -> None:
    """Names may be written differently; the first member's is told."""
    observation = ask(kind, "confirm", {"service_name": "Ａ 發"}, {"service_name": "a发"})
    assert isinstance(observation.answer, Found)
    assert observation.answer.record.service_name == "Ａ 發"
    assert observation.registry == "a"


@pytest.mark.parametrize(
    ("name", "one", "other", "word"),
    [
        ("service_name", "甲", "乙", "registries_disagree"),
        ("operator", "示例科技有限公司", "示例科技股份有限公司", "registries_disagree"),
        ("document_number", "91510108MA6632C60R", "91110000802100433B", "registries_disagree"),
        ("document_number", "91510108MA6632C60R", "9151****60R", "registered"),
        ("operator", "示例科技有限公司", None, "registered"),
    ],
)
def test_members_that_tell_of_different_people_disagree(
    kind: type[LookupClient], name: str, one: str, other: str | None, word: str
) -> None:
    """A quorum protects whose registration it is, and not only that there is one; what one lacks is no word against."""
    for strategy in ("confirm", "quorum"):
        assert read(ask(kind, strategy, {name: one}, {name: other})) == word


def test_one_address_confirms_nothing_of_itself() -> None:
    """Two registries there are one, whatever they are called; only where they are asked in turn is that of no harm."""
    url = "https://registry.example.cn"
    pair = [JsonApi.ready("icpgate", url=url, id=name) for name in "ab"]
    for strategy in ("confirm", "quorum"):
        with pytest.raises(ConfigurationError, match="two registries at one address"):
            Combined(pair, strategy=strategy)
    assert Combined(pair).answered_by == ("a", "b")


def test_a_no_is_as_old_as_the_oldest(kind: type[LookupClient]) -> None:
    """Nobody says no for longer than the least recent of those who say it."""
    clock = FixedClock(NOW)
    registries = members(NO, NO, clock=clock)
    registries[1].seen = ago(clock, HOUR)
    observation = kind(Combined(registries, strategy="confirm"), clock=clock).look_up(QUERY)
    assert observation.observed_at == ago(clock, HOUR)


# A quorum


@pytest.mark.parametrize(
    ("says", "quorum", "word"),
    [
        ((YES, YES, DOWN), 2, "registered"),
        ((DOWN, YES, YES), 2, "registered"),
        ((DOWN, NOT_LISTED, YES), 2, "not_listed"),
        ((YES, YES, DOWN), 3, "upstream_error"),
        ((YES, YES, YES), 3, "registered"),
        ((NO, DOWN, NO), 2, "no"),
        ((YES, YES, CANCELLED), 2, "registries_disagree"),
        ((YES, YES, YES, YES, NO), 2, "registries_disagree"),
        ((DOWN, NOT_LISTED), 2, "not_listed"),
    ],
)
def test_quorum(kind: type[LookupClient], says: tuple[Answer | dict[str, object], ...], quorum: int, word: str) -> None:
    """So many say it, whoever they are, and nobody says anything else."""
    assert read(ask(kind, "quorum", *says, quorum=quorum)) == word


@given(
    st.sampled_from(["confirm", "quorum"]),
    st.lists(st.sampled_from(["yes", "cancelled", "no", "down", "raises", "nonsense"]), min_size=2, max_size=5),
    st.data(),
)
def test_nothing_is_told_that_too_few_say(strategy: str, words: list[str], data: st.DataObject) -> None:
    """Whatever the members say or break: an answer is what enough of them say, and nobody contradicts."""
    says: dict[str, Answer | dict[str, object] | Exception] = {
        "yes": YES, "cancelled": CANCELLED, "no": NO, "down": DOWN, "raises": ValueError(), "nonsense": NO,
    }  # fmt: skip
    quorum = data.draw(st.integers(2, len(words))) if strategy == "quorum" else 2
    registries: list[Told] = []
    for name, word in zip("abcde", words, strict=False):
        registries.append((_Nonsense if word == "nonsense" else Told)(FixedClock(NOW), id=name))
        registries[-1].says = says[word]
    client = LookupClient(Combined(registries, strategy=strategy, quorum=quorum), clock=FixedClock(NOW))
    told = read(client.look_up(QUERY))
    said = Counter({"yes": "registered"}.get(word, word) for word in words if word in {"yes", "cancelled", "no"})
    if len(said) > 1:
        assert told == "registries_disagree"
    elif said and said.total() >= quorum and (strategy == "quorum" or words[0] in {"yes", "cancelled", "no"}):
        assert [told] == list(said)
    elif {"cancelled", "no"} & set(said):
        assert told == "registries_disagree"  # too few to say no, and nothing may stand in for it
    else:
        assert told in {"upstream_error", "internal"}


# Disagreement


DIFFERENCES = [
    ({"status": "cancelled"}, "cancelled"),
    ({"status": "changing"}, "changing"),
    ({"blacklisted": True}, "blacklisted"),
    ({"access_restricted": True}, "restricted"),
    ({"origin": "simulated"}, "registered"),
    (NO, "not_registered"),
]


@pytest.mark.parametrize(("other", "word"), DIFFERENCES)
@pytest.mark.parametrize("strategy", ["confirm", "quorum"])
def test_whoever_disagrees_is_named(
    kind: type[LookupClient], strategy: str, other: Answer | dict[str, object], word: str
) -> None:
    """With what each of them says."""
    answer = ask(kind, strategy, YES, other).answer
    assert answer == Unavailable(Why.REGISTRIES_DISAGREE, f"a says registered; b says {word}")


@pytest.mark.parametrize("gate", GATES, ids=["blocking", "asynchronous"])
@pytest.mark.parametrize(("other", "_word"), DIFFERENCES[:4] + DIFFERENCES[5:])
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("strategy", ["confirm", "quorum"])
def test_a_disagreement_never_allows(
    gate: type[Gate], strategy: str, other: Answer | dict[str, object], _word: str, first: int
) -> None:
    """Whichever of them is asked first: nobody can say until a person has settled it."""
    says = [YES, other]
    clock = FixedClock(NOW)
    combined = Combined(members(says[first], says[1 - first]), strategy=strategy)
    with gate(Action.LIST, combined, clock=clock) as made:
        decision = made.check(App.parse(described()))
    assert decision.undecided
    assert not decision.allowed
    (observation,) = decision.observations
    assert isinstance(observation.answer, Unavailable)
    assert observation.answer.why is Why.REGISTRIES_DISAGREE


@pytest.mark.parametrize("gate", GATES, ids=["blocking", "asynchronous"])
@pytest.mark.parametrize("strategy", list(Strategy))
def test_an_agreement_allows(gate: type[Gate], strategy: Strategy) -> None:
    """So that the test before shows something."""
    with gate(Action.LIST, Combined(members(YES, YES), strategy=strategy), clock=FixedClock(NOW)) as made:
        assert made.check(App.parse(described())).allowed


@pytest.mark.parametrize("gate", GATES, ids=["blocking", "asynchronous"])
def test_a_disagreement_takes_back_what_was_known(gate: type[Gate]) -> None:
    """Nothing older stands in for it, nor for an outage after it."""
    clock = FixedClock(NOW)
    registries = members(YES, YES, clock=clock)
    app = App.parse(described())
    with gate(Action.LIST, Combined(registries, strategy="confirm"), clock=clock) as made:
        assert made.check(app).allowed
        clock.advance(26 * HOUR)
        registries[1].says = CANCELLED
        assert made.check(app).undecided
        registries[0].says = registries[1].says = DOWN
        assert made.check(app).undecided


# Members by themselves


@pytest.mark.parametrize("strategy", list(Strategy))
def test_each_has_its_own_breaker(kind: type[LookupClient], strategy: Strategy) -> None:
    """One that is open keeps nobody from asking the others."""
    registries = members(Unavailable(Why.BLOCKED, "captcha"), YES, YES)
    combined = Combined(registries, strategy=strategy)
    client = kind(combined, clock=FixedClock(NOW))
    for number in (NUMBER, OTHER, MISSING):
        client.look_up(by(number))
    assert asked(registries) == ([1, 3, 0] if strategy is Strategy.IN_TURN else [1, 3, 3])
    assert [guard.breaker.state(0.0) for guard in combined.guards] == ["open", "closed", "closed"]
    assert client.status.breaker == "closed"


def test_each_has_its_own_limits(kind: type[LookupClient]) -> None:
    """By default a second for each; those that are given are kept."""
    own = Limits(seconds=5, attempts=1)
    combined = Combined(members(YES, YES), limits=[own, None])
    assert [guard.limits.seconds for guard in combined.guards] == [5, 1]
    assert combined.guards[0].limits is own
    assert read(kind(combined, clock=FixedClock(NOW)).look_up(QUERY)) == "registered"


def test_each_is_held_to_its_own_promises(kind: type[LookupClient]) -> None:
    """A no of one that may not say no is none, though another may."""
    clock = FixedClock(NOW)
    first, second = members(NO, YES, clock=clock)
    first.capabilities = Capabilities(authoritative=False)
    observation = kind(Combined([first, second]), clock=clock).look_up(QUERY)
    assert (read(observation), observation.registry) == ("registered", "b")
    second.says = NO  # one *no* that counts: too few for a no, and enough against a yes
    assert read(kind(Combined([first, second], strategy="quorum"), clock=clock).look_up(QUERY)) == "registries_disagree"


class _Nonsense(Told):
    """A registry whose flow asks for what is no step: it breaks whoever performs it."""

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """Ask for nonsense."""
        yield "nonsense"  # type: ignore[misc]  # the mistake
        return [Observation(query, NO, NOW, "s", self.id) for query in queries]


@pytest.mark.parametrize(
    ("strategy", "position", "word"),
    [
        ("confirm", 0, "internal"),
        ("confirm", 1, "registered"),
        ("quorum", 0, "registered"),
        ("quorum", 2, "registered"),
    ],
)
def test_one_that_breaks_keeps_its_place(kind: type[LookupClient], strategy: str, position: int, word: str) -> None:
    """Nobody else becomes the first for it, nor does it say anything."""
    clock = FixedClock(NOW)
    registries = members(YES, YES, YES, clock=clock)
    registries[position] = _Nonsense(clock, id="broken")
    assert read(kind(Combined(registries, strategy=strategy), clock=clock).look_up(QUERY)) == word


def test_one_that_breaks_takes_nothing_back(kind: type[LookupClient]) -> None:
    """It is a failure like another: what was known stands in."""
    clock = FixedClock(NOW)
    registries = members(YES, YES, clock=clock)
    cache = Cache()
    kind(Combined(registries, strategy="confirm"), cache=cache, lives=EXACT, clock=clock).look_up(QUERY)
    clock.advance(26 * HOUR)
    registries[1] = _Nonsense(clock, id="b")
    client = kind(Combined(registries, strategy="confirm"), cache=cache, lives=EXACT, clock=clock)
    assert read(client.look_up(QUERY)) == "registered, internal"


def test_all_that_break(kind: type[LookupClient]) -> None:
    """Nobody could say."""
    clock = FixedClock(NOW)
    broken = [_Nonsense(clock, id=name) for name in "ab"]
    assert read(kind(Combined(broken, strategy="quorum"), clock=clock).look_up(QUERY)) == "internal"


# Kinds of query


def test_members_that_cannot_be_asked_a_kind_are_not(kind: type[LookupClient]) -> None:
    """The others are; a batch may have of everything."""
    clock = FixedClock(NOW)
    numbers = Told(clock, id="numbers", by_document=False, by_domain=False)
    everything = Told(clock, id="everything")
    client = kind(Combined([numbers, everything]), clock=clock)
    document, domain = ByDocument(DOCUMENT, "com.sig.wameiji"), ByDomain("api.example.cn")
    observations = client.look_up_many([document, QUERY, domain])
    assert [o.registry for o in observations] == ["everything", "numbers", "everything"]
    assert numbers.asked == [(QUERY,)]
    assert everything.asked == [(document, domain)]
    assert read(client.look_up(document)) == "registered"
    assert numbers.asked == [(QUERY,)]


def test_one_alone_confirms_nothing(kind: type[LookupClient]) -> None:
    """Where only one can be asked, too few can say."""
    clock = FixedClock(NOW)
    registries = [Told(clock, id="a", by_domain=False), Told(clock, id="b")]
    client = kind(Combined(registries, strategy="quorum"), clock=clock)
    assert read(client.look_up(ByDomain("api.example.cn"))) == "configuration"
    assert registries[0].asked == []


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ({"by_document": True}, {"by_domain": True}, {"by_document": True, "by_domain": True}),
        ({"by_number": False, "by_domain": True}, {}, {"by_domain": True}),
        ({"cacheable": False}, {}, {"cacheable": False}),
        ({"quick": True}, {}, {}),
        ({"quick": True}, {"quick": True}, {"quick": True, "batches": True}),
        ({"quick": True}, {"batches": True}, {"batches": True}),
        (
            {"authoritative": True, "scope": ONE},
            {},
            {"authoritative": True, "scope": ONE},
        ),
        (
            {"authoritative": True, "scope": ONE},
            {"authoritative": True, "scope": ANOTHER},
            {"authoritative": True, "scope": BOTH},
        ),
        (
            {"scope": ONE},
            {"scope": ANOTHER},
            {"scope": BOTH},
        ),
    ],
)
def test_what_they_can_do_together(one: dict[str, object], other: dict[str, object], both: dict[str, object]) -> None:
    """Asked what any can be asked; kept and quick only if all are; saying no where those do that may."""
    registries = members(YES, YES)
    for registry, able in zip(registries, (one, other), strict=True):
        registry.capabilities = Capabilities(**able)  # type: ignore[arg-type]  # by name
    assert Combined(registries).capabilities == Capabilities(**both)  # type: ignore[arg-type]  # by name


def test_registries_of_this_machine_are_asked_in_place(kind: type[LookupClient]) -> None:
    """Without cache and threads."""
    client = kind(Combined([memory(id="a"), memory(id="b")], strategy="confirm"), clock=FixedClock(NOW))
    assert client.ahead(2.0) == 1
    assert read(client.look_up(QUERY)) == "registered"
    assert [read(o) for o in client.look_up_many([QUERY, by(MISSING)])] == ["registered", "no"]
    assert client.cache.statistics.entries == client.cache.statistics.misses == 0


def test_one_that_may_not_be_kept_keeps_all_from_it(kind: type[LookupClient]) -> None:
    """Whoever answered."""
    clock = FixedClock(NOW)
    registries = [Told(clock, id="a"), Told(clock, id="b", cacheable=False)]
    client = kind(Combined(registries), clock=clock)
    client.look_up(QUERY)
    client.look_up(QUERY)
    assert asked(registries) == [2, 0]


SECRET = "what the processes have in common"  # noqa: S105 -- a test's


@pytest.mark.parametrize("secret", [None, SECRET], ids=["open", "sealed"])
def test_what_one_process_asked_another_knows(kind: type[LookupClient], tmp_path: Path, secret: str | None) -> None:
    """Through the second level: under the name of all of them, with the name of the one that answered."""
    observations = []
    registries = members(DOWN, DOWN, YES)
    for each in registries:
        each.clock = FixedClock(START)
    for _ in range(2):
        cache = Cache(level=f"sqlite:{tmp_path}/cache.db", secret=secret)
        several = Combined([registries[0], Combined(registries[1:])])
        with cache, kind(several, cache=cache, clock=FixedClock(START)) as client:
            observations.append(client.look_up(QUERY))
    assert asked(registries) == [1, 1, 1]
    assert observations[0] == observations[1]
    assert observations[0].registry == "c"


@pytest.mark.parametrize("secret", [None, SECRET], ids=["open", "sealed"])
def test_what_one_alone_says_confirms_nothing(kind: type[LookupClient], tmp_path: Path, secret: str | None) -> None:
    """What a member alone was asked is not what all of them were asked: nor does copying it make it that."""
    path = tmp_path / "cache.db"
    registries = members(YES, DOWN)
    for each in registries:
        each.clock = FixedClock(START)
    several = Combined(registries, strategy="confirm")
    for registry in (registries[0], several):
        cache = Cache(level=f"sqlite:{path}", secret=secret)
        with cache, kind(registry, cache=cache, clock=FixedClock(START)) as client:
            observation = client.look_up(QUERY)
        with closing(sqlite3.connect(path)) as connection, connection:
            [(key,)] = connection.execute("SELECT key FROM entry").fetchall()
            copied = key.replace(b"a|", several.id.encode() + b"|", 1)
            connection.execute("UPDATE entry SET key = ?", (copied,))
    assert read(observation) == "upstream_error"


def test_combined_in_turn_of_combined(kind: type[LookupClient]) -> None:
    """A member may itself be several; a disagreement inside it is for nobody but a person to settle."""
    clock = FixedClock(NOW)
    inner = Combined(members(YES, CANCELLED, clock=clock), strategy="confirm", id="inner")
    outer = Told(clock, id="outer")
    observation = kind(Combined([inner, outer]), clock=clock).look_up(QUERY)
    assert (read(observation), observation.registry) == ("registries_disagree", "inner")


def test_a_document_found_several_times(kind: type[LookupClient]) -> None:
    """Records are compared as a set, and named together."""
    clock = FixedClock(NOW)
    rows = [registered(), registered(registration_number="蜀ICP备2021014694号-11A", blacklisted=True)]
    document = ByDocument(DOCUMENT, "com.sig.wameiji")
    there, back = (memory(*order, id=name) for name, order in (("there", rows), ("back", rows[::-1])))
    client = kind(Combined([there, back], strategy="confirm"), clock=clock)
    answer = client.look_up(document).answer
    assert isinstance(answer, Found)
    assert len(answer.records) == 2
    client = kind(Combined([there, memory(id="one")], strategy="confirm"), clock=clock)
    assert client.look_up(document).answer == Unavailable(
        Why.REGISTRIES_DISAGREE, "there says blacklisted, registered; one says registered"
    )


# Making and closing


def test_its_name() -> None:
    """Says how they are combined, unless it is given one."""
    assert Combined(members(YES, YES)).id == "in_turn (a | b)"
    assert Combined(members(YES, YES, YES), strategy=Strategy.QUORUM, quorum=3).id == "quorum 3 (a | b | c)"
    assert Combined(members(YES, YES), id="both").id == "both"


@pytest.mark.parametrize(
    ("count", "options", "message"),
    [
        (0, {}, "0 registries"),
        (1, {}, "1 registries"),
        (2, {"strategy": "quorums"}, "did you mean quorum"),
        (2, {"strategy": "x"}, "is no strategy"),
        (2, {"strategy": None}, "is no strategy"),
        (2, {"strategy": "quorum", "quorum": 1}, "quorum is"),
        (2, {"strategy": "quorum", "quorum": 3}, "quorum is"),
        (3, {"strategy": "quorum", "quorum": True}, "quorum is"),
        (3, {"strategy": "quorum", "quorum": 2.0}, "quorum is"),
        (2, {"limits": [None]}, "1 limits for 2"),
        (2, {"limits": [None] * 3}, "3 limits for 2"),
    ],
)
def test_what_cannot_be_combined(count: int, options: dict[str, object], message: str) -> None:
    """Refused at construction."""
    with pytest.raises(ConfigurationError, match=message):
        Combined(members(*[YES] * count), **options)  # type: ignore[arg-type]  # the mistake


def test_the_same_one_twice() -> None:
    """It would confirm itself."""
    registry = memory(id="a")
    for other in (registry, memory(id="a")):
        with pytest.raises(ConfigurationError, match="a registry twice"):
            Combined([registry, other])


@pytest.mark.parametrize("other", [None, "https://example.cn", object()])
def test_what_is_no_registry(other: object) -> None:
    """Refused, as a client would refuse it."""
    with pytest.raises(ConfigurationError, match="is not a registry"):
        Combined([memory(), other])  # type: ignore[list-item]  # the mistake


def test_a_quorum_is_for_a_quorum() -> None:
    """Elsewhere it has no effect."""
    assert Combined(members(YES, YES), quorum=9).quorum == 2


def test_closing(kind: type[LookupClient]) -> None:
    """Every member is closed, also after one that fails to; those without anything to close are left alone."""
    clock = FixedClock(NOW)

    class Failing(Told):
        def close(self) -> None:
            super().close()
            raise OSError

    class Endless:
        id = "endless"
        capabilities = Capabilities()

        def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
            yield Now()
            return [Observation(query, NOT_LISTED, NOW, "s", "endless") for query in queries]

    first, last = Failing(clock, id="a"), Told(clock, id="b")
    first.says = DOWN
    with kind(Combined([first, Endless(), last]), clock=clock) as client:
        assert read(client.look_up(QUERY)) == "registered"
    assert (first.closed, last.closed) == (1, 1)


def test_the_kinds_that_are_answered_by_members_of_this_machine(kind: type[LookupClient]) -> None:
    """A local list before a remote registry: what the list has is never asked for."""
    clock = FixedClock(NOW)
    local = MemoryRegistry([], id="local", authoritative=False, observed_at=NOW - timedelta(days=1), source="s")
    remote = Told(clock, id="remote")
    client = kind(Combined([memory(id="list", authoritative=False), local, remote]), clock=clock)
    assert client.ahead(2.0) > 1
    assert client.can_ask(ByNumber)
    assert [read(client.look_up(query)) for query in (QUERY, by(OTHER))] == ["registered"] * 2
    assert remote.asked == [(by(OTHER),)]
