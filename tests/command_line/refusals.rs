//! Bad input: one line that names file, array, index and requirement; exit code 2; no file touched.

use super::{Place, m2_without_labels, with_m2};
use natgrad::data::NpzWriter;
use natgrad::ndarray::{Array1, Array2, Array3, array};

const FISHER: &str = "fisher m2.npz --likelihood categorical -o out.npz";

/// A place whose problem is this one, with an output file that must survive.
fn place_with(npz: &NpzWriter) -> Place {
    let place = Place::new();
    npz.write(place.path("m2.npz")).unwrap();
    std::fs::write(place.path("out.npz"), b"precious").unwrap();
    place
}

fn refused(npz: &NpzWriter, line: &str, told: &str) {
    let place = place_with(npz);
    place.refuse(line, told);
    assert_eq!(std::fs::read(place.path("out.npz")).unwrap(), b"precious", "{told}");
    let mut files: Vec<_> =
        std::fs::read_dir(place.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["m2.npz", "out.npz"], "{told}");
}

#[test]
fn labels_out_of_range() {
    let with_labels = |y: Array1<f64>| {
        let mut npz = m2_without_labels();
        npz.array("y", &y).unwrap();
        npz
    };
    let class = "it must be a class index from 0 to 2";
    refused(&with_labels(array![0.0, 2.0, 12.0, 0.0]), FISHER, &format!("m2.npz: y[2] = 12; {class}"));
    refused(&with_labels(array![0.0, -1.0, 1.0, 0.0]), FISHER, &format!("m2.npz: y[1] = -1; {class}"));
    refused(&with_labels(array![0.5, 1.0, 1.0, 0.0]), FISHER, &format!("m2.npz: y[0] = 0.5; {class}"));
    refused(
        &with_labels(array![0.0, f64::NAN, 1.0, 0.0]),
        FISHER,
        "m2.npz: y[1] = NaN; every entry must be finite",
    );
    refused(&with_labels(array![0.0, 1.0]), FISHER, "m2.npz: array 'y' has 2 rows; x has 4");
    let mut wide = m2_without_labels();
    wide.array("y", &Array2::<f64>::from_elem((4, 3), 2.0)).unwrap();
    refused(&wide, FISHER, "m2.npz: array 'y' has shape [4, 3]; categorical labels need [4]");
    let bernoulli = "fisher m2.npz --likelihood bernoulli -o out.npz";
    refused(&wide, bernoulli, "m2.npz: y[0, 0] = 2; it must be 0 or 1");
    let mut counts = m2_without_labels();
    counts.array("y", &array![[0.0, 1.0, 2.0], [3.0, 4.0, -5.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]).unwrap();
    let poisson = "fisher m2.npz --likelihood poisson -o out.npz";
    refused(&counts, poisson, "m2.npz: y[1, 2] = -5; it must be a whole number, at least 0");
}

#[test]
fn arrays_that_do_not_fit() {
    let y = array![0i64, 2, 1, 0];
    let x = array![[1.0, 0.5], [-0.5, 1.0], [0.25, -1.5], [2.0, -0.25]];
    let build = |arrays: &[(&str, Array2<f64>)]| {
        let mut npz = NpzWriter::new();
        npz.integers("y", &y).unwrap();
        for (name, array) in arrays {
            npz.array(name, array).unwrap();
        }
        npz
    };
    let w0 = Array2::<f64>::ones((3, 2));
    refused(&build(&[("w0", w0.clone())]), FISHER, "m2.npz: has no array 'x'; it has: y, w0");
    refused(&build(&[("x", x.clone())]), FISHER, "m2.npz: has no array 'w0'; it has: y, x");
    let narrow = build(&[("x", Array2::ones((4, 5))), ("w0", w0.clone())]);
    refused(&narrow, FISHER, "m2.npz: array 'x' has 5 columns; w0 takes 2");
    let broken = build(&[("x", x.clone()), ("w0", w0.clone()), ("w1", Array2::ones((3, 4)))]);
    refused(&broken, FISHER, "m2.npz: array 'w1' has 4 columns; w0 gives 3");
    let gap = build(&[("x", x.clone()), ("w0", w0.clone()), ("w2", Array2::ones((3, 3)))]);
    refused(&gap, FISHER, "m2.npz: array 'w2' has no place: there is no 'w1'");
    let mut nan = x.clone();
    nan[[2, 1]] = f64::NAN;
    refused(
        &build(&[("x", nan), ("w0", w0.clone())]),
        FISHER,
        "m2.npz: x[2, 1] = NaN; every entry must be finite",
    );
    let mut infinite = w0.clone();
    infinite[[0, 1]] = f64::INFINITY;
    let infinite = build(&[("x", x.clone()), ("w0", infinite)]);
    refused(&infinite, FISHER, "m2.npz: w0[0, 1] = inf; every entry must be finite");
    let empty = build(&[("x", Array2::zeros((0, 2))), ("w0", w0.clone())]);
    refused(&empty, FISHER, "m2.npz: array 'x' is empty; at least one row is needed");
    let cube = build(&[("x", x.clone()), ("w0", w0.clone())])
        .array("b0", &Array2::<f64>::zeros((3, 1)))
        .unwrap()
        .clone();
    refused(&cube, FISHER, "m2.npz: array 'b0' has shape [3, 1]; 1 dimension is needed");
    let bias = build(&[("x", x), ("w0", w0)]).array("b0", &array![1.0, 2.0]).unwrap().clone();
    refused(&bias, FISHER, "m2.npz: array 'b0' has 2 entries; w0 has 3 rows");
    let mut jacobian = NpzWriter::new();
    jacobian.array("jacobian", &Array3::<f64>::ones((4, 3, 7))).unwrap();
    jacobian.integers("y", &y).unwrap().array("eta", &Array2::<f64>::zeros((4, 2))).unwrap();
    refused(&jacobian, FISHER, "m2.npz: array 'eta' has shape [4, 2]; jacobian asks for [4, 3]");
}

#[test]
fn files_that_are_something_else() {
    let place = with_m2();
    std::fs::write(place.path("text.npz"), "no archive").unwrap();
    std::fs::create_dir(place.path("folder.npz")).unwrap();
    let told = |line: &str| {
        let run = place.run(line);
        assert_eq!((run.code, run.err.lines().count(), run.out.as_str()), (2, 1, ""), "{line}: {}", run.err);
        run.err
    };
    let text = told("fisher text.npz --likelihood categorical -o out.npz");
    assert!(text.starts_with("text.npz: is not an NPZ archive"), "{text}");
    let missing = told("solve none.npz --likelihood categorical --damping 1 -o out.npz");
    assert!(missing.starts_with("none.npz: No such file"), "{missing}");
    let folder = told("compare folder.npz --likelihood categorical");
    assert_eq!(folder, "folder.npz: is a directory, not an NPZ archive\n");
    std::fs::write(place.path("short.npy"), b"\x93NUMPY").unwrap();
    let short = told(&format!("{FISHER} --vector short.npy"));
    assert!(short.starts_with("short.npy: "), "{short}");
    natgrad::data::write_npy(place.path("five.npy"), &Array1::<f64>::ones(5)).unwrap();
    place.refuse(
        &format!("{FISHER} --vector five.npy"),
        "five.npy: has shape [5]; the problem has [21] parameters",
    );
    assert!(!place.path("out.npz").exists());
}

#[test]
fn outputs_that_cannot_be_written() {
    let place = with_m2();
    let line = "fisher m2.npz --likelihood categorical -o";
    place.refuse(&format!("{line} no/such/out.npz"), "no/such/out.npz: cannot write: entity not found");
    place.refuse(&format!("{line} ."), ".: cannot write: is a directory");
    place.refuse(
        "compare m2.npz --likelihood categorical --json no/out.json",
        "no/out.json: cannot write: entity not found",
    );
    if cfg!(target_os = "linux") {
        let full = place.run(&format!("{line} /dev/full"));
        assert_eq!((full.code, full.out.as_str()), (2, ""));
        assert!(full.err.starts_with("/dev/full: cannot write: No space left on device"), "{}", full.err);
        let device = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = place.command("info").stdout(device).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(told.starts_with("standard output: cannot write: No space left on device"), "{told}");
    }
}

#[test]
fn names_that_are_not_here() {
    let place = with_m2();
    let line = |rest: &str| format!("solve m2.npz --likelihood categorical --damping 1 -o out.npz {rest}");
    let estimators = "exact, exact-enumeration, mc:M, mc-antithetic:M, mc-systematic:M, curvature-propagation:M, \
        curvature-propagation-labels:M, empirical, empirical-centred";
    let matrices = "dense, implicit, gram, block, unit-block, quasi-diagonal, diagonal, kfac, kfac-separate, ekfac, kfoc, \
        tkfac, diagonal-kronecker";
    for (rest, told) in [
        (
            "--estimator mc-antithetic:3",
            "estimator 'mc-antithetic:3': M must be even: draws come in pairs".to_owned(),
        ),
        ("--estimator guess", format!("unknown estimator 'guess'; available: {estimators}")),
        ("--estimator mc:0", "estimator 'mc:0': M must be a whole number, at least 1".to_owned()),
        ("--matrix hessian", format!("unknown matrix 'hessian'; available: {matrices}")),
        (
            "--solver lu",
            "unknown solver 'lu'; available: auto, cholesky, eigen, cg, lanczos, diagonal, block, kronecker, eigenbasis, \
             woodbury"
                .to_owned(),
        ),
        (
            "--scheme heuristic",
            "unknown scheme 'heuristic'; available: exact, factored, factored-unit, per-factor, relative-diagonal"
                .to_owned(),
        ),
        (
            "--solver woodbury --matrix kfac",
            "solver 'woodbury' needs --matrix gram, not kfac".to_owned(),
        ),
        ("--matrix dense --solver kronecker", "solver 'kronecker' needs --matrix kfac, kfac-separate, kfoc, tkfac or ekfac, not dense".to_owned()),
        ("--estimator forward-only --matrix dense", "estimator 'forward-only' exists as --matrix kfac only".to_owned()),
        ("--solver lanczos --scheme relative-diagonal", "solver 'lanczos' takes --scheme exact only".to_owned()),
        (
            "--solver diagonal --matrix dense",
            "solver 'diagonal' needs --matrix diagonal or diagonal-kronecker, not dense".to_owned(),
        ),
        (
            "--activation swish",
            "unknown activation 'swish'; known: identity, tanh, relu, sigmoid, gelu, softplus".to_owned(),
        ),
    ] {
        place.refuse(&line(rest), &told);
    }
    let likelihoods = "categorical, bernoulli, binomial:TRIALS, poisson, geometric, negative-binomial:FAILURES, \
                       gaussian:VARIANCE";
    place.refuse(
        "fisher m2.npz --likelihood binomial -o out.npz",
        &format!("unknown likelihood 'binomial'; available: {likelihoods}"),
    );
    let negative = place.run("fisher m2.npz --likelihood gaussian:-1 -o out.npz");
    assert_eq!((negative.code, negative.err.lines().count()), (2, 1), "{}", negative.err);
    let told = place.run("train --data digits --optimizer adam,nonsense");
    assert_eq!(told.code, 2);
    assert!(
        told.err.starts_with("unknown optimizer 'nonsense'; available: sgd, adam, adamw, fadam, "),
        "{}",
        told.err
    );
    assert!(!place.path("out.npz").exists());
}

#[test]
fn a_wrong_command_line_is_one_line() {
    let place = with_m2();
    for (line, told) in [
        ("", "a subcommand is needed; `natgrad --help` lists them"),
        (
            "fisher m2.npz",
            "the following required arguments were not provided: --likelihood <L> --output <OUT.npz>; try --help",
        ),
        ("polish", "unrecognized subcommand 'polish'; try --help"),
        (
            "info --sed 3",
            "unexpected argument '--sed' found tip: a similar argument exists: '--seed'; try --help",
        ),
        ("info --threads 0", "invalid value '0' for '--threads <N>': 0 is not in 1..=1024; try --help"),
        (
            "solve m2.npz --likelihood categorical --damping -1 -o out.npz",
            "--damping -1: it must be finite and at least 0",
        ),
    ] {
        place.refuse(line, told);
    }
}

/// The files of one run appear together: if the archive cannot be written, no other file is, and an existing one is kept.
#[cfg(target_os = "linux")]
#[test]
fn files_of_one_run_appear_together_or_not_at_all() {
    let place = with_m2();
    std::fs::write(place.path("old.json"), "old").unwrap();
    for json in ["old.json", "new.json"] {
        let line = format!("fisher m2.npz --likelihood categorical --json {json} -o /dev/full");
        let full = place.run(&line);
        assert_eq!(full.code, 2);
        assert!(full.err.starts_with("/dev/full: cannot write: No space left on device"), "{}", full.err);
        assert_eq!(full.err.lines().count(), 1);
    }
    assert_eq!(std::fs::read_to_string(place.path("old.json")).unwrap(), "old");
    let mut left: Vec<_> = std::fs::read_dir(place.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["m2.npz", "old.json"]);
    place.succeed("fisher m2.npz --likelihood categorical --json new.json -o out.npz");
    assert_eq!(place.json("new.json")["schema"], "natgrad/fisher/1");
    assert!(place.npz("out.npz").contains("trace"));
}

#[test]
fn what_training_cannot_do_is_said_before_anything_is_made() {
    let place = Place::new();
    let line = "train --data horse-kicks --hidden 2 --optimizer adam,sgd --epochs 1";
    for (rest, told) in [
        ("--lr 1 --json x --html x", "x: is named for two outputs"),
        ("--lr 1 --json x --html ./x", "x: is named for two outputs"),
        ("--lr 1,2", "--lr 2: a second rate for all"),
        ("--lr adam=1,adam=2", "--lr adam=2: a second rate for 'adam'"),
        ("--lr 1 --checkpoint runs --batch 0", "batch = 0; it must be at least 1"),
        (
            "--lr 1 --checkpoint runs --logits penalty:-1",
            "weight of the logits' penalty = -1; it must be finite and at least 0",
        ),
    ] {
        place.refuse(&format!("{line} {rest}"), told);
    }
    place.refuse("train --data horse-kicks --optimizer all,adam", "optimizer 'adam' is named twice");
    // Larger than the memory of most machines: an abort is not an answer.
    place.refuse(
        "train --data horse-kicks --hidden 65536,65536 --optimizer adam --lr 1",
        "weights = 4296015872; it must be at most 134217728",
    );
    if cfg!(target_os = "linux") {
        let full = place.run(&format!("{line} --lr 0.01 --json x --html /dev/full"));
        assert_eq!((full.code, full.out.as_str()), (2, ""));
        assert!(full.err.starts_with("/dev/full: cannot write: No space left on device"), "{}", full.err);
        place.succeed(&format!("{line} --lr 0.01 --json /dev/null --html /dev/null"));
    }
    assert_eq!(std::fs::read_dir(place.path("")).unwrap().count(), 0);
}
