"""
From a name to addresses, with an end to the waiting.

- `getaddrinfo` cannot be interrupted and may take many seconds. It runs on daemon threads, of which
  a process has at most four however many names hang; who finds all of them busy waits its turn.
- One question for each name, however many wait for the answer.
- A name that leads to a link-local or multicast address leads nowhere: no registry stands there, but
  the metadata service of a cloud does.
"""

from __future__ import annotations

import socket
from collections import deque
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address, ip_address
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from icpgate.lookup.forks import remember

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_THREADS", "Address", "Addresses", "Resolver", "literal"]

Address: TypeAlias = "tuple[str, int] | tuple[str, int, int, int]"
Addresses: TypeAlias = "tuple[tuple[socket.AddressFamily, Address], ...]"

MAX_THREADS: Final = 4
"""Names that a process has resolved at once. A program knows a handful of registries, and the answers are quick."""


def literal(host: str, port: int) -> Addresses:
    """The addresses of a host that is an address already; none for a name."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        return ((family, (host, port)),)
    return ()


class _Desk:
    """The threads of a process that resolve, and the work that waits for one of them."""

    def __init__(self) -> None:
        self.renew_after_fork()
        remember(self)

    def renew_after_fork(self) -> None:
        """A fork carries no threads over."""
        self._lock = Lock()
        self._busy = 0
        self._waiting: deque[Callable[[], None]] = deque()

    def give(self, work: Callable[[], None]) -> None:
        """Have it done as soon as a thread is free. Raises `RuntimeError` when none can be started."""
        with self._lock:
            if self._busy >= MAX_THREADS:
                self._waiting.append(work)
                return
            self._busy += 1
        try:
            Thread(target=self._run, args=(work, self._lock), name="icpgate-resolver", daemon=True).start()
        except RuntimeError:
            with self._lock:
                self._busy -= 1
            raise

    def _run(self, work: Callable[[], None], lock: Lock) -> None:
        while True:
            work()
            with lock:
                if not self._waiting:
                    self._busy -= 1
                    return
                work = self._waiting.popleft()


_DESK: Final = _Desk()


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

        It is `running` once a thread has begun with it. It ends with whatever `getaddrinfo` raises, or
        `RuntimeError` when no thread can be started.
        """
        key = (host, port)
        with self._lock:
            future = self._under_way.get(key)
            if future is not None:
                return future
            future = self._under_way[key] = Future()
        try:
            _DESK.give(lambda: self._work(key, future))
        except RuntimeError as error:
            self._end(key)
            future.set_exception(error)
        return future

    def _work(self, key: tuple[str, int], future: Future[Addresses]) -> None:
        future.set_running_or_notify_cancel()
        try:
            found = socket.getaddrinfo(*key, type=socket.SOCK_STREAM)
            # Of its address types, those that a stream to a name has.
            addresses = tuple((family, cast("Address", address)) for family, _, _, _, address in found)
            usable = tuple(each for each in addresses if _may_be_a_registry(each[1][0]))
        except Exception as error:  # noqa: BLE001 -- it is told to whoever waits
            self._end(key)
            future.set_exception(error)
        else:
            self._end(key)
            future.set_result(usable)

    def _end(self, key: tuple[str, int]) -> None:
        with self._lock:
            del self._under_way[key]


def _may_be_a_registry(text: str) -> bool:
    address: IPv4Address | IPv6Address = ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return not (address.is_link_local or address.is_multicast or address.is_unspecified)
