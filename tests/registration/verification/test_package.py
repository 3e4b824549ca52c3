"""The app as its package files have it: every platform, and nothing that is only claimed."""

from __future__ import annotations

from typing import Any

import pytest

from icpgate.errors import ConfigurationError, InvalidApp
from icpgate.registration.verification import PackageCheck, facts_from, is_undecided
from icpgate.signing import DigestAlgorithm, Platform, Provenance
from tests.registration.forms import good_form, modulus, spoilt
from tests.registration.verification.checks import checked, facts_of, kept

ANDROID, IOS, HARMONYOS = range(3)


def _android() -> dict[str, Any]:
    """The form with its first platform alone."""
    form = good_form()
    del form["app"]["platforms"][1:]
    return form


def _row(form: dict[str, Any] | None = None, place: int = ANDROID) -> dict[str, Any]:
    row: dict[str, Any] = (form or good_form())["app"]["platforms"][place]
    return row


def _certificates(digest: str, provenance: str = "verified") -> list[dict[str, str]]:
    return [{"digest": digest, "provenance": provenance}]


@pytest.mark.parametrize("kind", ["app", "mini_program", "quick_app"])
def test_packages_that_agree_with_the_form(kind: str) -> None:
    """On every platform of the form."""
    form = good_form(kind)
    result = checked(PackageCheck(*map(facts_of, form["app"]["platforms"])), form)
    assert result.passed
    assert all(row["package"] in result.evidence for row in form["app"]["platforms"])


def test_a_platform_that_nobody_looked_at_is_undecided() -> None:
    """The app that is on Android may be somebody else's on iOS."""
    result = checked(PackageCheck(facts_of(_row()), facts_of(_row(place=HARMONYOS))))
    assert is_undecided(result)
    assert "on ios" in result.note


def test_another_package_is_an_objection() -> None:
    """Also one that differs in a letter's case, and one more than the form has."""
    for package in ("cn.example.Notes", "cn.example.notes2"):
        result = checked(PackageCheck(facts_of(_row(), package=package)), _android())
        assert not result.passed
        assert not is_undecided(result)
        assert package in result.note
    extra = facts_of(_row(place=IOS), package="cn.example.other")
    assert not checked(PackageCheck(facts_of(_row()), extra), _android()).passed


@pytest.mark.parametrize("name", ["示例随手记Pro", "示例随手计", "示例", "Ехample"])
def test_another_name_is_an_objection(name: str) -> None:
    """Only the same name, however it is written, passes."""
    result = checked(PackageCheck(facts_of(_row(), name=name)), _android())
    assert not result.passed
    assert name in result.note
    form = spoilt(_android(), "/app/name", "示例（Pro）")
    assert checked(PackageCheck(facts_of(_row(form), name="示例(PRO)")), form).passed


def test_a_file_without_a_name_is_undecided() -> None:
    """Nothing was compared."""
    facts = facts_of(_row())
    nameless = type(facts)(facts.platform, facts.package, None, {}, None, facts.signing_certificates, facts.public_key)
    assert is_undecided(checked(PackageCheck(nameless), _android()))


def test_a_claimed_certificate_does_not_pass() -> None:
    """It is the right one, and nobody checked that the package is signed with it."""
    claimed = facts_of(_row(), signing_certificates=_certificates(_row()["signing_certificate"], "claimed"))
    result = checked(PackageCheck(claimed), _android())
    assert is_undecided(result)
    assert "claimed" in result.note


def test_a_claimed_certificate_beside_a_verified_one_changes_nothing() -> None:
    """The one that matches is only claimed; the verified one is another."""
    right = _row()["signing_certificate"]
    both = _certificates(right, "claimed") + _certificates("f" * 31 + "e")
    result = checked(PackageCheck(facts_of(_row(), signing_certificates=both)), _android())
    assert not result.passed
    assert "another certificate" in result.note


def test_another_certificate_is_an_objection() -> None:
    """Signed by somebody else."""
    result = checked(PackageCheck(facts_of(_row(), signing_certificates=_certificates("f" * 31 + "e"))), _android())
    assert not result.passed
    assert not is_undecided(result)


def test_one_of_several_verified_certificates_may_match() -> None:
    """A signing key may have been rotated."""
    certificates = _certificates("f" * 31 + "e") + _certificates(_row()["signing_certificate"])
    assert checked(PackageCheck(facts_of(_row(), signing_certificates=certificates)), _android()).passed


@pytest.mark.parametrize("certificates", [[], _certificates("f" * 39 + "e"), _certificates("f" * 63 + "e")])
def test_certificates_that_cannot_be_compared_are_undecided(certificates: list[dict[str, str]]) -> None:
    """None, or digests of other algorithms only."""
    result = checked(PackageCheck(facts_of(_row(), signing_certificates=certificates)), _android())
    assert is_undecided(result)


def test_a_match_by_md5_alone_is_not_enough_where_better_is_asked_for() -> None:
    """A quick app's form may state any digest; one of MD5 says too little."""
    form = good_form("quick_app")
    for digest, passes in (
        ("0a1b2c3d4e5f60718293a4b5c6d7e8f9", False),
        ("0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d", True),
    ):
        row = _row(form)
        row["signing_certificate"] = digest
        result = checked(PackageCheck(facts_of(row)), form)
        assert result.passed is passes
        assert is_undecided(result) is not passes


def test_another_key_is_an_objection() -> None:
    """A key is compared as a key: in hex it is the one that the form has in decimal."""
    result = checked(PackageCheck(facts_of(_row(), public_key=f"{modulus('another'):x}")), _android())
    assert not result.passed
    assert "RSA 2048 bits" in result.note
    assert checked(PackageCheck(facts_of(_row(), public_key=f"{modulus('android'):x}")), _android()).passed


def test_a_key_that_is_not_known_is_undecided() -> None:
    """The form states one."""
    row = {name: value for name, value in _row().items() if name != "public_key"}
    assert is_undecided(checked(PackageCheck(facts_of(row)), _android()))


def test_a_key_without_a_checked_signature_is_undecided() -> None:
    """Where the form has a key and no certificate, as a quick app's may."""
    form = good_form("quick_app")
    _row(form)["public_key"] = str(modulus("quick"))
    result = checked(PackageCheck(facts_of(_row(form))), form)
    assert is_undecided(result)
    certified = facts_of(_row(form), signing_certificates=_certificates("f" * 39 + "e"))
    assert checked(PackageCheck(certified), form).passed


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("/app/platforms/1/package", "no package"), ("/app/platforms/-", {"platform": "android"}), ("/app/platforms", []),
     ("/app/platforms/0/platform", "windows"), ("/app", None), ("/app/name", None)],
)  # fmt: skip
def test_a_form_with_a_platform_that_cannot_be_read_passes_nothing(pointer: str, value: object) -> None:
    """What is right about the others is not enough."""
    facts = [facts_of(row) for row in good_form()["app"]["platforms"]]
    result = PackageCheck(*facts).check(kept(spoilt(good_form(), pointer, value)))
    assert not result.passed
    assert not is_undecided(result)


def test_two_files_of_one_package_are_refused() -> None:
    """Nobody could tell which one is meant."""
    with pytest.raises(ConfigurationError, match="two package files"):
        PackageCheck(facts_of(_row()), facts_of(_row(), name="另一个"))


# --- facts out of JSON ------------------------------------------------------------------------------------


def test_facts_are_read() -> None:
    """Each field into its value."""
    facts = facts_from(
        {
            "platform": "安卓",
            "package": "cn.example.notes",
            "name": "示例随手记",
            "labels": {"zh-CN": "示例随手记", "en": "Notes"},
            "version": "1.0",
            "signing_certificates": ["0a1b2c3d4e5f60718293a4b5c6d7e8f9", *_certificates("f" * 39 + "e")],
            "public_key": str(modulus("android")),
            "uses_network": True,
        }
    )
    assert facts.platform is Platform.ANDROID
    assert facts.labels == {"zh-CN": "示例随手记", "en": "Notes"}
    assert [each.provenance for each in facts.signing_certificates] == [Provenance.CLAIMED, Provenance.VERIFIED]
    assert facts.signing_certificates[1].algorithm is DigestAlgorithm.SHA1
    assert facts.public_key is not None
    assert facts.uses_network is True


def test_every_defect_of_the_facts_is_said_at_once() -> None:
    """With its place; unknown fields are defects, and nothing is converted."""
    with pytest.raises(InvalidApp) as raised:
        facts_from(
            {
                "platform": "android",
                "package": "no package",
                "name": "",
                "labels": {"zh": 7},
                "signing_certificates": [{"digest": "xyz"}],
                "public_key": "no key",
                "uses_network": "yes",
                "verified": True,
            }
        )
    places = {defect.place for defect in raised.value.defects}
    assert places == {
        "/package", "/name", "/labels/zh", "/signing_certificates/0/digest", "/public_key", "/uses_network",
        "/verified",
    }  # fmt: skip


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"package": "cn.example.notes", "platform": "windows"},
        {"package": "cn.example.notes", "platform": "android", "labels": ["示例"]},
        {"package": "cn.example.notes", "platform": "android", "labels": {f"l{place}": "示例" for place in range(501)}},
        {
            "package": "cn.example.notes",
            "platform": "android",
            "signing_certificates": [{"digest": "f" * 32, "provenance": "checked"}],
        },
        [],
        None,
    ],
)
def test_facts_that_are_refused(facts: Any) -> None:
    """Whatever is handed in."""
    with pytest.raises(InvalidApp):
        facts_from(facts)
