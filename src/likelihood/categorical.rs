use crate::likelihood::{Likelihood, Support, exp_remainder};
use crate::linalg::dot;
use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1, Axis};

/// One of C classes, η the logits (softmax).
///
/// ```text
/// p_c = e^η_c / Σ_k e^η_k,   -log p(y|η) = -log p_y,   score = e_y - p,   fisher = hessian = diag(p) - p pᵀ
/// ```
///
/// # Shapes
/// η: C ≥ 1; label: one class index 0..C. The root is C × (C - 1), or 1 × 1 zero for C = 1.
///
/// # Numerical notes
/// Logits are shifted by their maximum; 1 - p_c is summed from the other classes, never subtracted; -log p uses
/// log1p of the sum without its largest term. The root is the triangular one of Tanabe & Sagae (1992), R_jj =
/// √(p_j q_j/q_{j-1}), R_ij = -(p_i/q_j) R_jj with tail sums q_j = Σ_{k>j} p_k, in an order that puts the likeliest
/// class last: then q_j ≥ 1/C, and each entry of R Rᵀ has a relative accuracy of some C ulp.
/// Shifting all logits by one number changes nothing: H has the null vector (1, …, 1).
///
/// # Example
/// ```
/// use natgrad::{Likelihood, likelihood::Categorical, ndarray::array};
/// let eta = array![0.0, 0.0];
/// assert_eq!(Categorical.fisher(eta.view())?, array![[0.25, -0.25], [-0.25, 0.25]]);
/// assert_eq!(Categorical.sample(eta.view(), 0.75)?, array![1.0]);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Tanabe & Sagae 1992, "An exact Cholesky decomposition and the generalized inverse of the variance-covariance
/// matrix of the multinomial distribution, with applications", JRSS B 54, 211-219.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Categorical;

/// p, and the complements 1 - p without cancellation.
struct Softmax<T> {
    p: Array1<T>,
    complement: Array1<T>,
}

impl<T: Scalar> Softmax<T> {
    fn new(eta: ArrayView1<'_, T>) -> Self {
        let top = argmax(eta);
        let weights = eta.mapv(|x| (x - eta[top]).exp());
        let rest = sum_without(weights.view(), top);
        let total = T::one() + rest;
        let p = weights.mapv(|w| w / total);
        // Only the largest p can be near one.
        let complement =
            Array1::from_shape_fn(p.len(), |c| if c == top { rest / total } else { T::one() - p[c] });
        Softmax { p, complement }
    }
}

/// The first index of the largest entry.
fn argmax<T: Scalar>(x: ArrayView1<'_, T>) -> usize {
    x.iter().enumerate().fold(0, |top, (c, &value)| if value > x[top] { c } else { top })
}

fn sum_without<T: Scalar>(x: ArrayView1<'_, T>, skip: usize) -> T {
    x.iter().enumerate().filter(|(c, _)| *c != skip).map(|(_, &w)| w).sum()
}

/// The class index that `check` has accepted.
fn class<T: Scalar>(y: ArrayView1<'_, T>) -> usize {
    y.first().and_then(|y| y.to_usize()).unwrap_or(0)
}

impl<T: Scalar> Likelihood<T> for Categorical {
    fn name(&self) -> String {
        "categorical".to_owned()
    }

    fn label_width(&self, _outputs: usize) -> usize {
        1
    }

    fn check(&self, eta: ArrayView1<'_, T>, y: Option<ArrayView1<'_, T>>) -> Result<()> {
        check::not_empty("eta", &eta)?;
        check::finite("eta", &eta)?;
        let Some(y) = y else { return Ok(()) };
        check::shape("label", &[1], y.shape())?;
        let value = y[0].as_f64();
        if value >= 0.0 && value < eta.len() as f64 && value.fract().abs() <= 0.0 {
            Ok(())
        } else {
            Err(Error::Domain {
                quantity: "label",
                index: 0,
                value,
                requirement: "a class index: a whole number from 0 to the number of outputs less one",
            })
        }
    }

    fn nll(&self, eta: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> Result<T> {
        self.check(eta, Some(y))?;
        let top = argmax(eta);
        let rest = sum_without(eta.mapv(|x| (x - eta[top]).exp()).view(), top);
        Ok((eta[top] - eta[class(y)]) + rest.ln_1p())
    }

    fn score(&self, eta: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> Result<Array1<T>> {
        self.check(eta, Some(y))?;
        let softmax = Softmax::new(eta);
        let mut score = -softmax.p;
        score[class(y)] = softmax.complement[class(y)];
        Ok(score)
    }

    fn fisher(&self, eta: ArrayView1<'_, T>) -> Result<Array2<T>> {
        self.check(eta, None)?;
        let Softmax { p, complement } = Softmax::new(eta);
        Ok(Array2::from_shape_fn((p.len(), p.len()), |(i, j)| {
            if i == j { p[i] * complement[i] } else { -p[i] * p[j] }
        }))
    }

    fn root(&self, eta: ArrayView1<'_, T>) -> Result<Array2<T>> {
        self.check(eta, None)?;
        let p = Softmax::new(eta).p;
        let (classes, top) = (p.len(), argmax(eta));
        let mut root = Array2::zeros((classes, (classes - 1).max(1)));
        // The likeliest class last: every tail sum is then at least 1/C.
        let order: Vec<usize> = (0..classes).filter(|&c| c != top).chain([top]).collect();
        let mut tails = vec![T::zero(); classes + 1];
        for k in (0..classes).rev() {
            tails[k] = tails[k + 1] + p[order[k]];
        }
        for k in 0..classes - 1 {
            let (j, q_before, q) = (order[k], tails[k], tails[k + 1]);
            // √p_j from half the exponent is still a number where p_j underflows.
            let root_p = ((eta[j] - eta[top]) / T::of(2.0)).exp() * p[top].sqrt();
            let pivot = root_p * (q / q_before).sqrt();
            root[[j, k]] = pivot;
            for &i in &order[k + 1..] {
                root[[i, k]] = -(p[i] / q) * pivot;
            }
        }
        Ok(root)
    }

    fn hessian(&self, eta: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> Result<Array2<T>> {
        self.check(eta, Some(y))?;
        self.fisher(eta)
    }

    /// log(1 + Σ p (e^x - 1 - x)), x the change of the logits less its mean under p.
    fn kl(&self, eta: ArrayView1<'_, T>, other: ArrayView1<'_, T>) -> Result<T> {
        self.check(eta, None)?;
        check::shape("other eta", eta.shape(), other.shape())?;
        self.check(other, None)?;
        let p = Softmax::new(eta).p;
        let change = &other - &eta;
        let mean = dot(p.view(), change.view());
        let sum: T = p.iter().zip(&change).map(|(&p, &d)| p * exp_remainder(d - mean)).sum();
        if sum.is_finite() {
            return Ok(sum.ln_1p());
        }
        // A change so large that its exponential overflows: the divergence is linear in it.
        let log_partition = |x: ArrayView1<'_, T>| {
            let top = argmax(x);
            x[top] + sum_without(x.mapv(|v| (v - x[top]).exp()).view(), top).ln_1p()
        };
        Ok(log_partition(other) - log_partition(eta) - mean)
    }

    fn support(&self, eta: ArrayView1<'_, T>) -> Result<Support<T>> {
        self.check(eta, None)?;
        let labels = Array1::from_shape_fn(eta.len(), |c| T::of(c as f64)).insert_axis(Axis(1));
        Ok(Support { labels, probabilities: Softmax::new(eta).p, omitted_mass: 0.0, quadrature: false })
    }

    fn sample(&self, eta: ArrayView1<'_, T>, u: f64) -> Result<Array1<T>> {
        self.check(eta, None)?;
        check::setting("u", u, u > 0.0 && u < 1.0, "strictly between 0 and 1")?;
        let p = Softmax::new(eta.mapv(|x| x.as_f64()).view()).p;
        let mut below = 0.0;
        let mut class = 0;
        for (c, &mass) in p.iter().enumerate() {
            // Rounding may leave u above the last sum: then it is the last class with any probability.
            if mass > 0.0 {
                class = c;
            }
            below += mass;
            if u < below {
                break;
            }
        }
        Ok(Array1::from_elem(1, T::of(class as f64)))
    }
}
