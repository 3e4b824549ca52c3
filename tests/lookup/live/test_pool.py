"""The connections of one process, with a driver that counts."""

from __future__ import annotations

import threading

import pytest

from icpgate.errors import RegistryStoreError
from icpgate.lookup.live import pool as module
from icpgate.lookup.live.pool import Pool


class Counting:
    """A driver whose connections are numbers."""

    def __init__(self) -> None:
        """Nothing is open."""
        self.made = 0
        self.open: set[int] = set()
        self.lost: set[int] = set()

    def connect(self) -> int:
        """See `Driver.connect`."""
        self.made += 1
        self.open.add(self.made)
        return self.made

    def is_lost(self, connection: int) -> bool:
        """See `Driver.is_lost`."""
        return connection in self.lost

    def disconnect(self, connection: int) -> None:
        """See `Driver.disconnect`."""
        self.open.discard(connection)


def begun(connection: int) -> None:
    """Begin nothing."""
    assert connection


@pytest.fixture
def driver() -> Counting:
    """One of them."""
    return Counting()


@pytest.fixture
def pool(driver: Counting) -> Pool[int]:
    """Two connections at once."""
    return Pool("a database", driver, at_once=2)


def test_the_same_is_lent_again(pool: Pool[int], driver: Counting) -> None:
    """And another while it is in use."""
    with pool.lent(begun) as first, pool.lent(begun) as second:
        assert (first, second) == (1, 2)
    with pool.lent(begun) as again:
        assert again in {1, 2}
    assert driver.made == 2


def test_one_that_was_lost_is_replaced_before_anything_is_done_in_it(pool: Pool[int], driver: Counting) -> None:
    """All that were idle meanwhile, if need be."""
    with pool.lent(begun), pool.lent(begun):
        pass
    driver.lost = {1, 2}

    def begin(connection: int) -> None:
        if connection in driver.lost:
            raise ConnectionError

    with pool.lent(begin) as connection:
        assert connection == 3
    assert driver.open == {3}


def test_what_cannot_begin_is_not_tried_with_all_of_them(pool: Pool[int], driver: Counting) -> None:
    """It is not the connection's fault."""
    with pool.lent(begun), pool.lent(begun):
        pass
    tried = []

    def begin(connection: int) -> None:
        tried.append(connection)
        raise LookupError

    for _ in range(3):
        with pytest.raises(LookupError), pool.lent(begin):
            pass
    assert len(tried) == 3
    assert driver.open == set()


def test_one_that_comes_back_broken_is_closed(pool: Pool[int], driver: Counting) -> None:
    """Nobody else is lent it."""
    with pool.lent(begun) as connection:
        driver.lost = {connection}
    assert driver.open == set()


def test_what_is_forgotten_is_not_lent_again(pool: Pool[int], driver: Counting) -> None:
    """Neither the idle ones nor those in use."""
    with pool.lent(begun) as first:
        pool.forget()
        assert driver.open == {first}
    assert driver.open == set()
    with pool.lent(begun) as second:
        assert second != first


def test_more_than_there_are_wait_their_turn(pool: Pool[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """And not for ever."""
    with pool.lent(begun), pool.lent(begun):
        with monkeypatch.context() as patched:
            patched.setattr(module, "TURN_SECONDS", 0.01)
            with pytest.raises(RegistryStoreError, match="all 2 connections are in use"), pool.lent(begun):
                pass
        lent = []

        def take() -> None:
            with pool.lent(begun) as connection:
                lent.append(connection)

        waiting = threading.Thread(target=take)
        waiting.start()
    waiting.join()
    assert lent in ([1], [2])


def test_a_child_leaves_its_parents_alone(pool: Pool[int], driver: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    """It neither uses nor closes them, not even one that was in use at the fork."""
    with pool.lent(begun), pool.lent(begun):
        pass
    with pool.lent(begun) as held:
        pool.renew_after_fork()
        monkeypatch.setattr("os.getpid", lambda: -1)
    assert driver.open == {1, 2}
    with pool.lent(begun) as own:
        assert own == 3 != held


def test_a_closed_one_lends_nothing(pool: Pool[int], driver: Counting) -> None:
    """What is in use is closed when it comes back."""
    with pool.lent(begun):
        pool.close()
        pool.close()
        assert driver.open == {1}
    assert driver.open == set()
    with pytest.raises(RegistryStoreError, match="it was closed"), pool.lent(begun):
        pass
