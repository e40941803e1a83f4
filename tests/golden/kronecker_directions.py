"""Directions of KFAC and EKFAC by curvlinops: `tests/golden/kronecker_directions.json`.

    python tests/golden/kronecker_directions.py          # torch, curvlinops-for-pytorch 3.0.1

A multilayer perceptron 5-7-3 with tanh and biases, softmax cross entropy over 11 data, double precision; bias joint with the weights.
The Fisher is exact (type-2) or empirical. The directions are the damped inverse times the gradient, flat in the order of the library:
w0 (out x in, row-major), b0, w1, b1.
"""

import json
import pathlib

import curvlinops
import torch

torch.set_default_dtype(torch.float64)
WIDTHS = [5, 7, 3]
DATA = 11
DAMPING = 0.03


def main():
    torch.manual_seed(11)
    model = torch.nn.Sequential(
        torch.nn.Linear(WIDTHS[0], WIDTHS[1]), torch.nn.Tanh(), torch.nn.Linear(WIDTHS[1], WIDTHS[2])
    )
    x, y = torch.randn(DATA, WIDTHS[0]), torch.randint(0, WIDTHS[2], (DATA,))
    loss = torch.nn.CrossEntropyLoss(reduction="mean")
    params = list(model.parameters())
    gradient = torch.autograd.grad(loss(model(x), y), params)
    flat = torch.cat([g.flatten() for g in gradient]).detach()
    record = {
        "versions": {"curvlinops": "3.0.1", "torch": torch.__version__},
        "widths": WIDTHS,
        "x": x.tolist(),
        "y": y.tolist(),
        "theta": torch.cat([p.flatten() for p in params]).tolist(),
        "damping": DAMPING,
        "directions": {},
    }
    kinds = {
        "kfac factored": (curvlinops.KFACLinearOperator, dict(use_heuristic_damping=True)),
        "kfac exact": (curvlinops.KFACLinearOperator, dict(use_exact_damping=True)),
        "ekfac": (curvlinops.EKFACLinearOperator, dict(use_exact_damping=True)),
    }
    for fisher in ["type-2", "empirical"]:
        for name, (kind, options) in kinds.items():
            operator = kind(
                model, loss, params, [(x, y)], fisher_type=fisher, separate_weight_and_bias=False
            )
            inverse = curvlinops.KFACInverseLinearOperator(operator, damping=DAMPING, **options)
            record["directions"][f"{name}, {fisher}"] = (inverse @ flat).tolist()
    path = pathlib.Path(__file__).with_name("kronecker_directions.json")
    path.write_text(json.dumps(record, indent=0) + "\n")
    for name, direction in record["directions"].items():
        print(name, torch.tensor(direction).norm().item())


if __name__ == "__main__":
    main()
