"""Network resources: every domain and every address, and nothing passes because nobody could say."""

from __future__ import annotations

import socket
import threading
from itertools import repeat
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.errors import ConfigurationError
from icpgate.registration.verification import (
    DomainRegistrantCheck,
    ProviderAddressCheck,
    ProviderNetworks,
    Registrant,
    ResolutionCheck,
    is_undecided,
    system_resolver,
)
from icpgate.registration.verification.addresses import address_of, is_reachable
from tests.registration.forms import good_form, spoilt, uscc
from tests.registration.verification.checks import NETWORKS, Domains, Resolves, checked, kept

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from icpgate.registration.application import Verification

OPERATOR = "成都示例科技有限公司"
PUBLIC = "93.184.215.14"


def _with(**fields: object) -> dict[str, Any]:
    form = good_form()
    form["app"] |= fields
    return form


def _resolved(*addresses: Any, networks: ProviderNetworks | None = NETWORKS, **fields: object) -> Verification:
    return checked(ResolutionCheck(Resolves(*addresses), networks), _with(**fields))


# --- who registered a domain ------------------------------------------------------------------------------


def test_a_domain_that_the_operator_registered() -> None:
    """Passes, and the domain is named, not the operator."""
    result = checked(DomainRegistrantCheck(Domains(OPERATOR)))
    assert result.passed
    assert "notes.example.cn" in result.evidence


@pytest.mark.parametrize("name", ["成都示例", "成都示例科技有限公司分公司", "成都示例科枝有限公司", "", " "])
def test_a_domain_of_somebody_else(name: str) -> None:
    """Is an objection, however near the name is."""
    result = checked(DomainRegistrantCheck(Domains(name)))
    assert not result.passed
    assert not is_undecided(result)
    assert "somebody else" in result.note


def test_every_domain_has_to_be_the_operator_s() -> None:
    """One that is not spoils the others; each is named."""
    form = _with(domains=["notes.example.cn", "www.example.com", "api.example.cn"])
    result = checked(DomainRegistrantCheck(Domains(OPERATOR, {"www.example.com": "北京示例软件有限公司"})), form)
    assert not result.passed
    assert result.note == "www.example.com is registered by somebody else"
    assert result.evidence.count("by the operator") == 2


def test_an_internationalised_domain_is_asked_and_shown_in_a_labels() -> None:
    """So that a look-alike is seen: an е of another alphabet makes another domain."""
    domains = Domains(None, {"notes.example.cn": OPERATOR})
    result = checked(DomainRegistrantCheck(domains), _with(domains=["notes.еxample.cn"]))
    assert not result.passed
    assert "notes.xn--xample-2of.cn" in result.note


def test_a_domain_that_nobody_registered() -> None:
    """Is an objection, not an open question."""
    domains = Domains()
    domains.of["notes.example.cn"] = None
    result = checked(DomainRegistrantCheck(domains))
    assert not result.passed
    assert not is_undecided(result)


def test_a_person_s_name_alone_proves_nothing() -> None:
    """Many have it: without the document that the register verified it by the domain is undecided."""
    form = good_form(nature="natural_person")
    number = form["operator"]["document_number"]
    result = checked(DomainRegistrantCheck(Domains("张示例")), form)
    assert is_undecided(result)
    assert checked(DomainRegistrantCheck(Domains(Registrant("张示例", f" {number} "))), form).passed
    assert not checked(DomainRegistrantCheck(Domains(Registrant("李示例", number))), form).passed


@pytest.mark.parametrize("number", [uscc("91510107MA6EXAM9D"), "", 7])
def test_a_domain_under_another_document(number: Any) -> None:
    """Is somebody else's, whatever the name; and neither is in a `repr`."""
    registrant = Registrant(OPERATOR, number)
    result = checked(DomainRegistrantCheck(Domains(registrant)))
    assert not result.passed
    assert not is_undecided(result)
    assert repr(registrant) == "Registrant()"


def test_a_resolver_is_not_waited_for_while_it_lists() -> None:
    """One that hangs between two addresses, or never comes to an end."""
    over = threading.Event()

    def hangs(_: str) -> Iterator[str]:
        yield "203.0.113.7"
        over.wait(10)

    result = checked(ResolutionCheck(hangs, NETWORKS, seconds=0.05))  # type: ignore[arg-type]  # a plug-in's slip
    over.set()
    assert is_undecided(result)
    endless: Any = lambda _: repeat("203.0.113.7")  # noqa: E731 -- as above
    assert is_undecided(checked(ResolutionCheck(endless, NETWORKS)))


@pytest.mark.parametrize("fails", [ConnectionError(OPERATOR), TimeoutError(), KeyError(OPERATOR)])
def test_a_domain_register_that_fails_is_undecided(fails: Exception) -> None:
    """And its words are not repeated."""
    assert is_undecided(checked(DomainRegistrantCheck(Domains(fails=fails))))


@pytest.mark.parametrize("answer", [True, 7, b"name", [OPERATOR]])
def test_a_registrant_that_is_no_name_is_undecided(answer: object) -> None:
    """Such as true."""
    assert is_undecided(checked(DomainRegistrantCheck(Domains(answer))))


def test_the_time_is_for_all_domains_together() -> None:
    """A register that hangs leaves the first and all others undecided, once."""
    over = threading.Event()

    class Hanging:
        def registrant(self, _: str) -> str:
            over.wait(10)
            return OPERATOR

    form = _with(domains=[f"d{place}.example.cn" for place in range(50)])
    result = checked(DomainRegistrantCheck(Hanging(), seconds=0.1), form)
    over.set()
    assert is_undecided(result)
    assert "d49.example.cn" in result.note or result.note.endswith("…")


# --- where a domain leads ---------------------------------------------------------------------------------


def test_a_domain_that_leads_to_the_form_s_address() -> None:
    """Passes without any network of a provider, when the address is one that the public reaches."""
    result = _resolved(PUBLIC, networks=None, endpoints=[PUBLIC])
    assert result.passed
    assert f"notes.example.cn resolves to {PUBLIC}" in result.evidence


def test_a_domain_that_leads_into_the_provider_s_network() -> None:
    """Passes also where the form has another address of it."""
    assert _resolved("203.0.113.99", "2001:db8::1").passed


UNREACHABLE = (
    "127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::",  # noqa: S104 -- nobody listens
    "224.0.0.1", "ff02::1", "fe80::1", "fd00::1", "fec0::1", "240.0.0.1", "255.255.255.255", "198.18.0.1",
    "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::1", "2001:0:7f00:1::1", "203.0.113.7",
    "2001:db8::1", "192.88.99.1", "3fff::1",
)  # fmt: skip


@pytest.mark.parametrize("text", UNREACHABLE)
def test_an_address_that_the_public_does_not_reach(text: str) -> None:
    """Passes in no writing, even where the form states it."""
    address = address_of(text)
    assert address is not None
    assert not is_reachable(address)
    assert not _resolved(text, networks=None, endpoints=["203.0.113.7", "2001:db8::1", PUBLIC]).passed
    assert not _resolved(text, networks=None, endpoints=[PUBLIC, text]).passed


@pytest.mark.parametrize("text", [PUBLIC, "223.5.5.5", "2400:3200::1", "64:ff9b::5db8:d70e"])
def test_an_address_that_the_public_reaches(text: str) -> None:
    """Of either family, and as a resolver of an IPv6-only network writes it."""
    address = address_of(text)
    assert address is not None
    assert is_reachable(address)
    assert _resolved(text, networks=None, endpoints=[str(address)]).passed


def test_an_address_elsewhere_is_an_objection() -> None:
    """Whether it is nobody's, or another provider's whom the form does not state."""
    for address in (PUBLIC, "198.51.100.7"):
        result = _resolved(address)
        assert not result.passed
        assert address in result.note
    assert _resolved("198.51.100.7", access_providers=["示例云", "另一示例云"]).passed


def test_every_address_has_to_be_right() -> None:
    """One of the form's beside one elsewhere is not enough."""
    result = _resolved("203.0.113.7", PUBLIC)
    assert not result.passed
    assert "203.0.113.7" not in result.note


def test_an_address_is_compared_as_an_address() -> None:
    """However it is written."""
    address = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
    written = "2606:2800:021F:CB07:6820:80DA:AF6B:8B2C"
    assert _resolved(written, networks=None, endpoints=[address]).passed
    assert _resolved(f"::ffff:{PUBLIC}", networks=None, endpoints=[PUBLIC]).passed
    assert _resolved("64:ff9b::5db8:d70e", networks=None, endpoints=[PUBLIC]).passed


@pytest.mark.parametrize(
    "answer", ["203.0.113.7%eth0", "203.0.113.007", "notes.example.cn", "", None, 3405803783, b"\xcb\0q\7"]
)
def test_what_is_no_address_is_an_objection(answer: object) -> None:
    """A number least of all."""
    result = _resolved(answer)
    assert not result.passed
    assert "no address" in result.note


def test_a_domain_that_does_not_resolve() -> None:
    """Is an objection; a resolver that could not say is an open question."""
    result = _resolved()
    assert not result.passed
    assert not is_undecided(result)
    for fails in (socket.gaierror(socket.EAI_AGAIN, "later"), TimeoutError(), UnicodeError()):
        assert is_undecided(checked(ResolutionCheck(Resolves(fails=fails), NETWORKS)))


@pytest.mark.parametrize("answer", ["203.0.113.7", b"203.0.113.7", None, 7])
def test_an_answer_that_is_no_list_does_not_pass(answer: Any) -> None:
    """A text is not a list of its letters."""
    assert not checked(ResolutionCheck(lambda _: answer, NETWORKS)).passed


def test_domains_are_asked_for_in_a_labels() -> None:
    """As the form is read, not as it is typed."""
    resolver = Resolves("203.0.113.7")
    checked(ResolutionCheck(resolver, NETWORKS), _with(domains=["例子.中国", "Notes.EXAMPLE.cn"]))
    assert resolver.asked == ["xn--fsqu00a.xn--fiqs8s", "notes.example.cn"]


def test_the_system_s_resolver_takes_a_name_as_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    """No search domain comes after it; no such name is no address; what cannot be said is raised."""
    asked: list[str] = []
    results: list[Any] = [
        [(0, 0, 0, "", ("203.0.113.7", 0)), (0, 0, 0, "", ("2001:db8::1", 0, 0, 0)), (0, 0, 0, "", ("203.0.113.7", 0))],
        socket.gaierror(socket.EAI_NONAME, "no such name"),
        socket.gaierror(socket.EAI_AGAIN, "later"),
    ]

    def answers(host: str, *_: object, **__: object) -> Any:
        asked.append(host)
        result = results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    assert system_resolver("notes.example.cn") == ("203.0.113.7", "2001:db8::1")
    assert system_resolver("notes.example.cn.") == ()
    with pytest.raises(OSError, match="later"):
        system_resolver("notes.example.cn")
    assert set(asked) == {"notes.example.cn."}


# --- whose network it is ----------------------------------------------------------------------------------


def test_an_address_in_the_provider_s_network() -> None:
    """Passes, and says whose."""
    result = checked(ProviderAddressCheck(NETWORKS))
    assert result.passed
    assert result.evidence == "203.0.113.7 is in a network of '示例云'"


def test_a_provider_is_found_however_its_name_is_written() -> None:
    """In another width, or with a blank."""
    assert checked(
        ProviderAddressCheck(ProviderNetworks({"示例云CDN": ["203.0.113.0/24"]})),
        _with(access_providers=["示例云 ｃｄｎ"]),
    ).passed


def test_an_address_of_another_provider() -> None:
    """Is an objection when it is in no network of those that the form states."""
    for endpoint in ("198.51.100.7", PUBLIC):
        result = checked(ProviderAddressCheck(NETWORKS), _with(endpoints=["203.0.113.7", endpoint]))
        assert not result.passed
        assert not is_undecided(result)
        assert endpoint in result.note


def test_a_provider_that_nobody_knows_is_undecided() -> None:
    """Its networks were not stated; a known one's address passes beside it."""
    result = checked(ProviderAddressCheck(NETWORKS), _with(access_providers=["无名云"], endpoints=[PUBLIC]))
    assert is_undecided(result)
    assert checked(ProviderAddressCheck(NETWORKS), _with(access_providers=["无名云", "示例云"])).passed


# --- forms that have nothing, or something wrong ----------------------------------------------------------


def test_without_domains_or_addresses_there_is_nothing_to_look_at() -> None:
    """A mini program may have neither; then none of the checks says anything."""
    form = good_form("mini_program")
    form["app"]["domains"] = []
    for check in (DomainRegistrantCheck(Domains()), ResolutionCheck(Resolves()), ProviderAddressCheck(NETWORKS)):
        assert check.check(kept(form)) is None


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("/app/domains/-", "*.example.cn"), ("/app/endpoints/-", "127.0.0.1"), ("/app/endpoints/-", "10.0.0.1"),
     ("/app/domains", "notes.example.cn"), ("/app", None)],
)  # fmt: skip
def test_what_cannot_be_read_is_not_left_out(pointer: str, value: object) -> None:
    """A form with one domain too many that nobody can look at passes none."""
    form = spoilt(good_form(), pointer, value)
    checks = (
        DomainRegistrantCheck(Domains(OPERATOR)),
        ResolutionCheck(Resolves("203.0.113.7"), NETWORKS),
        ProviderAddressCheck(NETWORKS),
    )
    for check in checks:
        result = check.check(kept(form))
        assert result is not None
        assert not result.passed
        assert "/app" in result.note


@pytest.mark.parametrize("seconds", [0, float("nan"), None])
def test_times_need_an_end(seconds: Any) -> None:
    """Refused when a check is made."""
    with pytest.raises(ConfigurationError):
        DomainRegistrantCheck(Domains(), seconds=seconds)
    with pytest.raises(ConfigurationError):
        ResolutionCheck(Resolves(), seconds=seconds)


# --- the networks of providers ----------------------------------------------------------------------------


def test_networks_out_of_a_file(tmp_path: Path) -> None:
    """A table of lists, in TOML."""
    path = tmp_path / "networks.toml"
    path.write_text('[providers]\n"示例云" = ["203.0.113.0/24", "2001:db8::/32"]\n', encoding="utf-8")
    networks = ProviderNetworks.load(path)
    assert networks.knows("示例云")
    assert not networks.knows("另一示例云")
    assert repr(networks) == "ProviderNetworks(1 providers)"
    assert checked(ProviderAddressCheck(networks)).passed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no table"),
        ("[providers]", "no access provider"),
        ("providers = 7", "no table"),
        ('[providers]\n"示例云" = ["203.0.113.0/24"]\n[provider]', "unknown"),
        ('[providers]\n"示例云" = "203.0.113.0/24"', "no list"),
        ('[providers]\n"示例云" = []', "no list"),
        ('[providers]\n"示例云" = ["203.0.113.7/24"]', "is no network"),
        ('[providers]\n"示例云" = [3405803776]', "is no network"),
        ('[providers]\n"示例云" = ["example.cn"]', "is no network"),
        ('[providers]\n"示例云" = ["0.0.0.0/0"]', "too wide"),
        ('[providers]\n"示例云" = ["::/0"]', "too wide"),
        ('[providers]\n"示例云" = ["2000::/8"]', "too wide"),
        ('[providers]\n"示例云" = ["10.0.0.0/8"]', "not public"),
        ('[providers]\n"示例云" = ["127.0.0.1/32"]', "not public"),
        ('[providers]\n"示例云" = ["fd00::/16"]', "not public"),
        ('[providers]\n"示例云" = ["203.0.113.0/24"]\n"示例云 " = ["198.51.100.0/24"]', "stands twice"),
        ('[providers]\n"" = ["203.0.113.0/24"]', "no name"),
        ("[providers", "not a TOML file"),
    ],
)
def test_networks_that_are_refused(tmp_path: Path, text: str, message: str) -> None:
    """Before anything is looked at with them."""
    path = tmp_path / "networks.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        ProviderNetworks.load(path)


def test_a_file_of_networks_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, no text, too long, or no path at all."""
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "long").write_bytes(b"#" * 1_048_577)
    for path, message in (
        (tmp_path / "missing", "No such file"),
        (tmp_path / "bytes", "not a TOML file"),
        (tmp_path / "long", "more than"),
        (tmp_path / "a\0b", "not a TOML file"),
        (None, "not a TOML file"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            ProviderNetworks.load(path)  # type: ignore[arg-type]  # what a caller may hand in all the same


def test_a_private_address_inside_a_wide_network_is_nobody_s() -> None:
    """A /8 whose ends are public has private addresses in its midst."""
    wide = ProviderNetworks({"示例云": ["172.0.0.0/8", "192.88.0.0/16"]})
    assert not _resolved("172.16.0.1", networks=wide).passed
    assert _resolved("172.1.2.3", networks=wide).passed
    result = checked(ProviderAddressCheck(wide), _with(endpoints=["192.88.99.1"]))
    assert not result.passed
    assert "does not reach" in result.note


def test_a_network_that_is_public_at_one_end_only() -> None:
    """Is refused as a whole: a private part would be the provider's."""
    with pytest.raises(ConfigurationError, match="not public"):
        ProviderNetworks({"示例云": ["192.0.0.0/8"]})


def test_a_name_that_is_no_text_is_refused() -> None:
    """It could be no provider of a form."""
    with pytest.raises(ConfigurationError, match="no name"):
        ProviderNetworks({7: ["203.0.113.0/24"]})  # type: ignore[dict-item]  # as above
