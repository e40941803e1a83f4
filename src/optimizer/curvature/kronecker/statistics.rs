use super::{AffineLayers, FactorAverage};
use crate::operator::{KroneckerFactors, MatrixBlock};
use crate::optimizer::{State, StateReader};
use crate::{Error, Result};
use ndarray::Array2;

/// Kronecker factors averaged over time, in double precision.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statistics {
    factors: Vec<KroneckerFactors<f64>>,
    /// How many went into the average.
    count: u64,
}

impl Statistics {
    /// C₀: identities, which no average but the one that begins there sees.
    pub(crate) fn new(layers: &AffineLayers) -> Result<Self> {
        let identity = |block: &MatrixBlock| {
            let (rows, columns) = block.shape();
            KroneckerFactors::new(*block, Array2::eye(rows), Array2::eye(columns))
        };
        Ok(Statistics { factors: layers.blocks().iter().map(identity).collect::<Result<_>>()?, count: 0 })
    }

    pub(crate) fn factors(&self) -> &[KroneckerFactors<f64>] {
        &self.factors
    }

    /// The average with one more.
    pub(crate) fn with(
        &self,
        fresh: &[KroneckerFactors<f64>],
        average: FactorAverage,
        decay: f64,
    ) -> Result<Self> {
        let count = self.count + 1;
        let keep = average.keep(decay, count);
        let mix = |(old, new): (&KroneckerFactors<f64>, &KroneckerFactors<f64>)| {
            let left = &old.left() * keep + &new.left() * (1.0 - keep);
            let right = &old.right() * keep + &new.right() * (1.0 - keep);
            KroneckerFactors::new(old.block(), left, right)
        };
        Ok(Statistics { factors: self.factors.iter().zip(fresh).map(mix).collect::<Result<_>>()?, count })
    }

    pub(crate) fn save(&self, state: &mut State, names: &[String]) {
        state.number("statistics", self.count as f64);
        save_factors(&self.factors, state, "", names);
    }

    pub(crate) fn load(&mut self, reader: &mut StateReader<'_>, names: &[String]) -> Result<()> {
        self.count = count(reader, "statistics")?;
        self.factors = load_factors(&self.factors, reader, "", names)?;
        Ok(())
    }
}

/// Adds factors to a checkpoint as `PREFIXleft/LAYER` and `PREFIXright/LAYER`.
pub(crate) fn save_factors(
    factors: &[KroneckerFactors<f64>],
    state: &mut State,
    prefix: &str,
    names: &[String],
) {
    for (factors, name) in factors.iter().zip(names) {
        state.put(format!("{prefix}left/{name}"), &factors.left());
        state.put(format!("{prefix}right/{name}"), &factors.right());
    }
}

/// Takes factors of the same shapes out again.
pub(crate) fn load_factors(
    like: &[KroneckerFactors<f64>],
    reader: &mut StateReader<'_>,
    prefix: &str,
    names: &[String],
) -> Result<Vec<KroneckerFactors<f64>>> {
    let load = |(like, name): (&KroneckerFactors<f64>, &String)| {
        let left = reader.array(&format!("{prefix}left/{name}"), like.left().shape())?;
        let right = reader.array(&format!("{prefix}right/{name}"), like.right().shape())?;
        KroneckerFactors::new(like.block(), left, right)
    };
    like.iter().zip(names).map(load).collect()
}

/// A whole number of a checkpoint.
pub(crate) fn count(reader: &mut StateReader<'_>, name: &str) -> Result<u64> {
    let value = reader.scalar(name)?;
    if (0.0..9e15).contains(&value) && (value - value.floor()).abs() <= 0.0 {
        return Ok(value as u64);
    }
    Err(Error::Domain {
        quantity: "saved state",
        index: 0,
        value,
        requirement: "a whole number that is not negative",
    })
}
