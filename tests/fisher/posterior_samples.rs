//! Draws of N(0, (F + λI)⁻¹) from every structure of a decomposition: their second moments, by z-scores.
//!
//! Of R independent draws the mean of (uᵀx)(wᵀx) has the variance ((uᵀCu)(wᵀCw) + (uᵀCw)²)/R, and Σ xᵀC⁻¹x is χ² with
//! R·P degrees of freedom; both exactly, for a normal law.

use super::score_twin::to_nalgebra;
use super::support::*;
use natgrad::fisher::{BoxedOperator, Exact, Fisher, Form};
use natgrad::ndarray::{Array1, Array2};
use natgrad::operator::{Damped, SpectralDecomposition};
use natgrad::random::{Purpose, Streams};
use natgrad::{Error, LinearOperator, Scalar};

const DRAWS: u64 = 4000;
const DAMPING: f64 = 0.03;

/// M2: order 21, and so a null space where the matrix is stored as a root.
fn form<T: Scalar>(form: Form) -> Fisher<BoxedOperator<T>> {
    form.represent(&reference("M2").linearize::<T>().scores(&Exact).unwrap()).unwrap()
}

fn streams() -> Streams {
    Streams::new(3, Purpose::Directions)
}

fn assert_moments<T: Scalar>(what: &str, f: &dyn LinearOperator<T>) {
    let order = f.dim();
    let mut precision = to_nalgebra(&f.to_dense().unwrap().mapv(|x| x.as_f64()));
    for i in 0..order {
        precision[(i, i)] += DAMPING;
    }
    let inverse = precision.clone().try_inverse().unwrap();
    let covariance = Array2::from_shape_fn((order, order), |(i, j)| inverse[(i, j)]);
    let precision = Array2::from_shape_fn((order, order), |(i, j)| precision[(i, j)]);

    let decomposition: SpectralDecomposition<T> = f.decompose().unwrap();
    let draws: Vec<Array1<f64>> = (0..DRAWS)
        .map(|k| decomposition.sample(T::of(DAMPING), &streams(), k).unwrap().mapv(|x| x.as_f64()))
        .collect();
    let count = DRAWS as f64;
    let length: f64 = draws.iter().map(|x| x.dot(&precision.dot(x))).sum();
    let z = (length - count * order as f64) / (2.0 * count * order as f64).sqrt();
    assert!(z.abs() < 4.0, "{what}: z of the length is {z:.2}");

    // Directions: a few without structure, and one at either end of the spectrum.
    let mut lcg = Lcg::new(19);
    let directions: Vec<Array1<f64>> = (0..5).map(|_| lcg.unit(order)).collect();
    for (a, u) in directions.iter().enumerate() {
        let ucu = u.dot(&covariance.dot(u));
        let mean = draws.iter().map(|x| u.dot(x)).sum::<f64>() / count;
        assert!((mean / (ucu / count).sqrt()).abs() < 4.0, "{what}: mean along {a}");
        for (b, w) in directions.iter().enumerate().take(a + 1) {
            let (wcw, ucw) = (w.dot(&covariance.dot(w)), u.dot(&covariance.dot(w)));
            let products = |lag: usize| {
                let pairs = draws.iter().zip(draws.iter().cycle().skip(lag));
                pairs.map(|(x, y)| u.dot(x) * w.dot(y)).sum::<f64>() / count
            };
            let z = (products(0) - ucw) / ((ucu * wcw + ucw * ucw) / count).sqrt();
            assert!(z.abs() < 4.0, "{what}: z of the second moment {a} {b} is {z:.2}");
            // Neighbouring draws are independent.
            let z = products(1) / (ucu * wcw / count).sqrt();
            assert!(z.abs() < 4.0, "{what}: z of the product of neighbours {a} {b} is {z:.2}");
        }
    }
}

#[test]
fn draws_have_the_inverse_as_covariance() {
    for name in Form::ALL {
        assert_moments(&format!("{name} double"), &form::<f64>(name));
    }
    for name in [Form::Gram, Form::QuasiDiagonal, Form::Kfac, Form::Diagonal] {
        assert_moments(&format!("{name} single"), &form::<f32>(name));
    }
    let damped = Damped::new(form::<f64>(Form::Kfac), 0.01).unwrap();
    assert_moments("damped", &damped);
}

#[test]
fn a_draw_is_a_function_of_its_number() {
    for name in Form::ALL {
        let f = form::<f64>(name).decompose().unwrap();
        let draw = |k: u64| bits(&f.sample(DAMPING, &streams(), k).unwrap());
        let forwards: Vec<_> = (0..7).map(draw).collect();
        let backwards: Vec<_> = (0..7).rev().map(draw).collect();
        assert!(forwards.iter().eq(backwards.iter().rev()), "{name}");
        assert!((1..7).all(|k| forwards[k] != forwards[0]), "{name}");
        let other = f.sample(DAMPING, &Streams::new(4, Purpose::Directions), 0).unwrap();
        assert_ne!(bits(&other), forwards[0], "{name}: another seed");
    }
}

/// Without damping, and a null space: no draw, and no NaN.
#[test]
fn a_singular_matrix_has_no_draws() {
    for name in Form::ALL.into_iter().filter(|form| form.is_lossless()) {
        let f = form::<f64>(name).decompose().unwrap();
        assert!(matches!(f.sample(0.0, &streams(), 0), Err(Error::Singular { .. })), "{name}");
        assert!(matches!(f.log_determinant(0.0), Err(Error::Singular { .. })), "{name}");
    }
}
