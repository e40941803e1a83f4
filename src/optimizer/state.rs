use crate::{Error, Result, Scalar, check};
use ndarray::{Array, ArrayBase, ArrayD, ArrayView, ArrayView1, Data, Dimension, Ix1, IxDyn};
use std::collections::BTreeMap;

/// What a method remembers between two steps: named arrays, and the number of steps.
///
/// With θ it is all that a checkpoint needs: a method restored from it goes on bit-identically. Numbers are kept in
/// `f64`, which holds every `f32` exactly, so that one state serves both.
///
/// # Example
/// ```
/// use natgrad::{ndarray::array, optimizer::State};
/// let mut state = State::new(7);
/// state.put("momentum", &array![0.5f32, -1.0]).number("damping", 150.0);
/// let mut reader = state.reader();
/// let momentum: natgrad::ndarray::Array1<f32> = reader.array("momentum", &[2])?;
/// assert_eq!((momentum[1], reader.scalar("damping")?, state.steps()), (-1.0, 150.0, 7));
/// reader.finish()?;                                                // nothing is left over
/// assert!(state.reader().finish().is_err());
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    steps: u64,
    arrays: BTreeMap<String, ArrayD<f64>>,
}

impl State {
    /// With no arrays yet, after this many steps.
    pub fn new(steps: u64) -> Self {
        State { steps, arrays: BTreeMap::new() }
    }

    /// Steps taken, t.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Adds an array; one of the same name is replaced.
    pub fn put<T: Scalar, S: Data<Elem = T>, D: Dimension>(
        &mut self,
        name: impl Into<String>,
        array: &ArrayBase<S, D>,
    ) -> &mut Self {
        self.arrays.insert(name.into(), array.mapv(Scalar::as_f64).into_dyn());
        self
    }

    /// Adds a number, as an array of dimension 0.
    pub fn number(&mut self, name: impl Into<String>, value: f64) -> &mut Self {
        self.arrays.insert(name.into(), ArrayD::from_elem(IxDyn(&[]), value));
        self
    }

    /// Adds all of another state, its names behind `prefix/`; its number of steps under `prefix/steps`.
    pub fn nest(&mut self, prefix: &str, inner: &State) -> &mut Self {
        for (name, array) in &inner.arrays {
            self.arrays.insert(format!("{prefix}/{name}"), array.clone());
        }
        self.number(format!("{prefix}/steps"), inner.steps as f64)
    }

    /// What was added by [`nest`](Self::nest).
    ///
    /// # Errors
    /// [`Error::Unsupported`] if there is no such part.
    pub fn nested(&self, prefix: &str) -> Result<State> {
        let mut inner = State::default();
        let mut steps = None;
        for (name, array) in &self.arrays {
            match name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')) {
                Some("steps") => steps = array.first().filter(|_| array.ndim() == 0).copied(),
                Some(rest) => {
                    inner.arrays.insert(rest.to_owned(), array.clone());
                }
                None => {}
            }
        }
        inner.steps = match steps {
            Some(steps) if (0.0..9e15).contains(&steps) => steps as u64,
            _ => return Err(missing(&format!("{prefix}/steps"), self)),
        };
        Ok(inner)
    }

    /// Names and arrays, in alphabetical order.
    pub fn arrays(&self) -> impl Iterator<Item = (&str, &ArrayD<f64>)> {
        self.arrays.iter().map(|(name, array)| (name.as_str(), array))
    }

    /// One array, if there is one of this name.
    pub fn get(&self, name: &str) -> Option<&ArrayD<f64>> {
        self.arrays.get(name)
    }

    /// A vector, if there is one of this name.
    pub fn vector(&self, name: &str) -> Option<ArrayView1<'_, f64>> {
        self.get(name)?.view().into_dimensionality::<Ix1>().ok()
    }

    /// Takes the arrays out one by one, each checked, and knows what is left.
    pub fn reader(&self) -> StateReader<'_> {
        StateReader { state: self, left: self.arrays.keys().map(String::as_str).collect() }
    }
}

/// See [`State::reader`].
#[derive(Debug)]
pub struct StateReader<'a> {
    state: &'a State,
    left: Vec<&'a str>,
}

impl StateReader<'_> {
    /// An array of this name and shape, all of it finite.
    ///
    /// # Errors
    /// [`Error::Unknown`] if it is missing, [`Error::Shape`], [`Error::NonFinite`].
    pub fn array<T: Scalar, D: Dimension>(&mut self, name: &str, shape: &[usize]) -> Result<Array<T, D>> {
        let array = self.take(name)?;
        check::shape("saved state", shape, array.shape())?;
        check::finite("saved state", &array)?;
        let shaped = array.mapv(T::of).into_dimensionality::<D>();
        shaped.map_err(|_| missing(name, self.state))
    }

    /// As [`array`](Self::array), and no entry below 0.
    ///
    /// # Errors
    /// Also [`Error::Domain`], with the index.
    pub fn non_negative<T: Scalar, D: Dimension>(
        &mut self,
        name: &str,
        shape: &[usize],
    ) -> Result<Array<T, D>> {
        let array = self.array::<T, D>(name, shape)?;
        match array.iter().position(|value| *value < T::zero()) {
            None => Ok(array),
            Some(index) => {
                let value = array.iter().nth(index).map_or(f64::NAN, |value| value.as_f64());
                Err(Error::Domain { quantity: "saved state", index, value, requirement: "at least 0" })
            }
        }
    }

    /// A finite number.
    ///
    /// # Errors
    /// As [`array`](Self::array).
    pub fn scalar(&mut self, name: &str) -> Result<f64> {
        Ok(self.array::<f64, ndarray::Ix0>(name, &[])?.into_scalar())
    }

    /// A part that was added by [`State::nest`].
    ///
    /// # Errors
    /// As [`State::nested`].
    pub fn nested(&mut self, prefix: &str) -> Result<State> {
        let inner = self.state.nested(prefix)?;
        self.left.retain(|name| !name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/')));
        Ok(inner)
    }

    /// Whether an array of this name is there and not yet taken.
    pub fn has(&self, name: &str) -> bool {
        self.left.contains(&name)
    }

    /// That nothing is left.
    ///
    /// # Errors
    /// [`Error::Unknown`] for the first array that nobody asked for.
    pub fn finish(self) -> Result<()> {
        match self.left.first() {
            None => Ok(()),
            Some(name) => {
                let known = self.state.arrays.keys().filter(|known| !self.left.contains(&known.as_str()));
                let known = known.cloned().collect::<Vec<_>>().join(", ");
                Err(Error::Unknown { what: "array of a saved state", name: (*name).to_owned(), known })
            }
        }
    }

    fn take(&mut self, name: &str) -> Result<ArrayView<'_, f64, IxDyn>> {
        self.left.retain(|left| *left != name);
        self.state.get(name).map(|array| array.view()).ok_or_else(|| missing(name, self.state))
    }
}

fn missing(name: &str, state: &State) -> Error {
    let held = state.arrays.keys().cloned().collect::<Vec<_>>().join(", ");
    Error::Unknown {
        what: "array wanted of a saved state",
        name: name.to_owned(),
        known: format!("only {held}"),
    }
}
