"""docs/protocol.md shows what the server says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from icpgate.answer import Why
from icpgate.lookup.registries.memory import MemoryRegistry
from icpgate.record import RegistrationRecord, RegistrationStatus, read_time
from icpgate.testing.serving import RegistryServer
from tests.server.told import Client

PAGE = (Path(__file__).parent.parent.parent / "docs" / "protocol.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```http\n(GET|POST) (\S+)\n(?:\n(.*?)\n)?```\n\n```json\n(.*?)```", PAGE, re.DOTALL)


def _timeless(told: Any) -> Any:
    """Without the moments at which nobody could say, which are those of the test."""
    if isinstance(told, list):
        return [_timeless(item) for item in told]
    if isinstance(told, dict):
        return {
            k: _timeless(v) for k, v in told.items() if not (k == "observed_at" and told.get("status") == "unavailable")
        }
    return told


@pytest.mark.parametrize(("method", "path", "body", "shown"), SHOWN, ids=[str(number) for number in range(len(SHOWN))])
def test_every_request_is_answered_as_the_page_says(method: str, path: str, body: str, shown: str) -> None:
    """By a registry with the page's first record."""
    record = RegistrationRecord.read(json.loads(SHOWN[0][3])["record"])
    seen = read_time("2026-11-20T01:00:00Z")
    registry = MemoryRegistry(
        [record], id="memory", authoritative=True, observed_at=seen, source=record.source, scope="provinces:京"
    )
    headers = {"Content_Type": "application/json"} if body else {}
    with RegistryServer(registry) as server, Client(server.port) as client:
        said = client.ask(method, path, body.encode() or None, **headers)
    assert _timeless(said.json) == _timeless(json.loads(shown))


def test_every_word_of_an_answer_is_on_the_page() -> None:
    """Whoever reads only the page knows them all."""
    words = [*Why, *RegistrationStatus, "not_registered", "unavailable"]
    assert [word for word in words if f"`{word}`" not in PAGE] == []


def test_every_code_is_on_the_page() -> None:
    """Also those of the server."""
    source = Path(__file__).parent.parent.parent / "src" / "icpgate" / "server"
    codes = {
        code
        for path in source.glob("*.py")
        for code in re.findall(r'"((?:request|server)\.[a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert [code for code in sorted(codes) if f"`{code}`" not in PAGE] == []
