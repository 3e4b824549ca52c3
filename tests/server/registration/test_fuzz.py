"""
Whatever is sent, by whomever, in whatever order: no 5xx, no undocumented status, no answer of another shape.

schemathesis makes the requests from the OpenAPI document. It begins with applications in every state and with
registrations, because no chance finds the seven steps to a number; the links of the document lead on from there.
Runs in `make test-all`.
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from icpgate.registration.states import State
from icpgate.server.registration import registration_app
from icpgate.server.registration.operations import OPERATIONS
from tests.server.registration.calls import OPERATION, RIGHT, address
from tests.server.registration.scenes import BY_ROLE, ROADS, TOKEN_OF, TOKENS, brought_to, system

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from icpgate.registration.system import RegistrationSystem

pytestmark = pytest.mark.usefixtures("only_in_test_all")

STEPS = 10
EXAMPLES = 40
"""For each operation, each part that can be wrong; some two thousand requests in all."""

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis comes with the extra test-all")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory, only_in_test_all: None) -> Iterator[RegistrationSystem]:  # noqa: ARG001 -- nothing is made for nothing
    """A simulated registry."""
    with system(tmp_path_factory.mktemp("fuzz")) as made:
        yield made


@pytest.fixture(scope="module")
def api(simulated: RegistrationSystem) -> Any:
    """The document as schemathesis reads it, over the application itself."""
    return schemathesis.openapi.from_asgi("/v1/openapi.json", registration_app(simulated, tokens=TOKENS))


class Callers:
    """Gives each request an account, and now and then an application that is there."""

    def __init__(self, simulated: RegistrationSystem) -> None:
        """Chance with a seed of its own."""
        self._system = simulated
        self._chance = random.Random(20261125)  # noqa: S311 -- no secret
        self.told: Counter[tuple[str, int]] = Counter()

    def prepare(self, case: Any) -> dict[str, str]:
        """The headers of a request; its path may be changed."""
        name = case.operation.definition.raw["operationId"]
        known = self._chance.random() < 0.5
        if case.path_parameters and known:
            state = self._chance.choice([RIGHT[name].state or State.DRAFT, *ROADS])
            made = brought_to(self._system, state)
            for key in case.path_parameters:
                case.path_parameters[key] = made.id if key == "id" else made.number or "蜀ICP备2026000001号-1A"
        roles = sorted(OPERATION[name].roles or ())
        if not roles or self._chance.random() < 0.05:
            return {}
        token = TOKEN_OF[RIGHT[name].actor] if known else BY_ROLE[self._chance.choice(roles)]
        return {"Authorization": f"Bearer {token}"}


def test_no_request_breaks_anything(api: Any, simulated: RegistrationSystem) -> None:
    """Every operation alone, with what its document allows and with what it does not."""
    callers = Callers(simulated)
    for result in api.get_all_operations():
        for mode in schemathesis.GenerationMode:
            _send_many(result.ok(), mode, callers)
    assert {name for name, _ in callers.told} == set(OPERATION) - {"openapi"}  # the document does not test itself
    assert {status for _, status in callers.told} >= {200, 201, 400, 401, 404, 409, 422}


def _send_many(operation: Any, mode: Any, callers: Callers) -> None:
    """Requests for one operation; each answer is held to the document."""

    def send(case: Any) -> None:
        response = case.call(headers=callers.prepare(case))
        callers.told[operation.definition.raw["operationId"], response.status_code] += 1
        case.validate_response(response, checks=_checks())

    once = settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with suppress(Unsatisfiable):  # nothing can be wrong with a request that has neither parameters nor a body
        once(given(case=operation.as_strategy(generation_mode=mode))(send))()


def test_every_operation_reaches_its_success(api: Any, simulated: RegistrationSystem) -> None:
    """With its right call, whose answer has the documented shape."""
    for operation in OPERATIONS:
        right = RIGHT[operation.id]
        described = api[operation.path][operation.method]
        path = address(simulated, operation)
        given = _path_parameters(operation.path, path)
        extra = {} if right.body is None else {"body": right.body, "media_type": "application/json"}
        case = described.Case(path_parameters=given, **extra)
        response = case.call(headers={"Authorization": f"Bearer {TOKEN_OF[right.actor]}"})
        assert response.status_code == operation.status, (operation.id, response.text)
        case.validate_response(response, checks=_checks())


def test_no_order_of_steps_breaks_anything(tmp_path: Path) -> None:
    """Along the links of the document, from the application that an answer was about to the next step with it."""
    scene = Scene(tmp_path)
    api = schemathesis.openapi.from_asgi("/v1/openapi.json", scene)

    class Steps(api.as_state_machine()):  # type: ignore[misc]  # made at run time
        def setup(self) -> None:
            scene.begin()

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": scene.callers.prepare(case)}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            scene.told[case.operation.definition.raw["operationId"], response.status_code] += 1
            case.validate_response(response, checks=_checks())

    Steps.run(
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
    )
    scene.end()
    assert sum(scene.told.values()) > EXAMPLES
    assert {status for _, status in scene.told} >= {200, 201, 404}


class Scene:
    """An application that begins anew, with a database of its own, whenever another order of steps is tried."""

    def __init__(self, folder: Path) -> None:
        """Begun once already: the document has to come from somewhere."""
        self.told: Counter[tuple[str, int]] = Counter()
        self._folder = folder
        self._count = 0
        self._open = ExitStack()
        self.begin()

    def begin(self) -> None:
        """Another database, and the same chances again."""
        self.end()
        self._count += 1
        made = self._open.enter_context(system(self._folder, name=f"{self._count}.db"))
        self.callers = Callers(made)
        self._app = registration_app(made, tokens=TOKENS)

    def end(self) -> None:
        """Close what is open."""
        self._open.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        await self._app(scope, receive, send)


def _checks() -> list[Any]:
    """What every answer is held to."""
    checks = schemathesis.checks
    names = (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "response_headers_conformance",
    )
    return [getattr(checks, name, None) or checks.CHECKS.get_one(name) for name in names]


def _path_parameters(template: str, path: str) -> dict[str, str]:
    """The id or number that stands in an address."""
    parts = zip(template.split("/"), path.split("/"), strict=True)
    return {part.strip("{}"): value for part, value in parts if part.startswith("{")}
