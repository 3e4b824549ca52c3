"""What holds for the whole tree: exports, imports, async, clocks, leftovers."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import icpgate

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "icpgate"
MODULES = sorted(["icpgate", *(module.name for module in pkgutil.walk_packages(icpgate.__path__, "icpgate."))])
FILES = sorted(SOURCE.rglob("*.py"))

ASYNC: dict[str, str] = {
    "gate.py": "AsyncGate awaits its client and its recorder",
    "lookup/asynchronous.py": "the asynchronous driver of steps",
    "lookup/asyncclient.py": "awaits loads",
    "lookup/cache/level.py": "the protocol of a level on an event loop",
    "lookup/cache/redis_async.py": "the second level on an event loop",
    "lookup/http.py": "the asynchronous client and transport, beside the blocking ones",
    "lookup/wire/asynchronous.py": "the exchange on an event loop",
    "lookup/wire/asyncconnecting.py": "connecting and TLS on an event loop",
    "lookup/wire/asyncpool.py": "waiting for a connection on an event loop",
    "server/app.py": "endpoints of an ASGI application",
    "server/asking.py": "awaits the asynchronous client for the endpoints",
    "server/body.py": "reads a body as it arrives",
    "server/guard.py": "an ASGI application around another",
    "server/registration/app.py": "the end of an ASGI application, and its handler for what is nowhere",
    "server/registration/interface.py": "endpoints of an ASGI application",
    "server/registration/pages.py": "as above",
    "server/registration/review.py": "as above",
    "server/registration/work.py": "awaits blocking work for the endpoints",
    "server/serving.py": "overrides the coroutines of uvicorn's server",
    "testing/contracts/asking.py": "asks a registry through the asynchronous client too",
    "settings.py": "closes the cache of an asynchronous gate behind it",
    "testing/serving.py": "holds answers back inside an ASGI application",
}
"""The modules that may be asynchronous, each with its reason. No registry, no rule and no cache entry is."""

PURE = (
    "number",
    "app.py",
    "record.py",
    "answer.py",
    "rules",
    "policy",
    "decision",
    "chinese.py",
    "document.py",
    "signing",
)
"""What decides: it knows no clock."""


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_exports(name: str) -> None:
    """`__all__` is there, is sorted out, and each name in it exists."""
    module = importlib.import_module(name)
    exported = module.__all__
    assert len(set(exported)) == len(exported)
    assert [entry for entry in exported if not hasattr(module, entry)] == []


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(SOURCE)) for path in FILES])
def test_nothing_public_is_left_out_of_the_exports(path: Path) -> None:
    """A public class or function that a module defines is exported by it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = {
        node.name
        for node in tree.body
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_")
    }
    if "cli" in path.parts and path.name not in {"__init__.py", "output.py"}:
        return  # a command's functions are reached through the command alone
    exported = next(
        ast.literal_eval(ast.unparse(node).partition(" = ")[2])
        for node in tree.body
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and ast.unparse(node).startswith("__all__")
    )
    assert defined - set(exported) <= {"command"}


def test_import_icpgate_is_light() -> None:
    """Neither an HTTP library nor structlog nor rich nor pydantic comes in before it is needed."""
    heavy = {"httpx", "structlog", "rich", "click", "pydantic", "cachetools", "sqlite3", "asyncio"}
    code = f"import icpgate, sys; print(sorted(set(sys.modules) & {heavy!r}))"
    # Measuring coverage in subprocesses brings sqlite3 in: this one is not measured.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert ran.stdout.strip() == "[]"


def test_a_gate_is_made_without_a_network_library() -> None:
    """A decision on a local registry loads neither httpx nor structlog nor rich."""
    code = (
        "import sys; from tests.cases import check; assert check().allowed\n"
        "print(sorted(set(sys.modules) & {'httpx', 'structlog', 'rich', 'click', 'asyncio'}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.strip() == "[]"


def test_every_public_name_is_importable_from_the_top() -> None:
    """The lazy names of the package exist, and `dir` lists them."""
    assert [name for name in icpgate.__all__ if not hasattr(icpgate, name)] == []
    assert dir(icpgate) == sorted(icpgate.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Gates'"):
        _ = icpgate.Gates


def test_async_lives_in_listed_modules_only() -> None:
    """A module that is asynchronous is listed with its reason."""
    found = {
        str(path.relative_to(SOURCE))
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.AsyncFunctionDef, ast.Await, ast.AsyncWith, ast.AsyncFor))
    }
    assert found == set(ASYNC)


def test_what_decides_asks_no_clock() -> None:
    """Time is handed in: nothing that decides calls now, today, time or monotonic."""
    called = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in FILES
        if path.relative_to(SOURCE).parts[0] in PURE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today", "monotonic", "perf_counter"}
    ]
    assert called == []


def test_modules_are_of_one_screen_or_a_few() -> None:
    """Nothing has grown beyond 400 lines."""
    assert [str(path) for path in FILES if len(path.read_text(encoding="utf-8").splitlines()) > 400] == []


def test_no_left_overs_and_no_exemption_without_a_reason() -> None:
    """A promise to do it later, a silenced tool or a skipped test gives its reason on the line."""
    pattern = re.compile(
        r"#\s*(TODO|FIXME|XXX)\b|#\s*noqa(?!: [A-Z0-9, ]+ -- )|#\s*pragma: no (cover|branch)(?! -- )"
        r"|#\s*type: ignore(?!\[[a-z, -]+\]  # )|mark\.(skip|xfail)\b(?!if)"
    )
    paths = [*FILES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "examples").glob("*.py"))]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in paths
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_nothing_names_where_it_was_made() -> None:
    """No file of the repository carries a path of the place where it was written, or a registry's host."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True, cwd=ROOT).stdout  # noqa: S607 -- git as on the path
    words = re.compile(r"/work/|/root/|/tmp/bash|shared/data|fs:[0-9]{4}|pypi\.org|registry\.npmjs")
    found = [
        name
        for name in listed.decode().split("\0")
        if name
        and Path(name) != Path("tests/test_house.py")
        and words.search((ROOT / name).read_text("utf-8", "replace"))
    ]
    assert found == []
