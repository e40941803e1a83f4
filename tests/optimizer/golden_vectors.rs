//! Iterates computed with NumPy in float64 from the reconstructed algorithm, printed to twelve digits: absolute
//! tolerance 1e-11 (the last printed digit is worth 1e-12).

use super::{run, start, state};
use crate::support::distance;
use natgrad::optimizer::FAdam;
use natgrad::optimizer::stage::{
    BiasCorrection, ClipForm, EpsilonExponent,
    EpsilonRule::{self, E1, E2, E3, E4, E5, E6},
    SecondMoment,
};

const TOLERANCE: f64 = 1e-11;
const THETA: [f64; 3] = [0.5, -1.0, 2.0];

fn gradients() -> Vec<Vec<f64>> {
    vec![vec![0.1, -0.2, 0.3], vec![0.05, 0.4, -0.1], vec![-0.2, 0.1, 0.0], vec![1.0, -2.0, 0.5]]
}

fn base() -> FAdam {
    FAdam { learning_rate: 0.01, weight_decay: 0.1, ..FAdam::paper() }
}

fn port(rule: EpsilonRule, clip: f64) -> FAdam {
    FAdam { epsilon_rule: rule, clip_form: ClipForm::Port, clip, ..base() }
}

fn agrees(fadam: FAdam, expected: &[(usize, [f64; 3])]) {
    let path = run(&mut start(fadam, 3), &THETA, &gradients());
    for (step, theta) in expected {
        let found = distance(&path[*step], theta);
        assert!(found <= TOLERANCE, "{fadam:?}\n step {step}: {:?} against {theta:?}", path[*step]);
    }
}

#[test]
fn default_epsilon_every_row() {
    agrees(
        base(),
        &[
            (1, [0.498108867351, -0.998108867257, 1.997811822956]),
            (2, [0.49561728891, -0.99799330833, 1.995999127566]),
            (3, [0.495215962784, -0.998162263063, 1.994033898092]),
            (4, [0.494047876407, -0.997508956409, 1.991064308311]),
        ],
    );
    let rows = [
        (
            port(E3, 1.0),
            [0.498108867242, -0.998108867221, 1.99781182295],
            [0.494047876079, -0.997508956406, 1.991064308311],
        ),
        (
            port(E5, 1.0),
            [0.498108867351, -0.998108867257, 1.997811822956],
            [0.494047876406, -0.997508956404, 1.991064308315],
        ),
        (
            FAdam { clip: 0.5, ..base() },
            [0.499054433645, -0.999054433598, 1.998905911447],
            [0.497038913457, -0.999082324901, 1.995634471],
        ),
        (
            port(E3, 0.5),
            [0.499054433621, -0.999054433611, 1.998905911475],
            [0.497022282689, -0.998754652462, 1.995532755197],
        ),
        (
            FAdam { clip: 2.0, ..base() },
            [0.497217734602, -0.997217734463, 1.996623645878],
            [0.490522412369, -0.994450932364, 1.984474816737],
        ),
        (
            port(E3, 2.0),
            [0.496217734483, -0.996217734442, 1.9956236459],
            [0.488109038151, -0.995016516948, 1.982123809296],
        ),
        (
            FAdam { power: 1.0, ..base() },
            [0.497075768869, -0.998537884434, 1.998865298939],
            [0.489300839741, -0.998092298007, 1.993261580326],
        ),
        (
            FAdam { weight_decay: 0.0, ..base() },
            [0.4990000001, -0.99900000005, 1.999000000033],
            [0.496674485319, -0.999662547741, 1.996867632006],
        ),
    ];
    for (fadam, first, fourth) in rows {
        agrees(fadam, &[(1, first), (4, fourth)]);
    }
}

#[test]
fn exaggerated_epsilon_every_rule_and_exponent() {
    let rows = [
        (
            E1,
            [0.496042650178, -0.997338818881, 1.991396576657],
            [0.492146988476, -0.99831355175, 1.992216175965],
            [0.49682853684, -0.998787700699, 1.990127084004],
        ),
        (
            E2,
            [0.496321393371, -0.997413020281, 1.9913945311],
            [0.49210605425, -0.998263456149, 1.992229934186],
            [0.496840921797, -0.998713922934, 1.990118727894],
        ),
        (
            E3,
            [0.494976289618, -0.99737946281, 1.991185668782],
            [0.489429067627, -0.998091761891, 1.99324133227],
            [0.493887747154, -0.998147843199, 1.99171626591],
        ),
        (
            E4,
            [0.4955790829, -0.99737956259, 1.991222544107],
            [0.489955956456, -0.998189652164, 1.993065091442],
            [0.495500957951, -0.998322135372, 1.99093116542],
        ),
        (
            E5,
            [0.496040315122, -0.99730293065, 1.991425190931],
            [0.492114059056, -0.998284611358, 1.992244771114],
            [0.496792180431, -0.998712891009, 1.990190986897],
        ),
        (
            E6,
            [0.496040855418, -0.997184374596, 1.991516415197],
            [0.491960805765, -0.998114079546, 1.992408772281],
            [0.49673367045, -0.99847990757, 1.990368838359],
        ),
    ];
    for (rule, half, two_p, plain) in rows {
        let exaggerated = FAdam { epsilon_rule: rule, epsilon: 0.1, epsilon2: 0.5, ..base() };
        let one = FAdam { power: 1.0, ..exaggerated };
        agrees(exaggerated, &[(4, half)]);
        agrees(FAdam { epsilon_exponent: EpsilonExponent::Plain, ..exaggerated }, &[(4, half)]);
        agrees(one, &[(4, two_p)]);
        agrees(FAdam { epsilon_exponent: EpsilonExponent::Plain, ..one }, &[(4, plain)]);
    }
}

#[test]
fn time_dependent_beta2_and_second_moment() {
    let average = SecondMoment::new(0.999, BiasCorrection::Folded).unwrap();
    let found: Vec<f64> = (1..=4).map(|t| 1.0 - average.weight_of_newest(t)).collect();
    assert!(distance(&found, &[0.0, 0.499749874937, 0.666333110999954, 0.749624687343741]) < 1e-12);
    let mut fadam = start(base(), 3);
    run(&mut fadam, &THETA, &gradients());
    let f = state(&fadam, "second_moment");
    assert!(distance(&f, &[0.263501246557, 1.053967467487, 0.087558820672]) < 1e-12);
}

#[test]
fn clip_is_per_tensor() {
    use natgrad::ParameterLayout;
    // p = 0 and no ε: the direction is the gradient, so only the clip acts.
    let fadam = FAdam { power: 0.0, ..super::direction_only() };
    let layout = ParameterLayout::new([("a", vec![2]), ("b", vec![4])]).unwrap();
    let gradient = vec![3.0, 4.0, 0.1, 0.1, 0.1, 0.1];
    let clipped = |layout| {
        let mut optimizer = FAdam { clip: 1.0, ..fadam }.build::<f64>(layout).unwrap();
        let path = run(&mut optimizer, &[0.0; 6], std::slice::from_ref(&gradient));
        path[1].iter().map(|x| -x).collect::<Vec<f64>>()
    };
    let per_tensor = [0.848528137424, 1.131370849898, 0.1, 0.1, 0.1, 0.1];
    assert!(distance(&clipped(layout), &per_tensor) < 1e-12);
    // The same numbers as one tensor: the global clip that nobody uses.
    let global =
        [1.468519499621, 1.958025999495, 0.048950649987, 0.048950649987, 0.048950649987, 0.048950649987];
    assert!(distance(&clipped(super::flat(6)), &global) < 1e-12);
}
