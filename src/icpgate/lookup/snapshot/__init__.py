"""
The registry in one file: its layout, how it is written, read, filled and exported.

    layout    what the file is made of, and how a whole one is told from any other
    body, rows, storable    a record as a stored row, and back
    storage   one writer at a time, a new file in the old one's place at once
    reading   a verified file, open for look-ups
    sourcefile, jsonl, table    the files that are imported
    staging, merging, importing    how they get in; exporting how they get out
"""

from __future__ import annotations

__all__: list[str] = []
