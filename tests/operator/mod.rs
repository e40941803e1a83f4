//! Laws of operators, on all of them, by random cases from a fixed seed.

mod spectral_density;
mod stochastic;
mod structured;
mod unit_inverse;

use crate::support::cases::{double, matrix, vector};
use crate::support::close::{all_close, close, near, rounding};
use crate::support::naive;
use natgrad::operator::{Damped, Dense, DenseOperator, Diagonal, DiagonalOperator, Scaled, Sum};
use natgrad::{Error, LinearOperator, Result, Scalar};
use ndarray::{Array1, Array2, ArrayView1, array};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// An operator with nothing of its own but the product: the default methods do the rest.
#[derive(Debug)]
struct Bare<T>(Dense<T>);

impl<T: Scalar> LinearOperator<T> for Bare<T> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        self.0.apply(v)
    }
}

/// One random case: order n, a root B (n × n), a diagonal, vectors and numbers, all multiples of 1/8.
#[derive(Debug, Clone)]
struct Case {
    root: Array2<f64>,
    diagonal: Array1<f64>,
    u: Array1<f64>,
    v: Array1<f64>,
    lambda: f64,
    factor: f64,
}

fn case() -> impl Strategy<Value = Case> {
    (1usize..=11).prop_flat_map(|n| {
        let eighths =
            |low: i32, count| proptest::collection::vec((low..=16).prop_map(|k| f64::from(k) / 8.0), count);
        (eighths(-16, n * n), eighths(0, n), eighths(-16, n), eighths(-16, n), 1i32..40, 1i32..40).prop_map(
            move |(root, diagonal, u, v, lambda, factor)| Case {
                root: Array2::from_shape_vec((n, n), root).unwrap(),
                diagonal: Array1::from(diagonal),
                u: Array1::from(u),
                v: Array1::from(v),
                lambda: f64::from(lambda) / 8.0,
                factor: f64::from(factor) / 8.0,
            },
        )
    })
}

/// Random cases from a fixed seed, no files.
fn for_cases(check: impl Fn(Case)) {
    let config = Config { cases: 101, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&case(), |case| {
        check(case);
        Ok(())
    });
    outcome.unwrap();
}

/// A name, an operator, and its matrix made by hand.
type Row<T> = (&'static str, Box<dyn LinearOperator<T>>, Array2<f64>);

/// Every operator of a case.
fn operators<T: Scalar>(case: &Case) -> Vec<Row<T>> {
    let n = case.u.len();
    let a = naive::matmul(&case.root, &naive::transpose(&case.root));
    let d = Array2::from_shape_fn((n, n), |(i, j)| if i == j { case.diagonal[i] } else { 0.0 });
    let identity = Array2::from_shape_fn((n, n), |(i, j)| if i == j { 1.0 } else { 0.0 });
    let dense = || Dense::new(matrix::<T>(&a)).unwrap();
    let diagonal = || Diagonal::new(vector::<T>(&case.diagonal.to_vec())).unwrap();
    let (lambda, factor) = (T::of(case.lambda), T::of(case.factor));
    vec![
        ("dense", Box::new(dense()), a.clone()),
        ("bare", Box::new(Bare(dense())), a.clone()),
        ("diagonal", Box::new(diagonal()), d.clone()),
        ("damped dense", Box::new(Damped::new(dense(), lambda).unwrap()), &a + &identity * case.lambda),
        ("damped bare", Box::new(Damped::new(Bare(dense()), lambda).unwrap()), &a + &identity * case.lambda),
        ("damped diagonal", Box::new(Damped::new(diagonal(), lambda).unwrap()), &d + &identity * case.lambda),
        ("scaled dense", Box::new(Scaled::new(dense(), factor).unwrap()), &a * case.factor),
        ("scaled diagonal", Box::new(Scaled::new(diagonal(), factor).unwrap()), &d * case.factor),
        ("scaled by zero", Box::new(Scaled::new(dense(), T::zero()).unwrap()), &a * 0.0),
        ("sum", Box::new(Sum::new(dense(), diagonal()).unwrap()), &a + &d),
        (
            "damped sum of scaled",
            Box::new(
                Damped::new(
                    Sum::new(Scaled::new(Bare(dense()), factor).unwrap(), diagonal()).unwrap(),
                    lambda,
                )
                .unwrap(),
            ),
            &a * case.factor + &d + &identity * case.lambda,
        ),
        (
            "scaled damped",
            Box::new(Scaled::new(Damped::new(dense(), lambda).unwrap(), factor).unwrap()),
            (&a + &identity * case.lambda) * case.factor,
        ),
    ]
}

fn views_of_the_matrix_agree<T: Scalar>() {
    let tolerance = rounding::<T>(16.0);
    for_cases(|case| {
        for (name, operator, matrix) in operators::<T>(&case) {
            let n = case.u.len();
            let largest = matrix.iter().fold(0.0f64, |m, x| m.max(x.abs())) * n as f64;
            let (u, v) = (vector::<T>(&case.u.to_vec()), vector::<T>(&case.v.to_vec()));
            assert_eq!(operator.dim(), n, "{name}");
            let product = double(&operator.apply(v.view()).unwrap());
            for (found, expected) in product.iter().zip(&naive::apply(&matrix, &case.v)) {
                near(*found, *expected, tolerance * 2.0 * largest);
            }
            all_close(&operator.to_dense().unwrap(), &matrix, tolerance);
            let dense = operator.to_dense().unwrap();
            assert_eq!(dense, dense.t(), "{name} is not symmetric");
            let diagonal: Vec<f64> = (0..n).map(|i| matrix[[i, i]]).collect();
            all_close(&operator.diagonal().unwrap(), &diagonal, tolerance);
            close(operator.trace().unwrap().as_f64(), diagonal.iter().sum(), tolerance);
            let square: f64 = matrix.iter().map(|x| x * x).sum();
            close(operator.frobenius_norm().unwrap().as_f64(), square.sqrt(), tolerance);
            let form = naive::dot(&case.v, &naive::apply(&matrix, &case.v));
            near(
                operator.quadratic_form(v.view()).unwrap().as_f64(),
                form,
                tolerance * 4.0 * largest * n as f64,
            );
            // ⟨u, Fv⟩ = ⟨Fu, v⟩.
            let other = double(&operator.apply(u.view()).unwrap());
            near(
                naive::dot(&case.u, &product),
                naive::dot(&other, &case.v),
                tolerance * 8.0 * largest * n as f64,
            );
            // A reference is the operator itself.
            let reference: &dyn LinearOperator<T> = &*operator;
            assert_eq!(LinearOperator::<T>::to_dense(&reference).unwrap(), dense);
            assert_eq!(
                LinearOperator::<T>::trace(&reference).unwrap().as_f64().to_bits(),
                operator.trace().unwrap().as_f64().to_bits()
            );
        }
    });
}

fn application_is_linear<T: Scalar>() {
    for_cases(|case| {
        for (name, operator, matrix) in operators::<T>(&case) {
            let (u, v) = (vector::<T>(&case.u.to_vec()), vector::<T>(&case.v.to_vec()));
            // Powers of two, exact in either scalar.
            let (a, b) = (T::of(2.0), T::of(-0.5));
            let together = operator.apply((&u * a + &v * b).view()).unwrap();
            let apart = operator.apply(u.view()).unwrap() * a + operator.apply(v.view()).unwrap() * b;
            let bound = matrix.iter().fold(0.0f64, |m, x| m.max(x.abs())) * 16.0 * u.len() as f64;
            for (x, y) in together.iter().zip(&apart) {
                assert!((*x - *y).abs().as_f64() <= rounding::<T>(8.0) * bound, "{name}: {x} and {y}");
            }
        }
    });
}

/// Lengths one off either way, and none at all: the same error from every operator and every method.
fn wrong_lengths<T: Scalar>() {
    for_cases(|case| {
        let n = case.u.len();
        for (name, operator, _) in operators::<T>(&case) {
            for found in [n - 1, n + 1, 0] {
                let expected = Error::Shape { quantity: "vector", expected: vec![n], found: vec![found] };
                let v = Array1::<T>::ones(found);
                assert_eq!(operator.apply(v.view()).unwrap_err(), expected, "{name}");
                assert_eq!(operator.quadratic_form(v.view()).unwrap_err(), expected, "{name}");
            }
        }
    });
}

/// F = [[2, 1], [1, 3]]: 5 F + ½ I and its numbers by hand.
fn algebra_by_hand<T: Scalar>() {
    let f = Dense::new(array![[2.0, 1.0], [1.0, 3.0]].mapv(T::of)).unwrap();
    let g = Damped::new(Scaled::new(&f, T::of(5.0)).unwrap(), T::of(0.5)).unwrap();
    assert_eq!(g.to_dense().unwrap(), array![[10.5, 5.0], [5.0, 15.5]].mapv(T::of));
    assert_eq!(g.apply(array![2.0, -1.0].mapv(T::of).view()).unwrap(), array![16.0, -5.5].mapv(T::of));
    close(g.trace().unwrap().as_f64(), 26.0, 0.0);
    close(g.frobenius_norm().unwrap().as_f64(), 400.5f64.sqrt(), rounding::<T>(4.0));
    close(g.quadratic_form(array![2.0, -1.0].mapv(T::of).view()).unwrap().as_f64(), 37.5, 0.0);
    assert_eq!(f.matrix(), f.to_dense().unwrap());
    assert_eq!(f.clone().into_matrix(), array![[2.0, 1.0], [1.0, 3.0]].mapv(T::of));
    let d = Diagonal::new(array![3.0, 0.0, 4.0].mapv(T::of)).unwrap();
    close(d.frobenius_norm().unwrap().as_f64(), 5.0, rounding::<T>(1.0));
    assert_eq!(d.entries(), array![3.0, 0.0, 4.0].mapv(T::of));
    assert_eq!(d.into_entries(), array![3.0, 0.0, 4.0].mapv(T::of));
}

/// Norms of numbers whose squares neither overflow nor vanish in wider arithmetic.
fn norms_survive_their_squares<T: Scalar>() {
    for exponent in [-100, 100] {
        let scale = if T::NAME == "float32" { exponent } else { 9 * exponent };
        let x = T::of(2.0).powi(scale);
        let d = Diagonal::new(array![T::of(3.0) * x, T::of(4.0) * x]).unwrap();
        close((d.frobenius_norm().unwrap() / x).as_f64(), 5.0, rounding::<T>(2.0));
        close(
            (Dense::new(d.to_dense().unwrap()).unwrap().frobenius_norm().unwrap() / x).as_f64(),
            5.0,
            rounding::<T>(2.0),
        );
    }
}

fn refusals<T: Scalar>() {
    let dense = || Dense::new(array![[2.0, 1.0], [1.0, 3.0]].mapv(T::of)).unwrap();
    for bad in [-0.5, f64::NAN, f64::INFINITY] {
        let texts = [
            Damped::new(dense(), T::of(bad)).unwrap_err().to_string(),
            Scaled::new(dense(), T::of(bad)).unwrap_err().to_string(),
        ];
        let value = if bad.is_nan() { "NaN".into() } else { bad.to_string() };
        assert_eq!(texts[0], format!("damping = {value}; it must be finite and at least 0"));
        assert_eq!(texts[1], format!("factor = {value}; it must be finite and at least 0"));
    }
    let three = Diagonal::new(Array1::<T>::ones(3)).unwrap();
    assert_eq!(
        Sum::new(dense(), three).unwrap_err(),
        Error::Shape { quantity: "right operator of a sum", expected: vec![2, 2], found: vec![3, 3] }
    );
    assert_eq!(
        Dense::new(Array2::<T>::zeros((2, 3))).unwrap_err(),
        Error::Shape { quantity: "matrix", expected: vec![2, 2], found: vec![2, 3] }
    );
    let skew = array![[2.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.25, 1.0]].mapv(T::of);
    let error = Dense::new(skew).unwrap_err();
    assert_eq!(
        error.to_string(),
        "matrix[7] = 0.25; it must be equal to its mirror image (the matrix must be symmetric)"
    );
    let error = Dense::new(array![[1.0, f64::NAN], [0.0, 1.0]].mapv(T::of)).unwrap_err();
    assert!(matches!(error, Error::NonFinite { quantity: "matrix", index: 1, .. }));
    assert_eq!(
        Diagonal::new(array![1.0, 2.0, -0.5].mapv(T::of)).unwrap_err(),
        Error::Domain { quantity: "diagonal", index: 2, value: -0.5, requirement: "at least 0" }
    );
    assert_eq!(
        Diagonal::new(array![1.0, f64::INFINITY].mapv(T::of)).unwrap_err(),
        Error::NonFinite { quantity: "diagonal", index: 1, value: f64::INFINITY }
    );
}

/// Order zero is an operator too.
fn order_zero<T: Scalar>() {
    let empty =
        Sum::new(Dense::new(Array2::<T>::zeros((0, 0))).unwrap(), Diagonal::new(Array1::zeros(0)).unwrap());
    let operator = Damped::new(empty.unwrap(), T::one()).unwrap();
    assert_eq!(operator.dim(), 0);
    assert_eq!(operator.apply(Array1::zeros(0).view()).unwrap().len(), 0);
    assert!(operator.trace().unwrap().is_zero() && operator.frobenius_norm().unwrap().is_zero());
}

on_both!(
    views_of_the_matrix_agree,
    application_is_linear,
    wrong_lengths,
    algebra_by_hand,
    norms_survive_their_squares,
    refusals,
    order_zero,
);
