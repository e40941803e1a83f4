"""Trajectories of kfac-jax: `tests/golden/kfac.json`.

    python tests/golden/kfac.py          # jax 0.10.2, kfac-jax 0.0.8, numpy

A multilayer perceptron 5-7-3 with tanh and biases, softmax cross entropy, 11 data in batches of all or of 6 and 5 in turn, double
precision throughout. The exact Fisher (`fisher_exact`), no burn-in, one update per step. Parameters are flat in the order of the
library: w0 (out x in, row-major), b0, w1, b1.

Every trajectory carries the configuration that must reproduce it.
"""

import json
import pathlib

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp  # noqa: E402
import kfac_jax  # noqa: E402
import numpy as np  # noqa: E402

from jax.extend import source_info_util  # noqa: E402
from kfac_jax._src import tag_graph_matcher  # noqa: E402


def evaluate(eqn, values):
    """What kfac-jax 0.0.8 does of one equation, with the binding of jax 0.10."""
    with source_info_util.user_context(eqn.source_info.traceback):
        output = eqn.primitive.bind(*values, **eqn.primitive.get_bind_params(eqn.params))
    return output if isinstance(output, list) else [output]


tag_graph_matcher.eval_jaxpr_eqn = evaluate

WIDTHS = [5, 7, 3]
DATA = 11
STEPS = 24


def flat(params):
    parts = []
    for w, b in params:
        parts += [np.asarray(w).T.ravel(), np.asarray(b).ravel()]
    return np.concatenate(parts)


def problem():
    rng = np.random.default_rng(20250101)
    params = [
        (jnp.asarray(rng.normal(size=(i, o)) / np.sqrt(i)), jnp.asarray(rng.normal(size=o) * 0.3))
        for i, o in zip(WIDTHS, WIDTHS[1:])
    ]
    x = rng.normal(size=(DATA, WIDTHS[0]))
    y = rng.integers(0, WIDTHS[-1], size=DATA)
    return params, x, y


def batches(x, y, minibatch):
    step = 0
    while True:
        if minibatch:
            rows = np.arange(0, 6) if step % 2 == 0 else np.arange(6, DATA)
        else:
            rows = np.arange(DATA)
        step += 1
        yield jnp.asarray(x[rows]), jnp.asarray(y[rows])


def run(x, y, params, *, l2=0.0, lr=None, momentum=None, damping=None, minibatch=False, **options):
    def loss(params, batch):
        inputs, labels = batch
        hidden = inputs
        for k, (w, b) in enumerate(params):
            hidden = hidden @ w + b
            if k + 1 < len(params):
                hidden = jnp.tanh(hidden)
        kfac_jax.register_softmax_cross_entropy_loss(hidden, labels)
        nll = -jnp.take_along_axis(jax.nn.log_softmax(hidden), labels[:, None], axis=1)[:, 0]
        penalty = sum(jnp.sum(w * w) + jnp.sum(b * b) for w, b in params)
        return jnp.mean(nll) + 0.5 * l2 * penalty

    optimizer = kfac_jax.Optimizer(
        jax.value_and_grad(loss),
        l2_reg=l2,
        num_burnin_steps=0,
        estimation_mode="fisher_exact",
        use_adaptive_learning_rate=lr is None,
        use_adaptive_momentum=momentum is None,
        use_adaptive_damping=damping is None,
        multi_device=False,
        **options,
    )
    data = batches(x, y, minibatch)
    key = jax.random.PRNGKey(0)
    params = jax.tree_util.tree_map(jnp.array, params)
    state = optimizer.init(params, key, next(batches(x, y, minibatch)))
    thetas, dampings = [], []
    number = lambda v: None if v is None else jnp.asarray(v)  # noqa: E731
    for _ in range(STEPS):
        params, state, stats = optimizer.step(
            params,
            state,
            key,
            batch=next(data),
            learning_rate=number(lr),
            momentum=number(momentum),
            damping=number(damping),
        )
        thetas.append(flat(params).tolist())
        dampings.append(float(stats["damping"]))
    return thetas, dampings


def main():
    params, x, y = problem()
    plain = 'optimizer = "kfac"\naverage = "normalised"\nkl_clip = inf\n'
    cases = {
        "fixed": (
            plain + "lr = 0.3\nmomentum = 0.8\ndamping = 0.01\ninverse_interval = 1\n",
            dict(lr=0.3, momentum=0.8, damping=0.01, inverse_update_period=1),
        ),
        "intervals, penalty, minibatches": (
            plain + "lr = 0.2\nmomentum = 0.7\ndamping = 0.05\ninverse_interval = 5\nstatistics_interval = 3\n"
            "weight_decay = 0.02\ndecay = 0.8\n",
            dict(
                lr=0.2, momentum=0.7, damping=0.05, l2=0.02, curvature_ema=0.8, curvature_update_period=3,
                inverse_update_period=5, minibatch=True,
            ),
        ),
        "exact damping, clip": (
            plain.replace("kl_clip = inf", "kl_clip = 0.003")
            + 'lr = 0.5\nmomentum = 0.6\ndamping = 0.02\ninverse_interval = 2\ndamping_form = "exact"\n',
            dict(
                lr=0.5, momentum=0.6, damping=0.02, norm_constraint=0.003, inverse_update_period=2,
                use_exact_inverses=True, minibatch=True,
            ),
        ),
        "adaptive rate": (
            plain + 'lr = 1.0\nmomentum = 0.5\ndamping = 0.1\ninverse_interval = 1\nrescaling = "rate"\n',
            dict(momentum=0.5, damping=0.1, inverse_update_period=1),
        ),
        "all adaptive": (
            'optimizer = "kfac"\npreset = "kfac-jax"\n',
            dict(initial_damping=1.0),
        ),
        "all adaptive, damped model, penalty, minibatches": (
            'optimizer = "kfac"\npreset = "kfac-jax"\ndamping = 0.3\nweight_decay = 0.01\ndamped_model = true\n'
            "damping_interval = 2\ndamping_decay = 0.8\n",
            dict(
                initial_damping=0.3, l2=0.01, include_damping_in_quad_change=True, damping_adaptation_interval=2,
                damping_adaptation_decay=0.8, minibatch=True,
            ),
        ),
    }
    record = {
        "versions": {"kfac_jax": kfac_jax.__version__, "jax": jax.__version__},
        "widths": WIDTHS,
        "x": x.tolist(),
        "y": y.tolist(),
        "theta0": flat(params).tolist(),
        "trajectories": {},
    }
    for name, (config, options) in cases.items():
        thetas, dampings = run(x, y, params, **options)
        record["trajectories"][name] = {
            "config": config,
            "minibatch": bool(options.get("minibatch", False)),
            "damping": dampings,
            "theta": {str(t): thetas[t - 1] for t in [1, 2, 3, 5, 6, 11, 24]},
        }
        print(name, dampings[-1], np.abs(thetas[-1]).max())
    path = pathlib.Path(__file__).with_name("kfac.json")
    path.write_text(json.dumps(record, indent=0) + "\n")


if __name__ == "__main__":
    main()
