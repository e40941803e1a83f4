//! The most probable label, against labels chosen by hand.

use natgrad::likelihood::{Bernoulli, Categorical, Gaussian, Poisson, accuracy};
use natgrad::{Error, Labels};
use ndarray::array;

#[test]
fn counts_whole_labels() {
    // Yes/no by the sign of η, and both outputs must be right.
    let eta = array![[1.0, -2.0], [0.5, 0.5], [-3.0, 1.0], [-0.1, -0.1], [4.0, -4.0]];
    let y = Labels::new(array![[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 1.0]]).unwrap();
    assert_eq!(accuracy(&Bernoulli, eta.view(), &y).unwrap(), 0.6);
    // The mode of a count of rate 3.5 is 3.
    let rates = array![[3.5f64.ln()], [3.5f64.ln()], [0.2f64.ln()]];
    let counts = Labels::new(array![[3.0], [4.0], [0.0]]).unwrap();
    assert_eq!(accuracy(&Poisson, rates.view(), &counts).unwrap(), 2.0 / 3.0);
    // Of equals the first.
    let tied = Labels::<f64>::classes(&[0, 1]).unwrap();
    assert_eq!(accuracy(&Categorical, array![[1.0, 1.0], [1.0, 1.0]].view(), &tied).unwrap(), 0.5);
}

#[test]
fn refuses_a_density_and_another_number_of_labels() {
    let y = Labels::new(array![[0.5]]).unwrap();
    let error = accuracy(&Gaussian::with_variance(2.0).unwrap(), array![[0.5]].view(), &y).unwrap_err();
    assert!(matches!(error, Error::Unsupported { what: "accuracy", .. }), "{error}");
    let error = accuracy(&Bernoulli, array![[0.5], [1.0], [2.0]].view(), &y).unwrap_err();
    assert_eq!(error, Error::Shape { quantity: "labels", expected: vec![3, 1], found: vec![1, 1] });
}
