"""Where a store may lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.store.conftest import CHEAP, PASSPHRASE, again
from triage import clock, errors
from triage.store import lock, opened
from triage.store.keys import header

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
overlay /box overlay rw 0 0
host /share 9p rw 0 0
tmpfs /tmp tmpfs rw 0 0
server:/school /mnt/school nfs4 rw 0 0
//nas/school /mnt/nas\\040of\\040school cifs rw 0 0
/dev/sdb1 /mnt/school/local ext4 rw 0 0
me@host: /home/an/remote fuse.sshfs rw 0 0
/dev/sdc1 /over ext4 rw 0 0
server:/over /over nfs rw 0 0
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    """A list of mounts as Linux gives it."""
    path = tmp_path / "mounts"
    path.write_text(MOUNTS)
    return path


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/mnt/school/store", "nfs4"),
        ("/mnt/nas of school/a/b", "cifs"),
        ("/home/an/remote", "fuse.sshfs"),
        ("/over/store", "nfs"),
    ],
)
def test_a_network_drive_is_refused(mounts: Path, folder: str, kind: str) -> None:
    """The mount nearest to the folder decides; of two on one place the later."""
    with pytest.raises(errors.UsageError, match="network-drive") as caught:
        lock.refuse_network(Path(folder), mounts)
    assert caught.value.values["kind"] == kind


@pytest.mark.parametrize(
    "folder",
    ["/home/an/store", "/box/store", "/share/store", "/tmp/x", "/mnt/school/local/x", "/mnt/schools"],
)
def test_a_drive_of_this_computer_is_taken(mounts: Path, folder: str) -> None:
    """Containers, shared folders of a virtual machine and memory disks too."""
    lock.refuse_network(Path(folder), mounts)


def test_where_the_system_does_not_tell_it_is_taken(tmp_path: Path) -> None:
    """No list of mounts: nothing to refuse by."""
    lock.refuse_network(tmp_path, tmp_path / "none")


def test_neither_made_nor_opened_there(
    held: opened.Opened, at: clock.SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2, and no database is made."""
    monkeypatch.setattr(lock, "file_system", lambda *_: "nfs")
    with pytest.raises(errors.UsageError, match="network-drive"):
        again(held.folder, at)
    unlocked, _words, _print = header.create(
        tmp_path / "new", label="Cô An", passphrase=PASSPHRASE, school="", code="", now=at.now(), cost=CHEAP
    )
    with pytest.raises(errors.UsageError, match="network-drive"):
        opened.create(unlocked, school="", code="", clock=at)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["header.json"]


@pytest.mark.parametrize(
    ("above", "name"),
    [
        ("OneDrive - Trường Hoa Gạo", "OneDrive - Trường Hoa Gạo"),
        ("Dropbox", "Dropbox"),
        ("Google Drive", "Google Drive"),
        ("iCloudDrive", "iCloudDrive"),
        ("Megan", None),
        ("Dropboxes", None),
    ],
)
def test_a_synced_folder_is_named(tmp_path: Path, above: str, name: str | None) -> None:
    """By its name, whatever follows after a blank."""
    (tmp_path / above / "a" / "store").mkdir(parents=True)
    assert lock.synced(tmp_path / above / "a" / "store") == name


def test_a_synced_folder_is_known_by_its_mark(tmp_path: Path) -> None:
    """Whatever it is called."""
    (tmp_path / "shared" / ".stfolder").mkdir(parents=True)
    assert lock.synced(tmp_path / "shared" / "store") == "shared"
