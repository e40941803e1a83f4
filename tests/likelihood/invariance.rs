//! What must not change: names of classes, a common shift of logits, a single class.

use crate::support::cases::{LIKELIHOODS, vector};
use crate::support::close::{all_close, close, near, rounding};
use natgrad::likelihood::named;
use natgrad::{Likelihood, Scalar};
use ndarray::{Array1, Array2, array};

/// Renaming classes (or reordering outputs) renames the entries of score and Fisher, and nothing else.
fn permutation_equivariance<T: Scalar>() {
    for case in LIKELIHOODS {
        let likelihood = case.likelihood::<T>();
        let outputs = case.eta.len();
        // A rotation: not its own inverse for C > 2. Entry c of the new η is entry (c + 1) mod C of the old.
        let old = |c: usize| (c + 1) % outputs;
        let eta = case.eta::<T>();
        let moved = Array1::from_shape_fn(outputs, |c| eta[old(c)]);
        for y in case.labels() {
            let y = y.mapv(T::of);
            let z = if case.name == "categorical" {
                let class = y[0].as_f64() as usize;
                array![T::of(((class + outputs - 1) % outputs) as f64)]
            } else {
                Array1::from_shape_fn(outputs, |c| y[old(c)])
            };
            let nll = likelihood.nll(eta.view(), y.view()).unwrap().as_f64();
            near(
                likelihood.nll(moved.view(), z.view()).unwrap().as_f64(),
                nll,
                rounding::<T>(8.0) * (1.0 + nll.abs()),
            );
            let score = likelihood.score(eta.view(), y.view()).unwrap();
            let expected: Vec<f64> = (0..outputs).map(|c| score[old(c)].as_f64()).collect();
            all_close(&likelihood.score(moved.view(), z.view()).unwrap(), &expected, rounding::<T>(8.0));
        }
        let fisher = likelihood.fisher(eta.view()).unwrap();
        let expected = Array2::from_shape_fn((outputs, outputs), |(i, j)| fisher[[old(i), old(j)]].as_f64());
        all_close(&likelihood.fisher(moved.view()).unwrap(), &expected, rounding::<T>(8.0));
    }
}

/// Logits shifted by 1000 give the same bits: multiples of 1/8 shift exactly in either scalar.
fn shift_invariance<T: Scalar>() {
    let categorical = named::<T>("categorical").unwrap();
    let bits = |x: &dyn Fn(&Array1<T>) -> Vec<T>, eta: &Array1<T>| -> Vec<u64> {
        x(eta).into_iter().map(|x| x.as_f64().to_bits()).collect()
    };
    for eta in [vector::<T>(&[0.75, -0.5]), vector(&[0.5, -3.0, 1.125, 0.0, -0.625])] {
        for shift in [1000.0, -1000.0] {
            let moved = &eta + T::of(shift);
            for y in 0..eta.len() {
                let y = array![T::of(y as f64)];
                let nll = |eta: &Array1<T>| vec![categorical.nll(eta.view(), y.view()).unwrap()];
                assert_eq!(bits(&nll, &eta), bits(&nll, &moved));
                let score = |eta: &Array1<T>| categorical.score(eta.view(), y.view()).unwrap().to_vec();
                assert_eq!(bits(&score, &eta), bits(&score, &moved));
            }
            let root = |eta: &Array1<T>| categorical.root(eta.view()).unwrap().into_iter().collect();
            assert_eq!(bits(&root, &eta), bits(&root, &moved));
            let fisher = |eta: &Array1<T>| categorical.fisher(eta.view()).unwrap().into_iter().collect();
            assert_eq!(bits(&fisher, &eta), bits(&fisher, &moved));
            let sample = |eta: &Array1<T>| {
                let at = |k| categorical.sample(eta.view(), (f64::from(k) + 0.5) / 97.0).unwrap()[0];
                (0..97).map(at).collect()
            };
            assert_eq!(bits(&sample, &eta), bits(&sample, &moved));
        }
        // The null vector: rows of H sum to zero.
        for row in categorical.fisher(eta.view()).unwrap().outer_iter() {
            near(row.sum().as_f64(), 0.0, rounding::<T>(2.0));
        }
    }
}

/// Two classes are one yes/no output at the difference of the logits.
fn two_classes_are_bernoulli<T: Scalar>() {
    let (categorical, bernoulli) = (named::<T>("categorical").unwrap(), named::<T>("bernoulli").unwrap());
    for difference in [-30.0, -2.5, 0.0, 0.125, 7.0, 60.0] {
        let two = vector::<T>(&[0.25, 0.25 + difference]);
        let one = vector::<T>(&[difference]);
        let tolerance = rounding::<T>(4.0);
        for y in [0.0, 1.0] {
            let y = array![T::of(y)];
            let nll = |l: &dyn Likelihood<T>, eta: &Array1<T>| l.nll(eta.view(), y.view()).unwrap().as_f64();
            close(nll(&categorical, &two), nll(&bernoulli, &one), tolerance);
            let score = |l: &dyn Likelihood<T>, eta: &Array1<T>| l.score(eta.view(), y.view()).unwrap();
            let last = |s: Array1<T>| s[s.len() - 1].as_f64();
            close(last(score(&categorical, &two)), last(score(&bernoulli, &one)), tolerance);
        }
        let fisher = categorical.fisher(two.view()).unwrap()[[1, 1]].as_f64();
        close(fisher, bernoulli.fisher(one.view()).unwrap()[[0, 0]].as_f64(), tolerance);
    }
}

/// A single class is certain: no loss, no score, no information.
fn one_class<T: Scalar>() {
    let categorical = named::<T>("categorical").unwrap();
    for eta in [0.0, -3.5, 1e3] {
        let (eta, y) = (vector::<T>(&[eta]), array![T::zero()]);
        close(categorical.nll(eta.view(), y.view()).unwrap().as_f64(), 0.0, 0.0);
        assert_eq!(categorical.score(eta.view(), y.view()).unwrap(), array![T::zero()]);
        for matrix in [
            categorical.fisher(eta.view()).unwrap(),
            categorical.root(eta.view()).unwrap(),
            categorical.hessian(eta.view(), y.view()).unwrap(),
        ] {
            assert_eq!(matrix, array![[T::zero()]]);
        }
        let support = categorical.support(eta.view()).unwrap();
        assert_eq!((support.labels, support.probabilities), (array![[T::zero()]], array![T::one()]));
        assert_eq!(categorical.sample(eta.view(), 0.999).unwrap(), array![T::zero()]);
    }
}

on_both!(permutation_equivariance, shift_invariance, two_classes_are_bernoulli, one_class);
