"""Records trajectories of coordinate-wise optimizers from independent implementations into diagonal.json.

    pip install numpy torch pytorch_optimizer       # torch 2.15.0, pytorch_optimizer 4.1.0
    python tests/golden/diagonal.py
    pip install jax optax                           # optax 0.2.8
    python tests/golden/diagonal.py

Sources, none of them this crate: torch.optim (RMSprop, Adagrad, Adafactor, Adam with amsgrad), pytorch_optimizer (Lion, AdaFactor) and
optax (RMSProp with bias correction, Lion, Adafactor). One interpreter need not have them all: entries of packages that are not
installed are kept from the existing file.

Every trajectory carries the TOML configuration that must reproduce it. All run in float64; two things need a hand: optax takes the
power of t in Adafactor's decay in float32 whatever the precision, so its chain is put together here from optax's own parts with a decay
in float64; pytorch_optimizer keeps Adafactor's momentum in bfloat16 unless told otherwise.
"""

import importlib.util
import json
import pathlib
from importlib import metadata

import numpy as np

OUT = pathlib.Path(__file__).parent / "diagonal.json"
SHAPES = {"w": (7, 3), "b": (5,), "scale": (), "kernel": (5, 2, 3)}
STEPS = 30
KEPT = (1, 2, 5, 12, STEPS)


def problem():
    """Parameters and gradients; sizes of the gradient over four decades, one coordinate and one row silent for ten steps."""
    rng = np.random.default_rng(20260722)
    theta0 = {name: rng.standard_normal(shape) for name, shape in SHAPES.items()}
    gradients = []
    for t in range(STEPS):
        size = 10.0 ** rng.uniform(-3, 1)
        gradients.append({name: np.asarray(size * rng.standard_normal(shape)) for name, shape in SHAPES.items()})
        if t < 10:
            gradients[-1]["b"][1] = 0.0
            gradients[-1]["w"][2] = 0.0
    return theta0, gradients


def flat(tensors):
    return np.concatenate([np.ravel(tensors[name]) for name in SHAPES]).tolist()


def toml(**options):
    def value(v):
        if isinstance(v, bool):
            return "true" if v else "false"
        return json.dumps(v) if isinstance(v, str) else repr(v)

    return "\n".join(f"{name} = {value(v)}" for name, v in options.items())


def torch_path(make, theta0, gradients):
    import torch

    parameters = {k: torch.nn.Parameter(torch.tensor(v, dtype=torch.float64)) for k, v in theta0.items()}
    optimizer = make(list(parameters.values()))
    path = [flat(theta0)]
    for gradient in gradients:
        for k, parameter in parameters.items():
            parameter.grad = torch.tensor(gradient[k], dtype=torch.float64)
        optimizer.step()
        path.append(flat({k: v.detach().numpy() for k, v in parameters.items()}))
    return path


def torch_cases():
    from torch.optim import Adafactor, Adagrad, Adam, RMSprop

    plain = {"foreach": False}
    ada = {"optimizer": "adafactor", "preset": "torch"}
    return [
        ("rmsprop", lambda q: RMSprop(q, **plain), toml(optimizer="rmsprop")),
        ("rmsprop momentum l2", lambda q: RMSprop(q, lr=0.02, alpha=0.9, eps=1e-3, momentum=0.7, weight_decay=0.3, **plain),
         toml(optimizer="rmsprop", lr=0.02, beta2=0.9, epsilon=1e-3, momentum=0.7, weight_decay=0.3)),
        ("rmsprop centered", lambda q: RMSprop(q, lr=0.02, alpha=0.95, eps=1e-2, centered=True, **plain),
         toml(optimizer="rmsprop", lr=0.02, beta2=0.95, epsilon=1e-2, centered=True)),
        ("rmsprop centered momentum l2", lambda q: RMSprop(q, lr=0.01, alpha=0.8, eps=1e-2, centered=True, momentum=0.5, weight_decay=0.1, **plain),
         toml(optimizer="rmsprop", lr=0.01, beta2=0.8, epsilon=1e-2, centered=True, momentum=0.5, weight_decay=0.1)),
        ("adagrad", lambda q: Adagrad(q, **plain), toml(optimizer="adagrad")),
        ("adagrad everything", lambda q: Adagrad(q, lr=0.3, lr_decay=0.2, weight_decay=0.1, initial_accumulator_value=0.7, eps=1e-3, **plain),
         toml(optimizer="adagrad", lr=0.3, lr_decay=0.2, weight_decay=0.1, initial_accumulator=0.7, epsilon=1e-3)),
        ("adam amsgrad", lambda q: Adam(q, lr=0.02, betas=(0.8, 0.9), amsgrad=True, **plain),
         toml(optimizer="adam", lr=0.02, beta1=0.8, beta2=0.9, amsgrad=True)),
        ("adam amsgrad l2", lambda q: Adam(q, lr=0.02, betas=(0.8, 0.6), eps=1e-3, weight_decay=0.3, amsgrad=True, **plain),
         toml(optimizer="adam", lr=0.02, beta1=0.8, beta2=0.6, epsilon=1e-3, weight_decay=0.3, amsgrad=True)),
        ("adafactor", lambda q: Adafactor(q, **plain), toml(**ada)),
        ("adafactor everything", lambda q: Adafactor(q, lr=0.2, beta2_decay=-0.6, eps=(1e-3, 0.5), d=1.5, weight_decay=0.1, **plain),
         toml(**ada, lr=0.2, decay_exponent=0.6, epsilon1=1e-3, epsilon2=0.5, clip=1.5, weight_decay=0.1)),
    ]


def pytorch_optimizer_cases():
    import torch
    from pytorch_optimizer import AdaFactor, Lion

    keep = {"foreach": False, "momentum_dtype": torch.float64}
    ada = {"optimizer": "adafactor", "preset": "pytorch-optimizer"}
    return [
        ("lion", lambda q: Lion(q, foreach=False), toml(optimizer="lion")),
        ("lion decay", lambda q: Lion(q, lr=0.01, betas=(0.7, 0.8), weight_decay=0.3, foreach=False),
         toml(optimizer="lion", lr=0.01, beta1=0.7, beta2=0.8, weight_decay=0.3)),
        ("adafactor", lambda q: AdaFactor(q, **keep), toml(**ada)),
        ("adafactor no momentum", lambda q: AdaFactor(q, betas=(None, 0.9), weight_decay=0.1, **keep),
         toml(**ada, beta1=0.0, beta2_limit=0.9, weight_decay=0.1)),
        ("adafactor absolute", lambda q: AdaFactor(q, lr=0.05, betas=(0.8, 0.999), relative_step=False, scale_parameter=False,
                                                   clip_threshold=0.7, decay_rate=-0.5, eps1=1e-3, weight_decay=0.2, **keep),
         toml(**ada, lr=0.05, beta1=0.8, relative_step=False, scale_parameter=False, clip=0.7, decay_exponent=0.5, epsilon1=1e-3,
              weight_decay=0.2)),
        ("adafactor warmup", lambda q: AdaFactor(q, warmup_init=True, eps2=0.5, **keep), toml(**ada, warmup_init=True, epsilon2=0.5)),
    ]


def optax_path(chain, theta0, gradients):
    import jax
    import jax.numpy as jnp
    import optax

    jax.config.update("jax_enable_x64", True)
    parameters = {k: jnp.asarray(v, dtype=jnp.float64) for k, v in theta0.items()}
    chain = chain()
    state = chain.init(parameters)
    path = [flat(theta0)]
    for gradient in gradients:
        updates, state = chain.update({k: jnp.asarray(v) for k, v in gradient.items()}, state, parameters)
        parameters = optax.apply_updates(parameters, updates)
        path.append(flat({k: np.asarray(v, dtype=np.float64) for k, v in parameters.items()}))
    return path


def optax_cases():
    import jax.numpy as jnp
    import optax

    def adafactor(lr=None, smallest=128, exponent=0.8, scale=True, clip=1.0, momentum=None, decay=None, eps=1e-30):
        power = lambda t, e: 1.0 - (jnp.asarray(t, jnp.float64) + 1.0) ** (-e)
        parts = [optax.scale_by_factored_rms(True, exponent, 0, smallest, eps, power)]
        if clip is not None:
            parts.append(optax.clip_by_block_rms(clip))
        if lr is not None:
            parts.append(optax.scale_by_learning_rate(lr, flip_sign=False))
        if scale:
            parts.append(optax.scale_by_param_block_rms())
        if momentum is not None:
            parts.append(optax.ema(momentum, debias=False, accumulator_dtype=jnp.float64))
        if decay is not None:
            parts.append(optax.add_decayed_weights(decay))
        return optax.chain(*parts, optax.scale(-1))

    ada = {"optimizer": "adafactor", "preset": "optax"}
    return [
        ("rmsprop corrected", lambda: optax.rmsprop(0.02, decay=0.9, eps=1e-3, eps_in_sqrt=False, bias_correction=True),
         toml(optimizer="rmsprop", lr=0.02, beta2=0.9, epsilon=1e-3, bias_correction=True)),
        ("lion", lambda: optax.lion(0.01, b1=0.6, b2=0.9, weight_decay=0.2),
         toml(optimizer="lion", lr=0.01, beta1=0.6, beta2=0.9, weight_decay=0.2)),
        ("adafactor", lambda: adafactor(), toml(**ada)),
        ("adafactor factored", lambda: adafactor(lr=0.05, smallest=3), toml(**ada, lr=0.05, smallest_factored=3)),
        ("adafactor everything", lambda: adafactor(0.05, 2, 0.6, False, 0.7, 0.8, 0.01, 1e-3),
         toml(**ada, lr=0.05, smallest_factored=2, decay_exponent=0.6, scale_parameter=False, clip=0.7, beta1=0.8, weight_decay=0.01,
              epsilon1=1e-3)),
    ]


def main():
    theta0, gradients = problem()
    old = json.loads(OUT.read_text()) if OUT.exists() else {"trajectories": {}, "versions": {}}
    assert "theta0" not in old or old["theta0"] == flat(theta0), "another problem: delete the file first"
    trajectories, versions = old["trajectories"], old["versions"]
    sources = [("torch", torch_cases, torch_path), ("pytorch_optimizer", pytorch_optimizer_cases, torch_path), ("optax", optax_cases, optax_path)]
    for package, cases, run in sources:
        if importlib.util.find_spec(package) is None:
            continue
        trajectories = {k: v for k, v in trajectories.items() if not k.startswith(f"{package} ")}
        versions[package] = metadata.version(package)
        for name, make, text in cases():
            path = run(make, theta0, gradients)
            trajectories[f"{package} {name}"] = {"config": text, "theta": {str(t): path[t] for t in KEPT}}
    head = {
        "made_by": "tests/golden/diagonal.py",
        "versions": dict(sorted(versions.items())),
        "shapes": {k: list(v) for k, v in SHAPES.items()},
        "theta0": flat(theta0),
        "gradients": [flat(g) for g in gradients],
    }
    head = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in head.items())
    body = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(trajectories.items()))
    OUT.write_text(f'{{\n{head},\n"trajectories": {{\n{body}\n}}\n}}\n')


main()
