//! What a change of coordinates or of the list of data does to every form, and what it may not do.

use super::score_twin::to_nalgebra;
use super::support::*;
use natgrad::LinearOperator;
use natgrad::fisher::{Empirical, Estimator, Exact, Form, Scores};
use natgrad::model::Activation;
use natgrad::ndarray::{Array1, Array2, Axis, s};

fn scores(problem: &Problem, estimator: &dyn Estimator<f64>) -> Scores<f64> {
    problem.linearize::<f64>().scores(estimator).unwrap()
}

fn matrix(form: Form, scores: &Scores<f64>) -> Array2<f64> {
    form.represent(scores).unwrap().to_dense().unwrap()
}

/// A problem as a list of (W, b), and back.
fn layers(problem: &Problem) -> Vec<(Array2<f64>, Array1<f64>)> {
    let mut offset = 0;
    let mut list = Vec::new();
    for pair in problem.widths.windows(2) {
        let weight = problem.theta.slice(s![offset..offset + pair[0] * pair[1]]).to_owned();
        offset += pair[0] * pair[1];
        let bias = problem.theta.slice(s![offset..offset + pair[1]]).to_owned();
        offset += pair[1];
        list.push((weight.into_shape_with_order((pair[1], pair[0])).unwrap(), bias));
    }
    list
}

fn flat(layers: &[(Array2<f64>, Array1<f64>)]) -> Array1<f64> {
    layers.iter().flat_map(|(w, b)| w.iter().chain(b).copied().collect::<Vec<_>>()).collect()
}

/// T of a linear change of coordinates θ = T θ', column by column.
fn change(problem: &Problem, back: impl Fn(&mut Vec<(Array2<f64>, Array1<f64>)>)) -> Array2<f64> {
    let order = problem.dim();
    let mut t = Array2::zeros((order, order));
    for q in 0..order {
        let mut unit = problem.clone();
        unit.theta = Array1::zeros(order);
        unit.theta[q] = 1.0;
        let mut parts = layers(&unit);
        back(&mut parts);
        t.column_mut(q).assign(&flat(&parts));
    }
    t
}

/// That the model is the same function, and which forms obey M' = Tᵀ M T: those of `obeying`, and no other.
fn assert_covariant(
    what: &str,
    (old, new): (&Problem, &Problem),
    t: &Array2<f64>,
    estimator: &dyn Estimator<f64>,
    obeying: impl Fn(Form) -> bool,
) {
    assert_near(what, &t.dot(&new.theta), &old.theta, 1e-13);
    let (before, after) = (scores(old, estimator), scores(new, estimator));
    for form in Form::ALL {
        let moved = t.t().dot(&matrix(form, &before)).dot(t);
        let apart = distance(&matrix(form, &after), &moved);
        let what = format!("{what} {} {form}: {apart:e}", estimator.name());
        // Where a form follows, it does to rounding; where it does not, by a good part of itself.
        if obeying(form) { assert!(apart < 1e-10, "{what}") } else { assert!(apart > 1e-3, "{what}") }
    }
}

fn problem(law: &str) -> Problem {
    Problem::random(law, Activation::Tanh, &[5, 7, 3], true, 13, 211)
}

const LAWS: [&str; 3] = ["categorical", "bernoulli", "negative-binomial:2.5"];

#[test]
fn hidden_units_permuted_and_flipped() {
    for law in LAWS {
        let old = problem(law);
        // Unit k of the new network is ± unit 3k mod 7 of the old one; tanh is odd.
        let place = |k: usize| (3 * k % 7, if k.is_multiple_of(2) { -1.0 } else { 1.0 });
        let mut parts = layers(&old);
        let original = parts.clone();
        for k in 0..7 {
            let (from, sign) = place(k);
            parts[0].0.row_mut(k).assign(&(&original[0].0.row(from) * sign));
            parts[0].1[k] = original[0].1[from] * sign;
            parts[1].0.column_mut(k).assign(&(&original[1].0.column(from) * sign));
        }
        let new = Problem { theta: flat(&parts), ..old.clone() };
        let t = change(&old, |parts| {
            let given = parts.clone();
            for k in 0..7 {
                let (to, sign) = place(k);
                parts[0].0.row_mut(to).assign(&(&given[0].0.row(k) * sign));
                parts[0].1[to] = given[0].1[k] * sign;
                parts[1].0.column_mut(to).assign(&(&given[1].0.column(k) * sign));
            }
        });
        for estimator in [&Exact as &dyn Estimator<f64>, &Empirical] {
            assert_covariant("hidden units", (&old, &new), &t, estimator, |_| true);
        }
    }
}

#[test]
fn outputs_permuted() {
    for law in LAWS {
        let old = problem(law);
        let to = |c: usize| (c + 1) % 3;
        let permute = |parts: &mut Vec<(Array2<f64>, Array1<f64>)>, place: &dyn Fn(usize) -> usize| {
            let given = parts.clone();
            for c in 0..3 {
                parts[1].0.row_mut(place(c)).assign(&given[1].0.row(c));
                parts[1].1[place(c)] = given[1].1[c];
            }
        };
        let mut parts = layers(&old);
        permute(&mut parts, &to);
        let mut y = old.y.clone();
        if law == "categorical" {
            y.mapv_inplace(|c| to(c as usize) as f64);
        } else {
            for c in 0..3 {
                y.column_mut(to(c)).assign(&old.y.column(c));
            }
        }
        let new = Problem { theta: flat(&parts), y, ..old.clone() };
        let t = change(&old, |parts| permute(parts, &|c| (c + 2) % 3));
        for estimator in [&Exact as &dyn Estimator<f64>, &Empirical] {
            assert_covariant("outputs", (&old, &new), &t, estimator, |_| true);
        }
    }
}

/// An input times 10 and its weights over 10. Forms that look at lengths of inputs, at angles between them, or for what
/// is nearest in the Frobenius norm depend on their units.
#[test]
fn an_input_in_other_units() {
    for law in LAWS {
        let old = problem(law);
        let mut parts = layers(&old);
        parts[0].0.column_mut(3).mapv_inplace(|w| w / 10.0);
        let mut x = old.x.clone();
        x.column_mut(3).mapv_inplace(|x| x * 10.0);
        let new = Problem { theta: flat(&parts), x, ..old.clone() };
        let t = change(&old, |parts| parts[0].0.column_mut(3).mapv_inplace(|w| w * 10.0));
        assert_covariant("input units", (&old, &new), &t, &Exact, |form| {
            !matches!(form, Form::Ekfac | Form::Kfoc | Form::Tkfac)
        });
    }
}

/// tanh z = 2 σ(2z) - 1: one function in two codes, an affine change of the activations apart. The quasi-diagonal form
/// follows, as do all forms that keep whole units and KFAC with its joint bias; the diagonal does not.
#[test]
fn activations_in_another_code() {
    for law in LAWS {
        let old = problem(law);
        let mut parts = layers(&old);
        parts[0].0 *= 2.0;
        parts[0].1 *= 2.0;
        parts[1].1 = &parts[1].1 - &parts[1].0.sum_axis(Axis(1));
        parts[1].0 *= 2.0;
        let new = Problem { theta: flat(&parts), activation: Activation::Sigmoid, ..old.clone() };
        let eta = |p: &Problem| p.outputs_at(p.theta.view());
        assert_near("one function", &eta(&new), &eta(&old), 1e-13);
        let t = change(&old, |parts| {
            parts[0].0 *= 0.5;
            parts[0].1 *= 0.5;
            parts[1].0 *= 0.5;
            parts[1].1 = &parts[1].1 + &parts[1].0.sum_axis(Axis(1));
        });
        assert_covariant("codes", (&old, &new), &t, &Exact, |form| {
            matches!(
                form,
                Form::Dense
                    | Form::Implicit
                    | Form::Gram
                    | Form::Block
                    | Form::UnitBlock
                    | Form::QuasiDiagonal
                    | Form::Kfac
            )
        });
    }
}

/// Positive inputs make every bias correlate with all weights of its unit: the kept entries and zeros elsewhere are then
/// no semidefinite matrix, and the completion is.
#[test]
fn the_arrow_matrix_is_indefinite_and_its_completion_is_not() {
    let mut problem = problem("categorical");
    problem.x.mapv_inplace(|x| x + 2.0);
    let s = scores(&problem, &Exact);
    let (dense, completed) = (matrix(Form::Dense, &s), matrix(Form::QuasiDiagonal, &s));
    // Unit 0: weights 0..5, bias 35.
    let places = [0, 1, 2, 3, 4, 35];
    let unit = |matrix: &Array2<f64>, keep: &dyn Fn(usize, usize) -> bool| {
        let part =
            Array2::from_shape_fn(
                (6, 6),
                |(i, j)| {
                    if keep(i, j) { matrix[[places[i], places[j]]] } else { 0.0 }
                },
            );
        to_nalgebra(&part).symmetric_eigenvalues()
    };
    let arrow = |i: usize, j: usize| i == j || i == 5 || j == 5;
    let (bare, whole) = (unit(&dense, &arrow), unit(&completed, &|_, _| true));
    assert!(bare.min() < -0.1 * bare.max(), "arrow: {} to {}", bare.min(), bare.max());
    assert!(whole.min() > 0.0, "completion: {}", whole.min());
    // Of all completions of these entries it has the greatest determinant: zeros in the inverse where it has freedom.
    let part = Array2::from_shape_fn((6, 6), |(i, j)| completed[[places[i], places[j]]]);
    let inverse = to_nalgebra(&part).try_inverse().unwrap();
    for i in 0..5 {
        for j in (0..5).filter(|j| *j != i) {
            assert!(inverse[(i, j)].abs() < 1e-12 * inverse.max(), "[{i}, {j}] of the inverse");
        }
    }
    for (i, j) in (0..6).flat_map(|i| (0..6).map(move |j| (i, j))).filter(|(i, j)| arrow(*i, *j)) {
        let (p, q) = (places[i], places[j]);
        assert!((completed[[p, q]] - dense[[p, q]]).abs() < 1e-14, "[{p}, {q}] is kept");
        assert!(dense[[p, q]].powi(2) <= dense[[p, p]] * dense[[q, q]] * (1.0 + 1e-14));
    }
}

fn select(problem: &Problem, rows: &[usize]) -> Problem {
    Problem { x: problem.x.select(Axis(0), rows), y: problem.y.select(Axis(0), rows), ..problem.clone() }
}

#[test]
fn the_list_of_data_may_be_shuffled_and_repeated() {
    for law in LAWS {
        let whole = problem(law);
        let shuffled: Vec<usize> = (0..13).map(|k| 5 * k % 13).collect();
        let thrice: Vec<usize> = (0..39).map(|k| 7 * k % 13).collect();
        for estimator in [&Exact as &dyn Estimator<f64>, &Empirical] {
            let s = scores(&whole, estimator);
            for rows in [shuffled.as_slice(), &thrice] {
                let other = scores(&select(&whole, rows), estimator);
                for form in Form::ALL {
                    let what = format!("{law} {} {form}, {} rows", estimator.name(), rows.len());
                    assert_near(&what, &matrix(form, &other), &matrix(form, &s), 1e-10);
                }
            }
        }
    }
}

/// Means over parts, weighted by their sizes, are means over the whole: of entries where a form keeps entries, of factors
/// where it multiplies means.
#[test]
fn parts_of_the_data_weigh_as_many_as_they_are() {
    for law in LAWS {
        let whole = problem(law);
        let parts = [(0..2).collect::<Vec<_>>(), (2..13).collect()].map(|rows| select(&whole, &rows));
        let weights = [2.0 / 13.0, 11.0 / 13.0];
        let s = scores(&whole, &Exact);
        let of = |k: usize| scores(&parts[k], &Exact);
        for form in Form::ALL {
            let mixed = matrix(form, &of(0)) * weights[0] + matrix(form, &of(1)) * weights[1];
            let apart = distance(&matrix(form, &s), &mixed);
            let entries =
                form.is_lossless() || matches!(form, Form::Block | Form::UnitBlock | Form::Diagonal);
            assert_eq!(apart < 1e-12, entries, "{law} {form}: {apart:e}");
            let kept = [Form::QuasiDiagonal, Form::Ekfac, Form::Tkfac].contains(&form);
            if entries || kept {
                let trace = mixed.diag().sum();
                assert_close(&format!("{law} {form} trace"), matrix(form, &s).diag().sum(), trace, 1e-13);
            }
        }
        let factors = |s: &Scores<f64>| s.kfac().unwrap().into_operator().factors().to_vec();
        let (all, first, second) = (factors(&s), factors(&of(0)), factors(&of(1)));
        for l in 0..2 {
            let left = &first[l].left() * weights[0] + &second[l].left() * weights[1];
            let right = &first[l].right() * weights[0] + &second[l].right() * weights[1];
            assert_near("B", all[l].left(), &left, 1e-13);
            assert_near("A", all[l].right(), &right, 1e-13);
        }
    }
}
