//! The ends: much damping, none, and operators of which little is left.

use crate::fisher::support::Problem;
use crate::support::cases::{double, matrix, vector};
use crate::support::close::{all_close, close, near, rounding};
use crate::support::{Stream, naive};
use natgrad::fisher::{Exact, Scores};
use natgrad::model::Activation;
use natgrad::operator::{BlockDiagonal, Dense};
use natgrad::solver::{
    Auto, AutoSolve, BlockSolver, Cholesky, Damping, DiagonalPower, Eigen, Eigenbasis, KroneckerSolver,
    Solution, Woodbury,
};
use natgrad::{Error, LinearOperator, Result, Scalar, Solver};
use ndarray::{Array1, Array2, array};

/// One network and the views that solvers accept.
struct Views {
    scores: Scores<f64>,
    gradient: Array1<f64>,
}

type Outcome = (String, Result<Solution<f64>>);

impl Views {
    fn of(problem: &Problem) -> Self {
        let lin = problem.linearize::<f64>();
        Views { scores: lin.scores(&Exact).unwrap(), gradient: lin.gradient().clone() }
    }

    /// Every solver on every view.
    fn solve(&self, damping: Damping, g: &Array1<f64>) -> Vec<Outcome> {
        fn both<F: AutoSolve<f64>>(
            all: &mut Vec<Outcome>,
            name: &str,
            f: &F,
            damping: Damping,
            g: &Array1<f64>,
        ) {
            all.push((format!("auto {name}"), Auto { damping }.solve(f, g.view())));
            all.push((format!("eigen {name}"), Eigen { damping, cutoff: None }.solve(f, g.view())));
        }
        let (s, g_view, mut all) = (&self.scores, g.view(), Vec::new());
        let dense = s.dense().unwrap();
        both(&mut all, "dense", &dense, damping, g);
        all.push(("cholesky".to_owned(), Cholesky { damping }.solve(&dense, g_view)));
        let diagonal = s.diagonal().unwrap();
        both(&mut all, "diagonal", &diagonal, damping, g);
        let power = DiagonalPower::new(1.0).unwrap().with_damping(damping);
        all.push(("diagonal".to_owned(), power.solve(&diagonal, g_view)));
        for blocks in [s.blocks().unwrap(), s.unit_blocks().unwrap()] {
            both(&mut all, "blocks", &blocks, damping, g);
            all.push(("block".to_owned(), BlockSolver { damping }.solve(&blocks, g_view)));
        }
        let quasi = s.quasi_diagonal().unwrap();
        both(&mut all, "quasi-diagonal", &quasi, damping, g);
        for kronecker in [s.kfac().unwrap(), s.tkfac().unwrap()] {
            both(&mut all, "kronecker", &kronecker, damping, g);
            all.push(("kronecker".to_owned(), KroneckerSolver { damping }.solve(&kronecker, g_view)));
        }
        let ekfac = s.ekfac().unwrap();
        both(&mut all, "ekfac", &ekfac, damping, g);
        all.push(("eigenbasis".to_owned(), Eigenbasis { damping }.solve(&ekfac, g_view)));
        let gram = s.gram().unwrap();
        both(&mut all, "gram", &gram, damping, g);
        if !matches!(damping, Damping::RelativeDiagonal(_)) {
            all.push(("woodbury".to_owned(), Woodbury { damping }.solve(&gram, g_view)));
        }
        both(&mut all, "implicit", &s.implicit().unwrap(), damping, g);
        all.push(("scores".to_owned(), Auto { damping }.solve_scores(s, g_view)));
        all
    }
}

fn problem(likelihood: &str, widths: &[usize], data: usize) -> Problem {
    Problem::random(likelihood, Activation::Tanh, widths, true, data, 5)
}

/// λ d → g: what is missing is F g/λ.
#[test]
fn much_damping_is_the_gradient() {
    let views = Views::of(&problem("categorical", &[2, 5, 3], 7));
    let g = &views.gradient;
    for exponent in [30, 60, 200] {
        let lambda = 2f64.powi(exponent);
        for (name, solved) in views.solve(Damping::Exact(lambda), g) {
            let d = solved.unwrap_or_else(|error| panic!("{name}: {error}")).converged().unwrap().direction;
            // ‖F‖ < 8 for all views; one rounding more for each of the few operations.
            let off = naive::norm(&(&d * lambda - g)) / naive::norm(g);
            assert!(off <= 8.0 / lambda + 1e-15, "{name}, 2^{exponent}: {off:e}");
        }
    }
}

/// A matrix of rank 8 in 13 dimensions whose pseudo-inverse is known: the reciprocal spectrum on the same eigenvectors.
fn rank_deficient() -> (Array2<f64>, Array2<f64>) {
    let spectrum: Vec<f64> = (0..13).map(|i| if i < 5 { 0.0 } else { 0.5 * i as f64 }).collect();
    let inverse: Vec<f64> = spectrum.iter().map(|x| if *x > 0.0 { 1.0 / x } else { 0.0 }).collect();
    (naive::with_spectrum(&spectrum, 23), naive::with_spectrum(&inverse, 23))
}

/// λ → 0 on the range, and λ = 0: the pseudo-inverse. The difference is λ/μ, at most λ/2.5.
fn no_damping_is_the_pseudo_inverse<T: Scalar>() {
    let (f, inverse) = rank_deficient();
    let mut stream = Stream(3);
    let v = Array1::from_shape_simple_fn(13, || stream.dyadic());
    let g = naive::apply(&f, &v);
    let expected = naive::apply(&inverse, &g);
    let operator = Dense::new(matrix::<T>(&f)).unwrap();
    let blocks = BlockDiagonal::new(vec![matrix::<T>(&f)]).unwrap();
    let g = g.mapv(T::of);
    let single = T::NAME == "float32";
    for lambda in [0.0, if single { 1e-5 } else { 1e-9 }] {
        let damping = Damping::Exact(lambda);
        for solution in [
            Eigen { damping, cutoff: None }.solve(&operator, g.view()),
            Auto { damping }.solve(&operator, g.view()),
            Auto { damping }.solve(&blocks, g.view()),
        ] {
            let solution = solution.unwrap().converged().unwrap();
            // Rounding g to f32 moves it out of the range by ε: ε/λ in the direction.
            let noise = if lambda > 0.0 { rounding::<T>(4.0) / lambda } else { rounding::<T>(16.0) };
            all_close(&solution.direction, &expected, lambda + noise);
            let note = solution.info.note.clone().unwrap_or_default();
            assert_eq!(
                note.contains("pseudo-inverse of rank 8 of 13"),
                lambda.total_cmp(&0.0).is_eq(),
                "{note}"
            );
        }
    }
}

/// Of all solutions the shortest: anything of the null space added makes it longer, and it has no part there.
#[test]
fn least_norm() {
    let (f, inverse) = rank_deficient();
    let operator = Dense::new(f.clone()).unwrap();
    let mut stream = Stream(9);
    let v = Array1::from_shape_simple_fn(13, || stream.dyadic());
    let g = naive::apply(&f, &v);
    let d = Eigen::default().solve(&operator, g.view()).unwrap().direction;
    assert!(naive::norm(&d) < naive::norm(&v));
    let null = &v - &naive::apply(&inverse, &g);
    near(naive::dot(&d, &null), 0.0, 1e-13);
    // Outside the range: the least residual, which the verdict explains.
    let solution = Eigen::default().solve(&operator, v.view()).unwrap();
    let outside = &v - &naive::apply(&f, &naive::apply(&inverse, &v));
    close(solution.info.residual, naive::norm(&outside) / naive::norm(&v), 1e-13);
    let error = solution.converged().unwrap_err().to_string();
    assert!(error.contains("part outside its range"), "{error}");
    // A cutoff of one's own leaves out more: eigenvalues 2.5 to 6, of which 6·0.7 = 4.2 and less go.
    let coarse = Eigen { damping: Damping::None, cutoff: Some(0.7) };
    let note = coarse.solve(&operator, g.view()).unwrap().info.note.unwrap();
    assert!(note.starts_with("pseudo-inverse of rank 4 of 13: eigenvalues up to 7.0e-1"), "{note}");
    for bad in [-0.1, 1.0, f64::NAN] {
        let error =
            Eigen { damping: Damping::None, cutoff: Some(bad) }.solve(&operator, g.view()).unwrap_err();
        assert!(matches!(error, Error::Setting { option: "cutoff", .. }));
    }
}

/// Whatever is left of the operator: a finite direction that solves, or an error that says why not.
fn sound(what: &str, views: &Views, g: &Array1<f64>) -> (usize, usize) {
    let (mut solved, mut refused) = (0, 0);
    for damping in [
        Damping::None,
        Damping::Exact(1e-8),
        Damping::Exact(0.1),
        Damping::Exact(1e8),
        Damping::RelativeDiagonal(0.1),
    ] {
        for (name, outcome) in views.solve(damping, g) {
            match outcome.and_then(Solution::converged) {
                Ok(solution) => {
                    assert!(solution.direction.iter().all(|x| x.is_finite()), "{what}, {name}");
                    assert!(solution.info.residual <= 1e-10 && !solution.info.condition.is_nan());
                    solved += 1;
                }
                Err(error) => {
                    let text = error.to_string();
                    // The last: a direction that leaves the range of numbers.
                    let says = ["raise the damping", "use `Exact`", "positive", "every entry must be finite"];
                    assert!(says.iter().any(|why| text.contains(why)), "{what}, {name}: {text}");
                    assert!(!text.contains("NaN"), "{what}, {name}: {text}");
                    // λ = 0.1 and 1e8 beside operators of norm 10 at most: nothing is hard there.
                    assert!(
                        !matches!(damping, Damping::Exact(l) if l >= 0.1),
                        "{what}, {name}, {damping}: {text}"
                    );
                    refused += 1;
                }
            }
        }
    }
    (solved, refused)
}

#[test]
fn degenerate_problems() {
    let one_datum = problem("categorical", &[2, 5, 3], 1);
    let one_output = problem("bernoulli", &[3, 1], 5);
    let mut nothing = problem("poisson", &[3, 5, 2], 7);
    nothing.theta.fill(0.0);
    // Probabilities that are 0 and 1 to the last bit: F = 0, the gradient is not.
    let mut saturated = problem("categorical", &[2, 5, 3], 7);
    saturated.theta.mapv_inplace(|x| x * 4e3);
    let mut constant = problem("gaussian:0.37", &[3, 5, 2], 11);
    constant.x.column_mut(1).fill(0.0);
    for (what, problem) in [
        ("one datum", one_datum),
        ("one output", one_output),
        ("all parameters zero", nothing),
        ("saturated", saturated),
        ("a feature that is always zero", constant),
    ] {
        let views = Views::of(&problem);
        let (solved, refused) = sound(what, &views, &views.gradient);
        let mut stream = Stream(77);
        let random = Array1::from_shape_simple_fn(problem.dim(), || stream.dyadic());
        let (more, less) = sound(what, &views, &random);
        println!("{what}: gradient {solved} solved, {refused} refused; random {more}, {less}");
        // No gradient: no direction, or no inverse.
        let zero = Array1::zeros(problem.dim());
        for damping in [Damping::None, Damping::Exact(0.1)] {
            for (name, outcome) in views.solve(damping, &zero) {
                match outcome {
                    Ok(solution) => {
                        assert_eq!(solution.direction, zero, "{what}, {name}");
                        close(solution.info.residual, 0.0, 0.0);
                    }
                    Err(error) => assert!(damping == Damping::None, "{what}, {name}: {error}"),
                }
            }
        }
    }
}

/// F = 0: only damping is left.
fn nothing_but_damping<T: Scalar>() {
    let zero = Dense::new(Array2::<T>::zeros((3, 3))).unwrap();
    let g = vector::<T>(&[1.0, -2.0, 4.0]);
    let solution = Auto::damped(0.5).solve(&zero, g.view()).unwrap().converged().unwrap();
    all_close(&solution.direction, &[2.0, -4.0, 8.0], rounding::<T>(2.0));
    close(solution.info.condition, 1.0, rounding::<T>(4.0));
    let undamped = Auto::default().solve(&zero, g.view()).unwrap();
    assert_eq!(undamped.direction, Array1::zeros(3));
    assert!(undamped.info.note.as_ref().unwrap().contains("rank 0 of 3"));
    assert!(undamped.converged().unwrap_err().to_string().contains("outside its range"));
    assert!(
        double(&Auto::default().solve(&zero, Array1::zeros(3).view()).unwrap().direction)
            .iter()
            .all(|x| *x == 0.0)
    );
    let empty = Dense::new(Array2::<T>::zeros((0, 0))).unwrap();
    assert_eq!(Eigen::damped(0.5).solve(&empty, Array1::zeros(0).view()).unwrap().direction.len(), 0);
    assert_eq!(Auto::damped(0.5).solve(&empty, Array1::zeros(0).view()).unwrap().direction.len(), 0);
    assert!(zero.trace().unwrap().is_zero());
}

/// Blocks by hand: each has its own inverse, damped by its own diagonal or by λ.
fn blocks_by_hand<T: Scalar>() {
    let blocks = vec![matrix(&array![[3.0, 2.0], [2.0, 4.0]]), matrix(&array![[7.0]])];
    let f = BlockDiagonal::<T>::new(blocks).unwrap();
    let g = vector::<T>(&[8.0, 7.0, 4.0]);
    let solution = BlockSolver { damping: Damping::RelativeDiagonal(1.0) }.solve(&f, g.view()).unwrap();
    // [[6, 2], [2, 8]] and 14.
    all_close(&solution.direction, &[50.0 / 44.0, 26.0 / 44.0, 4.0 / 14.0], rounding::<T>(4.0));
    assert_eq!((solution.info.solver, solution.info.shift), ("block", Some((3.0, 7.0))));
    // Of the whole: 14 over the least eigenvalue of the first block, 7 - √5.
    let exact = 14.0 / (7.0 - 5f64.sqrt());
    assert!(solution.info.condition <= exact * 1.0001 && solution.info.condition > 0.9 * exact);
    let singular =
        BlockDiagonal::<T>::new(vec![matrix(&array![[1.0]]), matrix(&array![[1.0, 1.0], [1.0, 1.0]])])
            .unwrap();
    let error = BlockSolver::default().solve(&singular, g.view()).unwrap_err();
    assert!(matches!(error, Error::NotPositiveDefinite { order: 2, pivot: 1 }), "{error}");
}

on_both!(no_damping_is_the_pseudo_inverse, nothing_but_damping, blocks_by_hand);
