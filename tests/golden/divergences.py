"""Divergences of pairs of laws in 400 digits (entries go down to 1e-300), written into divergences.json.

    pip install mpmath==1.3.0
    python divergences.py            # rewrite
    python divergences.py --check    # compute again and compare; writes nothing

Written with Python 3.11, mpmath 1.3.0; the file carries the versions. Laws are doubles, taken exactly, and therefore sum to one
only within rounding c. Every sum is the one that extends the divergence to measures (with -p + q, a p + b q beside the textbook's
terms), which is the textbook's for c = 0; near equality the two differ by c**2/2.
"""

import json
import pathlib
import platform
import sys

import mpmath as mp

mp.mp.dps = 400
OUT = pathlib.Path(__file__).parent / "divergences.json"
ALPHAS = [-9.0, -3.0, -1.5, -1.0 - 1e-9, -1.0, -1.0 + 1e-12, -0.5, 0.0, 0.25, 1.0 - 1e-6, 1.0, 1.0 + 1e-12, 2.5, 7.0]
ORDERS = [0.0, 1e-9, 0.25, 0.5, 1.0 - 1e-12, 1.0, 1.0 + 1e-9, 2.0, 3.0, 50.0, float("inf")]
WEIGHTS = [0.5, 0.1, 0.875]


class Generator:
    """A small linear congruential generator: the inputs depend on no package."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (6364136223846793005 * self.state + 1442695040888963407) % 2**64
        return (self.state >> 11) / 2.0**53


def normalise(weights):
    total = sum(weights)
    return [w / total for w in weights]


def pairs():
    g = Generator(20)
    yield "printed", [0.2, 0.3, 0.5], [0.1, 0.6, 0.3]
    yield "tiny", [1e-300, 1.0, 1e-16], [1e-16, 1.0 - 1e-16, 1e-300]
    yield "corners", [1e-300, 1.0], [1.0, 1e-300]
    yield "near a vertex", [1.0 - 1e-16, 1e-16], [0.5, 0.5]
    yield "first excludes", [0.0, 0.25, 0.75], [0.25, 0.25, 0.5]
    yield "second excludes", [0.25, 0.25, 0.5], [0.0, 0.75, 0.25]
    yield "both exclude", [0.0, 0.25, 0.75], [0.0, 0.5, 0.5]
    yield "disjoint", [0.25, 0.75, 0.0], [0.0, 0.0, 1.0]
    yield "equal", [0.125, 0.375, 0.5], [0.125, 0.375, 0.5]
    for n in (2, 11):
        p = normalise([g.uniform() ** 4 for _ in range(n)])
        for exponent in (0, -1, -4, -8, -12):
            noise = [2 * g.uniform() - 1 for _ in range(n)]
            mean = sum(a * b for a, b in zip(p, noise))
            eps = 10.0**exponent
            q = normalise([x * float(mp.e ** (eps * (z - mean))) for x, z in zip(p, noise)])
            yield f"{n} outcomes, noise 1e{exponent}", p, q


def log_ratio(p, q):
    return mp.log(p / q)


def kl_term(p, q):
    if p == 0:
        return q
    return mp.inf if q == 0 else p * log_ratio(p, q) - p + q


def kl(p, q):
    return mp.fsum(kl_term(a, b) for a, b in zip(p, q))


def power(p, a):
    if p == 0:
        return mp.mpf(0) if a > 0 else (mp.mpf(1) if a == 0 else mp.inf)
    return p**a


def alpha(p, q, a):
    """Exponent a = (1-alpha)/2 of the first law."""
    b = 1 - a
    if b == 0:
        return kl(p, q)
    if a == 0:
        return kl(q, p)
    terms = []
    for x, y in zip(p, q):
        if (x == 0 and a < 0 and y > 0) or (y == 0 and b < 0 and x > 0):
            return mp.inf
        product = 0 if x == 0 and y == 0 else (0 if x == 0 or y == 0 else power(x, a) * power(y, b))
        terms.append((a * x + b * y - product) / (a * b))
    return mp.fsum(terms)


def renyi(p, q, a):
    if mp.isinf(a):
        return max([mp.mpf(0)] + [mp.inf if y == 0 else mp.log(x / y) for x, y in zip(p, q) if x > 0])
    if a == 0:
        missed = mp.fsum(y for x, y in zip(p, q) if x == 0)
        return -mp.log(1 - missed)
    if a == 1:
        return kl(p, q)
    if a > 1 and any(x > 0 and y == 0 for x, y in zip(p, q)):
        return mp.inf
    if not any(x * y > 0 for x, y in zip(p, q)):
        return mp.inf
    return mp.log(1 - a * (1 - a) * alpha(p, q, a)) / (a - 1)


def tsallis(p, q, a):
    return mp.fsum(y for x, y in zip(p, q) if x == 0) if a == 0 else a * alpha(p, q, a)


def js(p, q, w):
    m = [w * x + (1 - w) * y for x, y in zip(p, q)]
    return w * kl(p, m) + (1 - w) * kl(q, m)


def chernoff(p, q):
    """Bisection on the derivative of the sum."""
    both = [(x, y) for x, y in zip(p, q) if x > 0 and y > 0]
    if not both:
        return None, mp.inf
    mass = mp.fsum(q) - mp.fsum(p)
    slope = lambda a: mass + mp.fsum(x**a * y ** (1 - a) * mp.log(x / y) for x, y in both)
    value = lambda a: -mp.log(1 - mp.fsum(a * x + (1 - a) * y for x, y in zip(p, q)) + mp.fsum(x**a * y ** (1 - a) for x, y in both))
    if all(x == y for x, y in zip(p, q)):
        return mp.mpf("0.5"), mp.mpf(0)
    low, high = mp.mpf(0), mp.mpf(1)
    if slope(low) > 0:
        return low, value(low)
    if slope(high) < 0:
        return high, value(high)
    for _ in range(400):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return low, value(low)


def number(x):
    if x is None:
        return None
    # A string: readers of JSON need not round decimals correctly.
    return repr(float(x))


def compute():
    cases = []
    for name, p, q in pairs():
        first, second = [mp.mpf(x) for x in p], [mp.mpf(x) for x in q]
        h2 = mp.fsum((mp.sqrt(x) - mp.sqrt(y)) ** 2 for x, y in zip(first, second)) / 2
        divided = lambda x, y, d: 0 if x == y else (mp.inf if d == 0 else (x - y) ** 2 / d)
        jeffreys = lambda x, y: 0 if x == y else (mp.inf if x * y == 0 else (x - y) * mp.log(x / y))
        exponent, information = chernoff(first, second)
        many = [mp.mpf("0.25"), mp.mpf("0.25"), mp.mpf("0.5")]
        third = [(x + y) / 2 for x, y in zip(p, q)]
        laws = [first, second, [mp.mpf(x) for x in third]]
        mixture = [mp.fsum(w * law[i] for w, law in zip(many, laws)) for i in range(len(p))]
        cases.append(
            {
                "name": name,
                "first": [number(x) for x in p],
                "second": [number(x) for x in q],
                "third": [number(x) for x in third],
                "kullback_leibler": number(kl(first, second)),
                "jeffreys": number(mp.fsum(jeffreys(x, y) for x, y in zip(first, second))),
                "jensen_shannon": [number(js(first, second, mp.mpf(w))) for w in WEIGHTS],
                "jensen_shannon_of_three": number(mp.fsum(w * kl(law, mixture) for w, law in zip(many, laws))),
                "squared_hellinger": number(h2),
                "bhattacharyya": number(mp.inf if not any(x * y > 0 for x, y in zip(first, second)) else -mp.log(1 - h2)),
                "total_variation": number(mp.fsum(abs(x - y) for x, y in zip(first, second)) / 2),
                "pearson": number(mp.fsum(divided(x, y, y) for x, y in zip(first, second))),
                "neyman": number(mp.fsum(divided(x, y, x) for x, y in zip(first, second))),
                "alpha": [number(alpha(first, second, (1 - mp.mpf(a)) / 2)) for a in ALPHAS],
                "renyi": [number(renyi(first, second, mp.mpf(a))) for a in ORDERS],
                "tsallis": [number(tsallis(first, second, mp.mpf(a))) for a in ORDERS[:-1]],
                "chernoff_exponent": number(exponent),
                "chernoff": number(information),
            }
        )
    return {
        "written_by": f"divergences.py, Python {platform.python_version()}, mpmath {mp.__version__}, {mp.mp.dps} digits",
        "alphas": [number(a) for a in ALPHAS],
        "orders": [number(a) for a in ORDERS],
        "weights": [number(a) for a in WEIGHTS],
        "cases": cases,
    }


def main():
    result = compute()
    if "--check" in sys.argv:
        stored = json.loads(OUT.read_text())
        for key in ("alphas", "orders", "weights", "cases"):
            assert stored[key] == json.loads(json.dumps(result[key])), f"{key} differs"
        print(f"{len(result['cases'])} cases agree")
    else:
        OUT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
