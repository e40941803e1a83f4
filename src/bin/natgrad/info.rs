//! `natgrad info`.

use crate::failure::{Failure, Outcome};
use crate::output;
use crate::settings::Settings;
use natgrad::fisher::{Exact, ExactEnumeration, MonteCarlo, Sampler};
use natgrad::likelihood::Categorical;
use natgrad::model::{Activation, Affine};
use natgrad::ndarray::array;
use natgrad::optimizer::{FAdam, replay};
use natgrad::report::{Column, Document, Format, Table};
use natgrad::solver::{Cholesky, ConjugateGradient};
use natgrad::{Labels, LinearOperator, Linearization, Network, ParameterLayout, Scalar, Solver};

/// Version, backend, threads, SIMD, and a self-test against numbers of an independent program.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cargo natgrad info")]
pub struct Args {}

pub fn run(_args: &Args, settings: &Settings) -> Outcome {
    output::check_targets([settings.json.as_deref()])?;
    let mut build = Table::new("Build", ["what", "is"]);
    let backend = match natgrad::backend_name() {
        "faer" => "faer: pure Rust, no BLAS".to_owned(),
        other => format!("{other}: the BLAS/LAPACK this binary is linked to"),
    };
    build.row(["version".into(), env!("CARGO_PKG_VERSION").into()])?;
    build.row(["linear algebra".into(), backend.into()])?;
    build.row(["threads".into(), rayon::current_num_threads().into()])?;
    build.row(["SIMD at run time".into(), simd().into()])?;
    build.row(["target".into(), format!("{} {}", std::env::consts::ARCH, std::env::consts::OS).into()])?;
    let checks = checks()?;
    let mut table = Table::new(
        "Self-test",
        [
            Column::new("check"),
            Column::new("expected").format(Format::Significant(10)),
            Column::new("found").format(Format::Significant(10)),
            Column::new("error").format(Format::Scientific(2)),
            Column::new("allowed").format(Format::Scientific(2)),
            "verdict".into(),
        ],
    );
    for check in &checks {
        let verdict = if check.holds() { "confirmed" } else { "FAILED" };
        table.row([
            check.name.into(),
            check.expected.into(),
            check.found.into(),
            check.error().into(),
            check.tolerance.into(),
            verdict.into(),
        ])?;
    }
    table.note(
        "M2: a 2-3-3 tanh network on four data; expected values from a program apart from this library.",
    );
    let mut document = Document::new("info", "natgrad");
    document.table(build).table(table);
    output::deliver(&document, settings, None, None)?;
    match checks.iter().find(|check| !check.holds()) {
        None => Ok(()),
        Some(check) => Err(Failure::verdict(format!(
            "self-test failed: {}: {} instead of {}",
            check.name, check.found, check.expected
        ))),
    }
}

/// Vector instructions of this machine that the kernels can choose at run time.
fn simd() -> String {
    #[cfg(target_arch = "x86_64")]
    let found = [
        ("avx512f", std::is_x86_feature_detected!("avx512f")),
        ("avx2", std::is_x86_feature_detected!("avx2")),
        ("fma", std::is_x86_feature_detected!("fma")),
        ("sse2", std::is_x86_feature_detected!("sse2")),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let found = [(std::env::consts::ARCH, true)];
    let names: Vec<&str> = found.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect();
    names.join(", ")
}

struct Check {
    name: &'static str,
    expected: f64,
    found: f64,
    tolerance: f64,
}

impl Check {
    fn error(&self) -> f64 {
        (self.found - self.expected).abs()
    }

    fn holds(&self) -> bool {
        self.error() <= self.tolerance
    }
}

/// M2 in either precision.
fn m2<T: Scalar>() -> natgrad::Result<Linearization<T>> {
    let n = |x: f64| T::of(x);
    let w0 = array![[0.5, -0.3], [0.1, 0.8], [-0.6, 0.2]].mapv(n);
    let w1 = array![[0.7, -0.4, 0.2], [-0.1, 0.6, -0.5], [0.3, 0.05, -0.9]].mapv(n);
    let layers = vec![
        Affine::new(w0, Some(array![0.1, -0.2, 0.05].mapv(n)))?,
        Affine::new(w1, Some(array![0.0, 0.15, -0.1].mapv(n)))?,
    ];
    let x = array![[1.0, 0.5], [-0.5, 1.0], [0.25, -1.5], [2.0, -0.25]].mapv(n);
    Network::new(layers, Activation::Tanh)?.linearize(&Categorical, &x, &Labels::classes(&[0, 2, 1, 0])?)
}

fn checks() -> Outcome<Vec<Check>> {
    let lin = m2::<f64>()?;
    let exact = lin.scores(&Exact)?.dense()?;
    let listed = lin.scores(&ExactEnumeration)?.dense()?;
    let difference = (exact.to_dense()? - listed.to_dense()?).iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let g = lin.gradient();
    let direct = Cholesky::damped(0.1).solve(&exact, g.view())?.direction;
    let iterated =
        ConjugateGradient::damped(0.1).solve(&lin.scores(&Exact)?.implicit()?, g.view())?.direction;
    let apart = (&direct - &iterated).iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let mse = |sampler| -> Outcome<f64> {
        let fisher = lin.scores(&MonteCarlo { draws: 4, sampler, seed: 0 })?;
        Ok(fisher.provenance().error.map_or(f64::NAN, |error| error.mean_squared_error))
    };
    let mut fadam = FAdam { learning_rate: 0.01, weight_decay: 0.1, ..FAdam::paper() }
        .build::<f64>(ParameterLayout::flat(3)?)?;
    let gradients = array![[0.1, -0.2, 0.3], [0.05, 0.4, -0.1], [-0.2, 0.1, 0.0], [1.0, -2.0, 0.5]];
    let path = replay(&mut fadam, array![0.5, -1.0, 2.0], gradients.view())?;
    let check = |name, expected, found, tolerance| Check { name, expected, found, tolerance };
    Ok(vec![
        check("M2 loss", 1.4534055020720247, lin.loss(), 1e-14),
        check("M2 trace of the Fisher", 1.9643055916817, exact.trace()?, 1e-12),
        check("M2 Frobenius norm", 0.974429218958548, exact.frobenius_norm()?, 1e-12),
        check("M2 exact less enumerated", 0.0, difference, 1e-15),
        check("M2 slope along the direction", 1.9009969685729764, g.dot(&direct), 1e-12),
        check("M2 Cholesky less conjugate gradients", 0.0, apart, 1e-9),
        check("M2 mse of mc:4", 0.14495994427702905, mse(Sampler::Independent)?, 1e-13),
        check("M2 mse of mc-systematic:4", 0.025164117152656023, mse(Sampler::Systematic)?, 1e-13),
        check(
            "M2 trace in float32",
            1.9643055916817,
            f64::from(m2::<f32>()?.scores(&Exact)?.dense()?.trace()?),
            2e-6,
        ),
        check("FAdam after four steps", 0.494047876407, path[[4, 0]], 1e-11),
    ])
}
