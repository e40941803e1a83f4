//! A Fisher in the form that was asked for by name.

use crate::failure::{Failure, Outcome};
use crate::names::{SOLVERS, refuse};
use natgrad::fisher::{Bias, Fisher, Form, Gram, Implicit, Provenance, Scores};
use natgrad::ndarray::ArrayView1;
use natgrad::operator::{BlockDiagonal, Dense, Diagonal, EigenKronecker, Kronecker, QuasiDiagonal};
use natgrad::solver::{
    Auto, BlockSolver, Cholesky, ConjugateGradient, Damping, DiagonalPower, Eigen, Eigenbasis,
    KroneckerSolver, Lanczos, PreconditionedConjugateGradient, Solution, Woodbury,
};
use natgrad::{LinearOperator, Result, Scalar, Solver};

/// The largest explicit matrix: 8 GiB of doubles.
pub const ORDER_LIMIT: usize = 32768;

/// By the type of the operator, which decides the solvers that fit.
pub enum View<T: Scalar> {
    Dense(Fisher<Dense<T>>),
    Diagonal(Fisher<Diagonal<T>>),
    QuasiDiagonal(Fisher<QuasiDiagonal<T>>),
    Blocks(Fisher<BlockDiagonal<T>>),
    Kronecker(Fisher<Kronecker<T>>),
    EigenKronecker(Fisher<EigenKronecker<T>>),
    Gram(Box<Fisher<Gram<T>>>),
    Implicit(Box<Fisher<Implicit<T>>>),
}

/// The same for whichever operator a view holds.
macro_rules! each {
    ($view:expr, $fisher:ident => $result:expr) => {
        match $view {
            View::Dense($fisher) => $result,
            View::Diagonal($fisher) => $result,
            View::QuasiDiagonal($fisher) => $result,
            View::Blocks($fisher) => $result,
            View::Kronecker($fisher) => $result,
            View::EigenKronecker($fisher) => $result,
            View::Gram($fisher) => $result,
            View::Implicit($fisher) => $result,
        }
    };
}

/// How to solve, as the command line says it.
pub struct Solving<'a> {
    pub solver: &'a str,
    pub damping: Damping,
    pub tolerance: f64,
    pub max_iterations: usize,
}

impl<T: Scalar> View<T> {
    pub fn of(scores: &Scores<T>, form: Form) -> Outcome<Self> {
        Ok(match form {
            Form::Dense => {
                fits(scores.dim(), "use --matrix implicit or diagonal, with --no-dense")?;
                View::Dense(scores.dense()?)
            }
            Form::Implicit => View::Implicit(Box::new(scores.implicit()?)),
            Form::Gram => View::Gram(Box::new(scores.gram()?)),
            Form::Block => View::Blocks(scores.blocks()?),
            Form::UnitBlock => View::Blocks(scores.unit_blocks()?),
            Form::QuasiDiagonal => View::QuasiDiagonal(scores.quasi_diagonal()?),
            Form::Diagonal => View::Diagonal(scores.diagonal()?),
            Form::DiagonalKronecker => View::Diagonal(scores.diagonal_kronecker()?),
            Form::Kfac => View::Kronecker(scores.kfac()?),
            Form::KfacSeparate => View::Kronecker(scores.kfac_with(Bias::Separate)?),
            Form::Kfoc => View::Kronecker(scores.kfoc()?),
            Form::Tkfac => View::Kronecker(scores.tkfac()?),
            Form::Ekfac => View::EigenKronecker(scores.ekfac()?),
            other => return Err(Failure::new(format!("matrix '{other}' is not known to the command line"))),
        })
    }

    pub fn operator(&self) -> &dyn LinearOperator<T> {
        each!(self, fisher => fisher)
    }

    pub fn provenance(&self) -> &Provenance {
        each!(self, fisher => fisher.provenance())
    }

    /// Solves with the solver of this name; `auto` takes the one that fits.
    pub fn solve(&self, gradient: ArrayView1<'_, T>, how: &Solving<'_>) -> Outcome<Solution<T>> {
        let Solving { damping, tolerance, max_iterations, .. } = *how;
        let needs = |solver: &str, form: &str| {
            Err(Failure::new(format!("solver '{solver}' needs --matrix {form}, not {}", self.name())))
        };
        let solution: Result<Solution<T>> = match (how.solver, self) {
            ("auto", View::Implicit(fisher)) => {
                let jacobi = PreconditionedConjugateGradient::jacobi(fisher.as_ref(), damping)?;
                PreconditionedConjugateGradient { tolerance, max_iterations, ..jacobi }
                    .solve(fisher.as_ref(), gradient)
            }
            ("auto", _) => each!(self, fisher => Auto { damping }.solve(fisher, gradient)),
            ("cg", _) => {
                let cg = ConjugateGradient { damping, tolerance, max_iterations };
                each!(self, fisher => cg.solve(fisher, gradient))
            }
            ("lanczos", _) => {
                let lanczos = Lanczos { tolerance, max_iterations, ..Lanczos::damped(damping.value()) };
                if !matches!(damping, Damping::None | Damping::Exact(_)) {
                    return Err(Failure::new("solver 'lanczos' takes --scheme exact only"));
                }
                each!(self, fisher => lanczos.solve(fisher, gradient))
            }
            ("eigen", _) => {
                let eigen = Eigen { damping, cutoff: None };
                each!(self, fisher => eigen.solve(fisher, gradient))
            }
            ("cholesky", View::Dense(fisher)) => Cholesky { damping }.solve(fisher, gradient),
            ("diagonal", View::Diagonal(fisher)) => {
                DiagonalPower::new(1.0)?.with_damping(damping).solve(fisher, gradient)
            }
            ("block", View::Blocks(fisher)) => BlockSolver { damping }.solve(fisher, gradient),
            ("block", View::QuasiDiagonal(fisher)) => BlockSolver { damping }.solve(fisher, gradient),
            ("kronecker", View::Kronecker(fisher)) => KroneckerSolver { damping }.solve(fisher, gradient),
            ("kronecker" | "eigenbasis", View::EigenKronecker(fisher)) => {
                Eigenbasis { damping }.solve(fisher, gradient)
            }
            ("woodbury", View::Gram(fisher)) => Woodbury { damping }.solve(fisher.as_ref(), gradient),
            ("cholesky", _) => return needs("cholesky", "dense"),
            ("diagonal", _) => return needs("diagonal", "diagonal or diagonal-kronecker"),
            ("block", _) => return needs("block", "block, unit-block or quasi-diagonal"),
            ("kronecker", _) => return needs("kronecker", "kfac, kfac-separate, kfoc, tkfac or ekfac"),
            ("eigenbasis", _) => return needs("eigenbasis", "ekfac"),
            ("woodbury", _) => return needs("woodbury", "gram"),
            (name, _) => return Err(refuse("solver", name, SOLVERS)),
        };
        Ok(solution?)
    }

    /// The form, as it is asked for.
    pub fn name(&self) -> &'static str {
        each!(self, fisher => fisher.representation())
    }
}

/// The matrix that a solver is for, where none is asked for.
pub fn form_of(solver: &str) -> &'static str {
    match solver {
        "diagonal" => "diagonal",
        "block" => "block",
        "kronecker" => "kfac",
        "eigenbasis" => "ekfac",
        "woodbury" => "gram",
        "cg" | "lanczos" => "implicit",
        _ => "dense",
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
