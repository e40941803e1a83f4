use super::layers::Layer;
use super::{Fisher, Representation};
use crate::fisher::Scores;
use crate::linalg::{Lanczos, dot, eigh, norm, product};
use crate::operator::{Kronecker, KroneckerFactors};
use crate::{Error, Result, Scalar};
use ndarray::{Array1, Array2, ArrayView1, s};

/// Rounds of the power iteration before a Krylov space is searched; each shrinks the error by (σ₂/σ₁)².
const ROUNDS: usize = 64;

/// How often a Krylov space is searched at most, and its order.
const RESTARTS: usize = 31;
const KRYLOV: usize = 40;

impl<T: Scalar> Scores<T> {
    /// The Frobenius-nearest Kronecker product to every layer block.
    ///
    /// ```text
    /// min ‖F_l - B ⊗ A‖,   F_l = (1/N) Σ_n D_n ⊗ ā_n ā_nᵀ,   D_n = Σ_{k of n} δ_k δ_kᵀ
    /// B ← (1/N) Σ_n (ā_nᵀ A ā_n) D_n,    A ← (1/N) Σ_n tr(D_n B) ā_n ā_nᵀ     until they stand still
    /// ```
    ///
    /// The leading singular pair of Van Loan's rearrangement of F_l, by power iteration on factors that stay
    /// positive semidefinite throughout. Where the two largest singular values all but agree, so that it creeps, it goes on
    /// from the leading Ritz vector of a Lanczos process. B and A have equal Frobenius norms.
    ///
    /// # Errors
    /// As [`kfac`](Self::kfac); [`Error::NotConverged`] if the iteration has not come to rest after some 2000 rounds.
    ///
    /// # Cost
    /// 2·(rows·out² + N·in²) flops per round and layer, 10 to 50 rounds as a rule.
    ///
    /// # Numerical notes
    /// Where the two largest singular values are equal the nearest product is not unique.
    ///
    /// # References
    /// Van Loan & Pitsianis 1993, "Approximation with Kronecker products", theorem 5.1 and section 5; for curvature
    /// Schnaus, Lee & Triebel 2021 and Koroko et al. 2022, arXiv 2201.10285 ("KFAC-CORR, KPSVD").
    pub fn kfoc(&self) -> Result<Fisher<Kronecker<T>>> {
        let mut factors = Vec::new();
        for layer in self.layers("KFOC")? {
            let (left, right) = nearest(&layer)?;
            factors.push(KroneckerFactors::new(layer.block, left, right)?);
        }
        self.represented(Kronecker::new(factors)?, "kfoc")
    }
}

/// B and A, of equal norm.
fn nearest<T: Scalar>(layer: &Layer<'_, T>) -> Result<(Array2<T>, Array2<T>)> {
    let inputs = layer.inputs();
    let scale = layer.scale();
    let unit = |matrix: Array2<T>| {
        let length = norm(matrix.flatten().view());
        if length > T::zero() { (matrix / length, length) } else { (matrix, length) }
    };
    let (mut right, _) = unit(Array2::eye(inputs.ncols()));
    let mut change = T::infinity();
    for restart in 0..=RESTARTS {
        if restart > 0 {
            right = leading(layer, &inputs, &right)?;
            change = T::infinity();
        }
        for _ in 0..ROUNDS {
            let weights = lengths(&inputs, &right) * scale;
            let (left, _) = unit(layer.weighted_deltas(weights.view()));
            let weights = layer.quadratic_deltas(&left) * scale;
            let (next, singular) = unit(layer.weighted_inputs(&inputs, weights.view()));
            let moved = norm((&next - &right).flatten().view());
            right = next;
            // At rest: rounding moves the factors as much as the iteration does.
            if moved <= T::of(4.0) * T::epsilon() || (moved >= change && moved < T::of(64.0) * T::epsilon()) {
                let root = singular.sqrt();
                return Ok((left * root, right * root));
            }
            change = moved;
        }
    }
    Err(Error::NotConverged {
        solver: "nearest Kronecker product",
        iterations: ROUNDS * (RESTARTS + 1),
        residual: change.as_f64(),
        tolerance: 4.0 * T::epsilon().as_f64(),
        condition: f64::NAN,
        backward_error: f64::NAN,
        at_rounding: false,
    })
}

/// ā_nᵀ M ā_n: N entries.
fn lengths<T: Scalar>(inputs: &Array2<T>, matrix: &Array2<T>) -> Array1<T> {
    let images = product(inputs.view(), matrix.view());
    images.outer_iter().zip(inputs.outer_iter()).map(|(image, a)| dot(image, a)).collect()
}

/// The leading Ritz vector of RᵀR, R the rearranged block, in the Krylov space of a symmetric `start`.
fn leading<T: Scalar>(layer: &Layer<'_, T>, inputs: &Array2<T>, start: &Array2<T>) -> Result<Array2<T>> {
    let shape = start.raw_dim();
    // The sums take weights of one sign, and Krylov vectors make both.
    let signed = |weights: Array1<T>, sum: &dyn Fn(ArrayView1<'_, T>) -> Array2<T>| {
        let (above, below) = (weights.mapv(|w| w.max(T::zero())), weights.mapv(|w| (-w).max(T::zero())));
        sum(above.view()) - sum(below.view())
    };
    let scale = layer.scale();
    let process = Lanczos::run(start.flatten().view(), KRYLOV, |v| {
        let matrix = v.to_owned().into_shape_with_order(shape).unwrap_or_default();
        let left = signed(lengths(inputs, &matrix) * scale, &|w| layer.weighted_deltas(w));
        let right = signed(layer.quadratic_deltas(&left) * scale, &|w| layer.weighted_inputs(inputs, w));
        Ok(right.flatten().into_owned())
    })?;
    let (alpha, beta) = (process.diagonal(), process.off_diagonal());
    let small = Array2::from_shape_fn((alpha.len(), alpha.len()), |(i, j)| match i.abs_diff(j) {
        0 => T::of(alpha[i]),
        1 => T::of(beta[i.min(j)]),
        _ => T::zero(),
    });
    let vectors = eigh(small.view())?.vectors;
    let last = vectors.slice(s![.., vectors.ncols().saturating_sub(1)..]);
    let vector = product(process.basis().t(), last).into_shape_with_order(shape).unwrap_or_default();
    // Positive semidefinite up to rounding and a sign.
    let sign = if vector.diag().sum() < T::zero() { -T::one() } else { T::one() };
    Ok(vector * sign)
}

/// [`Scores::kfoc`] as a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KfocForm;

impl<T: Scalar> Representation<T> for KfocForm {
    type Operator = Kronecker<T>;

    fn represent(&self, scores: &Scores<T>) -> Result<Fisher<Kronecker<T>>> {
        scores.kfoc()
    }
}
