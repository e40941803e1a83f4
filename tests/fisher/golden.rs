//! Numbers from elsewhere: values printed by a numpy program apart from the library, and the 80-digit file.
//!
//! Tolerance 1e-12 relative to the scale of the matrix or vector (its Frobenius norm) throughout.
//!
//! Longer than other files because the printed numbers stand in it, each beside what it is the value of.

use super::support::*;
use natgrad::fisher::{Empirical, Exact, ExactEnumeration, MonteCarlo, MonteCarloError, Sampler};
use natgrad::linalg::Cholesky;
use natgrad::model::Linearization;
use natgrad::ndarray::{Array1, Array2, ArrayView1, array, s};
use natgrad::{LinearOperator, Solver, solver};

const TOLERANCE: f64 = 1e-12;

fn dense(lin: &Linearization<f64>) -> Array2<f64> {
    lin.scores(&Exact).unwrap().dense().unwrap().into_operator().into_matrix()
}

fn empirical(lin: &Linearization<f64>) -> Array2<f64> {
    lin.scores(&Empirical).unwrap().dense().unwrap().into_operator().into_matrix()
}

fn log_determinant(matrix: &Array2<f64>, damping: f64) -> f64 {
    let mut damped = matrix.clone();
    damped.diag_mut().mapv_inplace(|x| x + damping);
    Cholesky::factor(damped.view()).unwrap().log_determinant()
}

fn step(
    lin: &Linearization<f64>,
    estimator: &dyn natgrad::fisher::Estimator<f64>,
    damping: f64,
) -> Array1<f64> {
    let f = lin.scores(estimator).unwrap().dense().unwrap();
    solver::Cholesky::damped(damping).solve(&f, lin.gradient().view()).unwrap().direction
}

fn mean_squared_error(lin: &Linearization<f64>) -> f64 {
    let one = MonteCarlo { draws: 1, sampler: Sampler::Independent, seed: 0 };
    MonteCarloError::exact(&one, lin).unwrap().unwrap().mean_squared_error
}

/// Trace, Frobenius norm and log det(· + .1 I) of a matrix against printed numbers.
#[track_caller]
fn assert_invariants(what: &str, matrix: &Array2<f64>, trace: f64, frobenius: f64, logdet: f64) {
    assert_close(&format!("{what}: trace"), matrix.diag().sum(), trace, TOLERANCE);
    let norm = matrix.iter().map(|x| x * x).sum::<f64>().sqrt();
    assert_close(&format!("{what}: Frobenius"), norm, frobenius, TOLERANCE);
    assert_close(&format!("{what}: logdet"), log_determinant(matrix, 0.1), logdet, TOLERANCE);
}

/// Eigenvalues in descending order, by nalgebra rather than by the library.
fn eigenvalues(matrix: &Array2<f64>) -> Vec<f64> {
    let n = matrix.nrows();
    let matrix = nalgebra::DMatrix::from_fn(n, n, |i, j| matrix[[i, j]]);
    let mut values: Vec<f64> = matrix.symmetric_eigenvalues().iter().copied().collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

/// The leading eigenvalues are the printed ones and the others are zero, relative to the largest.
#[track_caller]
fn assert_spectrum(what: &str, matrix: &Array2<f64>, largest: f64, rank: usize) {
    let values = eigenvalues(matrix);
    assert_close(&format!("{what}: largest eigenvalue"), values[0], largest, TOLERANCE);
    assert_eq!(values.iter().filter(|v| **v > 1e-12 * largest).count(), rank, "{what}: rank");
}

fn cosine(a: &Array1<f64>, b: &Array1<f64>) -> f64 {
    a.dot(b) / (a.dot(a) * b.dot(b)).sqrt()
}

/// The quadratic form through the representation that makes no matrix.
fn quadratic(lin: &Linearization<f64>, v: ArrayView1<'_, f64>) -> f64 {
    lin.scores(&Exact).unwrap().implicit().unwrap().quadratic_form(v).unwrap()
}

#[test]
fn m1_softmax_linear_has_the_printed_numbers() {
    let problem = reference("M1");
    let lin = problem.linearize::<f64>();
    assert_close("loss", lin.loss(), 0.9099502112188469, TOLERANCE);
    let (p0, p2) = (0.36485455053318794, 0.2702908989336242);
    assert_near("p(x_0)", &softmax(lin.eta().row(0)), &[p0, p0, p2], TOLERANCE);
    let f = dense(&lin);
    assert_invariants("F", &f, 1.34691501819173, 0.719700681610602, -8.07444835555287);
    assert_spectrum("F", &f, 0.544580423279862, 4);
    let diagonal = [
        0.3203677965469783,
        0.1976962101775884,
        0.29414169349306457,
        0.18567781447430637,
        0.1869264230716753,
        0.16210508042812066,
    ];
    assert_near("diag F", f.diag(), &diagonal, TOLERANCE);
    assert_near(
        "diagonal",
        &lin.scores(&Exact).unwrap().diagonal().unwrap().diagonal().unwrap(),
        &diagonal,
        TOLERANCE,
    );
    let row = [
        0.3203677965469783,
        -0.04512885568208476,
        -0.21379153348418378,
        0.027003371570454997,
        -0.10657626306279448,
        0.01812548411162977,
    ];
    assert_near("row 0", f.row(0), &row, TOLERANCE);
    let e = empirical(&lin);
    assert_invariants("E", &e, 1.15048108222772, 0.737872019945868, -9.35746376839644);
    assert_spectrum("E", &e, 0.554895464607985, 4);
    let gradient = [
        -0.3818834402572301,
        -0.20177394747751204,
        0.16834078706440667,
        0.3763996935301614,
        0.2135426531928234,
        -0.17462574605264938,
    ];
    assert_near("gradient", lin.gradient(), &gradient, TOLERANCE);
    let direction = step(&lin, &Exact, 0.1);
    let printed = [
        -0.7537639533778007,
        -0.5904384354863383,
        0.2929542020227277,
        1.0553600653377184,
        0.4608097513550727,
        -0.4649216298513801,
    ];
    assert_near("direction", &direction, &printed, TOLERANCE);
    let cos_e = cosine(&direction, &step(&lin, &Empirical, 0.1));
    assert_close("cosine to E-step", cos_e, 0.9464156265843147, TOLERANCE);
    let cos_g = cosine(&direction, lin.gradient());
    assert_close("cosine to gradient", cos_g, 0.9845735721248987, TOLERANCE);
    assert_close("MC MSE", mean_squared_error(&lin), 0.3667392731429827, TOLERANCE);
    let v = array![0.3, -0.2, 0.5, 0.1, -0.4, 0.25];
    let curvature = quadratic(&lin, v.view());
    assert_close("vFv", curvature, 0.1680723837658049, TOLERANCE);
    // Ratios of the printed divergences, to the five digits printed.
    let eta = problem.outputs_at(problem.theta.view());
    for (t, printed, ratio) in [
        (0.1, 0.0008237379267685752, 0.98022),
        (0.05, 0.00020800131701089277, 0.99006),
        (0.025, 5.226080394490798e-05, 0.99502),
    ] {
        let moved = problem.outputs_at((&problem.theta + &(&v * t)).view());
        let divergence = kl("categorical", &eta, &moved);
        // The sum cancels to t²: 1e-16/5e-5 relative.
        assert_close("KL", divergence, printed, 1e-11);
        assert!((divergence / (0.5 * t * t * curvature) - ratio).abs() <= 0.5e-5, "ratio at {t}");
    }
}

#[test]
fn m2_tanh_network_has_the_printed_fisher() {
    let problem = reference("M2");
    let lin = problem.linearize::<f64>();
    assert_close("loss", lin.loss(), 1.4534055020720247, TOLERANCE);
    let f = dense(&lin);
    assert_invariants("F", &f, 1.9643055916817, 0.974429218958548, -40.4263129393221);
    assert_spectrum("F", &f, 0.7110855100315, 8);
    let spectrum = [
        0.7110855100315,
        0.5336136539752,
        0.3183721516646,
        0.194532233908,
        0.1270960113043,
        0.05911943224327,
        0.01590888713409,
        0.004577711420807,
    ];
    assert_near("eigenvalues", &eigenvalues(&f)[..8], &spectrum, TOLERANCE);
    let diagonal = [
        0.03148893498755,
        0.04619065429153,
        0.1685393814217,
        0.04038666965182,
        0.05910938138788,
        0.1324517891039,
        0.04872693546299,
        0.09333066027544,
        0.1032646150785,
        0.07447447100987,
        0.06673381793493,
        0.06618244770803,
        0.06764544245811,
        0.05171656693721,
        0.06519710084824,
        0.07920551502416,
        0.06138754827764,
        0.07163930589923,
        0.2118934841443,
        0.2076090536756,
        0.2171318161031,
    ];
    assert_near("diag F", f.diag(), &diagonal, TOLERANCE);
    let by_factors = lin.scores(&Exact).unwrap().diagonal().unwrap().diagonal().unwrap();
    assert_near("diagonal", &by_factors, &diagonal, TOLERANCE);
    let row = [
        0.03148893498754677,
        -0.006204608247894885,
        -0.0636135212574949,
        0.005259979198539157,
        0.024835495071046938,
        -0.0071856267254429085,
        0.014031695035210867,
        -0.03043694291376744,
        0.013690660313431764,
    ];
    assert_near("F[0, 0:9]", f.slice(s![0, 0..9]), &row, TOLERANCE);
    // tr B₂ = mean(1 - Σp²): the Fisher of the output biases.
    let spread =
        lin.eta().outer_iter().map(|eta| 1.0 - softmax(eta).mapv(|p| p * p).sum()).sum::<f64>() / 4.0;
    assert_close("tr B2", f.slice(s![18.., 18..]).diag().sum(), spread, TOLERANCE);
    assert_close("tr B2 printed", spread, 0.6366343539229993, TOLERANCE);
}

#[test]
fn m2_tanh_network_has_the_printed_empirical_fisher_and_steps() {
    let problem = reference("M2");
    let lin = problem.linearize::<f64>();
    let e = empirical(&lin);
    assert_invariants("E", &e, 2.65977967434179, 1.65388321245928, -41.0982286986663);
    assert_spectrum("E", &e, 1.46268910973673, 4);
    let diagonal = [
        0.0515381794581,
        0.07405362198634,
        0.259448309107,
        0.03478652794539,
        0.125194977399,
        0.07037992103308,
        0.06795374421461,
        0.1204610045346,
        0.1273085184093,
        0.1313592493275,
        0.06406459211896,
        0.1231284029175,
        0.08759887196969,
        0.1490501284843,
        0.05915449445494,
        0.07687722199594,
        0.06652205796967,
        0.08281786105534,
        0.3353757028992,
        0.2867850677018,
        0.2659212193596,
    ];
    assert_near("diag E", e.diag(), &diagonal, TOLERANCE);
    let gradient = [
        -0.12295687756608956,
        -0.18476918798482647,
        0.3216710612188115,
        0.12083948422141447,
        -0.27535109820412923,
        -0.02198012546422842,
        -0.059203556091485275,
        0.22833812978033427,
        -0.05118561388343752,
        -0.18302326627159995,
        -0.0887635858289981,
        0.2142748117886054,
        -0.07968267751688403,
        0.2589426311247102,
        0.04687188740377824,
        0.262705943788484,
        -0.1701790452957121,
        -0.26114669919238365,
        -0.17544938360816523,
        0.08686682359796966,
        0.08858256001019556,
    ];
    assert_near("gradient", lin.gradient(), &gradient, TOLERANCE);
    assert_close("gradient norm", lin.gradient().dot(lin.gradient()).sqrt(), 0.822880961192167, TOLERANCE);
    let direction = [
        -0.3715082838191,
        -0.7751655532611,
        1.024376377558,
        0.3870185618767,
        -0.9312070656815,
        -0.1507594626108,
        0.1490279108227,
        0.488762645121,
        0.2634765017533,
        -0.3593503031395,
        -0.500775733191,
        0.5582067283143,
        -0.4032279214677,
        1.11766948892,
        0.2088715005012,
        0.7625782246072,
        -0.6168937557289,
        -0.7670782288155,
        0.3035361132096,
        -0.08123790094413,
        -0.2222982122654,
    ];
    let d = step(&lin, &Exact, 0.1);
    assert_near("direction", &d, &direction, TOLERANCE);
    // The table of section 8.B, damping .1 and .001.
    assert_close("step norm", d.dot(&d).sqrt(), 2.646502426656021, TOLERANCE);
    assert_close("g.step", d.dot(lin.gradient()), 1.9009969685729764, TOLERANCE);
    let small = step(&lin, &Exact, 0.001);
    // The condition number at this damping is 700.
    assert_close("step norm at .001", small.dot(&small).sqrt(), 7.402554101150035, TOLERANCE);
    assert_close("g.step at .001", small.dot(lin.gradient()), 3.286489734525606, TOLERANCE);
    let empirical_step = step(&lin, &Empirical, 0.1);
    assert_close("E-step norm", empirical_step.dot(&empirical_step).sqrt(), 1.117465886, 1e-9);
    let f = lin.scores(&Exact).unwrap().implicit().unwrap();
    let v = Array1::from_shape_fn(21, |i| (-1f64).powi(i as i32) * (i as f64 + 1.0) / 21.0);
    let product = [
        0.08259886914888,
        0.08411987558455,
        -0.2146784223453,
        -0.1314765576229,
        0.04002453472726,
        -0.05255945196664,
        0.2262357857964,
        -0.3144833525961,
        0.1290581918297,
        0.08630335356806,
        -0.004056032359915,
        -0.06166979801901,
        -0.09297916144584,
        -0.08743277925842,
        0.07210077913221,
        0.006675807877774,
        0.09148881161834,
        -0.0104309811132,
        0.3282549896374,
        -0.4743273880706,
        0.1460723984333,
    ];
    assert_near("F v", &f.apply(v.view()).unwrap(), &product, TOLERANCE);
    assert_close("vFv", f.quadratic_form(v.view()).unwrap(), 1.28234034096206, TOLERANCE);
    let e = lin.scores(&Empirical).unwrap().implicit().unwrap();
    assert_close("vEv", e.quadratic_form(v.view()).unwrap(), 1.2777266943696972, TOLERANCE);
    assert_close("MC MSE", mean_squared_error(&lin), 0.5798397771081162, TOLERANCE);
    assert_close(
        "relative MC MSE",
        mean_squared_error(&lin) / 0.974429218958548f64.powi(2),
        0.6106711576,
        1e-9,
    );
}

#[test]
fn m2_with_one_datum_has_the_printed_trace() {
    let mut problem = reference("M2");
    // "Sample 3" of the notes counts from one.
    problem.x = problem.x.slice(s![2..3, ..]).to_owned();
    problem.y = problem.y.slice(s![2..3, ..]).to_owned();
    assert_close("tr F", dense(&problem.linearize()).diag().sum(), 2.174115679346445, TOLERANCE);
}

#[test]
fn m3_logistic_regression_has_the_printed_numbers() {
    let problem = reference("M3");
    let lin = problem.linearize::<f64>();
    assert_close("loss", lin.loss(), 0.7304414887190536, TOLERANCE);
    let printed = from_upper(
        3,
        &[
            0.2776980744454452,
            -0.0375050425784549,
            0.143785596421447,
            0.16829645489190045,
            0.01277249481202108,
            0.20967788994940553,
        ],
    );
    let f = dense(&lin);
    assert_near("F", &f, &printed, TOLERANCE);
    assert_close("trace", f.diag().sum(), 0.655672419286751, TOLERANCE);
    let values = eigenvalues(&f);
    assert_close("lmax", values[0], 0.393526038101457, TOLERANCE);
    assert_close("lmin", values[2], 0.0827526218509909, TOLERANCE);
    assert_close("logdet F", log_determinant(&f, 0.1), -3.6809346615547, TOLERANCE);
    let printed = from_upper(
        3,
        &[
            0.1456102723755321,
            -0.055846667606453834,
            0.11530153278556322,
            0.3950229775758894,
            -0.18257629485446483,
            0.257686381087687,
        ],
    );
    let e = empirical(&lin);
    assert_near("E", &e, &printed, TOLERANCE);
    assert_close("tr E", e.diag().sum(), 0.798319631039109, TOLERANCE);
    assert_close("logdet E", log_determinant(&e, 0.1), -3.5080271258783, TOLERANCE);
    let gradient = [-0.24608296686033587, -0.2512107113641037, 0.09913668433935686];
    assert_near("gradient", lin.gradient(), &gradient, TOLERANCE);
    let by_f = [-2.3154628139301465, -2.175113199194128, 2.1931187317614182];
    assert_near("F^-1 g", &step(&lin, &Exact, 0.0), &by_f, TOLERANCE);
    let by_e = [-2.9816686989048353, -0.3911082078217779, 1.441754766171081];
    assert_near("E^-1 g", &step(&lin, &Empirical, 0.0), &by_e, TOLERANCE);
    assert_close("MC MSE", mean_squared_error(&lin), 0.11089472916601308, TOLERANCE);
}

#[test]
fn m3_at_zero_is_a_matrix_of_dyadic_rationals() {
    let mut problem = reference("M3");
    problem.theta.fill(0.0);
    let exact = from_upper(3, &[0.33203125, -0.0546875, 0.171875, 0.22265625, -0.015625, 0.25]);
    // Every product and sum is exact in binary, so is the result.
    assert_near("F", &dense(&problem.linearize()), &exact, 0.0);
    assert_near(
        "F in f32",
        &problem.linearize::<f32>().scores(&Exact).unwrap().dense().unwrap().to_dense().unwrap(),
        &exact,
        0.0,
    );
}

#[test]
fn m4_deep_linear_regression_has_the_printed_numbers() {
    let lin = reference("M4").linearize::<f64>();
    let f = dense(&lin);
    assert_invariants("F", &f, 6.09125, 3.37123965139077, -16.9029804138586);
    assert_spectrum("F", &f, 2.64508983097074, 4);
    assert_close("tr of layer 0", f.slice(s![..6, ..6]).diag().sum(), 2.9065625, TOLERANCE);
    assert_close("tr of layer 1", f.slice(s![6.., 6..]).diag().sum(), 3.1846875, TOLERANCE);
    // The printed norm is that of one of the two blocks.
    let coupling = f.slice(s![..6, 6..]).iter().map(|x| x * x).sum::<f64>().sqrt();
    assert_close("off-diagonal blocks", coupling, 1.6004709771291739, TOLERANCE);
    assert_close("MC MSE", mean_squared_error(&lin), 17.96805244140625, TOLERANCE);
}

#[test]
fn m5_poisson_regression_has_the_printed_numbers() {
    let lin = reference("M5").linearize::<f64>();
    let printed = from_upper(
        3,
        &[
            3.033037778884114,
            -0.6041272201581589,
            1.7859230287657413,
            2.3607798342198243,
            -1.3007767342800896,
            2.0243081463679538,
        ],
    );
    let f = dense(&lin);
    assert_near("F", &f, &printed, TOLERANCE);
    assert_invariants("F", &f, 7.41812575947189, 5.41880474050886, 1.66003845208759);
    assert_spectrum("F", &f, 5.01390975890365, 3);
    assert_invariants("E", &empirical(&lin), 5.26784916519692, 4.19454952257689, 0.3506539995484);
    assert_close("MC MSE", mean_squared_error(&lin), 50.31681133244746, TOLERANCE);
}

#[test]
fn all_cases_of_the_file_are_reproduced() {
    let cases = golden_cases();
    assert_eq!(cases.len(), 21);
    for case in &cases {
        let name = case.name();
        let near = |what: &str, actual: Vec<f64>, key: &str| {
            assert_near(&format!("{name}: {what}"), &actual, &case.numbers(key), TOLERANCE);
        };
        let lin = case.problem.linearize::<f64>();
        near("loss", vec![lin.loss()], "expected/loss");
        near("eta", lin.eta().iter().copied().collect(), "expected/eta");
        near("gradient", lin.gradient().to_vec(), "expected/gradient");
        let v = Array1::from(case.numbers("v"));
        near("jvp", lin.jvp(v.view()).unwrap().iter().copied().collect(), "expected/jvp");
        let u = Array2::from_shape_vec(lin.eta().dim(), case.numbers("u")).unwrap();
        near("vjp", lin.vjp(u.view()).unwrap().to_vec(), "expected/vjp");

        let scores = lin.scores(&Exact).unwrap();
        let f = scores.dense().unwrap();
        let golden = case.symmetric("expected/fisher_upper");
        assert_near(&format!("{name}: F"), &f.to_dense().unwrap(), &golden, TOLERANCE);
        let diagonal = scores.diagonal().unwrap().diagonal().unwrap();
        assert_near(&format!("{name}: diagonal"), &diagonal, golden.diag(), TOLERANCE);
        near("trace", vec![f.trace().unwrap()], "expected/trace");
        near("Frobenius", vec![f.frobenius_norm().unwrap()], "expected/frobenius");
        near("F v", f.apply(v.view()).unwrap().to_vec(), "expected/fv");
        near("implicit F v", scores.implicit().unwrap().apply(v.view()).unwrap().to_vec(), "expected/fv");
        let golden = case.symmetric("expected/empirical_upper");
        assert_near(&format!("{name}: E"), &empirical(&lin), &golden, TOLERANCE);

        let damping = case.number("damping");
        near("logdet", vec![log_determinant(&f.to_dense().unwrap(), damping)], "expected/logdet");
        near("direction", step(&lin, &Exact, damping).to_vec(), "expected/direction");
        let by_products =
            solver::ConjugateGradient { tolerance: 1e-14, ..solver::ConjugateGradient::damped(damping) }
                .solve(&scores.implicit().unwrap(), lin.gradient().view())
                .unwrap();
        near("direction by products", by_products.direction.to_vec(), "expected/direction");

        // Counts have a closed form of the error, though their joint labels are too many to list beyond two outputs.
        let one = MonteCarlo { draws: 1, sampler: Sampler::Independent, seed: 3 };
        let error = MonteCarloError::exact(&one, &lin).unwrap().unwrap();
        near("MC MSE", vec![error.mean_squared_error], "expected/mc_mse");
        near("Var tr", vec![error.trace_variance], "expected/mc_trace_var");
        if case.problem.likelihood != "poisson" || lin.outputs() <= 3 {
            let enumerated = lin.scores(&ExactEnumeration).unwrap().dense().unwrap().to_dense().unwrap();
            let golden = case.symmetric("expected/fisher_upper");
            assert_near(&format!("{name}: F by labels"), &enumerated, &golden, TOLERANCE);
        }
    }
}

#[test]
fn the_sampler_table_of_m2_is_reproduced() {
    // M, independent, systematic.
    let table = [
        (1, 0.5798397771081162, 0.5798397771081162),
        (2, 0.2899198885540581, 0.18472740711654315),
        (4, 0.14495994427702905, 0.025164117152656023),
        (8, 0.07247997213851452, 0.008160056007427644),
        (16, 0.03623998606925726, 0.001781259424932672),
        (32, 0.01811999303462863, 0.0005088980035912474),
    ];
    let lin = reference("M2").linearize::<f64>();
    for (draws, independent, systematic) in table {
        for (sampler, printed) in [(Sampler::Independent, independent), (Sampler::Systematic, systematic)] {
            let estimator = MonteCarlo { draws, sampler, seed: 0 };
            let error = MonteCarloError::exact(&estimator, &lin).unwrap().unwrap();
            assert_close(&format!("{sampler:?} M = {draws}"), error.mean_squared_error, printed, TOLERANCE);
        }
    }
    let one = MonteCarlo { draws: 1, sampler: Sampler::Independent, seed: 0 };
    let error = MonteCarloError::exact(&one, &lin).unwrap().unwrap();
    assert_close("Var tr at M = 1", error.trace_variance, 0.138412251249304, TOLERANCE);
}
