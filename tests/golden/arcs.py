#!/usr/bin/env python3
"""Reference values for one-parameter Fisher-Rao geometry and for the half-plane of normal laws.

    python3 arcs.py            write arcs.json next to this file (some 10 s)
    python3 arcs.py --check    compute everything, compare with the file, write nothing

Inputs are doubles, taken exactly; all arithmetic has 1000 significant digits, so that the textbook formulas may be used as they
stand, cancellation and all:

  arcs         s(x) in closed form, d = |s(y) - s(x)|, exp by inverting s; asserted against quadrature of sqrt(g) at 30 digits
               wherever the ends are between 1e-3 and 1e5
  half-plane   the hyperboloid, without moving the points: arccosh of the Lorentz product, exp, log and transport of the model
               space; exp asserted against a Taylor integration of the geodesic equation

Every number of an exponential map comes with its condition: the relative change of the result for relative changes of the
inputs, summed over the inputs.  Results are rounded once.

Written with Python 3.11.7 and mpmath 1.3.0.
"""

import json
import os
import platform
import sys

import mpmath
from mpmath import mp, mpf

mp.dps = 1000
HERE = os.path.dirname(os.path.abspath(__file__))
TINY = mpf(10) ** -200


def dbl(x):
    return float(mp.nstr(mpf(x), 40))


# ------------------------------------------------------------------ arcs: s, its inverse, the metric, the domain

def binomial(n, unit):
    root = mp.sqrt(mpf(n))
    return dict(
        s=lambda x: 2 * root * mp.asin(mp.sqrt(x / unit)),
        inverse=lambda s: unit * mp.sin(s / (2 * root)) ** 2,
        metric=lambda x: mpf(n) * unit / (x * (unit - x)) / unit,
        low=mpf(0), high=root * mp.pi, domain=(0, unit))


def negative_binomial_mean(r):
    r = mpf(r)
    return dict(
        s=lambda x: 2 * mp.sqrt(r) * mp.asinh(mp.sqrt(x / r)),
        inverse=lambda s: r * mp.sinh(s / (2 * mp.sqrt(r))) ** 2,
        metric=lambda x: r / (x * (x + r)),
        low=mpf(0), high=mp.inf, domain=(0, None))


def negative_binomial_probability(r):
    r = mpf(r)
    return dict(
        s=lambda p: -2 * mp.sqrt(r) * mp.atanh(mp.sqrt(1 - p)),
        inverse=lambda s: 1 - mp.tanh(s / (2 * mp.sqrt(r))) ** 2,
        metric=lambda p: r / (p * p * (1 - p)),
        low=-mp.inf, high=mpf(0), domain=(0, 1))


def logarithm(c2):
    c = mp.sqrt(mpf(c2))
    return dict(s=lambda x: c * mp.log(x), inverse=lambda s: mp.exp(s / c), metric=lambda x: c * c / (x * x),
                low=-mp.inf, high=mp.inf, domain=(0, None))


ARCS = {
    "bernoulli probability": binomial(1, mpf(1)),
    "binomial probability": binomial(7, mpf(1)),
    "binomial mean": binomial(7, mpf(7)),
    "poisson": dict(s=lambda x: 2 * mp.sqrt(x), inverse=lambda s: (s / 2) ** 2, metric=lambda x: 1 / x,
                    low=mpf(0), high=mp.inf, domain=(0, None)),
    "geometric probability": negative_binomial_probability(1),
    "geometric mean": negative_binomial_mean(1),
    "negative binomial probability": negative_binomial_probability(3.5),
    "negative binomial mean": negative_binomial_mean(3.5),
    "normal mean": dict(s=lambda x: 2 * x, inverse=lambda s: s / 2, metric=lambda x: mpf(4), low=-mp.inf, high=mp.inf,
                        domain=(None, None)),
    "normal scale": logarithm(2),
    "exponential rate": logarithm(1),
}


def points(arc):
    low, high = arc["domain"]
    if low is None:
        return [-1e300, -2.5, 1e-300, 4.0, 1e16]
    if high is None:
        return [1e-300, 1e-16, 0.01, 2.5, 4.0, 1e5, 1e16, 1e300]
    unit = float(high)
    return [1e-300, 1e-16, 0.01 * unit, 0.3 * unit, 0.6 * unit, unit * (1 - 1e-10), unit * (1 - 2.0 ** -53)]


def pairs(arc):
    xs = points(arc)
    for i, x in enumerate(xs):
        for y in xs[:i]:
            yield x, y
        near = x * (1 + 2.0 ** -30) if x < 1e299 else x * (1 - 2.0 ** -30)
        if arc["domain"][1] in (1, 7) and near >= arc["domain"][1]:
            near = x * (1 - 2.0 ** -30)
        yield x, near
        yield x, x * (1 - 2.0 ** -52)


def relative_change(f, inputs, k):
    """|x_k df/dx_k / f|, by a difference that 1000 digits make exact enough."""
    moved = list(inputs)
    moved[k] = inputs[k] * (1 + TINY)
    base = f(*inputs)
    return abs((f(*moved) - base) / (base * TINY))


def check_by_quadrature(arc, x, y):
    if not all(mpf("1e-3") <= t <= 1e5 for t in (x, y)) or abs(x - y) < mpf("1e-3"):
        return
    with mp.workdps(30):
        direct = mp.quad(lambda t: mp.sqrt(arc["metric"](t)), mp.linspace(mpf(x), mpf(y), 9))
        closed = arc["s"](mpf(y)) - arc["s"](mpf(x))
        assert abs(direct - closed) < mpf("1e-20") * abs(closed), (x, y, direct, closed)


def arcs():
    for name, arc in ARCS.items():
        s, inverse, metric = arc["s"], arc["inverse"], arc["metric"]
        distances, steps = [], []
        for x, y in pairs(arc):
            check_by_quadrature(arc, x, y)
            a, b = mpf(x), mpf(y)
            d, speed = s(b) - s(a), mp.sqrt(metric(a))
            distances.append([x, y, dbl(abs(d)), dbl(d / speed), dbl(speed / mp.sqrt(metric(b)))])
        for x in points(arc):
            a = mpf(x)
            speed = mp.sqrt(metric(a))
            for sign, room in ((-1, s(a) - arc["low"]), (1, arc["high"] - s(a))):
                finite = room != mp.inf
                for size in ("1e-12", "0.1", "0.5", "0.9", "0.999") if finite else ("1e-12", "0.1", "2", "30"):
                    v = dbl(sign * mpf(size) * (room if finite else 1) / speed)
                    f = lambda x, v: inverse(s(x) + mp.sqrt(metric(x)) * v)
                    y = f(a, mpf(v))
                    top = arc["domain"][1]
                    if v == 0.0 or not 1e-300 < abs(y) < mpf("1e300") or (top and dbl(y) >= top):
                        continue
                    condition = relative_change(f, (a, mpf(v)), 0) + relative_change(f, (a, mpf(v)), 1)
                    exit_time = dbl(room / speed / abs(mpf(v))) if finite else None
                    steps.append([x, v, dbl(y), float(mp.nstr(condition, 5)), exit_time])
        yield name, dict(distances=distances, steps=steps)


# ------------------------------------------------------------------ half-plane, metric diag(1, 2)/sigma^2

SQRT2 = mp.sqrt(2)


def lorentz(a, b):
    return -a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def embed(mu, sigma):
    x, y = mu / SQRT2, sigma
    return [(x * x + y * y + 1) / (2 * y), (x * x + y * y - 1) / (2 * y), x / y]


def embed_tangent(mu, sigma, v, w):
    """The derivative of embed along (v, w)."""
    x, y, dx, dy = mu / SQRT2, sigma, v / SQRT2, w
    first = (x * dx + y * dy) / y - (x * x + y * y + 1) * dy / (2 * y * y)
    second = (x * dx + y * dy) / y - (x * x + y * y - 1) * dy / (2 * y * y)
    return [first, second, dx / y - x * dy / (y * y)]


def out(a):
    y = 1 / (a[0] - a[1])
    return [SQRT2 * a[2] * y, y]


def out_tangent(a, u):
    y = 1 / (a[0] - a[1])
    dy = -y * y * (u[0] - u[1])
    return [SQRT2 * (u[2] * y + a[2] * dy), dy]


def hyperbolic_exp(mu, sigma, v, w):
    a, u = embed(mu, sigma), embed_tangent(mu, sigma, v, w)
    r = mp.sqrt(lorentz(u, u))
    return out([mp.cosh(r) * x + mp.sinh(r) / r * y for x, y in zip(a, u)])


def hyperbolic_log(p, q):
    a, b = embed(*p), embed(*q)
    w = mp.acosh(-lorentz(a, b))
    u = [w / mp.sinh(w) * (y - mp.cosh(w) * x) for x, y in zip(a, b)]
    return SQRT2 * w, out_tangent(a, u)


def hyperbolic_transport(p, q, v):
    a, b, u = embed(*p), embed(*q), embed_tangent(*p, *v)
    k = lorentz(b, u) / (1 - lorentz(a, b))
    return out_tangent(b, [c + k * (x + y) for c, x, y in zip(u, a, b)])


PAIRS = [
    ((0.0, 1.0), (1.0, 2.0)), ((1.0, 1.0), (3.0, 1.0)), ((0.3, 1.7), (0.3 + 1e-12, 1.7)), ((0.3, 1.7), (0.3, 1.7 + 1e-12)),
    ((3e-150, 1e-150), (-2e-150, 4e-150)), ((0.0, 1e-150), (1.0, 2e-150)), ((0.0, 1.0), (1e100, 3.0)),
    ((-1e100, 2.0), (1e100, 1.0)), ((5.0, 1e150), (7e150, 2e149)), ((2.0, 1e-30), (-2.0, 1e30)),
    ((1.0, 2.0), (1.0, 1e-200)), ((1.5, 0.7), (1.5 + 2.0 ** -40, 0.7 - 2.0 ** -41)), ((0.0, 1.0), (1e-140, 1.0)),
]

STEPS = [
    ((0.0, 1.0), (1.0, 0.5)), ((0.0, 1.0), (0.2, -3.0)), ((0.3, 1.7), (-40.0, 25.0)), ((0.3, 1.7), (2e-9, 1e-9)),
    ((3e-150, 1e-150), (-2e-150, 4e-150)), ((5.0, 1e150), (7e150, -2e150)), ((0.0, 1.0), (0.0, 50.0)),
    ((0.0, 1.0), (1e-20, 50.0)), ((2.0, 3.0), (1e-90, 1300.0)), ((2.0, 3.0), (1500.0, -1.0)),
]


def check_by_series(p, v, q):
    """The geodesic equation, integrated by Taylor steps of fourth order and Richardson's extrapolation."""
    def rhs(y):
        return [y[2], y[3], 2 * y[2] * y[3] / y[1], y[3] ** 2 / y[1] - y[2] ** 2 / (2 * y[1])]

    def rk4(n):
        y, h = [mpf(t) for t in (*p, *v)], mpf(1) / n
        for _ in range(n):
            k1 = rhs(y)
            k2 = rhs([a + h / 2 * b for a, b in zip(y, k1)])
            k3 = rhs([a + h / 2 * b for a, b in zip(y, k2)])
            k4 = rhs([a + h * b for a, b in zip(y, k3)])
            y = [a + h / 6 * (b + 2 * c + 2 * d + e) for a, b, c, d, e in zip(y, k1, k2, k3, k4)]
        return y[:2]

    with mp.workdps(40):
        coarse, fine = rk4(200), rk4(400)
        for a, b, exact in zip(coarse, fine, q):
            assert abs(b + (b - a) / 15 - exact) < mpf("1e-10") * abs(exact)


def half_plane():
    pair_rows, step_rows = [], []
    for p, q in PAIRS:
        a, b = [mpf(t) for t in p], [mpf(t) for t in q]
        d, v = hyperbolic_log(a, b)
        # Carried: a vector of both components that is as long as the scale.
        w = [0.75 * p[1], -0.5 * p[1]]
        carried = hyperbolic_transport(a, b, [mpf(t) for t in w])
        pair_rows.append([*p, *q, dbl(d), dbl(v[0]), dbl(v[1]), dbl(carried[0]), dbl(carried[1])])
    for p, v in STEPS:
        inputs = [mpf(t) for t in (*p, *v)]
        q = hyperbolic_exp(*inputs)
        if abs(v[0]) <= 2 and abs(v[1]) <= 3 and p[1] >= 1:
            check_by_series(p, v, q)
        conditions = [sum(relative_change(lambda *t: hyperbolic_exp(*t)[j], inputs, k) for k in range(4) if inputs[k]) if q[j]
                      else mpf(0) for j in range(2)]
        step_rows.append([*p, *v, dbl(q[0]), dbl(q[1]), *(float(mp.nstr(c, 5)) for c in conditions)])
    return dict(pairs=pair_rows, steps=step_rows)


def exact(tables):
    """Numbers as strings: not every reader of JSON rounds a decimal correctly."""
    if isinstance(tables, dict):
        return {key: exact(table) for key, table in tables.items()}
    if isinstance(tables, (list, tuple)):
        return [exact(table) for table in tables]
    return "inf" if tables is None else repr(float(tables))


def main():
    result = dict(
        versions=dict(python=platform.python_version(), mpmath=mpmath.__version__, digits=mp.dps),
        columns=dict(
            distances="x, y, distance, log_x y, factor of the transport from x to y",
            steps="x, v, exp_x v, condition of exp, exit time",
            pairs="mean, sigma, mean, sigma, distance, log (2), transport of sigma (0.75, -0.5) (2)",
            half_plane_steps="mean, sigma, v (2), exp (2), condition of each"),
        arcs=exact(dict(arcs())), half_plane=exact(half_plane()))
    path = os.path.join(HERE, "arcs.json")
    if "--check" in sys.argv[1:]:
        with open(path) as file:
            stored = json.load(file)
        for key in ("columns", "arcs", "half_plane"):
            assert stored[key] == result[key], f"{key} differs from arcs.json"
        print("arcs.json agrees")
        return
    rows = lambda table: "[\n    " + ",\n    ".join(json.dumps(row) for row in table) + "\n   ]"
    arcs_text = ",\n".join(
        f'  {json.dumps(name)}: {{\n   "distances": {rows(a["distances"])},\n   "steps": {rows(a["steps"])}\n  }}'
        for name, a in result["arcs"].items())
    plane = result["half_plane"]
    with open(path, "w") as file:
        file.write(
            f'{{\n "versions": {json.dumps(result["versions"])},\n "columns": {json.dumps(result["columns"])},\n "arcs": {{\n'
            f'{arcs_text}\n }},\n "half_plane": {{\n   "pairs": {rows(plane["pairs"])},\n   "steps": {rows(plane["steps"])}\n }}\n}}\n')


if __name__ == "__main__":
    main()
