"""The contract of registries, whole."""

from __future__ import annotations

from icpgate.testing.contracts.answers import AnswersContract
from icpgate.testing.contracts.flows import FlowsContract
from icpgate.testing.contracts.sharing import SharingContract

__all__ = ["RegistryContract"]


class RegistryContract(AnswersContract, FlowsContract, SharingContract):
    """
    What every registry must do, as tests: subclass it, say which registry, and run pytest.

        class TestOrders(RegistryContract):
            def registry(self): return OrderDatabase(rows)
            def known(self): return query, record
            def unknown(self): return another_query

    A broken promise is an `AssertionError` that says which. Not checked: whether what it answers is true, how
    long it takes, and what it does when its own file or server is damaged.
    """
