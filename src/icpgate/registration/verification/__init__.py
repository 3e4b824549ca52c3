"""
What is verified before an application is submitted: the operator's identity, the network resources, the app.

    form → checks → one verification per subject → `RegistrationSystem.verify`

- A check is a plug-in: it looks at one thing, and says what it looked at and with which result.
- Nobody's silence passes: what a check could not find out is undecided, and undecided is not passed.
- A subject passes when at least one check looked beyond the form, and every check of it passed.
- Evidence names domains, addresses, packages and registers. It holds no name and no document number.
"""

from __future__ import annotations

from icpgate.registration.verification.facts import facts_from
from icpgate.registration.verification.identity import (
    BusinessRegister,
    BusinessRegisterCheck,
    DocumentCheck,
    PersonsCheck,
    RegisterEntry,
)
from icpgate.registration.verification.interface import Check, Seen, is_undecided
from icpgate.registration.verification.network import (
    DomainRegister,
    DomainRegistrantCheck,
    ProviderAddressCheck,
    Registrant,
    ResolutionCheck,
    Resolver,
    system_resolver,
)
from icpgate.registration.verification.package import PackageCheck
from icpgate.registration.verification.providers import ProviderNetworks
from icpgate.registration.verification.together import verify_all

__all__ = [
    "BusinessRegister",
    "BusinessRegisterCheck",
    "Check",
    "DocumentCheck",
    "DomainRegister",
    "DomainRegistrantCheck",
    "PackageCheck",
    "PersonsCheck",
    "ProviderAddressCheck",
    "ProviderNetworks",
    "RegisterEntry",
    "Registrant",
    "ResolutionCheck",
    "Resolver",
    "Seen",
    "facts_from",
    "is_undecided",
    "system_resolver",
    "verify_all",
]
