use super::kronecker::{AffineLayers, Curvature, FactorAverage, Statistics, check_positive, count, in_basis};
use crate::linalg::{eigh, product};
use crate::operator::KroneckerFactors;
use crate::optimizer::keywords::keywords;
use crate::optimizer::stage::is_due;
use crate::optimizer::{FisherType, Minibatch, State, StateReader};
use crate::{ParameterLayout, Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1};

/// What the eigenvalues of EKFAC are averages of, in the basis Q_B ⊗ Q_A.
///
/// | word | one step's S | |
/// |---|---|---|
/// | `moments` | (1/N) Σ_k ((Q_Bᵀδ_k)∘²) ((Q_Aᵀā_n)∘²)ᵀ | the diagonal of the block in that basis |
/// | `gradient` | N (Q_Bᵀ V̄ Q_A)∘² | from the mean gradient alone (EKFAC-ra): an empirical Fisher, of one sample |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EkfacScaling {
    /// Second moments of the scores.
    Moments,
    /// The squared mean gradient.
    Gradient,
}

keywords!(EkfacScaling, "scaling", { Moments = "moments", Gradient = "gradient" });

/// Where the average of eigenvalues begins when the basis is new.
///
/// | word | S₀ |
/// |---|---|
/// | `fresh` | irrelevant: ε_k = min(1 − 1/k, α), k counted from the new basis |
/// | `kronecker` | d_B d_Aᵀ, the eigenvalues of K-FAC, and ε_k = α |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EkfacStart {
    /// With the first estimate.
    Fresh,
    /// With K-FAC's eigenvalues.
    Kronecker,
}

keywords!(EkfacStart, "start of the eigenvalues", { Fresh = "fresh", Kronecker = "kronecker" });

/// When what is made anew, and of which Fisher.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct EkfacRule {
    pub(crate) fisher: FisherType,
    pub(crate) seed: u64,
    pub(crate) average: FactorAverage,
    pub(crate) decay: f64,
    pub(crate) scaling: EkfacScaling,
    pub(crate) scaling_decay: f64,
    pub(crate) start: EkfacStart,
    pub(crate) statistics_interval: u64,
    pub(crate) scaling_interval: u64,
    pub(crate) basis_interval: u64,
}

/// Factors averaged over time, the eigenvectors of some of them, eigenvalues averaged in their basis: the [`Curvature`] of EKFAC.
#[derive(Debug, Clone)]
pub struct EkfacCurvature {
    layers: AffineLayers,
    rule: EkfacRule,
    statistics: Statistics,
    bases: Vec<(Array2<f64>, Array2<f64>)>,
    scalings: Vec<Array2<f64>>,
    /// How many estimates went into the eigenvalues since the basis is what it is.
    scaled: u64,
    shift: f64,
}

impl EkfacCurvature {
    pub(crate) fn new(layout: &ParameterLayout, rule: EkfacRule) -> Result<Self> {
        check::below_one("decay", rule.decay)?;
        check::below_one("scaling_decay", rule.scaling_decay)?;
        check::at_least_one("statistics_interval", rule.statistics_interval)?;
        check::at_least_one("scaling_interval", rule.scaling_interval)?;
        check::at_least_one("basis_interval", rule.basis_interval)?;
        let layers = AffineLayers::of(layout)?;
        let statistics = Statistics::new(&layers)?;
        let shapes = layers.blocks().iter().map(|block| block.shape());
        let bases = shapes.clone().map(|(rows, columns)| (Array2::eye(rows), Array2::eye(columns))).collect();
        let scalings = shapes.map(Array2::zeros).collect();
        Ok(EkfacCurvature { layers, rule, statistics, bases, scalings, scaled: 0, shift: 0.0 })
    }

    /// The averaged factors B and A of every layer.
    pub fn factors(&self) -> &[KroneckerFactors<f64>] {
        self.statistics.factors()
    }

    /// Q_B and Q_A of every layer, columns in ascending order of the factors' eigenvalues.
    pub fn bases(&self) -> &[(Array2<f64>, Array2<f64>)] {
        &self.bases
    }

    /// S of every layer, out × (in + 1).
    pub fn scalings(&self) -> &[Array2<f64>] {
        &self.scalings
    }

    /// New eigenvectors, and S where its average begins.
    fn rebase(&mut self) -> Result<()> {
        for (factors, (basis, scaling)) in
            self.statistics.factors().iter().zip(self.bases.iter_mut().zip(&mut self.scalings))
        {
            let (left, right) = (eigh(factors.left())?, eigh(factors.right())?);
            *scaling = Array2::from_shape_fn(scaling.dim(), |(o, i)| {
                left.values[o].max(0.0) * right.values[i].max(0.0)
            });
            *basis = (left.vectors, right.vectors);
        }
        self.scaled = 0;
        Ok(())
    }

    /// S ← ε S + (1 − ε) of one step.
    fn rescale(&mut self, fresh: Vec<Array2<f64>>) -> Result<()> {
        self.scaled += 1;
        let keep = match self.rule.start {
            EkfacStart::Kronecker => self.rule.scaling_decay,
            EkfacStart::Fresh => FactorAverage::Capped.keep(self.rule.scaling_decay, self.scaled),
        };
        for (scaling, fresh) in self.scalings.iter_mut().zip(fresh) {
            // In f32 the squares may have overflowed.
            check::finite("scaling", &fresh)?;
            *scaling = &*scaling * keep + fresh * (1.0 - keep);
        }
        Ok(())
    }

    /// N (Q_Bᵀ V̄ Q_A)∘².
    fn squared_gradient<T: Scalar>(&self, batch: &Minibatch<'_, T>) -> Vec<Array2<f64>> {
        let gradient = batch.linearization().gradient().mapv(Scalar::as_f64);
        let data = batch.data() as f64;
        let squares =
            |(block, (left, right)): (&crate::operator::MatrixBlock, &(Array2<f64>, Array2<f64>))| {
                let inside = product(left.t(), block.gather(gradient.view()).view());
                product(inside.view(), right.view()).mapv(|x| data * x * x)
            };
        self.layers.blocks().iter().zip(&self.bases).map(squares).collect()
    }
}

impl Curvature for EkfacCurvature {
    fn observed<T: Scalar>(&self, batch: &Minibatch<'_, T>, step: u64, gamma: f64) -> Result<Self> {
        let rule = &self.rule;
        let (lin, mut next) =
            (batch.linearization(), EkfacCurvature { shift: gamma * gamma, ..self.clone() });
        let of_factors = is_due(step, rule.statistics_interval);
        let of_scaling = is_due(step, rule.scaling_interval);
        let of_moments = of_scaling && rule.scaling == EkfacScaling::Moments;
        // One set of draws for both.
        let scores = if (of_factors && rule.fisher != FisherType::ForwardOnly) || of_moments {
            Some(lin.scores(rule.fisher.estimator(rule.seed, step).as_ref())?)
        } else {
            None
        };
        if of_factors {
            let fisher = match &scores {
                Some(scores) => scores.kfac()?,
                None => lin.forward_only()?,
            };
            next.statistics =
                self.statistics.with(&self.layers.factors(&fisher)?, rule.average, rule.decay)?;
        }
        if is_due(step, rule.basis_interval) {
            next.rebase()?;
        }
        match scores {
            Some(scores) if of_moments => {
                let narrow = |q: &Array2<f64>| q.mapv(T::of);
                let bases: Vec<_> =
                    next.bases.iter().map(|(left, right)| (narrow(left), narrow(right))).collect();
                let moments = scores.second_moments_in(&bases)?;
                next.rescale(moments.iter().map(|s| s.mapv(Scalar::as_f64)).collect())?;
            }
            _ if of_scaling => {
                let squares = next.squared_gradient(batch);
                next.rescale(squares)?;
            }
            _ => {}
        }
        Ok(next)
    }

    fn damped(&self, gamma: f64) -> Result<Self> {
        Ok(EkfacCurvature { shift: gamma * gamma, ..self.clone() })
    }

    fn precondition(&self, v: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        let mut result = Array1::zeros(v.len());
        for ((block, (left, right)), scaling) in
            self.layers.blocks().iter().zip(&self.bases).zip(&self.scalings)
        {
            let damped = scaling + self.shift;
            check_positive("EKFAC", &damped, self.shift)?;
            let gathered = block.gather(v);
            let image = in_basis(left.view(), right.view(), gathered.view(), |inside| inside / damped);
            block.scatter(image.view(), result.view_mut());
        }
        Ok(result)
    }

    fn save(&self, state: &mut State) {
        self.statistics.save(state, self.layers.names());
        state.number("scaled", self.scaled as f64);
        for ((name, (left, right)), scaling) in
            self.layers.names().iter().zip(&self.bases).zip(&self.scalings)
        {
            state.put(format!("basis/left/{name}"), left).put(format!("basis/right/{name}"), right);
            state.put(format!("scaling/{name}"), scaling);
        }
    }

    fn load(&mut self, reader: &mut StateReader<'_>) -> Result<()> {
        self.statistics.load(reader, self.layers.names())?;
        self.scaled = count(reader, "scaled")?;
        for ((name, (left, right)), scaling) in
            self.layers.names().iter().zip(&mut self.bases).zip(&mut self.scalings)
        {
            *left = reader.array(&format!("basis/left/{name}"), left.shape())?;
            *right = reader.array(&format!("basis/right/{name}"), right.shape())?;
            *scaling = reader.non_negative(&format!("scaling/{name}"), scaling.shape())?;
        }
        Ok(())
    }
}
