"""What the commands say of a backup, to a person and to a program."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from triage import canon, clock, i18n
from triage.cli import app
from triage.desk import session, upkeep
from triage.store import anchor

WORDS = "lúa chín vàng ngoài đồng quê em"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store and its backup of thirteen months ago."""
    place = tmp_path_factory.mktemp("said")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(place / "state"))
        at = clock.SetClock(clock.SystemClock().now() - timedelta(days=400))
        desk, _created = session.create(
            place / "store", school="Trường THCS Hoa Gạo", code="79012345", label="Cô An", words=WORDS, at=at
        )
        upkeep.make_backup(desk, place / "backup")
        desk.close()
    (place / "words.txt").write_text(WORDS, encoding="utf-8")
    (place / "words.txt").chmod(0o600)
    return place


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, the folder in which the commands are called."""
    shutil.copytree(made, tmp_path / "said")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "said" / "state"))
    monkeypatch.chdir(tmp_path / "said")
    i18n.use("en")
    return tmp_path / "said"


def _run(store: str, *words: str) -> int:
    return app.run(["--lang", "en", "--store", store, "--passphrase-file", "words.txt", "backup", *words])


def test_make_says_what_was_copied(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For a program: where, how long the log is, the manifest's digest, and the evidence by what became of it."""
    assert _run("store", "make", "backup", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"backup", "entries", "sha256", "copied", "kept", "removed"}
    assert (said["backup"], said["copied"], said["kept"], said["removed"]) == ("backup", 0, 0, 0)
    assert _run("store", "make", "backup") == 0
    assert "Evidence files: 0 new, 0 there already, 0 removed" in capsys.readouterr().out


def test_verify_says_when_and_for_whom_it_was_made(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Past twelve months it is said; under keys of before, as far as this computer knows, too."""
    assert _run("store", "verify", "backup", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"whole", "entries", "epoch", "made_at", "people", "old", "earlier_keys", "stray"}
    assert (said["whole"], said["epoch"], said["people"], said["old"]) == (True, 1, ["Cô An"], True)
    assert _run("store", "verify", "backup") == 0
    text = capsys.readouterr().out
    assert "400 days ago" in text and "Can be opened by: Cô An" in text and "older than 12 months" in text
    assert "people removed since" not in text
    kept = next((place / "state").rglob("anchors/*/*.json"))
    kept.write_bytes(canon.dumps(json.loads(kept.read_bytes()) | {"epoch": 2}))
    assert _run("store", "verify", "backup") == 0
    assert "people removed since can open it" in capsys.readouterr().out.replace("\n", " ")
    assert _run("store", "make", "new") == 0
    assert _run("store", "verify", "new", "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["old"] is False


def test_restore_says_what_was_lost(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The entry that the backup was made, and the one of a note on it."""
    assert _run("restored", "restore", "backup", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    # Another place than where the backup's anchor was kept; the newest that this computer has seen counts.
    assert (said["store"], said["whole"], said["lost"], said["old"]) == ("restored", True, 1, True)
    assert _run("again", "restore", "backup") == 0
    assert "and not in it: " in capsys.readouterr().out.replace("\n", " ")


def test_the_anchor_keeps_the_keys_number(place: Path) -> None:
    """What the notice of earlier keys goes by."""
    for kept in (place / "state").rglob("anchors/*/*.json"):
        document = json.loads(kept.read_bytes())
        assert document["epoch"] == 1
        assert kept.parent == anchor.room(document["store"])
