"""Weighted sums of lines as explicit vector instructions, which the compiler does not find by itself.

Of nine arrays that a plain loop reads and writes the compiler must assume that they overlap, and checks it before each
short line; here every vector is loaded, multiplied, added and stored once, in the order that is written.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES = 16
"""Values in a vector: lines must be whole vectors. Narrower processors take it in halves."""
GROUP = 8
"""Pairs of lines that are added while a sum stays in its register."""

_FLOAT, _INDEX, _WORD = ir.FloatType(), ir.IntType(64), ir.IntType(32)
_VECTOR = ir.VectorType(_FLOAT, LANES)


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


def _spread(builder: Any, value: Any) -> Any:
    """Return a vector that holds a value in every lane."""
    nothing = ir.Constant(_VECTOR, ir.Undefined)
    single = builder.insert_element(nothing, value, _WORD(0))
    return builder.shuffle_vector(single, nothing, ir.Constant(ir.VectorType(_WORD, LANES), [0] * LANES))


def _vector_at(builder: Any, pointer: Any, index: Any) -> Any:
    return builder.bitcast(builder.gep(pointer, [index]), _VECTOR.as_pointer())


def _load(builder: Any, pointer: Any) -> Any:
    values = builder.load(pointer)
    values.align = 4
    return values
