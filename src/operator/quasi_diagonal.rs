use crate::linalg::{self, DiagonalRankOne};
use crate::operator::block_inverse::{BlockInverse, Factor};
use crate::operator::places::Places;
use crate::operator::spectral::{Part, SpectralDecomposition};
use crate::operator::{BlockOperator, LinearOperator};
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1, s};

/// The diagonal, and the products of every bias with the weights of its unit.
///
/// ```text
/// per unit:  M_00 = F_00,   M_0i = F_0i,   M_ii = F_ii,   M_ij = F_0i F_0j / F_00     (bias 0, weights i ≠ j)
/// ```
///
/// The completion of the kept entries in which weights are independent given the bias: of all it has the
/// greatest determinant, and it is positive semidefinite whenever F is. (The arrow matrix with M_ij = 0 keeps the same
/// entries and is indefinite in general.) Units without a bias have their diagonal.
///
/// # Cost
/// Fewer than 2P numbers, O(P) flops per product and per damped solve: a unit is a diagonal and one outer product.
///
/// # References
/// Ollivier 2015, "Riemannian metrics for neural networks I", Information and Inference 4(2) (arXiv 1303.0818).
#[derive(Debug, Clone, PartialEq)]
pub struct QuasiDiagonal<T> {
    dim: usize,
    units: Vec<Unit<T>>,
}

/// One output unit, weights first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unit<T> {
    /// Its weights, and its bias if it has one.
    pub(crate) places: Places,
    /// F_ii - F_0i²/F_00 ≥ 0: what the weights have of their own (F_ii without a bias).
    pub(crate) rest: Array1<T>,
    /// F_00 and F_0i.
    pub(crate) bias: Option<(T, Array1<T>)>,
}

impl<T: Scalar> Unit<T> {
    /// F_0i F_0j / F_00 is u uᵀ with this u; zero where the bias has no curvature.
    fn root(&self) -> Option<Array1<T>> {
        self.bias.as_ref().map(|(corner, cross)| {
            let scale = corner.sqrt();
            cross.mapv(|c| if scale.is_zero() { T::zero() } else { c / scale })
        })
    }

    fn apply(&self, v: Array1<T>) -> Array1<T> {
        let weights = self.rest.len();
        let mut image = Array1::zeros(v.len());
        for i in 0..weights {
            image[i] = self.rest[i] * v[i];
        }
        if let (Some(root), Some((corner, _))) = (self.root(), &self.bias) {
            let scale = corner.sqrt();
            let mut along = scale * v[weights];
            for i in 0..weights {
                along += root[i] * v[i];
            }
            for i in 0..weights {
                image[i] += root[i] * along;
            }
            image[weights] = scale * along;
        }
        image
    }

    /// The matrix and a shift: a diagonal that ends with 0 for the bias, and w wᵀ with w = (u, √F_00).
    fn factor(&self, shift: Array1<T>) -> Result<DiagonalRankOne<T>> {
        let weights = self.rest.len();
        let mut diagonal = shift;
        diagonal.slice_mut(s![..weights]).scaled_add(T::one(), &self.rest);
        let mut w = Array1::zeros(diagonal.len());
        if let (Some(root), Some((corner, _))) = (self.root(), &self.bias) {
            w.slice_mut(s![..weights]).assign(&root);
            w[weights] = corner.sqrt();
        }
        DiagonalRankOne::factor(diagonal.view(), w)
    }

    fn matrix(&self) -> Array2<T> {
        let order = self.places.len();
        let mut matrix = Array2::zeros((order, order));
        let mut unit = Array1::zeros(order);
        for i in 0..order {
            unit[i] = T::one();
            matrix.row_mut(i).assign(&self.apply(unit.clone()));
            unit[i] = T::zero();
        }
        matrix
    }
}

impl<T: Scalar> QuasiDiagonal<T> {
    /// Units whose places cover 0..dim once.
    pub(crate) fn new(dim: usize, units: Vec<Unit<T>>) -> Result<Self> {
        for unit in &units {
            check::finite("quasi-diagonal entries", &unit.rest)?;
            if let Some((corner, cross)) = &unit.bias {
                check::finite("quasi-diagonal entries", cross)?;
                check::finite("quasi-diagonal entries", &Array1::from_elem(1, *corner))?;
            }
        }
        Ok(QuasiDiagonal { dim, units })
    }
}

impl<T: Scalar> BlockOperator<T> for QuasiDiagonal<T> {
    fn count(&self) -> usize {
        self.units.len()
    }

    fn inverse(&self, shift: ArrayView1<'_, T>) -> Result<Box<dyn LinearOperator<T>>> {
        check::shape("shift", &[self.dim], shift.shape())?;
        let factor = |unit: &Unit<T>| {
            let factor = unit.factor(unit.places.gather(shift))?;
            Ok((unit.places.clone(), Factor::RankOne(factor)))
        };
        let blocks = self.units.iter().map(factor).collect::<Result<_>>()?;
        Ok(Box::new(BlockInverse { dim: self.dim, blocks }))
    }
}

impl<T: Scalar> LinearOperator<T> for QuasiDiagonal<T> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        check::shape("vector", &[self.dim], v.shape())?;
        let mut result = Array1::zeros(self.dim);
        for unit in &self.units {
            let image = unit.apply(unit.places.gather(v));
            unit.places.scatter(image.view(), result.view_mut());
        }
        Ok(result)
    }

    fn stored(&self) -> usize {
        let bias = |unit: &Unit<T>| unit.bias.as_ref().map_or(0, |(_, cross)| 1 + cross.len());
        self.units.iter().map(|unit| unit.rest.len() + bias(unit)).sum()
    }

    fn to_dense(&self) -> Result<Array2<T>> {
        let mut dense = Array2::zeros((self.dim, self.dim));
        for unit in &self.units {
            for ((i, j), &x) in unit.matrix().indexed_iter() {
                dense[[unit.places.get(i), unit.places.get(j)]] = x;
            }
        }
        Ok(dense)
    }

    fn diagonal(&self) -> Result<Array1<T>> {
        let mut diagonal = Array1::zeros(self.dim);
        for unit in &self.units {
            let mut part = unit.rest.to_vec();
            if let (Some(root), Some((corner, _))) = (unit.root(), &unit.bias) {
                part.iter_mut().zip(root).for_each(|(f, u)| *f += u * u);
                part.push(*corner);
            }
            unit.places.scatter(Array1::from(part).view(), diagonal.view_mut());
        }
        Ok(diagonal)
    }

    fn decompose(&self) -> Result<SpectralDecomposition<T>> {
        let parts: Result<Vec<Part<T>>> = self
            .units
            .iter()
            .map(|unit| match unit.bias {
                None => Ok(Part::Diagonal { places: unit.places.clone(), values: unit.rest.clone() }),
                Some(_) => Ok(Part::dense(unit.places.clone(), linalg::eigh(unit.matrix().view())?)),
            })
            .collect();
        Ok(SpectralDecomposition::new(self.dim, parts?))
    }
}
