"""Network resources: who registered a domain, where it leads, and whose network the addresses are in."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from icpgate.errors import quote
from icpgate.registration.application import Subject
from icpgate.registration.verification.addresses import address_of, is_reachable
from icpgate.registration.verification.interface import Seen, read_parts, same_name
from icpgate.registration.verification.patience import seconds_of, within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from ipaddress import IPv4Address, IPv6Address

    from icpgate.registration.application import Verification
    from icpgate.registration.form.values import FormApp
    from icpgate.registration.verification.providers import ProviderNetworks

__all__ = [
    "DomainRegister",
    "DomainRegistrantCheck",
    "ProviderAddressCheck",
    "ResolutionCheck",
    "Resolver",
    "system_resolver",
]


class DomainRegister(Protocol):
    """A registrar's or registry's data on domains."""

    def registrant(self, domain: str) -> str | None:
        """
        The verified name of who registered the domain; None when the register looked and has no such domain.

        `domain` is a host name in A-labels, as the form has it: the register finds the registered domain above it.
        Raises anything when it could not look.
        """
        ...


@dataclass(frozen=True, slots=True)
class DomainRegistrantCheck:
    """
    Each domain is registered by the operator, under the operator's name.

    None for a form without domains. `seconds` bounds the check as a whole; what is not answered by then is undecided.
    """

    register: DomainRegister
    seconds: float = 10.0
    name: str = "domain register"

    subject: ClassVar[Subject] = Subject.NETWORK

    def __post_init__(self) -> None:
        """Raises `ConfigurationError`."""
        seconds_of(self.seconds, "seconds")

    def check(self, form: Mapping[str, object]) -> Verification | None:
        """See `Check.check`."""
        seen = Seen(self.subject, self.name)
        read, defects = read_parts(form, "/app", "/operator")
        if defects:
            seen.objection(f"the form has defects: {', '.join(defects)}")
        elif not read.app.domains:
            return None
        end = monotonic() + self.seconds
        for domain in () if defects else read.app.domains or ():
            self._look(seen, domain, read.operator.name, end)
        return seen.verification()

    def _look(self, seen: Seen, domain: str, operator: str | None, end: float) -> None:
        try:
            registrant = within(end - monotonic(), lambda: self.register.registrant(domain))
        except Exception as error:  # noqa: BLE001 -- a register may raise anything; its words may name somebody
            seen.open(f"{domain}: the register did not answer ({type(error).__name__})")
            return
        if registrant is None:
            seen.objection(f"{domain}: the register has no such domain")
        elif not isinstance(registrant, str):
            seen.open(f"{domain}: the register's answer cannot be read")
        elif same_name(registrant, operator):
            seen.fact(f"{domain} is registered by the operator")
        else:
            seen.objection(f"{domain} is registered by somebody else")


class Resolver(Protocol):
    """From a host name to its addresses."""

    def __call__(self, domain: str, /) -> Sequence[str]:
        """The addresses as texts; none when there is no such name. Raises anything when nobody could say."""
        ...


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

    def __post_init__(self) -> None:
        """Raises `ConfigurationError`."""
        seconds_of(self.seconds, "seconds")

    def check(self, form: Mapping[str, object]) -> Verification | None:
        """See `Check.check`."""
        seen = Seen(self.subject, "resolution")
        read, defects = read_parts(form, "/app")
        if defects:
            seen.objection(f"the form has defects: {', '.join(defects)}")
        elif not read.app.domains:
            return None
        end = monotonic() + self.seconds
        for domain in () if defects else read.app.domains or ():
            self._resolve(seen, domain, read.app, end)
        return seen.verification()

    def _resolve(self, seen: Seen, domain: str, app: FormApp, end: float) -> None:
        try:
            answer = within(end - monotonic(), lambda: self.resolver(domain))
            texts = () if isinstance(answer, (str, bytes)) else tuple(answer)
        except Exception as error:  # noqa: BLE001 -- a resolver may raise anything
            seen.open(f"{domain}: nobody could say where it leads ({type(error).__name__})")
            return
        if not texts:
            seen.objection(f"{domain} does not resolve")
        wrong = [problem for text in texts if (problem := self._problem(text, app)) is not None]
        for problem in wrong:
            seen.objection(f"{domain} resolves to {problem}")
        if texts and not wrong:
            seen.fact(f"{domain} resolves to {', '.join(texts)}")

    def _problem(self, text: object, app: FormApp) -> str | None:
        address = address_of(text)
        if address is None:
            return f"{quote(text)}, which is no address"
        return _problem_of(address, app, self.networks, endpoints=app.endpoints or ())


def _problem_of(
    address: IPv4Address | IPv6Address,
    app: FormApp,
    networks: ProviderNetworks | None,
    *,
    endpoints: Sequence[str],
) -> str | None:
    """What is wrong with an address: where a provider's networks have it nothing, whatever it is for."""
    if networks is not None and networks.provider_of(address, app.access_providers) is not None:
        return None
    if not is_reachable(address):
        return f"{address}, which the public does not reach"
    if str(address) not in endpoints:
        return f"{address}, which is no address of the form or of its access provider"
    return None


@dataclass(frozen=True, slots=True)
class ProviderAddressCheck:
    """
    Each address of the form is in a network of an access provider that the form states.

    None for a form without addresses. A provider whose networks nobody stated leaves undecided what is in no other's.
    """

    networks: ProviderNetworks

    subject: ClassVar[Subject] = Subject.NETWORK

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
            provider = None if address is None else self.networks.provider_of(address, app.access_providers)
            if provider is not None:
                seen.fact(f"{endpoint} is in a network of {quote(provider)}")
            elif unknown:
                seen.open(f"{endpoint}: the networks of {quote(unknown[0])} are not known")
            else:
                seen.objection(f"{endpoint} is in no network of the stated access provider")
        return seen.verification()
