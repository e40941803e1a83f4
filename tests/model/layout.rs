//! Where tensors lie in θ.

use natgrad::{Error, ParameterLayout};

#[test]
fn places_follow_one_another() {
    let layout =
        ParameterLayout::new([("w0", vec![3, 5]), ("b0", vec![3]), ("w1", vec![2, 3]), ("none", vec![0, 7])])
            .unwrap();
    let found: Vec<_> = layout.tensors().iter().map(|t| (t.name(), t.shape().to_vec(), t.range())).collect();
    let expected = [
        ("w0", vec![3, 5], 0..15),
        ("b0", vec![3], 15..18),
        ("w1", vec![2, 3], 18..24),
        ("none", vec![0, 7], 24..24),
    ];
    assert_eq!((found.as_slice(), layout.dim()), (expected.as_slice(), 24));
}

#[test]
fn flat_is_one_tensor() {
    let layout = ParameterLayout::flat(7).unwrap();
    assert_eq!((layout.dim(), layout.tensors().len(), layout.tensors()[0].name()), (7, 1, "theta"));
    // A scalar has one entry.
    assert_eq!(ParameterLayout::new([("s", vec![])]).unwrap().dim(), 1);
}

#[test]
fn refusals() {
    assert_eq!(ParameterLayout::flat(0).unwrap_err(), Error::Empty { quantity: "parameters" });
    let none: [(&str, Vec<usize>); 0] = [];
    assert_eq!(ParameterLayout::new(none).unwrap_err(), Error::Empty { quantity: "parameter layout" });
    let twice = ParameterLayout::new([("w", vec![2]), ("w", vec![3])]).unwrap_err();
    assert_eq!(twice.to_string(), "parameter layout: two tensors have the same name");
}
