"""The key: without it, whoever sees a hash of a card number or of an account id finds the original by trying all.

It is a file of 64 hexadecimal digits that lies outside every run folder, by default `~/.config/graphlink/key`, and is
made when it is first needed. The same key gives the same pseudonyms, so two teams that share a key can compare cases,
and whoever gets a redacted case without the key cannot undo it.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from graphlink.errors import GraphlinkError, MissingInput, UsageError

VARIABLE = "GRAPHLINK_KEY"
"""The environment variable that names the file."""

_BYTES = 32
_SHOWN = 20
"""Hexadecimal digits of a pseudonym: among a hundred million things two share one once in 200 million cases."""


@dataclass(frozen=True)
class Key:
    """A key that is read, or made, when it is first needed: few cases have anything to hash."""

    path: Path
    is_named: bool = True
    """Whether somebody named the file: then it has to be there, as a slip of the pen must not make another key."""

    @cached_property
    def secret(self) -> bytes:
        """The key itself.

        Raises:
            MissingInput: the file that was named is not there.
            UsageError: it holds no key, or is no place for one.
            GraphlinkError: it cannot be read or made.

        """
        try:
            if not self.is_named and not self.path.exists():
                _make(self.path)
            return _read(self.path)
        except OSError as error:
            found = f"the key cannot be read: {error.strerror or error}"
            raise GraphlinkError(found, where=str(self.path), then="name another file with --key") from error

    @property
    def was_needed(self) -> bool:
        """Whether anything was hashed with it."""
        return "secret" in self.__dict__

    def pseudonym(self, kind: str, value: str) -> str:
        """Return the kind and the beginning of an HMAC-SHA256 (RFC 2104) of kind and value."""
        text = f"{kind}\0{value}".encode(errors="surrogatepass")
        return f"{kind}_{hmac.digest(self.secret, text, 'sha256').hex()[:_SHOWN]}"


def find(named: str | Path | None = None) -> Key:
    """Return the key of a file that is named here, or in the environment, or else the user's own."""
    given = named or os.environ.get(VARIABLE)
    if given:
        return Key(Path(given))
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Key(Path(home) / "graphlink" / "key", is_named=False)


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise MissingInput(
            "no key here", where=str(path), then="make one with `(umask 77; openssl rand -hex 32 > FILE)`"
        )
    if path.stat().st_mode & 0o007:
        raise UsageError("everybody may read this key", where=str(path), then="take it from them: chmod o= FILE")
    if (path.resolve().parent / "run.json").exists():
        raise UsageError("a key in a run folder is handed on with it", where=str(path), then="keep it elsewhere")
    digits = path.read_bytes().strip()
    if not re.fullmatch(rb"[0-9a-fA-F]{%d}" % (2 * _BYTES), digits):
        raise UsageError("is not a key", where=str(path), then=f"it takes {2 * _BYTES} hexadecimal digits")
    return bytes.fromhex(digits.decode())


def _make(path: Path) -> None:
    """Write a new key that nobody else may read; if another process is first, its key stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:  # with mode 0600
        file.write(secrets.token_hex(_BYTES) + "\n")
        file.flush()
        with suppress(FileExistsError):
            os.link(file.name, path)
