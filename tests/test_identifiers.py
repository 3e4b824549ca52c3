"""Packages, domains, addresses and regions: what is accepted, in which form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.identifiers import REGIONS, domain_defect, endpoint_defect, network_defect, package_defect
from icpgate.signing import Platform

ANDROID = "parts of letters, digits and _ that begin with a letter, joined by dots, such as com.example.app"
HARMONY = "parts of letters, digits and _, the first beginning with a letter, joined by dots, such as com.example.app"
APPLE = "letters, digits, - and dots, such as com.example.app"
HOSTED = "letters, digits, dots, - and _, such as the platform's AppID"


@pytest.mark.parametrize(
    ("platform", "package"),
    [
        (Platform.ANDROID, "com.example.app"),
        (Platform.ANDROID, "com.Example_1.a2_"),
        (Platform.ANDROID, "a.b"),
        (Platform.ANDROID, "android"),
        (Platform.ANDROID, "a." + "b" * 253),
        (Platform.HARMONYOS, "com.example.app"),
        (Platform.HARMONYOS, "com.atomicservice.5765880207853624761"),
        (Platform.HARMONYOS, "a." + "b" * 126),
        (Platform.IOS, "com.example.app-1"),
        (Platform.IOS, "1.2"),
        (Platform.IOS, "app"),
        (Platform.IOS, "a" * 155),
        (Platform.WECHAT, "wx0123456789abcdef"),
        (Platform.ALIPAY, "2021001234567890"),
        (Platform.DOUYIN, "tt_1-2.3"),
        (Platform.QUICK_APP, "com.example.quick"),
        (Platform.BAIDU, "a" * 255),
    ],
)
def test_packages(platform: Platform, package: str) -> None:
    """Each platform has its own form; case is kept, blanks around go."""
    assert package_defect(platform, package) == (package, None)
    assert package_defect(platform, f"  {package} ") == (package, None)


@pytest.mark.parametrize(
    ("platform", "package", "message", "expected"),
    [
        (Platform.ANDROID, "com..x", "part 2 of 'com..x' is empty, at character 5", ANDROID),
        (Platform.ANDROID, ".com.x", "part 1 of '.com.x' is empty, at character 1", ANDROID),
        (Platform.ANDROID, "com.x.", "part 3 of 'com.x.' is empty, at character 7", ANDROID),
        (Platform.ANDROID, "1com.x", "part 1 of '1com.x' begins with '1', at character 1", ANDROID),
        (Platform.ANDROID, "com.x._y", "part 3 of 'com.x._y' begins with '_', at character 7", ANDROID),
        (Platform.ANDROID, "com.2x", "part 2 of 'com.2x' begins with '2', at character 5", ANDROID),
        (Platform.ANDROID, "com.x y", "U+0020 at character 6 of 'com.x y'", ANDROID),
        (Platform.ANDROID, "com.a-b", "U+002D at character 6 of 'com.a-b'", ANDROID),
        (Platform.ANDROID, "com", "'com' has no dot", ANDROID),
        (Platform.ANDROID, "Android", "'Android' has no dot", ANDROID),
        (Platform.ANDROID, "\u0441\u043em.x", "U+0441 at character 1 of '\u0441\u043em.x'", ANDROID),
        (Platform.ANDROID, "com.x\u0661", "U+0661 at character 6 of 'com.x\u0661'", ANDROID),
        (Platform.ANDROID, "a." + "b" * 254, "256 characters; 255 are the most", ANDROID),
        (Platform.ANDROID, "", "empty", ANDROID),
        (Platform.ANDROID, "   ", "empty", ANDROID),
        (Platform.ANDROID, "com.x\n", "U+000A at character 6 of 'com.x\\n'", ANDROID),
        (Platform.HARMONYOS, "1com.x", "part 1 of '1com.x' begins with '1', at character 1", HARMONY),
        (Platform.HARMONYOS, "com._x", "part 2 of 'com._x' begins with '_', at character 5", HARMONY),
        (Platform.HARMONYOS, "android", "'android' has no dot", HARMONY),
        (Platform.HARMONYOS, "a." + "b" * 127, "129 characters; 128 are the most", HARMONY),
        (Platform.WECHAT, "wx 1", "U+0020 at character 3 of 'wx 1'", HOSTED),
        (Platform.WECHAT, "-x", "part 1 of '-x' begins with '-', at character 1", HOSTED),
        (Platform.QUICK_APP, "com.*", "U+002A at character 5 of 'com.*'", HOSTED),
        (Platform.BAIDU, "a" * 256, "256 characters; 255 are the most", HOSTED),
    ],
)
def test_bad_packages(platform: Platform, package: str, message: str, expected: str) -> None:
    """What is wrong is named with its place."""
    _, defect = package_defect(platform, package)
    assert defect is not None
    assert (defect.code, defect.message, defect.expected, defect.hint) == ("app.package", message, expected, "")


@pytest.mark.parametrize(
    ("package", "message"),
    [
        ("com.a_b", "U+005F at character 6 of 'com.a_b'"),
        ("com.example.*", "U+002A at character 13 of 'com.example.*'"),
        ("com..x", "part 2 of 'com..x' is empty, at character 5"),
        ("", "empty"),
        ("a" * 156, "156 characters; 155 are the most"),
    ],
)
def test_bad_bundle_identifiers(package: str, message: str) -> None:
    """A wildcard App ID is no bundle identifier, and Apple's have no underscore."""
    _, defect = package_defect(Platform.IOS, package)
    assert defect is not None
    assert (defect.code, defect.message, defect.expected) == ("app.bundle", message, APPLE)


@given(st.sampled_from(Platform), st.text(max_size=40))
def test_a_package_in_normal_form_stays_as_it_is(platform: Platform, text: str) -> None:
    """Any text is a package or a defect, and normalising twice changes nothing."""
    normal, defect = package_defect(platform, text)
    assert package_defect(platform, normal) == (normal, defect)
    assert defect is not None or (normal.isascii() and " " not in normal)


LONG = ".".join(["a" * 63] * 3 + ["b" * 58, "cn"])


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("example.cn", "example.cn"),
        (" Example.CN ", "example.cn"),
        ("example.cn.", "example.cn"),
        ("a-b.1.example.com.cn", "a-b.1.example.com.cn"),
        ("1.cn", "1.cn"),
        ("例子.中国", "xn--fsqu00a.xn--fiqs8s"),
        ("例子。中国", "xn--fsqu00a.xn--fiqs8s"),
        ("例子．中国｡", "xn--fsqu00a.xn--fiqs8s"),
        ("XN--FSQU00A.xn--fiqs8s", "xn--fsqu00a.xn--fiqs8s"),
        ("ｅｘａｍｐｌｅ.cn", "example.cn"),
        ("a" * 63 + ".cn", "a" * 63 + ".cn"),
        (LONG, LONG),
        (LONG + ".", LONG),
    ],
)
def test_domains(text: str, normal: str) -> None:
    """Lower-case A-labels without a final dot."""
    assert domain_defect(text) == (normal, None)


NOT = "{} is not a domain name"
ADDRESS = "{} is an address, not a name"
IP = "an IP address belongs into endpoints"
LABEL = "a label has 1 to 63 characters"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("http://example.cn/", ADDRESS, "did you mean example.cn?"),
        ("https://api.example.cn:8443/x?y=1", ADDRESS, "did you mean api.example.cn?"),
        ("//example.cn", ADDRESS, "did you mean example.cn?"),
        ("example.cn/path", ADDRESS, "did you mean example.cn?"),
        ("example.cn:443", ADDRESS, "did you mean example.cn?"),
        ("example.cn?x", ADDRESS, "did you mean example.cn?"),
        ("example.cn#x", ADDRESS, "did you mean example.cn?"),
        ("http://user@example.cn/", ADDRESS, "give the host name alone"),
        ("a@example.cn", ADDRESS, "give the host name alone"),
        ("example.cn\\x", ADDRESS, "give the host name alone"),
        ("http://localhost/", ADDRESS, "give the host name alone"),
        ("127.0.0.1", "{} is an IP address", IP),
        ("::1", "{} is an IP address", IP),
        ("[2001:db8::1]", "{} is an IP address", IP),
        ("1.2.3", NOT, IP),
        ("example.123", NOT, IP),
        ("*.example.cn", "{} is a wildcard", "name each domain that is used"),
        ("exa_mple.cn", NOT, "no registered domain has an underscore"),
        ("localhost", NOT, "add the top level, such as .cn"),
        ("", NOT, "add the top level, such as .cn"),
        ("-a.cn", NOT, ""),
        ("a-.cn", NOT, ""),
        ("a b.cn", NOT, ""),
        ("a.c", NOT, ""),
        ("a.-cn", NOT, ""),
        (".example.cn", NOT, LABEL),
        ("a..cn", NOT, LABEL),
        ("example.cn..", NOT, LABEL),
        ("a" * 64 + ".cn", NOT, LABEL),
        ("ex\u200dample.cn", "{} has characters that cannot be seen", "type the name anew"),
        ("exam\u00adple.cn", "{} has characters that cannot be seen", "type the name anew"),
        ("\ud800.cn", "{} has characters that cannot be seen", "type the name anew"),
        ("a" + LONG, "254 characters", None),
        ("a." * 130 + "cn", "262 characters; 253 are the most", ""),
    ],
)
def test_bad_domains(text: str, message: str, hint: str | None) -> None:
    """What it is instead is said, and what to do."""
    given, defect = domain_defect(text)
    assert given == text
    assert defect is not None
    shown = text.encode("unicode_escape").decode() if not text.isprintable() else text
    quoted = f"'{shown}'" if len(text) <= 60 else f"'{shown[:60]}…'"
    if hint is not None:
        assert (defect.message, defect.hint) == (message.format(quoted), hint)
    assert (defect.code, defect.expected) == ("app.domain", "a domain name such as example.cn")


def test_the_longest_domain() -> None:
    """253 characters, and a final dot besides."""
    assert len(LONG) == 253
    assert domain_defect("a" + LONG)[1] is not None
    assert domain_defect(LONG + "..")[1] is not None


@given(st.text(max_size=300) | st.from_regex(r"([a-z0-9-]{0,5}\.){1,6}[a-z]{1,5}", fullmatch=True))
def test_a_domain_in_normal_form_stays_as_it_is(text: str) -> None:
    """Any text is a domain or a defect, and normalising twice changes nothing."""
    normal, defect = domain_defect(text)
    if defect is None:
        assert domain_defect(normal) == (normal, None)
        assert normal.isascii()
        assert normal == normal.lower()
        assert len(normal) <= 253


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("10.0.0.1", "10.0.0.1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
    ],
)
def test_addresses(text: str, normal: str) -> None:
    """The shortest form; IPv4 inside IPv6 is IPv4."""
    assert endpoint_defect(text) == (normal, None)
    assert network_defect(text) == (normal, None)


NO_IP = "{} is not an IP address"
NO_SERVER = "{} is no address of a server"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("203.0.113.7:443", NO_IP, "leave out the port"),
        ("[2001:db8::1]:443", NO_IP, "leave out the port"),
        ("203.0.113.0/24", NO_IP, "give each address by itself"),
        ("fe80::1%eth0", NO_IP, "leave out the zone"),
        ("api.example.cn", NO_IP, "put host names into domains"),
        ("203.000.113.7", NO_IP, "put host names into domains"),
        ("256.0.0.1", NO_IP, "put host names into domains"),
        ("２03.0.113.7", NO_IP, "put host names into domains"),
        ("", NO_IP, "put host names into domains"),
        ("127.0.0.1", NO_SERVER, ""),
        ("::ffff:127.0.0.1", NO_SERVER, ""),
        ("::1", NO_SERVER, ""),
        ("0.0.0.0", NO_SERVER, ""),  # noqa: S104 -- refused, not bound to
        ("::", NO_SERVER, ""),
        ("224.0.0.1", NO_SERVER, ""),
        ("ff02::1", NO_SERVER, ""),
    ],
)
def test_bad_addresses(text: str, message: str, hint: str) -> None:
    """One address of a server, without port, zone or mask."""
    given, defect = endpoint_defect(text)
    assert given == text
    assert defect is not None
    assert (defect.message, defect.hint) == (message.format(f"'{text}'"), hint)
    assert (defect.code, defect.expected) == ("app.endpoint", "an address such as 203.0.113.7")


def test_an_endless_address() -> None:
    """No address has a thousand characters."""
    assert endpoint_defect("1" * 1_000)[1] is not None
    assert network_defect("1" * 1_000 + "/24")[1] is not None


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("203.1.0.0/16", "203.1.0.0/16"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("203.0.113.0/255.255.255.0", "203.0.113.0/24"),
        ("203.0.113.7/32", "203.0.113.7"),
        ("2001:db8::1/128", "2001:db8::1"),
        (" 203.0.113.0/24 ", "203.0.113.0/24"),
    ],
)
def test_networks(text: str, normal: str) -> None:
    """A network of one address is that address."""
    assert network_defect(text) == (normal, None)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("203.0.113.7/24", "'203.0.113.7/24' is not a network", "a network such as 203.0.113.0/24, without host bits"),
        ("a/b", "'a/b' is not a network", "a network such as 203.0.113.0/24, without host bits"),
        ("fe80::%1/64", "'fe80::%1/64' is not a network", "a network such as 203.0.113.0/24, without host bits"),
        ("203.0.0.0/15", "'203.0.0.0/15' is too wide for one registration", "at most a /16 or, of IPv6, a /32"),
        ("0.0.0.0/0", "'0.0.0.0/0' is too wide for one registration", "at most a /16 or, of IPv6, a /32"),
        ("2001:db8::/31", "'2001:db8::/31' is too wide for one registration", "at most a /16 or, of IPv6, a /32"),
        ("127.0.0.1/32", "'127.0.0.1' is no address of a server", ""),
    ],
)
def test_bad_networks(text: str, message: str, hint: str) -> None:
    """A network as wide as a country would cover everybody's servers."""
    _, defect = network_defect(text)
    assert defect is not None
    assert (defect.message, defect.hint) == (message, hint)


@given(st.text(max_size=70) | st.ip_addresses().map(str) | st.from_regex(r"[0-9.:a-f/%\[\]]{0,20}", fullmatch=True))
def test_an_address_in_normal_form_stays_as_it_is(text: str) -> None:
    """Any text is an address or a defect, and normalising twice changes nothing."""
    for read in (endpoint_defect, network_defect):
        normal, defect = read(text)
        assert defect is not None or read(normal) == (normal, None)


def test_regions() -> None:
    """The officially assigned codes; the mainland and what is outside it are codes of their own."""
    assert len(REGIONS) == 249
    assert {"CN", "HK", "MO", "TW", "SG", "US", "GB"} <= REGIONS
    assert not {"UK", "EU", "XX", "ZZ", "cn", ""} & REGIONS
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in REGIONS)
