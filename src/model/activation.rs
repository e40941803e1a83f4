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
