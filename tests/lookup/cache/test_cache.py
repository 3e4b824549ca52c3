"""The cache as its user makes, shares, empties, reads and closes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from icpgate.errors import ConfigurationError, IcpGateError, InvalidNumber
from icpgate.lookup import Cache, LookupClient
from icpgate.lookup.cache.entry import Entry, is_of_the_past, key_of
from icpgate.lookup.cache.sqlite import SqliteLevel
from icpgate.lookup.singleflight import Flights
from icpgate.lookup.steps import Drop
from icpgate.testing import FixedClock
from tests.cases import NUMBER, found, registered
from tests.lookup.files import OTHER, by
from tests.lookup.told import START, Told

if TYPE_CHECKING:
    from pathlib import Path

    from icpgate.lookup.steps import LevelStep


class Level:
    """A second level that writes down what it is told."""

    name = "told"

    def __init__(self, dropped: int | None = 0) -> None:
        """It says that it dropped so many."""
        self.dropped = dropped
        self.steps: list[LevelStep] = []
        self.closed = 0

    def perform(self, step: LevelStep) -> object:
        """See `Level.perform`."""
        self.steps.append(step)
        return self.dropped

    def for_loop(self) -> None:
        """See `Level.for_loop`."""

    def close(self) -> None:
        """See `Level.close`."""
        self.closed += 1


@pytest.mark.parametrize("name", ["max_entries", "max_bytes"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "many", True, None], ids=str)
def test_bounds_that_are_none(name: str, value: object) -> None:
    """A cache without room, or without an end, is refused."""
    with pytest.raises(ConfigurationError, match=f"{name} is"):
        Cache(**{name: value})  # type: ignore[arg-type]  # the mistake


def test_the_bounds_hold() -> None:
    """Also for a client that asks for more."""
    clock = FixedClock(START)
    cache = Cache(max_entries=2)
    client = LookupClient(Told(clock), cache=cache, clock=clock)
    client.look_up_many([by(f"蜀ICP备2021014694号-{service}A") for service in range(1, 6)])
    statistics = cache.statistics
    assert (statistics.entries, statistics.evictions, statistics.misses) == (2, 3, 5)


@pytest.mark.parametrize("secret", ["", "fifteen bytes !", b"short", 5, ["a list that is long enough"] * 20])
def test_secrets_that_are_none(secret: object) -> None:
    """Too short, or no text; the message does not tell it."""
    with pytest.raises(ConfigurationError) as caught:
        Cache(secret=secret)  # type: ignore[arg-type]  # the mistake
    assert "fifteen" not in str(caught.value)


@pytest.mark.parametrize("secret", ["sixteen bytes !!", b"sixteen bytes !!", "密" * 6])
def test_secrets(secret: str | bytes) -> None:
    """A text is its bytes in UTF-8; it keys the hashes too."""
    cache = Cache(secret=secret)
    assert cache.secret == cache.key_secret == (secret.encode() if isinstance(secret, str) else secret)


def test_without_a_secret_each_has_a_key_of_its_own() -> None:
    """Nobody else can tell whose document it was."""
    one, other = Cache(), Cache()
    assert one.secret is None
    assert one.key_secret != other.key_secret
    assert len(one.key_secret) == 32


@pytest.mark.parametrize("level", [5, object()], ids=["a number", "an object"])
def test_levels_that_are_none(level: object) -> None:
    """Refused."""
    with pytest.raises(ConfigurationError, match="second level"):
        Cache(level=level)  # type: ignore[arg-type]  # the mistake


@pytest.mark.parametrize("url", ["", "cache.db", "http://localhost", "sqlite:"])
def test_urls_of_no_level(url: str) -> None:
    """Refused at construction."""
    with pytest.raises(ConfigurationError):
        Cache(level=url)


def test_what_a_client_may_be_given(tmp_path: Path) -> None:
    """A cache is taken as it is, a URL is the second level of a new one, nothing is one in the process."""
    cache = Cache()
    assert Cache.of(cache) is cache
    assert Cache.of(None).level is None
    with Cache.of(f"sqlite:{tmp_path / 'cache.db'}") as made:
        assert isinstance(made.level, SqliteLevel)
        assert made.statistics.level == "sqlite:cache.db"


@pytest.mark.parametrize("given", [5, b"sqlite:cache.db", {}, SqliteLevel])
def test_what_a_client_may_not_be_given(given: object) -> None:
    """Not even a level by itself: it would be nobody's to close."""
    with pytest.raises(ConfigurationError, match="cache is"):
        Cache.of(given)  # type: ignore[arg-type]  # the mistake


def test_closing() -> None:
    """Its level is closed with it, as often as one likes; without a level there is nothing to close."""
    level = Level()
    with Cache(level=level) as cache:
        assert level.closed == 0
    cache.close()
    assert level.closed == 2
    Cache().close()


@pytest.mark.parametrize(
    ("what", "step"),
    [
        ({}, Drop()),
        ({"number": " 蜀ICP备2021014694号－10a "}, Drop(number=NUMBER)),
        ({"entity": NUMBER}, Drop(entity="蜀ICP备2021014694号")),
        ({"before": datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC)}, Drop(before=1_000_005)),
        ({"before": datetime(1970, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))}, Drop(before=0)),
        ({"number": NUMBER, "entity": NUMBER}, Drop(number=NUMBER, entity="蜀ICP备2021014694号")),
    ],
)
def test_what_the_level_is_told_to_forget(what: dict[str, object], step: Drop) -> None:
    """Numbers in their one spelling, moments in microseconds; whatever is given in whichever zone."""
    level = Level(dropped=7)
    assert Cache(level=level).invalidate(**what) == 7  # type: ignore[arg-type]  # by name
    assert level.steps == [step]


def test_a_level_that_is_gone_forgets_nothing() -> None:
    """Whoever said to forget is told so; what the process had is gone all the same."""
    cache = Cache(level=Level(dropped=None))
    with pytest.raises(IcpGateError, match="does not answer") as caught:
        cache.invalidate()
    assert caught.value.code == "cache.gone"
    assert cache.memory.epoch > 0


@pytest.mark.parametrize("before", [datetime(2026, 11, 24), "2026-11-24T00:00:00Z", 0])  # noqa: DTZ001 -- the mistake
def test_moments_that_are_none(before: object) -> None:
    """A moment without a zone could be any of a day; nothing is forgotten."""
    cache = Cache()
    with pytest.raises(ConfigurationError, match="before is"):
        cache.invalidate(before=before)  # type: ignore[arg-type]  # the mistake
    assert cache.memory.epoch == 0


@pytest.mark.parametrize("name", ["number", "entity"])
@pytest.mark.parametrize("text", ["", "nonsense", "*"])
def test_what_is_no_number_forgets_nothing(name: str, text: str) -> None:
    """Least of all everything."""
    level = Level()
    with pytest.raises(InvalidNumber):
        Cache(level=level).invalidate(**{name: text})  # type: ignore[arg-type]  # the mistake
    assert level.steps == []


def test_a_new_cache() -> None:
    """Holds nothing and did nothing."""
    statistics = Cache().statistics
    assert (statistics.entries, statistics.bytes, statistics.hits, statistics.misses, statistics.stale) == (0,) * 5
    assert (statistics.evictions, statistics.refused, statistics.loading, statistics.level) == (0, 0, 0, "")


def test_two_spellings_have_one_key() -> None:
    """And two registries, or two secrets of a document, have two."""
    assert key_of("r", by(NUMBER), b"") == key_of("r", by(NUMBER.lower()), b"") != key_of("s", by(NUMBER), b"")
    assert key_of("r", by(NUMBER), b"") != key_of("r", by(OTHER), b"")


@pytest.mark.parametrize(
    ("observed", "asked", "is_past"), [(299, 0, True), (0, 300, True), (301, 0, False), (0, 301, False)]
)
def test_what_is_of_the_past(observed: float, asked: float, *, is_past: bool) -> None:
    """Both moments count, give or take what clocks differ by."""
    entry = Entry(found(registered(), seen=START + timedelta(seconds=observed)), START + timedelta(seconds=asked))
    assert is_of_the_past(entry, START) is is_past


def test_flights_after_a_fork() -> None:
    """The parent's loads are not the child's."""
    flights: Flights[str] = Flights()
    flight, is_ours = flights.join("key", now=0.0, ends=10.0)
    assert is_ours
    flights.renew_after_fork()
    assert len(flights) == 0
    assert not flights.is_last("key", flight)


def test_only_the_first_result_of_a_flight_counts() -> None:
    """Whoever loads it again by mistake changes nothing."""
    flights: Flights[str] = Flights()
    flight, _ = flights.join("key", now=0.0, ends=10.0)
    assert flights.is_last("key", flight)
    flights.land("key", flight, "first")
    flights.land("key", flight, "second")
    assert flight.value == "first"
    assert not flights.is_last("key", flight)


def test_a_later_flight_overtakes() -> None:
    """One that is beyond its end is not the last any more once another began, though it still lands."""
    flights: Flights[str] = Flights()
    late, _ = flights.join("key", now=0.0, ends=10.0)
    assert flights.join("key", now=9.9, ends=19.9) == (late, False)
    other, is_ours = flights.join("key", now=10.0, ends=20.0)
    assert is_ours
    assert (flights.is_last("key", late), flights.is_last("key", other)) == (False, True)
    flights.land("key", late, "late")
    assert flights.under_way("key", 10.0)
