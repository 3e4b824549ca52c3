"""
An app store's backend: a submission comes in, the developer is told everything that is wrong with it.

Run it in a checkout: python examples/store_backend.py
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from icpgate import App, Gate, InvalidApp
from icpgate.lookup.snapshotfile import import_records
from icpgate.testing import FixedClock

HERE = Path(__file__).parent
# The registrations of the examples were observed in November 2026. A real backend leaves `clock` out.
CLOCK = FixedClock(datetime.fromisoformat("2026-11-24T08:00:00+08:00"))

SUBMISSIONS: list[dict[str, object]] = [
    {
        "name": "示例阅读",
        "kind": "app",
        "platform": "android",
        "package": "cn.example.app1",
        "registration_number": "京ICP备2026999901号-1A",
        "operator": {"name": "示例网络(北京)有限公司"},
        "display": {"number": "京ICP备2026999901号-1A", "link": "https://beian.miit.gov.cn/"},
    },
    {
        "name": "示例阅读极速版",
        "kind": "app",
        "platform": "android",
        "package": "cn.copycat.reader",
        "registration_number": "京ICP备2026999901号-1A",
        "operator": {"name": "冒名科技有限公司"},
    },
    {"name": "示例", "kind": "app", "platform": "android", "package": "com..x", "icp_numer": "京ICP备2026999901号-1A"},
]


def submit(gate: Gate, submission: dict[str, object]) -> str:
    """What the developer is told."""
    try:
        app = App.parse(submission)
    except InvalidApp as error:
        return str(error)
    decision = gate.check(app, occasion="first")
    return f"listed, show {decision.display}" if decision else decision.explain("zh-CN")


def main() -> None:
    """Make a registry of the examples' registrations, and judge three submissions."""
    with TemporaryDirectory() as folder:
        registry = Path(folder) / "registry.icpdb"
        import_records(registry, HERE / "registry-invented.jsonl", observed_at=CLOCK.now(), source="examples")
        with Gate.for_listing(f"snapshot:{registry}", clock=CLOCK) as gate:
            for submission in SUBMISSIONS:
                print(submit(gate, submission), end="\n\n")


if __name__ == "__main__":
    main()
