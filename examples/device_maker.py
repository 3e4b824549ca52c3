"""
A device maker's pipeline: every app of an image must pass, or the build stops.

Run it in a checkout: python examples/device_maker.py
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from icpgate import Gate, Policy
from icpgate.lookup.snapshotfile import import_records
from icpgate.testing import FixedClock

HERE = Path(__file__).parent
# The registrations of the examples were observed in November 2026. A real pipeline leaves `clock` out.
CLOCK = FixedClock(datetime.fromisoformat("2026-11-24T08:00:00+08:00"))

OPERATOR: dict[str, object] = {"name": "示例网络(北京)有限公司"}
IMAGE: list[dict[str, object]] = [
    {
        "name": "示例阅读",
        "kind": "app",
        "platform": "android",
        "package": "cn.example.app1",
        "registration_number": "京ICP备2026999901号-1A",
        "operator": OPERATOR,
    },
    # A part of the operating system: allowed only because examples/policy.toml exempts it by name and date.
    {"name": "示例设置", "kind": "app", "platform": "android", "package": "cn.example.system.settings"},
    {
        "name": "示例笔记",
        "kind": "app",
        "platform": "android",
        "package": "cn.example.app6",
        "registration_number": "京ICP备2026999901号-6A",
        "operator": OPERATOR,
    },
]


def main() -> int:
    """Judge every app of the image; 1 when one is refused, so that the build stops."""
    refused = 0
    with TemporaryDirectory() as folder:
        registry = Path(folder) / "registry.icpdb"
        import_records(registry, HERE / "registry-invented.jsonl", observed_at=CLOCK.now(), source="examples")
        policy = Policy.load(HERE / "policy.toml")
        with Gate.for_preinstalling(f"snapshot:{registry}", policy=policy, clock=CLOCK) as gate:
            for item in gate.check_many(IMAGE):
                if item.decision is None or not item.decision:
                    refused += 1
                print(item.decision.explain("en") if item.decision is not None else item.error)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
