//! A Fisher in the form that was asked for by name.

use crate::failure::{Failure, Outcome};
use crate::names::{Matrix, refuse};
use natgrad::fisher::{Fisher, Implicit, Provenance, Scores};
use natgrad::ndarray::ArrayView1;
use natgrad::operator::{Dense, Diagonal};
use natgrad::solver::{Cholesky, ConjugateGradient, Damping, DiagonalPower, Solution};
use natgrad::{LinearOperator, Result, Scalar, Solver};

/// The largest explicit matrix: 8 GiB of doubles.
pub const ORDER_LIMIT: usize = 32768;

pub enum View<T: Scalar> {
    Dense(Fisher<Dense<T>>),
    Diagonal(Fisher<Diagonal<T>>),
    Implicit(Box<Fisher<Implicit<T>>>),
}

/// How to solve, as the command line says it.
pub struct Solving<'a> {
    pub solver: &'a str,
    pub damping: Damping,
    pub tolerance: f64,
    pub max_iterations: usize,
}

impl<T: Scalar> View<T> {
    pub fn of(scores: &Scores<T>, matrix: Matrix) -> Outcome<Self> {
        Ok(match matrix {
            Matrix::Dense => {
                fits(scores.dim(), "use --matrix implicit or diagonal, with --no-dense")?;
                View::Dense(scores.dense()?)
            }
            Matrix::Diagonal => View::Diagonal(scores.diagonal()?),
            Matrix::Implicit => View::Implicit(Box::new(scores.implicit()?)),
        })
    }

    pub fn operator(&self) -> &dyn LinearOperator<T> {
        match self {
            View::Dense(fisher) => fisher,
            View::Diagonal(fisher) => fisher,
            View::Implicit(fisher) => fisher.as_ref(),
        }
    }

    pub fn provenance(&self) -> &Provenance {
        match self {
            View::Dense(fisher) => fisher.provenance(),
            View::Diagonal(fisher) => fisher.provenance(),
            View::Implicit(fisher) => fisher.provenance(),
        }
    }

    /// Numbers that the representation holds.
    pub fn numbers(&self, scores: &Scores<T>) -> usize {
        let order = scores.dim();
        match self {
            View::Dense(_) => order * order,
            View::Diagonal(_) => order,
            View::Implicit(fisher) => fisher.operator().stored(),
        }
    }

    /// Solves with the solver of this name; `auto` takes the one that fits.
    pub fn solve(&self, gradient: ArrayView1<'_, T>, how: &Solving<'_>) -> Outcome<Solution<T>> {
        let cg = ConjugateGradient {
            damping: how.damping,
            tolerance: how.tolerance,
            max_iterations: how.max_iterations,
        };
        let cholesky = Cholesky { damping: how.damping };
        let solution: Result<Solution<T>> = match (how.solver, self) {
            ("auto" | "cholesky", View::Dense(fisher)) => cholesky.solve(fisher, gradient),
            ("cg", View::Dense(fisher)) => cg.solve(fisher, gradient),
            ("auto" | "diagonal", View::Diagonal(fisher)) => {
                DiagonalPower::new(1.0)?.with_damping(how.damping).solve(fisher, gradient)
            }
            ("cg", View::Diagonal(fisher)) => cg.solve(fisher, gradient),
            ("auto" | "cg", View::Implicit(fisher)) => cg.solve(fisher.as_ref(), gradient),
            ("cholesky", _) => return Err(Failure::new("solver 'cholesky' needs --matrix dense")),
            ("diagonal", _) => return Err(Failure::new("solver 'diagonal' needs --matrix diagonal")),
            (name, _) => return Err(refuse("solver", name, "auto, cholesky, cg, diagonal")),
        };
        Ok(solution?)
    }
}

/// Refuses to write out a matrix that no memory holds.
pub fn fits(order: usize, advice: &str) -> Outcome {
    if order <= ORDER_LIMIT {
        return Ok(());
    }
    Err(Failure::new(format!(
        "a matrix of order {order} would be written out; the limit is {ORDER_LIMIT}; {advice}"
    )))
}
