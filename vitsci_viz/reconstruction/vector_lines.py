"""Weighted sums of lines as explicit vector instructions, which the compiler does not find by itself.

Of nine arrays that a plain loop reads and writes the compiler must assume that they overlap, and checks it before each
short line; here every vector is loaded, multiplied, added and stored once, in the order that is written.
"""

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numpy.typing import NDArray

LANES = 16
"""Values in a vector: lines must be whole vectors. Narrower processors take it in halves."""
GROUP = 8
"""Pairs of lines that are added while a sum stays in its register."""

BEAMS = 4
"""Views that are added while a sum stays in its register: what they read of a tile fits the nearest cache."""
ALIGNED_BYTES = 64
"""Where arrays begin: a vector that lies across two lines of the cache takes two loads."""

_FLOAT, _DOUBLE, _INDEX, _WORD = ir.FloatType(), ir.DoubleType(), ir.IntType(64), ir.IntType(32)
_VECTOR = ir.VectorType(_FLOAT, LANES)
_PLACES, _SHARES = ir.VectorType(_DOUBLE, BEAMS), ir.VectorType(_FLOAT, BEAMS)
_WORDS, _STARTS = ir.VectorType(_WORD, BEAMS), ir.VectorType(_INDEX, BEAMS)


def aligned_zeros(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return zeros in float32 that begin where a line of the cache does.

    >>> aligned_zeros((3, 5)).ctypes.data % ALIGNED_BYTES
    0
    """
    raw, count = np.zeros(math.prod(shape) + ALIGNED_BYTES // 4, np.float32), math.prod(shape)
    skipped = -raw.ctypes.data % ALIGNED_BYTES // 4
    return raw[skipped : skipped + count].reshape(shape)


@intrinsic
def add_pairs(typingctx: Any, out: Any, place: Any, lines: Any, starts: Any, before: Any, after: Any, length: Any):
    """Add weighted pairs of neighbouring lines to one line.

    Parameters
    ----------
    typingctx
        Given by Numba.
    out, lines : 1-D float32
        Contiguous; lines that are read do not overlap the one that is written.
    place, starts : int64 and (GROUP,) int64
        First value of the line that is written, and of the first line of each pair.
    before, after : (GROUP,) float32
        Weights.
    length : int64
        Of every line, n, a multiple of `LANES`.
    """
    signature = types.void(out, types.int64, lines, starts, before, after, types.int64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def data(number: int) -> Any:
            array = context.make_array(signature.args[number])(context, builder, arguments[number])
            return array.data

        def element(number: int, index: int) -> Any:
            return builder.load(builder.gep(data(number), [_INDEX(index)]))

        base = builder.gep(data(0), [arguments[1]])
        first = [builder.gep(data(2), [element(3, k)]) for k in range(GROUP)]
        weights = [(_spread(builder, element(4, k)), _spread(builder, element(5, k))) for k in range(GROUP)]
        length = arguments[6]
        with cgutils.for_range_slice(builder, _INDEX(0), length, _INDEX(LANES), _INDEX) as (index, _):
            target = _vector_at(builder, base, index)
            total = _load(builder, target)
            for line, pair in zip(first, weights, strict=True):
                following = builder.gep(line, [length])
                for pointer, weight in zip((line, following), pair, strict=True):
                    values = _load(builder, _vector_at(builder, pointer, index))
                    product = builder.fmul(weight, values, flags=("contract",))
                    total = builder.fadd(total, product, flags=("contract",))
            builder.store(total, target).align = 4
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def add_interpolated(
    typingctx: Any, out: Any, place: Any, lines: Any, x: Any, slopes: Any, offsets: Any, starts: Any, count: Any,
    length: Any,
):  # fmt: skip
    """Add to one line what `BEAMS` lists of lines hold at a place each, linear between neighbours and zero outside.

    Parameters
    ----------
    typingctx
        Given by Numba.
    out, lines : 1-D float32
        Contiguous; they do not overlap.
    place : int64
        First value of the line that is written.
    x : float64
        Places are x slopes + offsets, counted in lines.
    slopes, offsets : (BEAMS,) float64
        Contiguous.
    starts : (BEAMS,) float64
        First value of each list: whole numbers, which floating point multiplies and adds faster.
    count : int64
        Lines in a list, at least 2.
    length : int64
        Of every line, a multiple of `LANES`.
    """
    signature = types.void(out, types.int64, lines, types.float64, slopes, offsets, starts, types.int64, types.int64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def data(number: int) -> Any:
            return context.make_array(signature.args[number])(context, builder, arguments[number]).data

        def places(number: int) -> Any:
            values = builder.load(builder.bitcast(data(number), _PLACES.as_pointer()))
            values.align = 8
            return values

        length, number = arguments[8], builder.sitofp(arguments[7], _DOUBLE)
        scaled = builder.fmul(_spread(builder, arguments[3], _PLACES), places(4), flags=("contract",))
        found = builder.fadd(scaled, places(5), flags=("contract",))
        index, before, after = _neighbours(builder, found, number)
        stride = _spread(builder, builder.sitofp(length, _DOUBLE), _PLACES)
        start = builder.fadd(builder.fmul(index, stride, flags=("contract",)), places(6), flags=("contract",))
        start = builder.fptosi(start, _STARTS)
        first = [builder.gep(data(2), [builder.extract_element(start, _WORD(k))]) for k in range(BEAMS)]
        shares = [
            [_spread(builder, builder.extract_element(share, _WORD(k))) for k in range(BEAMS)]
            for share in (before, after)
        ]
        base = builder.gep(data(0), [arguments[1]])
        with cgutils.for_range_slice(builder, _INDEX(0), length, _INDEX(LANES), _INDEX) as (position, _):
            target, following = _vector_at(builder, base, position), builder.add(position, length)
            # Two sums, so that an addition waits for half as many before it.
            sums = [
                _weighted(builder, shares[side], [_vector_at(builder, line, shift) for line in first])
                for side, shift in enumerate((position, following))
            ]
            total = builder.fadd(_load(builder, target), builder.fadd(*sums))
            builder.store(total, target).align = 4
        return context.get_dummy_value()

    return signature, generate


def _neighbours(builder: Any, places: Any, count: Any) -> tuple[Any, Any, Any]:
    """Return the lines before places as floating point, and the shares of those and of the next: none outside."""
    nothing, one = ir.Constant(_PLACES, [0.0] * BEAMS), ir.Constant(_SHARES, [1.0] * BEAMS)
    last, most = (_spread(builder, builder.fsub(count, _DOUBLE(back)), _PLACES) for back in (1.0, 2.0))
    is_seen = builder.and_(builder.fcmp_ordered(">=", places, nothing), builder.fcmp_ordered("<=", places, last))
    inside = builder.select(is_seen, places, nothing)
    index = builder.sitofp(builder.fptosi(inside, _WORDS), _PLACES)
    index = builder.select(builder.fcmp_ordered("<", index, most), index, most)
    after = builder.fptrunc(builder.fsub(inside, index), _SHARES)
    none = ir.Constant(_SHARES, [0.0] * BEAMS)
    before = builder.select(is_seen, builder.fsub(one, after), none)
    return index, before, builder.select(is_seen, after, none)


def _weighted(builder: Any, shares: list[Any], pointers: list[Any]) -> Any:
    """Return the weighted sum of vectors."""
    total = builder.fmul(shares[0], _load(builder, pointers[0]))
    for share, pointer in zip(shares[1:], pointers[1:], strict=True):
        product = builder.fmul(share, _load(builder, pointer), flags=("contract",))
        total = builder.fadd(total, product, flags=("contract",))
    return total


def _spread(builder: Any, value: Any, kind: Any = _VECTOR) -> Any:
    """Return a vector that holds a value in every lane."""
    nothing = ir.Constant(kind, ir.Undefined)
    single = builder.insert_element(nothing, value, _WORD(0))
    return builder.shuffle_vector(single, nothing, ir.Constant(ir.VectorType(_WORD, kind.count), [0] * kind.count))


def _vector_at(builder: Any, pointer: Any, index: Any) -> Any:
    return builder.bitcast(builder.gep(pointer, [index]), _VECTOR.as_pointer())


def _load(builder: Any, pointer: Any) -> Any:
    values = builder.load(pointer)
    values.align = 4
    return values
