"""Starting fast: CPU of the light commands against importing and opening a bare Textual app."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

BARE = """
import asyncio
from textual.app import App
async def open_it():
    async with App().run_test():
        pass
asyncio.run(open_it())
"""
ROUNDS = 15
LIMIT = 0.35


def _cpu(command: list[str]) -> float:
    """CPU seconds of one process, user and system."""
    import resource

    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, input=b"{}", capture_output=True, check=True, env=env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.bench
@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["sos"], ["sos", "1"], ["level", "--kind", "SEXTORT", "--answers", "-"]],
    ids=" ".join,
)
def test_light_commands_cost_a_fraction_of_a_screen(arguments: list[str]) -> None:
    """Each costs at most 0.35 of the CPU of a bare Textual app: medians of interleaved rounds."""
    program = str(Path(sys.executable).with_name("triage"))
    _cpu([program, *arguments])  # the first run leaves the bytecode that every later one finds
    ours, bare = [], []
    for _round in range(ROUNDS):
        ours.append(_cpu([program, *arguments]))
        bare.append(_cpu([sys.executable, "-c", BARE]))
    ratio = statistics.median(ours) / statistics.median(bare)
    cost = statistics.median(ours) * 1000
    print(f"\ntriage {' '.join(arguments)}: {ratio:.3f} of a bare Textual app ({cost:.0f} ms CPU)")
    assert ratio <= LIMIT
