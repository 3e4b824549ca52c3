"""
icpgate's own log: structlog bound privately to the standard library's logging, which nobody else's set-up changes.

Silent until the host configures logging. Events carry codes, numbers and timings; never names of
people, document numbers, tokens or payloads.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger

__all__ = ["logger"]

logging.getLogger("icpgate").addHandler(logging.NullHandler())


@cache
def logger(name: str) -> BoundLogger:
    """
    The structured logger over `logging.getLogger(name)`.

    Ask the standard logger's `isEnabledFor` first: structlog is imported when the first event is
    really written.
    """
    import structlog  # noqa: PLC0415 -- only a host that listens pays for it

    bound: BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.stdlib.render_to_log_kwargs,
        ],
        cache_logger_on_first_use=True,
    )
    return bound
