use super::DpAdamAc;
use crate::optimizer::{State, StateReader};
use crate::{Result, check};
use ndarray::Array1;
use std::collections::VecDeque;

/// The clip of [`DpAdamAc`], the multiplier of its learning rate, and the norms they follow.
#[derive(Debug, Clone)]
pub(super) struct ClipControl {
    pub(super) clip: f64,
    pub(super) multiplier: f64,
    /// The last H norms, the oldest first.
    pub(super) norms: VecDeque<f64>,
}

impl ClipControl {
    pub(super) fn new(settings: &DpAdamAc) -> Self {
        ClipControl { clip: settings.clip, multiplier: 1.0, norms: VecDeque::new() }
    }

    /// After a step whose micro-batches had these norms per datum.
    pub(super) fn after(&self, settings: &DpAdamAc, norms: &[f64]) -> Self {
        if !settings.adaptive || norms.is_empty() {
            return self.clone();
        }
        let mut kept = self.norms.clone();
        kept.extend(norms);
        kept.drain(..kept.len().saturating_sub(settings.history));
        let mut sorted: Vec<f64> = kept.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let clip = quantile(&sorted, 1.0 - settings.target_rate).clamp(settings.clip_min, settings.clip_max);
        let rate = norms.iter().filter(|norm| **norm > self.clip).count() as f64 / norms.len() as f64;
        let multiplier = if rate < settings.target_rate - settings.rate_band {
            (self.multiplier * settings.multiplier_up).min(settings.multiplier_max)
        } else if rate > settings.target_rate + settings.rate_band {
            (self.multiplier * settings.multiplier_down).max(settings.multiplier_min)
        } else {
            self.multiplier
        };
        ClipControl { clip, multiplier, norms: kept }
    }

    pub(super) fn save(&self, state: &mut State) {
        state.put("norms", &self.norms.iter().copied().collect::<Array1<f64>>());
        state.number("multiplier", self.multiplier);
        // A saved number must be finite.
        if self.clip.is_finite() {
            state.number("clip", self.clip);
        } else {
            state.number("unclipped", 1.0);
        }
    }

    pub(super) fn load(settings: &DpAdamAc, state: &State, reader: &mut StateReader<'_>) -> Result<Self> {
        let count = state.vector("norms").map_or(0, |norms| norms.len()).min(settings.history);
        let norms: Array1<f64> = reader.non_negative("norms", &[count])?;
        let multiplier = reader.scalar("multiplier")?;
        check::setting("multiplier", multiplier, multiplier > 0.0, "positive")?;
        let clip = if reader.has("unclipped") {
            reader.scalar("unclipped").map(|_| f64::INFINITY)?
        } else {
            reader.scalar("clip")?
        };
        check::setting("clip", clip, clip > 0.0, "positive")?;
        let bounded = clip.is_finite() || settings.noise <= 0.0;
        check::setting("clip", clip, bounded, "finite where there is noise")?;
        Ok(ClipControl { clip, multiplier, norms: norms.into_iter().collect() })
    }
}

/// Linear between order statistics: at q, the place q (n − 1) of the sorted numbers.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q * sorted.len().saturating_sub(1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    match (sorted.get(below), sorted.get(above)) {
        (Some(&low), Some(&high)) => low + (place - place.floor()) * (high - low),
        _ => 0.0,
    }
}
