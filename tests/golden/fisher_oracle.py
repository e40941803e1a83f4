#!/usr/bin/env python3
"""Reference values for Fisher-information estimators, computed apart from the library.

    python3 fisher_oracle.py            write fisher.json and extreme.json next to this file
    python3 fisher_oracle.py --check    compute everything, compare with the files, write nothing

Everything is evaluated with mpmath at 80 significant digits from inputs that are doubles, and rounded
once, to the nearest double, on output.  Routes (none is back-propagation, none forms Kronecker or
Khatri-Rao factors):

  J_n         complex step on the forward pass, one parameter at a time, h = 1e-40
  gradient    complex step on the scalar loss itself (not through J_n)
  Fisher      categorical, Bernoulli: every label enumerated, sum_y p(y) s_y s_y^T
              Gaussian, Poisson: closed-form output Fisher V, J^T V J
  mc_mse      categorical, Bernoulli: enumeration; Gaussian, Poisson: fourth cumulants
  samplers    exact integration between breakpoints of the one uniform per datum
  logdet, direction   Cholesky / LU on F + lambda I

Built-in cross-checks, all asserted: enumeration against closed form; loss gradient against the mean of
J^T s; E[s] = 0; the second-order KL test with forward passes only; Poisson moments against a summed
series; a hand-written tangent-propagation program in numpy float64; every number printed by an
earlier numpy program (see the tables below).
"""

import itertools
import json
import math
import os
import platform
import re
import sys

import mpmath
import numpy as np
from mpmath import mp, mpc, mpf

mp.dps = 80
H = mpf(10) ** -40
HERE = os.path.dirname(os.path.abspath(__file__))
ZERO, ONE = mpf(0), mpf(1)


def dbl(x):
    """Nearest double (by decimal string: right also for subnormals and overflow)."""
    f = float(mp.nstr(mpf(x), 50, strip_zeros=False))
    return 0.0 if f == 0.0 else f


def dbls(x):
    return [dbls(e) for e in x] if isinstance(x, (list, tuple)) else dbl(x)


def M(x):
    return [M(e) for e in x] if isinstance(x, (list, tuple)) else mpf(x)


# ------------------------------------------------------------------ network

def act(name, z):
    if name == "identity":
        return z
    if name == "tanh":
        return mp.tanh(z)
    if name == "relu":
        return z if mp.re(z) > 0 else z * 0
    if name == "sigmoid":
        return 1 / (1 + mp.exp(-z))
    if name == "softplus":
        return mp.log(1 + mp.exp(z))
    if name == "gelu":
        return z * (1 + mp.erf(z / mp.sqrt(2))) / 2
    raise ValueError(name)


def unpack(widths, bias, theta):
    """Layer by layer: weight row-major (out x in), then bias when there is one."""
    out, k = [], 0
    for l in range(len(widths) - 1):
        i, o = widths[l], widths[l + 1]
        W = [theta[k + r * i:k + (r + 1) * i] for r in range(o)]
        k += o * i
        b = None
        if bias[l]:
            b = theta[k:k + o]
            k += o
        out.append((W, b))
    assert k == len(theta), (k, len(theta))
    return out


def forward(case, theta, x, trace=None):
    layers = unpack(case["widths"], case["bias"], theta)
    a = list(x)
    for l, (W, b) in enumerate(layers):
        if trace is not None:
            trace.append(a)
        z = [sum((w * v for w, v in zip(row, a)), ZERO) + (b[r] if b else 0) for r, row in enumerate(W)]
        if l + 1 == len(layers):
            return z
        if case["activation"] == "relu":
            assert min(abs(mp.re(v)) for v in z) > 0.02, "relu input near the kink"
        a = [act(case["activation"], v) for v in z]


# --------------------------------------------------------------- likelihoods

def variance_of(lik):
    return mpf(float(lik.split(":")[1])) if lik.startswith("gaussian") else None


def nll(lik, z, y):
    """Negative log-likelihood of one datum in nats, constants included; y is an int or a list."""
    if lik == "categorical":
        return mp.log(sum(mp.exp(v) for v in z)) - z[y]
    if lik == "bernoulli":
        return sum(mp.log(1 + mp.exp(v)) - t * v for v, t in zip(z, y))
    if lik == "poisson":
        return sum(mp.exp(v) - t * v + mp.loggamma(t + 1) for v, t in zip(z, y))
    s2 = variance_of(lik)
    return sum((v - t) ** 2 / (2 * s2) + mp.log(2 * mp.pi * s2) / 2 for v, t in zip(z, y))


def mean(lik, z):
    if lik == "categorical":
        e = [mp.exp(v) for v in z]
        return [v / sum(e) for v in e]
    if lik == "bernoulli":
        return [1 / (1 + mp.exp(-v)) for v in z]
    if lik == "poisson":
        return [mp.exp(v) for v in z]
    return list(z)


def out_score(lik, z, y):
    """d nll / d eta."""
    m = mean(lik, z)
    if lik == "categorical":
        return [p - (1 if c == y else 0) for c, p in enumerate(m)]
    s2 = variance_of(lik) or 1
    return [(p - t) / s2 for p, t in zip(m, y)]


def out_fisher(lik, z):
    """Closed form C x C."""
    m, C = mean(lik, z), len(z)
    if lik == "categorical":
        return [[(m[i] if i == j else 0) - m[i] * m[j] for j in range(C)] for i in range(C)]
    d = {"bernoulli": lambda p: p * (1 - p), "poisson": lambda p: p}.get(lik, lambda p: 1 / variance_of(lik))
    return [[d(m[i]) if i == j else ZERO for j in range(C)] for i in range(C)]


def kappa4(lik, z):
    """Fourth cumulant of the output score, per output (independent outputs only)."""
    m = mean(lik, z)
    if lik == "bernoulli":
        return [p * (1 - p) * (1 - 6 * p * (1 - p)) for p in m]
    if lik == "poisson":
        return m
    return [ZERO for _ in m]


def labels_of(lik, z):
    """All labels with their probabilities where the label set is finite, else None."""
    m = mean(lik, z)
    if lik == "categorical":
        return [(c, p) for c, p in enumerate(m)]
    if lik == "bernoulli":
        out = []
        for y in itertools.product((0, 1), repeat=len(m)):
            p = ONE
            for q, t in zip(m, y):
                p *= q if t else 1 - q
            out.append((list(y), p))
        return out
    return None


def kl(lik, z0, z1):
    """KL(p(z0) || p(z1)), closed form from the nll only where possible."""
    lab = labels_of(lik, z0)
    if lab is not None:
        return sum(p * (nll(lik, z1, y) - nll(lik, z0, y)) for y, p in lab)
    if lik == "poisson":
        return sum(mp.exp(a) * (a - b) - mp.exp(a) + mp.exp(b) for a, b in zip(z0, z1))
    return sum((a - b) ** 2 for a, b in zip(z0, z1)) / (2 * variance_of(lik))


# ------------------------------------------------------------ linear algebra

def dot(a, b):
    return sum((u * v for u, v in zip(a, b)), ZERO)


def matvec(A, v):
    return [dot(r, v) for r in A]


def tmatvec(A, u):
    return [sum((A[i][j] * u[i] for i in range(len(u))), ZERO) for j in range(len(A[0]))]


def zeros(n, m=None):
    return [[ZERO] * (m or n) for _ in range(n)]


def add_outer(F, s, w):
    for i, si in enumerate(s):
        if si == 0:
            continue
        k, row = w * si, F[i]
        for j in range(i, len(s)):
            row[j] += k * s[j]


def mirror(F):
    for i in range(len(F)):
        for j in range(i):
            F[i][j] = F[j][i]
    return F


def fro(A):
    return mp.sqrt(sum(v * v for r in A for v in r))


def trace(A):
    return sum(A[i][i] for i in range(len(A)))


def damped(A, lam):
    return [[A[i][j] + (lam if i == j else 0) for j in range(len(A))] for i in range(len(A))]


def cholesky(A):
    n = len(A)
    L = zeros(n)
    for j in range(n):
        L[j][j] = mp.sqrt(A[j][j] - dot(L[j][:j], L[j][:j]))
        for i in range(j + 1, n):
            L[i][j] = (A[i][j] - dot(L[i][:j], L[j][:j])) / L[j][j]
    return L


def solve_logdet(A, b):
    L, n = cholesky(A), len(A)
    y = []
    for i in range(n):
        y.append((b[i] - dot(L[i][:i], y)) / L[i][i])
    x = [ZERO] * n
    for i in reversed(range(n)):
        x[i] = (y[i] - sum((L[k][i] * x[k] for k in range(i + 1, n)), ZERO)) / L[i][i]
    r = [u - v for u, v in zip(matvec(A, x), b)]
    assert max(abs(v) for v in r) < mpf(10) ** -50
    return x, 2 * sum(mp.log(L[i][i]) for i in range(n))


def eig(A):
    return sorted((mpf(v) for v in mp.eigsy(mp.matrix(A), eigvals_only=True)), reverse=True)


def cosine(a, b):
    return dot(a, b) / mp.sqrt(dot(a, a) * dot(b, b))


# ------------------------------------------------------------ the computation

def jacobians(case, theta, X):
    """eta and J_n (C x P) by the complex step."""
    P = len(theta)
    etas, Js = [forward(case, theta, x) for x in X], []
    cols = [[None] * P for _ in X]
    for k in range(P):
        t = list(theta)
        t[k] = mpc(theta[k], H)
        for n, x in enumerate(X):
            cols[n][k] = [mp.im(v) / H for v in forward(case, t, x)]
    for n in range(len(X)):
        Js.append([[cols[n][k][c] for k in range(P)] for c in range(case["widths"][-1])])
    return etas, Js


def mean_loss(case, theta, X, Y):
    return sum(nll(case["likelihood"], forward(case, theta, x), y) for x, y in zip(X, Y)) / len(X)


def loss_gradient(case, theta, X, Y):
    g = []
    for k in range(len(theta)):
        t = list(theta)
        t[k] = mpc(theta[k], H)
        g.append(mp.im(mean_loss(case, t, X, Y)) / H)
    return g


def datum_moments(lik, z, J):
    """(Fisher of the datum, E||s s^T||^2 - ||F||^2, Var ||s||^2), by enumeration or closed form."""
    C, P = len(J), len(J[0])
    V = out_fisher(lik, z)
    F2 = zeros(P)
    for i in range(C):
        VJ = [sum((V[i][j] * J[j][k] for j in range(C)), ZERO) for k in range(P)]
        for a in range(P):
            for b in range(P):
                F2[a][b] += J[i][a] * VJ[b]
    K = [[dot(J[i], J[j]) for j in range(C)] for i in range(C)]
    KV = [[dot(K[i], [V[k][j] for k in range(C)]) for j in range(C)] for i in range(C)]
    tr2 = sum(KV[i][j] * KV[j][i] for i in range(C) for j in range(C))
    closed = trace(KV) ** 2 + tr2 + sum(K[i][i] ** 2 * k for i, k in enumerate(kappa4(lik, z)))
    closed_tr = 2 * tr2 + sum(K[i][i] ** 2 * k for i, k in enumerate(kappa4(lik, z)))
    lab = labels_of(lik, z)
    if lab is None:
        return F2, closed, closed_tr
    F = zeros(P)
    m4 = m2 = ZERO
    first = [ZERO] * P
    for y, p in lab:
        s = tmatvec(J, out_score(lik, z, y))
        add_outer(F, s, p)
        q = dot(s, s)
        m2 += p * q
        m4 += p * q * q
        first = [f + p * v for f, v in zip(first, s)]
    mirror(F)
    assert max(abs(v) for v in first) < mpf(10) ** -50                      # E[score] = 0
    assert max(abs(F[i][j] - F2[i][j]) for i in range(P) for j in range(P)) < mpf(10) ** -50
    mse = m4 - sum(v * v for r in F for v in r)
    vtr = m4 - m2 * m2
    if lik == "bernoulli":
        assert abs(mse - closed) < mpf(10) ** -45 and abs(vtr - closed_tr) < mpf(10) ** -45
    return F, mse, vtr


def poisson_moment_check(lam):
    """kappa2 = kappa4 = lambda, by summing the series to a tail below 1e-60."""
    y, p, m2, m4 = 0, mp.exp(-lam), ZERO, ZERO
    while True:
        m2 += p * (y - lam) ** 2
        m4 += p * (y - lam) ** 4
        y += 1
        p *= lam / y
        if y > 4 * lam + 20 and p * mpf(y) ** 5 < mpf(10) ** -60:
            break
    assert abs(m2 - lam) < mpf(10) ** -50 and abs(m4 - 3 * m2 * m2 - lam) < mpf(10) ** -50


def compute(case):
    theta, X, lik = M(case["theta"]), M(case["x"]), case["likelihood"]
    Y = case["y"] if lik == "categorical" else [M(r) for r in case["y"]]
    N, P = len(X), len(theta)
    r = {}
    r["eta"], r["J"] = jacobians(case, theta, X)
    r["nll"] = [nll(lik, z, y) for z, y in zip(r["eta"], Y)]
    r["loss"] = sum(r["nll"]) / N
    r["gradient"] = loss_gradient(case, theta, X, Y)
    r["scores"] = [tmatvec(J, out_score(lik, z, y)) for z, J, y in zip(r["eta"], r["J"], Y)]
    g2 = [sum(s[k] for s in r["scores"]) / N for k in range(P)]
    assert max(abs(a - b) for a, b in zip(r["gradient"], g2)) < mpf(10) ** -35
    F, E, mse, vtr = zeros(P), zeros(P), ZERO, ZERO
    for z, J in zip(r["eta"], r["J"]):
        Fn, a, b = datum_moments(lik, z, J)
        mse, vtr = mse + a, vtr + b
        for i in range(P):
            for j in range(P):
                F[i][j] += Fn[i][j] / N
        if lik == "poisson":
            for lam in mean(lik, z):
                poisson_moment_check(lam)
    for s in r["scores"]:
        add_outer(E, s, ONE / N)
    r["F"], r["E"] = F, mirror(E)
    r["mc_mse"], r["mc_trace_var"] = mse / N ** 2, vtr / N ** 2
    r["direction"], r["logdet"] = solve_logdet(damped(F, mpf(case["damping"])), r["gradient"])
    v, U = M(case["v"]), M(case["u"])
    # J v by one complex step along v (not through the stored Jacobian); checked against it
    t = [mpc(a, H * b) for a, b in zip(theta, v)]
    r["jvp"] = [[mp.im(q) / H for q in forward(case, t, x)] for x in X]
    for n in range(N):
        assert max(abs(a - b) for a, b in zip(r["jvp"][n], matvec(r["J"][n], v))) < mpf(10) ** -35
    r["vjp"] = [sum((dot([r["J"][n][c][k] for c in range(len(U[0]))], U[n]) for n in range(N)), ZERO) for k in range(P)]
    r["fv"] = matvec(F, v)
    # absolute second-order KL test, forward passes only, symmetric in t
    h = mpf(10) ** -12
    q = dot(v, r["fv"])
    tot = ZERO
    for sg in (1, -1):
        th = [a + sg * h * b for a, b in zip(theta, v)]
        tot += sum(kl(lik, z, forward(case, th, x)) for z, x in zip(r["eta"], X)) / (2 * N)
    assert abs(tot / (h * h / 2 * q) - 1) < mpf(10) ** -18, (case["name"], tot / (h * h / 2 * q))
    # hand-written float64 program
    r["float64_error"] = float64_crosscheck(case, r)
    return r


# ------------------------------------------- second program, plain float64

def float64_crosscheck(case, r):
    """Tangent propagation with hand-written derivatives; returns the relative Frobenius error of F."""
    w, th, X = case["widths"], np.array(case["theta"]), np.array(case["x"])
    P, N, lik, name = len(th), len(X), case["likelihood"], case["activation"]
    erf = np.vectorize(math.erf)

    def phi(z):
        if name == "identity":
            return z, np.ones_like(z)
        if name == "tanh":
            return np.tanh(z), 1 / np.cosh(z) ** 2
        if name == "relu":
            return np.maximum(z, 0), (z > 0).astype(float)
        s = 1 / (1 + np.exp(-z))
        if name == "sigmoid":
            return s, s * (1 - s)
        if name == "softplus":
            return np.log1p(np.exp(z)), s
        c = 0.5 * (1 + erf(z / math.sqrt(2)))
        return z * c, c + z * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    F = np.zeros((P, P))
    for x in X:
        a, T, k = x.copy(), np.zeros((w[0], P)), 0
        for l in range(len(w) - 1):
            i, o = w[l], w[l + 1]
            W = th[k:k + o * i].reshape(o, i)
            z, T = W @ a, W @ T
            for q in range(o):
                T[q, k + q * i:k + (q + 1) * i] += a
            k += o * i
            if case["bias"][l]:
                z = z + th[k:k + o]
                T[np.arange(o), k + np.arange(o)] += 1
                k += o
            if l < len(w) - 2:
                a, d = phi(z)
                T = d[:, None] * T
        if lik == "categorical":
            p = np.exp(z - z.max())
            p /= p.sum()
            V = np.diag(p) - np.outer(p, p)
        elif lik == "bernoulli":
            p = 1 / (1 + np.exp(-z))
            V = np.diag(p * (1 - p))
        elif lik == "poisson":
            V = np.diag(np.exp(z))
        else:
            V = np.eye(len(z)) / float(lik.split(":")[1])
        F += T.T @ V @ T / N
    ref = np.array([[float(v) for v in row] for row in r["F"]])
    err = np.linalg.norm(F - ref) / np.linalg.norm(ref)
    assert err < 1e-14, (case["name"], err)
    return float(err)


# ------------------------------------------------------------------- samplers

def label_terms(case, r):
    """Per datum: probabilities and Gram matrix G[c][d] = (s_c . s_d)^2 = <s_c s_c^T, s_d s_d^T>."""
    out = []
    for z, J in zip(r["eta"], r["J"]):
        p = mean("categorical", z)
        S = [tmatvec(J, out_score("categorical", z, c)) for c in range(len(p))]
        out.append((p, [[dot(a, b) ** 2 for b in S] for a in S]))
    return out


def cdf(p):
    out, c = [], ZERO
    for v in p[:-1]:
        c += v
        out.append(c)
    return out


def expected_square(p, G, breaks, points):
    """Integral over u in (0,1) of || mean_m S_(class of points(u)[m]) - F ||^2."""
    C, cum = len(p), cdf(p)
    bs = [ZERO] + sorted(b for b in breaks if 0 < b < 1) + [ONE]
    total = ZERO
    for lo, hi in zip(bs, bs[1:]):
        if hi == lo:
            continue
        us = points((lo + hi) / 2)
        cnt = [0] * C
        for t in us:
            cnt[sum(1 for c in cum if t >= c)] += 1
        d = [mpf(k) / len(us) - q for k, q in zip(cnt, p)]
        total += (hi - lo) * sum(d[a] * d[b] * G[a][b] for a in range(C) for b in range(C))
    return total


def sampler_table(case, r, Ms):
    terms, N, rows = label_terms(case, r), len(r["eta"]), []
    anti1 = sum(expected_square(p, G, cdf(p) + [1 - c for c in cdf(p)], lambda u: [u, 1 - u]) for p, G in terms) / N ** 2
    for m in Ms:
        sys_ = ZERO
        for p, G in terms:
            br = [m * c - mp.floor(m * c) for c in cdf(p)]
            sys_ += expected_square(p, G, br, lambda u: [(u + k) / m for k in range(m)])
        sys_ /= N ** 2
        ind = r["mc_mse"] / m
        rows.append({"m": m, "independent": ind, "antithetic": anti1 * 2 / m if m % 2 == 0 else None,
                     "systematic": sys_, "gain_systematic": ind / sys_})
    return rows


# ------------------------------------------------------------------ case inputs

class Lcg:
    """64-bit linear congruential generator, so that inputs do not depend on a package version."""

    def __init__(self, seed):
        self.s = (seed * 0x9E3779B97F4A7C15 + 0x1234567) & (2 ** 64 - 1)
        for _ in range(4):
            self.u()

    def u(self):
        self.s = (self.s * 6364136223846793005 + 1442695040888963407) & (2 ** 64 - 1)
        return (self.s >> 11) / 2.0 ** 53

    def sym(self, a, digits):
        return round((2 * self.u() - 1) * a, digits)


def n_params(widths, bias):
    return sum(i * o + (o if b else 0) for i, o, b in zip(widths, widths[1:], bias))


def min_relu_input(case):
    low, layers = math.inf, unpack(case["widths"], case["bias"], case["theta"])
    for x in case["x"]:
        a = x
        for W, b in layers[:-1]:
            z = [sum(w * v for w, v in zip(r, a)) + (b[k] if b else 0) for k, r in enumerate(W)]
            low = min(low, min(abs(v) for v in z))
            a = [max(v, 0.0) for v in z]
    return low


def generated(lik, activation, widths, bias, N, seed):
    while True:
        g = Lcg(seed)
        theta = []
        for i, o, b in zip(widths, widths[1:], bias):
            theta += [g.sym(1.6 / math.sqrt(i), 3) for _ in range(i * o)]
            theta += [g.sym(0.5, 3) for _ in range(o)] if b else []
        x = [[g.sym(1.75, 2) for _ in range(widths[0])] for _ in range(N)]
        C = widths[-1]
        if lik == "categorical":
            y = [int(g.u() * C) for _ in range(N)]
        elif lik == "bernoulli":
            y = [[int(g.u() < 0.5) for _ in range(C)] for _ in range(N)]
        elif lik == "poisson":
            y = [[int(6 * g.u() ** 2) for _ in range(C)] for _ in range(N)]
        else:
            y = [[g.sym(2.0, 2) for _ in range(C)] for _ in range(N)]
        name = "-".join([lik.replace(":", "").replace(".", "p"), activation, "x".join(map(str, widths)), f"n{N}"])
        case = dict(name=name, likelihood=lik, activation=activation, widths=list(widths), bias=list(bias),
                    n=N, params=len(theta), x=x, y=y, theta=theta, damping=0.07,
                    v=[g.sym(1.0, 2) for _ in theta], u=[[g.sym(1.0, 2) for _ in range(C)] for _ in range(N)])
        if activation != "relu" or min_relu_input(case) > 0.03:
            return case
        seed += 1000


T_, F_ = True, False
NETS = [
    ("categorical", "tanh", (3, 5, 2), (T_, T_), 7),
    ("categorical", "relu", (2, 7, 3), (F_, F_), 11),
    ("categorical", "softplus", (5, 3, 7), (T_, F_), 13),
    ("categorical", "gelu", (3, 7, 2, 5), (T_, F_, T_), 11),
    ("bernoulli", "sigmoid", (3, 5, 2), (T_, T_), 7),
    ("bernoulli", "identity", (2, 3, 5), (F_, T_), 11),
    ("bernoulli", "tanh", (5, 3, 1), (T_, T_), 7),
    ("bernoulli", "softplus", (7, 2, 5, 3), (T_, T_, T_), 13),
    ("poisson", "relu", (5, 3, 2), (T_, T_), 7),
    ("poisson", "gelu", (3, 2, 5), (T_, F_), 11),
    ("poisson", "identity", (3, 5, 2), (F_, F_), 7),
    ("poisson", "tanh", (2, 5, 7, 3), (F_, T_, T_), 13),
    ("gaussian:0.37", "softplus", (2, 5, 3), (T_, T_), 7),
    ("gaussian:1.9", "sigmoid", (7, 3, 2, 5), (T_, T_, F_), 11),
    ("gaussian:0.05", "relu", (3, 7, 5, 2), (T_, T_, T_), 13),
    ("gaussian:2.6", "gelu", (5, 3, 2), (F_, F_), 7),
]

X4 = [[1.0, .5], [-.5, 1.0], [.25, -1.5], [2.0, -.25]]
W1 = [.5, -.3, .1, .8, -.6, .2]


def named(name, lik, activation, widths, bias, theta, y, v, seed):
    g = Lcg(seed)
    P, C = n_params(widths, bias), widths[-1]
    assert P == len(theta)
    return dict(name=name, likelihood=lik, activation=activation, widths=widths, bias=bias, n=4, params=P, x=X4, y=y,
                theta=theta, damping=0.07, v=v or [g.sym(1.0, 2) for _ in theta],
                u=[[g.sym(1.0, 2) for _ in range(C)] for _ in range(4)])


def conformance_cases():
    v2 = [(-1) ** i * (i + 1) / 21 for i in range(21)]
    return {
        "M1": named("M1", "categorical", "identity", [2, 3], [False], [.2, -.1, 0., .3, -.4, .5], [0, 2, 1, 0],
                    [.3, -.2, .5, .1, -.4, .25], 901),
        "M2": named("M2", "categorical", "tanh", [2, 3, 3], [True, True],
                    W1 + [.1, -.2, .05] + [.7, -.4, .2, -.1, .6, -.5, .3, .05, -.9] + [0., .15, -.1], [0, 2, 1, 0], v2, 902),
        "M3": named("M3", "bernoulli", "identity", [2, 1], [True], [.3, -.7, .2], [[1], [0], [0], [1]], None, 903),
        "M4": named("M4", "gaussian:1.0", "identity", [2, 3, 2], [False, False], W1 + [.7, -.4, .2, -.1, .6, -.5],
                    [[.5, -1.], [1.25, 0.], [-.75, 2.], [0., .5]], None, 904),
        "M5": named("M5", "poisson", "identity", [2, 1], [True], [.3, -.7, .2], [[2], [0], [5], [1]], None, 905),
    }


# -------------------------------------------- comparison with printed numbers

REPORT = {"exact": 0, "rounding": [], "mismatch": [], "known": []}
# printed numbers that are wrong in their last digits; the printed pair sums to .5525097988, the trace 1 - sum p^2 is .5525097957...
KNOWN = {("small M2 eigenvalues", 0): ".3858985828011202", ("small M2 eigenvalues", 1): ".1666112129491710"}


def flat(x):
    return [v for e in x for v in flat(e)] if isinstance(x, (list, tuple)) else [mpf(x)]


def printed(label, text, value, slack=64):
    """text: numbers as printed, '.' alone skips an entry.  value: nested numbers in the same order."""
    toks, vals = [t for t in re.split(r"[\[\],\s]+", text.strip()) if t], flat(value)
    if len(toks) != len(vals):
        raise AssertionError((label, len(toks), len(vals)))
    for k, (t, v) in enumerate(zip(toks, vals)):
        if t == ".":
            continue
        m = re.fullmatch(r"-?\d*(?:\.(\d*))?(?:e(-?\d+))?", t)
        assert m, t
        unit = mpf(10) ** (-len(m.group(1) or "") + int(m.group(2) or 0))
        d = abs(mpf(t) - v)
        if d <= unit / 2 * (1 + mpf(10) ** -6):
            REPORT["exact"] += 1
        elif d <= slack * mpf(2) ** -52 * max(abs(v), mpf(1)):
            REPORT["rounding"].append((label, k, t, mp.nstr(v, 18), mp.nstr(d / unit, 3)))
        elif (label, k) in KNOWN and abs(mpf(KNOWN[label, k]) - v) < mpf(10) ** -15:
            REPORT["known"].append((label, k, t, mp.nstr(v, 18)))
        else:
            REPORT["mismatch"].append((label, k, t, mp.nstr(v, 18), mp.nstr(d, 3)))


def hessian(case, theta, X, Y):
    P, k = len(theta), mpf(10) ** -18
    A = zeros(P)
    for j in range(P):
        for i in range(j, P):
            acc = []
            for sg in (1, -1):
                t = list(theta)
                t[i] = t[i] + sg * k
                t[j] = mpc(mp.re(t[j]), H)
                acc.append(mp.im(mean_loss(case, t, X, Y)) / H)
            A[i][j] = A[j][i] = (acc[0] - acc[1]) / (2 * k)
    return A


def curvature_propagation_mse(r):
    tot = ZERO
    for z, J in zip(r["eta"], r["J"]):
        p = mean("categorical", z)
        C = len(p)
        S = [[(mp.sqrt(p[i]) if i == j else 0) - p[i] * mp.sqrt(p[j]) for j in range(C)] for i in range(C)]
        R = [[sum(S[c][k] * J[c][a] for c in range(C)) for a in range(len(J[0]))] for k in range(C)]  # S^T J
        K = [[dot(a, b) for b in R] for a in R]
        tot += trace(K) ** 2 + sum(v * v for row in K for v in row) - 2 * sum(K[i][i] ** 2 for i in range(C))
    return tot / len(r["eta"]) ** 2


def block(A, a, b):
    return [row[a:b] for row in A[a:b]]


def check_m1(c, r):
    F, E, g = r["F"], r["E"], r["gradient"]
    lam = mpf(0.1)
    printed("M1 loss", ".9099502112188469", r["loss"])
    printed("M1 p(x_0)", "[.36485455053318794, .36485455053318794, .2702908989336242]", mean("categorical", r["eta"][0]))
    printed("M1 F trace", "1.34691501819173", trace(F))
    printed("M1 F frobenius", ".719700681610602", fro(F))
    ev = eig(F)
    printed("M1 F lmax", ".544580423279862", ev[0])
    assert sum(1 for v in ev if abs(v) > mpf(10) ** -30) == 4
    step, ld = solve_logdet(damped(F, lam), g)
    printed("M1 logdet", "-8.07444835555287", ld)
    printed("M1 F diag", "[.3203677965469783, .1976962101775884, .29414169349306457, .18567781447430637, .1869264230716753, .16210508042812066]",
            [F[i][i] for i in range(6)])
    printed("M1 F row 0", "[.3203677965469783, -.04512885568208476, -.21379153348418378, .027003371570454997, -.10657626306279448, .01812548411162977]", F[0])
    printed("M1 E trace", "1.15048108222772", trace(E))
    printed("M1 E frobenius", ".737872019945868", fro(E))
    printed("M1 E lmax", ".554895464607985", eig(E)[0])
    estep, eld = solve_logdet(damped(E, lam), g)
    printed("M1 E logdet", "-9.35746376839644", eld)
    printed("M1 gradient", "[-.3818834402572301, -.20177394747751204, .16834078706440667, .3763996935301614, .2135426531928234, -.17462574605264938]", g)
    printed("M1 step", "[-.7537639533778007, -.5904384354863383, .2929542020227277, 1.0553600653377184, .4608097513550727, -.4649216298513801]", step)
    printed("M1 cosine E-step", ".9464156265843147", cosine(step, estep))
    printed("M1 cosine gradient", ".9845735721248987", cosine(step, g))
    printed("M1 mc mse", ".3667392731429827", r["mc_mse"])
    printed("M1 curvature propagation", ".48941693045552936", curvature_propagation_mse(r))
    # average of E over the 81 labelings
    P, A = 6, zeros(6)
    probs = [mean("categorical", z) for z in r["eta"]]
    for ys in itertools.product(range(3), repeat=4):
        w = ONE
        for n, y in enumerate(ys):
            w *= probs[n][y]
        for n, y in enumerate(ys):
            add_outer(A, tmatvec(r["J"][n], out_score("categorical", r["eta"][n], y)), w / 4)
    mirror(A)
    assert max(abs(A[i][j] - F[i][j]) for i in range(P) for j in range(P)) < mpf(10) ** -50
    v = M([.3, -.2, .5, .1, -.4, .25])
    q = dot(v, matvec(F, v))
    printed("M1 vFv", ".1680723837658049", q)
    for t, k, ratio in ((.1, ".0008237379267685752", ".98022"), (.05, ".00020800131701089277", ".99006"), (.025, "5.226080394490798e-05", ".99502")):
        t = mpf(t)
        th = [a + t * b for a, b in zip(M(c["theta"]), v)]
        val = sum(kl("categorical", z, forward(c, th, x)) for z, x in zip(r["eta"], M(c["x"]))) / 4
        printed(f"M1 KL t={float(t)}", k, val, slack=1)
        printed(f"M1 KL ratio t={float(t)}", ratio, val / (t * t / 2 * q))


def check_m2(c, r):
    F, E, g = r["F"], r["E"], r["gradient"]
    lam = mpf(0.1)
    printed("M2 loss", "1.4534055020720247", r["loss"])
    printed("M2 F trace", "1.9643055916817", trace(F))
    printed("M2 F frobenius", ".974429218958548", fro(F))
    ev = eig(F)
    assert sum(1 for v in ev if abs(v) > mpf(10) ** -30) == 8
    printed("M2 F eigenvalues", "[.7110855100315, .5336136539752, .3183721516646, .194532233908, .1270960113043, .05911943224327, .01590888713409, .004577711420807]", ev[:8])
    step, ld = solve_logdet(damped(F, lam), g)
    printed("M2 logdet", "-40.4263129393221", ld)
    printed("M2 F diag", "[.03148893498755, .04619065429153, .1685393814217, .04038666965182, .05910938138788, .1324517891039, .04872693546299, .09333066027544, .1032646150785, .07447447100987, .06673381793493, .06618244770803, .06764544245811, .05171656693721, .06519710084824, .07920551502416, .06138754827764, .07163930589923, .2118934841443, .2076090536756, .2171318161031]",
            [F[i][i] for i in range(21)])
    printed("M2 F[0,0:9]", "[.03148893498754677, -.006204608247894885, -.0636135212574949, .005259979198539157, .024835495071046938, -.0071856267254429085, .014031695035210867, -.03043694291376744, .013690660313431764]", F[0][:9])
    printed("M2 E trace", "2.65977967434179", trace(E))
    printed("M2 E frobenius", "1.65388321245928", fro(E))
    ee = eig(E)
    printed("M2 E lmax", "1.46268910973673", ee[0])
    assert sum(1 for v in ee if abs(v) > mpf(10) ** -30) == 4
    printed("M2 E logdet", "-41.0982286986663", solve_logdet(damped(E, lam), g)[1])
    printed("M2 E diag", "[.0515381794581, .07405362198634, .259448309107, .03478652794539, .125194977399, .07037992103308, .06795374421461, .1204610045346, .1273085184093, .1313592493275, .06406459211896, .1231284029175, .08759887196969, .1490501284843, .05915449445494, .07687722199594, .06652205796967, .08281786105534, .3353757028992, .2867850677018, .2659212193596]",
            [E[i][i] for i in range(21)])
    Hs = hessian(c, M(c["theta"]), M(c["x"]), c["y"])
    r["hessian"] = Hs
    he = eig(Hs)
    printed("M2 H trace", "1.00380600596842", trace(Hs))
    printed("M2 H frobenius", "2.07187967381598", fro(Hs))
    printed("M2 H lmax lmin", ".997559545122508, -.748636595060586", [he[0], he[-1]])
    if sum(1 for v in he if v < -mpf(10) ** -25) != 9:
        REPORT["mismatch"].append(("M2 H negative eigenvalues", 0, "9", sum(1 for v in he if v < -mpf(10) ** -25), ""))
    printed("M2 |H-F|/|F|", "1.882378347548286", fro([[a - b for a, b in zip(p, q)] for p, q in zip(Hs, F)]) / fro(F))
    printed("M2 gradient", "[-.12295687756608956, -.18476918798482647, .3216710612188115, .12083948422141447, -.27535109820412923, -.02198012546422842, -.059203556091485275, .22833812978033427, -.05118561388343752, -.18302326627159995, -.0887635858289981, .2142748117886054, -.07968267751688403, .2589426311247102, .04687188740377824, .262705943788484, -.1701790452957121, -.26114669919238365, -.17544938360816523, .08686682359796966, .08858256001019556]", g)
    printed("M2 gradient norm", ".822880961192167", mp.sqrt(dot(g, g)))
    printed("M2 step", "[-.3715082838191, -.7751655532611, 1.024376377558, .3870185618767, -.9312070656815, -.1507594626108, .1490279108227, .488762645121, .2634765017533, -.3593503031395, -.500775733191, .5582067283143, -.4032279214677, 1.11766948892, .2088715005012, .7625782246072, -.6168937557289, -.7670782288155, .3035361132096, -.08123790094413, -.2222982122654]", step)
    printed("M2 Fv", "[.08259886914888, .08411987558455, -.2146784223453, -.1314765576229, .04002453472726, -.05255945196664, .2262357857964, -.3144833525961, .1290581918297, .08630335356806, -.004056032359915, -.06166979801901, -.09297916144584, -.08743277925842, .07210077913221, .006675807877774, .09148881161834, -.0104309811132, .3282549896374, -.4743273880706, .1460723984333]", r["fv"])
    v = M(c["v"])
    printed("M2 vFv", "1.28234034096206", dot(v, r["fv"]))
    printed("M2 vEv", "1.2777266943696972", dot(v, matvec(E, v)))
    # Kronecker factors: B is the bias block of F, A the second moment of [activation, 1]
    acts = []
    for x in M(c["x"]):
        tr = []
        forward(c, M(c["theta"]), x, tr)
        acts.append([a + [ONE] for a in tr])
    A = [[[sum(a[l][i] * a[l][j] for a in acts) / 4 for j in range(len(acts[0][l]))] for i in range(len(acts[0][l]))] for l in range(2)]
    B = [block(F, 6, 9), block(F, 18, 21)]
    printed("M2 A1", "[[1.328125,-.21875,.6875],[-.21875,.890625,-.0625],[.6875,-.0625,1]]", A[0])
    printed("M2 B1", "[[.04872693546299,-.05902661054749,.04325889707272],[.,.09333066027544,-.04344937277824],[.,.,.1032646150785]]", B[0])
    printed("M2 A2", "[[.3460262997903,-.192209182172,-.3252913215604,.3535319278794],[.,.2871088896094,.1566120167283,-.07134229905877],[.,.,.3169651175381,-.2837455908318],[.,.,.,1]]", A[1])
    printed("M2 B2", "[[.2118934841443,-.1011853608584,-.1107081232859],[.,.2076090536756,-.1064236928172],[.,.,.2171318161031]]", B[1])
    pis = ["3.21875, .2453222108169163, 3.622223036588803", "1.9501003069378242, .6366343539229993, 1.5157028663758183"]
    for l in range(2):
        ta, tb = trace(A[l]), trace(B[l])
        printed(f"M2 traces and pi, layer {l + 1}", pis[l], [ta, tb, mp.sqrt(ta / len(A[l]) / (tb / len(B[l])))])
    assert abs(trace(B[1]) - sum(1 - sum(p * p for p in mean("categorical", z)) for z in r["eta"]) / 4) < mpf(10) ** -50
    svs = ["[.35852728682607904, .13391476574251124, .04717821970084885]", "[.6518583401851952, .07718946831485698, .029229843893626834]"]
    for l, (start, i, o) in enumerate(((0, 2, 3), (9, 3, 3))):
        idx = [[start + q * i + k for k in range(i)] + [start + o * i + q] for q in range(o)]
        R = [[F[idx[p][a]][idx[q][b]] for a in range(i + 1) for b in range(i + 1)] for p in range(o) for q in range(o)]
        sv = [mp.sqrt(abs(w)) for w in eig([[dot(a, b) for b in R] for a in R])]
        # block = B (x) A exactly is the rank-one case: the printed list has the leading values
        printed(f"M2 rearrangement singular values, layer {l + 1}", svs[l], sv[:3])
        r.setdefault("rearrangement", []).append(sv)
    want, got = "2.174115679346445", []
    for n in range(4):
        Fn, _, _ = datum_moments("categorical", r["eta"][n], r["J"][n])
        got.append(trace(Fn))
    hit = [n for n in range(4) if abs(got[n] - mpf(want)) < mpf(10) ** -12]
    if hit:
        printed(f"M2 tr F of sample 3 (it is x[{hit[0]}], counting from zero)", want, got[hit[0]])
    else:
        REPORT["mismatch"].append(("M2 tr F of sample 3", 0, want, [mp.nstr(v, 17) for v in got], ""))
    r["single_datum_trace"] = got


def check_m3(c, r):
    F, E, g, lam = r["F"], r["E"], r["gradient"], mpf(0.1)
    printed("M3 loss", ".7304414887190536", r["loss"])
    printed("M3 F", "[[.2776980744454452,-.0375050425784549,.143785596421447],[.,.16829645489190045,.01277249481202108],[.,.,.20967788994940553]]", F)
    printed("M3 F trace", ".655672419286751", trace(F))
    ev = eig(F)
    printed("M3 F lmax lmin", ".393526038101457, .0827526218509909", [ev[0], ev[-1]])
    printed("M3 logdet", "-3.6809346615547", solve_logdet(damped(F, lam), g)[1])
    printed("M3 E", "[[.1456102723755321,-.055846667606453834,.11530153278556322],[.,.3950229775758894,-.18257629485446483],[.,.,.257686381087687]]", E)
    printed("M3 E trace", ".798319631039109", trace(E))
    printed("M3 E logdet", "-3.5080271258783", solve_logdet(damped(E, lam), g)[1])
    printed("M3 gradient", "[-.24608296686033587,-.2512107113641037,.09913668433935686]", g)
    printed("M3 F^-1 g", "[-2.3154628139301465,-2.175113199194128,2.1931187317614182]", solve_logdet(F, g)[0])
    printed("M3 E^-1 g", "[-2.9816686989048353,-.3911082078217779,1.441754766171081]", solve_logdet(E, g)[0])
    printed("M3 mc mse", ".11089472916601308", r["mc_mse"])
    z = dict(c, name="M3 at zero", theta=[0., 0., 0.])
    printed("M3 F at zero", "[[.33203125,-.0546875,.171875],[.,.22265625,-.015625],[.,.,.25]]", compute(z)["F"])


def check_m4(c, r):
    F, g, lam = r["F"], r["gradient"], mpf(0.1)
    printed("M4 F trace", "6.09125", trace(F))
    printed("M4 block traces", "2.9065625, 3.1846875", [trace(block(F, 0, 6)), trace(block(F, 6, 12))])
    printed("M4 F frobenius", "3.37123965139077", fro(F))
    ev = eig(F)
    printed("M4 F lmax", "2.64508983097074", ev[0])
    assert sum(1 for v in ev if abs(v) > mpf(10) ** -30) == 4, "rank"
    printed("M4 logdet", "-16.9029804138586", solve_logdet(damped(F, lam), g)[1])
    # the printed number is the norm of the one block F[W1,W2]; both off-diagonal blocks together give sqrt(2) times it
    printed("M4 off-diagonal block frobenius", "1.6004709771291739", mp.sqrt(sum(F[i][j] ** 2 for i in range(6) for j in range(6, 12))))
    # KFAC = block: each block is B (x) A with A the input second moment
    acts = []
    for x in M(c["x"]):
        tr = []
        forward(c, M(c["theta"]), x, tr)
        acts.append(tr)
    W2 = [M([.7, -.4, .2]), M([-.1, .6, -.5])]
    Bs = [[[dot([w[i] for w in W2], [w[j] for w in W2]) for j in range(3)] for i in range(3)], [[ONE, ZERO], [ZERO, ONE]]]
    for l, (s, i, o) in enumerate(((0, 2, 3), (6, 3, 2))):
        A = [[sum(a[l][p] * a[l][q] for a in acts) / 4 for q in range(i)] for p in range(i)]
        for p in range(o * i):
            for q in range(o * i):
                assert abs(F[s + p][s + q] - Bs[l][p // i][q // i] * A[p % i][q % i]) < mpf(10) ** -35
    printed("M4 2N F trace", "48.73", 8 * trace(F))
    printed("M4 (2/C) F trace", "6.09125", trace(F) * 2 / 2)
    printed("M4 mc mse", "17.96805244140625", r["mc_mse"])


def check_m5(c, r):
    F, E, g, lam = r["F"], r["E"], r["gradient"], mpf(0.1)
    printed("M5 F", "[[3.033037778884114,-.6041272201581589,1.7859230287657413],[.,2.3607798342198243,-1.3007767342800896],[.,.,2.0243081463679538]]", F)
    printed("M5 F trace", "7.41812575947189", trace(F))
    printed("M5 F frobenius", "5.41880474050886", fro(F))
    printed("M5 F lmax", "5.01390975890365", eig(F)[0])
    printed("M5 logdet", "1.66003845208759", solve_logdet(damped(F, lam), g)[1])
    printed("M5 E trace", "5.26784916519692", trace(E))
    printed("M5 E frobenius", "4.19454952257689", fro(E))
    printed("M5 E logdet", ".3506539995484", solve_logdet(damped(E, lam), g)[1])
    printed("M5 mc mse", "50.31681133244746", r["mc_mse"])


def check_samplers(r, rows):
    F = r["F"]
    printed("8.C relative mse", ".6106711576", r["mc_mse"] / fro(F) ** 2)
    printed("8.C var trace", ".138412251249304", r["mc_trace_var"])
    printed("8.C hutchinson", "1.394725598966098", 2 * (fro(F) ** 2 - sum(F[i][i] ** 2 for i in range(21))))
    printed("8.C curvature propagation", ".8461018274683584", curvature_propagation_mse(r))
    table = {1: (".5798397771081162", None, ".5798397771081162", "1"),
             2: (".2899198885540581", ".2279517587955268", ".18472740711654315", "1.57"),
             4: (".14495994427702905", ".1139758793977634", ".025164117152656023", "5.76"),
             8: (".07247997213851452", ".0569879396988817", ".008160056007427644", "8.88"),
             16: (".03623998606925726", ".02849396984944085", ".001781259424932672", "20.3"),
             32: (".01811999303462863", ".014246984924720424", ".0005088980035912474", "35.6")}
    for row in rows:
        i, a, s, g = table[row["m"]]
        printed(f"8.C independent M={row['m']}", i, row["independent"])
        if a:
            printed(f"8.C antithetic M={row['m']}", a, row["antithetic"])
        printed(f"8.C systematic M={row['m']}", s, row["systematic"])
        printed(f"8.C gain M={row['m']}", g, row["gain_systematic"])


def check_small_models():
    """Printed values of the small reference models; returns what is stored in the file."""
    z = M([.2, -.5, 1.0])
    p, V = mean("categorical", z), out_fisher("categorical", z)
    printed("small M2 pi", ".2686636448 .1334144177 .5979219375", p)
    ev = eig(V)
    printed("small M2 eigenvalues", ".3858985858 .1666112130", ev[:2])
    assert abs(ev[2]) < mpf(10) ** -40 and abs(ev[0] + ev[1] - (1 - dot(p, p))) < mpf(10) ** -40
    m = block(V, 0, 2)
    printed("small M2 minimal F", "[[.1964834908,-.0358436037],[.,.1156150108]]", m)
    det = m[0][0] * m[1][1] - m[0][1] ** 2
    inv = [[m[1][1] / det, -m[0][1] / det], [-m[0][1] / det, m[0][0] / det]]
    printed("small M2 minimal inverse", "[[5.3945853565,1.6724591243],[.,9.1679009021]]", inv)
    d = M([.3, -.2, .5])
    printed("C3 quadratic form / 2", ".0272372429478", dot(d, matvec(V, d)) / 2)
    mu = dot(p, d)
    printed("C3 kappa3 / 6", "-.0034471070768", sum(q * (v - mu) ** 3 for q, v in zip(p, d)) / 6)
    X, W, y = M([[1., .5], [1., -1.], [1., 2.], [1., 0.]]), M([.2, -.3, .1, .4]), [0, 2, 1, 1]
    F, E, S = zeros(4), zeros(4), []
    for x, t in zip(X, y):
        eta = [dot(W[:2], x), dot(W[2:], x), ZERO]
        q = mean("categorical", eta)
        sc = lambda c: [(q[k] - (1 if k == c else 0)) * x[j] for k in range(2) for j in range(2)]
        for c in range(3):
            add_outer(F, sc(c), q[c] / 4)
        add_outer(E, sc(t), ONE / 4)
        S.append(sc(t))
    mirror(F), mirror(E)
    printed("small M3 F diag", ".2079224369,.2117652471,.2182198655,.2985272931", [F[i][i] for i in range(4)])
    printed("small M3 F off", ".0322226309 -.111907796 -.037088525 -.037088525 -.1309085786 .1076574867",
            [F[0][1], F[0][2], F[0][3], F[1][2], F[1][3], F[2][3]])
    printed("small M3 E diag", ".2187759104,.1153280857,.203696114,.1853614507", [E[i][i] for i in range(4)])
    ms = [-sum(s[k] for s in S) / 4 for k in range(4)]
    printed("small M3 mean score (+grad log p)", "-.081245678,.1268127428,.1141932095,.2072510452", ms)
    printed("C10 B=2", ".1126883853,.0657047787,.1083681016,.1141572232", [E[k][k] / 2 + ms[k] ** 2 / 2 for k in range(4)])
    # C12: logistic, q = .9, theta = (.3,-.7), rows (1, x) with the x of the least-squares model
    sg = lambda v: 1 / (1 + mp.exp(-v))
    num, den = [ZERO] * 2, [ZERO] * 2
    for x in [M([1., t]) for t in (-2., -1., 0., .5, 1., 3.)]:
        q = sg(mpf(.3) * x[0] - mpf(.7) * x[1])
        for k in range(2):
            den[k] += q * (1 - q) * x[k] ** 2
            num[k] += (q * (1 - q) + (mpf(.9) - q) * (1 - 2 * q)) * x[k] ** 2
    printed("C12", "1.412010703, 3.2480876878", [num[0] / den[0], num[1] / den[1]])
    for q, t in ((".3", ".87287"), (".1", "2.66667"), (".01", "9.849")):
        q = mpf(q)
        printed("C15", t, abs(1 - 2 * q) / mp.sqrt(q * (1 - q)))
    a, b = sg(mpf(-1)), sg(mpf(.7))
    printed("C19 factor", ".9416933025", mp.sqrt(a * (1 - a) / (b * (1 - b))))
    gam = (1 - 2 * a) / 2
    printed("C19 Gamma", ".2310585786", gam)
    printed("C19 length", ".8234465889", 2 * abs(mp.asin(mp.sqrt(b)) - mp.asin(mp.sqrt(a))))
    printed("C20", "-.0739387452 .0392658049", [-gam * mpf(".32"), -gam * mpf(".32") * (a - mpf(".8"))])
    q = mpf(".3")
    printed("C6 coefficient", ".2380952381",
            (1 - 2 * q) * (q - mpf(".8")) ** 2 / (2 * q * (1 - q)))
    return {
        "free_logits": {"eta": dbls(z), "probabilities": dbls(p), "fisher": dbls(V), "minimal_inverse": dbls(inv)},
        "softmax_last_row_zero": {"x": dbls(X), "y": y, "theta": dbls(W), "fisher": dbls(F), "empirical": dbls(E), "gradient": dbls([-v for v in ms])},
    }


# ---------------------------------------------------------------- extreme file

def extreme():
    cases = []

    def emit(name, lik, eta, labels, w):
        z = M(eta)
        m, C = mean(lik, z), len(eta)
        V = out_fisher(lik, z)
        if lik == "categorical":
            R = [[(mp.sqrt(m[i]) if i == j else 0) - m[i] * mp.sqrt(m[j]) for j in range(C)] for i in range(C)]
        else:
            R = [[mp.sqrt(V[0][0])]]
        wm = M(w)
        RR = [[dot(a, b) for b in R] for a in R]
        # nothing may hang on the working precision: compare with the identity at the entries themselves
        for i in range(C):
            for j in range(C):
                assert abs(RR[i][j] - V[i][j]) <= mpf(10) ** -60 * abs(V[i][j]), (name, i, j)
        s = lambda x: [s(e) for e in x] if isinstance(x, (list, tuple)) else repr(dbl(x))
        lab = [y if lik == "categorical" else [y] for y in labels]
        c = {"name": name, "likelihood": lik, "eta": [repr(float(v)) for v in eta], "labels": labels, "mean": s(m),
             "nll": s([nll(lik, z, y) for y in lab]), "score": s([out_score(lik, z, y) for y in lab]), "fisher": s(V),
             "hessian": s([V for _ in lab]), "root": s(R), "root_product": s(RR), "w": [repr(float(v)) for v in w],
             "fisher_times_w": s(matvec(V, wm)), "root_times_w": s(matvec(R, wm)), "root_t_times_w": s(tmatvec(R, wm))}
        # the likelihood's Hessian by differences of the score (canonical links: equals the Fisher, any label)
        h = mpf(10) ** -300
        for y in lab:
            for j in range(C):
                zp, zm = list(z), list(z)
                zp[j] += h
                zm[j] -= h
                d = [(a - b) / (2 * h) for a, b in zip(out_score(lik, zp, y), out_score(lik, zm, y))]
                for i in range(C):
                    assert abs(d[i] - V[i][j]) <= mpf(10) ** -60 * abs(V[i][j]) + mpf(10) ** -1100, (name, d[i], V[i][j])
        nums = [abs(float(t)) for t in re.findall(r"'(-?[\d.e+-]+)'", str([c[k] for k in c if k not in ("eta", "w")]))]
        c["has_subnormal"] = any(0 < t < 2.2250738585072014e-308 for t in nums)
        c["root_outlives_fisher"] = any(dbl(V[i][i]) == 0.0 and any(dbl(v) != 0.0 for v in R[i]) for i in range(C))
        cases.append(c)

    old = mp.dps
    mp.dps = 2400  # entries span e^-1600: keep relative accuracy through every cancellation
    try:
        for name, eta in (("saturated-800", [800., -800., 0.]), ("tiny-690.8", [690.8, 0., -5.]),
                          ("tiny-690.75", [690.75, 0., -5.]), ("tiny-one-class", [-690.75, .5, -.25]),
                          ("near-equal-1e-300", [1e-300, 0., -1e-300]), ("near-equal-1e-8", [1e-8, 0., -1e-8]),
                          ("shifted-1e3", [1000.5, 1000.25, 999.75]), ("shifted-minus-1e4", [-10000.5, -10000.25, -9999.75]),
                          ("moderate-37", [37., 0., -37.]), ("subnormal-740", [740., 0., -3.]), ("two-tied-800", [800., 800., -800.])):
            emit("categorical-" + name, "categorical", eta, [0, 1, 2], [.75, -1.5, .25])
        for z in (800., 690., 37., 1e-8):
            for sg in (1, -1):
                emit(f"bernoulli-{'+' if sg > 0 else '-'}{z:g}", "bernoulli", [sg * z], [0, 1], [.75])
        emit("bernoulli-0", "bernoulli", [0.], [0, 1], [.75])
        for z, ys in ((-800., [0, 1, 2, 7]), (-700., [0, 1, 2, 7]), (0., [0, 1, 2, 7, 30]), (5., [0, 1, 7, 150, 1000]), (700., [0, 1, 7, 1000])):
            emit(f"poisson-{z:g}", "poisson", [z], ys, [.75])
    finally:
        mp.dps = old
    return cases


def extreme_in_float64(cases):
    """A careful float64 implementation against the file: is 1e-13 attainable?  Worst relative error."""
    worst = (0.0, "")

    def cmp(name, got, want):
        nonlocal worst
        for k, (a, b) in enumerate(zip(np.ravel(got), [float(t) for t in np.ravel(want)])):
            tiny = 2.2250738585072014e-308
            e = 0.0 if abs(a - b) <= 4 * 5e-324 or (abs(b) < tiny and abs(a - b) < tiny * 2 ** -50) else abs(a - b) / abs(b) if b else abs(a)
            if e > worst[0]:
                worst = (e, f"{name}[{k}]")

    with np.errstate(under="ignore", over="ignore"):
        for c in cases:
            z = [float(t) for t in c["eta"]]
            if c["likelihood"] == "categorical":
                top = int(np.argmax(z))
                e = np.exp(np.array(z) - z[top])
                rest = math.fsum(e[k] for k in range(3) if k != top)
                p = e / (1 + rest)
                q = np.array([math.fsum(e[j] for j in range(3) if j != i) / (1 + rest) for i in range(3)])
                F = np.array([[p[i] * q[i] if i == j else -p[i] * p[j] for j in range(3)] for i in range(3)])
                cmp(c["name"] + " nll", [(z[top] - z[y]) + math.log1p(rest) for y in c["labels"]], c["nll"])
                cmp(c["name"] + " score", [[-q[k] if k == y else p[k] for k in range(3)] for y in c["labels"]], c["score"])
                cmp(c["name"] + " fisher", F, c["fisher"])
                w = [float(t) for t in c["w"]]
                # half the exponent: sqrt(p) survives where p itself underflows
                r = np.exp((np.array(z) - z[top]) / 2) / math.sqrt(1 + rest)
                ds = [math.fsum(p[j] * (w[i] - w[j]) for j in range(3) if j != i) for i in range(3)]
                cmp(c["name"] + " fisher_times_w", [p[i] * ds[i] for i in range(3)], c["fisher_times_w"])
                cmp(c["name"] + " root_t_times_w", [r[i] * ds[i] for i in range(3)], c["root_t_times_w"])
                R = np.array([[r[i] * q[i] if i == j else -p[i] * r[j] for j in range(3)] for i in range(3)])
                cmp(c["name"] + " root", R, c["root"])
                cmp(c["name"] + " root_times_w", [math.fsum(R[i] * w) for i in range(3)], c["root_times_w"])
            elif c["likelihood"] == "bernoulli":
                t = math.exp(-abs(z[0]))
                hi, lo = 1 / (1 + t), t / (1 + t)
                p, q = (hi, lo) if z[0] >= 0 else (lo, hi)
                sp = max(z[0], 0) + math.log1p(t)
                cmp(c["name"] + " nll", [sp, max(-z[0], 0) + math.log1p(t)], c["nll"])
                cmp(c["name"] + " score", [p, -q], c["score"])
                cmp(c["name"] + " fisher", [p * q], c["fisher"])
            else:
                lam = math.exp(z[0])
                cmp(c["name"] + " nll", [lam - y * z[0] + math.lgamma(y + 1) for y in c["labels"]], c["nll"])
                cmp(c["name"] + " score", [lam - y for y in c["labels"]], c["score"])
                cmp(c["name"] + " fisher", [lam], c["fisher"])
    return worst


# ------------------------------------------------------------------------ main

def pack_upper(A):
    return [dbl(A[i][j]) for i in range(len(A)) for j in range(i, len(A))]


def expected(c, r):
    return {
        "eta": dbls(r["eta"]), "nll": dbls(r["nll"]), "loss": dbl(r["loss"]), "gradient": dbls(r["gradient"]),
        "fisher_upper": pack_upper(r["F"]), "empirical_upper": pack_upper(r["E"]),
        "trace": dbl(trace(r["F"])), "frobenius": dbl(fro(r["F"])), "logdet": dbl(r["logdet"]), "direction": dbls(r["direction"]),
        "mc_mse": dbl(r["mc_mse"]), "mc_trace_var": dbl(r["mc_trace_var"]), "jvp": dbls(r["jvp"]), "vjp": dbls(r["vjp"]), "fv": dbls(r["fv"]),
        "fisher_route": "enumeration" if labels_of(c["likelihood"], r["eta"][0]) is not None else "closed form",
    }


def dump(obj, path):
    """One case per line: small file, readable differences."""
    body = ",\n".join(json.dumps(c, separators=(",", ":"), allow_nan=False) for c in obj["cases"])
    head = {k: v for k, v in obj.items() if k != "cases"}
    text = json.dumps(head, indent=1, allow_nan=False)[:-2] + ',\n "cases": [\n' + body + "\n ]\n}\n"
    assert json.loads(text) == json.loads(json.dumps(obj))
    if "--check" in sys.argv:
        old = json.load(open(path))
        new = json.loads(text)
        old.pop("versions"), new.pop("versions")
        assert old == new, f"{os.path.basename(path)} differs"
        print(os.path.basename(path), "is up to date")
        return
    with open(path, "w") as f:
        f.write(text)
    print(os.path.basename(path), len(text), "bytes")


def main():
    versions = {"python": platform.python_version(), "mpmath": mpmath.__version__, "numpy": np.__version__, "digits": mp.dps}
    print(versions)
    out, worst64 = [], 0.0
    conf = conformance_cases()
    results = {}
    for k, c in conf.items():
        r = results[k] = compute(c)
        e = expected(c, r)
        d, ld = solve_logdet(damped(r["F"], mpf(0.1)), r["gradient"])
        e["at_damping_0.1"] = {"logdet": dbl(ld), "direction": dbls(d)}
        out.append(dict(c, expected=e))
        worst64 = max(worst64, r["float64_error"])
    check_m1(conf["M1"], results["M1"])
    check_m2(conf["M2"], results["M2"])
    check_m3(conf["M3"], results["M3"])
    check_m4(conf["M4"], results["M4"])
    check_m5(conf["M5"], results["M5"])
    m2 = out[1]["expected"]
    m2["hessian_upper"] = pack_upper(results["M2"]["hessian"])
    rows = sampler_table(conf["M2"], results["M2"], (1, 2, 4, 8, 16, 32))
    check_samplers(results["M2"], rows)
    small = check_small_models()
    for i, (lik, a, w, b, n) in enumerate(NETS):
        dims = [n] + list(w)
        assert len(set(dims)) == len(dims)
        c = generated(lik, a, w, b, n, i + 1)
        r = compute(c)
        worst64 = max(worst64, r["float64_error"])
        out.append(dict(c, expected=expected(c, r)))
        print(f"{c['name']}: P={c['params']} trace={mp.nstr(trace(r['F']), 8)} mc_mse={mp.nstr(r['mc_mse'], 8)}"
              f" eta in [{mp.nstr(min(flat(r['eta'])), 4)}, {mp.nstr(max(flat(r['eta'])), 4)}] float64 {r['float64_error']:.1e}", flush=True)
    print(f"worst relative Frobenius error of the float64 program: {worst64:.2e}")
    used = [a for _, a, _, _, _ in NETS]
    assert all(used.count(a) >= 2 for a in ("identity", "tanh", "relu", "sigmoid", "gelu", "softplus"))

    conv = {
        "order": "theta: per layer weight row-major (out x in), then bias if present",
        "mean": "loss, gradient, fisher, empirical: mean over the N data; outputs of a datum are summed",
        "upper": "row-major upper triangle with diagonal, length P(P+1)/2",
        "score": "gradient of the negative log-likelihood",
        "jvp": "N x C, J_n v", "vjp": "P, sum over n of J_n^T u_n (no mean)",
        "mc_mse": "E||F_hat - F||_F^2, one independent label draw per datum", "mc_trace_var": "Var tr F_hat, likewise",
    }
    sm = {"case": "M2", "order": "classes 0,1,2 in the inverse CDF, one uniform per datum, independent across data",
          "rows": [{k: (v if v is None or isinstance(v, int) else dbl(v)) for k, v in row.items()} for row in rows],
          "curvature_propagation": dbl(curvature_propagation_mse(results["M2"]))}
    dump({"versions": versions, "conventions": conv, "samplers": sm, "small_models": small, "cases": out}, os.path.join(HERE, "fisher.json"))

    ex = extreme()
    worst = extreme_in_float64(ex)
    print("extreme: worst relative error of a careful float64 implementation: %.2e at %s" % worst)
    assert worst[0] < 1e-13
    econv = {"numbers": "strings, repr of the nearest double to the exact value; eta is the exact double",
             "score": "one row per label: gradient of the nll in eta", "hessian": "one C x C matrix per label",
             "root": "categorical: diag(sqrt p) - p sqrt(p)^T (C x C); else the 1 x 1 square root; root_product = root root^T",
             "root_outlives_fisher": "a diagonal Fisher entry is below the least double while its root is not: sqrt of a rounded p gives 0 there",
             "has_subnormal": "some expected value is a nonzero subnormal: compare it absolutely"}
    dump({"versions": dict(versions, digits=2400), "conventions": econv, "cases": ex}, os.path.join(HERE, "extreme.json"))

    print("printed numbers that agree to every digit:", REPORT["exact"])
    print("agree within float64 rounding but not to the last printed digit:", len(REPORT["rounding"]))
    for x in REPORT["rounding"]:
        print("   ", x)
    print("printed numbers known to be off in their last digits:", REPORT["known"])
    print("MISMATCHES:", len(REPORT["mismatch"]))
    for x in REPORT["mismatch"]:
        print("   ", x)
    return 1 if REPORT["mismatch"] else 0


if __name__ == "__main__":
    sys.exit(main())
