"""How a registry is asked with care: what is asked again and when, what is counted, and what the breaker hears of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.answer import Found, NotRegistered, Observation, Unavailable, Why
from icpgate.lookup import Capabilities, drivers
from icpgate.lookup.breaker import FAILURES, OF_THE_SERVICE, PAUSE
from icpgate.lookup.drivers import World, run
from icpgate.lookup.guard import Guard, guarded
from icpgate.lookup.limits import Limits
from icpgate.lookup.loaders import Loaders
from icpgate.lookup.steps import Later, Now, ReadLocally, Request, Response, Send, Sleep, Take, Together, Unanswered
from icpgate.record import RegistrationRecord
from icpgate.testing import FixedClock
from tests.cases import NOW, NUMBER, registered
from tests.lookup.files import MISSING, OTHER, by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from icpgate.answer import Answer, Query
    from icpgate.lookup.steps import Flow, LevelStep

HERE = Found((RegistrationRecord.read(registered()),))
NO = NotRegistered("all")
DOWN = Unavailable(Why.CONNECTION, "reset")
QUERY, OTHERS = by(NUMBER), (by(OTHER), by(MISSING))
ENDS = 1_000.0


class Told:
    """A registry that answers by a script: for each time that it is asked an answer for all, or one for each query."""

    id = "told"
    capabilities = Capabilities()

    def __init__(self, clock: FixedClock, *script: object) -> None:
        """The last entry of the script answers for ever."""
        self._clock = clock
        self._script = script
        self.asked: list[tuple[float, tuple[Query, ...]]] = []

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """Answer as the script says; an exception in it is raised, a function is called."""
        self.asked.append((self._clock.monotonic(), tuple(queries)))
        said = self._script[min(len(self.asked), len(self._script)) - 1]
        yield Now()
        if isinstance(said, Exception):
            raise said
        if callable(said):
            return said(queries)  # type: ignore[no-any-return]  # mistakes are the point
        answers: dict[Query, Any] = said if isinstance(said, dict) else dict.fromkeys(queries, said)
        return [Observation(query, answers[query], self._clock.now(), "test", self.id) for query in queries]

    @property
    def times(self) -> int:
        """How often it was asked."""
        return len(self.asked)


@dataclass
class Line:
    """What sends requests: each takes a while, and fails where it is told to."""

    clock: FixedClock
    takes: float = 0.0
    fails: bool = False
    sent: list[tuple[float, float]] = field(default_factory=list)

    def send(self, request: Request, seconds: float) -> Response:
        """Note when it was sent and how long it may take."""
        assert request.method == "GET"
        self.sent.append((self.clock.monotonic(), seconds))
        self.clock.advance(self.takes)
        if self.fails:
            raise Unanswered(Why.CONNECTION)
        return Response(200, {}, b"")

    def close(self) -> None:
        """Hold nothing."""


class Sharing:
    """A second level that answers each `Take` as it is told."""

    name = "sharing"

    def __init__(self, *values: object) -> None:
        """The last value answers for ever."""
        self._values = values
        self.took: list[Take] = []

    def perform(self, step: LevelStep) -> object:
        """See `Level.perform`."""
        assert isinstance(step, Take)
        self.took.append(step)
        return self._values[min(len(self.took), len(self._values)) - 1]

    def for_loop(self) -> None:
        """See `Level.for_loop`."""

    def close(self) -> None:
        """Hold nothing."""


class Sending:
    """A registry whose flow a test writes."""

    id = "sending"
    capabilities = Capabilities()

    def __init__(self, flow: Callable[[], Flow[object]]) -> None:
        """Every query is answered with what the flow's errors come to."""
        self._flow = flow

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """Run the flow; it returns an answer."""
        answer = yield from self._flow()
        reply = yield Now()
        return [Observation(query, answer, reply.now, "test", self.id) for query in queries]  # type: ignore[arg-type]  # see above


@dataclass
class Scene:
    """A clock, a line, and perhaps a level."""

    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    takes: float = 0.0
    level: Sharing | None = None
    loaders: Loaders | None = None

    def __post_init__(self) -> None:
        """Make the world of them."""
        self.line = Line(self.clock, self.takes)
        self.world = World(self.clock, level=self.level, loaders=self.loaders, http=lambda: self.line)

    def ask(self, guard: Guard, *queries: Query, ends: float = ENDS) -> list[Answer]:
        """What comes of it."""
        asked = queries or (QUERY,)
        observations = run(guard.ask(asked, ends), self.world, ends)
        assert [each.query for each in observations] == list(asked)
        return [each.answer for each in observations]


@pytest.fixture
def scene() -> Scene:
    """A world without a level whose clock does not begin at nothing: moments are not round."""
    scene = Scene()
    scene.clock.advance(12.3)
    return scene


@pytest.fixture
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every draw is the longest."""
    monkeypatch.setattr(drivers.JITTER, "random", lambda: 1.0)


def sends(times: int = 1, **options: Any) -> Callable[[], Flow[object]]:
    """A flow of so many requests in a row: found when all came through, else why the last did not."""

    def flow() -> Flow[object]:
        answer: Answer = HERE
        for _ in range(times):
            reply = yield Send(Request("GET", "https://registry.example/"), **options)
            if isinstance(reply.error, Unanswered):
                answer = Unavailable(reply.error.why, reply.error.detail)
        return answer

    return flow


# --- what is asked again -------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [HERE, NO])
def test_an_answer_is_passed_on(scene: Scene, answer: Answer) -> None:
    """Asked once, for all queries together, in their order."""
    registry = Told(scene.clock, answer)
    assert scene.ask(Guard(registry), QUERY, *OTHERS) == [answer] * 3
    assert registry.asked == [(12.3, (QUERY, *OTHERS))]


@pytest.mark.parametrize("why", Why)
def test_only_what_a_second_attempt_may_mend_is_asked_again(scene: Scene, why: Why) -> None:
    """A connection that broke; nothing else, unless its reader says so, as of a cut body."""
    registry = Told(scene.clock, Unavailable(why), HERE)
    mendable = why is Why.CONNECTION
    assert scene.ask(Guard(registry)) == [HERE if mendable else Unavailable(why)]
    assert registry.times == (2 if mendable else 1)


@pytest.mark.parametrize("why", Why)
def test_what_the_registry_says_to_ask_again_is_asked_again(scene: Scene, why: Why) -> None:
    """Whatever the why; a part of a second does not open the breaker by itself."""
    registry = Told(scene.clock, Unavailable(why, retry_after=0.25), HERE)
    at_once = why in {Why.BLOCKED, Why.UNAUTHORISED, Why.RATE_LIMITED}  # the breaker opens for longer than that
    assert scene.ask(Guard(registry)) == [Unavailable(why) if at_once else HERE]
    assert registry.times == (1 if at_once else 2)


@pytest.mark.parametrize("attempts", [1, 2, 3, 4])
def test_no_more_attempts_than_the_limit(scene: Scene, attempts: int) -> None:
    """The first counts."""
    registry = Told(scene.clock, DOWN)
    assert scene.ask(Guard(registry, Limits(attempts=attempts))) == [DOWN]
    assert registry.times == attempts


@pytest.mark.usefixtures("_no_jitter")
def test_each_wait_may_be_twice_as_long(scene: Scene) -> None:
    """Drawn from nothing to 0.1 × 2ⁿ seconds, and never from more than two."""
    registry = Told(scene.clock, Unavailable(Why.TRUNCATED, retry_after=0.0))
    guard = Guard(registry, Limits(attempts=6))
    scene.ask(guard)
    waits = [later - at for (at, _), (later, _) in zip(registry.asked, registry.asked[1:], strict=False)]
    assert waits == pytest.approx([0.2, 0.4, 0.8, 1.6, 2])


@pytest.mark.usefixtures("_no_jitter")
@pytest.mark.parametrize(("left", "times"), [(0.19, 1), (0.21, 2), (0.59, 2), (0.61, 3)])
def test_only_inside_the_loads_time(scene: Scene, left: float, times: int) -> None:
    """A wait that would end after it is not begun."""
    registry = Told(scene.clock, DOWN)
    assert scene.ask(Guard(registry), ends=12.3 + left) == [DOWN]
    assert registry.times == times
    assert scene.clock.monotonic() < 12.3 + left


def test_retries_come_out_of_a_budget(scene: Scene) -> None:
    """A registry that cuts every answer gets its requests, five retries, and a tenth more."""
    registry = Told(scene.clock, Unavailable(Why.TRUNCATED, retry_after=0.0))
    guard = Guard(registry)
    for _ in range(100):
        scene.ask(guard)
    assert 100 + 5 < registry.times <= 100 + 5 + 10


def test_only_the_failed_queries_of_a_batch_are_asked_again(scene: Scene) -> None:
    """What was answered stays as it was, in its place."""
    first, second, third = QUERY, *OTHERS
    registry = Told(scene.clock, {first: DOWN, second: NO, third: Unavailable(Why.SCHEMA)}, HERE)
    assert scene.ask(Guard(registry), first, second, third) == [HERE, NO, Unavailable(Why.SCHEMA)]
    assert [queries for _, queries in registry.asked] == [(first, second, third), (first,)]


def test_a_query_that_is_asked_twice_is_answered_twice(scene: Scene) -> None:
    """In its places."""
    assert scene.ask(Guard(Told(scene.clock, {QUERY: HERE, OTHERS[0]: NO})), QUERY, OTHERS[0], QUERY) == [
        HERE,
        NO,
        HERE,
    ]


@pytest.mark.parametrize("asked", [1.0, 1.3, 2.7, 60.0])
@pytest.mark.parametrize("began", [0.0, 0.1, 12.3, 98_765.4321])
def test_a_retry_after_that_fits_is_waited_for(asked: float, began: float) -> None:
    """The breaker opens meanwhile, and the same load is its probe: it closes again."""
    scene = Scene()
    scene.clock.advance(began)
    registry = Told(scene.clock, Unavailable(Why.RATE_LIMITED, retry_after=asked), HERE)
    guard = Guard(registry)
    assert scene.ask(guard, ends=began + 100) == [HERE]
    assert registry.times == 2
    assert registry.asked[1][0] - registry.asked[0][0] >= asked - 1e-6
    assert guard.breaker.state(scene.clock.monotonic()) == "closed"


@pytest.mark.parametrize("seconds", [(5.0, 2.0), (2.0, 5.0), (5.0, None), (None, 5.0)])
def test_the_longest_retry_after_of_a_batch_counts(scene: Scene, seconds: tuple[float | None, float | None]) -> None:
    """For this load and for the breaker, whichever of the queries was told so."""
    told = {query: Unavailable(Why.MAINTENANCE, retry_after=each) for query, each in zip(OTHERS, seconds, strict=True)}
    registry = Told(scene.clock, told, HERE)
    guard = Guard(registry)
    flow = _before_sleeping(guard.ask(OTHERS, ENDS), lambda: later.append(guard.breaker.opens_in(17.3)))
    later: list[float] = []
    run(flow, scene.world, ENDS)
    assert later == [0.0]
    assert registry.asked[1][0] == pytest.approx(17.3)
    assert guard.breaker.opens_in(12.3) == 0


@pytest.mark.parametrize("whys", [(Why.BLOCKED, Why.TIMEOUT), (Why.TIMEOUT, Why.BLOCKED)])
def test_the_worst_of_a_batch_counts(scene: Scene, whys: tuple[Why, Why]) -> None:
    """One query was blocked, the other timed out: the registry is not asked again."""
    told = {query: Unavailable(why) for query, why in zip(OTHERS, whys, strict=True)}
    guard = Guard(Told(scene.clock, told))
    scene.ask(guard, *OTHERS)
    assert scene.ask(guard) == [Unavailable(Why.BLOCKED, "breaker open")]


def test_a_retry_after_that_does_not_fit_is_passed_on(scene: Scene) -> None:
    """Nobody waits for it, and nobody asks before it is over."""
    registry = Told(scene.clock, Unavailable(Why.RATE_LIMITED, retry_after=20.0), HERE)
    guard = Guard(registry)
    assert scene.ask(guard, ends=22.3) == [Unavailable(Why.RATE_LIMITED)]
    scene.clock.advance(19.9)
    assert scene.ask(guard) == [Unavailable(Why.RATE_LIMITED, "breaker open")]
    assert registry.times == 1
    scene.clock.advance(0.2)
    assert scene.ask(guard) == [HERE]


def test_after_the_wait_another_may_be_the_probe(scene: Scene) -> None:
    """Then this load asks no more, and tells what it knows."""
    registry = Told(scene.clock, Unavailable(Why.RATE_LIMITED, retry_after=3.0), HERE)
    guard = Guard(registry)
    flow = guard.ask([QUERY], ENDS)
    observations = run(_before_sleeping(flow, lambda: guard.breaker.refuses(20.0)), scene.world, ENDS)
    assert [each.answer for each in observations] == [Unavailable(Why.RATE_LIMITED)]
    assert registry.times == 1


def _before_sleeping(flow: Flow[list[Observation]], act: Callable[[], object]) -> Flow[list[Observation]]:
    """The same flow; somebody else acts while it sleeps."""
    try:
        step = next(flow)
        while True:
            reply = yield step
            if type(step) is Sleep:
                act()
            step = flow.send(reply)
    except StopIteration as end:
        observations: list[Observation] = end.value
        return observations


# --- what the breaker hears ----------------------------------------------------------------------


@pytest.mark.parametrize("why", sorted(OF_THE_SERVICE))
def test_while_the_breaker_is_open_nobody_is_asked(scene: Scene, why: Why) -> None:
    """The answer is the last why, for every query, and at once."""
    registry = Told(scene.clock, Unavailable(why))
    guard = Guard(registry, Limits(attempts=1))
    for _ in range(FAILURES):
        scene.ask(guard)
    asked = registry.times
    assert scene.ask(guard, QUERY, *OTHERS) == [Unavailable(why, "breaker open")] * 3
    assert (registry.times, scene.clock.monotonic()) == (asked, 12.3)


@pytest.mark.parametrize("why", sorted(set(Why) - OF_THE_SERVICE))
def test_what_speaks_of_one_answer_alone_opens_nothing(scene: Scene, why: Why) -> None:
    """The registry answered, though with something of no use."""
    registry = Told(scene.clock, Unavailable(why))
    guard = Guard(registry, Limits(attempts=1))
    for _ in range(2 * FAILURES):
        assert scene.ask(guard) == [Unavailable(why)]
    assert guard.breaker.state(scene.clock.monotonic()) == "closed"


def test_each_attempt_counts_for_the_breaker(scene: Scene) -> None:
    """Five in a row over two loads; the sixth is not made, for it would come while the breaker is open."""
    registry = Told(scene.clock, DOWN)
    guard = Guard(registry)
    assert scene.ask(guard) == scene.ask(guard) == [DOWN]
    assert registry.times == FAILURES
    assert guard.breaker.state(scene.clock.monotonic()) == "open"


def test_a_batch_that_fails_in_part_is_a_success(scene: Scene) -> None:
    """The registry answered somebody."""
    registry = Told(scene.clock, {QUERY: Unavailable(Why.TIMEOUT), OTHERS[0]: NO})
    guard = Guard(registry, Limits(attempts=1))
    for _ in range(2 * FAILURES):
        scene.ask(guard, QUERY, OTHERS[0])
    assert guard.breaker.state(scene.clock.monotonic()) == "closed"
    assert registry.times == 2 * FAILURES


def test_a_batch_that_fails_for_everybody_is_one_failure(scene: Scene) -> None:
    """However many queries it has."""
    guard = Guard(Told(scene.clock, DOWN), Limits(attempts=1))
    for _ in range(FAILURES - 1):
        scene.ask(guard, QUERY, *OTHERS)
    assert guard.breaker.state(scene.clock.monotonic()) == "closed"
    scene.ask(guard, QUERY, *OTHERS)
    assert guard.breaker.state(scene.clock.monotonic()) == "open"


def test_a_load_that_is_left_lets_another_probe(scene: Scene) -> None:
    """Whoever performed it is gone: what it would have found out is not known."""
    guard = Guard(Told(scene.clock, HERE))
    for _ in range(FAILURES):
        guard.breaker.failed(DOWN, 12.3, 0.0)
    scene.clock.advance(PAUSE)
    flow = guard.ask([QUERY], ENDS)
    _until(flow, scene, lambda step: type(step) is Now and not step.draw)
    flow.close()
    assert guard.breaker.state(scene.clock.monotonic()) == "half_open"
    assert scene.ask(guard) == [HERE]


def test_so_does_one_that_became_the_probe_after_its_wait(scene: Scene) -> None:
    """It was let through a second time."""
    registry = Told(scene.clock, Unavailable(Why.RATE_LIMITED, retry_after=3.0), HERE)
    guard = Guard(registry)
    flow = guard.ask([QUERY], ENDS)
    _until(flow, scene, lambda _: registry.times == 2)
    flow.close()
    assert scene.ask(guard) == [HERE]


def _until(flow: Flow[list[Observation]], scene: Scene, ends: Callable[[object], bool]) -> None:
    """Perform a flow's steps until one of them is the last."""

    def steps() -> Iterator[object]:
        step = next(flow)
        while True:
            yield step
            step = flow.send(run(_one(step), scene.world))

    assert any(ends(step) for step in steps())


def _one(step: Any) -> Flow[Any]:
    return (yield step)


# --- registries that break their promise ---------------------------------------------------------


@pytest.mark.parametrize("error", [OSError("/a/secret"), KeyError("secret"), Unanswered(Why.BLOCKED), StopIteration()])
@pytest.mark.parametrize("limits", [Limits(), Limits(per_day=9)])
def test_a_registry_that_raises_could_not_say(scene: Scene, error: Exception, limits: Limits) -> None:
    """Everybody is told the kind of error and nothing of its text; it is asked once."""
    registry = Told(scene.clock, error)
    answers = scene.ask(Guard(registry, limits), QUERY, *OTHERS)
    name = "RuntimeError" if isinstance(error, StopIteration) else type(error).__name__
    assert answers == [Unavailable(Why.INTERNAL, name)] * 3
    assert registry.times == 1


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_registry_that_miscounts_could_not_say(scene: Scene, count: int) -> None:
    """No answer is given to the query that it may not belong to."""
    right = Observation(QUERY, HERE, NOW, "test", "told")
    registry = Told(scene.clock, lambda _: [right] * count)
    answers = scene.ask(Guard(registry), QUERY, *OTHERS)
    assert answers == [Unavailable(Why.MALFORMED, f"{count} answers to 3 queries")] * 3


@pytest.mark.parametrize("garbage", [None, 7])
def test_a_registry_that_returns_no_list_could_not_say(scene: Scene, garbage: object) -> None:
    """Nothing is made of it."""
    assert scene.ask(Guard(Told(scene.clock, lambda _: garbage))) == [Unavailable(Why.INTERNAL, "TypeError")]


@pytest.mark.parametrize("metered", [False, True])
def test_a_registry_that_is_no_flow_could_not_say(scene: Scene, *, metered: bool) -> None:
    """It returned its answers instead of a flow that does."""
    registry = Told(scene.clock)
    registry.ask = lambda _: None  # type: ignore[method-assign, assignment, return-value]  # the point
    assert scene.ask(Guard(registry, Limits(per_day=9 if metered else None))) == [
        Unavailable(Why.INTERNAL, "TypeError")
    ]


@pytest.mark.parametrize(
    "garbage",
    [
        "nonsense",
        None,
        Observation(QUERY, "nonsense", NOW, "test", "told"),  # type: ignore[arg-type]  # the point
        Observation(QUERY, Unavailable("connection"), NOW, "test", "told"),  # type: ignore[arg-type]  # the point
        Observation(QUERY, Unavailable([]), NOW, "test", "told"),  # type: ignore[arg-type]  # the point
    ],
)
def test_garbage_in_place_of_an_observation_is_passed_on(scene: Scene, garbage: object) -> None:
    """Believing is another's business; here it is neither a failure nor asked again."""
    registry = Told(scene.clock, lambda queries: [garbage] * len(queries))
    guard = Guard(registry)
    assert run(guard.ask([QUERY], ENDS), scene.world, ENDS) == [garbage]
    assert registry.times == 1
    assert guard.breaker.state(scene.clock.monotonic()) == "closed"


# --- rate and quota ------------------------------------------------------------------------------


def test_without_limits_nothing_is_counted(scene: Scene) -> None:
    """Requests go as the registry sends them."""
    guard = Guard(Sending(sends(3, seconds=2.0)))
    assert scene.ask(guard) == [HERE]
    assert scene.line.sent == [(12.3, 2.0)] * 3
    assert guard.health.left_today is None


def test_every_request_of_a_flow_is_counted(scene: Scene) -> None:
    """A rate of two a second spreads them, and the day's quota counts them."""
    guard = Guard(Sending(sends(3)), Limits(per_second=2, per_day=5))
    assert scene.ask(guard) == [HERE]
    assert [at for at, _ in scene.line.sent] == pytest.approx([12.3, 12.8, 13.3])
    assert guard.health.left_today == 2


@pytest.mark.parametrize("kind", [Together, Later])
def test_requests_of_flows_inside_a_flow_are_counted(scene: Scene, kind: type) -> None:
    """Also those that run at once, and those that run later, however deep."""

    def inside() -> Flow[object]:
        return (yield Together((sends()(), sends(2)())))

    def flow() -> Flow[object]:
        first = yield Together((inside(), sends()())) if kind is Together else Later(inside())
        yield ReadLocally(lambda: first, quick=True)
        return HERE

    guard = Guard(Sending(flow), Limits(per_day=10))
    assert scene.ask(guard) == [HERE]
    assert len(scene.line.sent) == (4 if kind is Together else 3)
    assert guard.health.left_today == 10 - len(scene.line.sent)


def test_what_flows_inside_a_flow_come_to_is_passed_on(scene: Scene) -> None:
    """Their results in order, and what they raise in its place."""

    def broken() -> Flow[object]:
        yield Now()
        raise OSError

    def flow() -> Flow[object]:
        reply = yield Together((sends()(), broken(), sends()()))
        values = reply.value
        assert isinstance(values, tuple)
        assert (values[0], type(values[1]), values[2]) == (HERE, OSError, HERE)
        return HERE

    assert scene.ask(Guard(Sending(flow), Limits(per_day=10))) == [HERE]


def test_the_days_requests_used_up(scene: Scene) -> None:
    """Nothing more is sent; it says so; the breaker does not hear of it, and it is not asked again."""
    guard = Guard(Sending(sends()), Limits(per_day=2))
    detail = "the day's 2 requests are used up"
    answers = [scene.ask(guard)[0] for _ in range(2 + 2 * FAILURES)]
    assert answers == [HERE, HERE] + [Unavailable(Why.RATE_LIMITED, detail)] * 2 * FAILURES
    assert len(scene.line.sent) == 2
    assert guard.health.left_today == 0
    assert guard.breaker.state(scene.clock.monotonic()) == "closed"
    scene.clock.advance(86_400)
    assert scene.ask(guard, ends=90_000.0) == [HERE]


def test_our_own_rate_limit(scene: Scene) -> None:
    """A request that cannot go before the load's end is not sent, and the breaker does not hear of it."""
    guard = Guard(Sending(sends()), Limits(per_second=0.01))
    assert scene.ask(guard, ends=22.3) == [HERE]
    for _ in range(2 * FAILURES):
        assert scene.ask(guard, ends=22.3) == [Unavailable(Why.RATE_LIMITED, "our own rate limit")]
    assert len(scene.line.sent) == 1
    assert guard.breaker.state(scene.clock.monotonic()) == "closed"


def test_a_rate_leaves_time_for_the_answer(scene: Scene) -> None:
    """Who would wait for more than half of the time is refused at once, instead of sent too late to be answered."""
    guard = Guard(Sending(sends()), Limits(per_second=0.2))
    now = scene.clock.monotonic()
    assert scene.ask(guard, ends=now + 10.0) == [HERE]
    assert scene.ask(guard, ends=now + 9.9) == [Unavailable(Why.RATE_LIMITED, "our own rate limit")]
    assert scene.clock.monotonic() == now
    assert scene.ask(guard, ends=now + 10.1) == [HERE]
    assert scene.clock.monotonic() == pytest.approx(now + 5.0)


def test_a_retry_that_our_own_limits_hold_back_takes_nothing_back(scene: Scene) -> None:
    """What the first attempt came to is told, and not that there was no second one."""

    def flow() -> Flow[object]:
        answer = yield from sends()()
        return Unavailable(Why.UPSTREAM_ERROR, "http 503", 0.0) if answer is HERE else answer

    guard = Guard(Sending(flow), Limits(per_day=1))
    assert scene.ask(guard) == [Unavailable(Why.UPSTREAM_ERROR, "http 503", 0.0)]
    assert len(scene.line.sent) == 1
    assert guard.breaker.state(scene.clock.monotonic()) == "closed"


def test_a_probe_that_our_own_limits_hold_back_gives_up(scene: Scene) -> None:
    """It asked nobody: the next one may probe, and the breaker is as it was."""
    guard = Guard(Sending(sends()), Limits(per_day=1))
    for _ in range(FAILURES):
        guard.breaker.failed(DOWN, 12.3, 0.0)
    guard.health.limiter.take(Take("r", 0.0, 1, "2026-11-24", 1, 1.0, 1.0), 12.3)
    scene.clock.advance(PAUSE)
    assert scene.ask(guard) == [Unavailable(Why.RATE_LIMITED, "the day's 1 requests are used up")]
    assert guard.breaker.state(scene.clock.monotonic()) == "half_open"
    scene.clock.advance(86_400)
    assert scene.ask(guard, ends=90_000.0) == [HERE]
    assert guard.breaker.state(scene.clock.monotonic()) == "closed"


def test_what_runs_later_and_is_held_back_is_no_part_of_the_answer(scene: Scene) -> None:
    """The answer that came closes the breaker, although a request that nobody waits for was not sent."""

    def flow() -> Flow[object]:
        answer = yield from sends()()
        yield Later(sends()())
        return answer

    guard = Guard(Sending(flow), Limits(per_day=1))
    for _ in range(FAILURES):
        guard.breaker.failed(DOWN, 12.3, 0.0)
    scene.clock.advance(PAUSE)
    assert scene.ask(guard) == [HERE]
    assert guard.breaker.state(scene.clock.monotonic()) == "closed"


def test_a_second_level_shares_the_limits() -> None:
    """What it says holds: how long to wait, and what is left of the day."""
    level = Sharing((0.0, 41), (1.5, 40))
    scene = Scene(level=level)
    guard = Guard(Sending(sends(2)), Limits(per_second=100, burst=7, per_day=50))
    assert scene.ask(guard, ends=10.0) == [HERE]
    assert [at for at, _ in scene.line.sent] == [0.0, 1.5]
    assert guard.health.left_today == 40
    assert level.took == [Take("sending", 0.01, 7, "2026-11-24", 50, 57_600.0, 5.0)] * 2


def test_a_second_level_that_has_nothing_left() -> None:
    """Another process used it up."""
    scene = Scene(level=Sharing((-1, 0)))
    guard = Guard(Sending(sends()), Limits(per_day=50))
    assert scene.ask(guard) == [Unavailable(Why.RATE_LIMITED, "the day's 50 requests are used up")]
    assert guard.health.left_today == 0


@pytest.mark.parametrize("value", [None, (), (1,), (0, 1, 2), ("0", 1), [0, 1], "ok", 3])
def test_without_a_second_level_each_process_keeps_to_the_limits(value: object) -> None:
    """Also when what the level says is of no use."""
    scene = Scene(level=Sharing(value))
    guard = Guard(Sending(sends(2)), Limits(per_second=1, per_day=5))
    assert scene.ask(guard) == [HERE]
    assert [at for at, _ in scene.line.sent] == [0.0, 1.0]
    assert guard.health.left_today == 3


def test_a_retry_is_counted_as_well() -> None:
    """Three attempts are three requests."""
    scene = Scene()
    scene.line.fails = True
    guard = Guard(Sending(sends()), Limits(per_day=100))
    assert scene.ask(guard) == [Unavailable(Why.CONNECTION)]
    assert (len(scene.line.sent), guard.health.left_today) == (3, 97)


def test_requests_that_run_later_are_counted_when_they_run() -> None:
    """On a thread of their own."""
    scene = Scene(loaders=Loaders())
    guard = Guard(Sending(lambda: _later_then(HERE)), Limits(per_day=3))
    assert scene.ask(guard) == [HERE]


def _later_then(answer: Answer) -> Flow[object]:
    yield Later(sends()())
    return answer


# --- one of several registries -------------------------------------------------------------------


@pytest.mark.parametrize(("own", "seconds"), [(None, 5.0), (2.0, 2.0), (30.0, 5.0)])
def test_a_members_requests_end_with_its_own_load(own: float | None, seconds: float) -> None:
    """The lookup of all goes on longer; a shorter limit of the registry's own stays."""
    scene = Scene()
    guard = Guard(Sending(sends(seconds=own)), is_member=True)
    assert run(guard.ask([QUERY], 5.0), scene.world, 60.0)[0].answer == HERE
    assert scene.line.sent == [(0.0, seconds)]


def test_a_members_wait_is_part_of_its_time() -> None:
    """What the rate cost is not there for the request."""
    scene = Scene(takes=1.0)
    guard = Guard(Sending(sends(2)), Limits(per_second=0.5), is_member=True)
    assert run(guard.ask([QUERY], 5.0), scene.world, 60.0)[0].answer == HERE
    assert scene.line.sent == [(0.0, 5.0), (2.0, 3.0)]


def test_a_member_whose_time_is_over_sends_nothing() -> None:
    """Each request after the end is a timeout."""
    scene = Scene(takes=6.0)
    guard = Guard(Sending(sends(2)), is_member=True)
    answers = run(guard.ask([QUERY], 5.0), scene.world, 60.0)
    assert [each.answer for each in answers] == [Unavailable(Why.TIMEOUT, "no time left")]
    assert len(scene.line.sent) == 1


def test_a_guard_that_does_not_watch_only_asks(scene: Scene) -> None:
    """No retry, no breaker: the members have guards of their own. What the registry raises it still catches."""
    registry = Told(scene.clock, DOWN)
    guard = Guard(registry, watches=False)
    for _ in range(2 * FAILURES):
        assert scene.ask(guard) == [DOWN]
    assert registry.times == 2 * FAILURES
    assert guard.breaker.state(scene.clock.monotonic()) == "closed"
    assert scene.ask(Guard(Told(scene.clock, OSError()), watches=False)) == [Unavailable(Why.INTERNAL, "OSError")]


def test_a_registry_may_bring_its_guard(scene: Scene) -> None:
    """Then that one is used; something else of that name is not."""
    registry = Told(scene.clock, HERE)
    limits = Limits(attempts=1)
    made = guarded(registry, limits, is_member=True)
    assert (made.registry, made.limits, made._is_member) == (registry, limits, True)
    registry.guard = made  # type: ignore[attr-defined]  # a registry may have more than its protocol says
    assert guarded(registry) is made
    registry.guard = "a guard"  # type: ignore[attr-defined]  # see above
    assert guarded(registry).limits == Limits()
