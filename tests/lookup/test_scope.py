"""Which numbers a scope covers."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.errors import ConfigurationError
from icpgate.lookup import Scope
from icpgate.number import PROVINCES, ServiceKind, parse

APP = parse("蜀ICP备2021014694号-10A")
MINI = parse("粤B2-20090059-1626X")
ENTITY = parse("蜀ICP备2021014694号")
NATIONAL = parse("合字B2-20090007-3A")


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        ("all", [APP, MINI, ENTITY, NATIONAL]),
        ("provinces:蜀", [APP, ENTITY]),
        ("provinces:川", [APP, ENTITY]),
        ("provinces:四川,Guangdong", [APP, MINI, ENTITY]),
        ("provinces：京，粤", [MINI]),
        ("kinds:app", [APP, NATIONAL]),
        ("kinds:app,mini_program", [APP, MINI, NATIONAL]),
        ("provinces:粤;kinds:app", []),
        ("kinds:mini_program;provinces:粤", [MINI]),
        ("provinces:蜀;kinds:app|provinces:粤", [APP, MINI]),
    ],
)
def test_what_is_covered(scope: str, covered: list[object]) -> None:
    """Both sides of a scope must hold; one of several alternatives."""
    read = Scope.parse(scope)
    assert [number for number in (APP, MINI, ENTITY, NATIONAL) if read.covers(number)] == covered


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (" all ", "all"),
        ("provinces:沪, 京,沪", "provinces:京,沪"),
        ("kinds:mini_program,app;provinces:川", "provinces:蜀;kinds:app,mini_program"),
        ("provinces:京|all", "all"),
        ("provinces:京|provinces:京", "provinces:京"),
    ],
)
def test_canonical_text(text: str, canonical: str) -> None:
    """Two ways to write a scope are one scope."""
    assert str(Scope.parse(text)) == canonical
    assert Scope.parse(canonical) == Scope.parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a scope is missing"),
        ("everything", "'everything' is not a scope"),
        ("al", "did you mean all"),
        ("province:京", "did you mean provinces"),
        ("provinces:京,沪X", "'沪X' is not a province"),
        ("provinces:", "a province is missing"),
        ("provinces:北京市", "did you mean 北京"),
        ("kinds:apps", "did you mean app"),
        ("kinds:app;kinds:website", "kinds stands twice"),
        ("provinces:京;", "a scope is missing"),
        ("all;kinds:app", "'all' is not a scope"),
        (3, "a scope is text, not int"),
        (None, "a scope is text"),
    ],
)
def test_wrong_scopes_name_the_word(text: object, said: str) -> None:
    """The wrong word is named, with the nearest right one."""
    with pytest.raises(ConfigurationError) as caught:
        Scope.parse(text)  # type: ignore[arg-type]  # the mistake in question
    assert said in str(caught.value)
    assert caught.value.code == "config.scope"


def test_a_scope_is_taken_as_it_is() -> None:
    """A scope that was read need not be written for the next reader."""
    scope = Scope.parse("kinds:app")
    assert Scope.parse(scope) is scope


def test_the_union_of_none_covers_nothing() -> None:
    """An empty registry may not say no about anything."""
    nothing = Scope.union([])
    assert not nothing.covers(APP)
    assert not nothing.is_all
    assert str(nothing) == "none"
    with pytest.raises(ConfigurationError):
        Scope.parse("none")


@given(
    provinces=st.sets(st.sampled_from(list(PROVINCES)), min_size=1),
    kinds=st.sets(st.sampled_from(list(ServiceKind)), min_size=1),
)
def test_parse_reads_what_it_writes(provinces: set[str], kinds: set[ServiceKind]) -> None:
    """The canonical text of any scope is that scope."""
    scope = Scope.parse(f"kinds:{','.join(kinds)};provinces:{','.join(provinces)}")
    assert Scope.parse(str(scope)) == scope
    assert scope.covers(APP) is ("蜀" in provinces and ServiceKind.APP in kinds)


@given(st.text(max_size=40))
def test_any_text_is_a_scope_or_a_configuration_error(text: str) -> None:
    """Nothing else comes out of parse."""
    with suppress(ConfigurationError):
        scope = Scope.parse(text)
        assert Scope.parse(str(scope)) == scope
