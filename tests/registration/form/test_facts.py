"""A form that begins with what a package file says."""

from __future__ import annotations

from typing import Any

import pytest

from icpgate.app import PackageFacts
from icpgate.registration.form import Form, examine, form_from_facts
from icpgate.registration.form.facts import key_as_registered
from icpgate.signing import DigestAlgorithm, Platform, PublicKey, SigningCertificate, same_key
from tests.registration.forms import TODAY, good_form, modulus

MD5 = SigningCertificate("0a1b2c3d" * 4, DigestAlgorithm.MD5)
SHA1 = SigningCertificate("0a1b2c3d" * 5, DigestAlgorithm.SHA1)
SHA256 = SigningCertificate("0a1b2c3d" * 8, DigestAlgorithm.SHA256)
KEY = PublicKey.parse(f"rsa:{modulus('facts'):x}:65537")
EC = PublicKey.parse(
    "ec:p256:046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)


def _facts(platform: Platform = Platform.ANDROID, **changes: Any) -> PackageFacts:
    stated: dict[str, Any] = {
        "name": "示例随手记",
        "signing_certificates": (SHA256, SHA1, MD5),
        "public_key": KEY,
    }
    return PackageFacts(platform, "cn.example.notes", **(stated | changes))


@pytest.mark.parametrize(
    ("platform", "digest", "key"),
    [
        (Platform.ANDROID, MD5.digest, str(modulus("facts"))),
        (Platform.IOS, SHA1.digest, f"{modulus('facts'):x}"),
        (Platform.HARMONYOS, SHA1.digest, f"{modulus('facts'):x}"),
    ],
)
def test_certificate_and_key_are_in_the_platform_s_notation(platform: Platform, digest: str, key: str) -> None:
    """In hex without colons; the modulus in decimal for Android, as its tool shows it."""
    form = form_from_facts(_facts(platform))
    assert form["app"] == {
        "kind": "app",
        "name": "示例随手记",
        "platforms": [
            {
                "platform": platform.value,
                "package": "cn.example.notes",
                "signing_certificate": digest,
                "public_key": key,
            }
        ],
    }


def test_a_form_from_facts_and_what_is_known_is_complete() -> None:
    """With everything that no package file says."""
    known = good_form()
    for name in ("name", "kind", "platforms"):
        del known["app"][name]
    assert examine(Form.from_facts(_facts(), **known), today=TODAY).complete


def test_harmonyos_takes_md5_where_there_is_nothing_better() -> None:
    """And a digest in another algorithm is left out: nobody can compute one from another."""
    [row] = form_from_facts(_facts(Platform.HARMONYOS, signing_certificates=(MD5,)))["app"]["platforms"]  # type: ignore[index]  # an object
    assert row["signing_certificate"] == MD5.digest
    [row] = form_from_facts(_facts(Platform.IOS, signing_certificates=(MD5, SHA256)))["app"]["platforms"]  # type: ignore[index]  # an object
    assert "signing_certificate" not in row


def test_the_first_certificate_of_an_algorithm_is_taken() -> None:
    """A file may have several; its reader gives the one that signs first."""
    other = SigningCertificate("f" * 32, DigestAlgorithm.MD5)
    [row] = form_from_facts(_facts(signing_certificates=(MD5, other)))["app"]["platforms"]  # type: ignore[index]  # an object
    assert row["signing_certificate"] == MD5.digest


def test_what_is_known_wins_and_other_platforms_stay() -> None:
    """The row of the same platform is completed, others are kept, and nothing handed over is changed."""
    rows = [{"platform": "ios", "package": "cn.example.ios"}, {"platform": "安卓", "package": "cn.example.other"}]
    app = {"name": "示例", "platforms": rows}
    form: Any = form_from_facts(_facts(public_key=None), app=app, operator={"name": "示例"})
    assert form["operator"] == {"name": "示例"}
    assert form["app"]["name"] == "示例"
    assert form["app"]["platforms"] == [
        rows[0],
        {"platform": "安卓", "package": "cn.example.other", "signing_certificate": MD5.digest},
    ]
    assert "signing_certificate" not in rows[1]


def test_another_platform_s_row_is_added() -> None:
    """After those that are there."""
    form: Any = form_from_facts(_facts(Platform.IOS), app={"platforms": [{"platform": "android"}]})
    assert [row["platform"] for row in form["app"]["platforms"]] == ["android", "ios"]


def test_what_is_known_may_be_anything() -> None:
    """A draft may be wrong; the examination says so."""
    assert form_from_facts(_facts(), app=["示例"]) == {"app": ["示例"]}
    form: Any = form_from_facts(_facts(name=None, public_key=None, signing_certificates=()), app={"platforms": "none"})
    assert form["app"] == {"kind": "app", "platforms": [{"platform": "android", "package": "cn.example.notes"}]}


@pytest.mark.parametrize(
    ("platform", "kind"),
    [(Platform.QUICK_APP, "quick_app"), (Platform.WECHAT, "mini_program"), (Platform.HARMONYOS, "app")],
)
def test_the_kind_is_the_platform_s(platform: Platform, kind: str) -> None:
    """HarmonyOS runs apps first of all."""
    form: Any = form_from_facts(_facts(platform))
    assert form["app"]["kind"] == kind


@pytest.mark.parametrize("platform", [Platform.ANDROID, Platform.IOS])
@pytest.mark.parametrize("bits", [1_024, 2_048, 2_125, 3_072, 8_192, 16_384])
def test_every_key_reads_back_as_itself(platform: Platform, bits: int) -> None:
    """Of every size, and an EC key by its point."""
    key = PublicKey.parse(f"rsa:{1 << bits - 1 | 1:x}:65537")
    assert same_key(PublicKey.parse(key_as_registered(platform, key)), key)
    assert same_key(PublicKey.parse(key_as_registered(platform, EC)), EC)
