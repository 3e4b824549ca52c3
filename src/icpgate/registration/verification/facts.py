"""
What a reader of package files says of one, out of JSON.

Whoever hands it on answers for it: a file of facts that came from the developer proves nothing, and a certificate is
`verified` only where the reader checked the signature over the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BeforeValidator, Field, field_validator

from icpgate.app import PackageFacts
from icpgate.appfields import (
    Certificate,
    Key,
    Name,
    Package,
    RunsOn,
    Version,
    package_of_platform,
)
from icpgate.given import Given, Text, defect, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DescribedFacts", "facts_from"]

MAX_LABELS: Final = 500
"""More locales than any system has."""


def _labels(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise defect("app.type", f"{type(value).__name__} given", expected="an object of names by locale")
    if len(value) > MAX_LABELS:
        raise defect("app.value", f"{len(value):,} entries", expected=f"at most {MAX_LABELS}")
    return value


class DescribedFacts(Given):
    """The JSON names of `PackageFacts`; unknown ones are defects."""

    platform: RunsOn
    package: Package
    name: Name | None = None
    labels: Annotated[dict[Text, Name], BeforeValidator(_labels)] = Field(default_factory=dict)
    version: Version | None = None
    signing_certificates: Annotated[tuple[Certificate, ...], BeforeValidator(listed)] = ()
    public_key: Key | None = None
    uses_network: Annotated[bool, Field(strict=True)] | None = None

    _of_its_platform = field_validator("package")(package_of_platform)


def facts_from(mapping: Mapping[str, object]) -> PackageFacts:
    """
    The facts of a package file out of decoded JSON; raises `InvalidApp` with every defect.

    A certificate is a digest, or an object of `digest`, `algorithm` and `provenance`; it is claimed unless that says
    verified.

    >>> facts_from({"platform": "android", "package": "cn.example.notes", "name": "示例随手记"}).package
    'cn.example.notes'
    """
    read = DescribedFacts.parse(mapping)
    return PackageFacts(
        platform=read.platform,
        package=read.package,
        name=read.name,
        labels=dict(read.labels),
        version=read.version,
        signing_certificates=read.signing_certificates,
        public_key=read.public_key,
        uses_network=read.uses_network,
    )
