use crate::optimizer::keywords::keywords;
use crate::{Error, Result, check};
use serde::{Deserialize, Serialize};
use std::f64::consts::FRAC_PI_2;

/// Steps are counted exactly in `f64` up to here, 2⁵³.
const MOST: u64 = 1 << 53;

/// How a learning rate falls after its warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScheduleForm {
    /// Not at all.
    #[default]
    Constant,
    /// As half a period of a cosine.
    Cosine,
    /// Along a straight line.
    Linear,
    /// With the root of the number of steps.
    InverseSquareRoot,
}

keywords!(ScheduleForm, "schedule", {
    Constant = "constant",
    Cosine = "cosine",
    Linear = "linear",
    InverseSquareRoot = "inverse-square-root",
});

/// A learning rate as a function of the number of steps: η_(s+1) = η · factor(s), s the steps already made.
///
/// ```text
/// s < W:                  (s + 1) / W                                          linear warm-up
/// s ≥ W, constant:        1
///        cosine:          f + (1 − f) (1 + cos πu) / 2,   u = (s − W) / (N − W); f from s = N on
///        linear:          f + (1 − f) (1 − u)
///        inverse root:    √(max(W, 1) / (s + 1))
/// ```
///
/// | symbol | option | default |
/// |---|---|---|
/// | | `schedule`: constant, cosine, linear, inverse-square-root | constant |
/// | N | `schedule_steps`, of cosine and linear: steps of the run, warm-up included | none |
/// | f | `schedule_floor`, of cosine and linear: the last factor | 0 |
/// | W | `warmup_steps` | 0 |
///
/// The first step is η/W, not 0, so that none is wasted, and step W is the first at η; without warm-up the first step
/// is at η. Steps N + 1 and later are at f η: a run of N steps stops one before. The inverse root is Vaswani's
/// min(t^(−½), t W^(−3/2)), t = s + 1, times W^½: his rate is reached with η = (d W)^(−½).
///
/// ND-Adam's cosine over 80000 steps, followed by 5000 steps at 1e-7, is `cosine` with N = 80000 and f = 1e-7/η, up to
/// that f: its cosine ends at 0 and then jumps, this one ends where the rest goes on, and the rates differ by less than 1e-7.
///
/// # Numerical notes
/// 1 at s = W and f from s = N on are exact. (1 + cos πu)/2 is computed as cos²(πu/2), without cancellation near the end.
///
/// # Example
/// ```
/// use natgrad::optimizer::stage::Schedule;
/// let schedule = Schedule::cosine(12, 0.1)?.with_warmup(4)?;
/// assert_eq!([0, 1, 3, 4, 12, 99].map(|s| schedule.factor(s)), [0.25, 0.5, 1.0, 1.0, 0.1, 0.1]);
/// assert!((schedule.factor(8) - 0.55).abs() < 1e-15); // half-way between 1 and 0.1
/// assert_eq!(Schedule::inverse_square_root().factor(3), 0.5);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::schedules::torch_schedules`.
///
/// # References
/// Cosine: Loshchilov & Hutter 2017 (arXiv 1608.03983), eq. 5, without restarts. Inverse root: Vaswani et al. 2017
/// (arXiv 1706.03762), eq. 3. Linear warm-up: Goyal et al. 2017 (arXiv 1706.02677), section 2.2. ND-Adam: Zhang 2017
/// (arXiv 1709.04546), `zj10/ND-Adam` b4a9d59.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "Options", into = "Options")]
pub struct Schedule {
    form: ScheduleForm,
    steps: u64,
    floor: f64,
    warmup: u64,
}

impl Schedule {
    /// The names of its options in a file.
    pub const OPTIONS: [&'static str; 4] = ["schedule", "schedule_steps", "schedule_floor", "warmup_steps"];

    /// Always η: the default.
    pub fn constant() -> Self {
        Self::default()
    }

    /// Half a period of a cosine, from 1 to a floor, over N steps.
    ///
    /// # Errors
    /// [`Error::Setting`] unless 1 ≤ N ≤ 2⁵³ and 0 ≤ floor ≤ 1.
    pub fn cosine(steps: u64, floor: f64) -> Result<Self> {
        Self::falling(ScheduleForm::Cosine, steps, floor)
    }

    /// A straight line from 1 to a floor, over N steps.
    ///
    /// # Errors
    /// As [`cosine`](Self::cosine).
    pub fn linear(steps: u64, floor: f64) -> Result<Self> {
        Self::falling(ScheduleForm::Linear, steps, floor)
    }

    /// √(max(W, 1) / t) at step t.
    pub fn inverse_square_root() -> Self {
        Schedule { form: ScheduleForm::InverseSquareRoot, ..Self::default() }
    }

    /// The same with a linear warm-up over the first W steps.
    ///
    /// # Errors
    /// [`Error::Setting`] unless W is less than N, where there is an N, and at most 2⁵³.
    pub fn with_warmup(self, steps: u64) -> Result<Self> {
        let within = steps <= MOST && (!self.form.ends() || steps < self.steps);
        check::setting("warmup_steps", steps as f64, within, "less than schedule_steps")?;
        Ok(Schedule { warmup: steps, ..self })
    }

    fn falling(form: ScheduleForm, steps: u64, floor: f64) -> Result<Self> {
        let requirement = "at least 1 (and at most 2^53) for this schedule";
        check::setting("schedule_steps", steps as f64, (1..=MOST).contains(&steps), requirement)?;
        check::setting("schedule_floor", floor, (0.0..=1.0).contains(&floor), "between 0 and 1")?;
        Ok(Schedule { form, steps, floor, warmup: 0 })
    }

    /// What η is multiplied by in the step after this many.
    pub fn factor(&self, steps: u64) -> f64 {
        if steps < self.warmup {
            return (steps + 1) as f64 / self.warmup as f64;
        }
        let (past, length) = (steps - self.warmup, self.steps.saturating_sub(self.warmup));
        let fallen = past as f64 / length as f64;
        match self.form {
            ScheduleForm::Constant => 1.0,
            ScheduleForm::InverseSquareRoot => {
                (self.warmup.max(1) as f64 / steps.saturating_add(1) as f64).sqrt()
            }
            ScheduleForm::Cosine | ScheduleForm::Linear if past == 0 => 1.0,
            ScheduleForm::Cosine | ScheduleForm::Linear if past >= length => self.floor,
            ScheduleForm::Cosine => {
                self.floor + (1.0 - self.floor) * libm::pow(libm::cos(FRAC_PI_2 * fallen), 2.0)
            }
            ScheduleForm::Linear => self.floor + (1.0 - self.floor) * (1.0 - fallen),
        }
    }

    /// How it falls.
    pub fn form(&self) -> ScheduleForm {
        self.form
    }

    /// Whether every factor is 1.
    pub fn is_constant(&self) -> bool {
        self.form == ScheduleForm::Constant && self.warmup <= 1
    }
}

impl ScheduleForm {
    /// Whether it has an N and a floor.
    fn ends(self) -> bool {
        matches!(self, ScheduleForm::Cosine | ScheduleForm::Linear)
    }
}

/// A schedule as a file writes it.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    schedule: ScheduleForm,
    #[serde(skip_serializing_if = "is_zero")]
    schedule_steps: u64,
    #[serde(skip_serializing_if = "is_positive_zero")]
    schedule_floor: f64,
    warmup_steps: u64,
}

fn is_zero(steps: &u64) -> bool {
    *steps == 0
}

fn is_positive_zero(floor: &f64) -> bool {
    floor.to_bits() == 0
}

impl From<Schedule> for Options {
    fn from(schedule: Schedule) -> Self {
        let Schedule { form, steps, floor, warmup } = schedule;
        Options { schedule: form, schedule_steps: steps, schedule_floor: floor, warmup_steps: warmup }
    }
}

impl TryFrom<Options> for Schedule {
    type Error = Error;

    fn try_from(options: Options) -> Result<Self> {
        let Options { schedule: form, schedule_steps, schedule_floor, warmup_steps } = options;
        if form.ends() {
            return Self::falling(form, schedule_steps, schedule_floor)?.with_warmup(warmup_steps);
        }
        let requirement = "left out unless schedule is cosine or linear";
        check::setting("schedule_steps", schedule_steps as f64, schedule_steps == 0, requirement)?;
        check::setting("schedule_floor", schedule_floor, is_positive_zero(&schedule_floor), requirement)?;
        Schedule { form, ..Self::default() }.with_warmup(warmup_steps)
    }
}
