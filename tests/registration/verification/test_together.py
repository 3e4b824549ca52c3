"""All checks together: a subject passes only on what somebody looked at beyond the form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from icpgate.errors import ConfigurationError
from icpgate.registration import OutOfDate, RegistrationError, RegistrationSystem, State, Vault
from icpgate.registration.application import SUBJECTS, Subject, Verification
from icpgate.registration.verification import (
    BusinessRegisterCheck,
    Check,
    DocumentCheck,
    DomainRegistrantCheck,
    PackageCheck,
    PersonsCheck,
    ProviderAddressCheck,
    ResolutionCheck,
    Seen,
    is_undecided,
    verify_all,
)
from icpgate.testing import FixedClock
from tests.registration.forms import TODAY, good_form, spoilt
from tests.registration.scenes import NOW, OPERATOR, PLATFORM
from tests.registration.verification.checks import NETWORKS, Domains, Register, Resolves, every_check, facts_of, kept

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SAID = Verification(Subject.APP, "by hand", passed=True, evidence="looked at")


class Says:
    """A check of the app that returns or raises what it is told."""

    subject: ClassVar[Subject] = Subject.APP

    def __init__(self, result: Any) -> None:
        """What `check` gives."""
        self.result = result

    def check(self, form: Mapping[str, object]) -> Verification | None:
        """See `Check.check`; it also spoils the form that it was given."""
        form.clear()  # type: ignore[attr-defined]  # as a careless plug-in would
        if isinstance(self.result, Exception):
            raise self.result
        result: Verification | None = self.result
        return result


def _app(*checks: Check) -> Verification:
    """What is said of the app."""
    return verify_all(kept(), checks)[SUBJECTS.index(Subject.APP)]


@pytest.mark.parametrize("kind", ["app", "mini_program", "quick_app"])
def test_everything_right_passes_each_subject(kind: str) -> None:
    """One verification for each, in order, each with what was looked at."""
    form = good_form(kind)
    results = verify_all(kept(form), every_check(form), form_digest="d1")
    assert [result.subject for result in results] == list(SUBJECTS)
    assert all(result.passed and result.note == "" and result.form_digest == "d1" for result in results), results
    assert results[0].method == "document number + business register"


@pytest.mark.parametrize(
    ("wrong", "subject"),
    [
        (BusinessRegisterCheck(Register()), Subject.IDENTITY),
        (BusinessRegisterCheck(Register(fails=OSError())), Subject.IDENTITY),
        (DomainRegistrantCheck(Domains("别的公司")), Subject.NETWORK),
        (ResolutionCheck(Resolves("127.0.0.1"), NETWORKS), Subject.NETWORK),
        (ResolutionCheck(Resolves(fails=OSError()), NETWORKS), Subject.NETWORK),
        (PackageCheck(facts_of(good_form()["app"]["platforms"][0])), Subject.APP),
    ],
)
def test_one_check_that_does_not_pass_spoils_its_subject_alone(wrong: Check, subject: Subject) -> None:
    """Beside all the others that do."""
    for checks in ([*every_check(good_form()), wrong], [wrong, *every_check(good_form())]):
        results = verify_all(kept(), checks)
        assert [result.subject for result in results if not result.passed] == [subject]


def test_without_checks_nothing_passes() -> None:
    """Each subject is undecided."""
    results = verify_all(kept(), [])
    assert [is_undecided(result) for result in results] == [True, True, True]
    assert {result.method for result in results} == {"none"}


def test_the_form_does_not_prove_itself() -> None:
    """A number with the right check character and persons who go together were written by who is verified."""
    identity = verify_all(good_form(), [DocumentCheck(), PersonsCheck(TODAY)])[0]
    assert is_undecided(identity)
    assert "beyond the form" in identity.note
    # A natural person is in no register of businesses: somebody has to look at the document.
    person = good_form(nature="natural_person")
    identity = verify_all(person, [DocumentCheck(), BusinessRegisterCheck(Register.of(person))])[0]
    assert is_undecided(identity)


def test_nothing_to_look_at_is_not_passed() -> None:
    """A mini program without domains and addresses has its network resources verified by somebody else."""
    form = good_form("mini_program")
    form["app"]["domains"] = []
    checks: list[Check] = [
        DomainRegistrantCheck(Domains()),
        ResolutionCheck(Resolves("203.0.113.7"), NETWORKS),
        ProviderAddressCheck(NETWORKS),
    ]
    assert is_undecided(verify_all(kept(form), checks)[1])


def test_a_check_that_raises_is_undecided() -> None:
    """It is named, and its words are not: they may name somebody. What the others saw stays in the evidence."""
    result = _app(Says(SAID), Says(RuntimeError("张示例")))
    assert is_undecided(result)
    assert "Says raised RuntimeError" in result.note
    assert "张示例" not in result.note
    assert "looked at" in result.evidence


@pytest.mark.parametrize(
    "result",
    [
        True,
        "passed",
        replace(SAID, subject=Subject.NETWORK),
        replace(SAID, passed=1),  # type: ignore[arg-type]  # what a plug-in may give
        replace(SAID, passed="no"),  # type: ignore[arg-type]  # as above
        replace(SAID, evidence=None),  # type: ignore[arg-type]  # as above
        replace(SAID, note=7),  # type: ignore[arg-type]  # as above
    ],
)
def test_what_is_no_verification_of_its_subject_is_undecided(result: Any) -> None:
    """Whatever a plug-in returns, it does not pass by being something."""
    for checks in ([Says(result)], [Says(SAID), Says(result)]):
        assert is_undecided(_app(*checks))


def test_a_plug_in_that_says_it_looked_at_the_form_alone_does_not_pass_alone() -> None:
    """As our own such checks."""

    class FormOnly(Says):
        form_only: ClassVar[bool] = True

    assert is_undecided(_app(FormOnly(SAID)))
    assert _app(FormOnly(SAID), Says(SAID)).passed
    assert not _app(FormOnly(replace(SAID, passed=False, note="wrong")), Says(SAID)).passed


def test_no_check_spoils_the_form_of_the_next() -> None:
    """Each has a copy of its own, and so has the caller."""
    form = kept()
    facts = [facts_of(row) for row in form["app"]["platforms"]]
    result = verify_all(form, [Says(None), PackageCheck(*facts)])[2]
    assert result.passed
    assert form == kept()


def test_only_who_needs_the_persons_gets_them() -> None:
    """A plug-in that asks somebody else is handed none by mistake."""
    handed: list[Mapping[str, object]] = []

    class Sees(Says):
        def check(self, form: Mapping[str, object]) -> Verification | None:
            handed.append(form)
            return None

    class SeesPersons(Sees):
        reads_persons: ClassVar[bool] = True

    verify_all(good_form(), [Sees(None), SeesPersons(None)])
    assert ["persons" in form for form in handed] == [False, True]
    assert "2 persons" in verify_all(good_form(), [PersonsCheck(TODAY)])[0].evidence


def test_a_check_without_a_subject_is_refused() -> None:
    """It would be run for nothing, and nobody would miss it."""
    check: Any = Says(SAID)
    check.subject = "app"
    with pytest.raises(ConfigurationError, match="no subject"):
        verify_all(kept(), [check])
    with pytest.raises(ConfigurationError, match="no subject"):
        verify_all(kept(), [object()])  # type: ignore[list-item]  # as above


def test_a_form_that_is_no_json_is_refused() -> None:
    """Nothing can be said of it."""
    with pytest.raises(RegistrationError):
        verify_all({"app": {1, 2}}, [])


def test_texts_are_bounded_and_visible() -> None:
    """However much a plug-in says, and whatever it hides in it, the registration system can keep it."""
    seen = Seen(Subject.APP, "m\u202e" * 500)
    for place in range(2_000):
        seen.fact(f"\u202e{place}")
        seen.open(f"\0{place}")
    for result in (seen.verification(), _app(Says(seen.verification())), _app(Says(replace(SAID, method=" ")))):
        assert 0 < len(result.method.strip()) <= 200
        assert len(result.evidence) <= 2_000
        assert len(result.note) <= 2_000
        assert all(text.isprintable() for text in (result.method, result.evidence, result.note))


def test_nothing_seen_is_undecided() -> None:
    """A check that forgot to say anything has not passed."""
    assert is_undecided(Seen(Subject.APP, "nothing").verification())


def test_wrong_and_not_known_together_are_wrong() -> None:
    """The note has both; looking again would not help."""
    seen = Seen(Subject.APP, "both")
    seen.objection("this is wrong")
    seen.open("that is not known")
    result = seen.verification()
    assert not is_undecided(result)
    assert result.note == "this is wrong; undecided: that is not known"


def test_the_registration_system_takes_them(tmp_path: Path) -> None:
    """Out of its own form, with its digest: what the checks say is what submission needs."""
    vault = Vault(Vault.new_key())
    with RegistrationSystem.create(
        f"sqlite:///{tmp_path / 'r.db'}", simulated=True, vault=vault, clock=FixedClock(NOW)
    ) as system:
        draft = system.new(good_form(), actor=OPERATOR)
        application = system.submit(draft.id, actor=OPERATOR)
        checks = every_check(good_form())
        for result in verify_all(application.form, checks, form_digest=application.form_digest):
            system.verify(draft.id, result, actor=PLATFORM)
        assert system.submit(draft.id, actor=PLATFORM).state is State.AWAITING_SMS


def test_a_form_edited_meanwhile_is_not_verified_by_them(tmp_path: Path) -> None:
    """The checks looked at another domain than the form has by now."""
    vault = Vault(Vault.new_key())
    with RegistrationSystem.create(
        f"sqlite:///{tmp_path / 'r.db'}", simulated=True, vault=vault, clock=FixedClock(NOW)
    ) as system:
        draft = system.new(good_form(), actor=OPERATOR)
        application = system.application(draft.id, actor=OPERATOR)
        results = verify_all(application.form, every_check(good_form()), form_digest=application.form_digest)
        system.edit(draft.id, spoilt(good_form(), "/app/domains/0", "other.example.com"), actor=OPERATOR)
        system.submit(draft.id, actor=OPERATOR)
        for result in results:
            with pytest.raises(OutOfDate):
                system.verify(draft.id, result, actor=PLATFORM)


def test_domains_and_addresses_are_each_looked_at() -> None:
    """Whoever registered a domain says nothing about the servers, nor the other way round."""
    domains, addresses = DomainRegistrantCheck(Domains()), ProviderAddressCheck(NETWORKS)

    def network(form: Mapping[str, object], *checks: Check) -> Verification:
        return verify_all(form, checks)[1]

    for alone, lacks in ((domains, "addresses"), (addresses, "domains")):
        said = network(good_form(), alone)
        assert (said.passed, is_undecided(said), f"nobody looked at the {lacks}" in said.note) == (False, True, True)
    assert network(good_form(), domains, addresses).passed
    assert network(spoilt(good_form(), "/app/domains", []), addresses).passed


def test_a_check_of_ones_own_speaks_for_its_whole_subject() -> None:
    """Unless it says what it looks at."""

    class Own:
        subject = Subject.NETWORK

        def check(self, form: Mapping[str, object]) -> Verification:
            return Verification(Subject.NETWORK, "by hand", passed=bool(form), evidence="looked at")

    class OfDomains(Own):
        looks_at = frozenset({"domains"})

    assert verify_all(good_form(), [Own()])[1].passed
    assert not verify_all(good_form(), [OfDomains()])[1].passed
