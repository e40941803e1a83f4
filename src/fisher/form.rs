use crate::fisher::{Bias, Fisher, Provenance, Scores};
use crate::operator::LinearOperator;
use crate::{Error, Result, Scalar};
use std::fmt;
use std::str::FromStr;

/// Any operator behind a pointer.
pub type BoxedOperator<T> = Box<dyn LinearOperator<T> + Send + Sync>;

/// A representation chosen at run time, by the name the command line uses.
///
/// At a call site the methods of [`Scores`] are shorter, and keep the type of the operator.
///
/// # Example
/// ```
/// use natgrad::fisher::Form;
/// assert_eq!("kfac".parse::<Form>()?, Form::Kfac);
/// assert_eq!(Form::ALL.len(), 13);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// [`Scores::dense`]
    Dense,
    /// [`Scores::implicit`]
    Implicit,
    /// [`Scores::gram`]
    Gram,
    /// [`Scores::blocks`]
    Block,
    /// [`Scores::unit_blocks`]
    UnitBlock,
    /// [`Scores::quasi_diagonal`]
    QuasiDiagonal,
    /// [`Scores::diagonal`]
    Diagonal,
    /// [`Scores::kfac`]
    Kfac,
    /// [`Scores::kfac_with`]
    KfacSeparate,
    /// [`Scores::ekfac`]
    Ekfac,
    /// [`Scores::kfoc`]
    Kfoc,
    /// [`Scores::tkfac`]
    Tkfac,
    /// [`Scores::diagonal_kronecker`]
    DiagonalKronecker,
}

impl Form {
    /// All of them, those that lose nothing first.
    pub const ALL: [Form; 13] = [
        Form::Dense,
        Form::Implicit,
        Form::Gram,
        Form::Block,
        Form::UnitBlock,
        Form::QuasiDiagonal,
        Form::Diagonal,
        Form::Kfac,
        Form::KfacSeparate,
        Form::Ekfac,
        Form::Kfoc,
        Form::Tkfac,
        Form::DiagonalKronecker,
    ];

    /// The name the command line uses.
    pub fn name(self) -> &'static str {
        match self {
            Form::Dense => "dense",
            Form::Implicit => "implicit",
            Form::Gram => "gram",
            Form::Block => "block",
            Form::UnitBlock => "unit-block",
            Form::QuasiDiagonal => "quasi-diagonal",
            Form::Diagonal => "diagonal",
            Form::Kfac => "kfac",
            Form::KfacSeparate => "kfac-separate",
            Form::Ekfac => "ekfac",
            Form::Kfoc => "kfoc",
            Form::Tkfac => "tkfac",
            Form::DiagonalKronecker => "diagonal-kronecker",
        }
    }

    /// Whether it is the matrix of the scores itself, whatever the scores are.
    pub fn is_lossless(self) -> bool {
        matches!(self, Form::Dense | Form::Implicit | Form::Gram)
    }

    /// This view of the scores.
    ///
    /// # Errors
    /// Those of the method of [`Scores`] of this name.
    pub fn represent<T: Scalar>(self, scores: &Scores<T>) -> Result<Fisher<BoxedOperator<T>>> {
        Ok(match self {
            Form::Dense => boxed(scores.dense()?),
            Form::Implicit => boxed(scores.implicit()?),
            Form::Gram => boxed(scores.gram()?),
            Form::Block => boxed(scores.blocks()?),
            Form::UnitBlock => boxed(scores.unit_blocks()?),
            Form::QuasiDiagonal => boxed(scores.quasi_diagonal()?),
            Form::Diagonal => boxed(scores.diagonal()?),
            Form::Kfac => boxed(scores.kfac()?),
            Form::KfacSeparate => boxed(scores.kfac_with(Bias::Separate)?),
            Form::Ekfac => boxed(scores.ekfac()?),
            Form::Kfoc => boxed(scores.kfoc()?),
            Form::Tkfac => boxed(scores.tkfac()?),
            Form::DiagonalKronecker => boxed(scores.diagonal_kronecker()?),
        })
    }
}

fn boxed<T: Scalar, R: LinearOperator<T> + Send + Sync + 'static>(
    fisher: Fisher<R>,
) -> Fisher<BoxedOperator<T>> {
    let (representation, provenance): (&'static str, Provenance) =
        (fisher.representation(), fisher.provenance().clone());
    let operator: BoxedOperator<T> = Box::new(fisher.into_operator());
    Fisher::from_parts(operator, representation, provenance)
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Form {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Form::ALL.into_iter().find(|form| form.name() == name).ok_or_else(|| Error::Unknown {
            what: "matrix",
            name: name.to_owned(),
            known: Form::ALL.map(Form::name).join(", "),
        })
    }
}
