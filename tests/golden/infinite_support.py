#!/usr/bin/env python3
"""Reference values for the families whose log-partition has no elementary form: logarithmic series, zeta, Conway-Maxwell-Poisson.

    python3 infinite_support.py            write infinite_support.json next to this file
    python3 infinite_support.py --check    compute everything, compare with the file, write nothing

Written with Python 3.11 and mpmath 1.3.0. Parameters are doubles, taken exactly. Everything has 60 significant digits or more (1000 where
a tail of e^-690 must be seen beside 1) and is rounded once, to the nearest double.

    zeta            mpmath's zeta and its s-derivatives; cumulants from raw moments
    log series      raw moments in closed form, E x^k = (1/L) sum x^(k-1) p^x; E ln x by the sum itself, near p = 1 by the
                    derivative in s of the polylogarithm's expansion at s = 1
    CMP             plain sums from x = 0 until a term is below 1e-75 of the sum
    lengths         tanh-sinh quadrature of the root of the variance
"""

import json
import os
import sys

import mpmath
from mpmath import mp, mpf

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "infinite_support.json")


def cumulants(m1, m2, m3, m4):
    """Cumulants from raw moments."""
    k2 = m2 - m1**2
    k3 = m3 - 3 * m1 * m2 + 2 * m1**3
    k4 = m4 - 4 * m1 * m3 - 3 * m2**2 + 12 * m1**2 * m2 - 6 * m1**4
    return k2, k3, k4


def zeta_row(s):
    mp.dps = 250
    s = mpf(s)
    z = [mp.zeta(s, 1, k) for k in range(5)]
    m = [d / z[0] for d in z[1:]]
    return [mp.log(z[0]), m[0], *cumulants(*m)]


def mean_log(p, theta, length):
    """sum p^x ln x / (x L)."""
    if theta < mpf(-0.2):
        total, x = mpf(0), 2
        while True:
            term = p**x / x
            total += term * mp.log(x)
            if term < mpf(10) ** -70 * p**2:
                return total / length
            x += 1
    # Li_s(e^t) = Gamma(1-s) (-t)^(s-1) + sum zeta(s-k) t^k/k!; -d/ds at s = 1 by central differences.
    h = mpf(10) ** -40

    def li(s):
        return mp.gamma(1 - s) * (-theta) ** (s - 1) + mp.fsum(
            mp.zeta(s - k) * theta**k / mp.factorial(k) for k in range(80)
        )

    return -(li(1 + h) - li(1 - h)) / (2 * h) / length


def log_series_row(theta):
    mp.dps = 1000
    theta = mpf(theta)
    p = mp.exp(theta)
    q = -mp.expm1(theta)
    length = -mp.log(q)
    m = [p / q, p / q**2, p * (1 + p) / q**3, p * (1 + 4 * p + p * p) / q**4]
    m = [x / length for x in m]
    k = cumulants(*m)
    if theta > -100:
        mp.dps = 150
    log = mean_log(p, theta, length)
    mp.dps = 1000
    return [mp.log(length), m[0] - 1, *k, mp.log(length) - theta * m[0] + log]


def conway_row(rate, nu):
    # A rate of 1e-200 must be seen beside 1.
    mp.dps = 75 if rate > 1e-100 else 1000
    rate, nu = mpf(rate), mpf(nu)
    log_rate = mp.log(rate)
    rows, total, x, log_factorial = [], mpf(0), 0, mpf(0)
    while True:
        w = mp.exp(x * log_rate - nu * log_factorial)
        rows.append((w, mpf(x), log_factorial))
        total += w
        if w < mpf(10) ** -75 * total and x > 4 and rate < mpf(x + 1) ** nu:
            break
        x += 1
        log_factorial += mp.log(x)

    def mean(f):
        return mp.fsum(w * f(a, b) for w, a, b in rows) / total

    ex, el = mean(lambda a, b: a), mean(lambda a, b: b)

    def central(i, j):
        return mean(lambda a, b: (a - ex) ** i * (b - el) ** j)

    v = [central(2, 0), central(1, 1), central(0, 2)]
    third = [central(3 - j, j) for j in range(4)]
    pairs = [3 * v[0] ** 2, 3 * v[0] * v[1], v[0] * v[2] + 2 * v[1] ** 2, 3 * v[1] * v[2], 3 * v[2] ** 2]
    fourth = [central(4 - j, j) - pairs[j] for j in range(5)]
    entropy = mp.log(total) - log_rate * ex + nu * el
    return [mp.log(total), ex, el, *v, *third, *fourth, entropy]


def zeta_density(s):
    z = [mp.zeta(s, 1, k) for k in range(3)]
    return mp.sqrt(z[2] / z[0] - (z[1] / z[0]) ** 2)


def log_series_density(theta):
    p = mp.exp(theta)
    q = -mp.expm1(theta)
    length = -mp.log(q)
    return mp.sqrt(p * (length - p)) / (q * length)


def lengths():
    mp.dps = 40
    inf = mp.inf
    spot = lambda *points: [mpf(x) for x in points]
    zeta = [
        [2.5, 4.0, mp.quad(zeta_density, spot(2.5, 3, 4))],
        [1.0009765625, 1.5, mp.quad(zeta_density, spot(1.0009765625, 1.002, 1.005, 1.015, 1.05, 1.15, 1.5))],
        [2.5, None, mp.quad(zeta_density, spot(2.5, 4, 7, 12, 20, 40, 70, 110, 160))],
    ]
    # p(L - p) loses the digits of p twice.
    mp.dps = 180
    a, b = mp.log(mpf("0.3")), mp.log(mpf("0.7"))
    series = [
        [float(a), float(b), mp.quad(log_series_density, [mpf(float(a)), mpf(float(b))])],
        [-20.0, -0.0009765625, mp.quad(log_series_density, spot(-20, -10, -5, -2, -1, -0.3, -0.1, -0.03, -0.01, -0.003, -0.0009765625))],
        [-1.25, None, mp.quad(log_series_density, spot(-110, -70, -40, -20, -10, -5, -2.5, -1.25))],
    ]
    return zeta, series


ZETA = [1 + 1e-8, 1.0009765625, 1.5, 1.9921875, 2.0, 2.0078125, 2.5, 4.0, 7.3125, 20.0, 50.0, 100.0, 300.0]
SERIES = [-690.0, -100.0, -36.0, -20.0, -11.0, -5.0, -1.25, -0.703125, -0.6875, -0.25, -0.0078125, -1e-5, -1e-10]
CONWAY = [
    [3.0, 1.5], [3.0, 1.0], [0.4, 0.0], [3.0, 2.0], [0.96875, 0.0], [0.96875, 0.015625], [1e-8, 1.25], [200.0, 1.0],
    [4096.0, 1.0], [50.0, 0.75], [2.0, 40.0], [1000.0, 3.0], [0.875, 0.5], [1e-200, 0.25], [30.0, 0.5],
]


def number(x):
    return None if x is None else float(x)


def compute():
    zeta, series = lengths()
    return {
        "origin": f"infinite_support.py, mpmath {mpmath.__version__}",
        "zeta": [[s, *map(number, zeta_row(s))] for s in ZETA],
        "log_series": [[t, *map(number, log_series_row(t))] for t in SERIES],
        "conway": [[a, b, *map(number, conway_row(a, b))] for a, b in CONWAY],
        "zeta_lengths": [[*map(number, row)] for row in zeta],
        "log_series_lengths": [[*map(number, row)] for row in series],
    }


def main():
    found = compute()
    if "--check" in sys.argv:
        with open(OUT) as file:
            kept = json.load(file)
        for key in found:
            if key != "origin" and found[key] != kept[key]:
                sys.exit(f"{key} differs: {found[key]} against {kept[key]}")
        print("every number agrees")
        return
    with open(OUT, "w") as file:
        lines = []
        for key, value in found.items():
            if isinstance(value, str):
                lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
            else:
                rows = ",\n  ".join(json.dumps(row) for row in value)
                lines.append(f" {json.dumps(key)}: [\n  {rows}\n ]")
        file.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
