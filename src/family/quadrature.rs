//! The Bregman divergence of any ψ by quadrature (private): the provided method of the trait.

use crate::family::{Family, Natural};
use crate::{Result, check};
use ndarray::ArrayView1;

/// Nodes in (0, 1) and weights of the eight-point rule of Gauss and Legendre for one half of the interval.
const NODES: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];

/// Below this part of its largest term a difference is not trusted: it would lose more than three digits.
const CANCELLED: f64 = 1e-3;

/// ψ(θ + δ) - ψ(θ) - ⟨δ, η⟩.
pub(super) fn bregman<F: Family + ?Sized>(
    family: &F,
    theta: &Natural,
    step: ArrayView1<'_, f64>,
) -> Result<f64> {
    check::vector("step", family.dim(), &step)?;
    let end = Natural::new(&theta.values() + &step);
    let (start, finish) = (family.log_partition(theta)?, family.log_partition(&end)?);
    let linear = step.dot(&family.natural_to_expectation(theta)?.values());
    let difference = finish - start - linear;
    if difference > CANCELLED * start.abs().max(finish.abs()).max(linear.abs()) {
        return Ok(difference);
    }
    let mut sum = 0.0;
    for (node, weight) in NODES {
        for t in [0.5 - 0.5 * node, 0.5 + 0.5 * node] {
            let fisher = family.fisher_natural(&Natural::new(&theta.values() + &(t * &step)))?;
            sum += 0.5 * weight * (1.0 - t) * step.dot(&fisher.dot(&step));
        }
    }
    Ok(sum)
}
