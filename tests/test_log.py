"""What icpgate logs, and what it never does."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.cases import DOCUMENT, NUMBER, check, described

if TYPE_CHECKING:
    import pytest


def test_a_decision_is_one_event(caplog: pytest.LogCaptureFixture) -> None:
    """Codes, numbers and timings, and nothing of persons."""
    with caplog.at_level(logging.INFO, logger="icpgate"):
        decision = check(described(name="挖煤姬极速版"))
    [record] = caplog.records
    assert record.name == "icpgate.gate"
    assert record.getMessage() == "decision"
    fields = vars(record)
    assert fields["id"] == decision.id
    assert fields["number"] == NUMBER
    assert fields["codes"] == ["name_mismatch"]
    assert fields["seconds"] >= 0
    assert DOCUMENT not in str(fields)
    assert "示例科技" not in str(fields)


def test_nothing_is_logged_unless_the_host_asks(caplog: pytest.LogCaptureFixture) -> None:
    """At the default level a decision is silent."""
    with caplog.at_level(logging.WARNING, logger="icpgate"):
        check()
    assert caplog.records == []


def test_the_library_configures_nobodys_logging() -> None:
    """After a check the root logger and structlog's own set-up are as they were."""
    script = (
        "import json, logging, structlog\n"
        "from tests.cases import check\n"
        "logging.getLogger('icpgate').setLevel(logging.INFO); check()\n"
        "print(json.dumps([len(logging.getLogger().handlers), structlog.is_configured()]))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == [0, False]
    assert ran.stderr == ""
