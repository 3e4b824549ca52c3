"""Certificates and public keys against the registered ones."""

from __future__ import annotations

import re

import pytest

from icpgate.rules import Binding, Rule, bindings
from icpgate.rules.signature import PublicKeyMatches, SigningCertificateMatches
from tests.cases import MD5, case_of, described, failed, not_applicable, not_checkable, passed, registered, warned

PACKAGE = "com.sig.wameiji"
SHA1 = "0123456789abcdef0123456789abcdef01234567"
SHA256 = "0123456789abcdef" * 4
OTHER = "f" * 32
ONE, TWO = "c" * 255 + "1", "d" * 255 + "1"
MINI = {
    "kind": "mini_program",
    "platform": "wechat",
    "package": "wx0123456789abcdef",
    "registration_number": "蜀ICP备2021014694号-10X",
}
MINI_RECORD = {"kind": "mini_program", "registration_number": "蜀ICP备2021014694号-10X"}


def android(**fields: object) -> dict[str, object]:
    """A record with one entry for the app's package."""
    return registered(platforms=[{"platform": "android", "package": PACKAGE} | fields])


@pytest.mark.parametrize("rule", [SigningCertificateMatches, PublicKeyMatches])
def test_without_a_record_nothing_is_compared(rule: type[Rule]) -> None:
    """No record, no comparison."""
    assert rule().check(case_of(asked=False)) == not_applicable(rule)  # type: ignore[arg-type]  # both are demands


@pytest.mark.parametrize("text", [MD5, MD5.upper(), ":".join(MD5[i : i + 2] for i in range(0, 32, 2))])
def test_the_registered_certificate(text: str) -> None:
    """Colons and case make no other digest."""
    case = case_of(record=android(signing_certificate=text))
    assert SigningCertificateMatches().check(case) == passed(SigningCertificateMatches)
    assert Binding.SIGNING_CERTIFICATE in bindings(case)


def test_another_certificate() -> None:
    """Both digests are named with their algorithms."""
    app = described(signing_certificates=[OTHER, SHA1])
    case = case_of(app, android(signing_certificate=MD5))
    expected = failed(SigningCertificateMatches, "certificate.different", f"md5 {OTHER} and sha1 {SHA1}", MD5)
    assert SigningCertificateMatches().check(case) == expected
    assert Binding.SIGNING_CERTIFICATE not in bindings(case)


def test_one_of_several_held_certificates_will_do() -> None:
    """A signing key may be rotated."""
    case = case_of(described(signing_certificates=[OTHER, MD5]))
    assert SigningCertificateMatches().check(case) == passed(SigningCertificateMatches)


def test_digests_of_two_algorithms_say_nothing_about_each_other() -> None:
    """An app whose SHA-256 alone is known cannot be compared with an MD5."""
    case = case_of(described(signing_certificates=[SHA256]))
    expected = "a digest of the registered algorithm"
    assert SigningCertificateMatches().check(case) == not_checkable(
        SigningCertificateMatches, "certificate.algorithm", expected
    )


@pytest.mark.parametrize("order", [1, -1])
def test_a_difference_weighs_more_than_what_cannot_be_compared(order: int) -> None:
    """One registered digest that differs is a difference, whatever else is registered."""
    platforms = [{"platform": "android", "package": PACKAGE, "signing_certificate": text} for text in (OTHER, SHA1)][
        ::order
    ]
    finding = SigningCertificateMatches().check(case_of(record=registered(platforms=platforms)))
    assert finding.detail == "certificate.different"
    assert finding.expected == " or ".join([OTHER, SHA1][::order])


def test_an_unreadable_registered_certificate_cannot_be_compared() -> None:
    """见附件 is no digest."""
    finding = SigningCertificateMatches().check(case_of(record=android(signing_certificate="见附件")))
    assert finding.detail == "certificate.algorithm"


@pytest.mark.parametrize(
    ("app", "record", "detail", "expected"),
    [
        ({}, {}, "record.signing_certificate", "the registered certificate"),
        ({"signing_certificates": None}, {"signing_certificate": MD5}, "app.signing_certificates",
         "the app's signing certificate"),
        ({"signing_certificates": None}, {"signing_certificate": ""}, "app.signing_certificates",
         "the app's signing certificate"),
    ],
)  # fmt: skip
def test_an_absent_certificate_cannot_be_compared(
    app: dict[str, object], record: dict[str, object], detail: str, expected: str
) -> None:
    """It takes two to compare."""
    finding = SigningCertificateMatches().check(case_of(described(**app), android(**record)))
    assert finding == not_checkable(SigningCertificateMatches, detail, expected)


def test_an_absent_list_of_platforms_cannot_be_compared() -> None:
    """The public register has no certificates at all."""
    for rule, detail in (
        (SigningCertificateMatches, "record.signing_certificate"),
        (PublicKeyMatches, "record.public_key"),
    ):
        assert rule().check(case_of(record=registered(platforms=None))).detail == detail


def test_an_empty_registered_certificate_is_another_one() -> None:
    """A registry that has certificates and none here has not registered this one."""
    expected = failed(
        SigningCertificateMatches, "certificate.none", f"md5 {MD5}", "a registered certificate: it is empty"
    )
    assert SigningCertificateMatches().check(case_of(record=android(signing_certificate=""))) == expected


def test_the_certificate_of_another_package_is_not_the_apps() -> None:
    """Where the app's package is registered, its own certificate counts."""
    mine = {"platform": "android", "package": PACKAGE, "signing_certificate": OTHER}
    other = {"platform": "android", "package": "a.b", "signing_certificate": MD5}
    case = case_of(record=registered(platforms=[mine, other]))
    assert SigningCertificateMatches().check(case).detail == "certificate.different"
    assert Binding.SIGNING_CERTIFICATE not in bindings(case)
    without = case_of(record=registered(platforms=[other]))
    assert SigningCertificateMatches().check(without) == passed(SigningCertificateMatches)


def test_a_claimed_certificate_passes_but_binds_nothing() -> None:
    """What a developer says of a certificate ties the app to nothing."""
    case = case_of(described(signing_certificates=[MD5]))
    assert SigningCertificateMatches().check(case) == passed(SigningCertificateMatches)
    assert Binding.SIGNING_CERTIFICATE not in bindings(case)


@pytest.mark.parametrize("registered_one", [MD5, MD5.upper()])
@pytest.mark.parametrize("other", [OTHER, SHA1, MD5])
@pytest.mark.parametrize("verified", [True, False])
def test_one_verified_certificate_of_several_binds(
    registered_one: str,
    other: str,
    verified: bool,  # noqa: FBT001 -- a test's parameter
) -> None:
    """Whatever was only claimed beside it, and however the registered one is written."""
    held = [{"digest": other}, {"digest": MD5, "provenance": "verified" if verified else "claimed"}]
    case = case_of(described(signing_certificates=held), android(signing_certificate=registered_one))
    assert (Binding.SIGNING_CERTIFICATE in bindings(case)) is verified


def test_a_verified_certificate_binds_among_several_entries() -> None:
    """Each registered text of the package counts."""
    entries = [{"platform": "android", "package": PACKAGE, "signing_certificate": text} for text in (OTHER, MD5)]
    held = [{"digest": OTHER}, {"digest": MD5, "provenance": "verified"}]
    case = case_of(described(signing_certificates=held), registered(platforms=entries))
    assert Binding.SIGNING_CERTIFICATE in bindings(case)


def test_only_verified_certificates_where_the_policy_says_so() -> None:
    """A claim then passes nothing, and contradicts nothing."""
    rule = SigningCertificateMatches(verified_only=True)
    claimed = case_of(described(signing_certificates=[MD5, OTHER]))
    expected = "a verified signing certificate of the app"
    assert rule.check(claimed) == not_checkable(SigningCertificateMatches, "app.signing_certificates", expected)
    assert rule.check(case_of()) == passed(SigningCertificateMatches)


@pytest.mark.parametrize(
    ("platform", "expected"), [("ios", "a digest in sha1"), ("wechat", "a SHA-1 or SHA-256 digest")]
)
def test_a_match_in_md5_alone_is_weak_where_the_form_has_better(platform: str, expected: str) -> None:
    """Apple's certificates are registered by their SHA-1."""
    fields = {"platform": platform, "package": "wx0123456789abcdef"}
    app = described(**(MINI | fields)) if platform == "wechat" else described(**fields)
    record = registered(
        **(MINI_RECORD if platform == "wechat" else {}), platforms=[fields | {"signing_certificate": MD5}]
    )
    finding = SigningCertificateMatches().check(case_of(app, record))
    assert finding == warned(SigningCertificateMatches, "certificate.weak", "equal in MD5 only", expected)


def test_a_strong_match_beside_a_weak_one_is_strong() -> None:
    """The best of all comparisons counts."""
    fields = {"platform": "ios", "package": PACKAGE}
    entries = [fields | {"signing_certificate": text} for text in (MD5, SHA1.upper())]
    app = described(platform="ios", signing_certificates=[MD5, SHA1])
    assert SigningCertificateMatches().check(case_of(app, registered(platforms=entries))) == passed(
        SigningCertificateMatches
    )


def test_md5_is_the_notation_of_harmonyos_too() -> None:
    """Providers register HarmonyOS apps in SHA-1 or in MD5."""
    fields = {"platform": "harmonyos", "package": PACKAGE}
    case = case_of(described(**fields), registered(platforms=[fields | {"signing_certificate": MD5}]))
    assert SigningCertificateMatches().check(case) == passed(SigningCertificateMatches)


@pytest.mark.parametrize("rule", [SigningCertificateMatches, PublicKeyMatches])
@pytest.mark.parametrize("empty", [{}, {"signing_certificate": "", "public_key": ""}])
def test_the_form_of_a_mini_program_has_no_certificate(rule: type[Rule], empty: dict[str, str]) -> None:
    """What the form does not ask for cannot be missing, nor be wrong."""
    entry = {"platform": "wechat", "package": "wx0123456789abcdef"} | empty
    case = case_of(described(**MINI, public_key=ONE), registered(**MINI_RECORD, platforms=[entry]))
    assert rule().check(case) == not_applicable(rule)  # type: ignore[arg-type]  # both are demands


def test_many_certificates_are_not_all_shown() -> None:
    """A thousand certificates make no finding of a thousand digests."""
    held = [f"{n:032x}" for n in range(1, 13)]
    finding = SigningCertificateMatches().check(case_of(described(signing_certificates=held)))
    assert finding.found == " and ".join([f"md5 {digest}" for digest in held[:10]] + ["2 more"])


@pytest.mark.parametrize("text", [ONE, ONE.upper(), str(int(ONE, 16))])
def test_the_registered_key(text: str) -> None:
    """A key is compared as a key: hexadecimal or decimal, it is the same."""
    case = case_of(described(public_key=ONE), android(public_key=text))
    assert PublicKeyMatches().check(case) == passed(PublicKeyMatches)


def test_another_key() -> None:
    """Both keys are shown in short."""
    case = case_of(described(public_key=ONE), android(public_key=TWO))
    finding = PublicKeyMatches().check(case)
    assert case.app.public_key is not None
    assert finding.detail == "public_key.different"
    assert finding.found == case.app.public_key.short
    assert finding.expected.startswith("RSA 1024 bits, modulus sha256 ")
    assert finding.found != finding.expected


def test_one_of_several_registered_keys_will_do() -> None:
    """Two entries for one package are both the app's; a text that is no key counts for nothing."""
    entry = {"platform": "android", "package": PACKAGE}
    record = registered(platforms=[entry | {"public_key": text} for text in ("见附件", TWO, ONE)])
    assert PublicKeyMatches().check(case_of(described(public_key=ONE), record)) == passed(PublicKeyMatches)
    missing = PublicKeyMatches().check(case_of(described(public_key="e" * 255 + "1"), record))
    assert re.fullmatch(r"RSA 1024 bits, modulus sha256 \w+ or RSA 1024 bits, modulus sha256 \w+", missing.expected)


@pytest.mark.parametrize(
    ("app", "record", "detail", "expected"),
    [
        ({"public_key": ONE}, {}, "record.public_key", "the registered public key"),
        ({}, {"public_key": ONE}, "app.public_key", "the app's public key"),
        ({}, {"public_key": ""}, "app.public_key", "the app's public key"),
        ({"public_key": ONE}, {"public_key": "见附件"}, "record.public_key.unreadable", "a readable registered key"),
    ],
)
def test_an_absent_key_cannot_be_compared(
    app: dict[str, object], record: dict[str, object], detail: str, expected: str
) -> None:
    """It takes two to compare, and both must be keys."""
    finding = PublicKeyMatches().check(case_of(described(**app), android(**record)))
    assert finding == not_checkable(PublicKeyMatches, detail, expected)


def test_an_empty_registered_key_is_another_one() -> None:
    """A registry that has keys and none here has not registered this one."""
    case = case_of(described(public_key=ONE), android(public_key=""))
    finding = PublicKeyMatches().check(case)
    assert case.app.public_key is not None
    assert finding == failed(
        PublicKeyMatches, "public_key.none", case.app.public_key.short, "a registered public key: it is empty"
    )


def test_the_key_of_another_package_is_not_the_apps() -> None:
    """Where the app's package is registered, its own key counts."""
    mine = {"platform": "android", "package": PACKAGE, "public_key": TWO}
    other = {"platform": "android", "package": "a.b", "public_key": ONE}
    case = case_of(described(public_key=ONE), registered(platforms=[other, mine]))
    assert PublicKeyMatches().check(case).detail == "public_key.different"
    only_other = case_of(described(public_key=ONE), registered(platforms=[other]))
    assert PublicKeyMatches().check(only_other) == passed(PublicKeyMatches)
