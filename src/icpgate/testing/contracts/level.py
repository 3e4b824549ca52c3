"""The contract of second levels of the cache, whole."""

from __future__ import annotations

from icpgate.testing.contracts.entries import EntriesContract
from icpgate.testing.contracts.locks import LocksContract

__all__ = ["CacheLevelContract"]


class CacheLevelContract(EntriesContract, LocksContract):
    """
    What every second level must do, as tests: subclass it, say which level, and run pytest.

        class TestOurs(CacheLevelContract):
            def level(self): return OurLevel(self.place)

    A level for event loops is tested by a second subclass with `on_loop = True`. Not checked: what
    a level does while its file or server is gone, and how long it takes.
    """
