"""How a contract says that a promise is broken: in words, out of threads too, and where assertions are switched off."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["in_threads", "promised"]


def promised(held: object, message: str) -> None:
    """Raise `AssertionError` with the message unless the promise was held."""
    if not held:
        raise AssertionError(message)


def in_threads(count: int, work: Callable[[int], None]) -> None:
    """Do work on so many threads at once, each with its number; raises what the first of them raised."""
    raised: list[BaseException] = []

    def done(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 -- raised by the thread that waits for this one
            raised.append(error)

    threads = [threading.Thread(target=done, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
