"""The items behind each link, as a column of a table: 8 bytes for each of them, however many say the same."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.extensions import ExtensionArray, ExtensionDtype, take

from graphlink import spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Item = Mapping[str, Any]
    Told = list[dict[str, Any]]
    Things = tuple[NDArray[np.object_], NDArray[np.object_]]
    Sizes = NDArray[np.int64]
    Numbers = NDArray[np.int32]

STEPS = 1000
"""To a bit: bits are told to three decimals, and held as whole numbers, so that sums of them are exact."""
_ROWS = 1 << 14  # links that are put into words at a time
_ITEMS = 4_000_000  # items that are looked at together


class ItemsDtype(ExtensionDtype):
    """The type of a column that holds for each link the list of items behind it."""

    name = "items"
    type = list
    kind = "O"
    na_value = None

    @classmethod
    def construct_array_type(cls) -> Any:
        """Return the class of such columns."""
        return Behind


class Behind(ExtensionArray):
    """For each link a list of {kind, value, bits}, made when it is asked for.

    `things` are the kind and value of each item, two aligned arrays. The items behind link i are the positions
    `thing[start[i]:start[i + 1]]`, and what they say are `steps` there, thousandths of a bit.
    """

    def __init__(
        self,
        things: Things,
        start: Sizes,
        thing: Numbers,
        steps: Numbers,
    ) -> None:
        """Args: the items there are; where each link begins, and the last one ends; its items; their bits."""
        self.things, self.start, self.thing, self.steps = things, start, thing, steps

    @classmethod
    def of(cls, lists: Iterable[Sequence[Item]]) -> Behind:
        """Return the column of some lists of items."""
        lists, number = list(lists), dict[tuple[str, str], int]()
        item = [number.setdefault((each["kind"], each["value"]), len(number)) for of in lists for each in of]
        steps = [round(each["bits"] * STEPS) for of in lists for each in of]
        start = np.cumsum([0, *map(len, lists)], dtype=np.int64)
        return cls(_things(number), start, np.array(item, np.int32), np.array(steps, np.int32))

    @classmethod
    def column(cls, table: pd.DataFrame) -> Behind:
        """Return the column of a table of links, which may be lists that somebody put there."""
        found = table["items"].array
        return found if isinstance(found, Behind) else cls.of(found)

    @classmethod
    def from_arrow(cls, parts: Iterable[pa.ListArray]) -> Behind:
        """Return the column of lists that lie in a file, read part by part."""
        number = dict[tuple[str, str], int]()
        found = [_numbered(part, number) for part in parts]
        none = np.empty(0, np.int32)
        size, item, steps = (np.concatenate(column) for column in zip((none, none, none), *found, strict=True))
        return cls(_things(number), np.append(0, np.cumsum(size, dtype=np.int64)), item, steps)

    @property
    def link(self) -> Sizes:
        """The link of each item behind one."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    @property
    def bits(self) -> NDArray[np.float64]:
        """The bits of each link: those of its items."""
        total = np.append(0, np.cumsum(self.steps, dtype=np.int64))
        summed: NDArray[np.float64] = np.diff(total[self.start]) / STEPS
        return summed

    def named(self) -> Behind:
        """Return the column with those things only that are behind one of its links."""
        there, place = self._used()
        kind, value = self.things
        return Behind((kind[there], value[there]), self.start, place, self.steps)

    def summed(self) -> tuple[list[tuple[str, str]], list[int], list[float]]:
        """Return kind and value of each thing, how many links it is behind, and the bits that it gives them."""
        number = np.bincount(self.thing, minlength=len(self.things[0]))
        steps = np.bincount(self.thing, self.steps, len(number))  # whole numbers: exact
        kind, value = (names.tolist() for names in self.things)
        return list(zip(kind, value, strict=True)), number.tolist(), (steps / STEPS).tolist()

    def strongest(self, most: int) -> Behind:
        """Return the column with so many items of each link at most: those that give most bits, in the order they have.

        Of equals the first.
        """
        kept = [spans.ranks(some.link, -some.steps) < most for some in self.in_parts()]
        told = np.concatenate([np.empty(0, np.bool_), *kept])
        start = np.append(0, np.cumsum(np.minimum(np.diff(self.start), most)))
        return Behind(self.things, start, self.thing[told], self.steps[told])

    def in_parts(self) -> Iterator[Behind]:
        """Yield the column in parts of some links each: of a large ring there are hundreds of millions of items."""
        return (self[begin:end] for begin, end in spans.ranges(np.diff(self.start) + 1, _ITEMS))

    def said(self, thing: Callable[[str, str], str], bits: Callable[[float], str]) -> Iterator[list[str]]:
        """Yield for each link what it rests on: of each item `thing` of its kind and value, then `bits` of its bits.

        Of many millions of items few are things of their own, and fewer still have bits that no other has.
        """
        kinds, values = (names.tolist() for names in self.things)
        things = np.array([thing(*each) for each in zip(kinds, values, strict=True)], object)
        for begin in range(0, len(self), _ROWS):
            some = self[begin : begin + _ROWS]
            steps, place = np.unique(some.steps, return_inverse=True)
            told = things[some.thing] + np.array([bits(each) for each in (steps / STEPS).tolist()], object)[place]
            yield from (told[s:e].tolist() for s, e in pairwise(some.start.tolist()))

    # what pandas asks of a column

    @property
    def dtype(self) -> ItemsDtype:
        """The type."""
        return ItemsDtype()

    @property
    def nbytes(self) -> int:
        """The bytes that the column takes beside its things."""
        return self.start.nbytes + self.thing.nbytes + self.steps.nbytes

    def __len__(self) -> int:
        """Return the number of links."""
        return len(self.start) - 1

    def __getitem__(self, key: Any) -> Any:
        """Return the items of one link, or the column of some."""
        if isinstance(key, int | np.integer):
            place = range(len(self))[int(key)]
            mine = slice(self.start[place], self.start[place + 1])
            return self._told(self.thing[mine], self.steps[mine])
        if isinstance(key, slice) and key.step in {None, 1}:
            first, last, _ = key.indices(len(self))
            start = self.start[first : max(first, last) + 1]
            mine = slice(start[0], start[-1])
            return Behind(self.things, start - start[0], self.thing[mine], self.steps[mine])
        return self._at(np.arange(len(self))[pd.api.indexers.check_array_indexer(self, key)])

    def __iter__(self) -> Iterator[Told]:
        """Yield the items of each link."""
        return (self[place] for place in range(len(self)))

    def __eq__(self, other: object) -> Any:
        """Return which links have the same items behind them."""
        others: Iterable[Any] = other  # type: ignore[assignment] # a column, or pandas would not ask
        return np.fromiter((one == two for one, two in zip(self, others, strict=True)), np.bool_)

    def __hash__(self) -> int:
        """Raise TypeError: columns change."""
        raise TypeError("a column is not hashable")

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[np.object_]:
        """Return the lists of all links."""
        del dtype, copy
        return np.fromiter(self, np.object_, len(self))

    def isna(self) -> NDArray[np.bool_]:
        """Return that every link has a list."""
        return np.zeros(len(self), np.bool_)

    def copy(self) -> Behind:
        """Return the column; nothing in it is ever changed."""
        return Behind(self.things, self.start, self.thing, self.steps)

    def take(self, indices: Any, *, allow_fill: bool = False, fill_value: Any = None) -> Behind:
        """Return the column of the links at these places."""
        places = take(np.arange(len(self)), np.asarray(indices), allow_fill=allow_fill, fill_value=fill_value)
        return self._at(np.asarray(places, np.int64))

    def _at(self, places: NDArray[np.int64]) -> Behind:
        size = np.diff(self.start)[places]
        mine = spans.positions(self.start[places], size)
        return Behind(self.things, np.append(0, np.cumsum(size)), self.thing[mine], self.steps[mine])

    def _used(self) -> tuple[Sizes, Numbers]:
        """Return the things that are behind a link, and for each item behind one its place among them."""
        things = len(self.things[0])
        if len(self.thing) < things:  # a small cluster of a large case: what it has is not looked for among all
            there, place = np.unique(self.thing, return_inverse=True)
            return there.astype(np.int64), place.astype(np.int32)
        used = np.bincount(self.thing, minlength=things) > 0
        return np.flatnonzero(used), (np.cumsum(used, dtype=np.int32) - 1)[self.thing]

    def _told(self, item: Numbers, steps: NDArray[np.integer]) -> Told:
        kind, value = self.things
        told = zip(kind[item].tolist(), value[item].tolist(), (steps / STEPS).tolist(), strict=True)
        return [{"kind": k, "value": v, "bits": bits} for k, v, bits in told]

    @classmethod
    def _from_sequence(cls, scalars: Iterable[Any], *, dtype: Any = None, copy: bool = False) -> Self:
        del dtype, copy
        return cls.of(scalars)  # type: ignore[return-value] # there is no other class of them

    @classmethod
    def _concat_same_type(cls, to_concat: Sequence[Behind]) -> Behind:
        return cls.of(told for each in to_concat for told in each)

    def __arrow_array__(self, type: Any = None) -> pa.ListArray:  # noqa: A002 - Arrow's own word
        """Return the column as Arrow has it."""
        there, place = self._used()
        kind, value = (pa.array(names[there], pa.string()).take(pa.array(place)) for names in self.things)
        told = pa.StructArray.from_arrays([kind, value, pa.array(self.steps / STEPS)], names=["kind", "value", "bits"])
        made = pa.ListArray.from_arrays(pa.array(self.start, pa.int32()), told)
        return made if type is None else made.cast(type)


def _things(number: Mapping[tuple[str, str], int]) -> Things:
    kind, value = (np.array([thing[side] for thing in number], object) for side in (0, 1))
    return kind, value


def _numbered(part: pa.ListArray, number: dict[tuple[str, str], int]) -> tuple[Sizes, Numbers, Numbers]:
    """Return how many items each link has, their numbers, and their bits in steps; items that are new get one."""
    kind, value, bits = part.flatten().flatten()
    kinds, values = (column.dictionary_encode() for column in (kind, value))
    key = kinds.indices.to_numpy().astype(np.int64) * max(len(values.dictionary), 1) + values.indices.to_numpy()
    there, place = np.unique(key, return_inverse=True)
    named = zip(*np.divmod(there, max(len(values.dictionary), 1)), strict=True)
    told = [(kinds.dictionary[int(k)].as_py(), values.dictionary[int(v)].as_py()) for k, v in named]
    numbers = np.array([number.setdefault(each, len(number)) for each in told], np.int32)
    steps = np.rint(bits.to_numpy(zero_copy_only=False) * STEPS).astype(np.int32)
    return np.diff(part.offsets.to_numpy()), numbers[place], steps
