use super::{Comparison, DirectionComparison, KlCertificate, Reference, TrialStep};
use crate::fisher::{BoxedOperator, Estimator, Exact, Fisher, Form, MonteCarloError};
use crate::operator::{Dense, LinearOperator};
use crate::{Linearization, Network, Result, Scalar};
use ndarray::{Array2, ArrayView1};
use rayon::prelude::*;
use std::time::Instant;

/// An estimate on its way to its row: estimator, form, Fisher, seconds.
type Estimate<T> = (String, Form, Fisher<BoxedOperator<T>>, f64);

/// An estimator and a form.
#[derive(Debug)]
pub struct Candidate<T> {
    /// Which scores.
    pub estimator: Box<dyn Estimator<T>>,
    /// Which view of them.
    pub form: Form,
}

/// Everything there is to say about one approximation.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Row {
    /// The estimator as the command line names it; `gradient` for the plain gradient.
    pub estimator: String,
    /// The form; `None` for the plain gradient.
    pub form: Option<Form>,
    /// `None` for a direction without a matrix.
    pub matrix: Option<Comparison>,
    /// The damped direction.
    pub direction: DirectionComparison,
    /// `None` without a network, or without curvature.
    pub step: Option<TrialStep>,
    /// The approximation as the second-order term of the divergence along its own direction; `None` as above.
    pub divergence: Option<KlCertificate>,
    /// Of the draws, where there are any.
    pub error: Option<MonteCarloError>,
    /// Bytes of the representation.
    pub bytes: Option<usize>,
    /// To estimate and represent.
    pub seconds: Option<f64>,
}

/// Approximations held against the exact Fisher, all at one point.
///
/// # Example
/// ```
/// use natgrad::{Labels, Network, fisher::{Candidate, Contest, Exact, Form}, likelihood::Categorical};
/// use natgrad::{model::Activation, ndarray::array};
/// let network = Network::random(&[2, 3, 3], Activation::Tanh, 7)?;
/// let x = array![[1.0, 0.5], [-0.5, 1.0], [0.25, -1.5], [2.0, -0.25]];
/// let lin = network.linearize(&Categorical, &x, &Labels::classes(&[0, 2, 1, 0])?)?;
/// let contest = Contest { lin: &lin, network: Some((&network, &x)), damping: 0.1, divergence: 1e-2 };
/// let rows = contest.rows(&[Candidate { estimator: Box::new(Exact), form: Form::Kfac }], &|_| ())?;
/// assert_eq!(rows[0].estimator, "exact");                                // the reference comes first
/// assert!(rows[1].direction.efficiency >= rows[2].direction.efficiency); // then the best
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Contest<'a, T: Scalar> {
    /// Where.
    pub lin: &'a Linearization<T>,
    /// The network and its inputs, for forward passes; a bare Jacobian has none.
    pub network: Option<(&'a Network<T>, &'a Array2<T>)>,
    /// λ of F + λI and M + λI.
    pub damping: f64,
    /// Predicted divergence of the trial steps, nats per datum.
    pub divergence: f64,
}

impl<T: Scalar> Contest<'_, T> {
    /// The exact row, then the others by efficiency, the plain gradient among them; `done` hears of every finished row.
    ///
    /// # Errors
    /// Those of the estimators and forms, and of [`Reference::compare`].
    ///
    /// # Cost
    /// Per row that of [`Reference::compare`], one forward pass for the step and six for the divergence.
    pub fn rows(&self, candidates: &[Candidate<T>], done: &(dyn Fn(&str) + Sync)) -> Result<Vec<Row>> {
        let start = Instant::now();
        let scores = self.lin.scores(&Exact)?;
        let exact = scores.dense()?.into_operator();
        let seconds = start.elapsed().as_secs_f64();
        let reference = Reference::new(&exact, self.lin.gradient().view(), T::of(self.damping))?
            .with_blocks(&scores.block_ranges())?;
        let (comparison, direction) = reference.compare_with_direction(&exact)?;
        let first = Row {
            estimator: "exact".to_owned(),
            form: Some(Form::Dense),
            direction: comparison.direction,
            matrix: Some(comparison),
            step: self.step(&exact, direction.view())?,
            divergence: self.certificate(&exact, &exact, direction.view())?,
            error: None,
            bytes: Some(exact.stored() * size_of::<T>()),
            seconds: Some(seconds),
        };
        done("exact");
        let gradient = self.lin.gradient().view();
        let mut others = vec![Row {
            estimator: "gradient".to_owned(),
            form: None,
            matrix: None,
            direction: reference.compare_direction(gradient)?,
            step: self.step(&exact, gradient)?,
            divergence: None,
            error: None,
            bytes: None,
            seconds: None,
        }];
        // Estimated one after the other, so that their times are their own; compared side by side.
        for group in candidates.chunks(rayon::current_num_threads().max(1)) {
            let estimates = group.iter().map(|c| self.estimate(c)).collect::<Result<Vec<_>>>()?;
            let rows: Result<Vec<Row>> = estimates
                .into_par_iter()
                .map(|estimate| {
                    let row = self.row(&reference, &exact, estimate)?;
                    done(&row.estimator);
                    Ok(row)
                })
                .collect();
            others.extend(rows?);
        }
        others.sort_by(|a, b| b.direction.efficiency.total_cmp(&a.direction.efficiency));
        let mut rows = vec![first];
        rows.extend(others);
        Ok(rows)
    }

    fn estimate(&self, candidate: &Candidate<T>) -> Result<Estimate<T>> {
        let start = Instant::now();
        let scores = self.lin.scores(candidate.estimator.as_ref())?;
        let fisher = candidate.form.represent(&scores)?;
        let seconds = start.elapsed().as_secs_f64();
        Ok((candidate.estimator.name(), candidate.form, fisher, seconds))
    }

    fn row(
        &self,
        reference: &Reference<T>,
        exact: &Dense<T>,
        (estimator, form, fisher, seconds): Estimate<T>,
    ) -> Result<Row> {
        let (comparison, direction) = reference.compare_with_direction(&fisher)?;
        Ok(Row {
            estimator,
            form: Some(form),
            direction: comparison.direction,
            matrix: Some(comparison),
            step: self.step(exact, direction.view())?,
            divergence: self.certificate(exact, &fisher, direction.view())?,
            error: fisher.provenance().error,
            bytes: Some(fisher.stored() * size_of::<T>()),
            seconds: Some(seconds),
        })
    }

    fn step(&self, exact: &Dense<T>, direction: ArrayView1<'_, T>) -> Result<Option<TrialStep>> {
        let Some((network, x)) = self.network else { return Ok(None) };
        TrialStep::measure(network, x, self.lin, exact, direction, self.divergence)
    }

    /// At the length that the trial step has.
    fn certificate(
        &self,
        exact: &Dense<T>,
        matrix: &dyn LinearOperator<T>,
        direction: ArrayView1<'_, T>,
    ) -> Result<Option<KlCertificate>> {
        let Some((network, x)) = self.network else { return Ok(None) };
        let curvature = exact.quadratic_form(direction)?.as_f64();
        let length = (2.0 * self.divergence / curvature).sqrt();
        if !length.is_finite() {
            return Ok(None);
        }
        KlCertificate::measure(network, x, self.lin, matrix, direction, length, true)
    }
}
