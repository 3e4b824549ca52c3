"""Who the operator is: its document's number, the business register's entry, the persons who answer for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from icpgate.chinese import fold
from icpgate.document import DocumentType, is_personal, normal_form
from icpgate.errors import quote
from icpgate.registration.application import Subject
from icpgate.registration.form.examining import examine
from icpgate.registration.form.words import Nature
from icpgate.registration.keeping import plain
from icpgate.registration.verification.interface import Seen, read_parts, same_name
from icpgate.registration.verification.patience import seconds_of, within

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from icpgate.registration.application import Verification
    from icpgate.registration.form.values import Form, FormOperator, Person

__all__ = ["BusinessRegister", "BusinessRegisterCheck", "DocumentCheck", "PersonsCheck", "RegisterEntry"]

_WITH_CHECK_CHARACTER: Final = frozenset({
    DocumentType.USCC, DocumentType.BUSINESS_LICENCE, DocumentType.ORGANISATION_CODE, DocumentType.ID_CARD,
    DocumentType.HMT_RESIDENCE_PERMIT,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class DocumentCheck:
    """
    The number of the operator's document: its characters, and the check character where its type has one.

    Anybody can make up such a number: this check alone passes nobody.
    """

    subject: ClassVar[Subject] = Subject.IDENTITY
    form_only: ClassVar[bool] = True

    def check(self, form: Mapping[str, object]) -> Verification:
        """See `Check.check`."""
        seen = Seen(self.subject, "document number")
        read, defects = read_parts(form, "/operator")
        kind = read.operator.document_type
        if defects or kind is None:
            seen.objection(f"the form has defects: {', '.join(defects) or '/operator'}")
        elif kind in _WITH_CHECK_CHARACTER:
            seen.fact(f"the number is one of type {kind.value}, and its check character fits")
        else:
            seen.fact(f"the number has the characters of type {kind.value}, which has no check character")
        return seen.verification()


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """
    What a register of businesses or organisations says under one number.

    `document_number` repeats the number that the entry is about. `status` is the register's own word, such as 存续 or
    注销. `abnormal` says that it is listed for abnormal operation (经营异常名录) or serious breaches.
    """

    name: str = field(repr=False)
    document_number: str = field(repr=False)
    status: str
    abnormal: bool = False


class BusinessRegister(Protocol):
    """A register that can be asked by document number."""

    def entry(self, document_number: str) -> RegisterEntry | None:
        """
        The entry under this number, in its normal form; None when the register looked and has none.

        Raises anything when it could not look.
        """
        ...


_IN_BUSINESS: Final = frozenset(map(fold, (
    "存续", "在业", "开业", "在营", "在册", "正常", "active", "存续(在营、开业、在册)", "在营(开业)", "在营(开业)企业",
    "在业(存续)", "存续(在业)",
)))  # fmt: skip
_OUT_OF_BUSINESS: Final = tuple(map(fold, (
    "注销", "吊销", "撤销", "迁出", "停业", "歇业", "清算", "异常", "cancelled", "revoked", "dissolved", "inactive",
)))  # fmt: skip


@dataclass(frozen=True, slots=True)
class BusinessRegisterCheck:
    """
    The operator as a register has it: under this number, by this name, and in business.

    None for a natural person, who is in no such register. A name that is only similar is another one. A status that
    is neither known to be in business nor to be out of it is undecided.
    """

    register: BusinessRegister
    seconds: float = 10.0
    name: str = "business register"

    subject: ClassVar[Subject] = Subject.IDENTITY

    def __post_init__(self) -> None:
        """Raises `ConfigurationError`."""
        seconds_of(self.seconds, "seconds")

    def check(self, form: Mapping[str, object]) -> Verification | None:
        """See `Check.check`."""
        read, defects = read_parts(form, "/operator")
        operator = read.operator
        seen = Seen(self.subject, self.name)
        if defects or operator.document_type is None or operator.document_number is None:
            seen.objection(f"the form has defects: {', '.join(defects) or '/operator'}")
            return seen.verification()
        if operator.nature is Nature.NATURAL_PERSON and is_personal(operator.document_type):
            return None
        self._ask(seen, operator, operator.document_type, operator.document_number)
        return seen.verification()

    def _ask(self, seen: Seen, operator: FormOperator, kind: DocumentType, number: str) -> None:
        try:
            entry = within(self.seconds, lambda: self.register.entry(number))
        except Exception as error:  # noqa: BLE001 -- a register may raise anything; its words may name somebody
            seen.open(f"the register did not answer ({type(error).__name__})")
            return
        if entry is None:
            seen.objection("the register has no entry under this number")
        elif not isinstance(entry, RegisterEntry) or not isinstance(entry.document_number, str):
            seen.open("the register's answer cannot be read")
        elif normal_form(kind, entry.document_number) != number:
            seen.open("the register answered about another number")
        else:
            seen.fact(f"the register has an entry under this {kind.value}")
            _compare(seen, operator, entry)


def _compare(seen: Seen, operator: FormOperator, entry: RegisterEntry) -> None:
    if same_name(operator.name, entry.name):
        seen.fact("its name is the operator's")
    else:
        seen.objection("the register has another name under this number")
    status = fold(entry.status).strip() if isinstance(entry.status, str) else ""
    if entry.abnormal is not False:
        seen.objection("the register lists it for abnormal operation")
    if status in _IN_BUSINESS:
        seen.fact(f"its status is {quote(entry.status)}")
    elif any(word in status for word in _OUT_OF_BUSINESS):
        seen.objection(f"its status is {quote(entry.status)}")
    else:
        seen.open(f"its status is {quote(entry.status)}, which is not known")


@dataclass(frozen=True, slots=True)
class PersonsCheck:
    """
    Whether the persons responsible go together with each other and with an operator who is a natural person.

    The form has them under `persons`, which the registration system keeps apart; None where it has none. It looks at
    nothing but the form: that a person exists and agrees is for whoever sees the document. `today` is the day in
    Asia/Shanghai on which their documents have to be valid.
    """

    today: date

    subject: ClassVar[Subject] = Subject.IDENTITY
    form_only: ClassVar[bool] = True
    reads_persons: ClassVar[bool] = True

    def check(self, form: Mapping[str, object]) -> Verification | None:
        """See `Check.check`."""
        copied = plain(form)
        if copied.get("persons") is None:
            return None
        read, _ = read_parts(copied)
        seen = Seen(self.subject, "persons responsible")
        examination = examine(copied, today=self.today)
        said = [*examination.defects, *(one for one in examination.warnings if one.code in _CONTRADICTIONS)]
        for one in said:
            if not one.pointer or f"{one.pointer}/".startswith("/persons/"):
                seen.objection(f"{one.pointer or '/'} {one.code}")
        _as_operator(seen, read)
        if read.persons:
            seen.fact(f"{len(read.persons)} persons: documents, validity and telephones go together")
        return seen.verification()


_CONTRADICTIONS: Final = frozenset({"form.persons_contradict", "form.person_not_operator"})


def _as_operator(seen: Seen, read: Form) -> None:
    """A natural person who is the operator answers for the entity."""
    person = read.persons.get("entity")
    if read.operator.nature is not Nature.NATURAL_PERSON or person is None:
        return
    if not _is_operator(person, read.operator):
        seen.objection("the person responsible for the entity is not the operator")


def _is_operator(person: Person, operator: FormOperator) -> bool:
    one = (person.document_type, person.document_number)
    other = (operator.document_type, operator.document_number)
    return one == other and None not in one and same_name(person.name, operator.name)
