"""``triage``: the command line."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit status."""
    from triage.cli import app

    sys.exit(app.run())


if __name__ == "__main__":
    main()
