"""Backups: everything encrypted, signed, opened and compared before it counts; brought up to date, restored."""

from triage.store.backup.checking import SHELF_LIFE, Checked, verify
from triage.store.backup.layout import is_one
from triage.store.backup.making import Made, make
from triage.store.backup.restoring import Restored, knows_tombstones, restore

__all__ = [
    "SHELF_LIFE",
    "Checked",
    "Made",
    "Restored",
    "is_one",
    "knows_tombstones",
    "make",
    "restore",
    "verify",
]
