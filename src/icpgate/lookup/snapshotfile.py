"""
The registry in one file, as commands and programs handle it; `lookup.registries.snapshot` asks it.

    init_registry   make an empty one
    import_records  files into it, all rows or none
    show, stats     what it holds
    export_records  out of it, so that an import reads it back
"""

from __future__ import annotations

from icpgate.lookup.snapshot.exporting import export_records, show, stats
from icpgate.lookup.snapshot.importing import ImportReport, import_records, init_registry

__all__ = ["ImportReport", "export_records", "import_records", "init_registry", "show", "stats"]
