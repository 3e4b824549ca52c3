"""httpx2 under the name of httpx: on the path with `pytest --http-library=httpx2`, also of programs that tests start."""

from __future__ import annotations

import sys

import httpx2

sys.modules[__name__] = httpx2
