"""How fast this processor multiplies and adds at all: vectors that never leave their registers."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES, CHAINS = 16, 12
"""Values in a vector, and vectors that do not wait for each other."""
ROUNDS = 2_000_000
_FLOAT, _INDEX = ir.FloatType(), ir.IntType(64)
_VECTOR = ir.VectorType(_FLOAT, LANES)


@intrinsic
def _fused(typingctx: Any, rounds: Any):
    """Multiply and add every chain so many times; return one value, so that nothing is left out."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        scale, shift = (ir.Constant(_VECTOR, [value] * LANES) for value in (0.999, 1e-3))
        chains = [
            cgutils.alloca_once_value(builder, ir.Constant(_VECTOR, [1.0 + number] * LANES)) for number in range(CHAINS)
        ]
        with cgutils.for_range(builder, arguments[0], intp=_INDEX):
            for chain in chains:
                product = builder.fmul(builder.load(chain), scale, flags=("contract",))
                builder.store(builder.fadd(product, shift, flags=("contract",)), chain)
        total = builder.load(chains[0])
        for chain in chains[1:]:
            total = builder.fadd(total, builder.load(chain))
        return builder.extract_element(total, ir.Constant(ir.IntType(32), 0))

    return types.float32(types.int64), generate


@numba.njit(nogil=True)
def _work(rounds: int) -> float:
    return _fused(rounds)  # pyright: ignore[reportCallIssue]


def multiply_and_add(threads: int) -> None:
    """Do `fused_flops` operations on as many threads."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(_work, [ROUNDS] * threads))


def fused_flops(threads: int) -> int:
    """Return how many operations `multiply_and_add` does."""
    return 2 * LANES * CHAINS * ROUNDS * threads
