#!/usr/bin/env python3
"""Reference values for exponential families, computed apart from the library.

    python3 families.py            write families.json next to this file
    python3 families.py --check    compute everything, compare with the file, write nothing

`extreme`: expectation, log-partition, Fisher and Kullback-Leibler of a step, at parameters from the centre to where
probabilities leave the floats (null: beyond them); formulas as books print them, at 2000 significant digits, so that no cancellation
matters.  Inputs are doubles, taken exactly; results are rounded once.
`known`: cumulants, entropy, Kullback-Leibler and affinities by direct sums over the outcomes, at 60 digits, from
parameters that are decimal fractions.
"""

import json
import os
import platform
import sys

import mpmath
from mpmath import mp, mpf

HERE = os.path.dirname(os.path.abspath(__file__))
PATH = os.path.join(HERE, "families.json")


def dbl(x):
    f = float(mp.nstr(mpf(x), 40, strip_zeros=False))
    return 0.0 if f == 0.0 else f


def bounded(x):
    """null beyond the floats."""
    f = dbl(x)
    return None if abs(f) == float("inf") else f


# ------------------------------------------------------------------ extreme

def dice(theta):
    """p of n+1 sides."""
    weights = [mp.exp(mpf(t)) for t in theta] + [mpf(1)]
    total = sum(weights)
    return [w / total for w in weights], mp.log(total)


def extreme_dice(theta, step):
    p, psi = dice(theta)
    end, psi2 = dice([mpf(t) + mpf(s) for t, s in zip(theta, step)])
    n = len(theta)
    eta = p[:n]
    fisher = [p[i] * ((1 if i == j else 0) - p[j]) for i in range(n) for j in range(n)]
    kl = sum(a * mp.log(a / b) for a, b in zip(p, end))
    return eta, psi, fisher, kl


def extreme_poisson(theta, step):
    rate, end = mp.exp(mpf(theta[0])), mp.exp(mpf(theta[0]) + mpf(step[0]))
    return [rate], rate, [rate], end - rate - rate * mpf(step[0])


def extreme_waiting(r):
    def compute(theta, step):
        q, q2 = mp.exp(mpf(theta[0])), mp.exp(mpf(theta[0]) + mpf(step[0]))
        p, p2 = 1 - q, 1 - q2
        r_ = mpf(r)
        kl = r_ * (mp.log(p / p2) + q / p * mp.log(q / q2))
        return [r_ * q / p], -r_ * mp.log(p), [r_ * q / p ** 2], kl
    return compute


def extreme_normal(theta, step):
    def source(a, b):
        variance = -1 / (2 * b)
        return a * variance, variance
    a, b = mpf(theta[0]), mpf(theta[1])
    mean, v = source(a, b)
    mean2, v2 = source(a + mpf(step[0]), b + mpf(step[1]))
    psi = -a * a / (4 * b) + mp.log(mp.pi / -b) / 2
    fisher = [v, 2 * mean * v, 2 * mean * v, 4 * mean ** 2 * v + 2 * v * v]
    kl = mp.log(v2 / v) / 2 + (v + (mean - mean2) ** 2) / (2 * v2) - mpf(1) / 2
    return [mean, mean ** 2 + v], psi, fisher, kl


EXTREME = [
    ("bernoulli", extreme_dice,
     [[-800.0], [-700.0], [-37.0], [-1e-15], [0.3], [5.5], [36.5], [700.0], [800.0]],
     [[1e-15], [-1e-15], [1e-8], [-0.5], [3.0], [-40.0], [750.0], [-1600.0]]),
    ("categorical:3", extreme_dice,
     [[800.0, -800.0], [800.0, 799.5], [-800.0, -799.0], [1e-15, 0.0], [0.25, -1.5], [700.0, 3.0], [-690.0, 0.5]],
     [[1e-15, -2e-15], [0.0, 1e-15], [-0.5, 0.25], [30.0, -45.0], [-1600.0, 900.0]]),
    ("poisson", extreme_poisson,
     [[-800.0], [-700.0], [-1e-15], [0.9], [20.0], [600.0]],
     [[1e-15], [-1e-15], [-0.5], [3.0], [-40.0], [100.0]]),
    ("geometric", extreme_waiting(1.0),
     [[-1e-300], [-1e-10], [-0.2], [-0.6875], [-0.75], [-40.0], [-700.0], [-800.0]], None),
    ("negative-binomial:3.5", extreme_waiting(3.5),
     [[-1e-10], [-0.2], [-0.6875], [-40.0], [-700.0]], None),
    ("normal", extreme_normal,
     [[0.0, -0.5], [3.0, -0.125], [1e8, -0.5], [-1e-8, -1e-12], [1e-3, -1e12]], None),
]


def steps_of(name, theta, steps):
    if steps is not None:
        return steps
    if name == "normal":
        # The exact doubles of these products are the inputs.
        return [[s * max(abs(theta[0]), 1e-3), t * theta[1]]
                for s, t in [(1e-15, 0.0), (0.0, 1e-15), (1e-15, -2e-15), (0.5, 0.25), (-3.0, 40.0), (0.0, -0.875)]]
    # Towards zero by fractions of the way, and away from it.
    return [[f * -theta[0]] for f in (1e-15, -1e-15, 1e-8, 0.5, 0.96875, -0.5, -20.0)]


def extreme():
    mp.dps = 2000
    rows = []
    for name, compute, thetas, steps in EXTREME:
        for theta in thetas:
            for step in steps_of(name, theta, steps):
                eta, psi, fisher, kl = compute(theta, step)
                rows.append({"family": name, "theta": theta, "step": step, "eta": [bounded(x) for x in eta],
                             "psi": bounded(psi), "fisher": [bounded(x) for x in fisher], "kl": bounded(kl)})
    return rows


# ------------------------------------------------------------------ known

def coin(n):
    def mass(p, x):
        return mp.binomial(n, x) * p ** x * (1 - p) ** (n - x)
    return mass, lambda p, q: range(n + 1)


def poisson_mass(rate, x):
    return mp.exp(-rate) * rate ** x / mp.factorial(x)


def waiting(r, shift=0):
    r = mpf(r)

    def mass(p, x):
        x = x - shift
        return mp.gamma(x + r) / (mp.factorial(x) * mp.gamma(r)) * p ** r * (1 - p) ** x
    return mass, lambda p, q: range(shift, shift + 1200)


KNOWN = [
    ("bernoulli", *coin(1), "0.3", "0.6"),
    ("binomial:7", *coin(7), "0.3", "0.6"),
    ("poisson", poisson_mass, lambda p, q: range(400), "2.5", "4"),
    ("geometric", *waiting(1), "0.2", "0.5"),
    ("geometric-trials", *waiting(1, 1), "0.2", "0.5"),
    ("negative-binomial:3.5", *waiting("3.5"), "0.2", "0.5"),
]


def known():
    mp.dps = 60
    rows = []
    for name, mass, support, first, second in KNOWN:
        p, q = mpf(first), mpf(second)
        xs = list(support(p, q))
        a = [mass(p, x) for x in xs]
        b = [mass(q, x) for x in xs]
        assert abs(1 - sum(a)) < mpf(10) ** -45 and abs(1 - sum(b)) < mpf(10) ** -45, name
        mean = sum(m * x for m, x in zip(a, xs))
        moment = {k: sum(m * (x - mean) ** k for m, x in zip(a, xs)) for k in (2, 3, 4)}

        def affinity(s):
            return mp.log(sum(u ** mpf(s) * v ** (1 - mpf(s)) for u, v in zip(a, b)))

        def slope(s):
            s = mpf(s)
            return sum(u ** s * v ** (1 - s) * mp.log(u / v) for u, v in zip(a, b))
        chernoff = mp.findroot(slope, (mpf("0.45"), mpf("0.55")))
        row = {
            "family": name, "first": dbl(p), "second": dbl(q),
            "cumulants": [dbl(mean), dbl(moment[2]), dbl(moment[3]), dbl(moment[4] - 3 * moment[2] ** 2)],
            "entropy": dbl(-sum(m * mp.log(m) for m in a)),
            "kl": dbl(sum(u * mp.log(u / v) for u, v in zip(a, b))),
            "reverse_kl": dbl(sum(v * mp.log(v / u) for u, v in zip(a, b))),
            "affinity": {s: dbl(affinity(s)) for s in ("0.5", "0.25", "0.999", "1.25", "-0.125")},
            "chernoff_exponent": dbl(chernoff), "chernoff_information": dbl(-affinity(chernoff)),
        }
        rows.append(row)
    return rows


def main():
    data = {
        "written_by": "families.py", "python": platform.python_version(), "mpmath": mpmath.__version__,
        "extreme": extreme(), "known": known(),
    }
    if "--check" in sys.argv:
        with open(PATH) as file:
            stored = json.load(file)
        for part in ("extreme", "known"):
            assert stored[part] == data[part], part
        print(f"{len(data['extreme'])} extreme and {len(data['known'])} known rows agree")
        return
    lines = []
    for part in ("extreme", "known"):
        rows = ",\n".join("  " + json.dumps(row) for row in data[part])
        lines.append(f' "{part}": [\n{rows}\n ]')
    head = ", ".join(f'"{k}": {json.dumps(data[k])}' for k in ("written_by", "python", "mpmath"))
    with open(PATH, "w") as file:
        file.write("{ " + head + ",\n" + ",\n".join(lines) + "\n}\n")
    print(f"{len(data['extreme'])} extreme and {len(data['known'])} known rows written")


if __name__ == "__main__":
    main()
