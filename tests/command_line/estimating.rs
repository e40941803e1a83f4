//! `fisher` and `solve` against numbers of an independent program.

use super::{Place, close, golden_cases, m2_without_labels, numbers, with_m2};
use natgrad::data::{NpzWriter, write_npy};
use natgrad::ndarray::{Array1, Array2, array};
use serde_json::Value;

/// Writes any golden case as a problem, labels as the case has them.
fn write(place: &Place, case: &Value) {
    let widths: Vec<usize> = numbers(&case["widths"]).iter().map(|w| *w as usize).collect();
    let data = case["n"].as_u64().expect("n") as usize;
    let x = Array2::from_shape_vec((data, widths[0]), numbers(&case["x"])).expect("x");
    let mut theta = numbers(&case["theta"]).into_iter();
    let mut npz = NpzWriter::new();
    npz.array("x", &x).expect("x");
    let y = numbers(&case["y"]);
    if case["likelihood"] == "categorical" {
        npz.integers("y", &Array1::from(y).mapv(|y| y as i64)).expect("y");
    } else {
        npz.array("y", &Array2::from_shape_vec((data, y.len() / data), y).expect("y")).expect("y");
    }
    for (l, pair) in widths.windows(2).enumerate() {
        let weight: Vec<f64> = theta.by_ref().take(pair[0] * pair[1]).collect();
        npz.array(&format!("w{l}"), &Array2::from_shape_vec((pair[1], pair[0]), weight).expect("w"))
            .expect("w");
        let flags = case["bias"].as_array().expect("bias");
        if flags.get(l).or(flags.last()).and_then(Value::as_bool) == Some(true) {
            let bias: Array1<f64> = theta.by_ref().take(pair[1]).collect();
            npz.array(&format!("b{l}"), &bias).expect("b");
        }
    }
    npz.write(place.path("problem.npz")).expect("a file");
    write_npy(place.path("v.npy"), &Array1::from(numbers(&case["v"]))).expect("v");
}

/// A symmetric matrix from its row-major upper triangle.
fn symmetric(upper: &[f64], order: usize) -> Vec<f64> {
    let mut matrix = Array2::zeros((order, order));
    let mut entries = upper.iter();
    for i in 0..order {
        for j in i..order {
            let entry = *entries.next().expect("an entry");
            matrix[[i, j]] = entry;
            matrix[[j, i]] = entry;
        }
    }
    matrix.into_raw_vec_and_offset().0
}

#[test]
fn every_case_gives_the_golden_numbers() {
    for case in golden_cases() {
        let (place, name) = (Place::new(), case["name"].as_str().unwrap());
        write(&place, &case);
        let (likelihood, activation) =
            (case["likelihood"].as_str().unwrap(), case["activation"].as_str().unwrap());
        let problem = format!("problem.npz --likelihood {likelihood} --activation {activation}");
        place.succeed(&format!("solve {problem} --damping {} --vector v.npy -o out.npz", case["damping"]));
        let expected = &case["expected"];
        let order = case["params"].as_u64().unwrap() as usize;
        let fisher = symmetric(&numbers(&expected["fisher_upper"]), order);
        // Relative to the largest entry: the Gaussian cases reach hundreds.
        let size = fisher.iter().fold(1.0f64, |m, x| m.max(x.abs()));
        close(&[place.scalar("out.npz", "loss")], &numbers(&expected["loss"]), 1e-13 * size, name);
        close(&place.vector("out.npz", "gradient"), &numbers(&expected["gradient"]), 1e-13 * size, name);
        close(&place.matrix("out.npz", "fisher"), &fisher, 1e-13 * size, name);
        close(&[place.scalar("out.npz", "trace")], &numbers(&expected["trace"]), 1e-12 * size, name);
        close(&place.vector("out.npz", "product"), &numbers(&expected["fv"]), 1e-12 * size, name);
        close(&place.vector("out.npz", "direction"), &numbers(&expected["direction"]), 1e-10 * size, name);
        place.succeed(&format!("fisher {problem} --estimator empirical -o out.npz"));
        let empirical = symmetric(&numbers(&expected["empirical_upper"]), order);
        let size = empirical.iter().fold(1.0f64, |m, x| m.max(x.abs()));
        close(&place.matrix("out.npz", "fisher"), &empirical, 1e-13 * size, name);
        place.succeed(&format!("fisher {problem} --estimator mc:1 -o out.npz"));
        let mse = numbers(&expected["mc_mse"])[0];
        close(&[place.scalar("out.npz", "mse") / mse], &[1.0], 1e-11, name);
        let deviation = numbers(&expected["mc_trace_var"])[0].sqrt();
        close(&[place.scalar("out.npz", "standard_error") / deviation], &[1.0], 1e-10, name);
    }
}

#[test]
fn every_matrix_is_a_view_of_the_same_fisher() {
    let place = with_m2();
    write_npy(place.path("v.npy"), &Array1::from_shape_fn(21, |i| (i as f64 + 1.0) / 21.0)).unwrap();
    for matrix in ["dense", "diagonal", "implicit"] {
        place.succeed(&format!(
            "fisher m2.npz --likelihood categorical --matrix {matrix} --vector v.npy -o {matrix}.npz"
        ));
    }
    let (dense, v) =
        (place.matrix("dense.npz", "fisher"), Array1::from_shape_fn(21, |i| (i as f64 + 1.0) / 21.0));
    close(&place.matrix("implicit.npz", "fisher"), dense.as_slice().unwrap(), 1e-15, "implicit");
    close(&place.vector("implicit.npz", "product"), &dense.dot(&v).to_vec(), 1e-14, "implicit product");
    let diagonal = Array2::from_diag(&dense.diag());
    close(&place.matrix("diagonal.npz", "fisher"), diagonal.as_slice().unwrap(), 1e-15, "diagonal");
    close(&place.vector("diagonal.npz", "product"), &diagonal.dot(&v).to_vec(), 1e-14, "diagonal product");
}

#[test]
fn every_estimator_has_its_known_trace_or_error() {
    let place = with_m2();
    let estimate = |estimator: &str| {
        place.succeed(&format!("fisher m2.npz --likelihood categorical --estimator {estimator} -o out.npz"));
    };
    for (estimator, trace) in
        [("exact", 1.9643055916817), ("exact-enumeration", 1.9643055916817), ("empirical", 2.65977967434179)]
    {
        estimate(estimator);
        assert!((place.scalar("out.npz", "trace") - trace).abs() < 1e-12, "{estimator}");
        assert!(!place.npz("out.npz").contains("mse"), "{estimator}");
    }
    for (estimator, mse) in [
        ("mc:1", 0.5798397771081162),
        ("mc:16", 0.03623998606925726),
        ("mc-antithetic:8", 0.0569879396988817),
        ("mc-systematic:4", 0.025164117152656023),
        ("mc-systematic:32", 0.0005088980035912474),
        // A quarter of .8461018274683584, that of one draw.
        ("curvature-propagation-labels:4", 0.2115254568670896),
    ] {
        estimate(estimator);
        assert!((place.scalar("out.npz", "error_exact") - 1.0).abs() < 1e-15, "{estimator}");
        assert!((place.scalar("out.npz", "mse") - mse).abs() < 1e-13, "{estimator}");
        // Within four exact standard errors of the exact trace, at seed 0.
        let z =
            (place.scalar("out.npz", "trace") - 1.9643055916817) / place.scalar("out.npz", "standard_error");
        assert!(z.abs() < 4.0, "{estimator}: z = {z}");
    }
    estimate("mc:1");
    assert!((place.scalar("out.npz", "standard_error").powi(2) - 0.138412251249304).abs() < 1e-13);
}

#[test]
fn an_error_from_the_sample_says_so() {
    let place = with_m2();
    NpzWriter::new()
        .array("jacobian", &Array2::<f64>::eye(2).insert_axis(natgrad::ndarray::Axis(1)))
        .and_then(|npz| npz.array("eta", &array![[0.5], [-1.0]]))
        .and_then(|npz| npz.array("y", &array![[0.0], [1.0]]))
        .and_then(|npz| npz.write(place.path("normal.npz")))
        .unwrap();
    let line = |estimator: &str| {
        place.succeed(&format!(
            "fisher normal.npz --likelihood gaussian:0.5 --estimator {estimator} -o out.npz"
        ))
    };
    // Systematic draws of a density have no list of labels: the two data are compared.
    let shown = line("mc-systematic:3");
    assert!(shown.contains("standard error of the trace (estimated)"), "{shown}");
    assert!(place.scalar("out.npz", "error_exact").abs() < 1e-15);
    // Independent ones have: E s⁴ - (E s²)² = 2/σ⁴ = 8, over N²M = 4·3.
    let shown = line("mc:3");
    assert!(shown.contains("standard error of the trace (exact)"), "{shown}");
    assert!((place.scalar("out.npz", "standard_error").powi(2) - 2.0 * 8.0 / 12.0).abs() < 1e-13);
    let shown = line("empirical-centred");
    assert!(shown.contains("The score covariance at the observed labels"), "{shown}");
    assert!(!place.npz("out.npz").contains("error_exact"));
}

#[test]
fn damping_is_added_to_all_that_is_written() {
    let place = with_m2();
    place.succeed("fisher m2.npz --likelihood categorical -o plain.npz");
    place.succeed("fisher m2.npz --likelihood categorical --damping 0.25 -o damped.npz");
    place.succeed(
        "fisher m2.npz --likelihood categorical --damping 0.5 --scheme relative-diagonal -o relative.npz",
    );
    let plain = place.matrix("plain.npz", "fisher");
    let damped = &plain + &(Array2::<f64>::eye(21) * 0.25);
    close(&place.matrix("damped.npz", "fisher"), damped.as_slice().unwrap(), 1e-15, "damped");
    assert!((place.scalar("damped.npz", "trace") - (1.9643055916817 + 21.0 * 0.25)).abs() < 1e-12);
    assert!((place.scalar("relative.npz", "trace") - 1.5 * 1.9643055916817).abs() < 1e-12);
}

#[test]
fn no_dense_leaves_the_matrix_out() {
    let place = with_m2();
    place.succeed("fisher m2.npz --likelihood categorical --matrix implicit --no-dense -o out.npz");
    assert_eq!(place.npz("out.npz").names(), ["loss", "gradient", "diagonal", "trace"]);
}

#[test]
fn a_jacobian_from_elsewhere_gives_the_same_fisher() {
    use natgrad::model::{Activation, Affine};
    let place = with_m2();
    let file = place.npz("m2.npz");
    let layer = |l: usize| {
        Affine::new(file.array2(&format!("w{l}")).unwrap(), Some(file.array1(&format!("b{l}")).unwrap()))
            .unwrap()
    };
    let network = natgrad::Network::<f64>::new(vec![layer(0), layer(1)], Activation::Tanh).unwrap();
    let x = file.array2("x").unwrap();
    NpzWriter::new()
        .array("jacobian", &network.jacobian(&x).unwrap())
        .and_then(|npz| npz.array("eta", &network.forward(&x).unwrap()))
        .and_then(|npz| npz.array("y", &array![0.0, 2.0, 1.0, 0.0]))
        .and_then(|npz| npz.compressed().write(place.path("jacobian.npz")))
        .unwrap();
    for problem in ["m2", "jacobian"] {
        place.succeed(&format!(
            "solve {problem}.npz --likelihood categorical --damping 0.1 -o {problem}.out.npz"
        ));
    }
    for name in ["gradient", "direction", "diagonal"] {
        let network = place.vector("m2.out.npz", name);
        close(&place.vector("jacobian.out.npz", name), &network.to_vec(), 1e-13, name);
    }
}

/// The condition of D^-½ (F + 0.1 I) D^-½, D the diagonal of F + 0.1 I, on the part of the space that the gradient reaches:
/// by nalgebra from the matrix that was written.
fn preconditioned_condition(place: &super::Place) -> f64 {
    let f = place.matrix("out.npz", "fisher");
    let n = f.nrows();
    let shifted = |i: usize, j: usize| f[[i, j]] + if i == j { 0.1 } else { 0.0 };
    let scaled =
        nalgebra::DMatrix::from_fn(n, n, |i, j| shifted(i, j) / (shifted(i, i) * shifted(j, j)).sqrt());
    let values = scaled.symmetric_eigenvalues();
    values.max() / values.min()
}

#[test]
fn every_solver_gives_the_known_direction() {
    let place = with_m2();
    // The direction of the independent program at damping 0.1: first, second and last entries.
    let known = [-0.3715082838191, -0.7751655532611, -0.2222982122654];
    for (matrix, solver, ran) in [
        ("dense", "auto", "cholesky"),
        ("dense", "cg", "conjugate gradient"),
        ("implicit", "auto", "preconditioned conjugate gradient"),
        ("implicit", "cg", "conjugate gradient"),
        ("implicit", "lanczos", "lanczos"),
        ("gram", "auto", "woodbury"),
        ("gram", "eigen", "eigen"),
        ("dense", "eigen", "eigen"),
    ] {
        place.succeed(&format!(
            "solve m2.npz --likelihood categorical --matrix {matrix} --solver {solver} --damping 0.1 -o out.npz --json out.json"
        ));
        let d = place.vector("out.npz", "direction");
        close(&[d[0], d[1], d[20]], &known, 1e-9, solver);
        assert!(place.scalar("out.npz", "residual") < 1e-9);
        // ‖A‖‖d‖ exceeds ‖g‖, so this is the smaller of the two.
        assert!(place.scalar("out.npz", "backward_error") <= place.scalar("out.npz", "residual"));
        assert!(place.scalar("out.npz", "iterations") >= 1.0);
        // (0.711085510 + 0.1)/0.1, approached from below; of the preconditioned matrix it is another number, and the
        // table says so.
        let condition = place.scalar("out.npz", "condition");
        if ran.starts_with("preconditioned") {
            let told = place.json("out.json").to_string();
            assert!(told.contains("that of the preconditioned operator"), "{told}");
            assert!(
                (condition / preconditioned_condition(&place) - 1.0).abs() < 1e-6,
                "{solver}: {condition}"
            );
        } else {
            assert!((7.0..8.11086).contains(&condition), "{solver}: {condition}");
        }
        assert!(place.json("out.json").to_string().contains(ran), "{ran}");
    }
    place.succeed("solve m2.npz --likelihood categorical --matrix diagonal --damping 0.1 -o out.npz");
    let quotient = place.vector("out.npz", "gradient") / (place.vector("out.npz", "diagonal") + 0.1);
    close(&place.vector("out.npz", "direction"), &quotient.to_vec(), 1e-15, "diagonal");
}

#[test]
fn a_truncated_iteration_is_written_and_fails_the_verdict() {
    let place = with_m2();
    let run = place.run(
        "solve m2.npz --likelihood categorical --solver cg --damping 1e-6 --max-iterations 2 --quiet -o out.npz",
    );
    assert_eq!(run.code, 1);
    assert!(
        run.err.starts_with("conjugate gradient stopped after 2 iterations at relative residual "),
        "{}",
        run.err
    );
    assert_eq!((run.err.lines().count(), place.scalar("out.npz", "iterations")), (1, 2.0));
}

#[test]
fn single_precision_stays_single() {
    let place = Place::new();
    let double = m2_without_labels();
    double.write(place.path("double.npz")).unwrap();
    let file = place.npz("double.npz");
    let mut single = NpzWriter::new();
    for name in ["x", "w0", "b0", "w1", "b1"] {
        single.array(name, &file.array::<f32>(name).unwrap()).unwrap();
    }
    single.array("y", &array![0.0f32, 2.0, 1.0, 0.0]).unwrap().write(place.path("single.npz")).unwrap();
    place.succeed("solve single.npz --likelihood categorical --damping 0.1 -o out.npz");
    for name in ["loss", "gradient", "fisher", "direction"] {
        assert_eq!(place.npz("out.npz").dtype(name).unwrap(), "float32", "{name}");
    }
    assert!((place.scalar("out.npz", "trace") - 1.9643055916817).abs() < 2e-6);
}

/// A model with GELU and layer normalisation, of which PyTorch computed loss, gradient, Fisher and direction itself.
#[test]
fn a_pytorch_model_agrees_with_pytorch() {
    let place = super::Place::new();
    std::fs::write(place.path("problem.npz"), include_bytes!("../golden/torch_jacobian.npz")).unwrap();
    place.succeed("solve problem.npz --likelihood categorical --damping 0.1 -o out.npz");
    let gap = (place.scalar("out.npz", "loss") - place.scalar("problem.npz", "known_loss")).abs();
    assert!(gap < 1e-14, "{gap}");
    for (ours, theirs) in [("gradient", "known_gradient"), ("direction", "known_direction")] {
        close(&place.vector("out.npz", ours), &place.vector("problem.npz", theirs).to_vec(), 1e-12, ours);
    }
    let fisher = place.matrix("out.npz", "fisher");
    let known = place.matrix("problem.npz", "known_fisher");
    close(&fisher, &known.iter().copied().collect::<Vec<_>>(), 1e-12, "fisher");
    // The blocks are the tensors: w, b of two linear maps around scale and shift of the normalisation.
    place.succeed("fisher problem.npz --likelihood categorical --matrix block -o block.npz");
    let block = place.matrix("block.npz", "fisher");
    let sizes = [35, 7, 7, 7, 21, 3];
    let tensor = |i: usize| {
        let mut end = 0;
        sizes.iter().position(|size| {
            end += size;
            i < end
        })
    };
    for ((i, j), &entry) in block.indexed_iter() {
        let expected = if tensor(i) == tensor(j) { known[[i, j]] } else { 0.0 };
        assert!((entry - expected).abs() < 1e-12, "[{i}, {j}]: {entry}");
    }
}
