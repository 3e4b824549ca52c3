"""The door of a bureau: one call until it is known who we are, and none while it sends everybody away."""

from __future__ import annotations

import threading
import time

import pytest

from icpgate.answer import Answer, NotRegistered, Unavailable, Why
from icpgate.lookup.enterprise.door import PATIENCE, Door, Turn
from icpgate.lookup.steps import Now, ReadLocally, Reply, Send
from icpgate.testing.enterprise import EnterpriseServer
from tests.cases import NOW
from tests.lookup.enterprise.bureau import BY_APP, BY_DOMAIN, registry_of

WRONG = Unavailable(Why.UNAUTHORISED, "wrong", 3_600.0)


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        (NotRegistered("all"), True),
        (Unavailable(Why.NOT_LISTED), True),
        (Unavailable(Why.NOT_COVERED), True),
        (Unavailable(Why.TIMEOUT), False),
        (Unavailable(Why.MALFORMED), False),
        (None, False),
    ],
    ids=str,
)
def test_who_is_known(answer: Answer | None, known: bool) -> None:  # noqa: FBT001 -- the expectation
    """An answer under code 0 shows that the password is right; anything else shows nothing."""
    door = Door()
    assert [door.enter(0.0), door.enter(0.0)] == [Turn.CALL, Turn.WAIT]
    door.leave(answer, 1.0)
    assert [door.enter(1.0), door.enter(1.0)] == [Turn.CALL, Turn.CALL if known else Turn.WAIT]


@pytest.mark.parametrize("why", [Why.UNAUTHORISED, Why.MAINTENANCE, Why.RATE_LIMITED])
def test_sent_away(why: Why) -> None:
    """For as long as it asks, with the same answer; then one tries again."""
    door = Door()
    door.enter(0.0)
    door.leave(Unavailable(why, "x", 60.0), 10.0)
    refusal = door.enter(40.0)
    assert refusal == Unavailable(why, "x")
    assert isinstance(refusal, Unavailable)
    assert refusal.retry_after == 30.0
    assert [door.enter(70.0), door.enter(70.0)] == [Turn.CALL, Turn.WAIT]


def test_sent_away_without_a_time() -> None:
    """The next may call."""
    door = Door()
    door.leave(Unavailable(Why.MAINTENANCE), 0.0)
    assert door.enter(0.0) is Turn.CALL


def test_a_password_that_was_changed() -> None:
    """Who was known is so no more; maintenance says nothing about that."""
    door = Door()
    door.leave(NotRegistered("all"), 0.0)
    door.leave(Unavailable(Why.MAINTENANCE, "", 60.0), 0.0)
    assert [door.enter(60.0), door.enter(60.0)] == [Turn.CALL, Turn.CALL]
    door.leave(WRONG, 60.0)
    assert [door.enter(3_660.0), door.enter(3_660.0)] == [Turn.CALL, Turn.WAIT]


def test_waiting_ends_when_the_first_is_answered() -> None:
    """At once; and by itself, if nobody answers."""
    door = Door()
    door.enter(0.0)
    began = time.monotonic()
    door.wait()
    assert 0.2 < time.monotonic() - began < 5
    waiting = threading.Thread(target=door.wait)
    waiting.start()
    door.leave(NotRegistered("all"), 0.0)
    waiting.join(5)
    assert not waiting.is_alive()
    door.wait()  # nobody tries: there is nothing to wait for


def test_after_a_fork() -> None:
    """The parent's call is nothing that the child waits for."""
    door = Door()
    door.enter(0.0)
    door.renew_after_fork()
    assert door.enter(0.0) is Turn.CALL


def test_a_caller_who_leaves_lets_the_next_one_try() -> None:
    """A flow that is given up in the middle of its call."""
    with EnterpriseServer() as server:
        registry = registry_of(server)
    flow = registry.ask_one(BY_APP)
    assert isinstance(next(flow), Now)
    assert isinstance(flow.send(Reply(NOW, 0.0)), ReadLocally)
    assert isinstance(flow.send(Reply(NOW, 0.0, "a" * 20)), Send)
    other = registry.ask_one(BY_DOMAIN)
    next(other)
    step = other.send(Reply(NOW, 0.0))
    assert isinstance(step, ReadLocally)
    assert not step.quick
    flow.close()
    drawing = other.send(Reply(NOW, 0.0))
    assert isinstance(drawing, ReadLocally)
    assert drawing.quick
    other.close()


def test_waiting_has_an_end() -> None:
    """Whatever the first call does."""
    with EnterpriseServer() as server:
        registry = registry_of(server)
    first, other = registry.ask_one(BY_APP), registry.ask_one(BY_DOMAIN)
    next(first)
    first.send(Reply(NOW, 0.0))
    next(other)
    with pytest.raises(StopIteration) as ended:  # noqa: PT012 -- the same step again and again
        for _ in range(PATIENCE + 1):
            assert isinstance(other.send(Reply(NOW, 0.0)), ReadLocally)
    assert ended.value.value.answer == Unavailable(Why.TIMEOUT, "the first call goes on")
    first.close()
