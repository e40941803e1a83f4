"""Records optimizer trajectories from independent implementations into optimizers.json.

    pip install numpy torch pytorch_optimizer
    python tests/golden/optimizers.py

Three sources, none of them this crate: torch.optim (Adam, AdamW, SGD), pytorch_optimizer (FAdam, whichever release is
installed: run once with 3.10.0 and once with 4.1.0), and a NumPy transcription of the reconstructed algorithm, line by line,
with b_t as the quotient of the paper. Entries of releases that are not installed are kept from the existing file.

Every trajectory carries the TOML configuration that must reproduce it.
"""

import itertools
import json
import math
import pathlib
from importlib import metadata

import numpy as np

HERE = pathlib.Path(__file__).parent
OUT = HERE / "optimizers.json"
SHAPES = {"w0": (3, 2), "b0": (3,), "scale": (1,)}
STEPS = 40


def problem():
    """Parameters and gradients; sizes of the gradient over four decades, one coordinate silent for ten steps."""
    rng = np.random.default_rng(20240521)
    theta0 = {name: rng.standard_normal(shape) for name, shape in SHAPES.items()}
    gradients = []
    for t in range(STEPS):
        size = 10.0 ** rng.uniform(-3, 1)
        gradients.append({name: size * rng.standard_normal(shape) for name, shape in SHAPES.items()})
        if t < 10:
            gradients[-1]["b0"][1] = 0.0
    return theta0, gradients


def flat(tensors):
    return np.concatenate([np.ravel(tensors[name]) for name in SHAPES]).tolist()


def rms(x):
    return math.sqrt(float(np.mean(x * x)))


def epsilon(rule, eps, eps2, r):
    return {
        "E1": eps,
        "E2": min(eps, eps2 * r),
        "E3": eps * min(1.0, r),
        "E4": eps * min(1.0, r / eps2),
        "E5": eps * max(1.0, r),
        "E6": eps * max(1.0, r / eps2),
        "E7": min(eps, eps2 * r) if r > 0 else eps,
    }[rule]


def clip(x, c, form):
    if c == math.inf:
        return x
    return x / max(1.0, rms(x) / c) if form == "paper" else x * c / max(1.0, rms(x))


def fadam_numpy(theta0, gradients, lr=1e-3, beta1=0.9, beta2=0.999, p=0.5, epsilon_=1e-8, epsilon2=0.01, rule="E2", exponent="2p",
                floor=0.0, addition=0.0, c=1.0, form="paper", weight_decay=0.001, correction="folded", f0=1.0, momentum_corrected=False):
    theta = {k: v.copy() for k, v in theta0.items()}
    m = {k: np.zeros_like(v) for k, v in theta0.items()}
    f = {k: np.full_like(v, f0) for k, v in theta0.items()}
    path = [flat(theta)]
    for t, gradient in enumerate(gradients, start=1):
        for k, g in gradient.items():
            b = beta2 * (1 - beta2 ** (t - 1)) / (1 - beta2**t) if correction == "folded" else beta2
            f[k] = b * f[k] + (1 - b) * g * g
            used = f[k] / (1 - beta2**t) if correction == "divided" else f[k]
            e = max(epsilon(rule, epsilon_, epsilon2, rms(g)), floor)
            e = e ** (2 * p) if exponent == "2p" else e
            denominator = used**p + e + addition
            n = clip(g / denominator, c, form)
            m[k] = beta1 * m[k] + (1 - beta1) * n
            step = m[k] / (1 - beta1**t) if momentum_corrected else m[k]
            w = clip(theta[k] / denominator, c, form)
            theta[k] = theta[k] - lr * (step + weight_decay * w)
        path.append(flat(theta))
    return path


def toml(**options):
    def value(v):
        if isinstance(v, bool):
            return "true" if v else "false"
        return json.dumps(v) if isinstance(v, str) else repr(v)

    return "\n".join(f"{name} = {value(v)}" for name, v in options.items())


def numpy_cases(theta0, gradients):
    rules = ["E1", "E2", "E3", "E4", "E5", "E6", "E7"]
    for rule, p, exponent, (c, form) in itertools.product(
        rules, [0.25, 0.5, 1.0], ["2p", "plain"], [(1.0, "paper"), (0.5, "paper"), (2.0, "port"), (math.inf, "paper")]
    ):
        # Every rule with the two default clips; the other clips once per exponent.
        if rule != "E2" and (c, form) != (1.0, "paper"):
            continue
        path = fadam_numpy(theta0, gradients, lr=0.01, epsilon_=0.1, epsilon2=0.5, p=p, rule=rule, exponent=exponent, c=c,
                           form=form, weight_decay=0.1)
        text = toml(optimizer="fadam", lr=0.01, epsilon=0.1, epsilon2=0.5, p=p, epsilon_rule=rule, epsilon_exponent=exponent,
                    clip="inf" if c == math.inf else c, clip_form=form, weight_decay=0.1)
        yield f"numpy fadam {rule} p={p} eps^{exponent} c={c} {form}", text, path
    for correction in ["folded", "divided", "none"]:
        for corrected in [False, True]:
            path = fadam_numpy(theta0, gradients, correction=correction, momentum_corrected=corrected, floor=1e-3, f0=0.0, beta2=0.98)
            text = toml(optimizer="fadam", bias_correction=correction, momentum_bias_correction=corrected, epsilon_floor=1e-3, f0=0.0,
                        beta2=0.98)
            yield f"numpy fadam {correction} momentum corrected {corrected}", text, path


    path = fadam_numpy(theta0, gradients, rule="E6", addition=1e-10, weight_decay=0.1, epsilon2=1e-4)
    yield "numpy fadam qiskit port", toml(optimizer="fadam", preset="qiskit-port", epsilon2=1e-4), path


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


def torch_cases(theta0, gradients):
    import torch
    from torch.optim import SGD, Adam, AdamW

    plain = {"foreach": False}
    cases = [
        ("adam", lambda q: Adam(q, lr=0.02, **plain), toml(optimizer="adam", lr=0.02)),
        ("adam l2", lambda q: Adam(q, lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.3, **plain),
         toml(optimizer="adam", lr=0.02, beta1=0.8, beta2=0.95, epsilon=1e-3, weight_decay=0.3)),
        ("adamw", lambda q: AdamW(q, lr=0.02, **plain), toml(optimizer="adamw", lr=0.02)),
        ("adamw strong", lambda q: AdamW(q, lr=0.02, weight_decay=0.7, **plain), toml(optimizer="adamw", lr=0.02, weight_decay=0.7)),
        ("sgd", lambda q: SGD(q, lr=0.02, **plain), toml(optimizer="sgd", lr=0.02)),
        ("sgd momentum", lambda q: SGD(q, lr=0.02, momentum=0.9, weight_decay=0.1, **plain),
         toml(optimizer="sgd", lr=0.02, momentum=0.9, weight_decay=0.1)),
        ("sgd nesterov", lambda q: SGD(q, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.1, **plain),
         toml(optimizer="sgd", lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.1)),
    ]
    for name, make, text in cases:
        yield f"torch {name}", text, torch_path(make, theta0, gradients)


def pytorch_optimizer_cases(theta0, gradients):
    import torch
    from pytorch_optimizer import FAdam

    version = metadata.version("pytorch_optimizer")
    preset = "pytorch-optimizer-3" if version.startswith("3.") else "pytorch-optimizer"
    state = {"momentum_dtype": torch.float64, "fim_dtype": torch.float64}
    cases = [
        ("default", {}, {}),
        ("c=0.5", {"clip": 0.5}, {"clip": 0.5}),
        ("c=2", {"clip": 2.0}, {"clip": 2.0}),
        ("p=1", {"p": 1.0, "eps": 0.1}, {"p": 1.0, "epsilon": 0.1}),
        ("eps=0.1", {"eps": 0.1, "weight_decay": 0.01}, {"epsilon": 0.1, "weight_decay": 0.01}),
    ]
    for name, theirs, ours in cases:
        path = torch_path(lambda q: FAdam(q, lr=0.02, **theirs, **state), theta0, gradients)
        text = toml(optimizer="fadam", preset=preset, lr=0.02, **ours)
        yield f"pytorch_optimizer {version} fadam {name}", text, path


def main():
    theta0, gradients = problem()
    trajectories, versions = {}, {}
    if OUT.exists():
        old = json.loads(OUT.read_text())
        trajectories = {k: v for k, v in old["trajectories"].items() if k.startswith("pytorch_optimizer")}
        versions = {k: v for k, v in old["versions"].items() if k.startswith("pytorch_optimizer")}
    release = metadata.version("pytorch_optimizer")
    versions |= {"numpy": np.__version__, "torch": metadata.version("torch"), f"pytorch_optimizer {release[0]}": release}
    sources = [numpy_cases, torch_cases, pytorch_optimizer_cases]
    for source in sources:
        for name, text, path in source(theta0, gradients):
            # Steps 1, 2, 3, 5, 10, 20 and the last: enough to find a divergence, small enough to keep.
            trajectories[name] = {"config": text, "theta": {str(t): path[t] for t in (1, 2, 3, 5, 10, 20, STEPS)}}
    record = {
        "made_by": "tests/golden/optimizers.py",
        "versions": dict(sorted(versions.items())),
        "shapes": {k: list(v) for k, v in SHAPES.items()},
        "theta0": flat(theta0),
        "gradients": [flat(g) for g in gradients],
        "trajectories": dict(sorted(trajectories.items())),
    }
    trajectories = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in record.pop("trajectories").items())
    head = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in record.items())
    OUT.write_text(f'{{\n{head},\n"trajectories": {{\n{trajectories}\n}}\n}}\n')


main()
