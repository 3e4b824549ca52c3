"""The level in Redis or Valkey while everything about it fails; blocking, and on an event loop."""

from __future__ import annotations

import logging
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from icpgate.errors import ConfigurationError
from icpgate.lookup.cache import redis_steps
from icpgate.lookup.cache.encoding import decode, stored
from icpgate.lookup.cache.redis import RedisLevel
from icpgate.lookup.cache.redis_link import Bounded
from icpgate.lookup.steps import Count, Drop, GetMany, Lock, PutMany, StoredEntry, Take, Unlock
from tests.lookup.cache.servers import Impostor, OnLoop, Valkey, started
from tests.lookup.cache.test_encoding import QUERY, entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from icpgate.lookup.steps import LevelStep

SOON = 5.0
"""Seconds. A tenth is promised; what is asserted is that nothing hangs on a busy machine."""

PATIENT = 5.0
TAKE = Take("registry", 1.0, 1, "2026-11-24", 10, 3_600.0, 5.0)


class Used(Protocol):
    """A level, however it is used."""

    def perform(self, step: LevelStep) -> object:
        """See `Level.perform`."""
        ...

    def close(self) -> None:
        """See `Level.close`."""
        ...


class Open(Protocol):
    """Opens a level at a URL."""

    def __call__(self, url: str, **options: float | str) -> Used:
        """Do so."""
        ...


@pytest.fixture(params=["threads", "loop"])
def open_at(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens levels for threads or for a loop, and closes them."""
    levels: list[Used] = []

    def open_one(url: str, **options: float | str) -> Used:
        level = RedisLevel(url, **options)  # type: ignore[arg-type]  # by name
        levels.append(OnLoop(level) if request.param == "loop" else level)
        return levels[-1]

    yield open_one
    for level in levels:
        level.close()


def inner(level: Used) -> RedisLevel:
    """The level itself."""
    return level._level if isinstance(level, OnLoop) else cast("RedisLevel", level)


def kept(key: str = "k", blob: bytes = b"blob", observed: int = 1_000, **other: str) -> StoredEntry:
    """An entry to be kept for a minute."""
    return StoredEntry(key, blob, observed, 60.0, **other)


def get(level: Used, key: str = "k") -> object:
    """What it has; "gone" while it is gone."""
    value = level.perform(GetMany((key,)))
    return value[0] if isinstance(value, tuple) else "gone"


def is_gone(level: Used) -> bool:
    """Whether every step brings what a level that is gone brings."""
    steps: list[LevelStep] = [
        GetMany(("k",)),
        PutMany((kept(),)),
        Lock("k", 1.0),
        Unlock("k", "t"),
        TAKE,
        Drop(),
        Drop(key="k"),
        Count(),
    ]
    return [level.perform(step) for step in steps] == [None, None, "", None, None, None, None, None]


def in_time(work: Callable[[], object], seconds: float = SOON) -> object:
    """What the work brings, soon."""
    begin = time.monotonic()
    value = work()
    assert time.monotonic() - begin < seconds
    return value


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something comes true within a few seconds."""
    end = time.monotonic() + 10
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def raw(blob: bytes = b"blob", key: bytes = b"k", observed: bytes = b"%020d" % 1_000) -> bytes:
    """A value as it stands in the server."""
    return b"\n".join((b"i1" + observed, key, b"", b"", blob))


def test_frozen(open_at: Open) -> None:
    """It costs one exchange, once; then nothing, until it is back (F75)."""
    with started() as server:
        level = open_at(server.url, pause=0.2)
        level.perform(PutMany((kept(),)))
        assert get(level) == b"blob"
        with server.frozen():
            assert in_time(lambda: get(level)) == "gone"
            assert inner(level).failures == 1
            assert in_time(lambda: [is_gone(level) for _ in range(10)]) == [True] * 10
        assert eventually(lambda: get(level) == b"blob")


def test_frozen_while_many_ask(open_at: Open) -> None:
    """All of them leave together, and it counts as one failure."""
    with started() as server:
        level = open_at(server.url, pause=30)
        get(level)
        with server.frozen():
            threads = [threading.Thread(target=get, args=(level,)) for _ in range(64)]
            begin = time.monotonic()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert time.monotonic() - begin < 2 * SOON


def test_refused(open_at: Open) -> None:
    """Nobody listens there (F76)."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    level = open_at(f"redis://127.0.0.1:{port}")
    assert in_time(lambda: is_gone(level)) is True
    assert inner(level).failures == 1


def test_killed_and_started_again(open_at: Open) -> None:
    """What was in it is asked for anew; the connections of before are not used again (F76, F86)."""
    with started() as server:
        level = open_at(server.url, pause=0.05)
        level.perform(PutMany((kept(),)))
        server.kill()
        assert in_time(lambda: get(level)) == "gone"
        server.start_again()
        assert eventually(lambda: get(level) is None)
        level.perform(PutMany((kept(),)))
        assert get(level) == b"blob"


def test_restarted_between_two_steps(open_at: Open) -> None:
    """A connection that was hung up meanwhile costs nothing but another one."""
    with started() as server:
        level = open_at(server.url, timeout=PATIENT)
        level.perform(PutMany((kept(),)))
        server.kill()
        server.start_again()
        level.perform(PutMany((kept(),)))
        assert get(level) == b"blob"
        assert inner(level).failures == 0


def test_hung_up_in_the_middle(open_at: Open) -> None:
    """A reply that stops half way is none (F76)."""
    with Impostor(lambda _: [b"$4\r\nbl", b""]) as server:
        level = open_at(server.url)
        assert in_time(lambda: get(level)) == "gone"
    with Impostor(lambda _: None) as server:
        level = open_at(server.url)
        assert in_time(lambda: get(level)) == "gone"


def drip(reply: bytes, seconds: float) -> Iterator[bytes]:
    """One byte at a time."""
    for byte in reply:
        yield bytes([byte])
        time.sleep(seconds)


@pytest.mark.parametrize("seconds", [0.3, 0.02, 0.001])
def test_one_byte_at_a_time(open_at: Open, seconds: float) -> None:
    """However often something comes, the exchange has one end (F77)."""
    with Impostor(lambda _: drip(b"$2000\r\n" + b"x" * 2_000, seconds)) as server:
        level = open_at(server.url)
        assert in_time(lambda: get(level)) == "gone"
        assert in_time(lambda: is_gone(level)) is True


ERRORS = [
    "LOADING Valkey is loading the dataset in memory",
    "MASTERDOWN Link with MASTER is down",
    "NOAUTH Authentication required.",
    "WRONGPASS invalid username-password pair",
    "NOPERM this user has no permissions to run the 'getrange' command",
    "MOVED 3999 127.0.0.1:6381",
    "MOVED nowhere",
    "ASK 3999 127.0.0.1:6381",
    "CLUSTERDOWN Hash slot not served",
    "TRYAGAIN Multiple keys request during rehashing of slot",
    "BUSY Valkey is busy running a script",
    "ERR max number of clients reached",
    "ERR unknown command",
    "京ICP备 secret-token",
    "",
]


@pytest.mark.parametrize("error", ERRORS, ids=[error.partition(" ")[0] or "nothing" for error in ERRORS])
def test_errors(open_at: Open, error: str, caplog: pytest.LogCaptureFixture) -> None:
    """An error is a miss, and nobody asks again at once; one warning says so, in words of ours (F78)."""
    with Impostor(lambda _: f"-{error}\r\n".encode()) as server, caplog.at_level(logging.WARNING):
        level = open_at(server.url)
        assert get(level) == "gone"
        assert is_gone(level)
        assert len(server.commands) == 1
    [warning] = [record for record in caplog.records if record.name.startswith("icpgate")]
    assert vars(warning)["cache"] == inner(level).name
    assert vars(warning)["part"] == "all"
    assert "secret-token" not in str(vars(warning))
    assert set(vars(warning)["cause"]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


@pytest.mark.parametrize("error", ["READONLY You can't write against a read only replica.", "OOM command not allowed",
                                   "MISCONF Valkey is configured to save RDB snapshots", "NOREPLICAS Not enough good"],
                         ids=lambda error: error.partition(" ")[0])  # fmt: skip
def test_a_server_that_does_not_write(open_at: Open, error: str) -> None:
    """It is still read from; nobody writes for a while, and nobody waits for a lock (F78)."""

    def answer(command: list[bytes]) -> bytes:
        value = raw()
        return b"$%d\r\n%b\r\n" % (len(value), value) if command[0] == b"GETRANGE" else f"-{error}\r\n".encode()

    with Impostor(answer) as server:
        level = open_at(server.url)
        level.perform(PutMany((kept(),)))
        assert level.perform(Lock("k", 1.0)) == ""
        assert level.perform(TAKE) is None
        assert get(level) == b"blob"
        assert [command[0] for command in server.commands] == [b"EVAL", b"GETRANGE"]


def test_full(open_at: Open) -> None:
    """A server without memory, and one that has some again (F85)."""
    with started() as server:
        level = open_at(server.url, pause=0.05)
        level.perform(PutMany((kept(),)))
        server.say("CONFIG", "SET", "maxmemory", "1")
        level.perform(PutMany((kept(blob=b"another", observed=2_000),)))
        assert level.perform(Lock("k", 1.0)) == ""
        assert get(level) == b"blob"
        server.say("CONFIG", "SET", "maxmemory", "0")
        assert eventually(lambda: level.perform(Lock("k", 1.0)) not in {"", None})


def test_read_only(open_at: Open) -> None:
    """A replica that is still there when its master is gone."""
    with started() as server:
        level = open_at(server.url)
        level.perform(PutMany((kept(),)))
        server.say("REPLICAOF", "127.0.0.1", "1")
        server.say("CONFIG", "SET", "replica-serve-stale-data", "yes")
        level.perform(PutMany((kept(blob=b"another", observed=2_000),)))
        assert get(level) == b"blob"
        assert level.perform(TAKE) is None


def test_a_failover_that_lost_something(open_at: Open) -> None:
    """What only the old master had is asked for anew; an older observation does not win over that (F88)."""
    with started() as old, started() as new:
        before, after = open_at(old.url), open_at(new.url)
        before.perform(PutMany((kept(blob=b"revoked", observed=2_000),)))
        assert get(after) is None
        after.perform(PutMany((kept(blob=b"revoked", observed=2_000),)))
        after.perform(PutMany((kept(blob=b"registered", observed=1_000),)))
        assert get(after) == b"revoked"


def test_flushed_under_load(open_at: Open, valkey: Valkey) -> None:
    """An empty server is one that has nothing: no failure, no wrong value (F86)."""
    level = open_at(valkey.url, timeout=PATIENT)
    found = set()
    for turn in range(30):
        level.perform(PutMany((kept(),)))
        if turn % 3 == 0:
            valkey.say("FLUSHALL")
        found.add(get(level))
    assert found == {b"blob", None}
    assert inner(level).failures == 0


def test_replies_that_belong_to_another_command(open_at: Open) -> None:
    """A server, or what stands before it, that is off by one: misses, and each time another connection (F79)."""
    waiting: list[bytes] = [raw(key=b"first")]

    def answer(command: list[bytes]) -> bytes:
        waiting.append(raw(key=command[1].removeprefix(b"icpgate:e:")))
        value = waiting.pop(0)
        return b"$%d\r\n%b\r\n" % (len(value), value)

    with Impostor(answer) as server:
        level = open_at(server.url, timeout=PATIENT)
        assert [get(level, key) for key in ("a", "b", "c")] == [None, None, None]
        assert server.connections == 3
        assert inner(level).failures == 0


def test_a_reply_that_nobody_asked_for(open_at: Open) -> None:
    """What arrives behind a reply ends the connection before it is used again (F79)."""

    def answer(command: list[bytes]) -> bytes:
        value, late = raw(key=command[1].removeprefix(b"icpgate:e:")), raw(b"late", b"b")
        return b"$%d\r\n%b\r\n$%d\r\n%b\r\n" % (len(value), value, len(late), late)

    with Impostor(answer) as server:
        level = open_at(server.url, timeout=PATIENT)
        assert get(level, "a") == b"blob"
        time.sleep(0.02)
        assert get(level, "b") == b"blob"
        assert server.connections == 2


ODD = {
    "nothing": b"$-1\r\n",
    "an integer": b":1\r\n",
    "an array": b"*2\r\n$1\r\na\r\n:2\r\n",
    "an empty array": b"*-1\r\n",
    "a word": b"+OK\r\n",
    "nil in RESP3": b"_\r\n",
    "a push message": b">2\r\n$10\r\ninvalidate\r\n*0\r\n",
    "a map": b"%1\r\n+a\r\n:1\r\n",
    "a length that is none": b"$x\r\n",
    "a negative length": b"$-5\r\n",
    "half a gibibyte": b"$536870912\r\n" + b"x" * 200_000,
    "arrays of arrays": b"*1\r\n" * 5_000,
    "HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "nothing at all": b"\r\n",
    "zeros": b"\x00" * 100 + b"\r\n",
}


@pytest.mark.parametrize("reply", ODD.values(), ids=ODD)
def test_odd_replies(open_at: Open, reply: bytes) -> None:
    """Whatever comes in place of a value, nothing of it is one (B108)."""
    with Impostor(lambda _: reply) as server:
        level = open_at(server.url, pause=0.001)
        for _ in range(2):
            assert in_time(lambda: get(level)) in {"gone", None}
            time.sleep(0.01)
        assert in_time(lambda: level.perform(TAKE)) is None
        time.sleep(0.01)
        assert in_time(lambda: level.perform(Drop())) is None
        time.sleep(0.01)
        assert in_time(lambda: level.perform(PutMany((kept(),)))) is None


def test_a_wrong_type_of_everything(open_at: Open) -> None:
    """A server that calls every key one of another type: nothing comes of it, and it is no failure."""
    with Impostor(lambda _: b"-WRONGTYPE Operation against a key\r\n") as server:
        level = open_at(server.url, timeout=PATIENT)
        assert get(level) is None
        assert level.perform(Lock("k", 1.0)) == ""
        assert [level.perform(step) for step in (TAKE, Drop(), Drop(key="k"), Unlock("k", "t"), Count())] == [None] * 5
        assert inner(level).failures == 0


@pytest.mark.parametrize("keys", [b"*0\r\n", b"*1\r\n$11\r\nicpgate:e:k\r\n"], ids=["no keys", "the same key"])
def test_a_search_without_an_end(open_at: Open, keys: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that always has more to look through is left after a while."""
    monkeypatch.setattr(redis_steps, "MAX_SCANS", 5)

    def answer(command: list[bytes]) -> bytes:
        return b"*2\r\n$1\r\n7\r\n" + keys if command[0] == b"SCAN" else b":1\r\n"

    with Impostor(answer) as server:
        assert open_at(server.url, timeout=PATIENT).perform(Drop()) is None


def test_a_search_that_is_refused_half_way(open_at: Open) -> None:
    """What could not be dropped is not counted as if it were."""

    def answer(command: list[bytes]) -> bytes:
        scanned = b"*2\r\n$1\r\n7\r\n*1\r\n$11\r\nicpgate:e:k\r\n"
        return scanned if command[0] == b"SCAN" else b"-WRONGTYPE Operation against a key\r\n"

    with Impostor(answer) as server:
        assert open_at(server.url, timeout=PATIENT).perform(Drop()) is None


HELD = {
    "nothing": b"",
    "null": b"null",
    "another version": b"i2" + raw()[2:],
    "JSON": b'{"version": 99}',
    "gzip": b"\x1f\x8b\x08\x00" + b"\x00" * 40,
    "a pickle": b"\x80\x05K\x01.",
    "blanks": b" " * 1_048_576,
    "cut": raw()[:30],
    "another key": raw(key=b"another"),
    "a moment in words": raw(observed=b"2026-11-24T00:00:00Z"),
    "not UTF-8": b"\xff\xfe" * 20,
    "too large": raw(b"x" * 70_000),
}


@pytest.mark.parametrize("value", HELD.values(), ids=HELD)
def test_values_set_by_hand(open_at: Open, valkey: Valkey, value: bytes) -> None:
    """They are misses, and the next entry takes their place (F81, F82, B106, B107)."""
    level = open_at(valkey.url, timeout=PATIENT)
    valkey.say("SET", "icpgate:e:k", value)
    found = get(level)
    assert found is None or decode(cast("bytes", found), QUERY, "r", secret=None) is None
    level.perform(PutMany((kept(),)))
    assert get(level) == b"blob"
    assert inner(level).failures == 0


def test_half_a_gibibyte_is_not_fetched(open_at: Open, valkey: Valkey) -> None:
    """Only as much is asked for as an entry can have (F81)."""
    level = open_at(valkey.url, timeout=PATIENT)
    valkey.say("SETRANGE", "icpgate:e:k", 32 << 20, b"x")
    before = valkey.say("INFO", "stats")["total_net_output_bytes"]
    assert get(level) is None
    assert valkey.say("INFO", "stats")["total_net_output_bytes"] - before < 200_000
    level.perform(PutMany((kept(),)))
    assert get(level) == b"blob"


@pytest.mark.parametrize(
    "command",
    [("RPUSH", 1), ("SADD", 1), ("HSET", "f", 1), ("ZADD", 1, "m"), ("XADD", "*", "f", 1)],
    ids=lambda command: command[0],
)
def test_a_key_of_another_type(open_at: Open, valkey: Valkey, command: tuple[bytes | str | int, ...]) -> None:
    """Is a miss of that key alone, and is replaced; so it is with a limit (F81)."""
    level = open_at(valkey.url, timeout=PATIENT)
    level.perform(PutMany((kept("right"),)))
    for key in ("icpgate:e:k", "icpgate:t:{registry}:rate", "icpgate:t:{registry}:day:2026-11-24", "icpgate:l:k"):
        valkey.say(command[0], key, *command[1:])
    assert level.perform(GetMany(("k", "right"))) == (None, b"blob")
    level.perform(PutMany((kept(),)))
    assert level.perform(GetMany(("k", "right"))) == (b"blob", b"blob")
    assert level.perform(TAKE) == (0, 9)
    assert level.perform(Lock("k", 1.0))
    level.perform(Unlock("k", "token"))
    assert level.perform(Drop(before=2_000)) == 2
    assert inner(level).failures == 0


def test_a_lock_that_never_ends(open_at: Open, valkey: Valkey) -> None:
    """Is none of ours: nobody waits for it. One that ends is waited for."""
    level = open_at(valkey.url, timeout=PATIENT)
    valkey.say("SET", "icpgate:l:k", "garbage")
    token = level.perform(Lock("k", 60.0))
    assert token
    assert level.perform(Lock("k", 1.0)) is None
    level.perform(Unlock("k", str(token)))
    valkey.say("SET", "icpgate:l:k", "garbage", "PX", 86_400_000)
    assert level.perform(Lock("k", 1.0))
    assert level.perform(Lock("k", 1.0)) is None


@pytest.mark.parametrize("value", ["nan", "-nan", "inf", "-inf", "1e300", "-5", "x", "", "0x10"])
def test_limits_set_by_hand(open_at: Open, valkey: Valkey, value: str) -> None:
    """What is no number that a limit can have is none (B106)."""
    level = open_at(valkey.url, timeout=PATIENT)
    valkey.say("SET", "icpgate:t:{registry}:rate", value)
    wait, _ = cast("tuple[float, int]", level.perform(TAKE))
    assert wait == 0
    valkey.say("SET", "icpgate:t:{registry}:day:2026-11-24", value)
    wait, left = cast("tuple[float, int]", level.perform(TAKE))
    assert wait == -1 or 0 <= left < 10


def test_a_clock_that_was_set_back(open_at: Open, valkey: Valkey) -> None:
    """A rate that is due next year was made by it; an entry that does not leave any more is as old as it was (F84)."""
    level = open_at(valkey.url, timeout=PATIENT)
    valkey.say("SET", "icpgate:t:{registry}:rate", int((time.time() + 365 * 86_400) * 1_000_000))
    assert level.perform(TAKE) == (0, 9)
    mine = entry()
    level.perform(PutMany((stored(mine, "k", 60.0, None),)))
    valkey.say("PERSIST", "icpgate:e:k")
    there = decode(cast("bytes", get(level)), QUERY, "r", secret=None)
    assert there is not None
    assert there.observation.observed_at == mine.observation.observed_at


def test_somebody_elses_keys(open_at: Open, valkey: Valkey) -> None:
    """What does not begin with our prefix is neither read nor dropped, whatever the prefix looks like."""
    ours, theirs = (
        open_at(valkey.url, prefix="a*[b]", timeout=PATIENT),
        open_at(valkey.url, prefix="ab", timeout=PATIENT),
    )
    valkey.say("SET", "session:1", "x")
    ours.perform(PutMany((kept(),)))
    theirs.perform(PutMany((kept(),)))
    assert ours.perform(Drop()) == 1
    assert get(theirs) == b"blob"
    assert valkey.say("GET", "session:1") == b"x"


def test_garbage_under_our_keys_is_dropped_with_everything(open_at: Open, valkey: Valkey) -> None:
    """But not by number, because it is nobody's."""
    level = open_at(valkey.url, timeout=PATIENT)
    valkey.say("SET", "icpgate:e:k", "garbage")
    assert level.perform(Drop(number="N")) == 0
    assert level.perform(Drop(before=5)) == 0
    assert level.perform(Drop()) == 1


def test_many_more_threads_than_connections(open_at: Open, valkey: Valkey) -> None:
    """They wait for one another, and get what they asked for."""
    level = open_at(valkey.url, timeout=PATIENT)
    level.perform(PutMany(tuple(kept(f"k{number}", b"%d" % number) for number in range(100))))
    wrong: list[object] = []

    def work(number: int) -> None:
        wrong.extend(turn for turn in range(5) if get(level, f"k{number}") != b"%d" % number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert int(valkey.say("INFO", "clients")["connected_clients"]) <= 40


class _InterruptedError(BaseException):
    """What a signal raises in a test."""


def test_interrupted_in_the_middle() -> None:
    """A thread that is interrupted while it waits leaves no reply to anybody (F80)."""

    def interrupt(*_: object) -> None:
        raise _InterruptedError

    def answer(command: list[bytes]) -> Iterator[bytes]:
        key = command[1].removeprefix(b"icpgate:e:")
        if key == b"slow":
            os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(0.2)
        value = raw(key, key)
        yield b"$%d\r\n%b\r\n" % (len(value), value)

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with Impostor(answer) as server:
            level = RedisLevel(server.url, timeout=PATIENT)
            with pytest.raises(_InterruptedError):
                get(level, "slow")
            assert get(level, "quick") == b"quick"
            assert server.connections == 2
            level.close()
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_name_that_is_not_resolved(monkeypatch: pytest.MonkeyPatch, open_at: Open) -> None:
    """A resolver that hangs costs no more than a server that does."""
    asked = threading.Event()

    def resolve(*_: object, **__: object) -> object:
        asked.set()
        time.sleep(1.5)
        raise OSError

    level = open_at("redis://cache.example.cn")
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert in_time(lambda: get(level)) == "gone"
    assert asked.is_set()
    assert in_time(lambda: is_gone(level)) is True


def test_who_comes_late_is_hung_up_on() -> None:
    """A connection that is made after nobody waits for it any more is ended."""

    def answer(_: list[bytes]) -> bytes:
        time.sleep(0.12)
        return b"+OK\r\n"

    with Impostor(answer) as server:
        level = RedisLevel(server.url + "/1", timeout=0.1, pause=30)
        assert in_time(lambda: get(level)) == "gone"
        assert eventually(lambda: server.hung_up == 1)
        assert server.commands == [[b"SELECT", b"1"]]
        level.close()


def test_closed_while_a_thread_asks() -> None:
    """Its connection is ended when it comes back."""
    asked = threading.Event()

    def answer(_: list[bytes]) -> bytes:
        asked.set()
        time.sleep(0.1)
        return b"$-1\r\n"

    with Impostor(answer) as server:
        level = RedisLevel(server.url, timeout=PATIENT)
        asking = threading.Thread(target=get, args=(level,))
        asking.start()
        asked.wait(PATIENT)
        level.close()
        asking.join()
        assert eventually(lambda: server.hung_up == 1)


def test_a_password(open_at: Open, caplog: pytest.LogCaptureFixture) -> None:
    """The right one opens; a wrong one is a failure; no name, log or error has either."""
    with started() as server, caplog.at_level(logging.DEBUG):
        server.say("CONFIG", "SET", "requirepass", "open:sesame")
        address = f"127.0.0.1:{server.port}/0"
        right, wrong = (
            open_at(f"redis://:open%3Asesame@{address}", timeout=PATIENT),
            open_at(f"valkey://default:wrong-one@{address}"),
        )
        none = open_at(f"redis://{address}")
        right.perform(PutMany((kept(),)))
        assert get(right) == b"blob"
        assert is_gone(wrong)
        assert is_gone(none)
    shown = " ".join(
        [
            caplog.text,
            *(f"{vars(record)}" for record in caplog.records),
            *(f"{inner(x)!r} {inner(x).name}" for x in (right, wrong)),
        ]
    )
    assert "sesame" not in shown
    assert "wrong-one" not in shown
    assert f"redis:{address}" in shown


def test_a_database_of_its_own(open_at: Open, valkey: Valkey) -> None:
    """One server, two databases."""
    one, two = open_at(valkey.url + "/1", timeout=PATIENT), open_at(valkey.url + "?db=2", timeout=PATIENT)
    one.perform(PutMany((kept(),)))
    assert get(one) == b"blob"
    assert get(two) is None
    assert inner(one).name.endswith("/1")


def test_a_socket_in_the_file_system(open_at: Open, tmp_path: Path) -> None:
    """By its path; its name does not tell the folder."""
    with started(unixsocket=str(tmp_path / "valkey.sock")):
        level = open_at(f"unix://{tmp_path}/valkey.sock?db=3", timeout=PATIENT)
        level.perform(PutMany((kept(),)))
        assert get(level) == b"blob"
        assert inner(level).name == "redis:valkey.sock/3"


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """Of localhost, signed by itself: for clients, and for a server."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    signed = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "ca.pem").write_bytes(signed.public_bytes(Encoding.PEM))
    (tmp_path / "server.pem").write_bytes(private + signed.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    return tmp_path / "ca.pem", context


def test_tls(open_at: Open, certificate: tuple[Path, ssl.SSLContext]) -> None:
    """With a certificate of that host by an authority that is named; with no other."""
    authority, context = certificate
    value = raw()
    with Impostor(lambda _: b"$%d\r\n%b\r\n" % (len(value), value), context) as server:
        trusted = f"?ssl_ca_certs={authority}"
        named = open_at(f"valkeys://localhost:{server.port}{trusted}", timeout=PATIENT)
        assert [get(named), get(named)] == [b"blob", b"blob"]
        assert server.connections == 1
        assert get(open_at(f"rediss://localhost:{server.port}", timeout=PATIENT)) == "gone"
        assert get(open_at(f"rediss://127.0.0.1:{server.port}{trusted}", timeout=PATIENT)) == "gone"
        unproven = open_at(f"rediss://127.0.0.1:{server.port}?ssl_cert_reqs=none", timeout=PATIENT)
        assert get(unproven) == b"blob"


URLS = {
    "redis://": "redis:localhost:6379/0",
    "valkeys://cache.example.cn:6380/7": "redis:cache.example.cn:6380/7",
    "redis://[2001:db8::1]:7000": "redis:[2001:db8::1]:7000/0",
    "rediss://user:secret@cache.example.cn?ssl_cert_reqs=none": "redis:cache.example.cn:6379/0",
    "unix:///run/valkey/valkey.sock": "redis:valkey.sock/0",
}


@pytest.mark.parametrize("url", URLS)
def test_names(url: str) -> None:
    """Say where, and neither who nor with what."""
    level = RedisLevel(url)
    assert level.name == URLS[url]
    level.close()


NO_URLS = {
    "redis:localhost": "begins with one of",
    "http://secret@localhost": "begins with one of",
    "redis://secret@localhost:port": "cannot be read",
    "redis://secret@localhost/name": "database of a cache is a number",
    "redis://secret@localhost?db=name": "cannot be read",
    "redis://localhost?socket_timeout=60": "'socket_timeout' cannot be set",
    "redis://localhost?retry_on_timeout=yes": "cannot be set",
    "rediss://localhost?ssl_cert_req=none": "did you mean ssl_cert_reqs",
    "rediss://secret@localhost?ssl_cert_reqs=maybe": "cannot be used",
    "redis://localhost?ssl_certfile=a.pem": "cannot be used",
    "unix://": "has no path",
}


@pytest.mark.parametrize("url", NO_URLS)
def test_addresses_that_are_none(url: str) -> None:
    """The caller is told at once, without the credentials in it."""
    with pytest.raises(ConfigurationError, match=NO_URLS[url]) as caught:
        RedisLevel(url)
    assert "secret" not in f"{caught.value!r} {caught.value}"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "options", [{"timeout": 0}, {"timeout": 11}, {"pause": 0}, {"prefix": ""}, {"prefix": b"x"}], ids=str
)
def test_options_that_are_none(options: dict[str, object]) -> None:
    """Told at construction."""
    with pytest.raises(ConfigurationError):
        RedisLevel("redis://localhost", **options)  # type: ignore[arg-type]  # mistakes are the point


def test_without_redis_py(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named."""
    monkeypatch.setitem(sys.modules, "redis.connection", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'icpgate\[redis\]'"):
        RedisLevel("redis://localhost")


def test_a_child_has_connections_of_its_own(valkey: Valkey) -> None:
    """After a fork neither reads what is the other's; also when a thread held every lock at that moment."""
    level = RedisLevel(valkey.url, timeout=PATIENT)
    level.perform(PutMany(tuple(kept(f"k{number}", b"%d" % number) for number in range(50))))
    reading, writing = os.pipe()
    child = os.fork()
    if not child:  # pragma: no cover -- what a child does is not measured
        right = all(get(level, f"k{number}") == b"%d" % number for number in range(50))
        os.write(writing, b"y" if right else b"n")
        os._exit(0)
    assert all(get(level, f"k{number}") == b"%d" % number for number in range(50))
    os.waitpid(child, 0)
    assert os.read(reading, 1) == b"y"
    os.close(reading)
    os.close(writing)
    assert get(level, "k1") == b"1"
    assert inner(level).failures == 0
    level.close()


def test_what_is_made_anew_in_a_child(valkey: Valkey) -> None:
    """Connections, places and outages."""
    level = RedisLevel(valkey.url, timeout=PATIENT)
    level.perform(PutMany((kept(),)))
    level._judgement._all.failed(level._judgement._all.admits(), "test")
    assert get(level) == "gone"
    level._judgement._all.renew_after_fork()
    level._links.renew_after_fork()
    assert get(level) == b"blob"
    level.close()
    level._links.renew_after_fork()
    assert get(level) == "gone"


def test_as_hiredis_reads() -> None:
    """Its parser reads into a buffer of its own."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        bounded = Bounded(ours, PATIENT)
        theirs.sendall(b"reply")
        buffer = bytearray(3)
        assert bounded.recv_into(buffer) == 3
        assert bytes(buffer) == b"rep"
        bounded.begin(PATIENT, 2)
        assert bounded.recv(5) == b"ly"
        with pytest.raises(TimeoutError):
            bounded.recv(5)


def test_a_child_of_a_parent_in_an_outage() -> None:
    """It tries for itself."""
    with started() as server:
        level = RedisLevel(server.url, pause=30)
        with server.frozen():
            get(level)
        assert get(level) == "gone"
        child = os.fork()
        if not child:  # pragma: no cover -- what a child does is not measured
            os._exit(0 if get(level) is None else 1)
        assert os.waitpid(child, 0)[1] == 0
        level.close()


HOLDER = """
import sys, time
from icpgate.lookup.cache.redis import RedisLevel
from icpgate.lookup.steps import Lock, PutMany, StoredEntry, Unlock
level = RedisLevel(sys.argv[1], timeout=5.0)
token = level.perform(Lock("k", 0.3))
print("locked" if token else "not locked", flush=True)
time.sleep(0.2)
level.perform(PutMany((StoredEntry("k", b"registered", 1_000, 60.0),)))
level.perform(Unlock("k", token))
print("written", flush=True)
level.close()
"""


def test_a_holder_that_is_stopped_beyond_its_lock(valkey: Valkey) -> None:
    """Another process asks meanwhile; when the first goes on, its older observation does not win (F87)."""
    level = RedisLevel(valkey.url, timeout=PATIENT)
    with subprocess.Popen([sys.executable, "-c", HOLDER, valkey.url], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        holder.send_signal(signal.SIGSTOP)
        assert level.perform(Lock("k", 30.0)) is None
        assert eventually(lambda: bool(level.perform(Lock("k", 30.0))))
        level.perform(PutMany((kept(blob=b"revoked", observed=2_000),)))
        holder.send_signal(signal.SIGCONT)
        assert holder.stdout.readline() == "written\n"
    assert get(level) == b"revoked"
    assert level.perform(Lock("k", 30.0)) is None
    level.close()
