"""Whatever is handed in: an app, or every defect, and nothing else."""

from __future__ import annotations

import json
from collections import UserDict
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from icpgate.app import App, Operator
from icpgate.errors import Defect, InvalidApp
from icpgate.jsontext import InvalidJson
from tests.cases import MD5, NUMBER, described, only, refused

PLATFORMS = "android, ios, harmonyos, quick_app, wechat, qq, alipay, baidu, douyin, kuaishou"
FIELDS = (
    "declaration, display, domains, endpoints, first_listed_on, host_platform, kind, name, operator, package, platform,"
    " pre_approvals, public_key, registration_number, sectors, signing_certificates, version"
)


@pytest.mark.parametrize(
    ("changes", "place", "fields", "hint"),
    [
        ({"icp_numer": "x"}, "/icp_numer", FIELDS, "did you mean registration_number?"),
        ({"registration_numer": "x"}, "/registration_numer", FIELDS, "did you mean registration_number?"),
        ({"operator": {"name": "x", "document_nummer": "1"}}, "/operator/document_nummer",
         "document_number, document_type, name", "did you mean document_number?"),
        ({"pre_approvals": [{"sector": "x"}, {"sector": "x", "autority": "y"}]}, "/pre_approvals/1/autority",
         "authority, document, document_number, sector, valid_from, valid_until", "did you mean authority?"),
        ({"signing_certificates": [{"digest": MD5, "provenence": "x"}]}, "/signing_certificates/0/provenence",
         "algorithm, digest, provenance", "did you mean provenance?"),
        ({"declaration": {"kind": "offshore", "server_region": []}}, "/declaration/server_region",
         "commitment_letter, kind, operator_region, server_regions, uses_network", "did you mean server_regions?"),
        ({"display": {"Link": "x"}}, "/display/Link", "link, number", "did you mean link?"),
        ({"a/b~c\u202e": "x"}, "/a~1b~0c\\u202e", FIELDS, "remove it"),
        ({"x" * 5_000: "x"}, "/" + "x" * 60 + "…", FIELDS, "remove it"),
    ],
)  # fmt: skip
def test_an_unknown_field(changes: dict[str, object], place: str, fields: str, hint: str) -> None:
    """It is named with the nearest field of that very object."""
    expected = Defect("app.unknown_field", place, "unknown field", f"one of {fields}", hint)
    assert only(**changes) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": True}, "text"),
        ({"name": 7}, "text"),
        ({"platform": 7}, f"one of {PLATFORMS}"),
        ({"kind": ["app"]}, "one of app, mini_program, quick_app"),
        ({"package": b"com.example.app"}, "text"),
        ({"registration_number": 2021014694}, "text"),
        ({"operator": "示例"}, "an object with named fields"),
        ({"version": 1.0}, "text"),
        ({"domains": "example.cn"}, "a list"),
        ({"domains": {"example.cn": 1}}, "a list"),
        ({"endpoints": {"203.0.113.7"}}, "a list"),
        ({"sectors": iter(["news"])}, "a list"),
        ({"pre_approvals": {}}, "a list"),
        ({"signing_certificates": MD5}, "a list"),
        ({"public_key": 7}, "text"),
        ({"declaration": 7}, "an object with named fields"),
        ({"declaration": True}, "an object with named fields"),
        ({"first_listed_on": 12.0}, "a day such as 2023-08-31"),
        ({"first_listed_on": 1_693_440_000}, "a day such as 2023-08-31"),
        ({"first_listed_on": datetime(2023, 8, 31, tzinfo=UTC)}, "a day such as 2023-08-31"),
        ({"display": NUMBER}, "an object with named fields"),
        ({"host_platform": 1}, "text"),
    ],
)
def test_nothing_is_converted(changes: dict[str, object], expected: str) -> None:
    """True is no text, 12.0 is no day, a set is no list."""
    ((place, value),) = changes.items()
    assert only(**changes) == Defect("app.type", f"/{place}", f"{type(value).__name__} given", expected)


@pytest.mark.parametrize(
    "day", ["2023-8-31", "2023-02-30", "31.08.2023", "20230831", "2023-08-31T00:00:00", "", "1693440000"]
)
def test_a_day_is_written_in_one_way(day: str) -> None:
    """Year, month and day, and no time."""
    defect = only(first_listed_on=day)
    expected = "a day such as 2023-08-31"
    assert defect == Defect("app.value", "/first_listed_on", f"{day} is not a day", expected)


def test_lists_have_an_end() -> None:
    """A thousand entries are read, one more is not."""
    assert len(App.parse(described(sectors=["news"] * 1_000)).sectors) == 1_000
    assert only(sectors=["news"] * 1_001) == Defect("app.value", "/sectors", "1,001 entries", "at most 1,000")


def test_what_the_caller_changes_later_changes_nothing() -> None:
    """Lists and mappings are copied when they are read."""
    described_app: dict[str, Any] = described()
    described_app["domains"] = domains = ["example.cn"]
    described_app["operator"] = operator = {"name": "示例"}
    app = App.parse(described_app)
    domains.append("evil.cn")
    operator["name"] = "别的"
    described_app.clear()
    assert (app.domains, app.operator) == (("example.cn",), Operator(name="示例"))


def test_an_app_is_frozen() -> None:
    """As every value of icpgate, with the same error."""
    app = App.parse(described())
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        app.name = "x"  # type: ignore[misc]  # the mistake in question
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del app.name


def test_pydantics_own_doors_lead_to_the_same_reader() -> None:
    """Whoever knows pydantic gets our errors all the same."""
    app = App.parse(described())
    assert App.model_validate(app) is app
    assert App.model_validate(described(), strict=False) == app
    assert App.model_validate_strings(described()) == app
    assert App.model_validate_json(bytearray(json.dumps(described()).encode())) == app
    for read in (App.model_validate, App.model_validate_strings):
        with pytest.raises(InvalidApp, match="App: 4 defects"):
            read({})
    with pytest.raises(InvalidApp):
        App.model_validate_json("{}")
    with pytest.raises(InvalidJson):
        App.model_validate_json('{"name": 1, "name": 2}')


class _Order(BaseModel):
    app: App


def test_an_app_may_be_part_of_a_users_own_model() -> None:
    """There its defects are pydantic's, because the model is."""
    assert _Order(app=described(domains=["example.cn"])).app == App.parse(described(domains=["example.cn"]))
    with pytest.raises(ValidationError):
        _Order(app={"name": "x"})
    assert TypeAdapter(App).validate_json(json.dumps(described())) == App.parse(described())


def test_an_app_has_a_json_schema() -> None:
    """A user's own service can publish what it takes."""
    schema = App.model_json_schema()
    assert schema["required"] == ["name", "kind", "platform", "package"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["public_key"]["anyOf"][0] == {"type": "string"}


class _Raising(dict[str, object]):
    """A mapping that cannot be read."""

    def __iter__(self) -> NoReturn:
        raise ZeroDivisionError

    def keys(self) -> NoReturn:
        raise ZeroDivisionError


class _Key:
    """A key that cannot be compared or shown."""

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    def __repr__(self) -> str:
        raise ZeroDivisionError


class _Text(str):
    """A text whose methods lie."""

    __slots__ = ()

    def strip(self, *_: object) -> NoReturn:
        raise ZeroDivisionError

    def __str__(self) -> NoReturn:
        raise ZeroDivisionError

    def __len__(self) -> int:
        return 1


def _nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = {"a": [value]}
    return value


@pytest.mark.parametrize(
    ("given_mapping", "message"),
    [
        (None, "NoneType given"),
        (7, "int given"),
        ("name", "str given"),
        ([("name", "x")], "list given"),
        (dict, "type that raises TypeError"),
        (_Raising(name="x"), "_Raising that raises ZeroDivisionError"),
    ],
)
def test_what_is_no_mapping(given_mapping: Any, message: str) -> None:
    """It is refused as a whole."""
    with pytest.raises(InvalidApp) as caught:
        App.parse(given_mapping)
    assert caught.value.defects == (Defect("app.type", "", message, "an object with named fields"),)


@pytest.mark.parametrize("value", [_Raising(name="x"), [_Raising()]])
def test_what_cannot_be_read_inside(value: object) -> None:
    """A part that raises makes the whole unreadable, also through the constructor."""
    with pytest.raises(InvalidApp, match="raises ZeroDivisionError"):
        App.parse(described(operator=value))
    with pytest.raises(InvalidApp, match="raises ZeroDivisionError"):
        App(**described(operator=value))


def test_mappings_of_other_kinds_are_mappings() -> None:
    """Whatever has keys is read."""
    assert App.parse(UserDict(described(operator=UserDict({"name": "示例"})))) == App.parse(
        described(operator={"name": "示例"})
    )


@pytest.mark.parametrize(
    ("key", "place"), [(7, "/<7>"), (None, "/<None>"), (("a",), "/<('a',)>"), (_Key(), "/<<_Key>>")]
)
def test_a_name_that_is_no_text(key: object, place: str) -> None:
    """It names no field, and is neither compared nor asked to show itself."""
    with pytest.raises(InvalidApp) as caught:
        App.parse({**described(), key: 1})  # type: ignore[dict-item]  # the mistake in question
    assert [(d.code, d.place) for d in caught.value.defects] == [("app.unknown_field", place)]


def test_texts_that_lie_are_read_as_what_they_are() -> None:
    """A subclass of text is the text."""
    app = App.parse(
        {_Text(name): _Text(value) if isinstance(value, str) else value for name, value in described().items()}
    )
    assert app == App.parse(described())
    assert type(app.name) is type(app.registration_number) is str


@pytest.mark.parametrize("depth", [10, 1_000, 100_000])
def test_depth_costs_nothing(depth: int) -> None:
    """However deep it is, what is unknown is unknown."""
    assert [d.place for d in refused(extra=_nested(depth))] == ["/extra"]
    assert [d.code for d in refused(operator=_nested(depth))] == ["app.missing", "app.unknown_field"]


def test_the_constructor_and_parse_say_the_same() -> None:
    """There is one reader."""
    wrong = described(name="", platform="x", operator={"nmae": "x"})
    with pytest.raises(InvalidApp) as caught:
        App(**wrong)
    assert list(caught.value.defects) == refused(**wrong)
    assert len(caught.value.defects) == 4


def test_what_contains_itself_has_an_end() -> None:
    """A list of itself is refused before it is copied for ever."""
    endless: list[object] = []
    endless.extend([endless] * 1_000)
    defect = only(extra=endless)
    assert defect == Defect("app.type", "", "more than 100,000 values", "an object with named fields")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


WORDS = st.sampled_from(
    ["app", "android", "wechat", "com.a.b", NUMBER, "uscc", "standalone", "2024-01-01", MD5, "a.cn"]
)


PARTS = st.dictionaries(
    st.sampled_from(["name", "kind", "document_type", "document_number", "digest", "sector", "number", "link", "x"]),
    WORDS | JSON, max_size=4,
)  # fmt: skip


@given(
    JSON | st.dictionaries(st.sampled_from(sorted(App.model_fields)), WORDS | JSON | PARTS | st.lists(WORDS | PARTS))
)
def test_any_json_is_an_app_or_invalid(value: Any) -> None:
    """Nothing but `InvalidApp` comes out, and each defect says where and what."""
    try:
        app = App.parse(value)
    except InvalidApp as error:
        defects = error.defects
    else:
        defects = ()
        assert App.parse(app.model_dump()) == app
    assert all(d.code.startswith("app.") and d.message and d.place.isprintable() for d in defects)


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        ("icp_numer", "registration_number"),
        ("bundle_id", "package"),
        ("备案号", "registration_number"),
        ("nmae", "name"),
    ],
)
def test_a_field_of_another_system_is_answered_with_ours(field: str, meant: str) -> None:
    """Whoever writes the name that a store's form uses is told ours."""
    with pytest.raises(InvalidApp) as caught:
        App.parse({"name": "x", "kind": "app", "platform": "android", "package": "com.example.app", field: "y"})
    assert caught.value.defects[0].hint == f"did you mean {meant}?"
