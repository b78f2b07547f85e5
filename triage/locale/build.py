"""Build hook: compile each .po into the .mo that the wheel and an editable install carry."""

from __future__ import annotations

import compileall
from pathlib import Path
from typing import Any

from babel.messages import mofile, pofile
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before each build, editable installs included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write ``triage.mo`` beside each ``triage.po``; for an editable install compile the code too.

        pip compiles what it copies; an editable install is not copied, and where Python may not write bytecode
        each start would compile it again.
        """
        for source in Path(self.root, "triage", "locale").glob("*/LC_MESSAGES/*.po"):
            with source.open("rb") as words:
                catalog = pofile.read_po(words, locale=source.parts[-3])
            with source.with_suffix(".mo").open("wb") as made:
                mofile.write_mo(made, catalog)
        if version == "editable":
            compileall.compile_dir(Path(self.root, "triage"), quiet=2)
