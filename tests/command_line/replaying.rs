//! `replay` against the golden vectors of the reconstruction.

use super::{Place, close};
use natgrad::data::NpzWriter;
use natgrad::ndarray::{Array1, Array2, array};
use serde_json::Value;
use std::path::Path;

fn recorded(place: &Place) {
    let gradients = array![[0.1, -0.2, 0.3], [0.05, 0.4, -0.1], [-0.2, 0.1, 0.0], [1.0, -2.0, 0.5]];
    NpzWriter::new()
        .array("theta0/w", &array![0.5, -1.0, 2.0])
        .and_then(|npz| npz.array("grad/w", &gradients))
        .and_then(|npz| npz.write(place.path("gradients.npz")))
        .unwrap();
}

#[test]
fn fadam_gives_its_golden_vectors() {
    let place = Place::new();
    recorded(&place);
    let cases: [(&str, usize, [f64; 3]); 8] = [
        ("", 1, [0.498108867351, -0.998108867257, 1.997811822956]),
        ("", 2, [0.49561728891, -0.99799330833, 1.995999127566]),
        ("", 4, [0.494047876407, -0.997508956409, 1.991064308311]),
        ("clip_form = \"port\"\nepsilon_rule = \"E5\"", 4, [0.494047876406, -0.997508956404, 1.991064308315]),
        ("clip = 0.5", 4, [0.497038913457, -0.999082324901, 1.995634471]),
        ("p = 1", 4, [0.489300839741, -0.998092298007, 1.993261580326]),
        (
            "epsilon = 0.1\nepsilon2 = 0.5\np = 1.0\nepsilon_exponent = \"plain\"",
            4,
            [0.496840921797, -0.998713922934, 1.990118727894],
        ),
        (
            "epsilon = 0.1\nepsilon2 = 0.5\nepsilon_rule = \"E6\"",
            4,
            [0.496040855418, -0.997184374596, 1.991516415197],
        ),
    ];
    for (options, t, expected) in cases {
        let config = format!("optimizer = \"fadam\"\nlr = 0.01\nweight_decay = 0.1\n{options}\n");
        std::fs::write(place.path("config.toml"), config).unwrap();
        place.succeed("replay gradients.npz --optimizer config.toml -o path.npz");
        let path = place.matrix("path.npz", "theta/w");
        assert_eq!(path.dim(), (5, 3));
        assert_eq!(path.row(0).to_vec(), [0.5, -1.0, 2.0]);
        close(path.row(t), &expected, 1e-11, options);
    }
}

#[test]
fn several_tensors_follow_the_recordings_of_others() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/optimizers.json");
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let rows: Vec<Vec<f64>> = golden["gradients"].as_array().unwrap().iter().map(super::numbers).collect();
    let theta0 = super::numbers(&golden["theta0"]);
    let column = |range: std::ops::Range<usize>| -> Vec<f64> {
        rows.iter().flat_map(|row| row[range.clone()].to_vec()).collect()
    };
    let place = Place::new();
    let steps = rows.len();
    NpzWriter::new()
        .array("theta0/w0", &Array2::from_shape_vec((3, 2), theta0[..6].to_vec()).unwrap())
        .and_then(|npz| npz.array("theta0/b0", &Array1::from(theta0[6..9].to_vec())))
        .and_then(|npz| npz.array("theta0/scale", &array![theta0[9]]))
        .and_then(|npz| {
            let w = column(0..6);
            npz.array("grad/w0", &natgrad::ndarray::Array3::from_shape_vec((steps, 3, 2), w).unwrap())
        })
        .and_then(|npz| npz.array("grad/b0", &Array2::from_shape_vec((steps, 3), column(6..9)).unwrap()))
        .and_then(|npz| npz.array("grad/scale", &Array2::from_shape_vec((steps, 1), column(9..10)).unwrap()))
        .and_then(|npz| npz.write(place.path("gradients.npz")))
        .unwrap();
    for name in ["torch adam", "torch adamw strong", "torch sgd nesterov", "torch adam l2"] {
        let case = &golden["trajectories"][name];
        std::fs::write(place.path("config.toml"), case["config"].as_str().unwrap()).unwrap();
        place.succeed("replay gradients.npz --optimizer config.toml -o path.npz");
        let npz = place.npz("path.npz");
        let last: Vec<f64> = ["theta/w0", "theta/b0", "theta/scale"]
            .iter()
            .flat_map(|tensor| {
                let path = npz.array::<f64>(tensor).unwrap();
                path.index_axis(natgrad::ndarray::Axis(0), steps).iter().copied().collect::<Vec<_>>()
            })
            .collect();
        close(&last, &super::numbers(&case["theta"][steps.to_string()]), 1e-12, name);
    }
}

#[test]
fn a_bad_recording_is_refused_in_one_line() {
    let place = Place::new();
    recorded(&place);
    let config = |text: &str| std::fs::write(place.path("config.toml"), text).unwrap();
    let line = "replay gradients.npz --optimizer config.toml -o path.npz";
    config("optimizer = \"adam\"\nclip = 1.0");
    let known = "lr, beta1, beta2, epsilon, weight_decay, bias_correction, amsgrad";
    place.refuse(line, &format!("config.toml: unknown option of adam 'clip'; known: {known}"));
    config("optimizer = \"natural-gradient\"");
    place.refuse(
        line,
        "config.toml: 'natural-gradient' needs a model and data at every step, not only gradients: see `natgrad train`",
    );
    config("optimizer = \"adam\"\nbeta1 = 1.5");
    assert_eq!(place.run(line).code, 2);
    config("optimizer = \"adam\"");
    NpzWriter::new()
        .array("theta0/w", &array![0.5, 1.0])
        .and_then(|npz| npz.array("grad/w", &array![[0.1, 0.2, 0.3]]))
        .and_then(|npz| npz.write(place.path("gradients.npz")))
        .unwrap();
    place.refuse(line, "gradients.npz: array 'grad/w' has shape [1, 3]; it must be T × [2]");
    NpzWriter::new()
        .array("theta0/w", &array![0.5, 1.0])
        .and_then(|npz| npz.array("grad/w", &array![[0.1, 0.2], [0.1, f64::NAN]]))
        .and_then(|npz| npz.write(place.path("gradients.npz")))
        .unwrap();
    place.refuse(line, "gradients.npz: grad/w[1, 1] = NaN; every entry must be finite");
    NpzWriter::new()
        .array("theta0/w", &array![0.5, 1.0])
        .and_then(|npz| npz.array("grad/v", &array![[0.1, 0.2]]))
        .and_then(|npz| npz.write(place.path("gradients.npz")))
        .unwrap();
    place.refuse(line, "gradients.npz: array 'grad/v' has no 'theta0/v'");
    assert!(!place.path("path.npz").exists());
}
