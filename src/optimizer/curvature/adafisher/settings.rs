use super::{AdaFisherAverage, FactoredAdam, Fallback, MinMax, Reduction};
use crate::optimizer::settings::{ModelSettings, Settings};
use crate::optimizer::stage::named;
use crate::optimizer::{FisherType, Method, checked_learning_rate};
use crate::{ParameterLayout, Result, Scalar, check};
use serde::{Deserialize, Serialize};

/// AdaFisher: the average gradient, divided by the diagonal of a Kronecker-factored Fisher, without a square root.
///
/// ```text
/// ĥ = (1/N) Σ_n ā_n∘ā_n,    d̂ = (1/N) Σ_k δ_k∘δ_k                 per affine layer, every T-th step from the first
/// h_t = γ ĥ + (1 − γ) h_(t−1),    d_t = γ d̂ + (1 − γ) d_(t−1)
/// h' = (h_t − min h_t)/(max h_t − min h_t),    d' likewise
/// F_t = d' ⊗ h' + λ                                               F_t[o, i] = d'_o h'_i + λ; bias: the last column
/// m_t = β m_(t−1) + (1 − β)(g_t + κ θ_(t−1)),    m̂_t = m_t/(1 − β^t)
/// θ_t = θ_(t−1) − η m̂_t / F_t
/// ```
///
/// ā are the inputs of a layer with a 1 for its bias, δ the derivatives by its outputs, at the labels of the data unless
/// `fisher` says otherwise: by default the *empirical* Fisher. Every F lies in \[λ, 1 + λ\].
///
/// | symbol | option | default | `official` |
/// |---|---|---|---|
/// | η | `learning_rate` | 1e-3 | |
/// | β | `beta1` | 0.9 | |
/// | λ | `damping` | 1e-3 | |
/// | γ | `gamma` | 0.8 | |
/// | averages | `ema`, see [`AdaFisherAverage`] | paper | official: 0.08 old + 0.008 new |
/// | h', d' | `minmax`, see [`MinMax`] | after-ema | before-ema |
/// | ε beside max − min | `minmax_epsilon` | 0 | 1e-6 |
/// | h_0 = d_0 | `initial_factor` | 0 | 1 |
/// | δ of one datum's loss or of the mean | `reduction`, see [`Reduction`] | per-datum | mean |
/// | T | `interval` | 100 | |
/// | κ, an L2 penalty | `weight_decay` | 0 | |
/// | scores | `fisher`: exact, mc:M, empirical | empirical | |
/// | F of tensors outside affine layers | `fallback`, see [`Fallback`] | adam | |
/// | | `seed`, of the labels drawn | 0 | |
///
/// Presets: `paper`, `official` (head of the authors' repository), `official-2025-01` (the code of 23 January 2025 at
/// γ = 0.8), `official-before-2025` (the first releases, guard 1e-12).
///
/// # The official form is nearly constant
/// Its weights 0.08 and 0.008 do not sum to 1: after k refreshes the factors lie between 0.08^k and u_k = 0.08 u_(k−1) +
/// 0.008, u_0 = 1, and at λ = 1e-3 all of F lies in
///
/// | k | 1 | 2 | 3 | ∞ |
/// |---|---|---|---|---|
/// | F | 7.4e-3 … 8.75e-3 | 1.041e-3 … 1.226e-3 | 1.0003e-3 … 1.0848e-3 | 1e-3 … 1.0756e-3 |
///
/// From step 200 it is SGD with averaged gradients and a rate of η/λ to within 7.6 %. The code of January 2025 has the weights
/// γ and γ/10: at γ = 0.8 a real preconditioner, at the γ = 0.08 that this commit has for a default again the other. Releases
/// before had (1 − 0.92) and 0.008, and until May 2024 a guard of 1e-12. The paper's form is therefore the default here.
///
/// The guard is not free of scale: hooks on a mean loss see δ/N, d carries 1/N², and where that falls below 1e-6 all of d'
/// goes to 0. `reduction = mean` with ε = 1e-6 reproduces this; the paper's form has neither.
///
/// # Which tensor is whose
/// Tensors are paired with layers by name and place: `w7` (out × in), and `b7` right after it. The official loop
/// counts modules and leaves the last layers untrained if any parameter has no module. Networks here consist of affine
/// layers, for which alone there are factors; a tensor outside takes the fallback. Convolutions and
/// normalisations of the paper have no counterpart.
///
/// # Numerical notes
/// With min-max after the average and ε = 0 neither h_0 nor a common factor of δ matters; h_0 = 0 loses no digits to the
/// start. Min-max sends the smallest factor to 0, so one row and one column of every layer have F = λ. A factor without range
/// (one output unit, one input without bias) is 0 by 0/0 := 0, and F = λ there; `minmax = off` keeps it. 0/0 := 0 in m̂/F too.
///
/// # Errors
/// A step fails with [`Error::Unsupported`](crate::Error::Unsupported) unless the layout is that of the network.
///
/// # Cost
/// See [`FactoredAdam`].
///
/// # Example
/// ```
/// use natgrad::fisher::LayerDiagonals;
/// use natgrad::{ParameterLayout, ndarray::array, operator::MatrixBlock, optimizer::AdaFisher};
/// let layout = ParameterLayout::new([("w0", vec![2, 2])])?;
/// let mut method = AdaFisher { learning_rate: 1.0, damping: 0.5, ..AdaFisher::default() }.build::<f64>(layout)?;
/// let block = MatrixBlock { offset: 0, outputs: 2, inputs: 2, bias: false };
/// let fresh = LayerDiagonals { block, inputs: array![1.0, 5.0], outputs: array![0.1, 0.2] };
/// let mut theta = array![0.0, 0.0, 0.0, 0.0];
/// method.advance(&mut theta, array![1.0, 1.0, 1.0, 1.0].view(), Some((&[fresh], 3)))?;
/// assert_eq!(method.curvature(), array![0.5, 0.5, 0.5, 1.5]);         // d' = h' = (0, 1)
/// assert!((theta[0] + 2.0).abs() < 1e-12 && (theta[3] + 1.0 / 1.5).abs() < 1e-12);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::adafisher::paper_form_is_its_transcription`, `optimizer::adafisher::recorded_from_the_official_code`.
///
/// # References
/// Martins Gomes, Zhang, Belilovsky, Wolf & Hosseini 2025, "AdaFisher: Adaptive Second Order Optimization via Fisher
/// Information" (arXiv 2405.16397), eqs. (3) and (4), Proposition 3.2; `AtlasAnalyticsLab/AdaFisher` eb858c6, e25464b, e46372a,
/// 48fa803.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdaFisher {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// β.
    pub beta1: f64,
    /// λ.
    pub damping: f64,
    /// γ.
    pub gamma: f64,
    /// The weights of the averages.
    pub ema: AdaFisherAverage,
    /// Where the factors are mapped to \[0, 1\].
    pub minmax: MinMax,
    /// ε beside max − min.
    pub minmax_epsilon: f64,
    /// h_0 and d_0.
    pub initial_factor: f64,
    /// Of which loss δ is the derivative.
    pub reduction: Reduction,
    /// T.
    pub interval: u64,
    /// κ.
    pub weight_decay: f64,
    /// Which scores the factors are made of.
    pub fisher: FisherType,
    /// The curvature of tensors outside affine layers.
    pub fallback: Fallback,
    /// The seed of labels drawn for `mc:M`.
    pub seed: u64,
}

impl Default for AdaFisher {
    fn default() -> Self {
        Self::paper()
    }
}

impl Settings for AdaFisher {
    const NAME: &'static str = "adafisher";
    const PRESETS: &'static [&'static str] =
        &["paper", "official", "official-2025-01", "official-before-2025"];

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        AdaFisher { learning_rate, ..self }
    }

    fn with_seed(self, seed: u64) -> Self {
        AdaFisher { seed, ..self }
    }

    fn preset(name: &str) -> Result<Self> {
        let table = [
            ("paper", Self::paper()),
            ("official", Self::official()),
            ("official-2025-01", Self::official_2025_01()),
            ("official-before-2025", Self::official_before_2025()),
        ];
        named("preset of adafisher", name, &table)
    }
}

impl ModelSettings for AdaFisher {
    const NEEDS: &'static str = "the model and the data, for inputs and derivatives of every layer";

    fn method<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Method<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl AdaFisher {
    /// The paper (third version), with the numbers of the official code: the default.
    pub fn paper() -> Self {
        AdaFisher {
            learning_rate: 1e-3,
            beta1: 0.9,
            damping: 1e-3,
            gamma: 0.8,
            ema: AdaFisherAverage::Paper,
            minmax: MinMax::AfterEma,
            minmax_epsilon: 0.0,
            initial_factor: 0.0,
            reduction: Reduction::PerDatum,
            interval: 100,
            weight_decay: 0.0,
            fisher: FisherType::Empirical,
            fallback: Fallback::Adam,
            seed: 0,
        }
    }

    /// The official code since 4 February 2025.
    pub fn official() -> Self {
        AdaFisher {
            ema: AdaFisherAverage::Official,
            minmax: MinMax::BeforeEma,
            minmax_epsilon: 1e-6,
            initial_factor: 1.0,
            reduction: Reduction::Mean,
            ..Self::paper()
        }
    }

    /// The official code of 23 January 2025, at γ = 0.8; its own default γ = 0.08 makes it [`official`](Self::official).
    pub fn official_2025_01() -> Self {
        AdaFisher { ema: AdaFisherAverage::OfficialJanuary, ..Self::official() }
    }

    /// The first releases: as [`official`](Self::official), but for a guard of 1e-12.
    pub fn official_before_2025() -> Self {
        AdaFisher { minmax_epsilon: 1e-12, ..Self::official() }
    }

    /// The method for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<FactoredAdam<T>> {
        FactoredAdam::new(*self, false, layout)
    }

    pub(super) fn check(&self) -> Result<()> {
        checked_learning_rate(self.learning_rate)?;
        check::below_one("beta1", self.beta1)?;
        check::damping(self.damping)?;
        check::setting("gamma", self.gamma, (0.0..=1.0).contains(&self.gamma), "between 0 and 1")?;
        for (option, value) in [
            ("minmax_epsilon", self.minmax_epsilon),
            ("initial_factor", self.initial_factor),
            ("weight_decay", self.weight_decay),
        ] {
            check::at_least_zero(option, value)?;
        }
        let interval = self.interval;
        check::at_least_one("interval", interval)
    }
}
