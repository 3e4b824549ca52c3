"""
The identifiers of an app's package, domains, addresses and regions: what is accepted, in one normal form.

- Package names are case-sensitive everywhere. Look-alike letters of other scripts stand in none.
- Domain names are kept as lower-case A-labels without a final dot; a wildcard is no domain.
- Addresses are kept in their shortest form; an IPv4 address inside IPv6 is that IPv4 address.
- Whether an identifier exists, resolves or belongs to somebody is not looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from icpgate.errors import quote
from icpgate.signing import Platform

if TYPE_CHECKING:
    from ipaddress import IPv4Address

__all__ = ["REGIONS", "IdentifierDefect", "domain_defect", "endpoint_defect", "network_defect", "package_defect"]

MAX_DOMAIN: Final = 253
MAX_LABEL: Final = 63
MAX_ADDRESS: Final = 64


@dataclass(frozen=True, slots=True)
class IdentifierDefect:
    """Why an identifier was refused."""

    code: str
    message: str
    expected: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class _Form:
    """How a platform writes packages: which characters it does not have, and what each part between dots must be."""

    expected: str
    foreign: re.Pattern[str] = re.compile(r"[^A-Za-z0-9_.]")
    first: re.Pattern[str] = re.compile(r"[A-Za-z]\w*", re.ASCII)
    other: re.Pattern[str] = re.compile(r"[A-Za-z]\w*", re.ASCII)
    fewest_parts: int = 2
    longest: int = 255
    code: str = "app.package"


_ANDROID: Final = _Form(
    "parts of letters, digits and _ that begin with a letter, joined by dots, such as com.example.app"
)
_HARMONY: Final = _Form(
    "parts of letters, digits and _, the first beginning with a letter, joined by dots, such as com.example.app",
    other=re.compile(r"[A-Za-z0-9]\w*", re.ASCII),
    longest=128,
)
_APPLE_PART: Final = re.compile(r"[A-Za-z0-9-]+")
_APPLE: Final = _Form(
    "letters, digits, - and dots, such as com.example.app",
    foreign=re.compile(r"[^A-Za-z0-9.-]"),
    first=_APPLE_PART,
    other=_APPLE_PART,
    fewest_parts=1,
    longest=155,
    code="app.bundle",
)
_ID_PART: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_HOSTED: Final = _Form(
    "letters, digits, dots, - and _, such as the platform's AppID",
    foreign=re.compile(r"[^A-Za-z0-9._-]"),
    first=_ID_PART,
    other=_ID_PART,
    fewest_parts=1,
)
_FORMS: Final = {Platform.ANDROID: _ANDROID, Platform.HARMONYOS: _HARMONY, Platform.IOS: _APPLE}
_FRAMEWORK: Final = "android"
"""The one package of Android that has a single part: the system itself."""


def package_defect(platform: Platform, package: str) -> tuple[str, IdentifierDefect | None]:
    """
    The package in its normal form, and what is wrong with it, if anything.

    Case is kept. A platform without a form of its own takes letters, digits, dots, - and _.

    >>> package_defect(Platform.ANDROID, "com..x")[1].message
    "part 2 of 'com..x' is empty, at character 5"
    """
    text = package.strip(" ")
    form = _FORMS.get(platform, _HOSTED)
    message = _package_fault(text, form)
    if message is None or (platform is Platform.ANDROID and text == _FRAMEWORK):
        return text, None
    return text, IdentifierDefect(form.code, message, form.expected)


def _package_fault(text: str, form: _Form) -> str | None:
    if not text:
        return "empty"
    if len(text) > form.longest:
        return f"{len(text):,} characters; {form.longest} are the most"
    stranger = form.foreign.search(text)
    if stranger is not None:
        return f"U+{ord(stranger[0]):04X} at character {stranger.start() + 1} of {quote(text)}"
    start = 0
    for position, part in enumerate(text.split(".")):
        if not (form.other if position else form.first).fullmatch(part):
            what = f"begins with {quote(part[0])}" if part else "is empty"
            return f"part {position + 1} of {quote(text)} {what}, at character {start + 1}"
        start += len(part) + 1
    if text.count(".") + 1 < form.fewest_parts:
        return f"{quote(text)} has no dot"
    return None


_PLAIN_DOMAIN: Final = re.compile(
    rf"(?=.{{4,{MAX_DOMAIN}}}\Z)(?:(?!-)[a-z0-9-]{{1,{MAX_LABEL}}}(?<!-)\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]", re.ASCII
)
"""Whatever has a top level of one letter is none: there are no such top levels."""

_DOTS: Final = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))
_ADDRESS: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#@:\s]+)|([^/?#@:\s]+)[/?#:]")
_EXPECTED_DOMAIN: Final = "a domain name such as example.cn"


def domain_defect(text: str) -> tuple[str, IdentifierDefect | None]:
    """
    A domain as lower-case A-labels without a final dot, and what is wrong with it, if anything.

    Internationalised labels are encoded as IDNA 2003, which the standard library has. A wildcard
    is refused: what it covers was listed by nobody.

    >>> domain_defect("例子.中国")
    ('xn--fsqu00a.xn--fiqs8s', None)
    """
    if _PLAIN_DOMAIN.fullmatch(text):
        return text, None
    given = text.strip(" ")
    if len(given) > MAX_DOMAIN + 1:
        return given, _no_domain(f"{len(given):,} characters; {MAX_DOMAIN} are the most")
    problem = _no_name(given)
    if problem is None and not given.isprintable():
        problem = _no_domain(f"{quote(given)} has characters that cannot be seen", "type the name anew")
    if problem is not None:
        return given, problem
    name = given.translate(_DOTS).removesuffix(".")
    try:
        normal = name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return given, _no_domain(f"{quote(given)} is not a domain name", _hint(name))
    if _PLAIN_DOMAIN.fullmatch(normal):
        return normal, None
    return given, _no_domain(f"{quote(given)} is not a domain name", _hint(normal))


def _no_domain(message: str, hint: str = "") -> IdentifierDefect:
    return IdentifierDefect("app.domain", message, _EXPECTED_DOMAIN, hint)


def _no_name(given: str) -> IdentifierDefect | None:
    """An address of any kind, or a wildcard, in place of a name."""
    if _is_address(given):
        return _no_domain(f"{quote(given)} is an IP address", "an IP address belongs into endpoints")
    if any(mark in given for mark in "/@:?#\\"):
        match = _ADDRESS.match(given)
        host = match and (match[1] or match[2])
        known = (
            f"did you mean {host}?" if host and _PLAIN_DOMAIN.fullmatch(host.lower()) else "give the host name alone"
        )
        return _no_domain(f"{quote(given)} is an address, not a name", known)
    if "*" in given:
        return _no_domain(f"{quote(given)} is a wildcard", "name each domain that is used")
    return None


def _is_address(given: str) -> bool:
    try:
        ip_address(given.strip("[]"))
    except ValueError:
        return False
    return True


def _hint(name: str) -> str:
    if "_" in name:
        return "no registered domain has an underscore"
    labels = name.split(".")
    if len(labels) == 1:
        return "add the top level, such as .cn"
    if not all(0 < len(label) <= MAX_LABEL for label in labels):
        return f"a label has 1 to {MAX_LABEL} characters"
    return "an IP address belongs into endpoints" if labels[-1].isdigit() else ""


_EXPECTED_ADDRESS: Final = "an address such as 203.0.113.7"


def endpoint_defect(text: str) -> tuple[str, IdentifierDefect | None]:
    """
    An IP address in its shortest form, and what is wrong with it, if anything.

    One address at a time: a network, a port or a zone is refused, and so are the addresses that no
    server can be reached by (unspecified, loopback, multicast). Private addresses are taken.

    >>> endpoint_defect("::ffff:203.0.113.7")
    ('203.0.113.7', None)
    """
    given = text.strip(" ")
    address = _address(given)
    if address is None:
        return given, _no_address(f"{quote(given)} is not an IP address", _address_hint(given))
    if address.is_unspecified or address.is_loopback or address.is_multicast:
        return given, _no_address(f"{quote(given)} is no address of a server")
    return str(address), None


def _no_address(message: str, hint: str = "") -> IdentifierDefect:
    return IdentifierDefect("app.endpoint", message, _EXPECTED_ADDRESS, hint)


def _address(given: str) -> IPv4Address | IPv6Address | None:
    if len(given) > MAX_ADDRESS or "%" in given:
        return None
    try:
        address = ip_address(given)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _address_hint(given: str) -> str:
    if "/" in given:
        return "give each address by itself"
    if re.fullmatch(r"(?:[0-9.]+|\[[0-9a-fA-F:.]+\]):[0-9]+", given):
        return "leave out the port"
    return "leave out the zone" if "%" in given else "put host names into domains"


WIDEST_V4: Final = 16
WIDEST_V6: Final = 32
"""No registration of one app has more; a wider network would cover everybody's servers."""


def network_defect(text: str) -> tuple[str, IdentifierDefect | None]:
    """
    As `endpoint_defect`, for a registration: a network such as 203.0.113.0/24 is taken too.

    At most a /16, or a /32 of IPv6, and without host bits.
    """
    if "/" not in text:
        return endpoint_defect(text)
    given = text.strip(" ")
    try:
        network = ip_network(given) if len(given) <= MAX_ADDRESS else None
    except ValueError:
        network = None
    if network is None or "%" in given:
        return given, _no_address(
            f"{quote(given)} is not a network", "a network such as 203.0.113.0/24, without host bits"
        )
    if network.prefixlen < (WIDEST_V6 if isinstance(network, IPv6Network) else WIDEST_V4):
        return given, _no_address(
            f"{quote(given)} is too wide for one registration", f"at most a /{WIDEST_V4} or, of IPv6, a /{WIDEST_V6}"
        )
    return endpoint_defect(str(network[0])) if network.num_addresses == 1 else (str(network), None)


_REGIONS: Final = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY "
    "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK "
    "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR "
    "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK "
    "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
    "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
    "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
REGIONS: Final = frozenset(_REGIONS.split())
"""ISO 3166-1 alpha-2, the 249 codes assigned officially. CN is the mainland; HK, MO and TW are codes of their own."""
