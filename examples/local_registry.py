"""The examples' registrations behind a registry server on this machine, for the programs beside it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from icpgate.lookup import registry_from_url
from icpgate.lookup.snapshotfile import import_records
from icpgate.testing.serving import RegistryServer

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SUBMISSIONS", "local_registry"]

HERE = Path(__file__).parent

SUBMISSIONS: list[dict[str, Any]] = [
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


@contextmanager
def local_registry() -> Iterator[str]:
    """
    The address of a registry server with the invented registrations of the examples.

    They are dated to yesterday, whatever day it is, so that the programs run with the machine's own clock.
    """
    yesterday = datetime.now(UTC) - timedelta(days=1)
    rows = [json.loads(line) for line in (HERE / "registry-invented.jsonl").read_text("utf-8").splitlines()]
    with TemporaryDirectory() as folder:
        fresh = Path(folder) / "rows.jsonl"
        dated = (json.dumps(row | {"observed_at": yesterday.isoformat()}, ensure_ascii=False) for row in rows)
        fresh.write_text("\n".join(dated), encoding="utf-8")
        registry = Path(folder) / "registry.icpdb"
        import_records(
            registry, fresh, observed_at=yesterday, source="examples", authoritative=True, scope="provinces:京"
        )
        with RegistryServer(registry_from_url(f"snapshot:{registry}")) as server:
            yield server.url
