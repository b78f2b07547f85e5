"""What a crash left in a store's folder, cleared by whoever opens it alone."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlmodel import select

from triage import models, paths
from triage.store import anchor, engine, epochs, restricted_folders
from triage.store.keys.header import Unlocked


def sweep(unlocked: Unlocked, made: Engine) -> None:
    """Clear temporary files and former databases; evidence without a row is set aside, not deleted.

    Only for who holds the store alone: somebody else's evidence may lie there before its row does.
    """
    with engine.unit(made) as session:
        known = {name for name in session.exec(select(models.Evidence.file)) if name}
        restricted = set(session.exec(select(models.RestrictedCase.id)))
    room = unlocked.folder / "evidence"
    with engine.said():
        restricted_folders.sweep(unlocked.folder, restricted)
        for path in room.iterdir():
            if path.name.endswith(".tmp"):
                path.unlink()
            elif path.is_file() and path.name not in known:
                path.replace(paths.make_room(room / "aside") / path.name)
        for path in unlocked.folder.glob("*.tmp"):
            path.unlink()
        for path in epochs.older(unlocked.folder, unlocked.epoch):
            epochs.remove(path)
        for path in anchor.room(unlocked.store).glob("*.tmp"):
            path.unlink(missing_ok=True)
