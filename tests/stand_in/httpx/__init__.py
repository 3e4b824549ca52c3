"""httpx2 under the name of httpx: on the path with `pytest --http-library=httpx2`, of subprocesses as well."""

from __future__ import annotations

import sys

import httpx2

sys.modules[__name__] = httpx2
