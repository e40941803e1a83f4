use crate::optimizer::keywords::keywords;
use crate::{Result, check};

/// How ε_t follows the size r = RMS(g_t) of a tensor's gradient.
///
/// The versions and the ports of FAdam disagree; the names are ours.
///
/// | rule | ε_t | seen in |
/// |---|---|---|
/// | `E1` | ε | Adam; the first version of the FAdam paper |
/// | `E2` | min(ε, ε₂ r) | the second version, and most likely the last |
/// | `E3` | ε min(1, r) | the third version; `pytorch_optimizer` 3.x |
/// | `E4` | ε min(1, r/ε₂) | nowhere; E6 with its max turned into a min |
/// | `E5` | ε max(1, r) | `lessw2020/FAdam_PyTorch` since July 2025 |
/// | `E6` | ε max(1, r/ε₂) | a Qiskit port, which adds 1e-10 to the denominator besides |
/// | `E7` | as E2, but ε where r = 0 | `pytorch_optimizer` 4.1 |
///
/// E2, E3 and E4 let ε shrink with the gradient, so that it never dominates a tiny one; E5 and E6 invert that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EpsilonRule {
    /// ε.
    E1,
    /// min(ε, ε₂ r).
    #[default]
    E2,
    /// ε min(1, r).
    E3,
    /// ε min(1, r/ε₂).
    E4,
    /// ε max(1, r).
    E5,
    /// ε max(1, r/ε₂).
    E6,
    /// min(ε, ε₂ r), but ε where r = 0.
    E7,
}

keywords!(EpsilonRule, "epsilon rule", {
    E1 = "E1", E2 = "E2", E3 = "E3", E4 = "E4", E5 = "E5", E6 = "E6", E7 = "E7",
});

/// What is added to f^p: a power of ε, or ε itself. The two differ only for p ≠ ½.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EpsilonExponent {
    /// ε^(2p), which has the units of f^p.
    #[default]
    TwoP,
    /// ε.
    Plain,
}

keywords!(EpsilonExponent, "epsilon exponent", { TwoP = "2p", Plain = "plain" });

/// The term that keeps the preconditioner's denominator away from 0.
///
/// ```text
/// ε_t = max(rule(ε, ε₂, r), floor),  r = RMS(g_t)        term: ε_t^(2p) + addition  or  ε_t + addition
/// ```
///
/// # Units
/// ε and ε_t are in units of a gradient; ε₂ is a ratio of gradients, except in E4 and E6, where it is a gradient.
///
/// # Example
/// ```
/// use natgrad::optimizer::stage::{Epsilon, EpsilonRule};
/// let epsilon = Epsilon::new(EpsilonRule::E2, 1e-8, 0.01)?;
/// assert_eq!(epsilon.value(1.0), 1e-8);       // a large gradient: ε
/// assert_eq!(epsilon.value(1e-8), 1e-10);     // a tiny one: ε₂ r
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epsilon {
    rule: EpsilonRule,
    epsilon: f64,
    epsilon2: f64,
    floor: f64,
    addition: f64,
    exponent: EpsilonExponent,
}

impl Epsilon {
    /// A rule with its two numbers, floor 0, addition 0 and exponent 2p.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless ε ≥ 0 and ε₂ > 0, both finite.
    pub fn new(rule: EpsilonRule, epsilon: f64, epsilon2: f64) -> Result<Self> {
        check::at_least_zero("epsilon", epsilon)?;
        check::setting("epsilon2", epsilon2, epsilon2.is_finite() && epsilon2 > 0.0, "finite and positive")?;
        Ok(Epsilon { rule, epsilon, epsilon2, floor: 0.0, addition: 0.0, exponent: EpsilonExponent::TwoP })
    }

    /// The same rule with a smallest value for ε_t.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the floor is finite and at least 0.
    pub fn with_floor(self, floor: f64) -> Result<Self> {
        check::at_least_zero("epsilon_floor", floor)?;
        Ok(Epsilon { floor, ..self })
    }

    /// The same rule with a further constant in the denominator, whatever the exponent.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the addition is finite and at least 0.
    pub fn with_addition(self, addition: f64) -> Result<Self> {
        check::at_least_zero("epsilon_addition", addition)?;
        Ok(Epsilon { addition, ..self })
    }

    /// The same rule with the exponent chosen.
    pub fn with_exponent(self, exponent: EpsilonExponent) -> Self {
        Epsilon { exponent, ..self }
    }

    /// ε_t for a tensor whose gradient has root mean square r.
    pub fn value(&self, r: f64) -> f64 {
        let Epsilon { epsilon, epsilon2, .. } = *self;
        let value = match self.rule {
            EpsilonRule::E1 => epsilon,
            EpsilonRule::E2 => epsilon.min(epsilon2 * r),
            EpsilonRule::E3 => epsilon * r.min(1.0),
            EpsilonRule::E4 => epsilon * (r / epsilon2).min(1.0),
            EpsilonRule::E5 => epsilon * r.max(1.0),
            EpsilonRule::E6 => epsilon * (r / epsilon2).max(1.0),
            EpsilonRule::E7 if r > 0.0 => epsilon.min(epsilon2 * r),
            EpsilonRule::E7 => epsilon,
        };
        value.max(self.floor)
    }

    /// Whether ε_t depends on the gradient at all.
    pub(crate) fn is_adaptive(&self) -> bool {
        self.rule != EpsilonRule::E1
    }

    /// What stands beside f^p in the denominator. 0^(2p) is 0 for every p, 0 included.
    pub(crate) fn term(&self, r: f64, p: f64) -> f64 {
        let value = self.value(r);
        let power = match self.exponent {
            EpsilonExponent::Plain => value,
            EpsilonExponent::TwoP if value <= 0.0 => 0.0,
            EpsilonExponent::TwoP => value.powf(2.0 * p),
        };
        power + self.addition
    }
}
