//! Every solver on every representation it accepts, of networks with every likelihood, over ten decades of damping: a residual,
//! found again by loops, below the tolerance, or an error that says why not.

use crate::support::cases::{NETWORKS, NetworkCase, double, labels, matrix};
use crate::support::{Stream, naive};
use natgrad::fisher::{Bias, Exact, Scores};
use natgrad::operator::KroneckerOperator;
use natgrad::solver::{
    Auto, AutoSolve, BlockSolver, Cholesky, ConjugateGradient, Damping, DiagonalPower, Eigen, Eigenbasis,
    KroneckerSolver, Lanczos, Pi, PreconditionedConjugateGradient, Solution, Woodbury,
};
use natgrad::{Error, LinearOperator, Linearization, Result, Scalar, Solver};
use ndarray::{Array1, Array2, ArrayView1};
use std::collections::BTreeMap;

/// λ to a damping.
type Scheme = fn(f64) -> Damping;

const LAMBDAS: [f64; 6] = [1e-8, 1e-6, 1e-4, 1e-2, 1.0, 1e2];

/// What became of the solves of one kind: how many, how many converged, and the reasons of the others.
#[derive(Debug, Default)]
struct Tally {
    solves: usize,
    converged: usize,
    ill_conditioned: usize,
    singular: usize,
    limit: usize,
    worst: f64,
}

#[derive(Debug, Default)]
struct Book(BTreeMap<String, Tally>);

/// A damped matrix by loops, and the norm that bounds what rounding does to a product with it.
struct System {
    matrix: Array2<f64>,
    norm: f64,
}

impl System {
    fn new(matrix: Array2<f64>) -> Self {
        // ‖A‖_F, within √P of ‖A‖.
        let norm = matrix.iter().map(|x| x * x).sum::<f64>().sqrt();
        System { matrix, norm }
    }
}

impl Book {
    fn enter<T: Scalar>(
        &mut self,
        label: &str,
        kind: &str,
        system: &System,
        g: &Array1<T>,
        solved: Result<Solution<T>>,
    ) {
        let tally = self.0.entry(format!("{label} {kind}")).or_default();
        tally.solves += 1;
        let tolerance = tolerance::<T>();
        let solution = match solved {
            Ok(solution) => solution,
            // A factorisation met a pivot lost to rounding.
            Err(Error::NotPositiveDefinite { .. } | Error::Singular { .. }) => {
                tally.singular += 1;
                return;
            }
            Err(error) => panic!("{label}: {error}"),
        };
        let (d, g) = (double(&solution.direction), double(g));
        assert!(d.iter().all(|x| x.is_finite()));
        let exact = super::residual(&system.matrix, &d, &g);
        // The library's product with A, or its matrix, is off by some roundings of ‖A‖‖d‖.
        let rounding = 16.0 * T::epsilon().as_f64() * (1.0 + system.norm * naive::norm(&d) / naive::norm(&g));
        assert!(
            (solution.info.residual - exact).abs() <= rounding,
            "{label} {kind}: said {:e}, is {exact:e} (rounding {rounding:e}); {}",
            solution.info.residual,
            solution.info
        );
        match solution.converged() {
            Ok(solution) => {
                tally.converged += 1;
                tally.worst = tally.worst.max(solution.info.residual);
                assert!(exact <= tolerance + rounding, "{label} {kind}: {exact:e}; {}", solution.info);
            }
            Err(error) => {
                let text = error.to_string();
                if text.contains("too ill conditioned") {
                    tally.ill_conditioned += 1;
                } else if text.contains("outside its range") {
                    tally.singular += 1;
                } else {
                    assert!(
                        text.contains("raise the damping or the iteration limit"),
                        "{label} {kind}: {text}"
                    );
                    println!("{label} {kind}: {text}");
                    tally.limit += 1;
                }
            }
        }
    }

    fn print(&self) {
        for (label, t) in &self.0 {
            println!(
                "{label:60} {:4} solves {:4} converged {:4} ill {:4} singular {:4} limit, worst {:.1e}",
                t.solves, t.converged, t.ill_conditioned, t.singular, t.limit, t.worst
            );
        }
    }
}

/// What direct solvers must reach, and iterations are asked for.
fn tolerance<T: Scalar>() -> f64 {
    if T::NAME == "float32" { 1e-4 } else { 1e-10 }
}

fn linearize<T: Scalar>(case: &NetworkCase) -> Linearization<T> {
    let labels = labels(&case.labels());
    case.network().linearize(&case.likelihood(), &matrix(&case.inputs()), &labels).unwrap()
}

struct Bench<'a, T> {
    book: &'a mut Book,
    gradients: [(&'static str, Array1<T>); 2],
}

impl<T: Scalar> Bench<'_, T> {
    /// `solve` at every λ for one damping of the diagonal.
    fn run<F: LinearOperator<T>>(
        &mut self,
        label: &str,
        operator: &F,
        scheme: Scheme,
        solve: impl Fn(&F, Damping, ArrayView1<'_, T>) -> Result<Solution<T>>,
    ) {
        let dense = double(&operator.to_dense().unwrap());
        for lambda in LAMBDAS {
            let damping = scheme(lambda);
            let shift: Vec<f64> = match damping {
                Damping::RelativeDiagonal(_) => dense.diag().iter().map(|x| lambda * x).collect(),
                _ => vec![lambda; dense.nrows()],
            };
            let system = System::new(super::shifted(&dense, &shift));
            for (kind, g) in &self.gradients {
                let decade = if lambda < 1e-5 { "small" } else { "large" };
                let solved = solve(operator, damping, g.view());
                self.book.enter(label, &format!("{kind} {decade}"), &system, g, solved);
            }
        }
    }

    /// The solvers that take any operator.
    fn any<F: AutoSolve<T>>(&mut self, label: &str, f: &F) {
        for scheme in [Damping::Exact as Scheme, Damping::RelativeDiagonal] {
            let name = if scheme(1.0) == Damping::Exact(1.0) { "exact" } else { "relative" };
            self.run(&format!("auto/{label}/{name}"), f, scheme, |f, damping, g| {
                Auto { damping }.solve(f, g)
            });
            self.run(&format!("eigen/{label}/{name}"), f, scheme, |f, damping, g| {
                Eigen { damping, cutoff: None }.solve(f, g)
            });
        }
    }

    fn kronecker<F: KroneckerOperator<T> + AutoSolve<T>>(&mut self, label: &str, f: &F) {
        self.any(label, f);
        for scheme in [Damping::Exact as Scheme, Damping::RelativeDiagonal] {
            let name = if scheme(1.0) == Damping::Exact(1.0) { "exact" } else { "relative" };
            self.run(&format!("kronecker/{label}/{name}"), f, scheme, |f, damping, g| {
                KroneckerSolver { damping }.solve(f, g)
            });
        }
        let schemes: [(&str, Scheme); 3] = [
            ("factored", |lambda| Damping::Factored { lambda, pi: Pi::TraceRatio }),
            ("factored, 1", |lambda| Damping::Factored { lambda, pi: Pi::One }),
            ("per factor", Damping::PerFactor),
        ];
        for (name, scheme) in schemes {
            for lambda in LAMBDAS {
                let system = System::new(super::kronecker::damped(f, scheme(lambda)));
                for (kind, g) in &self.gradients {
                    let decade = if lambda < 1e-5 { "small" } else { "large" };
                    let solved = KroneckerSolver { damping: scheme(lambda) }.solve(f, g.view());
                    let kind = format!("{kind} {decade}");
                    self.book.enter(&format!("kronecker/{label}/{name}"), &kind, &system, g, solved);
                }
            }
        }
    }

    /// The solvers that need products only, as they are and with the diagonal as preconditioner.
    fn products<F: LinearOperator<T>>(&mut self, label: &str, f: &F) {
        let (tolerance, max_iterations) = (tolerance::<T>(), 200);
        for scheme in [Damping::Exact as Scheme, Damping::RelativeDiagonal] {
            let name = if scheme(1.0) == Damping::Exact(1.0) { "exact" } else { "relative" };
            self.run(&format!("conjugate/{label}/{name}"), f, scheme, |f, damping, g| {
                ConjugateGradient { damping, tolerance, max_iterations }.solve(f, g)
            });
            self.run(&format!("preconditioned/{label}/{name}"), f, scheme, |f, damping, g| {
                let solver = PreconditionedConjugateGradient::jacobi(f, damping)?;
                PreconditionedConjugateGradient { tolerance, max_iterations, ..solver }.solve(f, g)
            });
        }
        self.run(&format!("lanczos/{label}/exact"), f, Damping::Exact, |f, damping, g| {
            Lanczos { damping, power: -1.0, tolerance, max_iterations }.solve(f, g)
        });
    }

    fn all_by_products(&mut self, s: &Scores<T>) {
        self.products("dense", &s.dense().unwrap());
        self.products("diagonal", &s.diagonal().unwrap());
        self.products("blocks", &s.blocks().unwrap());
        self.products("units", &s.unit_blocks().unwrap());
        self.products("quasi-diagonal", &s.quasi_diagonal().unwrap());
        self.products("kfac", &s.kfac().unwrap());
        self.products("kfac-separate", &s.kfac_with(Bias::Separate).unwrap());
        self.products("kfoc", &s.kfoc().unwrap());
        self.products("tkfac", &s.tkfac().unwrap());
        self.products("diagonal-kronecker", &s.diagonal_kronecker().unwrap());
        self.products("ekfac", &s.ekfac().unwrap());
        self.products("gram", &s.gram().unwrap());
        self.products("implicit", &s.implicit().unwrap());
    }

    fn all(&mut self, s: &Scores<T>) {
        let both = [Damping::Exact as Scheme, Damping::RelativeDiagonal];
        let dense = s.dense().unwrap();
        self.any("dense", &dense);
        let diagonal = s.diagonal().unwrap();
        self.any("diagonal", &diagonal);
        let (blocks, units, quasi) =
            (s.blocks().unwrap(), s.unit_blocks().unwrap(), s.quasi_diagonal().unwrap());
        self.any("blocks", &blocks);
        self.any("units", &units);
        self.any("quasi-diagonal", &quasi);
        self.kronecker("kfac", &s.kfac().unwrap());
        self.kronecker("kfac-separate", &s.kfac_with(Bias::Separate).unwrap());
        self.kronecker("kfoc", &s.kfoc().unwrap());
        self.kronecker("tkfac", &s.tkfac().unwrap());
        let product = s.diagonal_kronecker().unwrap();
        self.any("diagonal-kronecker", &product);
        let ekfac = s.ekfac().unwrap();
        self.any("ekfac", &ekfac);
        let gram = s.gram().unwrap();
        self.any("gram", &gram);
        self.any("implicit", &s.implicit().unwrap());
        for scheme in both {
            let name = if scheme(1.0) == Damping::Exact(1.0) { "exact" } else { "relative" };
            self.run(&format!("cholesky/dense/{name}"), &dense, scheme, |f, damping, g| {
                Cholesky { damping }.solve(f, g)
            });
            self.run(&format!("diagonal/diagonal/{name}"), &diagonal, scheme, |f, damping, g| {
                DiagonalPower::new(1.0)?.with_damping(damping).solve(f, g)
            });
            self.run(&format!("diagonal/diagonal-kronecker/{name}"), &product, scheme, |f, damping, g| {
                DiagonalPower::new(1.0)?.with_damping(damping).solve(f, g)
            });
            self.run(&format!("block/blocks/{name}"), &blocks, scheme, |f, damping, g| {
                BlockSolver { damping }.solve(f, g)
            });
            self.run(&format!("block/units/{name}"), &units, scheme, |f, damping, g| {
                BlockSolver { damping }.solve(f, g)
            });
            self.run(&format!("block/quasi-diagonal/{name}"), &quasi, scheme, |f, damping, g| {
                BlockSolver { damping }.solve(f, g)
            });
            self.run(&format!("eigenbasis/ekfac/{name}"), &ekfac, scheme, |f, damping, g| {
                Eigenbasis { damping }.solve(f, g)
            });
        }
        self.run("woodbury/gram/exact", &gram, Damping::Exact, |f, damping, g| {
            Woodbury { damping }.solve(f, g)
        });
    }
}

/// What `solve` enters of some networks.
fn book<T: Scalar>(cases: &[NetworkCase], solve: impl Fn(&mut Bench<'_, T>, &Scores<T>)) -> Book {
    let mut book = Book::default();
    for case in cases {
        let lin = linearize::<T>(case);
        let mut stream = Stream(case.dim() as u64);
        let random = Array1::from_shape_simple_fn(case.dim(), || T::of(stream.dyadic()));
        let gradients = [("gradient", lin.gradient().clone()), ("random", random)];
        solve(&mut Bench { book: &mut book, gradients }, &lin.scores(&Exact).unwrap());
    }
    book.print();
    book
}

/// The gradient of the loss lies in the range of the exact Fisher, and nearly in those of its approximations; a random vector does
/// not, and where λ is small beside F the direction is as long as ‖g‖/λ: rounding it alone leaves a residual of ε·‖F‖/λ.
fn residuals<T: Scalar>() {
    // The largest network costs as much as the others together.
    let book = book::<T>(&NETWORKS[..NETWORKS.len() - 1], |bench, scores| bench.all(scores));
    let double = T::NAME == "float64";
    for (label, tally) in &book.0 {
        assert!(tally.converged + tally.ill_conditioned + tally.singular + tally.limit == tally.solves);
        if double && label.contains("gradient") {
            assert_eq!(tally.converged, tally.solves, "{label}");
        }
        // The one path that iterates: of its twenty smallest dampings of a random vector one stalls at 1.2e-8.
        if double && label != "eigenbasis/ekfac/relative random small" {
            assert_eq!(tally.limit, 0, "{label}");
        }
    }
}

/// Three networks of two layers, and at most 200 iterations for their 18 to 37 parameters. In double precision only small
/// dampings take more, and none where the Krylov space is kept whole: there it ends with the solution, or at rounding.
fn residuals_by_products<T: Scalar>() {
    let book = book::<T>(&NETWORKS[2..5], |bench, scores| bench.all_by_products(scores));
    let double = T::NAME == "float64";
    for (label, tally) in &book.0 {
        assert!(tally.converged + tally.ill_conditioned + tally.singular + tally.limit == tally.solves);
        assert_eq!(tally.singular, 0, "{label}");
        let lanczos = label.starts_with("lanczos");
        if double && (lanczos || label.ends_with("large")) {
            assert_eq!(tally.limit, 0, "{label}");
        }
        if double && label.contains("gradient") && (lanczos || label.ends_with("large")) {
            assert_eq!(tally.converged, tally.solves, "{label}");
        }
    }
}

on_both!(residuals, residuals_by_products);
