"""
Performs a flow and keeps every step and reply, so that the same flow can be run again from the script.

A flow is pure: it has no clock, no chance and no connection of its own. So what it was told decides
what it asks next, and what it returns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from icpgate.lookup.drivers import World, run
from icpgate.lookup.steps import (
    Count,
    Drop,
    Flow,
    GetMany,
    Later,
    Lock,
    Now,
    PutMany,
    ReadLocally,
    Reply,
    Send,
    Sleep,
    Step,
    Take,
    Together,
    Unlock,
)
from icpgate.testing.contracts.promises import promised

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MOST_STEPS", "STEPS", "Change", "Script", "abandoned", "performed", "replayed"]

STEPS: Final = (
    Send, ReadLocally, Now, Sleep, GetMany, PutMany, Lock, Unlock, Take, Drop, Count, Together, Later
)  # fmt: skip
"""All that a flow may yield."""

MOST_STEPS: Final = 20_000
"""A flow with more goes round in circles."""

Change: TypeAlias = "Callable[[Step, Reply], Reply]"
"""What is done to a reply before the flow gets it."""


@dataclass
class Script:
    """A flow as it was performed: its steps, what it was told, the flows inside it, and how it ended."""

    steps: list[Step] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    inner: list[tuple[Script, ...]] = field(default_factory=list)
    result: object = None
    error: Exception | None = None

    def all_steps(self) -> list[Step]:
        """Its steps with those of the flows inside it."""
        return [step for step, _ in self.all_replies()]

    def all_replies(self) -> list[tuple[Step, Reply]]:
        """Its steps, each with what it was told, with those of the flows inside it."""
        return [
            *zip(self.steps, self.replies, strict=True),
            *(pair for inner in self.inner for script in inner for pair in script.all_replies()),
        ]


def performed(flow: Flow[object], world: World, change: Change | None = None) -> Script:
    """
    Perform a flow and keep how it went; what it raises is its `error`.

    The flows of a `Together` run one after the other. Raises `AssertionError` for what is no step, and for
    a flow that does not end.
    """
    script = Script()
    try:
        step = next(flow)
        while True:
            promised(type(step) in STEPS, f"a flow yields {type(step).__name__}, which is no step")
            promised(len(script.steps) < MOST_STEPS, f"a flow of more than {MOST_STEPS:,} steps")
            reply, inner = _told(step, world, change)
            script.steps.append(step)
            script.replies.append(reply)
            script.inner.append(inner)
            step = flow.send(reply)
    except StopIteration as end:
        script.result = end.value
    except AssertionError:
        raise
    except Exception as error:  # noqa: BLE001 -- whether it may raise is the caller's question
        script.error = error
    return script


def _told(step: Step, world: World, change: Change | None) -> tuple[Reply, tuple[Script, ...]]:
    inner: tuple[Script, ...] = ()
    if type(step) is Together:
        inner = tuple(performed(flow, world, change) for flow in step.flows)
        results = tuple(script.result if script.error is None else script.error for script in inner)
        reply = Reply(world.clock.now(), world.clock.monotonic(), results)
    else:
        reply = run(_alone(step), world)
    return (reply if change is None else change(step, reply)), inner


def _alone(step: Step) -> Flow[Reply]:
    return (yield step)


def replayed(flow: Flow[object], script: Script) -> None:
    """
    Run a flow from the script of another; raises `AssertionError` where it goes another way.

    Nothing is performed: a flow with a clock or a chance of its own comes to something else.
    """
    try:
        step = next(flow)
        for position, (expected, reply, inner) in enumerate(
            zip(script.steps, script.replies, script.inner, strict=True)
        ):
            promised(_same(step, expected), f"step {position} is another one when the flow is told the same")
            if isinstance(step, Together):
                for each, part in zip(step.flows, inner, strict=True):
                    replayed(each, part)
            step = flow.send(reply)
    except StopIteration as end:
        promised(
            script.error is None and _listed(end.value) == _listed(script.result),
            "a flow told the same says another thing",
        )
    except AssertionError:
        raise
    except Exception as error:  # noqa: BLE001 -- compared with what it raised before
        promised(type(error) is type(script.error), f"a flow told the same raises {type(error).__name__}")
    else:
        flow.close()
        promised(held=False, message="a flow told the same goes on")


def _listed(value: object) -> object:
    return list(value) if isinstance(value, (list, tuple)) else value


def _same(step: Step, expected: Step) -> bool:
    if type(step) is not type(expected):
        return False
    if isinstance(step, ReadLocally) and isinstance(expected, ReadLocally):
        return step.quick is expected.quick  # the work is a function, made anew
    if isinstance(step, Together) and isinstance(expected, Together):
        return len(step.flows) == len(expected.flows)
    return isinstance(step, Later) or step == expected


def abandoned(flow: Flow[object], script: Script, after: int) -> None:
    """Run a flow from a script for so many steps, then leave it; raises what the flow raises then."""
    if after:
        next(flow)
        for reply in script.replies[: after - 1]:
            flow.send(reply)
    flow.close()
