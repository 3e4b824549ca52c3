"""Texts with places to fill in, and tables of literals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.lookup.mapping.literals import LiteralTable
from icpgate.lookup.mapping.template import Place, Template

KNOWN = ("number", "domain")


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("", ""),
        ("plain", "plain"),
        ("{number}", "N"),
        ("/v1/{number}/x{domain}", "/v1/N/xD"),
        ("{{number}}", "{number}"),
        ("{{{number}}}", "{N}"),
        ("Bearer {secret:token}", "Bearer T"),
    ],
)
def test_it_is_filled(text: str, filled: str) -> None:
    """Doubled braces are the braces themselves."""
    values = {"number": "N", "domain": "D", "secret:token": "T"}
    assert Template.parse(text, KNOWN).filled(values) == filled


def test_every_value_is_written_for_its_place() -> None:
    """The fixed parts are not."""
    assert Template.parse("a{number}b", KNOWN).filled({"number": "n"}, str.upper) == "aNb"


def test_an_optional_secret_leaves_its_member_out() -> None:
    """Where there is none; where there is one it is filled in."""
    template = Template.parse("Bearer {secret:token?}", KNOWN)
    assert template.filled({}) is None
    assert template.filled({"secret:token": "T"}) == "Bearer T"
    assert template.secrets == {"token": True}
    assert template.places == (Place("secret:token", is_optional=True),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{nummer}", "did you mean {number}?"),
        ("{zzz}", "known: {number}, {domain}, {secret:NAME}"),
        ("{number?}", "a place has one of the names"),
        ("{secret:}", "a place has one of the names"),
        ("{}", "a place has one of the names"),
        ("{number", "a single { at character 1"),
        ("a}b", "a single } at character 2"),
    ],
)
def test_what_is_no_template(text: str, said: str) -> None:
    """With the name that was meant, where one is near."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- the text is looked at below
        Template.parse(text, KNOWN)
    assert said in str(caught.value)


def test_a_credential_in_a_template_is_not_told() -> None:
    """Neither when it is wrong nor when it is shown."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- the text is looked at below
        Template.parse('{"token": "s3cret"}', KNOWN)
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(Template.parse("Bearer s3cret", KNOWN))


@given(st.text())
def test_any_text_can_be_written(text: str) -> None:
    """With its braces doubled."""
    assert Template.parse(text.replace("{", "{{").replace("}", "}}"), KNOWN).filled({}) == text


TABLE = LiteralTable({(int, 0): "zero", (str, "0"): "text", (bool, True): "true"})


@pytest.mark.parametrize(("value", "meaning"), [(0, "zero"), ("0", "text"), (True, "true")])
def test_a_literal_is_found_with_its_type(value: object, meaning: str) -> None:
    """As it is listed."""
    assert value in TABLE
    assert TABLE[value] == meaning


@pytest.mark.parametrize("value", [1, False, 0.0, -0.0, "00", "", None, [], {}, [0], "zero", 1.0, "True"], ids=repr)
def test_what_is_not_listed(value: object) -> None:
    """Equal in Python is not equal here."""
    assert value not in TABLE
    with pytest.raises(KeyError):
        TABLE[value]


def test_what_is_of_its_kind() -> None:
    """A value whose type none of the literals has is of another schema."""
    table = LiteralTable({(int, 0): "zero"})
    assert table.is_of_its_kind(7)
    assert not any(map(table.is_of_its_kind, ("7", True, 7.0, None, [])))
