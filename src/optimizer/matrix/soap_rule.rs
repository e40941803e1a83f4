use super::axes::Axes;
use super::{OneDimensional, Soap, eigenbasis};
use crate::optimizer::{State, StateReader, TensorRule, Tick};
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1};

/// [`Soap`] for one tensor: the bases of its axes, and the averages of Adam seen from there.
#[derive(Debug, Clone)]
pub struct SoapRule {
    settings: Soap,
    axes: Axes,
    /// One per axis; `None` where the axis keeps its own basis.
    bases: Vec<Option<Basis>>,
    first: Array1<f64>,
    second: Array1<f64>,
}

/// H of an axis, and its approximate eigenvectors as columns.
#[derive(Debug, Clone)]
struct Basis {
    statistic: Array2<f64>,
    vectors: Array2<f64>,
}

impl SoapRule {
    pub(super) fn new(settings: Soap, shape: &[usize]) -> Self {
        let axes = Axes::new(shape);
        let turned = shape.len() > 1
            || (shape.len() == 1 && settings.one_dimensional == OneDimensional::Preconditioned);
        let basis = |&length: &usize| {
            (turned && length <= settings.max_precond_dim)
                .then(|| Basis { statistic: Array2::zeros((length, length)), vectors: Array2::eye(length) })
        };
        let bases = axes.lengths().iter().map(basis).collect();
        let zeros = Array1::zeros(axes.lengths().iter().product::<usize>());
        SoapRule { settings, axes, bases, first: zeros.clone(), second: zeros }
    }

    /// x ×₁ Q₁ᵀ … ×_k Q_kᵀ.
    fn in_basis(&self, bases: &[Option<Basis>], mut x: Vec<f64>) -> Result<Vec<f64>> {
        for (axis, basis) in bases.iter().enumerate() {
            if let Some(basis) = basis {
                x = self.axes.multiply(axis, basis.vectors.t(), &x)?;
            }
        }
        Ok(x)
    }

    /// x ×₁ Q₁ … ×_k Q_k.
    fn out_of_basis(&self, bases: &[Option<Basis>], mut x: Vec<f64>) -> Result<Vec<f64>> {
        for (axis, basis) in bases.iter().enumerate() {
            if let Some(basis) = basis {
                x = self.axes.multiply(axis, basis.vectors.view(), &x)?;
            }
        }
        Ok(x)
    }

    /// H of every axis with the gradient added, beside the old vectors.
    fn gathered(&self, gradient: &[f64]) -> Result<Vec<Option<Basis>>> {
        let beta = self.settings.statistics_beta();
        let gathered = |(axis, basis): (usize, &Option<Basis>)| match basis {
            None => Ok(None),
            Some(Basis { statistic, vectors }) => {
                let statistic = beta * statistic + (1.0 - beta) * &self.axes.gram(axis, gradient)?;
                check::finite("statistic of an axis", &statistic)?;
                Ok(Some(Basis { statistic, vectors: vectors.clone() }))
            }
        };
        self.bases.iter().enumerate().map(gathered).collect()
    }

    /// The step of Adam in the bases, put back into the space of θ. Writes the averages.
    fn direction(&self, next: &mut Self, gradient: &[f64]) -> Result<Vec<f64>> {
        let Soap { beta1, beta2, epsilon, normalize_grads, normalize_epsilon, .. } = self.settings;
        let turned = Array1::from(self.in_basis(&self.bases, gradient.to_vec())?);
        next.first = beta1 * &self.first + (1.0 - beta1) * &turned;
        next.second = beta2 * &self.second + (1.0 - beta2) * turned.mapv(|g| g * g);
        let steps = next.first.iter().zip(&next.second).map(|(&m, &v)| {
            let size = v.sqrt() + epsilon;
            if size > 0.0 { m / size } else { 0.0 }
        });
        let mut direction = self.out_of_basis(&self.bases, steps.collect())?;
        if normalize_grads {
            let squares = ArrayView1::from(&direction).mapv(|u| u * u);
            let size = squares.mean().unwrap_or(0.0).sqrt() + normalize_epsilon;
            if size > 0.0 {
                direction.iter_mut().for_each(|u| *u /= size);
            }
        }
        Ok(direction)
    }

    /// New bases; v goes along, m is turned.
    fn turn(&self, next: &mut Self) -> Result<()> {
        let mut first = self.out_of_basis(&next.bases, next.first.to_vec())?;
        let mut second = next.second.to_vec();
        for (axis, basis) in next.bases.iter_mut().enumerate() {
            if let Some(Basis { statistic, vectors }) = basis {
                let (turned, order) = eigenbasis::iterate(statistic.view(), vectors.view())?;
                second = self.axes.permute(axis, &order, &second)?;
                *vectors = turned;
            }
        }
        first = self.in_basis(&next.bases, first)?;
        next.first = Array1::from(first);
        next.second = Array1::from(second);
        Ok(())
    }
}

impl<T: Scalar> TensorRule<T> for SoapRule {
    fn advance(
        &self,
        next: &mut Self,
        tick: Tick<T>,
        theta: &[T],
        gradient: &[T],
        updated: &mut [T],
    ) -> Result<()> {
        let gradient: Vec<f64> = gradient.iter().map(|g| g.as_f64()).collect();
        if tick.step == 1 {
            next.bases = self.gathered(&gradient)?;
            for basis in next.bases.iter_mut().flatten() {
                basis.vectors = eigenbasis::descending(basis.statistic.view())?;
            }
            next.first.assign(&self.first);
            next.second.assign(&self.second);
            updated.copy_from_slice(theta);
            return Ok(());
        }
        let Soap { beta1, beta2, weight_decay, interval, bias_correction, .. } = self.settings;
        let steps = tick.step - 1;
        let rate = tick.learning_rate.as_f64();
        let correction = |beta: f64| if bias_correction { 1.0 - beta.powf(steps as f64) } else { 1.0 };
        let scale = rate * correction(beta2).sqrt() / correction(beta1);

        let direction = self.direction(next, &gradient)?;
        check::finite("second moment", &next.second)?;
        for (new, (x, u)) in updated.iter_mut().zip(theta.iter().zip(direction)) {
            let moved = x.as_f64() - scale * u;
            *new = T::of(moved - rate * weight_decay * moved);
        }
        next.bases = self.gathered(&gradient)?;
        if steps.is_multiple_of(interval) {
            self.turn(next)?;
        }
        Ok(())
    }

    fn save(&self, state: &mut State, name: &dyn Fn(&str) -> String) {
        state.put(name("first moment"), &self.first).put(name("second moment"), &self.second);
        for (axis, basis) in self.bases.iter().enumerate() {
            if let Some(Basis { statistic, vectors }) = basis {
                state.put(name(&format!("statistic {axis}")), statistic);
                state.put(name(&format!("basis {axis}")), vectors);
            }
        }
    }

    fn load(&mut self, reader: &mut StateReader<'_>, name: &dyn Fn(&str) -> String) -> Result<()> {
        self.first = reader.array(&name("first moment"), self.first.shape())?;
        self.second = reader.non_negative(&name("second moment"), self.second.shape())?;
        for (axis, basis) in self.bases.iter_mut().enumerate() {
            if let Some(Basis { statistic, vectors }) = basis {
                *statistic = reader.array(&name(&format!("statistic {axis}")), statistic.shape())?;
                *vectors = reader.array(&name(&format!("basis {axis}")), vectors.shape())?;
            }
        }
        Ok(())
    }
}
