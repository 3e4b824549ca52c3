"""What is published of the form: its texts, its page, its schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from icpgate.registration.form import defect_texts, examine, form_schema
from icpgate.registration.form.fields import field_at, form_fields, root_field
from icpgate.registration.form.table import form_page
from tests.registration.forms import BAD, TODAY, approval, good_form, spoilt

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = ROOT / "docs" / "form.md"


def _headings() -> set[str]:
    return set(re.findall(r"^### (\S+)$", (ROOT / "docs" / "sources.md").read_text(encoding="utf-8"), re.MULTILINE))


def test_every_code_and_field_rests_on_a_heading_of_the_sources() -> None:
    """And every field is named in both languages."""
    texts = defect_texts().values()
    stated = {heading for text in texts for heading in text.source} | {field.source for field in form_fields()}
    assert stated <= _headings()
    assert all(field.en and field.zh and field.type and field.needed for field in form_fields())


def test_every_code_has_its_row() -> None:
    """And every field; the page is generated from the code."""
    page = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| `(form\.\w+)` \|", page, re.MULTILINE) == list(defect_texts())
    assert re.findall(r"^\| `(/\S+)` \|", page, re.MULTILINE) == [field.pointer for field in form_fields()]
    assert page.endswith("\n".join(form_page()).rstrip() + "\n")


def test_every_code_is_said_somewhere() -> None:
    """No text is left of a code that nothing says."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/icpgate/registration/form").glob("*.py"))
    assert set(re.findall(r'"(form\.[a-z0-9_]+)"', source)) == set(defect_texts())


def test_texts_are_whole_sentences_in_both_languages() -> None:
    """With the same places to fill in but for those that one language needs alone."""
    for text in defect_texts().values():
        assert all(part.strip() for part in (*text.message, *text.fix))
        assert text.message.en.endswith(".")
        assert text.message.zh.endswith("。")
        assert "{field}" in text.message.en
        assert "{field}" in text.message.zh


def test_the_field_of_a_pointer_is_the_nearest() -> None:
    """What the form does not have is named by the part that it stands in."""
    assert field_at("/app/platforms/3/package").pointer == "/app/platforms/*/package"
    assert field_at("/app/platforms/3/colour").pointer == "/app/platforms/*"
    assert field_at("") is root_field()


def test_the_published_schema_is_the_code_s() -> None:
    """`docs/schema/registration-form.schema.json` is what `form_schema` says: `make docs`."""
    golden = ROOT / "docs" / "schema" / "registration-form.schema.json"
    assert golden.read_text(encoding="utf-8") == json.dumps(form_schema(), ensure_ascii=False, indent=2) + "\n"


def _is_valid(form: dict[str, Any]) -> bool:
    schemas = pytest.importorskip("jsonschema_rs")
    return bool(schemas.is_valid(form_schema(), form))


@pytest.mark.parametrize("kind", ["app", "mini_program", "quick_app"])
def test_a_good_form_fits_the_schema(kind: str) -> None:
    """Of each kind, with an approval too."""
    assert _is_valid(good_form(kind))
    assert _is_valid(good_form(kind) | {"pre_approvals": [approval()]})


@pytest.mark.parametrize(
    "field", [f for f in form_fields() if "*" not in f.pointer and f.needed != "no"], ids=lambda f: f.pointer
)
@pytest.mark.parametrize("kind", ["app", "mini_program"])
def test_schema_and_examination_need_the_same_fields(field: Any, kind: str) -> None:
    """A form without the field does not fit, and has a defect there; or it fits, and has none."""
    try:
        form = spoilt(good_form(kind), field.pointer, BAD)
    except KeyError:
        form = good_form(kind)
        assert field.needed not in {"always", "hosted" if kind == "mini_program" else "app"} or "icon" in field.pointer
    assert _is_valid(form) is examine(form, today=TODAY).complete


def test_the_schema_refuses_what_the_form_does_not_have() -> None:
    """Other fields, empty lists, rows without a key."""
    assert not _is_valid(good_form() | {"comment": "x"})
    assert not _is_valid(spoilt(good_form(), "/app/endpoints", []))
    assert not _is_valid(spoilt(good_form(), "/app/platforms", []))
    assert not _is_valid(spoilt(good_form(), "/app/platforms/0/public_key", BAD))
    assert _is_valid(spoilt(good_form(), "/app/domains", []))
    assert not _is_valid(spoilt(good_form(), "/app/icon/sha256", "abc"))
