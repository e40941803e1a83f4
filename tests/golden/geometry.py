#!/usr/bin/env python3
"""Reference values for the Fisher-Rao geometry of the simplex, computed apart from the library.

    python3 geometry.py            write geometry.json next to this file
    python3 geometry.py --check    compute everything, compare with the file, write nothing

Written with Python 3.11.7 and mpmath 1.3.0.  Inputs are doubles, made from an integer stream by additions, products,
quotients and square roots only, so that any language with IEEE arithmetic makes the same ones; they are not stored.  The formulas are the
textbook's, at 720 digits, with the arc cosine of the Bhattacharyya coefficient, the very route that has no digits in
doubles: between (1e-300, 1) and (7e-300, 1) it loses 300 digits.  A point stands for p/sum(p), a vector for v - sum(v) p/sum(p).  Results are rounded once, to the nearest double.

For every step the conditions of the entries are stored too: with x = cos(t) a + sin(t) u/|u| the root of an entry, t = |u|,
    condition = 2 (|cos(t) a| + |sin(t) u/|u|| + t |cos(t) u/|u| - sin(t) a|) / |x|,
the relative change of x^2 for relative changes of size one in the root, in the velocity and in its length.
"""

import json
import math
import os
import sys

from mpmath import mp, mpf

mp.dps = 720
HERE = os.path.dirname(os.path.abspath(__file__))
MASK = (1 << 64) - 1

SIZES = [2, 3, 11, 101, 1000]
BASE = ["centre", "sparse", "1e-16", "1e-100", "1e-300"]
NEAR = ["near 1e-1", "near 1e-3", "near 1e-6", "near 1e-9", "near 1e-12", "near 1e-15"]
FRACTIONS = ["1e-12", "1e-6", "0.1", "0.5", "0.9", "0.999"]
KEPT = 12


class Stream:
    """SplitMix64."""

    def __init__(self, seed):
        self.state = seed

    def bits(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def uniform(self):
        return (self.bits() >> 11) / float(1 << 53)


def normalised(weights):
    total = 0.0
    for w in weights:
        total += w
    return [w / total for w in weights]


def point(regime, n, stream, second):
    """Entries in doubles; the second point of a pair has its small entries partly elsewhere."""
    w = []
    for _ in range(n):
        u = stream.uniform() + 0.5
        halvings = stream.bits() % 60
        w.append(u * 2.0 ** -halvings if regime == "sparse" else u)
    if regime == "centre" and not second:
        w = [1.0] * n
    if regime in ("1e-16", "1e-100", "1e-300"):
        w[0] = float(regime) * (7.0 if second else 1.0)
        if n > 3:
            w[2 if second else 1] = 3.0 * float(regime)
    return normalised(w)


def near(p, epsilon, stream):
    return normalised([x * (1.0 + epsilon * (2.0 * stream.uniform() - 1.0)) for x in p])


def vector(p, stream):
    v = [math.sqrt(x) * (2.0 * stream.uniform() - 1.0) for x in p]
    for _ in range(2):
        total = 0.0
        for x in v:
            total += x
        v = [x - total * y for x, y in zip(v, p)]
    return v


def kept(n):
    return list(range(n)) if n <= KEPT else [i * (n - 1) // (KEPT - 1) for i in range(KEPT)]


def frame(p):
    mass = mp.fsum([mpf(x) for x in p])
    p = [mpf(x) / mass for x in p]
    return p, [mp.sqrt(x) for x in p]


def amplitude(p, a, v):
    total = mp.fsum([mpf(x) for x in v])
    return [(mpf(x) - total * y) / (2 * r) for x, y, r in zip(v, p, a)]


def dot(x, y):
    return mp.fsum([s * t for s, t in zip(x, y)])


def pair(regime, n, seed):
    stream = Stream(seed)
    if regime.startswith("near"):
        p = point("plain", n, stream, False)
        q = near(p, float(regime.split()[1]), stream)
    else:
        p, q = point(regime, n, stream, False), point(regime, n, stream, True)
    w = vector(p, stream)
    p, a = frame(p)
    q, b = frame(q)
    coefficient = dot(a, b)
    angle = mp.acos(coefficient)
    log = [2 * angle / mp.sin(angle) * (s * t - coefficient * s * s) for s, t in zip(a, b)]
    unit = [(t - coefficient * s) / mp.sin(angle) for s, t in zip(a, b)]
    u = amplitude(p, a, w)
    along = dot(unit, u)
    turned = [x + along * ((mp.cos(angle) - 1) * e - mp.sin(angle) * s) for x, e, s in zip(u, unit, a)]
    keep = kept(n)
    return {
        "regime": regime, "outcomes": n, "seed": seed,
        "distance": float(2 * angle), "norm": float(2 * mp.sqrt(dot(u, u))),
        "log": [float(log[i]) for i in keep],
        "transport": [float(2 * b[i] * turned[i]) for i in keep],
    }


def step(regime, n, seed):
    stream = Stream(seed)
    p0 = point(regime, n, stream, False)
    v0 = vector(p0, stream)
    p, a = frame(p0)
    u = amplitude(p, a, v0)
    speed = mp.sqrt(dot(u, u))
    exit_time = min(mp.atan2(s, -x / speed) for s, x in zip(a, u)) / speed
    rows = []
    for fraction in FRACTIONS:
        scale = float(mpf(fraction) * exit_time)
        v = [scale * x for x in v0]
        u = amplitude(p, a, v)
        t = mp.sqrt(dot(u, u))
        unit = [x / t for x in u]
        c, s = mp.cos(t), mp.sin(t)
        x = [c * r + s * e for r, e in zip(a, unit)]
        condition = [
            2 * (abs(c * r) + abs(s * e) + t * abs(c * e - s * r)) / abs(y) for r, e, y in zip(a, unit, x)
        ]
        keep = kept(n)
        rows.append({
            "fraction": fraction, "scale": scale, "end": [float(x[i] ** 2) for i in keep],
            "condition": [float("%.4g" % float(condition[i])) for i in keep],
        })
    return {"regime": regime, "outcomes": n, "seed": seed, "exit": float(exit_time), "steps": rows}


def compute():
    pairs = [pair(r, n, 1000 * i + n) for i, r in enumerate(BASE + NEAR) for n in SIZES]
    steps = [step(r, n, 500000 + 1000 * i + n) for i, r in enumerate(BASE) for n in SIZES]
    return {"pairs": pairs, "steps": steps}


def main():
    path = os.path.join(HERE, "geometry.json")
    found = compute()
    if "--check" in sys.argv:
        with open(path) as file:
            sys.exit(0 if json.load(file) == found else "geometry.json differs from what is computed")
    with open(path, "w") as file:
        file.write("{\n")
        for k, key in enumerate(["pairs", "steps"]):
            rows = ",\n".join(json.dumps(row) for row in found[key])
            file.write('"%s": [\n%s\n]%s\n' % (key, rows, "," if k == 0 else ""))
        file.write("}\n")


if __name__ == "__main__":
    main()
