"""
From a name to addresses, with an end to the waiting.

`getaddrinfo` cannot be interrupted and may take many seconds. It runs on a daemon thread of its
own: one for each name that is being resolved, however many wait for it.
"""

from __future__ import annotations

import socket
from concurrent.futures import Future
from threading import Lock, Thread
from typing import TypeAlias, cast

__all__ = ["Address", "Addresses", "Resolver", "literal"]

Address: TypeAlias = "tuple[str, int] | tuple[str, int, int, int]"
Addresses: TypeAlias = "tuple[tuple[socket.AddressFamily, Address], ...]"


def literal(host: str, port: int) -> Addresses:
    """The addresses of a host that is an address already; none for a name."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        return ((family, (host, port)),)
    return ()


class Resolver:
    """Resolves names. Of one process: a fork carries no threads over."""

    __slots__ = ("_lock", "_under_way")

    def __init__(self) -> None:
        """Start with nothing under way."""
        self._lock = Lock()
        self._under_way: dict[tuple[str, int], Future[Addresses]] = {}

    def resolve(self, host: str, port: int) -> Future[Addresses]:
        """
        The addresses of a name, to come. Several may wait for one result: do not cancel it.

        It ends with whatever `getaddrinfo` raises, or `RuntimeError` when no thread can be started.
        """
        key = (host, port)
        with self._lock:
            future = self._under_way.get(key)
            if future is not None:
                return future
            future = self._under_way[key] = Future()
        try:
            Thread(target=self._work, args=(key, future), name="icpgate-resolver", daemon=True).start()
        except RuntimeError as error:
            self._end(key)
            future.set_exception(error)
        return future

    def _work(self, key: tuple[str, int], future: Future[Addresses]) -> None:
        try:
            found = socket.getaddrinfo(*key, type=socket.SOCK_STREAM)
            # Of its address types, those that a stream to a name has.
            addresses = tuple((family, cast("Address", address)) for family, _, _, _, address in found)
        except Exception as error:  # noqa: BLE001 -- it is told to whoever waits
            self._end(key)
            future.set_exception(error)
        else:
            self._end(key)
            future.set_result(addresses)

    def _end(self, key: tuple[str, int]) -> None:
        with self._lock:
            del self._under_way[key]
