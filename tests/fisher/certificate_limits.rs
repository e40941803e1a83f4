//! Certificates where there is little to certify: no curvature, no rank, no damping, no scale. A number or an error, never NaN.

use super::support::*;
use natgrad::fisher::{
    Candidate, Comparison, Contest, DirectionComparison, Empirical, Exact, Form, KlCertificate, Loewner,
    Reference,
};
use natgrad::model::Activation;
use natgrad::ndarray::{Array1, Array2, array};
use natgrad::operator::{Dense, Diagonal, Scaled};
use natgrad::{Error, LinearOperator, Scalar};
use std::sync::Mutex;

fn direction_numbers(d: &DirectionComparison) -> [f64; 7] {
    [d.euclidean_cosine, d.metric_cosine, d.efficiency, d.unit_efficiency, d.norm, d.slope, d.curvature]
}

/// That nothing in it is NaN.
fn assert_numbers(what: &str, c: &Comparison) {
    let matrix = [
        c.trace,
        c.relative_trace_error,
        c.frobenius,
        c.relative_frobenius_error,
        c.relative_spectral_error,
        c.generalised_range.0,
        c.generalised_range.1,
        c.kantorovich_bound,
        c.largest_step,
    ];
    let all = matrix.iter().chain(&c.block_errors).copied().chain(direction_numbers(&c.direction));
    assert!(all.into_iter().all(|x| !x.is_nan()), "{what}: {c:?}");
}

fn dense<T: Scalar>(matrix: &Array2<f64>) -> Dense<T> {
    Dense::new(matrix.mapv(T::of)).unwrap()
}

/// The problem made degenerate, the forms of it compared at a small damping, and at none.
#[test]
fn degenerate_models_give_numbers_or_errors() {
    let plain =
        |law: &str, widths: &[usize], data| Problem::random(law, Activation::Tanh, widths, true, data, 301);
    let mut saturated = plain("categorical", &[3, 5, 2], 7);
    saturated.theta.mapv_inplace(|x| x * 2000.0);
    let mut zero = plain("categorical", &[3, 5, 2], 7);
    zero.theta.fill(0.0);
    let mut constant = plain("bernoulli", &[3, 5, 2], 7);
    constant.x.column_mut(1).fill(1.0);
    let mut dead = plain("poisson", &[3, 5, 2], 7);
    dead.activation = Activation::Relu;
    dead.x.mapv_inplace(f64::abs);
    dead.theta.slice_mut(natgrad::ndarray::s![..20]).mapv_inplace(|x| -x.abs());
    let cases = [
        ("saturated", saturated),
        ("zero", zero),
        ("constant", constant),
        ("dead", dead),
        ("one datum", plain("categorical", &[3, 5, 2], 1)),
        ("one class", plain("categorical", &[3, 5, 1], 7)),
        ("one output", plain("bernoulli", &[3, 1], 7)),
    ];
    for (name, problem) in &cases {
        let lin = problem.linearize::<f64>();
        let scores = lin.scores(&Exact).unwrap();
        let exact = scores.dense().unwrap();
        let singular = Reference::new(&exact, lin.gradient().view(), 0.0);
        if *name == "one output" {
            singular.unwrap();
        } else {
            assert!(matches!(singular, Err(Error::NotPositiveDefinite { .. })), "{name}: {singular:?}");
        }
        let reference = Reference::new(&exact, lin.gradient().view(), 1e-3).unwrap();
        let reference = reference.with_blocks(&[0..2, 2..4]).unwrap();
        for form in Form::ALL {
            let what = format!("{name} {form}");
            let m = form.represent(&scores).unwrap();
            let found = reference.compare(&m).unwrap();
            assert_numbers(&what, &found);
            let bound = found.kantorovich_bound * (1.0 - 1e-12);
            assert!(found.direction.metric_cosine >= bound, "{what}: {found:?}");
            assert!(found.generalised_range.0 > 0.0, "{what}");
            let diagnosis = reference.diagnose(&m).unwrap();
            for x in [diagnosis.relative_error, diagnosis.trace_ratio, diagnosis.leakage, diagnosis.angle] {
                assert!(!x.is_nan(), "{what}: {diagnosis:?}");
            }
            assert!(!diagnosis.to_string().contains("NaN"), "{what}: {diagnosis}");
        }
        let contest = Contest {
            lin: &lin,
            network: Some((&problem.network::<f64>(), &problem.inputs())),
            damping: 1e-3,
            divergence: 1e-3,
        };
        let all: Vec<_> =
            Form::ALL.into_iter().map(|form| Candidate { estimator: Box::new(Exact), form }).collect();
        for row in contest.rows(&all, &|_| ()).unwrap() {
            assert!(direction_numbers(&row.direction).iter().all(|x| !x.is_nan()), "{name}");
        }
    }
}

#[test]
fn a_fisher_of_zero_is_compared_by_its_damping() {
    let (zero, g) = (Dense::new(Array2::<f64>::zeros((3, 3))).unwrap(), array![1.0, -2.0, 3.0]);
    assert!(matches!(Reference::new(&zero, g.view(), 0.0), Err(Error::NotPositiveDefinite { .. })));
    let reference = Reference::new(&zero, g.view(), 0.5).unwrap();
    assert_eq!(reference.rank(), 0);
    let same = reference.compare(&zero).unwrap();
    assert_numbers("zero", &same);
    assert_eq!((same.loewner, same.rank, same.generalised_range), (Loewner::Equal, 0, (1.0, 1.0)));
    let other = reference.compare(&Diagonal::new(array![0.5, 1.5, 0.0]).unwrap()).unwrap();
    assert_numbers("against zero", &other);
    assert_eq!((other.loewner, other.rank), (Loewner::Above, 2));
    assert!((other.generalised_range.0 - 0.25).abs() < 1e-15);
    assert!(other.relative_frobenius_error.is_infinite());
    let diagnosis = reference.diagnose(&Diagonal::new(array![0.5, 1.5, 0.0]).unwrap()).unwrap();
    assert_eq!((diagnosis.ranks, diagnosis.leakage), ((2, 0), 1.0));
    // M of no rank has a step of damping alone.
    let f = Dense::new(Array2::eye(3)).unwrap();
    let nothing = Reference::new(&f, g.view(), 0.25).unwrap().compare(&zero).unwrap();
    assert_eq!((nothing.loewner, nothing.rank), (Loewner::Below, 0));
    assert!((nothing.generalised_range.1 - 5.0).abs() < 1e-14);
    assert!(matches!(
        Reference::new(&f, g.view(), 0.0).unwrap().compare(&zero),
        Err(Error::NotPositiveDefinite { .. })
    ));
    for damping in [-0.1, f64::NAN, f64::INFINITY] {
        assert!(matches!(Reference::new(&f, g.view(), damping), Err(Error::Setting { .. })));
    }
}

/// Angles do not depend on the length of the gradient, however short or long, nor on that of the direction.
fn assert_scale_free<T: Scalar>(powers: &[i32], small: f64) {
    let f = array![[2.0, 0.5, 0.0], [0.5, 1.0, 0.25], [0.0, 0.25, 3.0]];
    let m = Diagonal::new(array![2.0, 1.0, 3.0].mapv(T::of)).unwrap();
    let g = array![1.0, -2.0, 0.5].mapv(T::of);
    let of = |scale: T| {
        let g = g.mapv(|x| x * scale);
        let reference = Reference::new(&dense::<T>(&f), g.view(), T::of(0.5)).unwrap();
        reference.compare(&m).unwrap().direction
    };
    let plain = of(T::one());
    assert!(plain.metric_cosine < 0.999 && plain.unit_efficiency < 0.999);
    for &power in powers {
        let scaled = of(T::of(10f64.powi(power)));
        assert_close(&format!("cosine at 1e{power}"), scaled.metric_cosine, plain.metric_cosine, small);
        assert_close(&format!("angle at 1e{power}"), scaled.euclidean_cosine, plain.euclidean_cosine, small);
        assert_close(&format!("efficiency at 1e{power}"), scaled.efficiency, plain.efficiency, small);
        assert_close(&format!("unit at 1e{power}"), scaled.unit_efficiency, plain.unit_efficiency, small);
    }
}

#[test]
fn angles_do_not_depend_on_the_size_of_the_gradient() {
    assert_scale_free::<f64>(&[-300, -160, -20, 20, 160, 300], 1e-13);
    assert_scale_free::<f32>(&[-36, -25, -10, 10, 25, 36], 1e-5);
}

#[test]
fn a_direction_of_zero_gains_nothing() {
    let f = Dense::new(Array2::<f64>::eye(3)).unwrap();
    let (g, zero) = (array![1.0, -2.0, 3.0], Array1::zeros(3));
    let found = Reference::new(&f, g.view(), 0.5).unwrap().compare_direction(zero.view()).unwrap();
    assert_eq!(bits(&direction_numbers(&found)), bits(&[0.0; 7]));
    // At a minimum every step of any matrix is the right one.
    let still = Reference::new(&f, zero.view(), 0.5).unwrap();
    let found = still.compare(&Diagonal::new(array![1.0, 2.0, 3.0]).unwrap()).unwrap().direction;
    assert_eq!(bits(&direction_numbers(&found)), bits(&[1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]));
}

/// The share of the trace in the null space, which for a softmax is that of equal shifts of all logits.
#[test]
fn leakage_is_the_share_in_the_null_space() {
    let problem = Problem::random("categorical", Activation::Tanh, &[3, 2], true, 11, 331);
    let lin = problem.linearize::<f64>();
    let exact = lin.scores(&Exact).unwrap().dense().unwrap();
    let reference = Reference::new(&exact, lin.gradient().view(), 0.1).unwrap();
    assert_eq!(reference.rank(), 4);
    // Both rows of W and both biases shifted alike: θ = (W, b), widths 3 and 2.
    let null = |i: usize| {
        let place = if i < 3 { [i, 3 + i] } else { [6, 7] };
        Array1::from_shape_fn(8, |p| if place.contains(&p) { 0.5f64.sqrt() } else { 0.0 })
    };
    let mut inside = Array2::<f64>::zeros((8, 8));
    for (i, weight) in [0.5, 2.0, 0.25, 1.0].into_iter().enumerate() {
        inside += &(super::score_twin::outer(&null(i), &null(i)) * weight);
    }
    let leak = |m: &Array2<f64>| reference.diagnose(&dense::<f64>(m)).unwrap();
    assert!((leak(&inside).leakage - 1.0).abs() < 1e-13);
    assert_eq!(leak(&inside).ranks, (4, 4));
    let f = exact.to_dense().unwrap();
    assert!(leak(&f).leakage.abs() < 1e-14);
    assert_eq!(leak(&f).to_string(), "agrees with the Fisher to 1e-8");
    let share = 3.75 / (3.75 + f.diag().sum());
    assert_close("mixture", leak(&(&f + &inside)).leakage, share, 1e-12);
    // The diagonal leaks half of itself: each unit vector lies half in the shifts.
    assert_close("diagonal", leak(&Array2::from_diag(&f.diag())).leakage, 0.5, 1e-12);
    // Scores of observed labels are gradients of the same model, and stay in its range.
    let empirical = lin.scores(&Empirical).unwrap().dense().unwrap();
    assert!(reference.diagnose(&empirical).unwrap().leakage.abs() < 1e-13);
}

/// M1 along a printed direction: values by a numpy program apart from the library.
#[test]
fn the_divergence_of_m1_has_the_printed_values() {
    let problem = reference("M1");
    let (network, x, lin) = (problem.network::<f64>(), problem.inputs(), problem.linearize::<f64>());
    let exact = lin.scores(&Exact).unwrap().dense().unwrap();
    let v = array![0.3, -0.2, 0.5, 0.1, -0.4, 0.25];
    assert_close("form", exact.quadratic_form(v.view()).unwrap(), 0.1680723837658049, 1e-14);
    let measure = |m: &dyn LinearOperator<f64>, t: f64, symmetric: bool| {
        KlCertificate::measure(&network, &x, &lin, m, v.view(), t, symmetric).unwrap().unwrap()
    };
    let found = measure(&exact, 0.1, false);
    assert_eq!(bits(&found.lengths), bits(&[0.1, 0.05, 0.025]));
    let printed = [0.0008237379267685752, 0.00020800131701089277, 5.226080394490798e-05];
    for (found, printed) in found.divergences.iter().zip(printed) {
        assert_close("divergence", *found, printed, 1e-11);
    }
    for (found, printed) in found.ratios.iter().zip([0.98022, 0.99006, 0.99502]) {
        assert!((found - printed).abs() < 1e-5, "ratio {found} against {printed}");
    }
    assert!((found.order - 1.0).abs() < 0.02, "order {}", found.order);
    let both = measure(&exact, 0.1, true);
    assert!((both.order - 2.0).abs() < 0.01, "order {}", both.order);
    assert!((both.limit - 1.0).abs() < 1e-6 && (found.limit - 1.0).abs() < 1e-4, "{both} {found}");
    for c in [0.2, 3.0, 7.0] {
        let scaled = Scaled::new(&exact, c).unwrap();
        assert_close("limit", measure(&scaled, 0.1, true).limit, 1.0 / c, 1e-6);
    }
    // Along a shift of all logits the model does not change, and no matrix of curvature zero can be judged.
    let shift = array![1.0, 0.0, 1.0, 0.0, 1.0, 0.0];
    let zero = Diagonal::new(Array1::zeros(6)).unwrap();
    for (m, d) in [(&exact as &dyn LinearOperator<f64>, Array1::zeros(6)), (&zero, shift)] {
        assert!(KlCertificate::measure(&network, &x, &lin, m, d.view(), 0.1, true).unwrap().is_none());
    }
    for t in [0.0, -1.0, f64::NAN] {
        let refused = KlCertificate::measure(&network, &x, &lin, &exact, v.view(), t, true);
        assert!(matches!(refused, Err(Error::Setting { .. })));
    }
}

#[test]
fn a_contest_is_sorted_with_the_exact_matrix_first() {
    let problem = reference("M2");
    let (network, x, lin) = (problem.network::<f64>(), problem.inputs::<f64>(), problem.linearize::<f64>());
    let contest = Contest { lin: &lin, network: Some((&network, &x)), damping: 0.1, divergence: 1e-6 };
    let forms = [Form::Diagonal, Form::Kfac, Form::Block, Form::Ekfac, Form::Kfoc];
    let mut candidates: Vec<_> =
        forms.into_iter().map(|form| Candidate { estimator: Box::new(Exact), form }).collect();
    candidates.push(Candidate { estimator: Box::new(Empirical), form: Form::Dense });
    let heard = Mutex::new(Vec::new());
    let rows = contest.rows(&candidates, &|name| heard.lock().unwrap().push(name.to_owned())).unwrap();
    // The printed efficiencies of M2 at λ = 0.1, in their order.
    let printed = [
        ("exact", Some(Form::Dense), 1.0),
        ("exact", Some(Form::Block), 0.9279872683),
        ("exact", Some(Form::Kfoc), 0.9104501933),
        ("empirical", Some(Form::Dense), 0.8962264404),
        ("exact", Some(Form::Kfac), 0.8918769227),
        ("exact", Some(Form::Ekfac), 0.8909121255),
        ("exact", Some(Form::Diagonal), 0.7813833812),
        ("gradient", None, 0.7022610622),
    ];
    assert_eq!(rows.len(), printed.len());
    for (row, (estimator, form, efficiency)) in rows.iter().zip(printed) {
        assert_eq!((row.estimator.as_str(), row.form), (estimator, form));
        assert_close(estimator, row.direction.efficiency, efficiency, 1e-9);
        assert_eq!(row.matrix.is_none() || row.bytes.is_none(), form.is_none());
        // Its own quadratic form is the divergence for the exact matrix alone.
        if let (Some(certificate), Some(form)) = (row.divergence, form) {
            let right = (certificate.limit - 1.0).abs() < 1e-6;
            assert_eq!(right, row.estimator == "exact" && form == Form::Dense, "{form}: {certificate}");
        }
        let step = row.step.unwrap();
        assert!((step.divergence / step.predicted_divergence - 1.0).abs() < 1e-2, "{estimator}: {step:?}");
    }
    let (first, others) = rows.split_at(1);
    assert!(others.iter().all(|row| row.step.unwrap().decrease < first[0].step.unwrap().decrease));
    let mut heard = heard.into_inner().unwrap();
    heard.sort();
    assert_eq!(heard, ["empirical", "exact", "exact", "exact", "exact", "exact", "exact"]);
    let bare = Contest { network: None, ..contest }.rows(&candidates, &|_| ()).unwrap();
    assert!(bare.iter().all(|row| row.step.is_none() && row.divergence.is_none()));
    assert_eq!(bare.len(), rows.len());
}
