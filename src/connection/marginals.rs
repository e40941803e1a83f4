use crate::divergence::check_law;
use crate::{Error, Result, check, family};
use ndarray::{Array1, Array2, ArrayView1};

/// Sweeps at most, and the total variation from the marginals that is accepted.
const SWEEPS: usize = 100_000;
const TOLERANCE: f64 = 1e-14;

/// A constraint on a law: classes of outcomes with given masses.
///
/// # Example
/// ```
/// use natgrad::{connection::Marginal, ndarray::array};
/// // The row sums of a 2 × 3 table stored row by row.
/// let rows = Marginal::axis(&[2, 3], 0, array![0.5, 0.5])?;
/// assert_eq!(rows, Marginal::new(vec![0, 0, 0, 1, 1, 1], array![0.5, 0.5])?);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Marginal {
    classes: Vec<usize>,
    masses: Array1<f64>,
}

impl Marginal {
    /// The class of every outcome, and the mass of every class.
    pub fn new(classes: Vec<usize>, masses: Array1<f64>) -> Result<Self> {
        check_law("masses of a marginal", masses.view())?;
        if let Some((index, &class)) = classes.iter().enumerate().find(|(_, class)| **class >= masses.len()) {
            let requirement = "less than the number of masses";
            return Err(Error::Domain { quantity: "classes", index, value: class as f64, requirement });
        }
        Ok(Marginal { classes, masses })
    }

    /// The marginal of one axis of a table stored in row-major order.
    pub fn axis(shape: &[usize], axis: usize, masses: Array1<f64>) -> Result<Self> {
        let levels = shape.get(axis).copied().unwrap_or(0);
        check::setting("axis", axis as f64, levels > 0, "an axis of the table, not empty")?;
        check::shape("masses of a marginal", &[levels], masses.shape())?;
        let product = |sizes: &[usize]| sizes.iter().try_fold(1usize, |n, &k| n.checked_mul(k));
        let stride = product(shape.get(axis + 1..).unwrap_or(&[]));
        let (Some(stride), Some(cells)) = (stride.filter(|s| *s > 0), product(shape)) else {
            return Err(Error::Empty { quantity: "table" });
        };
        Marginal::new((0..cells).map(|cell| cell / stride % levels).collect(), masses)
    }

    /// The masses of the classes under q.
    fn of(&self, q: &Array1<f64>) -> Array1<f64> {
        let mut masses = Array1::zeros(self.masses.len());
        for (&class, q) in self.classes.iter().zip(q) {
            if let Some(mass) = masses.get_mut(class) {
                *mass += q;
            }
        }
        masses
    }

    /// Half the sum of the differences between the masses under q and those wanted.
    fn gap(&self, q: &Array1<f64>) -> f64 {
        0.5 * (&self.of(q) - &self.masses).mapv(f64::abs).sum()
    }
}

/// The e-projection of a law onto all laws with the given marginals, by iterative proportional fitting.
///
/// ```text
/// argmin KL(q ‖ base) over laws with these marginals;
/// each step q_i ← q_i · wanted(class of i)/current(class of i)
/// ```
///
/// Each step is the projection onto one marginal. Zeros of the base stay zeros.
///
/// # Errors
/// [`Error::Domain`] with the mass of a class that the law excludes; [`Error::OutsideHull`] if no law with the base's zeros has all
/// marginals, with a number for each class of each marginal, one after the other: their mean under the wanted masses is more
/// than their sum on any outcome. [`Error::NotConverged`] with the remaining total variation if the limit has more zeros than
/// the base, where convergence is slow.
///
/// # Cost
/// Linear convergence, a sweep costs outcomes × marginals; at most 100 000 sweeps. The proof that there is no such law is
/// looked for where 16, 32, 64, … sweeps have not halved the residual.
///
/// # Example
/// ```
/// use natgrad::{connection::{Marginal, fit_marginals}, ndarray::array};
/// let base = array![0.3, 0.2, 0.1, 0.4];
/// let rows = Marginal::axis(&[2, 2], 0, array![0.5, 0.5])?;
/// let columns = Marginal::axis(&[2, 2], 1, array![0.3, 0.7])?;
/// let q = fit_marginals(base.view(), &[rows, columns])?;
/// assert!((q[0] + q[1] - 0.5).abs() < 1e-14 && (q[0] + q[2] - 0.3).abs() < 1e-14);
/// assert!((q[0] * q[3] / (q[1] * q[2]) - 6.0).abs() < 1e-12); // the odds ratio of the base
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Deming & Stephan 1940, Ann. Math. Statist. 11, 427-444; Csiszár 1975, Ann. Probab. 3, 146-158.
pub fn fit_marginals(base: ArrayView1<'_, f64>, marginals: &[Marginal]) -> Result<Array1<f64>> {
    check_law("base", base)?;
    for marginal in marginals {
        check::shape("classes", base.shape(), &[marginal.classes.len()])?;
    }
    let mut q = base.to_owned();
    let (mut residual, mut before) = (f64::INFINITY, f64::INFINITY);
    for sweep in 1..=SWEEPS {
        for marginal in marginals {
            let current = marginal.of(&q);
            for (index, (&value, &mass)) in marginal.masses.iter().zip(&current).enumerate() {
                if value > 0.0 && mass <= 0.0 {
                    let requirement = "0, for the law has no outcome in this class";
                    return Err(Error::Domain {
                        quantity: "masses of a marginal",
                        index,
                        value,
                        requirement,
                    });
                }
            }
            let factors: Array1<f64> = marginal
                .masses
                .iter()
                .zip(&current)
                .map(|(wanted, mass)| if *wanted > 0.0 { wanted / mass } else { 0.0 })
                .collect();
            for (q, &class) in q.iter_mut().zip(&marginal.classes) {
                *q *= factors.get(class).copied().unwrap_or(0.0);
            }
        }
        residual = marginals.iter().map(|marginal| marginal.gap(&q)).fold(0.0, f64::max);
        if residual <= TOLERANCE {
            return Ok(q);
        }
        if sweep >= 8 && sweep.is_power_of_two() {
            if residual > 0.5 * before {
                infeasible(base, marginals)?;
            }
            before = residual;
        }
    }
    Err(Error::NotConverged {
        solver: "iterative proportional fitting",
        iterations: SWEEPS,
        residual,
        tolerance: TOLERANCE,
        condition: f64::NAN,
        backward_error: f64::NAN,
        at_rounding: false,
    })
}

/// Entries of the longest list of indicators that is searched for a contradiction.
const SEARCHED: usize = 20_000_000;

/// An error if the masses are no mean of the outcomes that the base allows.
fn infeasible(base: ArrayView1<'_, f64>, marginals: &[Marginal]) -> Result<()> {
    let outcomes: Vec<usize> = (0..base.len()).filter(|i| base.get(*i).is_some_and(|p| *p > 0.0)).collect();
    let classes = marginals.iter().map(|marginal| marginal.masses.len()).sum();
    if outcomes.len().saturating_mul(classes) > SEARCHED {
        return Ok(());
    }
    let mut indicators = Array2::zeros((outcomes.len(), classes));
    for (mut row, &outcome) in indicators.rows_mut().into_iter().zip(&outcomes) {
        let mut offset = 0;
        for marginal in marginals {
            let class = marginal.classes.get(outcome).copied().unwrap_or(0);
            if let Some(entry) = row.get_mut(offset + class) {
                *entry = 1.0;
            }
            offset += marginal.masses.len();
        }
    }
    let masses: Array1<f64> = marginals.iter().flat_map(|marginal| marginal.masses.iter().copied()).collect();
    match family::outside(indicators.view(), masses.view()) {
        Some(proof) => Err(proof.error("masses of the marginals")),
        None => Ok(()),
    }
}
