"""How Ibis's expressions become Spark's SQL, so that they mean what they mean on DuckDB.

What Spark would do otherwise is mended here and nowhere else: no other room asks on which engine it is.
"""
# ruff: noqa: N802 - Ibis names these methods

from __future__ import annotations

import re
from typing import Any, ClassVar

import ibis
import ibis.expr.operations as ops
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

_NUMBER = r"^\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*\z"
_LETTERS = {"Y": "yyyy", "m": "MM", "d": "dd", "H": "HH", "M": "mm", "S": "ss"}


class Compiler(PySparkCompiler):  # type: ignore[misc] # Ibis has no types
    """How expressions become Spark's SQL, and mean what they mean on DuckDB."""

    SIMPLE_OPS: ClassVar = {ops.Hash: "xxhash64"}  # Spark's `hash` has 32 bits

    def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:
        """Search as RE2 does."""
        return self.f.regexp_like(arg, _java(op.pattern, pattern))

    def visit_RegexExtract(self, op: Any, *, arg: Any, pattern: Any, index: Any) -> Any:
        """Extract as RE2 does; nothing found is an empty text."""
        return self.f.regexp_extract(arg, _java(op.pattern, pattern), index)

    def visit_FloorDivide(self, op: Any, *, left: Any, right: Any) -> Any:
        """Divide whole numbers as whole numbers: as a float64, a time in microseconds would be rounded."""
        if not (op.left.dtype.is_integer() and op.right.dtype.is_integer()):
            return super().visit_FloorDivide(op, left=left, right=right)
        down = self.if_((left % right) * self.f.sign(right) < 0, 1, 0)
        return sge.paren(sge.IntDiv(this=left, expression=right) - down)

    def visit_TryCast(self, op: Any, *, arg: Any, to: Any) -> Any:
        """Take for a number what is one: to Java, `1d` is."""
        found = super().visit_TryCast(op, arg=arg, to=to)
        if not (op.arg.dtype.is_string() and to.is_floating()):
            return found
        return self.if_(self.f.regexp_like(arg, sge.convert(_NUMBER)), found, sge.Null())

    def visit_Strftime(self, op: Any, *, arg: Any, format_str: Any) -> Any:  # noqa: ARG002 - how Ibis calls it
        """Write a time in a form whose letters stand for themselves, as `%Y-%m-%dT%H:%MZ`."""
        parts = re.findall(r"%([YmdHMS])|([^%]+)", op.format_str.value)
        return self.f.date_format(arg, "".join(_LETTERS[field] if field else f"'{text}'" for field, text in parts))

    def visit_ScalarUDF(self, op: Any, **arguments: Any) -> Any:
        """Call DuckDB's `epoch_us` by Spark's name."""
        if op.__func_name__ == "epoch_us":
            (moment,) = arguments.values()
            return self.f.unix_micros(self.cast(moment, ibis.dtype("timestamp('UTC')")))
        return super().visit_ScalarUDF(op, **arguments)


def _java(pattern: Any, compiled: Any) -> Any:
    """Return a pattern of RE2 so that Java finds the same: its `$` also stands before a last line end, its dot not."""
    if not isinstance(pattern, ops.Literal):
        return compiled
    return sge.convert("(?d)" + re.sub(r"(?<!\\)\$(?=$|\))", r"\\z", pattern.value).replace("(?i", "(?iu"))
