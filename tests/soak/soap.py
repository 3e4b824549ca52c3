"""
What a gate says of every broken answer of the enterprise-side interface: `python -m tests.soak.soap` prints the table.

Exit code 1: something was said that no row allows.
"""

from __future__ import annotations

import sys
import time

from icpgate.app import App
from icpgate.lookup import Limits
from icpgate.rules import Action
from icpgate.testing.enterprise import EnterpriseServer
from tests.awaited import CLIENTS, GATES
from tests.cases import described
from tests.edge.soap import FOUND, SOAP_FAULTS
from tests.lookup.enterprise.bureau import COMPLETE, RECORD, registry_of
from tests.lookup.mapping.local import LocalServer, Sent

__all__ = ["main"]

APP = App.parse(described())


def main() -> int:
    """Print a line for each; nothing may be asked of the sink."""
    failed = []
    sys.stdout.write("| fault of the SOAP interface | row | blocking | ms | async | ms |\n|---|---|---|---|---|---|\n")
    with EnterpriseServer([RECORD]) as server, LocalServer(lambda _: Sent(b"0")) as sink:
        for fault in SOAP_FAULTS:
            server.alter = lambda call, _, fault=fault: fault.make(call, sink.url)
            cells = []
            for client, gate in zip(CLIENTS, GATES, strict=True):
                registry = registry_of(server, **COMPLETE)
                lookup = client(registry, limits=Limits(seconds=2.0))
                with gate(Action.LIST, registry, lookup=lookup) as made:
                    begun = time.perf_counter()
                    decision = made.check(APP)
                    took = (time.perf_counter() - begun) * 1_000
                answer = decision.observations[0].answer
                said = FOUND if decision.allowed else str(getattr(answer, "why", type(answer).__name__))
                if said not in fault.says:
                    failed.append(f"{fault}: {said}")
                cells.append(f"{'allow' if decision.allowed else f'undecided: {said}'} | {took:,.1f}")
            sys.stdout.write(f"| {fault.name} | {fault.row} | {' | '.join(cells)} |\n")
        if sink.received:
            failed.append("the sink was asked")
    sys.stderr.write("".join(f"FAILED {line}\n" for line in failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
