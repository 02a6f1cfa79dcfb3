"""Arrow arrays made and read without pandas: `pa.array` and `to_numpy` load it to ask whether what they get is its."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


MOST_BYTES = 2**31 - 1
"""What an array of texts holds; Arrow makes several of more."""


def numbers(column: NDArray[Any]) -> pa.Array:
    """Return numbers (no truth values) as Arrow has them, in the memory that they are in."""
    kind = pa.from_numpy_dtype(column.dtype)
    return pa.Array.from_buffers(kind, column.size, [None, pa.py_buffer(np.ascontiguousarray(column))])


def plain(column: pa.Array) -> NDArray[Any]:
    """Return numbers of which none is NULL as numpy has them, in the memory that they are in."""
    kind = column.type.to_pandas_dtype()
    return np.frombuffer(column.buffers()[1], kind, len(column), column.offset * np.dtype(kind).itemsize)


def texts(column: Sequence[str | None]) -> pa.Array | pa.ChunkedArray:
    """Return texts as Arrow has them.

    >>> texts(["a", None, "bc"]).to_pylist()
    ['a', None, 'bc']
    """
    encoded = [b"" if text is None else text.encode() for text in column]
    ends = np.fromiter(accumulate(map(len, encoded), initial=0), np.int64, len(encoded) + 1)
    there = np.fromiter((text is not None for text in column), np.bool_, len(encoded))
    if ends[-1] > MOST_BYTES:
        return pa.array(column, pa.string())
    known = np.packbits(there, bitorder="little")
    buffers = [pa.py_buffer(known), pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)
