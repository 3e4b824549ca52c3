"""
An access provider's worker: takes orders from a queue, asks about many at once, and asks again later where nobody knew.

Run it in a checkout: python -m examples.isp_worker
"""

from __future__ import annotations

import queue
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from icpgate import Gate, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

Order = dict[str, Any]


def taken(orders: queue.SimpleQueue[Order], most: int = 100) -> Iterator[Order]:
    """What waits in the queue and is due, at most so many: one request to the registry."""
    now = datetime.now(UTC)
    for _ in range(min(most, orders.qsize())):  # the queue is this worker's alone
        order = orders.get_nowait()
        if order.get("not_before", now) > now:
            orders.put(order)
        else:
            yield order


def work(gate: Gate, orders: queue.SimpleQueue[Order]) -> Iterator[str]:
    """Judge what waits. An order that nobody could decide goes back into the queue."""
    batch = list(taken(orders))
    for item in gate.check_many(order["app"] for order in batch):
        order = batch[item.position]
        if item.decision is None:
            yield f"{order['id']}: return to sender: {item.error}"
        elif item.decision.allowed:
            yield f"{order['id']}: connect until {item.decision.expires_at:%Y-%m-%d}"
        elif item.decision.undecided:
            orders.put(order | {"not_before": item.decision.recheck_at})
            yield f"{order['id']}: ask again: {', '.join(item.decision.codes)}"
        else:
            yield f"{order['id']}: refuse: {', '.join(item.decision.codes)}"


def main() -> None:
    """Serve the examples' registrations on this machine, and work through a queue of orders."""
    from examples.local_registry import SUBMISSIONS, local_registry  # noqa: PLC0415 -- of this demonstration

    orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
    right = {name: value for name, value in SUBMISSIONS[0].items() if name != "display"}
    orders.put({"id": "A1", "app": right | {"domains": ["app1.example.cn"], "endpoints": ["203.0.113.7"]}})
    orders.put({"id": "A2", "app": right | {"domains": ["elsewhere.example.cn"], "endpoints": ["203.0.113.7"]}})
    orders.put({"id": "A3", "app": SUBMISSIONS[2]})
    orders.put({"id": "A4", "app": right | {"registration_number": "沪ICP备2026999901号-1A"}})
    # Workers of one machine share what they learn through a file; the registry allows ten requests a second.
    with local_registry() as url, TemporaryDirectory() as folder:
        shared = f"sqlite:{Path(folder) / 'cache.db'}"
        with Gate.for_connecting(url, cache=shared, limits=Limits(per_second=10, per_day=5_000)) as gate:
            for line in work(gate, orders):
                print(line)
            print("left today:", gate.lookup.status.left_today)


if __name__ == "__main__":
    main()
