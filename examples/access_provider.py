"""
An access provider's worker: a batch of orders, each with its domains and addresses.

Run it in a checkout: python examples/access_provider.py
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from icpgate import Gate
from icpgate.lookup.snapshotfile import import_records
from icpgate.testing import FixedClock

HERE = Path(__file__).parent
# The registrations of the examples were observed in November 2026. A real worker leaves `clock` out.
CLOCK = FixedClock(datetime.fromisoformat("2026-11-24T08:00:00+08:00"))

APP: dict[str, object] = {
    "name": "示例阅读",
    "kind": "app",
    "platform": "android",
    "package": "cn.example.app1",
    "registration_number": "京ICP备2026999901号-1A",
    "operator": {"name": "示例网络(北京)有限公司"},
}
ORDERS: list[dict[str, object]] = [
    APP | {"domains": ["app1.example.cn"], "endpoints": ["203.0.113.7"]},
    APP | {"domains": ["elsewhere.example.cn"], "endpoints": ["203.0.113.7"]},
    APP | {"domains": ["https://app1.example.cn/"]},
]


def main() -> None:
    """Judge the orders in turn; an order that cannot be read stops none of the others."""
    with TemporaryDirectory() as folder:
        registry = Path(folder) / "registry.icpdb"
        import_records(registry, HERE / "registry-invented.jsonl", observed_at=CLOCK.now(), source="examples")
        with Gate.for_connecting(f"snapshot:{registry}", clock=CLOCK) as gate:
            for item in gate.check_many(ORDERS):
                if item.decision is None:
                    print(f"order {item.position}: return to sender: {item.error}")
                elif item.decision.allowed:
                    print(f"order {item.position}: connect until {item.decision.expires_at}")
                elif item.decision.undecided:
                    print(f"order {item.position}: ask again at {item.decision.recheck_at}")
                else:
                    print(f"order {item.position}: refuse: {', '.join(item.decision.codes)}")


if __name__ == "__main__":
    main()
