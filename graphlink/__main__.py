"""`python -m graphlink`, and the command `graphlink`."""

from __future__ import annotations

import sys

from graphlink import cli


def main() -> None:
    """Run the command that was typed, and exit."""
    sys.exit(cli.main())


if __name__ == "__main__":
    main()
