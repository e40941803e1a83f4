//! Optimizers by name: what a file may say, and what it is told when it may not.

use super::flat;
use natgrad::Error;
use natgrad::ndarray::{Array1, arr1, arr2};
use natgrad::optimizer::stage::{BiasCorrection, ClipForm, DecayForm, EpsilonExponent, EpsilonRule};
use natgrad::optimizer::{Adam, AdamW, Averaged, FAdam, MethodSettings, OptimizerConfig, Sgd, replay};
use natgrad::optimizer::{DiagonalNaturalGradient, Optimizer};

fn parse(text: &str) -> OptimizerConfig {
    OptimizerConfig::from_toml(text).unwrap()
}

fn refusal(text: &str) -> String {
    let error = match OptimizerConfig::from_toml(text) {
        Err(error) => error,
        Ok(config) => config.optimizer::<f64>(flat(2)).unwrap_err(),
    };
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

/// Two optimizers do the same over four uneven steps.
fn same(text: &str, optimizer: &mut dyn Optimizer<f64>) {
    let gradients = arr2(&[[0.1, -0.2], [0.0, 3.0], [1.0, -1e-3], [-0.5, 0.5]]);
    let mut named = parse(text).optimizer::<f64>(flat(2)).unwrap();
    let theta: Array1<f64> = arr1(&[1.0, -2.0]);
    let a = replay(named.as_mut(), theta.clone(), gradients.view()).unwrap();
    let b = replay(optimizer, theta, gradients.view()).unwrap();
    assert_eq!(a, b, "{text}");
    assert!(a != replay(optimizer, arr1(&[1.0, -2.0]), gradients.view()).unwrap(), "the state matters");
}

#[test]
fn every_option_reaches_its_place() {
    let text = r#"
        optimizer = "fadam"
        lr = 0.02
        beta1 = 0.8
        beta2 = 0.97
        p = 0.75
        epsilon = 0.01
        epsilon2 = 0.3
        epsilon_rule = "E4"
        epsilon_exponent = "plain"
        epsilon_floor = 1e-4
        epsilon_addition = 1e-3
        clip = 0.7
        clip_form = "port"
        weight_decay = 0.2
        decay_form = "decoupled"
        f0 = 2
        bias_correction = "none"
        momentum_of = "gradient"
        momentum_bias_correction = true
    "#;
    let fadam = FAdam {
        learning_rate: 0.02,
        beta1: 0.8,
        beta2: 0.97,
        power: 0.75,
        epsilon: 0.01,
        epsilon2: 0.3,
        epsilon_rule: EpsilonRule::E4,
        epsilon_exponent: EpsilonExponent::Plain,
        epsilon_floor: 1e-4,
        epsilon_addition: 1e-3,
        clip: 0.7,
        clip_form: ClipForm::Port,
        weight_decay: 0.2,
        decay_form: DecayForm::Decoupled,
        initial_second_moment: 2.0,
        bias_correction: BiasCorrection::None,
        momentum_of: Averaged::Gradient,
        momentum_bias_correction: true,
    };
    same(text, &mut fadam.build(flat(2)).unwrap());
    let text = "optimizer = 'adam'\nlr = 0.1\nbeta1 = 0.5\nbeta2 = 0.6\nepsilon = 0.1\nweight_decay = 0.2\nbias_correction = false";
    let adam = Adam {
        learning_rate: 0.1,
        beta1: 0.5,
        beta2: 0.6,
        epsilon: 0.1,
        weight_decay: 0.2,
        bias_correction: false,
        amsgrad: false,
    };
    same(text, &mut adam.build(flat(2)).unwrap());
    let adamw = AdamW { learning_rate: 0.1, beta1: 0.5, ..AdamW::default() };
    same("optimizer = 'adamw'\nlr = 0.1\nbeta1 = 0.5", &mut adamw.build(flat(2)).unwrap());
    let sgd = Sgd { learning_rate: 0.1, momentum: 0.5, nesterov: true, weight_decay: 0.2 };
    let text = "optimizer = 'sgd'\nlr = 0.1\nmomentum = 0.5\nnesterov = true\nweight_decay = 0.2";
    same(text, &mut sgd.build(flat(2)).unwrap());
}

#[test]
fn presets_are_a_start_that_options_override() {
    let stages = |fadam: FAdam| -> DiagonalNaturalGradient<f64> { fadam.build(flat(2)).unwrap() };
    for (name, fadam) in [
        ("paper", FAdam::default()),
        ("v1", FAdam { epsilon: 1e-15, epsilon_rule: EpsilonRule::E1, ..FAdam::default() }),
        ("v2", FAdam { epsilon: 1e-7, epsilon2: 1e-3, ..FAdam::default() }),
        ("v3", FAdam { epsilon_rule: EpsilonRule::E3, ..FAdam::default() }),
        ("pytorch-port", FAdam::pytorch_port()),
        ("pytorch-optimizer", FAdam::pytorch_optimizer()),
        ("pytorch-optimizer-3", FAdam::pytorch_optimizer_3()),
        ("qiskit-port", FAdam::qiskit_port()),
        ("without-corrections", FAdam::without_corrections()),
    ] {
        same(&format!("optimizer = 'fadam'\npreset = '{name}'"), &mut stages(fadam));
        let text = format!("optimizer = 'fadam'\npreset = '{name}'\nlr = 0.5\nbias_correction = false");
        same(
            &text,
            &mut stages(FAdam { learning_rate: 0.5, bias_correction: BiasCorrection::None, ..fadam }),
        );
    }
    let off = FAdam { clip: f64::INFINITY, ..FAdam::default() };
    same("optimizer = 'fadam'\nclip = 'inf'", &mut stages(off));
    same("optimizer = 'fadam'\nclip = inf\nbias_correction = true", &mut stages(off));
    same("optimizer = 'fadam'\nclip = 2", &mut stages(FAdam { clip: 2.0, ..FAdam::default() }));
}

#[test]
fn refusals_are_one_line() {
    assert_eq!(
        refusal("optimizer = 'ftrl'"),
        format!("unknown optimizer 'ftrl'; known: {}", MethodSettings::NAMES.join(", "))
    );
    assert_eq!(
        refusal("optimizer = 'adam'\nlearning_rate = 1"),
        "unknown option 'learning_rate'; known: for adam: lr, beta1, beta2, epsilon, weight_decay, bias_correction, amsgrad"
    );
    assert_eq!(
        refusal("optimizer = 'sgd'\nclip = 1"),
        "unknown option 'clip'; known: for sgd: lr, momentum, nesterov, weight_decay"
    );
    assert_eq!(
        refusal("optimizer = 'fadam'\nepsilon_rule = 'E9'"),
        "optimizer.toml: unknown epsilon rule 'E9'; known: E1, E2, E3, E4, E5, E6, E7"
    );
    assert_eq!(
        refusal("optimizer = 'fadam'\nepsilon_exponent = 'p'"),
        "optimizer.toml: unknown epsilon exponent 'p'; known: 2p, plain"
    );
    assert_eq!(
        refusal("optimizer = 'fadam'\nclip = 'off'"),
        "optimizer.toml: clip: expected a number or inf"
    );
    assert_eq!(
        refusal("optimizer = 'fadam'\nclip_form = 'x'"),
        "optimizer.toml: unknown clip form 'x'; known: paper, port"
    );
    assert_eq!(
        refusal("optimizer = 'fadam'\nbias_correction = 'x'"),
        "optimizer.toml: unknown bias correction 'x'; known: folded, divided, none"
    );
    assert_eq!(
        refusal("optimizer = 'adam'\nbias_correction = 'folded'"),
        "optimizer.toml: bias_correction: invalid type: string \"folded\", expected a boolean"
    );
    assert!(
        refusal("optimizer = 'fadam'\npreset = 'v11'")
            .starts_with("unknown preset of fadam 'v11'; known: paper, v1")
    );
    assert_eq!(
        refusal("optimizer = 'fadam'\nclip = -1"),
        "clip = -1; it must be positive (infinity turns it off)"
    );
    assert_eq!(
        refusal("optimizer = 'sgd'\nmomentum = 1"),
        "momentum = 1; it must be at least 0 and less than 1"
    );
    assert!(
        refusal("optimizer = 'sgd'\nlr = 'fast'")
            .starts_with("optimizer.toml: lr: invalid type: string \"fast\"")
    );
    assert_eq!(refusal("lr = 1"), "optimizer.toml: has no line optimizer = \"NAME\"");
    assert!(refusal("optimizer = ").starts_with("optimizer.toml: "));
}

#[test]
fn files_are_named_in_errors_and_configs_survive_a_round_trip() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("fadam.toml");
    let missing = OptimizerConfig::read(&path).unwrap_err();
    assert!(matches!(missing, Error::File { path: found, .. } if found == path));
    let config = parse("optimizer = 'fadam'\nlr = 0.02\nclip = 'inf'\nbias_correction = 'divided'");
    std::fs::write(&path, config.to_toml()).unwrap();
    assert_eq!(OptimizerConfig::read(&path).unwrap(), config);
    std::fs::write(&path, "optimizer = 'sgd'\nbeta = 1").unwrap();
    let text = OptimizerConfig::read(&path).unwrap_err().to_string();
    assert!(
        text.starts_with(&path.display().to_string()) && text.contains("unknown option 'beta'"),
        "{text}"
    );
}
