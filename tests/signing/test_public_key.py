"""Public keys in every notation of registration forms."""

from __future__ import annotations

import pickle
import sys
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import assume, given
from hypothesis import strategies as st

from icpgate.errors import InvalidPublicKey
from icpgate.signing import PublicKey, same_key
from icpgate.signing.material import RsaKey

RSA = rsa.generate_private_key(65537, 2048)
MODULUS = RSA.public_key().public_numbers().n
EC_KEYS = {
    "p256": ec.derive_private_key(2023, ec.SECP256R1()),
    "p384": ec.derive_private_key(2023, ec.SECP384R1()),
    "p521": ec.derive_private_key(2023, ec.SECP521R1()),
}
# Made with openssl 3.0: ecparam -genkey -name SM2, ec -pubout.
SM2_POINT = (
    "04bf166aed8ef3854a67ee86af8c885d153d665653548e1716ecfe12a4e830b386"
    "0144f4fe266beadea672339fa8e70544c94ea4654491e443c31442db8e55ae89"
)
SM2_SPKI = f"3059301306072a8648ce3d020106082a811ccf5501822d034200{SM2_POINT}"
SM2_COMPRESSED = f"3039301306072a8648ce3d020106082a811ccf5501822d03220003{SM2_POINT[2:66]}"

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def pairs(digits: str, separator: str) -> str:
    """The digits with a separator between bytes."""
    return separator.join(digits[i : i + 2] for i in range(0, len(digits), 2))


def certified(key: Private) -> x509.Certificate:
    """A self-signed certificate, as app signing keys have it."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "示例")])
    day = datetime(2023, 9, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day.replace(year=2053))
    return builder.sign(key, hashes.SHA256())


def der_notations(key: Private) -> dict[str, str]:
    """A key as others write it, with the structure around it."""
    public = key.public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    certificate = certified(key)
    return {
        "SPKI hex": spki.hex(),
        "SPKI hex with blanks": pairs(spki.hex().upper(), " "),
        "SPKI base64": b64encode(spki).decode(),
        "SPKI base64 in lines": "\r\n".join(pem.splitlines()[1:-1]),
        "PEM": pem,
        "PEM in one line": "".join(pem.splitlines()),
        "certificate PEM": certificate.public_bytes(Encoding.PEM).decode(),
        "certificate base64": b64encode(certificate.public_bytes(Encoding.DER)).decode(),
        "certificate hex": certificate.public_bytes(Encoding.DER).hex(),
    }


def pkcs1_notations(key: rsa.RSAPrivateKey) -> dict[str, str]:
    """An RSA key in its own structure, as Windows shows it (hex) and openssl writes it."""
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return {
        "RSAPublicKey hex": pairs(der.hex(), " "),
        "RSAPublicKey base64": b64encode(der).decode(),
        "RSAPublicKey PEM": key.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode(),
    }


def modulus_notations(modulus: int) -> dict[str, str]:
    """A modulus without its exponent."""
    digits = f"{modulus:x}"
    return {
        "decimal": f"{modulus}",
        "decimal in lines": f"{modulus}"[:300] + "\n" + f"{modulus}"[300:],
        "decimal in full width": f"{modulus}".translate({ord("0") + i: ord("０") + i for i in range(10)}),
        "JadxGUI": f"模数（公钥）：{modulus}",
        "hex": digits,
        "hex in capitals": digits.upper(),
        "hex with 0x": f"0x{digits}",
        "hex with 00": f"00{digits}",
        "hex with colons": pairs(f"00{digits}", ":"),
        "hex with blanks": f" {pairs(digits, ' ')}\n",
        "openssl": f"Modulus={digits.upper()}",
    }


WITH_EXPONENT = der_notations(RSA) | pkcs1_notations(RSA)
WITHOUT_EXPONENT = modulus_notations(MODULUS)


@pytest.mark.parametrize("text", WITH_EXPONENT.values(), ids=WITH_EXPONENT)
def test_rsa_keys_with_their_exponent(text: str) -> None:
    """Every structure gives the same modulus and exponent."""
    assert str(PublicKey.parse(text)) == f"rsa:{MODULUS:x}:65537"


@pytest.mark.parametrize("text", WITHOUT_EXPONENT.values(), ids=WITHOUT_EXPONENT)
def test_a_bare_modulus(text: str) -> None:
    """Every way to write the number gives it, and matches the key with an exponent both ways."""
    key = PublicKey.parse(text)
    whole = PublicKey.parse(WITH_EXPONENT["PEM"])
    assert str(key) == f"rsa:{MODULUS:x}"
    assert same_key(key, whole)
    assert same_key(whole, key)
    assert key != whole


def compressed_spki(curve: str, point: bytes) -> str:
    """What openssl writes with -conv_form compressed."""
    oid = {"p256": "06082a8648ce3d030107", "p384": "06052b81040022", "p521": "06052b81040023"}[curve]
    algorithm = bytes.fromhex(f"06072a8648ce3d0201{oid}")
    content = bytes([0x30, len(algorithm), *algorithm, 0x03, len(point) + 1, 0, *point])
    return f"30{len(content):02x}{content.hex()}"


@pytest.mark.parametrize("curve", EC_KEYS)
def test_elliptic_curve_keys(curve: str) -> None:
    """Every structure, the compressed form and the bare point give the same key."""
    key = EC_KEYS[curve]
    public = key.public_key()
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()
    compressed = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    texts = [
        *der_notations(key).values(),
        point,
        pairs(point, ":"),
        f"pub: {point}",
        compressed_spki(curve, compressed),
    ]
    assert {str(PublicKey.parse(text)) for text in texts} == {f"ec:{curve}:{point}"}


@pytest.mark.parametrize("text", [SM2_SPKI, SM2_COMPRESSED, SM2_POINT, f"ec:sm2:{SM2_POINT}"])
def test_sm2_keys(text: str) -> None:
    """The curve of the Chinese standard, also told from P-256 by the point alone."""
    assert str(PublicKey.parse(text)) == f"ec:sm2:{SM2_POINT}"


ALL_TEXTS = [
    *WITH_EXPONENT.values(),
    *WITHOUT_EXPONENT.values(),
    SM2_SPKI,
    *(der_notations(k)["PEM"] for k in EC_KEYS.values()),
]


@pytest.mark.parametrize("text", ALL_TEXTS)
def test_the_canonical_text_is_read_back(text: str) -> None:
    """`str` loses nothing, in either case."""
    key = PublicKey.parse(text)
    assert PublicKey.parse(str(key)) == key
    assert PublicKey.parse(str(key).upper()) == key
    assert hash(PublicKey.parse(str(key))) == hash(key)
    assert pickle.loads(pickle.dumps(key)) == key  # noqa: S301 -- our own bytes


moduli = (
    st.sampled_from([1024, 1536, 2048, 3072, 4096])
    .flatmap(lambda bits: st.integers(2 ** (bits - 2), 2 ** (bits - 1) - 1))
    .map(lambda half: 2 * half + 1)
    # Below 10 in every digit, such a text is refused: see below.
    .filter(lambda modulus: not f"{modulus:x}".isdecimal())
)


@given(moduli)
def test_every_notation_of_any_modulus_is_the_same_key(modulus: int) -> None:
    """Whatever the digits are."""
    expected = PublicKey.parse(f"rsa:{modulus:x}")
    for text in modulus_notations(modulus).values():
        assert PublicKey.parse(text) == expected


@given(moduli, st.integers(1, 1022), st.data())
def test_another_modulus_never_matches(modulus: int, bit: int, data: st.DataObject) -> None:
    """One bit is enough, wherever it is and however the two are written."""
    changed = modulus ^ (1 << bit)
    assume(not f"{changed:x}".isdecimal())
    one, other = (data.draw(st.sampled_from([*modulus_notations(n).values()])) for n in (modulus, changed))
    assert not same_key(PublicKey.parse(one), PublicKey.parse(other))


def test_equal_beginnings_are_not_equal_keys() -> None:
    """Neither a longer modulus nor a different end matches."""
    digits = f"{MODULUS:x}"
    key = PublicKey.parse(digits)
    for other in (digits[:-2] + ("01" if digits[-2:] != "01" else "03"), digits + "01", digits[:256][:-1] + "1"):
        assert not same_key(key, PublicKey.parse(other))


def test_two_stated_exponents_must_be_equal() -> None:
    """Only an exponent that is not stated is not compared."""
    three, usual, unknown = (PublicKey.parse(f"rsa:{MODULUS:x}{end}") for end in (":3", ":65537", ""))
    assert not same_key(three, usual)
    assert same_key(three, unknown)
    assert same_key(unknown, usual)
    assert same_key(unknown, unknown)


def test_keys_of_different_kinds_never_match() -> None:
    """RSA, and every curve: also where the coordinates could be those of another curve."""
    texts = [WITH_EXPONENT["PEM"], SM2_SPKI, *(der_notations(key)["PEM"] for key in EC_KEYS.values())]
    keys = [PublicKey.parse(text) for text in texts]
    for one in keys:
        assert [same_key(one, other) for other in keys] == [one is other for other in keys]


def test_a_modulus_whose_hex_begins_like_a_curve_is_no_curve() -> None:
    """The name of a curve is never hex."""
    digits = "ec" + "3f" * 126 + "01"
    assert str(PublicKey.parse(pairs(digits, ":"))) == f"rsa:{digits}"


def test_digits_that_could_be_decimal_or_hex_are_refused() -> None:
    """The lengths of hex moduli, and a leading zero; 0x tells."""
    for digits in ("9" * 256, "9" * 512, "9" * 768, "9" * 1024, "00" + "9" * 512, "0" + "9" * 308):
        with pytest.raises(InvalidPublicKey, match="could be decimal or hex"):
            PublicKey.parse(digits)
    assert str(PublicKey.parse("0x" + "9" * 512)) == "rsa:" + "9" * 512
    assert str(PublicKey.parse(pairs("9" * 512, ":"))) == "rsa:" + "9" * 512


@pytest.mark.parametrize("bits", [1024, 1536, 2048, 3072, 4096, 7680, 8192, 15360, 16384])
def test_no_decimal_modulus_of_a_usual_size_is_refused(bits: int) -> None:
    """The smallest and the largest of each size, also of more digits than Python converts."""
    for modulus in (2 ** (bits - 1) + 1, 2**bits - 1):
        key = PublicKey.parse(f"{modulus // 10**3000:d}{modulus % 10**3000:03000d}" if bits > 12_000 else f"{modulus}")
        assert str(key) == f"rsa:{modulus:x}"


def test_few_convertible_digits_are_enough() -> None:
    """Neither reading nor showing a key depends on how many digits Python converts at once."""
    limit = sys.get_int_max_str_digits()
    modulus = 2**4095 + 2023
    text = str(modulus)
    sys.set_int_max_str_digits(640)
    try:
        key = PublicKey.parse(text)
        assert key.material == RsaKey(modulus)
        assert "RSA 4096 bits" in repr(key)
        assert repr(key.material).startswith("RsaKey(modulus=0x8000")
    finally:
        sys.set_int_max_str_digits(limit)


REQUEST = (
    x509.CertificateSigningRequestBuilder(x509.Name([])).sign(RSA, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a public key"),
        (" \n", "not a public key"),
        ("同上", "not a public key"),
        ("hello123", "not a public key"),
        ("rsa:12g", "not a public key"),
        ("ec:p224:04", "not a public key"),
        (f"{MODULUS}.0", "not a public key"),
        (WITH_EXPONENT["SPKI base64"].rstrip("=")[:-1], "not a public key"),
        ("c" * 16_385, "16,385 characters; at most 16,384 are read"),
        ("\ufdfa" * 1_000, "not a public key"),
        ("\ufdfa" * 16_384, "not a public key"),
        ("9" * 300, "an RSA modulus of 997 bits; 1,024 to 16,384 are read"),
        (f"{MODULUS // 10 | 1}", "a bare RSA modulus of 2,04[45] bits, not whole bytes"),
        (f"{MODULUS + 1}", "an even number"),
        (f"{MODULUS:x}"[1:], "511 hex digits, an odd number"),
        ("c" * 254, "an RSA modulus of 1,016 bits"),
        ("c" * 256, "an even number"),
        ("7" + "f" * 255, "256 hex digits that are no RSA modulus, EC point or DER"),
        ("f" * 4098, "an RSA modulus of 16,392 bits"),
        ("0x00", "2 hex digits that are no RSA modulus"),
        (f"0000{MODULUS:x}", "516 hex digits that are no RSA modulus"),
        (f"02820101{MODULUS:x}", "520 hex digits that are no RSA modulus"),
        (SM2_POINT[:-1] + "8", "130 hex digits that are no RSA modulus"),
        ("03" + SM2_POINT[2:66], "66 hex digits that are no RSA modulus"),
        (f"ec:p256:{SM2_POINT}", "a point that is not on P-256"),
        (f"ec:p384:{SM2_POINT}", "65 bytes that are not a point of P-384"),
        ("rsa:" + "f" * 255, "an RSA modulus of 1,020 bits"),
        (WITH_EXPONENT["PEM"] + WITH_EXPONENT["PEM"], "several PEM blocks"),
        (REQUEST, "PEM of something else"),
        (WITH_EXPONENT["PEM"].replace("PUBLIC", "PUBIC"), "PEM of something else"),
        (WITH_EXPONENT["PEM"].replace("MII", "MI"), "PEM whose content is not base64"),
        ("key:\n" + WITH_EXPONENT["PEM"], "PEM of something else"),
    ],
)
def test_other_texts_are_refused(text: str, message: str) -> None:
    """What is cut, doubled, too small or something else is not read, and the message says why."""
    with pytest.raises(InvalidPublicKey, match=message) as caught:
        PublicKey.parse(text)
    assert caught.value.hint
    assert caught.value.code == "public_key.invalid"


def test_a_request_in_base64_is_no_certificate() -> None:
    """A certificate signing request proves nothing about what signs the app."""
    with pytest.raises(InvalidPublicKey, match="neither a public key nor a certificate"):
        PublicKey.parse("".join(REQUEST.splitlines()[1:-1]))


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("key", [RSA, EC_KEYS["p256"]], ids=["RSA", "EC"])
def test_a_private_key_is_refused_and_not_repeated(key: Private, form: PrivateFormat) -> None:
    """In PEM, base64 and hex, without one character of it in the message."""
    pem = key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
    der = key.private_bytes(Encoding.DER, form, NoEncryption())
    for text in (pem, b64encode(der).decode(), der.hex()):
        with pytest.raises(InvalidPublicKey, match="a private key") as caught:
            PublicKey.parse(text)
        assert "replace this key" in caught.value.hint
        assert text[40:52] not in str(caught.value)


@given(st.text() | st.text(alphabet="0123456789abcdefABCDEFx:=+/- \n", max_size=600))
def test_no_text_raises_anything_else(text: str) -> None:
    """Reading gives a key that can be written and read back, or `InvalidPublicKey`."""
    try:
        key = PublicKey.parse(text)
    except InvalidPublicKey:
        return
    assert PublicKey.parse(str(key)) == key


@given(st.sampled_from(ALL_TEXTS), st.integers(0, 3_000), st.characters(min_codepoint=32, max_codepoint=126))
def test_a_changed_character_raises_nothing_else(text: str, place: int, character: str) -> None:
    """A key with one character replaced is a key or refused."""
    assume(place < len(text))
    with suppress(InvalidPublicKey):
        PublicKey.parse(text[:place] + character + text[place + 1 :])


def test_the_short_form_tells_keys_apart() -> None:
    """Algorithm, size, exponent and the beginning of a digest: one line for a message."""
    whole, bare = PublicKey.parse(WITH_EXPONENT["PEM"]), PublicKey.parse(WITHOUT_EXPONENT["decimal"])
    assert whole.short == f"{bare.short}, exponent 65537"
    assert bare.short.startswith("RSA 2048 bits, modulus sha256 ")
    assert PublicKey.parse(SM2_SPKI).short.startswith("EC SM2, point sha256 ")
    assert repr(bare) == f"<PublicKey {bare.short}>"


def test_the_short_form_is_stable() -> None:
    """It appears in decisions that are repeated years later."""
    assert PublicKey.parse("c" * 255 + "1").short == "RSA 1024 bits, modulus sha256 915e923b788c96a3"
    assert PublicKey.parse(SM2_POINT).short == "EC SM2, point sha256 85de0f554ca5af3c"


def test_a_text_is_read_once() -> None:
    """A registered key is read again at each check: the second time it costs a look-up."""
    assert PublicKey.parse(f"{MODULUS:x}").material is PublicKey.parse(f"{MODULUS:x}").material
