"""Whether whoever answered was verified: about the number, the document and the host."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from icpgate.answer import Observation, Unavailable, Why
from icpgate.rules.facts import NOT_STALE
from icpgate.rules.glance import facts_of
from icpgate.rules.standing import AnswererVerified
from tests.cases import case_of, failed, found, passed, registered

RULE = AnswererVerified()


def _seen(*, insecure: bool | None, registry: str) -> Observation | None:
    if insecure is None:
        return None
    return replace(found(registered()), registry=registry, insecure_tls=insecure)


@pytest.mark.parametrize(
    ("by_number", "by_document", "host"), list(product([True, False], [True, False, None], [True, False, None]))
)
def test_anybody_who_was_not_verified_is_named(*, by_number: bool, by_document: bool | None, host: bool | None) -> None:
    """Each once; and what is looked at beforehand settles it only where everybody was."""
    case = case_of(
        observation=_seen(insecure=by_number, registry="b"),
        by_document=_seen(insecure=by_document, registry="b"),
        host=_seen(insecure=host, registry="a"),
    )
    whom = sorted({name for name, is_insecure in (("b", by_number), ("b", by_document), ("a", host)) if is_insecure})
    if not whom:
        assert RULE.check(case) == passed(AnswererVerified)
        assert facts_of(case, timedelta(days=30)) & NOT_STALE
        return
    assert not facts_of(case, timedelta(days=30)) & NOT_STALE
    assert RULE.check(case) == failed(
        AnswererVerified,
        "registry.insecure_tls",
        found=f"{', '.join(whom)}: not verified",
        expected="a verified certificate",
    )


def test_nobody_was_asked() -> None:
    """Then nobody was not verified; and who could not say may have been anybody."""
    assert RULE.check(case_of(asked=False)) == passed(AnswererVerified)
    nobody = replace(found(registered()), answer=Unavailable(Why.TIMEOUT), insecure_tls=True)
    assert RULE.check(case_of(observation=nobody)).detail == "registry.insecure_tls"
