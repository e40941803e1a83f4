//! `fisher` and `solve` on forms with factors, on blocks of a bare Jacobian, and the plan of draws.

use super::{Place, close, numbers, with_m2};
use natgrad::data::NpzWriter;
use natgrad::ndarray::{Array1, Array3, array};

/// The factors of the reference model, as an independent program printed them, multiply out to what is written beside them.
#[test]
fn factors_are_written_with_their_product() {
    let place = with_m2();
    place.succeed("fisher m2.npz --likelihood categorical --matrix kfac -o kfac.npz");
    let (a, b) = (place.matrix("kfac.npz", "a0"), place.matrix("kfac.npz", "b0"));
    close(&a, &[1.328125, -0.21875, 0.6875, -0.21875, 0.890625, -0.0625, 0.6875, -0.0625, 1.0], 1e-15, "A");
    close(&b.diag().to_owned(), &[0.04872693546299, 0.09333066027544, 0.1032646150785], 1e-13, "B");
    // Weight (o, i) lies at 2o + i; the bias of o, the last column, at 6 + o.
    let fisher = place.matrix("kfac.npz", "fisher");
    let at = |o: usize, i: usize| if i < 2 { 2 * o + i } else { 6 + o };
    for (o, p, i, j) in [(0, 1, 1, 0), (2, 0, 2, 1), (1, 2, 2, 2), (2, 2, 0, 1)] {
        assert!((fisher[[at(o, i), at(p, j)]] - b[[o, p]] * a[[i, j]]).abs() < 1e-16, "{o} {p} {i} {j}");
    }
    place.succeed("fisher m2.npz --likelihood categorical --matrix ekfac -o ekfac.npz");
    let sums = ["eigenvalues0", "eigenvalues1"].map(|name| place.matrix("ekfac.npz", name).sum());
    assert!((sums[0] + sums[1] - 1.9643055916817).abs() < 1e-12, "{sums:?}");
    assert!((place.scalar("ekfac.npz", "trace") - 1.9643055916817).abs() < 1e-12);
}

/// Five meanings of damping 0.1 for KFAC of the reference model: lengths of the direction that an independent program printed.
#[test]
fn every_scheme_has_its_own_direction() {
    let place = with_m2();
    for (scheme, length) in [
        ("exact", 3.32754798471),
        ("factored", 1.58373594357),
        ("per-factor", 3.67172299976),
        ("factored-unit", 1.45005636791),
    ] {
        place.succeed(&format!(
            "solve m2.npz --likelihood categorical --solver kronecker --damping 0.1 --scheme {scheme} -o d.npz"
        ));
        let d = place.vector("d.npz", "direction");
        assert!((d.dot(&d).sqrt() - length).abs() < 1e-11, "{scheme}: {}", d.dot(&d).sqrt());
    }
}

/// I ⊗ A: the identity for the gradients, and said to be no Fisher.
#[test]
fn forward_only_needs_no_pass_back() {
    let place = with_m2();
    let text = place.succeed("fisher m2.npz --likelihood categorical --estimator forward-only -o f.npz");
    assert!(text.contains("does not estimate the Fisher"), "{text}");
    assert_eq!(place.matrix("f.npz", "b1"), natgrad::ndarray::Array2::<f64>::eye(3));
    // tr I · tr A per layer, with the printed traces of A.
    let trace = 3.0 * (3.21875 + 1.9501003069378242);
    assert!((place.scalar("f.npz", "trace") - trace).abs() < 1e-13);
}

#[test]
fn blocks_of_a_bare_jacobian() {
    let place = Place::new();
    let jacobian = Array3::from_shape_fn((5, 1, 7), |(n, _, p)| ((3 * n + 5 * p) % 11) as f64 / 11.0 - 0.4);
    let write = |blocks: Array1<f64>| {
        NpzWriter::new()
            .array("jacobian", &jacobian)
            .and_then(|npz| npz.array("eta", &array![[0.5], [-1.0], [0.25], [2.0], [-0.75]]))
            .and_then(|npz| npz.array("y", &array![[1.0], [0.0], [1.0], [1.0], [0.0]]))
            .and_then(|npz| npz.array("blocks", &blocks))
            .and_then(|npz| npz.compressed().write(place.path("p.npz")))
            .unwrap();
    };
    write(array![2.0, 5.0]);
    place.succeed("fisher p.npz --likelihood bernoulli -o dense.npz");
    place.succeed("fisher p.npz --likelihood bernoulli --matrix block -o block.npz");
    let (dense, block) = (place.matrix("dense.npz", "fisher"), place.matrix("block.npz", "fisher"));
    for ((i, j), &entry) in block.indexed_iter() {
        let expected = if (i < 2) == (j < 2) { dense[[i, j]] } else { 0.0 };
        assert!((entry - expected).abs() < 1e-16, "[{i}, {j}]");
    }
    // The rows that need layers are left out, those of blocks are not.
    place.succeed("compare p.npz --likelihood bernoulli --json out.json");
    let told = place.json("out.json").to_string();
    assert!(told.contains("\"block\"") && !told.contains("kfac"), "{told}");
    let refuse = |told: &str| place.refuse("fisher p.npz --likelihood bernoulli -o o.npz", told);
    write(array![2.0, 4.0]);
    refuse("p.npz: array 'blocks' has a sum of 6; jacobian has 7 parameters");
    write(array![2.0, 4.5]);
    refuse("p.npz: blocks[1] = 4.5; it must be a whole number from 1 to 7");
    write(array![f64::NAN, 4.0]);
    refuse("p.npz: blocks[0] = NaN; it must be a whole number from 1 to 7");
    write(array![2.0, 5.0]);
    let refused = place.run("fisher p.npz --likelihood bernoulli --matrix kfac -o o.npz");
    assert_eq!((refused.code, refused.err.lines().count()), (2, 1), "{}", refused.err);
    assert!(refused.err.contains("a bare Jacobian has no layers"), "{}", refused.err);
}

/// Draws for one datum with p = ¾, by hand: V₁/F² = 4/3.
#[test]
fn the_plan_of_draws() {
    let place = Place::new();
    NpzWriter::new()
        .array("jacobian", &array![[[1.0]]])
        .and_then(|npz| npz.array("eta", &array![[3f64.ln()]]))
        .and_then(|npz| npz.array("y", &array![[1.0]]))
        .and_then(|npz| npz.compressed().write(place.path("p.npz")))
        .unwrap();
    place.succeed("fisher p.npz --likelihood bernoulli --relative-error 0.1 --json out.json -o o.npz");
    let rows = place.json("out.json")["parts"][0]["rows"].clone();
    let found: Vec<f64> = rows
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| {
            row[0].as_str().is_some_and(|name| name.starts_with("draws") || name.starts_with("the same"))
        })
        .flat_map(|row| numbers(&row[1]))
        .collect();
    // 1.96² · 4/3 · 100 = 512.2, and 4/3 · 100 · 20 for the trace as for the matrix of one entry.
    assert_eq!(found, [513.0, 2667.0, 2667.0]);
    place.refuse(
        "fisher p.npz --likelihood bernoulli --relative-error -1 -o o.npz",
        "relative error = -1; it must be positive and finite",
    );
}
