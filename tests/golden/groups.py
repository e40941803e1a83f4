"""Records schedules and parameter groups of torch.optim into groups.json.

    pip install torch        # recorded with the version that groups.json names
    python tests/golden/groups.py

torch.optim.SGD, Adam and AdamW with parameter groups, and the schedulers of torch.optim.lr_scheduler: LambdaLR,
CosineAnnealingLR, LinearLR and SequentialLR. A parameter group that has another method is a second torch optimizer on its
tensors. Every trajectory carries the TOML configuration that must reproduce it, and the learning rate of the first
parameter group before every step.
"""

import json
import math
import pathlib

import torch
from torch.optim import SGD, Adam, AdamW
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LinearLR, SequentialLR

OUT = pathlib.Path(__file__).parent / "groups.json"
SHAPES = {"w0": (5, 3), "b0": (5,), "w1": (2, 5), "b1": (2,), "scale": ()}
STEPS = 30
PLAIN = {"foreach": False}


def problem():
    generator = torch.Generator().manual_seed(20260301)
    draw = lambda shape: torch.randn(shape, generator=generator, dtype=torch.float64)
    theta0 = {name: draw(shape) for name, shape in SHAPES.items()}
    gradients = []
    for _ in range(STEPS):
        size = 10 ** (4 * torch.rand((), generator=generator, dtype=torch.float64) - 3)
        gradients.append({name: size * draw(shape) for name, shape in SHAPES.items()})
    return theta0, gradients


def flat(tensors):
    return torch.cat([tensors[name].detach().reshape(-1) for name in SHAPES]).tolist()


def path(theta0, gradients, make):
    """`make` turns the tensors into optimizers and schedulers."""
    tensors = {name: torch.nn.Parameter(value.clone()) for name, value in theta0.items()}
    optimizers, schedulers = make(tensors)
    thetas, rates = [flat(tensors)], []
    for gradient in gradients:
        rates.append(optimizers[0].param_groups[0]["lr"])
        for name, tensor in tensors.items():
            tensor.grad = gradient[name].clone()
        for optimizer in optimizers:
            optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
        thetas.append(flat(tensors))
    return thetas, [float(rate) for rate in rates]


def scheduled(scheduler, **options):
    def make(tensors):
        optimizer = Adam(tensors.values(), **{"lr": 0.05, **PLAIN, **options})
        return [optimizer], [scheduler(optimizer)]

    return make


def warm(form, steps):
    """`steps` of (s + 1)/steps, then `form`."""
    ramp = lambda o: LambdaLR(o, lambda s: (s + 1) / steps)
    return lambda o: SequentialLR(o, [ramp(o), form(o)], milestones=[steps])


def groups(scheduler=None):
    """Biases without decay, one weight with a rate and momenta of its own."""

    def make(tensors):
        optimizer = AdamW(
            [
                {"params": [tensors["w0"], tensors["scale"]]},
                {"params": [tensors["b0"], tensors["b1"]], "weight_decay": 0.0},
                {"params": [tensors["w1"]], "lr": 0.002, "betas": (0.5, 0.9)},
            ],
            lr=0.02,
            weight_decay=0.3,
            **PLAIN,
        )
        return [optimizer], [scheduler(optimizer)] if scheduler else []

    return make


def two_methods(tensors):
    first = SGD([tensors[name] for name in ("w0", "w1")], lr=0.05, momentum=0.9, nesterov=True, **PLAIN)
    second = Adam([tensors[name] for name in ("b0", "b1")], lr=0.01, **PLAIN)
    third = SGD([tensors["scale"]], lr=0.2, weight_decay=0.1, **PLAIN)
    return [first, second, third], [CosineAnnealingLR(second, T_max=30, eta_min=0.001)]


ADAM = 'optimizer = "adam"\nlr = 0.05\n'
GROUPS = """optimizer = "adamw"
lr = 0.02
weight_decay = 0.3
%s
[[group]]
tensors = ["b?"]
weight_decay = 0.0

[[group]]
tensors = ["w1", "b1"]
lr = 0.002
beta1 = 0.5
beta2 = 0.9
"""
TWO = """optimizer = "sgd"
lr = 0.05
momentum = 0.9
nesterov = true

[[group]]
tensors = ["b*"]
optimizer = "adam"
lr = 0.01
schedule = "cosine"
schedule_steps = 30
schedule_floor = 0.1

[[group]]
tensors = ["*a*"]
optimizer = "sgd"
lr = 0.2
weight_decay = 0.1
"""


def cases():
    # CosineAnnealingLR goes up again after T_max: it is followed no further.
    yield "lambda inverse root", scheduled(lambda o: LambdaLR(o, lambda s: min((s + 1) / 7, math.sqrt(7 / (s + 1))))), (
        ADAM + 'schedule = "inverse-square-root"\nwarmup_steps = 7'
    )
    yield "lambda inverse root from 1", scheduled(lambda o: LambdaLR(o, lambda s: (s + 1) ** -0.5)), (
        ADAM + 'schedule = "inverse-square-root"'
    )
    yield "cosine", scheduled(lambda o: CosineAnnealingLR(o, T_max=30, eta_min=0.01)), (
        ADAM + 'schedule = "cosine"\nschedule_steps = 30\nschedule_floor = 0.2'
    )
    yield "linear, and then the floor", scheduled(lambda o: LinearLR(o, start_factor=1.0, end_factor=0.25, total_iters=20)), (
        ADAM + 'schedule = "linear"\nschedule_steps = 20\nschedule_floor = 0.25'
    )
    yield "warm-up", scheduled(LambdaWarm(9)), ADAM + "warmup_steps = 9"
    yield "warm-up and cosine", scheduled(warm(lambda o: CosineAnnealingLR(o, T_max=25), 5)), (
        ADAM + 'schedule = "cosine"\nschedule_steps = 30\nwarmup_steps = 5'
    )
    yield "groups", groups(), GROUPS % ""
    yield "groups and cosine", groups(lambda o: LambdaLR(o, lambda s: 0.5 * (1 + math.cos(math.pi * s / 40)))), (
        GROUPS % 'schedule = "cosine"\nschedule_steps = 40'
    )
    yield "two methods", two_methods, TWO


class LambdaWarm:
    def __init__(self, steps):
        self.steps = steps

    def __call__(self, optimizer):
        return LambdaLR(optimizer, lambda s: min(1.0, (s + 1) / self.steps))


def main():
    theta0, gradients = problem()
    record = {
        "made_by": "tests/golden/groups.py",
        "versions": {"torch": torch.__version__},
        "shapes": {name: list(shape) for name, shape in SHAPES.items()},
        "theta0": flat(theta0),
        "gradients": [flat(gradient) for gradient in gradients],
        "trajectories": {},
    }
    for name, make, config in cases():
        thetas, rates = path(theta0, gradients, make)
        kept = {str(t): thetas[t] for t in (1, 2, 3, 5, 10, 20, 25, STEPS)}
        record["trajectories"][name] = {"config": config, "rates": rates, "theta": kept}
    OUT.write_text(json.dumps(record, indent=None, separators=(",", ":")).replace('"config"', '\n"config"') + "\n")


main()
