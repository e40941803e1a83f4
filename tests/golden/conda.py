"""Records trajectories of Conda from pytorch_optimizer into conda.json.

    pip install numpy torch pytorch_optimizer==4.1.0
    python tests/golden/conda.py

Recorded with pytorch_optimizer 4.1.0 and torch 2.15.0 in float64. The package takes the singular vectors in single precision whatever the
type of the weights, by `weights.float()`; for these records that conversion does nothing, so that the vectors are those of the
momentum in double precision. All else runs as released. Every trajectory carries the TOML configuration that must reproduce it; the refresh
counts from 1 there. `in_single_precision` holds the last theta of the first case with the conversion in place.
"""

import json
import pathlib
from importlib import metadata

import numpy as np
import torch
from pytorch_optimizer import Conda

OUT = pathlib.Path(__file__).parent / "conda.json"
SHAPES = {"w0": (3, 5), "b0": (3,), "w1": (7, 3), "square": (4, 4), "kernel": (2, 3, 2), "column": (5, 1)}
STEPS = 30


def problem():
    rng = np.random.default_rng(250924218)
    theta0 = {name: rng.standard_normal(shape) for name, shape in SHAPES.items()}
    gradients = [
        {name: 10.0 ** rng.uniform(-2, 1) * rng.standard_normal(shape) for name, shape in SHAPES.items()} for _ in range(STEPS)
    ]
    return theta0, gradients


def flat(tensors):
    return np.concatenate([np.ravel(tensors[name]) for name in SHAPES]).tolist()


def trajectory(theta0, gradients, **options):
    parameters = {name: torch.nn.Parameter(torch.tensor(value, dtype=torch.float64)) for name, value in theta0.items()}
    optimizer = Conda(list(parameters.values()), foreach=False, **options)
    path = [flat(theta0)]
    for gradient in gradients:
        for name, parameter in parameters.items():
            parameter.grad = torch.tensor(gradient[name], dtype=torch.float64)
        optimizer.step()
        path.append(flat({name: parameter.detach().numpy() for name, parameter in parameters.items()}))
    return path


CASES = {
    "T=5": dict(lr=0.02, update_proj_gap=5),
    "default": dict(),
    "T=1": dict(lr=0.02, update_proj_gap=1, betas=(0.8, 0.95)),
    "T=7 scaled and decayed": dict(lr=0.02, update_proj_gap=7, scale=0.25, weight_decay=0.3, betas=(0.9, 0.99), eps=1e-3),
    "llama-60m": dict(lr=0.01, betas=(0.9, 0.99), update_proj_gap=2000, scale=0.25),
    "no memory": dict(lr=0.02, betas=(0.0, 0.0), update_proj_gap=3),
}


def config(options):
    lines = ['optimizer = "conda"', 'refresh_count = "one-based"']
    names = {"lr": "lr", "update_proj_gap": "interval", "scale": "scale", "weight_decay": "weight_decay", "eps": "epsilon"}
    lines += [f"{names[key]} = {value!r}" for key, value in options.items() if key in names]
    if "betas" in options:
        lines += [f"beta1 = {options['betas'][0]!r}", f"beta2 = {options['betas'][1]!r}"]
    return "\n".join(lines)


def main():
    theta0, gradients = problem()
    single = trajectory(theta0, gradients, **CASES["T=5"])[-1]
    torch.Tensor.float = lambda self: self
    cases = {}
    for name, options in CASES.items():
        path = trajectory(theta0, gradients, **options)
        cases[f"pytorch_optimizer 4.1.0 conda {name}"] = {
            "config": config(options), "theta": {str(t): path[t] for t in (1, 2, 3, 5, 10, 20, STEPS)},
        }
    record = {
        "made_by": "tests/golden/conda.py",
        "versions": {name: metadata.version(name) for name in ["numpy", "pytorch_optimizer", "torch"]},
        "shapes": {name: list(shape) for name, shape in SHAPES.items()},
        "theta0": flat(theta0),
        "gradients": [flat(gradient) for gradient in gradients],
        "in_single_precision": single,
    }
    head = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in record.items())
    body = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(cases.items()))
    OUT.write_text(f'{{\n{head},\n"trajectories": {{\n{body}\n}}\n}}\n')


main()
