"""What a registration number is, once its text has been read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from pydantic_core import PydanticCustomError, core_schema

from icpgate.errors import InvalidNumber, quote
from icpgate.number.data import PLACEHOLDERS, PROVINCES

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

__all__ = ["Family", "RegistrationNumber", "ServiceKind"]


class ServiceKind(StrEnum):
    """What a service number's last letter says: nothing, A, X or K."""

    WEBSITE = "website"
    APP = "app"
    MINI_PROGRAM = "mini_program"
    QUICK_APP = "quick_app"


class Family(StrEnum):
    """
    Whose number the entity carries.

    `FILING` is the registration system's own number; holders of an ICP or a telecom licence carry the
    licence's number instead. A telecom licence without a service part may be only the licence.
    """

    FILING = "filing"
    ICP_LICENCE = "icp_licence"
    TELECOM_LICENCE = "telecom_licence"


_BODY: Final = re.compile("[备证-]")


@dataclass(frozen=True, slots=True)
class RegistrationNumber:
    """
    A registration number; made by `parse`, which alone checks it. Equal by its canonical text.

    `service_kind` is None when the number names only an entity. `repairs` says what `parse` mended
    in the text it was given. That a number is well formed does not mean that it was ever issued.
    """

    canonical: str
    service_kind: ServiceKind | None = field(compare=False)
    repairs: tuple[str, ...] = field(compare=False, default=())

    @property
    def entity_number(self) -> str:
        """The number of the operator's entity: without the service part."""
        return self.canonical if self.service_kind is None else self.canonical.rpartition("-")[0]

    @property
    def family(self) -> Family:
        """Whose number the entity carries."""
        if "备" in self.canonical:
            return Family.FILING
        return Family.ICP_LICENCE if "证" in self.canonical else Family.TELECOM_LICENCE

    @property
    def province(self) -> str:
        """The issuing bureau's abbreviation; empty for a national licence."""
        first = self.canonical[0]
        return first if first in PROVINCES else ""

    @property
    def digits(self) -> str:
        """The digits of the entity's number."""
        return _BODY.split(self.entity_number)[-1].removesuffix("号")

    @property
    def sequence(self) -> int | None:
        """The service's place within its entity, or None for an entity."""
        service = self.canonical[len(self.entity_number) + 1 :]
        return int(service.rstrip("AXK")) if service else None

    @property
    def is_entity(self) -> bool:
        """Whether it names an operator's entity, not one of its services."""
        return self.service_kind is None

    @property
    def service_number(self) -> str | None:
        """The number of the service, or None for an entity."""
        return None if self.service_kind is None else self.canonical

    @property
    def warnings(self) -> tuple[str, ...]:
        """
        What a person should look at, by code; a warning alone never changes a verdict.

        `number.year`: the year in it is not one of the register's. `number.suspicious`: digits that
        stand in templates and may have been issued all the same. `number.province_alias`: written
        with an abbreviation that the registration system does not issue.
        """
        found = []
        digits = self.digits
        if _odd_year(self.family, digits):
            found.append("number.year")
        if len(set(digits)) == 1 or digits[-6:] in PLACEHOLDERS.suspicious_serials:
            found.append("number.suspicious")
        if "province" in self.repairs:
            found.append("number.province_alias")
        return tuple(found)

    def __str__(self) -> str:
        """The canonical text."""
        return self.canonical

    @classmethod
    def parse(cls, text: object) -> RegistrationNumber:
        """See `icpgate.number.parse`."""
        from icpgate.number.reading import parse  # noqa: PLC0415 -- the reader needs this class

        return parse(text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Self], handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """A field of a user's own model: takes a text or a number, is written as its canonical text."""
        return core_schema.no_info_plain_validator_function(
            _validated, serialization=core_schema.to_string_ser_schema(when_used="json-unless-none")
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """In a JSON schema it is a text."""
        return {"type": "string", "title": "Registration number", "examples": ["蜀ICP备2021014694号-10A"]}


def _validated(value: object) -> RegistrationNumber:
    if isinstance(value, RegistrationNumber):
        return value
    try:
        return RegistrationNumber.parse(value)
    except InvalidNumber as error:
        context = {"code": error.code, "reason": error.reason, "message": error.message, "given": quote(value)}
        raise PydanticCustomError("registration_number", "{given}: {message}", context) from None


def _odd_year(family: Family, digits: str) -> bool:
    years = PLACEHOLDERS.years
    if family is not Family.FILING:
        return False
    if len(digits) == 8:  # noqa: PLR2004 -- two digits of the year and a serial of six
        return not years.first <= 2000 + int(digits[:2]) <= years.last_of_two_digits
    return not years.first_of_four_digits <= int(digits[:4]) <= years.latest
