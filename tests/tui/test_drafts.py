"""Nothing typed is lost: killed at any moment, at most the last second is missing."""

from __future__ import annotations

import os
import random  # noqa: TID251 - a seed that is printed
import secrets
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.tui.conftest import WORDS, Open
from triage import errors
from triage.desk import cases, drafts, people, session
from triage.terms import Profile
from triage.tui.sitting import Kept

MOST = 1.0
"""Seconds of typing that may be missing."""
LETTERS = "abcdefghijklmnopqrstuvwxyz "


@pytest.mark.parametrize("moment", range(20))
def test_killed_while_she_types(moment: int, opens: Open, triage: str, store: Path) -> None:
    """Killed by -9 while letters come: what was typed a second before is in the draft, in its order."""
    seed = secrets.randbits(32)
    chance = random.Random(seed)
    terminal = opens(triage, "--store", str(store), "--lang", "vi")
    terminal.wait("Cụm mật khẩu:")
    terminal.send(WORDS + "\r")
    terminal.wait("Việc đến hạn")
    terminal.send("n")
    terminal.wait("LÀM NGAY")
    terminal.quiet(0.2)
    (worker,) = terminal.children()
    end = time.monotonic() + chance.uniform(0.2, 2.5)
    typed, times = "", list[float]()
    while time.monotonic() < end:
        letter = chance.choice(LETTERS)
        terminal.send(letter)
        typed += letter
        times.append(time.monotonic())
        terminal.pump(chance.uniform(0.005, 0.06))
    killed = time.monotonic()
    os.kill(worker, signal.SIGKILL)
    terminal.ended()
    with session.open_store(store, WORDS) as desk:
        found = drafts.find(desk, "report")
        kept = found.fields["words"] if found else ""
    due = sum(at < killed - MOST for at in times)
    assert typed.startswith(kept), f"seed {seed}: {kept!r} is no beginning of {typed!r}"
    assert len(kept) >= due, f"seed {seed}: {len(kept)} letters kept, {due} were older than {MOST} s"


def test_drafts_leave_no_entry_and_no_word(store: Path) -> None:
    """A draft is encrypted, replaced in place, gone with the act that uses it, and no entry of the log."""
    with session.open_store(store, WORDS) as desk:
        before = _entries(desk)
        for text in ("Em", "Em kể", "Em kể rằng"):
            _keep(desk, "report", {"words": text})
        assert _entries(desk) == before
        assert [one.fields["words"] for one in drafts.listed(desk)] == ["Em kể rằng"]
        _keep(desk, "note:x", {"text": "y"})
        _keep(desk, "place", {"place": "{}"})
        assert {one.form for one in drafts.listed(desk)} == {"report", "note:x"}
        _keep(desk, "note:x", {})
        with pytest.raises(errors.UsageError), drafts.using(desk, "report", {"words": "Em kể rằng"}):
            cases.new(desk, cases.NewCase(words="x" * 2001))
        assert [one.form for one in drafts.listed(desk)] == ["report"]
        with drafts.using(desk, "report", {"words": "Em kể rằng"}):
            opened = cases.new(desk, cases.NewCase(words="Em kể rằng"))
            assert drafts.listed(desk) == []
        # Every act has it in its own transaction, also one that is not on a case.
        _keep(desk, "recipient:", {"label": "Công an phường"})
        with drafts.using(desk, "recipient:", {"label": "Công an phường"}):
            people.add_recipient(desk, "CA", "Công an phường", Profile.WARD)
            assert drafts.listed(desk) == []
        # What another screen has written into the same form meanwhile stays.
        _keep(desk, "report", {"words": "Của màn hình kia"})
        with drafts.using(desk, "report", {"words": "Của màn hình này"}):
            cases.new(desk, cases.NewCase(words="Của màn hình này"))
        assert [one.fields["words"] for one in drafts.listed(desk)] == ["Của màn hình kia"]
        _keep(desk, "report", {})
        _keep(desk, "note:x", {"text": "z"})
        cases.note(desk, opened.ref, "z")
        assert [one.form for one in drafts.listed(desk)] == ["note:x"]
    for path in store.rglob("*"):
        if path.is_file():
            assert "Em kể".encode() not in path.read_bytes()


def test_two_screens_that_type_into_one_form_keep_both(store: Path) -> None:
    """Each has a draft of its own; each can be gone on with; neither throws the other's away."""
    with session.open_store(store, WORDS) as desk:
        one, two = Kept(desk, "one"), Kept(desk, "two")
        assert (one.fields("report"), two.fields("report")) == ({}, {})
        for kept, words in ((one, "Em A"), (two, "Em B"), (one, "Em A kể"), (two, "Em B kể")):
            kept.put("report", {"words": words})
            kept.flush()
        assert {found.fields["words"] for found in drafts.listed(desk)} == {"Em A kể", "Em B kể"}
        assert {found.form for found in drafts.listed(desk)} == {"report"}
        # Opened again, each holds what was typed on its own screen, also after a lock.
        assert one.fields("report") == {"words": "Em A kể"}
        assert two.fields("report") == {"words": "Em B kể"}
        assert Kept(desk, "two").fields("report") == {"words": "Em B kể"}
        # A third screen goes on with one of them while its owner is typing: nothing is written over.
        three = Kept(desk, "three")
        (theirs,) = (found for found in drafts.listed(desk) if found.fields["words"] == "Em B kể")
        three.go_on(theirs)
        assert three.fields("report") == {"words": "Em B kể"}
        for kept, words in ((three, "Em B kể rằng"), (two, "Em B kể rõ"), (three, "Em B kể rằng hôm qua")):
            kept.put("report", {"words": words})
            kept.flush()
        left = {"Em A kể", "Em B kể rõ", "Em B kể rằng hôm qua"}
        assert {found.fields["words"] for found in drafts.listed(desk)} == left
        # One empties its form, one throws a draft away that has changed meanwhile, one uses its own.
        one.put("report", {})
        one.flush()
        drafts.drop(desk, theirs)
        assert {found.fields["words"] for found in drafts.listed(desk)} == left - {"Em A kể"}
        with drafts.using(desk, *two.lies("report")):
            cases.new(desk, cases.NewCase(words="Em B kể rõ"))
        (last,) = drafts.listed(desk)
        assert last.fields["words"] == "Em B kể rằng hôm qua"
        drafts.drop(desk, last)
        assert drafts.listed(desk) == []


def test_what_was_used_elsewhere_does_not_come_back_unchanged(store: Path) -> None:
    """A screen that shows a draft which another one has used up keeps it again only when something is changed."""
    with session.open_store(store, WORDS) as desk:
        one, two = Kept(desk, "one"), Kept(desk, "two")
        one.put("report", {"words": "Em A"})
        one.flush()
        assert two.fields("report") == {"words": "Em A"}
        with drafts.using(desk, *one.lies("report")):
            cases.new(desk, cases.NewCase(words="Em A"))
        two.put("report", {"words": "Em A"})
        two.flush()
        assert drafts.listed(desk) == []
        two.put("report", {"words": "Em A kể"})
        two.flush()
        assert [found.fields["words"] for found in drafts.listed(desk)] == ["Em A kể"]


def test_the_thread_outlives_what_the_system_refuses(store: Path) -> None:
    """A file in the place of the folder: it says that nothing is kept, and writes it all when the folder is back."""
    with session.open_store(store, WORDS) as desk:
        kept = Kept(desk, "one")
        store.rename(store.with_name("away"))
        store.write_text("")
        kept.put("report", {"words": "Em"})
        kept.flush()
        assert kept.fault is not None and kept.fault.code == "store-gone"
        store.unlink()
        store.with_name("away").rename(store)
        kept.flush()
        assert kept.fault is None and kept.fields("report") == {"words": "Em"}


def test_the_last_words_wait_for_another_desk(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk that packs holds the store for seconds: locking meanwhile loses no word, and the process stays for it."""
    refused: list[bool] = []
    keep = drafts.keep

    def busy(*args: Any) -> dict[str, str]:
        if len(refused) < 3:
            refused.append(kept.closing)
            raise errors.TryAgain("busy")
        return keep(*args)

    with session.open_store(store, WORDS) as desk:
        kept = Kept(desk, "one")
        monkeypatch.setattr(drafts, "keep", busy)
        kept.put("report", {"words": "Em A kể"})
        kept.close()
        assert kept.fault is None and not kept.closing
        assert [one.fields["words"] for one in drafts.listed(desk)] == ["Em A kể"]
    assert refused[1:] == [True, True]


def test_only_drafts_are_written_without_an_entry(store: Path) -> None:
    """Another row in the transaction for drafts is refused, and nothing is written."""
    from triage import models

    with session.open_store(store, WORDS) as desk:
        with pytest.raises(TypeError), desk.opened.drafting() as under_way:
            under_way.add(models.Setting(key="x", value="y"))
        with desk.opened.reading() as reading:
            assert reading.get(models.Setting, "x") is None


def _entries(desk: session.Desk) -> int:
    from triage.store import audit

    with desk.opened.reading() as reading:
        head = audit.head(reading)
        return head[0] if head else 0


def _keep(desk: session.Desk, form: str, fields: dict[str, str]) -> None:
    """Put a draft there, whatever was there."""
    found = drafts.find(desk, form)
    drafts.keep(desk, "", {form: fields}, {form: found.fields} if found else {})
