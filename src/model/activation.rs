use crate::{Error, Result, Scalar};
use libm::erfc;
use std::str::FromStr;

/// The nonlinearity between two affine layers.
///
/// ```text
/// identity z    tanh z    relu max(z, 0)    sigmoid 1/(1+e^-z)    gelu z Φ(z)    softplus log(1+e^z)
/// ```
///
/// relu has derivative 0 at 0. gelu is the exact form with the normal distribution function Φ, not its tanh
/// approximation (Hendrycks & Gimpel 2016, arXiv 1606.08415, section 2).
///
/// # Example
/// ```
/// use natgrad::model::Activation;
/// assert_eq!("relu".parse::<Activation>()?.evaluate(-2.0), (0.0, 0.0));
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Activation {
    /// z
    Identity,
    /// tanh z
    Tanh,
    /// max(z, 0)
    Relu,
    /// 1/(1 + e^-z)
    Sigmoid,
    /// z Φ(z)
    Gelu,
    /// log(1 + e^z)
    Softplus,
}

impl Activation {
    /// All of them, in the order of the documentation.
    pub const ALL: [Activation; 6] = [
        Activation::Identity,
        Activation::Tanh,
        Activation::Relu,
        Activation::Sigmoid,
        Activation::Gelu,
        Activation::Softplus,
    ];

    /// The name the command line uses.
    pub fn name(self) -> &'static str {
        match self {
            Activation::Identity => "identity",
            Activation::Tanh => "tanh",
            Activation::Relu => "relu",
            Activation::Sigmoid => "sigmoid",
            Activation::Gelu => "gelu",
            Activation::Softplus => "softplus",
        }
    }

    /// Value and derivative at z, neither of which overflows or cancels for large |z|.
    pub fn evaluate<T: Scalar>(self, z: T) -> (T, T) {
        let (zero, one) = (T::zero(), T::one());
        let small = || (-z.abs()).exp();
        match self {
            Activation::Identity => (z, one),
            Activation::Tanh => {
                // sech² z = 4e/(1 + e)² with e = e^-2|z|; 1 - tanh² would cancel.
                let e = (-T::of(2.0) * z.abs()).exp();
                (z.tanh(), T::of(4.0) * e / ((one + e) * (one + e)))
            }
            Activation::Relu => {
                if z > zero {
                    (z, one)
                } else {
                    (zero, zero)
                }
            }
            Activation::Sigmoid => {
                let e = small();
                let value = if z >= zero { one } else { e } / (one + e);
                (value, e / ((one + e) * (one + e)))
            }
            Activation::Gelu => {
                let z = z.as_f64();
                let distribution = 0.5 * erfc(-z * std::f64::consts::FRAC_1_SQRT_2);
                let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
                (T::of(z * distribution), T::of(distribution + z * density))
            }
            Activation::Softplus => {
                let e = small();
                (z.max(zero) + e.ln_1p(), if z >= zero { one } else { e } / (one + e))
            }
        }
    }

    /// The second derivative at z, which neither overflows nor cancels; 0 for relu everywhere.
    ///
    /// ```text
    /// tanh -2 tanh z sech² z    sigmoid -σ(1 - σ) tanh(z/2)    gelu φ(z)(2 - z²)    softplus σ(1 - σ)
    /// ```
    ///
    /// # Example
    /// ```
    /// use natgrad::model::Activation;
    /// assert_eq!(Activation::Softplus.second_derivative(0.0), 0.25);
    /// ```
    pub fn second_derivative<T: Scalar>(self, z: T) -> T {
        let one = T::one();
        // σ(1 - σ) = e/(1 + e)² with e = e^-|z|.
        let spread = |z: T| {
            let e = (-z.abs()).exp();
            e / ((one + e) * (one + e))
        };
        let two = T::of(2.0);
        match self {
            Activation::Identity | Activation::Relu => T::zero(),
            Activation::Tanh => -T::of(8.0) * z.tanh() * spread(two * z),
            Activation::Sigmoid => -(z / two).tanh() * spread(z),
            Activation::Gelu => {
                let z = z.as_f64();
                let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
                // 2 - z² rounded once: it passes through 0 at √2. Where the density vanishes z² may overflow.
                T::of(if density > 0.0 { density * (-z).mul_add(z, 2.0) } else { 0.0 })
            }
            Activation::Softplus => spread(z),
        }
    }

    /// Whether the second derivative is 0 everywhere (but for the kink of relu).
    pub(crate) fn is_piecewise_linear(self) -> bool {
        matches!(self, Activation::Identity | Activation::Relu)
    }
}

impl FromStr for Activation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Activation::ALL.into_iter().find(|activation| activation.name() == name).ok_or_else(|| {
            Error::Unknown {
                what: "activation",
                name: name.to_owned(),
                known: Activation::ALL.map(Activation::name).join(", "),
            }
        })
    }
}
