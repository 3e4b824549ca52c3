"""`icpgate registration verify`: what somebody saw is written down, or checks of ours are made and written down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypedDict, TypeVar, Unpack

import click

from icpgate.cli.registration.applying import told
from icpgate.cli.registration.desk import at_desk, revision_option
from icpgate.cli.registration.registers import BusinessExtract, DomainExtract, objects_of
from icpgate.errors import InvalidApp
from icpgate.record import BEIJING
from icpgate.registration import Subject, Verification
from icpgate.registration.verification import (
    BusinessRegisterCheck,
    DocumentCheck,
    DomainRegistrantCheck,
    PackageCheck,
    PersonsCheck,
    ProviderAddressCheck,
    ProviderNetworks,
    ResolutionCheck,
    facts_from,
    is_undecided,
    verify_all,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from icpgate.app import PackageFacts
    from icpgate.cli.registration.desk import Desk
    from icpgate.jsontext import Json
    from icpgate.registration.verification import Check

__all__ = ["verify_command"]

F = TypeVar("F")

FAILED: Final = 1
UNDECIDED: Final = 3
_CHECKS: Final = {
    "facts": "App: what a reader of the package file says, as JSON; once for each platform.",
    "business_register": "Identity: entries of the business register, as JSON.",
    "domain_register": "Network: domains with their registrants, as JSON.",
    "networks": "Network: the networks of access providers, as TOML.",
}
_ASKED: Final = (*_CHECKS, "resolve", "persons")


class _Stated(TypedDict):
    """What somebody saw."""

    method: str | None
    evidence: str | None
    passed: bool | None
    note: str | None


class _Given(_Stated):
    """What the command takes besides."""

    facts: tuple[str, ...]
    business_register: str | None
    domain_register: str | None
    networks: str | None
    resolve: bool
    persons: bool
    revision: int | None


def _check_options(command: Callable[..., F]) -> Callable[..., F]:
    command = click.option(
        "--persons", is_flag=True, help="Identity: read the persons responsible, which is taken down."
    )(command)
    command = click.option("--resolve", is_flag=True, help="Network: resolve the domains from this machine.")(command)
    for name, text in reversed(_CHECKS.items()):
        command = click.option(f"--{name.replace('_', '-')}", name, multiple=name == "facts", help=text)(command)
    return command


@click.command("verify")
@click.argument("application", metavar="ID")
@click.argument("subject", type=click.Choice([each.value for each in Subject]), required=False)
@click.option("--method", help="How somebody verified it.")
@click.option("--evidence", help="What was looked at; no personal data.")
@click.option("--passed/--failed", "passed", default=None, help="With which result.")
@click.option("--note", help="What is to be put right, or anything else.")
@_check_options
@revision_option
@at_desk
def verify_command(desk: Desk, application: str, subject: str | None, **given: Unpack[_Given]) -> int:
    """
    Write down the verification of SUBJECT, as a platform or access provider; or have checks made, and write these down.

    Stated: SUBJECT, --method, --evidence, and --passed or --failed. Checked: every subject that there is a file for,
    or SUBJECT alone; without a file the number of the operator's document, which alone passes nobody. What a check
    cannot find out is undecided and does not pass. Exits with 1 when a check fails, 3 when one is undecided.
    docs/verification.md describes checks and files.
    """
    are_stated = any(given[name] is not None for name in ("method", "evidence", "passed", "note"))
    if not are_stated:
        return _checked(desk, application, subject, given)
    if any(given[name] for name in _ASKED):  # type: ignore[literal-required]  # names of options
        raise click.UsageError("State a result, or have checks made, not both.")
    verification = _stated(subject, given)
    return told(desk, desk.system.verify(application, verification, actor=desk.actor, revision=given["revision"]))


def _stated(subject: str | None, given: _Given) -> Verification:
    method, evidence, passed = given["method"], given["evidence"], given["passed"]
    if subject is None or method is None or evidence is None or passed is None:
        raise click.UsageError("A stated verification has SUBJECT, --method, --evidence, and --passed or --failed.")
    return Verification(Subject(subject), method, passed, evidence, given["note"] or "")


def _checked(desk: Desk, application: str, subject: str | None, given: _Given) -> int:
    """Make the checks there are, write down what each subject came to, and say so by the exit code."""
    looked_at = desk.system.application(application, actor=desk.actor)
    checks = [check for check in _checks(given) if subject in {None, check.subject.value}]
    form = dict(looked_at.form)
    if given["persons"]:
        form["persons"] = dict(desk.system.persons(application, actor=desk.actor))  # type: ignore[arg-type]  # JSON
    subjects = {check.subject for check in checks}
    if not subjects:
        raise click.UsageError(f"There is no check of {subject} without a file: --help lists them.")
    results = [each for each in verify_all(form, checks, form_digest=looked_at.form_digest) if each.subject in subjects]
    revision = given["revision"]
    for result in results:
        looked_at = desk.system.verify(application, result, actor=desk.actor, revision=revision)
        revision = None if revision is None else looked_at.revision
    told(desk, looked_at)
    if all(result.passed for result in results):
        return 0
    return UNDECIDED if all(result.passed or is_undecided(result) for result in results) else FAILED


def _checks(given: _Given) -> Iterator[Check]:
    """The checks that there is something for; without anything, that of the document."""
    if given["business_register"] is not None or given["persons"] or not any(given[name] for name in _ASKED):  # type: ignore[literal-required]  # names of options
        yield DocumentCheck()
    if given["persons"]:
        yield PersonsCheck(datetime.now(UTC).astimezone(BEIJING).date())
    if given["business_register"] is not None:
        yield BusinessRegisterCheck(BusinessExtract(given["business_register"]))
    yield from _network_checks(given)
    if given["facts"]:
        yield PackageCheck(*(_facts(path, described) for path in given["facts"] for described in objects_of(path)))


def _facts(path: str, described: Mapping[str, Json]) -> PackageFacts:
    try:
        return facts_from(described)
    except InvalidApp as error:
        raise InvalidApp(error.defects, what=path) from None


def _network_checks(given: _Given) -> Iterator[Check]:
    networks = None if given["networks"] is None else ProviderNetworks.load(given["networks"])
    if given["domain_register"] is not None:
        yield DomainRegistrantCheck(DomainExtract(given["domain_register"]))
    if given["resolve"]:
        yield ResolutionCheck(networks=networks)
    if networks is not None:
        yield ProviderAddressCheck(networks)
