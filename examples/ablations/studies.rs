//! What is compared with what.

use natgrad::Result;
use natgrad::experiment::Entrant;
use natgrad::optimizer::{LogitRegularization, OptimizerConfig};

/// One method, its parts switched one at a time.
pub struct Study {
    pub name: &'static str,
    pub title: &'static str,
    pub blocks: Vec<Block>,
}

/// Variants, and the one they are compared with.
pub struct Block {
    pub title: &'static str,
    pub full: Variant,
    pub rows: Vec<Variant>,
}

/// A name for tables, and settings.
#[derive(Clone)]
pub struct Variant {
    pub name: &'static str,
    pub entrant: Entrant,
    /// Whether the learning rate of the full method means something here: not for another method.
    pub related: bool,
}

impl Variant {
    fn new(name: &'static str, toml: &str) -> Result<Self> {
        let file: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let config = OptimizerConfig::from_toml(toml)?;
        Ok(Variant { name, entrant: Entrant::new(file, config), related: true })
    }

    fn unrelated(self) -> Self {
        Variant { related: false, ..self }
    }

    fn with(self, logits: LogitRegularization) -> Self {
        Variant { entrant: self.entrant.with_logits(logits), ..self }
    }
}

fn fadam(name: &'static str, options: &str) -> Result<Variant> {
    Variant::new(name, &format!("optimizer = \"fadam\"\n{options}"))
}

pub fn all() -> Result<Vec<Study>> {
    Ok(vec![of_fadam()?, of_adafisher()?, of_nd_adam()?])
}

fn of_fadam() -> Result<Study> {
    let strong = "weight_decay = 0.1";
    let without = "preset = \"without-corrections\"";
    let port = "preset = \"pytorch-port\"";
    let momentum_of_gradient = "momentum_of = \"gradient\"";
    let small = Block {
        title: "FAdam as published, λ = 0.001",
        full: fadam("FAdam", "")?,
        rows: vec![
            fadam("f not bias-corrected, f0 = 1", "bias_correction = \"none\"")?,
            fadam("f not bias-corrected, f0 = 0", "bias_correction = \"none\"\nf0 = 0.0")?,
            fadam("momentum of the gradient", momentum_of_gradient)?,
            fadam("momentum bias-corrected", "momentum_bias_correction = true")?,
            fadam("fixed ε (E1)", "epsilon_rule = \"E1\"")?,
            fadam("no clip", "clip = inf")?,
            fadam("no clip, no decay", "clip = inf\nweight_decay = 0.0")?,
            fadam("decoupled decay", "decay_form = \"decoupled\"")?,
            fadam("no decay", "weight_decay = 0.0")?,
            fadam("p = 1", "p = 1.0")?,
            fadam("p = 1, 1e-4 added to f", "p = 1.0\nepsilon_addition = 1e-4")?,
            fadam("preset pytorch-port (λ = 0.1)", port)?,
            fadam("all corrections off (Adam)", without)?,
            Variant::new("AdamW (λ = 0.01)", "optimizer = \"adamw\"")?,
        ],
    };
    let large = Block {
        title: "FAdam with the ports' λ = 0.1",
        full: fadam("FAdam, λ = 0.1", strong)?,
        rows: vec![
            fadam("decoupled decay, λ = 0.1", &format!("{strong}\ndecay_form = \"decoupled\""))?,
            fadam("L2 penalty, λ = 0.1", &format!("{strong}\ndecay_form = \"penalty\""))?,
            fadam("no decay", "weight_decay = 0.0")?,
            fadam("preset pytorch-port (λ = 0.1)", port)?,
            Variant::new("AdamW, λ = 0.1", "optimizer = \"adamw\"\nweight_decay = 0.1")?,
        ],
    };
    Ok(Study { name: "fadam", title: "FAdam, one correction off at a time", blocks: vec![small, large] })
}

fn of_adafisher() -> Result<Study> {
    let method = |name, options: &str| Variant::new(name, &format!("optimizer = \"adafisher\"\n{options}"));
    let block = Block {
        title: "AdaFisher, the paper's form",
        full: method("AdaFisher", "")?,
        rows: vec![
            method("min-max before the average", "minmax = \"before-ema\"")?,
            method("no min-max", "minmax = \"off\"")?,
            method("refreshed every 10 steps", "update_interval = 10")?,
            method("exact Fisher", "fisher = \"exact\"")?,
            method("preset official", "preset = \"official\"")?,
            method("preset official-2025-01", "preset = \"official-2025-01\"")?,
            Variant::new("SGD with momentum 0.9", "optimizer = \"sgd\"\nmomentum = 0.9\nlr = 0.1")?
                .unrelated(),
            Variant::new("Adam", "optimizer = \"adam\"")?.unrelated(),
        ],
    };
    Ok(Study { name: "adafisher", title: "AdaFisher, its presets and its min-max", blocks: vec![block] })
}

fn of_nd_adam() -> Result<Study> {
    let (penalty, batch_norm) = (LogitRegularization::penalty(), LogitRegularization::batch_norm());
    let method = |name, options: &str| Variant::new(name, &format!("optimizer = \"nd-adam\"\n{options}"));
    let adam = |name| Variant::new(name, "optimizer = \"adam\"").map(Variant::unrelated);
    let penalised = method("ND-Adam, penalty", "")?.with(penalty);
    let normalised = method("ND-Adam, batch norm", "")?.with(batch_norm);
    let (adam_penalised, adam_normalised) =
        (adam("Adam, penalty")?.with(penalty), adam("Adam, batch norm")?.with(batch_norm));
    let coordinate = "second_moment = \"coordinate\"";
    let parts = Block {
        title: "ND-Adam, logits as they are",
        full: method("ND-Adam", "")?,
        rows: vec![
            method("gradient not projected", "projection = false")?,
            method("second moment per coordinate", coordinate)?,
            method("neither", &format!("projection = false\n{coordinate}"))?,
            penalised.clone(),
            normalised.clone(),
            adam("Adam")?,
        ],
    };
    let blocks = vec![
        parts,
        Block {
            title: "against ND-Adam with a penalty of 1e-3",
            full: penalised,
            rows: vec![adam_penalised.clone()],
        },
        Block {
            title: "against ND-Adam with logits of batch norm 2.5",
            full: normalised,
            rows: vec![adam_normalised.clone()],
        },
        Block {
            title: "against Adam, logits as they are",
            full: adam("Adam")?,
            rows: vec![
                Variant { related: true, ..adam_penalised },
                Variant { related: true, ..adam_normalised },
            ],
        },
    ];
    Ok(Study { name: "nd-adam", title: "ND-Adam, its parts and the logits", blocks })
}
