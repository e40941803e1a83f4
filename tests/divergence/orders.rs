//! Orders at the ends, and the α of an f-divergence.

use natgrad::divergence::{Divergence, FDivergence, Generator, Number, Renyi, Tsallis};
use natgrad::ndarray::array;

/// R₀ = -ln q(p > 0), T₀ = q(p = 0), by hand; a missed part below and above one half.
#[test]
fn orders_of_zero_measure_what_the_first_law_misses() -> natgrad::Result<()> {
    let q = array![0.125, 0.25, 0.625];
    for (p, met) in
        [(array![0.0, 0.5, 0.5], 0.875f64), (array![0.5, 0.5, 0.0], 0.375), (array![0.2, 0.3, 0.5], 1.0)]
    {
        let renyi = Renyi::new(0.0)?.of(p.view(), q.view())?;
        assert!((renyi + met.ln()).abs() < 1e-15 && renyi.is_sign_positive(), "{renyi}");
        assert_eq!(Tsallis::new(0.0)?.of(p.view(), q.view())?.to_bits(), (1.0 - met).to_bits());
    }
    // 1e-20 is missed: 1 - 1e-20 would be 1.
    let (p, q) = (array![0.0, 1.0], array![1e-20, 1.0]);
    assert!((Renyi::new(0.0)?.of(p.view(), q.view())? - 1e-20).abs() < 1e-35);
    Ok(())
}

/// f = (1 - u^b)/(a b) with a = (1-α)/2, b = (1+α)/2: f'''/f'' at 1 is b - 2, so that 3 + 2(b - 2) = α.
#[derive(Debug, Clone, Copy)]
struct Power(f64);

impl Generator for Power {
    fn name(&self) -> String {
        "power".to_owned()
    }
    fn at<N: Number>(&self, u: N) -> N {
        (N::from(1.0) - u.powf(self.0)) / N::from(self.0 * (1.0 - self.0))
    }
    fn at_zero(&self) -> f64 {
        1.0 / (self.0 * (1.0 - self.0))
    }
    fn slope_at_infinity(&self) -> f64 {
        0.0
    }
}

#[test]
fn the_alpha_of_an_f_divergence_is_that_of_its_power() -> natgrad::Result<()> {
    for alpha in [-0.75, -0.2, 0.0, 0.4, 0.9] {
        let found = FDivergence::new(Power(0.5 * (1.0 + alpha)))?;
        assert!((found.alpha() - alpha).abs() < 1e-13, "{} against {alpha}", found.alpha());
        assert!(
            (found.normalised().alpha() - alpha).abs() < 1e-13 && (found.curvature() - 1.0).abs() < 1e-14
        );
    }
    Ok(())
}
