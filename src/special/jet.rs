use std::ops::{Add, Mul};

/// A function of one variable near a point, by its first N Taylor coefficients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Jet<const N: usize>(pub(crate) [f64; N]);

impl<const N: usize> Jet<N> {
    /// The variable itself at `x`.
    pub(crate) fn variable(x: f64) -> Self {
        Jet(std::array::from_fn(|k| match k {
            0 => x,
            1 => 1.0,
            _ => 0.0,
        }))
    }

    /// exp(f), by k gₖ = Σ j fⱼ gₖ₋ⱼ.
    pub(crate) fn exp(self) -> Self {
        let mut g = [0.0; N];
        for k in 0..N {
            g[k] = match k {
                0 => self.0[0].exp(),
                _ => (1..=k).map(|j| j as f64 * self.0[j] * g[k - j]).sum::<f64>() / k as f64,
            };
        }
        Jet(g)
    }

    /// ln(1 + f), by k (1 + f₀) gₖ = k fₖ - Σ j gⱼ fₖ₋ⱼ.
    pub(crate) fn ln_1p(self) -> Self {
        let mut g = [0.0; N];
        for k in 0..N {
            g[k] = match k {
                0 => self.0[0].ln_1p(),
                _ => {
                    let crossed: f64 = (1..k).map(|j| j as f64 * g[j] * self.0[k - j]).sum();
                    (self.0[k] - crossed / k as f64) / (1.0 + self.0[0])
                }
            };
        }
        Jet(g)
    }

    /// 1/f, by f₀ gₖ = -Σ fⱼ gₖ₋ⱼ.
    pub(crate) fn reciprocal(self) -> Self {
        let mut g = [0.0; N];
        for k in 0..N {
            g[k] = match k {
                0 => 1.0 / self.0[0],
                _ => -(1..=k).map(|j| self.0[j] * g[k - j]).sum::<f64>() / self.0[0],
            };
        }
        Jet(g)
    }

    /// f multiplied by a number.
    pub(crate) fn scaled(self, factor: f64) -> Self {
        Jet(self.0.map(|x| factor * x))
    }

    /// The value and the derivatives: k! times the coefficients.
    pub(crate) fn derivatives(self) -> [f64; N] {
        let mut factorial = 1.0;
        std::array::from_fn(|k| {
            factorial *= k.max(1) as f64;
            factorial * self.0[k]
        })
    }
}

impl<const N: usize> Add for Jet<N> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Jet(std::array::from_fn(|k| self.0[k] + other.0[k]))
    }
}

impl<const N: usize> Mul for Jet<N> {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Jet(std::array::from_fn(|k| (0..=k).map(|j| self.0[j] * other.0[k - j]).sum()))
    }
}
