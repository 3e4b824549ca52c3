"""All checks of a form together: one verification per subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpgate.errors import ConfigurationError
from icpgate.registration.application import SUBJECTS, Subject, Verification
from icpgate.registration.form.examining import read_form
from icpgate.registration.keeping import plain
from icpgate.registration.verification.interface import UNDECIDED, is_undecided, joined, named, note_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from icpgate.jsontext import Json
    from icpgate.registration.verification.interface import Check

__all__ = ["verify_all"]


def verify_all(
    form: Mapping[str, object], checks: Iterable[Check], *, form_digest: str = ""
) -> tuple[Verification, ...]:
    """
    One verification for each subject, in the order of `Subject`, out of everything the checks say.

    A subject passes when every check of it that had something to look at passed, and at least one of these looked
    beyond the form; of the network, domains and addresses each where the form has them. A check that raises is
    undecided. `form_digest` is the application's: with it the verifications
    do not count for a form that was edited meanwhile. Raises `RegistrationError` for a form that is no JSON, and
    `ConfigurationError` for a check without a subject.
    """
    listed = tuple(checks)
    for check in listed:
        if not isinstance(getattr(check, "subject", None), Subject):
            raise ConfigurationError(f"{type(check).__name__} has no subject", hint="identity, network or app")
    copied = plain(form)
    return tuple(
        _together(subject, copied, [check for check in listed if check.subject is subject], form_digest)
        for subject in SUBJECTS
    )


def _together(subject: Subject, form: dict[str, Json], checks: list[Check], form_digest: str) -> Verification:
    results = [(check, result) for check in checks if (result := _looked(check, form)) is not None]
    said = [result for _, result in results]
    wrong = [f"{each.method}: {each.note}" for each in said if not each.passed and not is_undecided(each)]
    still_open = [f"{each.method}: {each.note.removeprefix(UNDECIDED)}" for each in said if is_undecided(each)]
    if (
        not wrong
        and not still_open
        and not any(result.passed and not getattr(check, "form_only", False) for check, result in results)
    ):
        still_open.append("nothing beyond the form was looked at and found right")
    if subject is Subject.NETWORK and not wrong and not still_open:
        still_open += [f"nobody looked at the {what}" for what in _unseen(form, results)]
    return Verification(
        subject,
        named(" + ".join(dict.fromkeys(each.method for each in said)) or "none"),
        passed=not wrong and not still_open,
        evidence=joined([f"{each.method}: {each.evidence}" for each in said]) or "nothing was looked at",
        note=note_of(wrong, still_open),
        form_digest=form_digest,
    )


def _unseen(form: dict[str, Json], results: list[tuple[Check, Verification]]) -> list[str]:
    """What the form has of network resources and no check that passed has looked at."""
    app = read_form(form).app
    has = {"domains": bool(app.domains), "addresses": bool(app.endpoints)}
    seen: set[str] = set()
    for check, result in results:
        if result.passed:
            seen |= getattr(check, "looks_at", has.keys())
    return [what for what, there in has.items() if there and what not in seen]


def _looked(check: Check, form: dict[str, Json]) -> Verification | None:
    """What one check says of a copy of the form; whatever it raises or returns instead is undecided."""
    name = type(check).__name__
    given = plain(form)
    if not getattr(check, "reads_persons", False):
        given.pop("persons", None)
    try:
        result = check.check(given)
    except Exception as error:  # noqa: BLE001 -- a check may raise anything; its words may name somebody
        return _undecided(check, f"{name} raised {type(error).__name__}")
    if result is None:
        return None
    texts = isinstance(result, Verification) and all(
        isinstance(text, str) for text in (result.method, result.evidence, result.note)
    )
    if not texts or result.subject is not check.subject or type(result.passed) is not bool:
        return _undecided(check, f"{name} gave no verification of its subject")
    return result


def _undecided(check: Check, why: str) -> Verification:
    return Verification(
        check.subject, type(check).__name__, passed=False, evidence="nothing was seen", note=UNDECIDED + why
    )
