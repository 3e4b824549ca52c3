"""What an order for access may name: domains and addresses of the registration."""

from __future__ import annotations

import pytest

from icpgate.rules import Action, Finding
from icpgate.rules.connection import DomainsCovered
from tests.cases import case_of, described, failed, not_applicable, not_checkable, passed, registered


def judged(
    domains: tuple[str, ...] = (),
    endpoints: tuple[str, ...] = (),
    *,
    has: tuple[str, ...] | None = None,
    at: tuple[str, ...] | None = None,
    rule: DomainsCovered | None = None,
) -> Finding:
    """The finding on these domains and addresses, with these registered."""
    app = described(domains=list(domains), endpoints=list(endpoints))
    record = registered(domains=None if has is None else list(has), endpoints=None if at is None else list(at))
    return (rule or DomainsCovered()).check(case_of(app, record))


@pytest.mark.parametrize(
    ("domain", "registered_domain"),
    [
        ("example.cn", "example.cn"),
        ("EXAMPLE.cn.", "example.CN"),
        ("例子.中国", "xn--fsqu00a.xn--fiqs8s"),
        ("a.b.example.cn", "a.b.example.cn"),
        ("x.a.b.example.cn", "a.b.example.cn"),
        ("y.x.a.b.example.cn", "a.b.example.cn"),
        ("x.a.b.example.cn", "x.a.b.example.cn"),
    ],
)
def test_a_registered_domain(domain: str, registered_domain: str) -> None:
    """Case, encoding and the levels below the fourth make no other domain."""
    assert judged((domain,), has=(registered_domain,)) == passed(DomainsCovered)


@pytest.mark.parametrize(
    ("domain", "registered_domain"),
    [
        ("api.example.cn", "example.cn"),
        ("example.cn", "api.example.cn"),
        ("evil-example.cn", "example.cn"),
        ("evilexample.cn", "example.cn"),
        ("example.cn.evil.cn", "example.cn"),
        ("a.b.example.cn", "b.example.cn"),
        ("x.a.b.example.cn", "b.example.cn"),
        ("example.com", "example.cn"),
    ],
)
def test_another_domain(domain: str, registered_domain: str) -> None:
    """Each level in use is registered by itself, and what only looks alike is another domain."""
    assert judged((domain,), has=(registered_domain,)) == failed(DomainsCovered, "domain", domain, registered_domain)


@pytest.mark.parametrize("domain", ["api.example.cn", "a.b.c.d.example.cn", "example.cn"])
def test_a_policy_may_let_a_domain_cover_what_is_below(domain: str) -> None:
    """With `subdomains` a registered domain covers every level below it."""
    assert judged((domain,), has=("example.cn",), rule=DomainsCovered(subdomains=True)) == passed(DomainsCovered)


@pytest.mark.parametrize("domain", ["evil-example.cn", "evilexample.cn", "example.cn.evil.cn", "cn.com"])
def test_what_is_not_below_is_not_covered(domain: str) -> None:
    """A dot must stand between."""
    finding = judged((domain,), has=("example.cn",), rule=DomainsCovered(subdomains=True))
    assert finding == failed(DomainsCovered, "domain", domain, "example.cn")


@pytest.mark.parametrize("shared", ["com.cn", "gov.cn", "org.cn", "net.cn", "edu.cn", "ac.cn", "mil.cn"])
def test_a_name_that_everybody_registers_under_covers_nobody(shared: str) -> None:
    """A registration that holds com.cn does not hold every company's domain."""
    finding = judged((f"evil.{shared}",), has=(shared,), rule=DomainsCovered(subdomains=True))
    assert finding.detail == "domain"


@pytest.mark.parametrize(
    ("address", "registered_address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("203.0.113.7", "203.0.113.0/24"),
        ("203.0.113.255", "203.0.113.0/24"),
        ("2001:db8:1::1", "2001:db8::/32"),
    ],
)
def test_a_registered_address(address: str, registered_address: str) -> None:
    """An address is registered by itself or in a network."""
    assert judged((), (address,), at=(registered_address,)) == passed(DomainsCovered)


@pytest.mark.parametrize(
    ("address", "registered_address"),
    [
        ("203.0.113.8", "203.0.113.7"),
        ("203.0.114.0", "203.0.113.0/24"),
        ("2001:db8::1", "203.0.113.0/24"),
        ("203.0.113.7", "2001:db8::/32"),
    ],
)
def test_another_address(address: str, registered_address: str) -> None:
    """An address outside is another one, also of the other family."""
    assert judged((), (address,), at=(registered_address,)) == failed(
        DomainsCovered, "endpoint", address, registered_address
    )


def test_everything_that_is_strange_is_named_at_once() -> None:
    """One finding has all of it, domains first."""
    finding = judged(("a.cn", "ok.cn", "b.cn"), ("203.0.113.9",), has=("ok.cn",), at=("203.0.113.7", "203.0.113.8"))
    expected = "ok.cn; 203.0.113.7, 203.0.113.8"
    assert finding == failed(DomainsCovered, "domain", "a.cn, b.cn, 203.0.113.9", expected)


def test_one_strange_address_among_right_domains() -> None:
    """What is right takes nothing back."""
    finding = judged(("ok.cn",), ("203.0.113.9",), has=("ok.cn",), at=())
    assert finding == failed(DomainsCovered, "endpoint", "203.0.113.9", "ok.cn; no address is registered")


def test_a_long_list_is_cut() -> None:
    """A registration of many domains makes no finding of many pages."""
    finding = judged(("x.cn",), has=tuple(f"a{n}.cn" for n in range(12)))
    assert finding.expected == ", ".join([*(f"a{n}.cn" for n in range(10)), "2 more"])


def test_empty_is_not_absent() -> None:
    """A registration without domains covers none; a source without them proves nothing."""
    assert judged(("a.cn",), has=()) == failed(DomainsCovered, "domain", "a.cn", "no domain is registered")
    assert judged(("a.cn",)) == not_checkable(DomainsCovered, "record.domains", "the registered domains")
    assert judged((), ("203.0.113.7",)) == not_checkable(DomainsCovered, "record.endpoints", "the registered addresses")


def test_what_can_be_compared_is_compared() -> None:
    """A source without addresses still has domains, and the other way round."""
    both = (("a.cn",), ("203.0.113.7",))
    assert judged(*both, has=("a.cn",)).detail == "record.endpoints"
    assert judged(*both, at=("203.0.113.7",)).detail == "record.domains"
    assert judged(*both, has=("b.cn",)) == failed(DomainsCovered, "domain", "a.cn", "b.cn")
    assert judged(*both, at=("203.0.113.8",)) == failed(DomainsCovered, "endpoint", "203.0.113.7", "203.0.113.8")
    assert judged(*both, has=("a.cn",), at=("203.0.113.7",)) == passed(DomainsCovered)


@pytest.mark.parametrize("action", [Action.LIST, Action.PREINSTALL])
def test_an_app_without_network_resources_has_nothing_to_cover(action: Action) -> None:
    """A store need not know of any."""
    assert DomainsCovered().check(case_of(action=action)) == not_applicable(DomainsCovered)


def test_an_order_to_connect_nothing_cannot_be_judged() -> None:
    """An order without domain and address leaves open what is to be connected."""
    expected = "the domains or addresses to be connected"
    assert DomainsCovered().check(case_of(action=Action.CONNECT)) == not_checkable(
        DomainsCovered, "app.domains", expected
    )


def test_without_a_record_nothing_is_compared() -> None:
    """No record, no comparison."""
    case = case_of(described(domains=["a.cn"]), asked=False, action=Action.CONNECT)
    assert DomainsCovered().check(case) == not_applicable(DomainsCovered)
