use natgrad::data::{Dataset, Standardizer, digits};
use natgrad::ndarray::{Array2, Axis, array};
use natgrad::{Error, Scalar};
use std::collections::HashSet;

/// Data whose only feature is the row number.
fn numbered(count: usize) -> Dataset<f64> {
    let rows = Array2::from_shape_fn((count, 1), |(n, _)| n as f64);
    Dataset::new("numbered", rows.clone(), rows).expect("a data set")
}

fn rows(data: &Dataset<f64>) -> HashSet<usize> {
    data.inputs().iter().map(|x| *x as usize).collect()
}

#[test]
fn a_split_is_a_partition_and_depends_on_the_seed_alone() {
    let data = numbered(101);
    let (train, test) = data.split(0.3, 7).expect("parts");
    assert_eq!((train.len(), test.len()), (71, 30));
    assert!(rows(&train).is_disjoint(&rows(&test)));
    assert_eq!(rows(&train).len() + rows(&test).len(), 101);
    assert_eq!(data.split(0.3, 7).expect("parts"), (train.clone(), test.clone()));
    assert!(rows(&data.split(0.3, 8).expect("parts").1) != rows(&test));
    assert!(rows(&data.split(0.5, 7).expect("parts").1).is_superset(&rows(&test)));
    assert_eq!(train.inputs(), train.labels());
}

#[test]
fn a_split_is_uniform() {
    // Every datum is held out with probability 0.3: over 200 seeds, mean 60, variance 200 · 0.3 · 0.7 = 42. The
    // largest of 101 |z| exceeds 4.5 with probability below 101 · 7e-6.
    let data = numbered(101);
    let mut held_out = [0.0; 101];
    for seed in 0..200 {
        for n in rows(&data.split(30.0 / 101.0, seed).expect("parts").1) {
            held_out[n] += 1.0;
        }
    }
    let p: f64 = 30.0 / 101.0;
    let deviation = (200.0 * p * (1.0 - p)).sqrt();
    for (n, count) in held_out.iter().enumerate() {
        let z = (count - 200.0 * p) / deviation;
        assert!(z.abs() < 4.5, "datum {n} was held out {count} times, z = {z}");
    }
}

#[test]
fn fractions_that_leave_a_part_empty_are_refused() {
    for fraction in [0.0, 1.0, -0.1, 1.5, f64::NAN, 0.004] {
        let error = numbered(101).split(fraction, 0).expect_err("refused");
        let text =
            format!("test_fraction = {fraction}; it must be such that both parts get at least one datum");
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn constructors_refuse_with_numbers() {
    let x = array![[1.0], [2.0]];
    let text = |result: natgrad::Result<Dataset<f64>>| result.expect_err("refused").to_string();
    assert_eq!(text(Dataset::new("d", x.clone(), array![[1.0]])), "labels has shape [1, 1]; expected [2, 1]");
    assert_eq!(
        text(Dataset::new("d", array![[1.0], [f64::NAN]], x.clone())),
        "inputs[1] = NaN; every entry must be finite"
    );
    assert_eq!(
        text(Dataset::new("d", x.clone(), x.clone()).and_then(|d| d.with_classes(2))),
        "labels[1] = 2; it must be a class index 0, 1, … below the number of classes"
    );
    assert_eq!(text(numbered(5).take(6)), "count = 6; it must be at least 1 and at most the number of data");
    assert_eq!(text(numbered(5).select(&[4, 5])), "rows[1] = 5; it must be below the number of data");
    assert!(matches!(numbered(5).select(&[]), Err(Error::Empty { quantity: "rows" })));
}

fn standardised_digits_have_mean_zero_and_variance_one<T: Scalar>(tolerance: f64) {
    let (train, test) = digits::<T>().expect("shipped").split(0.25, 3).expect("parts");
    let standardizer = Standardizer::fit(train.inputs()).expect("fitted");
    let z = standardizer.apply(&train).expect("applied");
    for (i, column) in z.inputs().axis_iter(Axis(1)).enumerate() {
        let n = column.len() as f64;
        let mean = column.iter().map(|x| x.as_f64()).sum::<f64>() / n;
        let square = column.iter().map(|x| x.as_f64().powi(2)).sum::<f64>() / n;
        let constant = train.inputs().column(i).iter().all(|x| *x == train.inputs()[[0, i]]);
        assert!(mean.abs() < tolerance, "feature {i} has mean {mean}");
        let expected = if constant { 0.0 } else { 1.0 };
        assert!((square - expected).abs() < tolerance, "feature {i} has mean square {square}");
    }
    assert_eq!(standardizer.apply(&test).expect("applied").labels(), test.labels());
}

#[test]
fn standardised_digits_have_mean_zero_and_variance_one_f64() {
    standardised_digits_have_mean_zero_and_variance_one::<f64>(1e-11);
}

#[test]
fn standardised_digits_have_mean_zero_and_variance_one_f32() {
    standardised_digits_have_mean_zero_and_variance_one::<f32>(1e-5);
}
