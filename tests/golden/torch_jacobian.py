"""Writes torch_jacobian.npz: a PyTorch model as a bare Jacobian, and what PyTorch makes of it.

    pip install numpy torch
    python tests/golden/torch_jacobian.py

The first half is the recipe of docs/pytorch.md; the second computes the Fisher, the gradient and the damped direction with PyTorch
alone. Recorded with torch 2.15.0 in float64.
"""

import pathlib

import numpy as np
import torch
from torch.func import functional_call, jacrev

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
model = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.GELU(), torch.nn.LayerNorm(7), torch.nn.Linear(7, 3))
x, y = torch.randn(11, 5), torch.randint(3, (11,))

theta = {name: p.detach() for name, p in model.named_parameters()}
jacobian = jacrev(lambda theta: functional_call(model, theta, (x,)))(theta)  # per tensor: N × C × shape
problem = dict(
    jacobian=torch.cat([j.flatten(2) for j in jacobian.values()], 2).numpy(),
    eta=model(x).detach().numpy(),
    y=y.numpy(),
    blocks=np.array([p.numel() for p in theta.values()]),
)

# The gradient by backpropagation, the Fisher from the softmax of the logits.
loss = torch.nn.functional.cross_entropy(model(x), y)
gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(model.parameters()))])
j, p = torch.from_numpy(problem["jacobian"]), torch.softmax(torch.from_numpy(problem["eta"]), 1)
fisher = torch.einsum("ncp,ncd,ndq->pq", j, torch.diag_embed(p) - p[:, :, None] * p[:, None, :], j) / len(x)
direction = torch.linalg.solve(fisher + 0.1 * torch.eye(len(fisher)), gradient)
known = dict(
    known_loss=loss.item(), known_gradient=gradient.numpy(), known_fisher=fisher.numpy(), known_direction=direction.numpy()
)
np.savez_compressed(pathlib.Path(__file__).parent / "torch_jacobian.npz", **problem, **known)
print(torch.__version__, loss.item(), fisher.trace().item())
