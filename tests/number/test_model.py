"""A registration number in a user's own model, and the tables behind it."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from icpgate.number import PROVINCES, RegistrationNumber, parse, province_of


class _Listing(BaseModel):
    number: RegistrationNumber
    former: RegistrationNumber | None = None


def test_a_model_reads_and_writes_it() -> None:
    """A text becomes a number, and is written as its canonical text."""
    listing = _Listing.model_validate({"number": "蜀ICP備2021014694號-10a"})
    assert listing.number == parse("蜀ICP备2021014694号-10A")
    assert listing.model_dump_json() == '{"number":"蜀ICP备2021014694号-10A","former":null}'
    assert _Listing.model_validate_json(listing.model_dump_json()) == listing
    assert _Listing(number=listing.number).number is listing.number
    assert listing.model_dump()["number"] is listing.number


def test_a_model_says_what_is_wrong() -> None:
    """The error of pydantic carries our code and message."""
    with pytest.raises(ValidationError) as caught:
        _Listing.model_validate({"number": "京ICP备1号"})
    [error] = caught.value.errors()
    assert error["type"] == "registration_number"
    assert error["ctx"]["code"] == "number.digits"
    assert "1 digits; 8 or 10 are used" in error["msg"]


def test_its_json_schema_is_a_text() -> None:
    """A published schema can hold it."""
    assert _Listing.model_json_schema()["properties"]["number"]["type"] == "string"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("川", "蜀"),
        ("滬", "沪"),
        ("雲", "滇"),
        ("四川", "蜀"),
        ("Sichuan", "蜀"),
        (" 京 ", "京"),
        ("港", None),
        ("", None),
    ],
)
def test_provinces_by_any_of_their_names(text: str, short: str | None) -> None:
    """An alias, a traditional form or a name leads to the abbreviation that is issued."""
    assert province_of(text) == short


def test_there_are_as_many_provinces_as_bureaus() -> None:
    """Thirty-one bureaus issue numbers."""
    assert len(PROVINCES) == 31
