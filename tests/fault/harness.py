"""The recorder built, the forking process driven, the folder in which everything happens."""

from __future__ import annotations

import functools
import json
import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.fault import judge, programs
from triage.store import engine
from triage.store.keys import header

ROOT = Path(__file__).resolve().parents[2]
_SOURCE = Path(__file__).with_name("recorder.c")


def only_on_linux() -> None:
    """Skip where the recorder, forks and mounts do not exist."""
    if not sys.platform.startswith("linux"):
        pytest.skip("what is asked of the disk is recorded on Linux alone")


def missing(what: str) -> None:
    """Skip on a user's machine, with the reason; fail where everything has to run."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@functools.cache
def recorder() -> str:
    """The recorder as a shared library, built for this run."""
    only_on_linux()
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        missing("no C compiler: cc is needed to record what is asked of the disk")
    if sysconfig.get_config_var("SIZEOF_VOID_P") != 8:
        missing("the recorder is for 64-bit systems")
    built = Path(tempfile.mkdtemp(prefix="triage-recorder-")) / "recorder.so"
    subprocess.run(
        [str(compiler), "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-fvisibility=hidden", "-pthread",
         "-o", built, _SOURCE],
        check=True, capture_output=True,
    )  # fmt: skip
    return str(built)


def new_seed() -> int:
    """A seed, or the one of ``TRIAGE_FAULT_SEED`` to see a failure again."""
    return int(os.environ.get("TRIAGE_FAULT_SEED") or secrets.randbits(32))


class Forks:
    """The process that forks programs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, program: str, place: Path, acks: Path, **job: Any) -> int:
        """Start a program on ``place``; return its process number.

        Args:
            program: one of ``programs.PROGRAMS``.
            place: the folder with ``store`` and ``state`` in it.
            acks: the file in which it says what is kept.
            job: ``args``, ``record`` (a log), ``fail`` (the n-th call, how many, the errno's name), ``limit``
                of bytes in a file, ``planted``.
        """
        return self._ask({"program": program, "place": str(place), "acks": str(acks), **job})

    def wait(self, number: int) -> int:
        """Wait for a program's end; return its status, negative for a signal."""
        return self._ask({"wait": number})

    def run(self, program: str, place: Path, acks: Path, **job: Any) -> int:
        """Start a program and wait for its end."""
        return self.wait(self.start(program, place, acks, **job))

    def _ask(self, job: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def forking(*, recorded: bool = False) -> Iterator[Forks]:
    """The forking process, with the recorder loaded or without."""
    only_on_linux()
    environment = dict(os.environ) | ({"LD_PRELOAD": recorder()} if recorded else {})
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fault.forks"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment,
    )  # fmt: skip
    try:
        yield Forks(process)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.stdout.close()
        process.wait()


@contextmanager
def on_a_scene(fallback: Path, *, in_memory: bool = True) -> Iterator[Scene]:
    """An empty scene; this process opens cheap stores and looks for anchors in it."""
    only_on_linux()
    room = quick_room(fallback) if in_memory else Path(tempfile.mkdtemp(dir=fallback))
    with pytest.MonkeyPatch.context() as patch:
        for name, function in programs.cheaper().items():
            patch.setattr(header, name, function)
        patch.setattr(engine, "create_engine", programs.knows_its_statements())
        scene = Scene(room)
        patch.setenv("XDG_STATE_HOME", str(scene.place / "state"))
        scene.clear()
        yield scene
    shutil.rmtree(room)


class Scene:
    """One place on the disk, filled and emptied again and again: the anchor knows a store by where it lies."""

    def __init__(self, room: Path) -> None:
        self.place = room / "place"
        self.kept = room / "whole"
        """What was remembered."""

    @property
    def store(self) -> Path:
        """The store in it."""
        return self.place / "store"

    def clear(self) -> None:
        """Empty it."""
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(mode=0o700)

    def remember(self) -> None:
        """Keep what lies there now for ``renew``."""
        shutil.rmtree(self.kept, ignore_errors=True)
        shutil.copytree(self.place, self.kept)

    def renew(self) -> None:
        """Put back what was remembered."""
        shutil.rmtree(self.place)
        shutil.copytree(self.kept, self.place)

    def acks(self) -> Path:
        """A new file for acknowledgements, outside the place."""
        return self.place.parent / f"acks-{secrets.token_hex(4)}"


def facts(acks: Path) -> list[judge.Fact]:
    """What a program said."""
    return judge.said([acks.read_bytes()]) if acks.exists() else []


def why(acks: Path) -> str:
    """With what a program ended by itself."""
    error = Path(f"{acks}.error")
    return error.read_text(encoding="utf-8") if error.exists() else ""


def quick_room(fallback: Path) -> Path:
    """A folder in memory where there is one: the states of a disk need none."""
    memory = Path("/dev/shm")
    at = memory if memory.is_dir() and os.access(memory, os.W_OK) else fallback
    return Path(tempfile.mkdtemp(prefix="triage-fault-", dir=at))
