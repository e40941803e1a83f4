"""Writes the archives that tests/data/npz.rs reads back: NumPy is the independent writer.

    python3 -m pip install numpy && python3 tests/golden/make_npz.py
"""
import pathlib
import numpy as np

here = pathlib.Path(__file__).parent
c = (np.arange(6, dtype=np.float64) / 4 - 0.5).reshape(2, 3)      # -0.5 -0.25 0 | 0.25 0.5 0.75
arrays = {
    "float64": c,
    "float32": c.astype(np.float32),
    "fortran": np.asfortranarray(c),
    "fortran3": np.asfortranarray(np.arange(24, dtype=np.float32).reshape(2, 3, 4)),
    "big_endian": c.astype(">f8"),
    "int64": np.array([-(2**40), -1, 0, 2**40]),
    "int32": np.array([-(2**31), 2**31 - 1], dtype=np.int32),
    "int16": np.array([-300, 300], dtype=np.int16),
    "int8": np.array([-128, 127], dtype=np.int8),
    "uint8": np.array([0, 255], dtype=np.uint8),
    "uint16": np.array([65535], dtype=np.uint16),
    "uint32": np.array([2**32 - 1], dtype=np.uint32),
    "uint64": np.array([2**63], dtype=np.uint64),
    "bool": np.array([True, False]),
    "scalar": np.float64(3.25),
    "empty": np.zeros((0, 5)),
    "tenth": np.array([0.1]),
    "special": np.array([np.nan, np.inf, -np.inf, -0.0]),
    "grad/w0": np.array([1.0, 2.0]),
}
refused = {
    "complex": np.array([1j]),
    "text": np.array(["abc"]),
    "bytes": np.array([b"abc"]),
    "half": np.array([1.0], dtype=np.float16),
    "object": np.array([None]),
    "time": np.array(["2000-01-01"], dtype="datetime64[D]"),
    "record": np.zeros(2, dtype=[("a", "f8"), ("b", "i4")]),
}
np.savez(here / "stored.npz", **arrays)
np.savez_compressed(here / "deflated.npz", **arrays)
np.savez_compressed(here / "refused.npz", **refused)
np.save(here / "fortran.npy", np.asfortranarray(c))
