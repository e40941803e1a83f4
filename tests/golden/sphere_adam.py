"""Records trajectories of Riemannian Adam on spheres from geoopt into sphere_adam.json.

    pip install numpy torch geoopt
    python tests/golden/sphere_adam.py

Recorded with geoopt 0.5.1 and torch 2.15.0 in float64. Rows of the two matrices are points of unit spheres (`SphereExact`: exponential map;
`Sphere`: normalisation), the bias is Euclidean. geoopt carries the momentum along by projection on the new tangent space, and its
AMSGrad takes the maximum before the correction of the bias. Every trajectory carries the TOML configuration that must reproduce it.
"""

import json
import pathlib
from importlib import metadata

import geoopt
import numpy as np
import torch

OUT = pathlib.Path(__file__).parent / "sphere_adam.json"
SHAPES = {"w0": (3, 5), "b0": (3,), "w1": (2, 7)}
STEPS = 30


def problem():
    rng = np.random.default_rng(181000760)
    theta0 = {name: rng.standard_normal(shape) for name, shape in SHAPES.items()}
    for name, tensor in theta0.items():
        if tensor.ndim == 2:
            tensor /= np.linalg.norm(tensor, axis=1, keepdims=True)
    gradients = [
        {name: 10.0 ** rng.uniform(-3, 1) * rng.standard_normal(shape) for name, shape in SHAPES.items()} for _ in range(STEPS)
    ]
    return theta0, gradients


def flat(tensors):
    return np.concatenate([np.ravel(tensors[name]) for name in SHAPES]).tolist()


def trajectory(manifold, theta0, gradients, **options):
    parameters = {}
    for name, value in theta0.items():
        tensor = torch.tensor(value, dtype=torch.float64)
        on_sphere = tensor.dim() == 2
        parameters[name] = geoopt.ManifoldParameter(tensor, manifold=manifold) if on_sphere else torch.nn.Parameter(tensor)
    optimizer = geoopt.optim.RiemannianAdam(list(parameters.values()), **options)
    path = [flat(theta0)]
    for gradient in gradients:
        for name, parameter in parameters.items():
            parameter.grad = torch.tensor(gradient[name], dtype=torch.float64)
        optimizer.step()
        path.append(flat({name: parameter.detach().numpy() for name, parameter in parameters.items()}))
    return path


def main():
    theta0, gradients = problem()
    cases = {}
    for word, manifold in [("exponential", geoopt.SphereExact()), ("normalisation", geoopt.Sphere())]:
        for lr, betas, eps, amsgrad in [(0.02, (0.9, 0.999), 1e-8, False), (0.3, (0.8, 0.95), 1e-2, False), (0.1, (0.9, 0.9), 1e-8, True)]:
            path = trajectory(manifold, theta0, gradients, lr=lr, betas=betas, eps=eps, amsgrad=amsgrad)
            config = [
                'optimizer = "riemannian-adam"', f"lr = {lr!r}", f"beta1 = {betas[0]!r}", f"beta2 = {betas[1]!r}", f"epsilon = {eps!r}",
                f'map = "{word}"', 'transport = "projection"', f'amsgrad = "{"raw" if amsgrad else "off"}"',
            ]
            steps = (1, 2, 3, 5, 10, 20, STEPS)
            cases[f"geoopt {word} lr={lr} amsgrad={amsgrad}"] = {
                "config": "\n".join(config), "theta": {str(t): path[t] for t in steps},
            }
    record = {
        "made_by": "tests/golden/sphere_adam.py",
        "versions": {name: metadata.version(name) for name in ["geoopt", "numpy", "torch"]},
        "shapes": {name: list(shape) for name, shape in SHAPES.items()},
        "theta0": flat(theta0),
        "gradients": [flat(gradient) for gradient in gradients],
    }
    head = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in record.items())
    body = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(cases.items()))
    OUT.write_text(f'{{\n{head},\n"trajectories": {{\n{body}\n}}\n}}\n')


main()
