"""Network resources: who registered a domain, where it leads, and whose network the addresses are in."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from icpgate.document import is_personal, normal_form
from icpgate.errors import quote
from icpgate.registration.application import Subject
from icpgate.registration.verification.addresses import address_of, is_example, is_reachable
from icpgate.registration.verification.interface import Seen, read_parts, same_name
from icpgate.registration.verification.patience import seconds_of, within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from ipaddress import IPv4Address, IPv6Address

    from icpgate.registration.application import Verification
    from icpgate.registration.form.values import Form, FormApp, FormOperator
    from icpgate.registration.verification.providers import ProviderNetworks

__all__ = [
    "DomainRegister",
    "DomainRegistrantCheck",
    "ProviderAddressCheck",
    "Registrant",
    "ResolutionCheck",
    "Resolver",
    "system_resolver",
]


@dataclass(frozen=True, slots=True)
class Registrant:
    """Who registered a domain: the verified name, and the number of the document it was verified by, if it is told."""

    name: str = field(repr=False)
    document_number: str | None = field(default=None, repr=False)


class DomainRegister(Protocol):
    """A registrar's or registry's data on domains."""

    def registrant(self, domain: str) -> Registrant | str | None:
        """
        Who registered the domain, a text being the verified name; None when the register looked and has no such domain.

        `domain` is a host name in A-labels, as the form has it: the register finds the registered domain above it.
        Raises anything when it could not look.
        """
        ...


def _each_domain(seen: Seen, form: Form, defects: tuple[str, ...], look: Callable[[str], None]) -> Verification | None:
    """What came of a look at each domain; None for a form without any, an objection for one that cannot be read."""
    if defects:
        seen.objection(f"the form has defects: {', '.join(defects)}")
    elif not form.app.domains:
        return None
    else:
        for domain in form.app.domains:
            look(domain)
    return seen.verification()


@dataclass(frozen=True, slots=True)
class DomainRegistrantCheck:
    """
    Each domain is registered by the operator, under the operator's name and, where the register tells it, document.

    The name alone is not enough for a natural person, whose name others have too. None for a form without domains.
    `seconds` bounds the check as a whole; what is not answered by then is undecided.
    """

    register: DomainRegister
    seconds: float = 10.0
    name: str = "domain register"

    subject: ClassVar[Subject] = Subject.NETWORK
    looks_at: ClassVar[frozenset[str]] = frozenset({"domains"})

    def __post_init__(self) -> None:
        """Raises `ConfigurationError`."""
        seconds_of(self.seconds, "seconds")

    def check(self, form: Mapping[str, object]) -> Verification | None:
        """See `Check.check`."""
        seen = Seen(self.subject, self.name)
        end = monotonic() + self.seconds
        read, defects = read_parts(form, "/app", "/operator")
        return _each_domain(seen, read, defects, lambda domain: self._look(seen, domain, read.operator, end))

    def _look(self, seen: Seen, domain: str, operator: FormOperator, end: float) -> None:
        try:
            answer = within(end - monotonic(), lambda: self.register.registrant(domain))
        except Exception as error:  # noqa: BLE001 -- a register may raise anything; its words may name somebody
            seen.open(f"{domain}: the register did not answer ({type(error).__name__})")
            return
        registrant = Registrant(answer) if isinstance(answer, str) else answer
        if registrant is None:
            seen.objection(f"{domain}: the register has no such domain")
        elif not isinstance(registrant, Registrant):
            seen.open(f"{domain}: the register's answer cannot be read")
        elif not same_name(registrant.name, operator.name):
            seen.objection(f"{domain} is registered by somebody else")
        else:
            _by_document(seen, domain, registrant.document_number, operator)


def _by_document(seen: Seen, domain: str, number: object, operator: FormOperator) -> None:
    """Once the names are the same."""
    kind = operator.document_type
    if isinstance(number, str) and kind is not None and normal_form(kind, number) == operator.document_number:
        seen.fact(f"{domain} is registered by the operator, under its document")
    elif number is not None:
        seen.objection(f"{domain} is registered under another document")
    elif kind is None or is_personal(kind):
        seen.open(f"{domain} is registered under this name, which does not tell one person from another")
    else:
        seen.fact(f"{domain} is registered by the operator")


class Resolver(Protocol):
    """From a host name to its addresses."""

    def __call__(self, domain: str, /) -> Sequence[str]:
        """The addresses as texts; none when there is no such name. Raises anything when nobody could say."""
        ...


MOST_ADDRESSES: Final = 1_000
"""More than any name has. What comes after was not looked at, so nothing passes."""

_NO_SUCH_NAME: Final = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


def system_resolver(domain: str) -> tuple[str, ...]:
    """
    The addresses of a host name as this machine resolves it; none when there is no such name.

    The name is taken as complete: no search domain of this machine is put after it. Raises `OSError` when nobody
    could say.
    """
    try:
        found = socket.getaddrinfo(f"{domain.removesuffix('.')}.", None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in _NO_SUCH_NAME:
            return ()
        raise
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class ResolutionCheck:
    """
    Each domain leads to addresses that the form states, or that are the stated access provider's.

    Every address has to be: one elsewhere, or one that the public does not reach, is an objection. Addresses for
    examples count only where `networks` has them. None for a form without domains. `seconds` bounds the check as a
    whole; what is not answered by then is undecided.
    """

    resolver: Resolver = system_resolver
    networks: ProviderNetworks | None = None
    seconds: float = 10.0

    subject: ClassVar[Subject] = Subject.NETWORK
    looks_at: ClassVar[frozenset[str]] = frozenset({"domains"})

    def __post_init__(self) -> None:
        """Raises `ConfigurationError`."""
        seconds_of(self.seconds, "seconds")

    def check(self, form: Mapping[str, object]) -> Verification | None:
        """See `Check.check`."""
        seen = Seen(self.subject, "resolution")
        end = monotonic() + self.seconds
        read, defects = read_parts(form, "/app")
        return _each_domain(seen, read, defects, lambda domain: self._resolve(seen, domain, read.app, end))

    def _resolve(self, seen: Seen, domain: str, app: FormApp, end: float) -> None:
        try:
            texts = within(end - monotonic(), lambda: _listed(self.resolver(domain)))
        except Exception as error:  # noqa: BLE001 -- a resolver may raise anything
            seen.open(f"{domain}: nobody could say where it leads ({type(error).__name__})")
            return
        if not texts:
            seen.objection(f"{domain} does not resolve")
        wrong = [problem for text in texts if (problem := self._problem(text, app)) is not None]
        for problem in wrong:
            seen.objection(f"{domain} resolves to {problem}")
        if texts and not wrong:
            seen.fact(f"{domain} resolves to {', '.join(map(str, texts))}")

    def _problem(self, text: object, app: FormApp) -> str | None:
        address = address_of(text)
        if address is None:
            return f"{quote(text)}, which is no address"
        provider, problem = _provider_of(address, app, self.networks)
        if problem:
            return problem
        if provider is None and str(address) not in (app.endpoints or ()):
            return f"{address}, which is no address of the form or of its access provider"
        return None


def _listed(answer: object) -> tuple[object, ...]:
    """The addresses, fetched while somebody looks at the time; a text is not the list of its letters."""
    if not isinstance(answer, Iterable) or isinstance(answer, (str, bytes)):
        raise TypeError
    listed = tuple(islice(answer, MOST_ADDRESSES + 1))
    if len(listed) > MOST_ADDRESSES:
        raise ValueError
    return listed


def _provider_of(
    address: IPv4Address | IPv6Address, app: FormApp, networks: ProviderNetworks | None
) -> tuple[str | None, str]:
    """The stated provider whose network the address is in, and why it is no address of a public server, if so."""
    provider = None if networks is None else networks.provider_of(address, app.access_providers)
    # Whoever states a network for examples is trying things out; a private one inside a wide network is a mistake.
    if is_reachable(address) or (provider is not None and is_example(address)):
        return provider, ""
    return provider, f"{address}, which the public does not reach"


@dataclass(frozen=True, slots=True)
class ProviderAddressCheck:
    """
    Each address of the form is in a network of an access provider that the form states.

    None for a form without addresses. A provider whose networks nobody stated leaves undecided what is in no other's.
    """

    networks: ProviderNetworks

    subject: ClassVar[Subject] = Subject.NETWORK
    looks_at: ClassVar[frozenset[str]] = frozenset({"addresses"})

    def check(self, form: Mapping[str, object]) -> Verification | None:
        """See `Check.check`."""
        seen = Seen(self.subject, "networks of the access provider")
        read, defects = read_parts(form, "/app")
        app = read.app
        if defects:
            seen.objection(f"the form has defects: {', '.join(defects)}")
        elif not app.endpoints:
            return None
        unknown = [provider for provider in app.access_providers if not self.networks.knows(provider)]
        for endpoint in () if defects else app.endpoints or ():
            address = address_of(endpoint)
            assert address is not None  # noqa: S101 -- the form was read without a defect
            provider, problem = _provider_of(address, app, self.networks)
            if problem:
                seen.objection(problem)
            elif provider is not None:
                seen.fact(f"{endpoint} is in a network of {quote(provider)}")
            elif unknown:
                seen.open(f"{endpoint}: the networks of {quote(unknown[0])} are not known")
            else:
                seen.objection(f"{endpoint} is in no network of the stated access provider")
        return seen.verification()
