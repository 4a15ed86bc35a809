"""Matrix products inside compiled code, by the BLAS that torch brings or the one that scipy brings.

Torch's (MKL on x86) keeps its full rate on the tiles of the solver, scipy's (OpenBLAS) is quicker to start. A routine is
an address, passed as a number, so that what calls it can be compiled once and kept on disk.
"""

import ctypes
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import get_cython_function_address, intrinsic
from numpy.typing import DTypeLike, NDArray

from verify.solvers.compiled import compiled

SMALL = 1 << 15  # multiplications; below, OpenBLAS starts in a third of the time that MKL takes


@cache
def gemm_address(dtype: str, *, small: bool = False) -> int:
    """Where the routine for float64 or float32 lies."""
    name = {"float64": "dgemm", "float32": "sgemm"}[dtype]
    for library in () if small else Path(torch.__file__).parent.glob("lib/*torch_cpu.*"):
        try:
            return int(ctypes.cast(getattr(ctypes.CDLL(str(library)), f"{name}_"), ctypes.c_void_p).value or 0)
        except (OSError, AttributeError):
            continue
    return int(get_cython_function_address("scipy.linalg.cython_blas", name))


class Room:
    """Arrays of zeros that start on 64 bytes; small ones lie in one piece of memory, since each alone takes a while to get."""

    def __init__(self) -> None:
        self.bytes, self.used = np.zeros(0, np.uint8), 0

    def zeros(self, *shape: int, dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """One more."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if self.used + size > len(self.bytes):
            self.bytes = np.zeros(max(size, 1 << 15) + 64, np.uint8)
            self.used = -self.bytes.ctypes.data % 64
        first = self.used
        self.used += size + -size % 64
        return self.bytes[first : first + size].view(dtype).reshape(shape)

    def copy(self, values: NDArray[Any], dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """One with these values."""
        copy = self.zeros(*values.shape, dtype=dtype)
        copy[...] = values
        return copy


@intrinsic
def _gemm(typing: Any, address: Any, transposed: Any, m: Any, n: Any, k: Any, alpha: Any, a: Any, lda: Any,
          b: Any, ldb: Any, beta: Any, c: Any, ldc: Any) -> Any:  # fmt: skip
    """Fortran's gemm, by address: all arguments by reference, integers that are right in 32 and in 64 bits."""
    real, whole = c.dtype, types.int64

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        address, transposed, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc = values

        def by_reference(value: Any) -> Any:
            return builder.bitcast(cgutils.alloca_once_value(builder, value), cgutils.voidptr_t)

        def data(array: Any, kind: Any) -> Any:
            return builder.bitcast(context.make_array(kind)(context, builder, array).data, cgutils.voidptr_t)

        letter = builder.select(transposed, ir.Constant(ir.IntType(8), ord("T")), ir.Constant(ir.IntType(8), ord("N")))
        plain = ir.Constant(ir.IntType(8), ord("N"))
        routine = builder.inttoptr(address, ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t] * 13).as_pointer())
        kinds = signature.args
        builder.call(routine, [
            by_reference(letter), by_reference(plain), *map(by_reference, (m, n, k)), by_reference(alpha),
            data(a, kinds[6]), by_reference(lda), data(b, kinds[8]), by_reference(ldb), by_reference(beta),
            data(c, kinds[11]), by_reference(ldc),
        ])  # fmt: skip
        return context.get_dummy_value()

    return types.void(whole, types.boolean, whole, whole, whole, real, a, whole, b, whole, real, c, whole), emit


@compiled()
def add_product(gemm, alpha, a, b, transposed, beta, out):
    """out ← alpha·a·b + beta·out, or with bᵀ; rows of the arrays may lie apart."""
    size = out.itemsize
    # a row-major array is a transposed one to Fortran: outᵀ = bᵀaᵀ
    _gemm(gemm, transposed, out.shape[1], out.shape[0], a.shape[1], alpha, b, b.strides[0] // size,
          a, a.strides[0] // size, beta, out, out.strides[0] // size)  # fmt: skip
