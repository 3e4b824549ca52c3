"""How operators are shown without naming or numbering a person."""

from __future__ import annotations

import pytest

from icpgate.document import DocumentType, is_personal
from icpgate.rules.persons import shown_document, shown_operator

CARD = "11010519491231002X"
USCC = "91510108MA6632C60R"
PERSON = "a natural person (name withheld)"
UNTOLD = "a name that may be a person's (withheld)"


@pytest.mark.parametrize("kind", [kind for kind in DocumentType if is_personal(kind)])
def test_a_personal_document_tells(kind: DocumentType) -> None:
    """Who is registered under a personal document is a person, whatever the name."""
    assert shown_operator("示例科技有限公司", kind, None) == PERSON


@pytest.mark.parametrize("kind", ["个人", "自然人", "个人主体", "person", "Individual", "natural_person", "personal"])
def test_the_registrys_kind_tells(kind: str) -> None:
    """A registry's own word for the operator counts as well."""
    assert shown_operator("示例科技有限公司", DocumentType.USCC, USCC, kind) == PERSON


@pytest.mark.parametrize("document_type", [None, DocumentType.OTHER, DocumentType.BUSINESS_LICENCE])
def test_the_number_of_an_id_card_tells(document_type: DocumentType | None) -> None:
    """A sole trader may be registered under an ID card's number with another type."""
    assert shown_operator("示例科技有限公司", document_type, CARD, "企业") == PERSON


@pytest.mark.parametrize(
    ("name", "document_type", "kind"),
    [
        ("示例", DocumentType.USCC, None),
        ("John Doe", DocumentType.FOREIGN_REGISTRATION, None),
        ("示例", None, "企业"),
        ("示例", DocumentType.OTHER, "企业"),
        ("个人", DocumentType.USCC, "personnel agency"),
    ],
)
def test_an_organisation_is_named(name: str, document_type: DocumentType | None, kind: str | None) -> None:
    """Where type or kind tell of an organisation, its name is public."""
    assert shown_operator(name, document_type, USCC, kind) == name


@pytest.mark.parametrize(
    "name",
    ["示例科技有限公司", "示例市第一中学", "示例工作室", "某公司", "Sample Pte. Ltd.", "Example Company", "示例便利店"],
)
def test_a_name_may_tell_by_itself(name: str) -> None:
    """Where nothing else tells, a name that reads as an organisation's is shown."""
    assert shown_operator(name, None, None) == name
    assert shown_operator(name, DocumentType.OTHER, USCC, "") == name


@pytest.mark.parametrize(
    "name", ["甲某某", "欧阳某某", "John Doe", "示例", "阿卜杜拉·某某", "李小店", "欧阳小店", "Altdorf", "Incognito"]
)
def test_a_name_that_tells_nothing_is_withheld(name: str) -> None:
    """Where nothing tells, a name may be a person's."""
    assert shown_operator(name, None, USCC) == UNTOLD
    assert shown_operator(name, DocumentType.OTHER, None, "") == UNTOLD


@pytest.mark.parametrize("name", ["", "  "])
def test_no_name(name: str) -> None:
    """An empty name is said to be empty, not withheld."""
    assert shown_operator(name, DocumentType.ID_CARD, CARD) == "no operator: it is empty"


def test_a_long_name_is_cut() -> None:
    """A registry's text has no end of its own."""
    assert shown_operator("公司" * 100, DocumentType.USCC, USCC) == "公司" * 50 + "…"


@pytest.mark.parametrize(
    ("document_type", "number", "shown"),
    [
        (DocumentType.USCC, USCC, "9151***C60R"),
        (DocumentType.USCC, CARD, "***X"),
        (DocumentType.FOREIGN_REGISTRATION, CARD, "***X"),
        (DocumentType.ID_CARD, CARD, "***X"),
        (None, USCC, "***"),
        (None, CARD, "***"),
    ],
)
def test_documents(document_type: DocumentType | None, number: str, shown: str) -> None:
    """A person's number is masked as a person's under whatever type it came."""
    assert shown_document(document_type, number) == shown
