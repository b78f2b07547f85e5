"""A process that has imported everything once and forks a program when it is told to: 200 kills cost seconds.

It reads one JSON line after the other: a job to start, answered by the child's number, or ``{"wait": number}``,
answered by the child's end. The recorder, when it was loaded before us, is woken in the child alone.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from tests.fault import programs
from triage.store import engine


def child(job: dict[str, Any]) -> int:
    """Run a job's program; what it says goes to the job's file, one line each, never a part of a line."""
    acks = os.open(job["acks"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def say(*what: object) -> None:
        os.write(acks, json.dumps(what).encode() + b"\n")

    os.environ["XDG_STATE_HOME"] = str(Path(job["place"]) / "state")
    if job.get("planted"):
        programs.PLANTED[job["planted"]]()
    if job.get("limit"):
        # Python ignores SIGXFSZ: the write fails instead.
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["limit"], resource.RLIM_INFINITY))
    recorder = ctypes.CDLL(None)
    if "record" in job or "fail" in job:
        at, count, why = job.get("fail") or (0, 0, "")
        recorder.recorder_arm(
            job["place"].encode(), job.get("record", "").encode(), job["acks"].encode(),
            ctypes.c_long(at), ctypes.c_long(count), getattr(errno, why) if why else 0,
        )  # fmt: skip
    try:
        programs.PROGRAMS[job["program"]](Path(job["place"]), say, **job.get("args", {}))
    except BaseException:
        Path(job["acks"] + ".error").write_text(traceback.format_exc(), encoding="utf-8")
        return 1
    if "fail" in job:
        recorder.recorder_calls.restype = ctypes.c_long
        Path(job["acks"] + ".calls").write_text(str(recorder.recorder_calls()), encoding="utf-8")
    return 0


def warm_up() -> None:
    """Work on a store of our own once, so that a child begins with everything imported and every statement compiled."""
    programs.cheaply()
    setattr(engine, "create_engine", programs.knows_its_statements())  # noqa: B010 - as monkeypatch does it
    with tempfile.TemporaryDirectory() as room:
        place = Path(room) / "place"
        place.mkdir()
        os.environ["XDG_STATE_HOME"] = str(place / "state")
        programs.create(place, lambda *_what: None)
        programs.day(place, lambda *_what: None, rounds=2)


def main() -> None:
    """Serve until the input ends."""
    warm_up()
    for line in sys.stdin:
        job = json.loads(line)
        if "wait" in job:
            answer = os.waitstatus_to_exitcode(os.waitpid(job["wait"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                os._exit(child(job))
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
