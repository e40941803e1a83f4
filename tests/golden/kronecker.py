"""Records Shampoo, SOAP and IF-Shampoo from independent implementations into kronecker.json.

    pip install numpy torch pytorch_optimizer==4.1.0 torch_optimizer==0.3.0 pytorch_ranger sirfshampoo==0.0.1
    python tests/golden/kronecker.py

Every trajectory carries the TOML configuration that must reproduce it. Three things are done to the packages' inputs, none to their
formulas:

- pytorch_optimizer's SOAP orthonormalises in single precision whatever the parameters are; here the name `torch.float32` means
  `torch.float64` inside that module.
- pytorch_optimizer's Shampoo takes roots when T divides t, and moves by nothing before: the recorded run is preceded by T - 1 zero
  gradients, after which its roots are taken at t = 1, T + 1, 2T + 1, ...
- sirfshampoo wants a model; it gets a list of parameters, and the size of the batch as a number.

SOAP has only shapes whose first factors have no multiple eigenvalue: elsewhere the basis is the eigensolver's choice.
"""

import json
import pathlib
from importlib import metadata

import numpy as np
import pytorch_optimizer
import torch
import torch_optimizer
from pytorch_optimizer.optimizer import soap as soap_module
from sirfshampoo.optimizer import SIRFShampoo

OUT = pathlib.Path(__file__).parent / "kronecker.json"
STEPS = 24
KEPT = (1, 2, 3, 5, 11, STEPS)


class Double:
    """torch, with one name changed."""

    float32 = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)


soap_module.torch = Double()


def problem(shapes, seed):
    """Sizes of the gradient over four decades; one row of the weight silent for five steps."""
    rng = np.random.default_rng(seed)
    theta0 = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    gradients = []
    for t in range(STEPS):
        size = 10.0 ** rng.uniform(-3, 1)
        gradients.append({name: size * rng.standard_normal(shape) for name, shape in shapes.items()})
        if 5 <= t < 10:
            gradients[-1]["weight"][1] = 0.0
    return theta0, gradients


def flat(tensors):
    return np.concatenate([np.ravel(value) for value in tensors.values()]).tolist()


def run(make, theta0, gradients, before=0):
    parameters = {name: torch.nn.Parameter(torch.tensor(value)) for name, value in theta0.items()}
    optimizer = make(parameters)
    zeros = {name: np.zeros_like(value) for name, value in theta0.items()}
    path = []
    for gradient in [zeros] * before + gradients:
        for name, parameter in parameters.items():
            parameter.grad = torch.tensor(gradient[name])
        optimizer.step()
        path.append(flat({name: value.detach().numpy().copy() for name, value in parameters.items()}))
    return path[before:]


def toml(**options):
    def value(v):
        return json.dumps(v) if isinstance(v, (str, bool)) else repr(v)

    return "\n".join(f"{name} = {value(v)}" for name, v in options.items())


def shampoo_cases():
    def port(**theirs):
        return lambda q: pytorch_optimizer.Shampoo(list(q.values()), **theirs)

    def older(**theirs):
        return lambda q: torch_optimizer.Shampoo(list(q.values()), **theirs)

    ours = {"optimizer": "shampoo", "preset": "pytorch-optimizer"}
    yield "pytorch_optimizer default", port(lr=0.1), toml(**ours, lr=0.1), 0
    yield "pytorch_optimizer eps", port(lr=0.1, matrix_eps=0.3), toml(**ours, lr=0.1, epsilon=0.3), 0
    yield ("pytorch_optimizer penalty", port(lr=0.1, matrix_eps=1e-2, weight_decay=0.2),
           toml(**ours, lr=0.1, epsilon=1e-2, weight_decay=0.2), 0)
    yield ("pytorch_optimizer decoupled", port(lr=0.1, matrix_eps=1e-2, weight_decay=0.2, weight_decouple=True),
           toml(**ours, lr=0.1, epsilon=1e-2, weight_decay=0.2, decay_form="decoupled"), 0)
    yield ("pytorch_optimizer momentum", port(lr=0.1, matrix_eps=1e-2, momentum=0.7, weight_decay=0.2),
           toml(**ours, lr=0.1, epsilon=1e-2, momentum=0.7, weight_decay=0.2), 0)
    yield ("pytorch_optimizer interval 3", port(lr=0.1, matrix_eps=1e-2, preconditioning_compute_steps=3),
           toml(**ours, lr=0.1, epsilon=1e-2, interval=3), 2)
    ours = {"optimizer": "shampoo", "preset": "torch-optimizer"}
    yield "torch_optimizer default", older(), toml(**ours), 0
    yield ("torch_optimizer momentum interval 4", older(lr=0.02, momentum=0.6, weight_decay=0.1, epsilon=0.1, update_freq=4),
           toml(**ours, lr=0.02, momentum=0.6, weight_decay=0.1, epsilon=0.1, interval=4), 0)


def soap_cases():
    def port(**theirs):
        return lambda q: pytorch_optimizer.SOAP(list(q.values()), **theirs)

    ours = {"optimizer": "soap", "preset": "pytorch-optimizer"}
    yield "default", port(), toml(**ours), 0
    yield "often", port(lr=0.02, precondition_frequency=1), toml(**ours, lr=0.02, interval=1), 0
    yield ("betas", port(lr=0.02, betas=(0.8, 0.97), shampoo_beta=0.6, eps=1e-3, weight_decay=0.3, precondition_frequency=3),
           toml(**ours, lr=0.02, beta1=0.8, beta2=0.97, shampoo_beta=0.6, epsilon=1e-3, weight_decay=0.3,
                interval=3), 0)
    yield ("short axes", port(lr=0.02, max_precondition_dim=4, precondition_frequency=4),
           toml(**ours, lr=0.02, max_precond_dim=4, interval=4), 0)
    yield ("normalised", port(lr=0.02, normalize_gradient=True, precondition_frequency=5),
           toml(**ours, lr=0.02, normalize_grads=True, interval=5), 0)
    yield ("uncorrected", port(lr=0.02, correct_bias=False, precondition_frequency=5),
           toml(**ours, lr=0.02, bias_correction=False, interval=5), 0)


def soap_vector_cases():
    def port(**theirs):
        return lambda q: pytorch_optimizer.SOAP(list(q.values()), **theirs)

    ours = {"optimizer": "soap", "preset": "pytorch-optimizer"}
    # Two entries: the first factor of a vector has rank 1, and must leave no choice.
    yield ("vectors", port(lr=0.02, precondition_1d=True, precondition_frequency=2),
           toml(**ours, lr=0.02, one_dimensional="preconditioned", interval=2), 0)


def inverse_free_cases():
    def package(**theirs):
        def make(q):
            model = torch.nn.Module()
            for name, parameter in q.items():
                model.register_parameter(name, parameter)
            return SIRFShampoo(model, **theirs)

        return make

    ours = {"optimizer": "inverse-free-shampoo"}
    yield "default", package(batch_size=1), toml(**ours), 0
    yield "batch", package(lr=0.01, batch_size=13), toml(**ours, lr=0.01, batch=13), 0
    yield ("all options", package(lr=0.01, batch_size=5, beta2=0.2, alpha1=0.6, alpha2=0.8, lam=0.3, kappa=0.1, T=3),
           toml(**ours, lr=0.01, batch=5, beta2=0.2, alpha1=0.6, alpha2=0.8, damping=0.3, weight_decay=0.1, interval=3), 0)
    yield ("no momenta", package(lr=0.01, batch_size=3, beta2=0.1, alpha1=0.0, alpha2=0.0, lam=0.0),
           toml(**ours, lr=0.01, batch=3, beta2=0.1, alpha1=0.0, alpha2=0.0, damping=0.0), 0)


def main():
    torch.set_default_dtype(torch.float64)
    every_shape = {"weight": (7, 3), "bias": (5,), "scale": (1,), "column": (2, 1), "kernel": (3, 2, 4)}
    turned = {"weight": (5, 4), "bias": (5,), "scale": (1,), "kernel": (3, 2, 5), "point": ()}
    methods = {
        "shampoo": (every_shape, shampoo_cases),
        "soap": (turned, soap_cases),
        "soap vectors": ({"weight": (3, 2), "bias": (2,)}, soap_vector_cases),
        "inverse-free-shampoo": (every_shape, inverse_free_cases),
    }
    record = {}
    for seed, (method, (shapes, cases)) in enumerate(methods.items()):
        theta0, gradients = problem(shapes, seed)
        trajectories = {}
        for name, make, config, before in cases():
            path = run(make, theta0, gradients, before)
            assert np.isfinite(path).all(), name
            trajectories[name] = {"config": config, "theta": {str(t): path[t - 1] for t in KEPT}}
        record[method] = {
            "layout": [[name, list(shape)] for name, shape in shapes.items()],
            "theta0": flat(theta0),
            "gradients": [flat(gradient) for gradient in gradients],
            "trajectories": trajectories,
        }
    packages = ["numpy", "torch", "pytorch_optimizer", "torch_optimizer", "sirfshampoo", "singd"]
    head = json.dumps({"made_by": "tests/golden/kronecker.py", "versions": {name: metadata.version(name) for name in packages}})
    body = ",\n".join(f"{json.dumps(method)}: {json.dumps(value)}" for method, value in record.items())
    OUT.write_text(f'{{\n"head": {head},\n"methods": {{\n{body}\n}}\n}}\n')


main()
