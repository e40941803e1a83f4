"""Records trajectories of the official AdaFisher and AdaFisherW into adafisher.json.

    git clone https://github.com/AtlasAnalyticsLab/AdaFisher
    python tests/golden/adafisher.py AdaFisher

The authors' optimizer (GPL-3.0) is run as it is, out of tree, at four of its commits, on a small network in double precision;
only numbers are kept. Every trajectory carries the TOML configuration that must reproduce it; the file carries the versions of
torch and NumPy.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import types
from importlib import import_module, metadata

import numpy as np
import torch
from torch import nn

HERE = pathlib.Path(__file__).parent
OUT = HERE / "adafisher.json"
WIDTHS, BIAS, DATA, STEPS = [2, 5, 7, 3], [True, False, True], 11, 30
KEPT = [1, 2, 3, 4, 7, 10, 20, STEPS]


def official(checkout, commit):
    """The package `optimizers` of one commit, under a name of its own."""
    root = pathlib.Path(tempfile.mkdtemp())
    package = root / f"official_{commit}"
    package.mkdir()
    names = ["AdaFisher.py"] if commit != "48fa803" else ["AdaFisher.py", "AdaFisherW.py", "AdaFisher_utils.py"]
    for name in names:
        text = subprocess.run(["git", "-C", checkout, "show", f"{commit}:optimizers/{name}"], check=True, capture_output=True).stdout.decode()
        (package / name).write_text(text.replace("from optimizers.", f"from official_{commit}."))
    sys.path.insert(0, str(root))
    sys.modules.setdefault("einops", types.ModuleType("einops"))
    modules = [import_module(f"official_{commit}.{name[:-3]}") for name in names]
    return {kind: next(getattr(m, kind) for m in modules if hasattr(m, kind)) for kind in ("AdaFisher", "AdaFisherW")}


def flat(network):
    return [float(x) for p in network.parameters() for x in p.detach().reshape(-1)]


def network_at(theta0):
    layers = []
    for l, bias in enumerate(BIAS):
        layers += [nn.Linear(WIDTHS[l], WIDTHS[l + 1], bias=bias, dtype=torch.float64), nn.Tanh()]
    network = nn.Sequential(*layers[:-1])
    values = iter(theta0)
    with torch.no_grad():
        for p in network.parameters():
            p.copy_(torch.tensor([next(values) for _ in range(p.numel())], dtype=torch.float64).reshape(p.shape))
    return network


def curvature_range(optimizer):
    """Least and greatest entry of F, over all layers."""
    entries = []
    for module in optimizer.modules:
        f = optimizer._get_F_tilde(module)
        entries += [x.reshape(-1) for x in (f if isinstance(f, list) else [f])]
    entries = torch.cat(entries)
    return [float(entries.min()), float(entries.max())]


def run(make, theta0, x, y, batches):
    network = network_at(theta0)
    optimizer = make(network)
    path, ranges = {}, {}
    for t, rows in enumerate(batches, start=1):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(x[rows]), y[rows])
        loss.backward()
        ranges[t] = curvature_range(optimizer)
        optimizer.step()
        path[t] = flat(network)
    return {"theta": {str(t): path[t] for t in KEPT}, "range": {str(t): ranges[t] for t in KEPT}}


def toml(**options):
    return "\n".join(f"{name} = {json.dumps(value) if isinstance(value, str) else repr(value)}" for name, value in options.items())


def cases(checkout):
    head, january = official(checkout, "eb858c6"), official(checkout, "e25464b")
    autumn, first = official(checkout, "e46372a"), official(checkout, "48fa803")
    rows = [
        ("eb858c6 default", head, "AdaFisher", {}, {"preset": "official"}),
        ("eb858c6 interval 3", head, "AdaFisher", {"TCov": 3}, {"preset": "official", "interval": 3}),
        ("eb858c6 decay", head, "AdaFisher", {"TCov": 4, "weight_decay": 0.05, "beta": 0.7, "lr": 2e-3, "Lambda": 3e-3},
         {"preset": "official", "interval": 4, "weight_decay": 0.05, "beta1": 0.7, "lr": 2e-3, "damping": 3e-3}),
        ("eb858c6 decoupled", head, "AdaFisherW", {"TCov": 3, "weight_decay": 0.3, "lr": 2e-3, "gamma": 0.7},
         {"preset": "official", "interval": 3, "weight_decay": 0.3, "lr": 2e-3, "gamma": 0.7}),
        ("e25464b gamma 0.8", january, "AdaFisher", {"TCov": 2, "gamma": 0.8}, {"preset": "official-2025-01", "interval": 2}),
        ("e25464b default", january, "AdaFisher", {"TCov": 2}, {"preset": "official-2025-01", "interval": 2, "gamma": 0.08}),
        ("e25464b default is eb858c6", january, "AdaFisher", {"TCov": 2}, {"preset": "official", "interval": 2}),
        ("e46372a default", autumn, "AdaFisher", {"TCov": 2}, {"preset": "official", "interval": 2}),
        ("48fa803 default", first, "AdaFisher", {"TCov": 2}, {"preset": "official-before-2025", "interval": 2}),
    ]
    for name, classes, kind, theirs, ours in rows:
        yield name, (lambda network, c=classes[kind], o=theirs: c(network, **o)), toml(optimizer=kind.lower(), **ours)


def main():
    rng = np.random.default_rng(20250204)
    dim = sum(WIDTHS[l] * WIDTHS[l + 1] + BIAS[l] * WIDTHS[l + 1] for l in range(3))
    theta0 = (rng.standard_normal(dim) * 0.6).tolist()
    x = rng.standard_normal((DATA, WIDTHS[0]))
    y = rng.integers(0, WIDTHS[-1], DATA)
    batches = [[int(k) for k in rng.choice(DATA, 5 + t % 3, replace=False)] for t in range(STEPS)]
    trajectories = {}
    for name, make, config in cases(sys.argv[1]):
        trajectories[name] = {"config": config} | run(make, theta0, torch.tensor(x), torch.tensor(y), batches)
    head = {
        "made_by": "tests/golden/adafisher.py",
        "versions": {"torch": metadata.version("torch"), "numpy": np.__version__},
        "widths": WIDTHS, "bias": BIAS, "theta0": theta0, "x": x.tolist(), "y": y.tolist(), "batches": batches,
    }
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in head.items())
    body = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in trajectories.items())
    OUT.write_text(f'{{\n{lines},\n"trajectories": {{\n{body}\n}}\n}}\n')


main()
