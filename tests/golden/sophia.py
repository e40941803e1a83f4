"""Records trajectories of SophiaG (sophia-opt) into sophia.json.

    pip install numpy torch sophia-opt==0.2.2
    python tests/golden/sophia.py

The rule alone: gradients, and gradients at sampled labels every k steps, are random numbers fed to both. Each trajectory carries the
TOML configuration that must reproduce it.
"""

import json
import pathlib
from importlib import metadata

import numpy as np
import torch
from sophia_opt import SophiaG

OUT = pathlib.Path(__file__).parent / "sophia.json"
SHAPES = {"w0": (3, 2), "b0": (3,), "scale": (), "kernel": (2, 5, 7)}
STEPS = 30
KEPT = [1, 2, 3, 5, 10, 20, STEPS]


def flat(tensors):
    return [float(x) for tensor in tensors.values() for x in np.ravel(tensor)]


def run(theta0, gradients, sampled, counts, interval, **options):
    parameters = {k: torch.nn.Parameter(torch.tensor(v, dtype=torch.float64)) for k, v in theta0.items()}
    optimizer = SophiaG(list(parameters.values()), **options)
    path = {}
    for t in range(STEPS):
        if t % interval == 0:
            for k, parameter in parameters.items():
                parameter.grad = torch.tensor(sampled[t][k], dtype=torch.float64)
            optimizer.update_hessian()
        for k, parameter in parameters.items():
            parameter.grad = torch.tensor(gradients[t][k], dtype=torch.float64)
        optimizer.step(bs=counts[t])
        if t + 1 in KEPT:
            path[str(t + 1)] = flat({k: p.detach().numpy() for k, p in parameters.items()})
    return path


def main():
    rng = np.random.default_rng(230514342)
    draw = lambda size: {k: size * rng.standard_normal(shape) for k, shape in SHAPES.items()}
    theta0 = draw(1.0)
    gradients = [draw(10.0 ** rng.uniform(-2, 0)) for _ in range(STEPS)]
    sampled = [draw(10.0 ** rng.uniform(-1, 0.5)) for _ in range(STEPS)]
    for t in range(STEPS):
        gradients[t]["b0"][1] = sampled[t]["b0"][1] = 0.0
        sampled[t]["b0"][2] = 0.0
    varying = [int(n) for n in rng.integers(2, 40, STEPS)]
    cases = [
        ("default", 10, varying, {}, 'batch_placement = "denominator"'),
        ("every step", 1, varying, {"lr": 0.02, "betas": (0.8, 0.9), "rho": 0.05, "weight_decay": 0.3},
         'batch_placement = "denominator"\nlr = 0.02\nbeta1 = 0.8\nbeta2 = 0.9\nrho = 0.05\nweight_decay = 0.3\ninterval = 1'),
        ("no decay", 3, varying, {"lr": 0.01, "betas": (0.0, 0.5), "rho": 0.01, "weight_decay": 0.0},
         'batch_placement = "denominator"\nlr = 0.01\nbeta1 = 0.0\nbeta2 = 0.5\nrho = 0.01\nweight_decay = 0.0\ninterval = 3'),
        ("equal batches", 4, [13] * STEPS, {"lr": 0.01, "rho": 0.02},
         'batch_placement = "estimate"\nlr = 0.01\nrho = 0.02\ninterval = 4'),
        ("rho 0", 4, [13] * STEPS, {"lr": 0.01, "rho": 0.0}, "lr = 0.01\nrho = 0.0\ninterval = 4"),
    ]
    trajectories = {}
    for name, interval, counts, options, config in cases:
        path = run(theta0, gradients, sampled, counts, interval, **options)
        trajectories[name] = {"config": f'optimizer = "sophia-g"\n{config}', "counts": counts, "theta": path}
    record = {
        "made_by": "tests/golden/sophia.py",
        "versions": {name: metadata.version(name) for name in ("torch", "sophia-opt", "numpy")},
        "theta0": flat(theta0),
        "gradients": [flat(g) for g in gradients],
        "sampled": [flat(g) for g in sampled],
        "trajectories": trajectories,
    }
    OUT.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in record.items()) + "\n}\n")


main()
