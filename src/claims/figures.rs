//! The figures of the page: one or two per claim that gains by being seen.

use super::algebra::{RULES, Rise, relative_size, steps_after_jump};
use super::critics::matrices;
use super::fisher::chart_gap;
use super::problems::apart;
use crate::Result;
use crate::report::{Curves, Heatmap, Svg};

/// What there is to see of a claim.
pub(crate) fn figures(id: &str) -> Result<Vec<Svg>> {
    match id {
        "C6" => Ok(vec![charts()?]),
        "A7" => Ok(vec![jump(Rise::Up)?]),
        "A10" => Ok(vec![scales()?]),
        "K1" => heatmaps(),
        _ => Ok(Vec::new()),
    }
}

fn decades(from: f64, to: f64, count: usize) -> Vec<f64> {
    (0..count).map(|k| 10f64.powf(from + (to - from) * k as f64 / (count - 1) as f64)).collect()
}

fn charts() -> Result<Svg> {
    let rates = decades(-4.0, 0.0, 41);
    let gaps = rates.iter().map(|&eta| Ok(chart_gap(eta)?.abs())).collect::<Result<Vec<f64>>>()?;
    let limit: Vec<f64> = rates.iter().map(|eta| 0.4 * 0.25 / 0.42 * eta * eta).collect();
    let mut curves =
        Curves::new("C6: two coordinates, two natural-gradient steps", "step size η", "distance of p");
    curves.series("η²(1-2p)(p-q)²/(2p(1-p))", &rates, &limit)?;
    curves.series("measured", &rates, &gaps)?;
    Ok(curves.logarithmic_x().logarithmic_y().render()?.with_caption(
        "How far apart one natural-gradient step leads in p and in the logit, from p = 0.3 towards q = 0.8. \
         The gap falls with η², so the step is invariant to first order only.",
    ))
}

fn jump(rise: Rise) -> Result<Svg> {
    let [adam, fadam, clipped] = steps_after_jump(rise, 40)?;
    let t: Vec<f64> = (1..=40).map(f64::from).collect();
    let mut curves =
        Curves::new("A7: after |g| jumps from 0.001 to 1", "steps after the jump", "step over η");
    curves.series("Adam", &t, &adam)?;
    curves.series("FAdam, no clip", &t, &fadam)?;
    curves.series("FAdam, clip 1", &t, &clipped)?;
    Ok(curves.render()?.with_caption(
        "Steps of one parameter after its gradient has grown a thousandfold. Dividing first, then averaging (FAdam) makes the larger step; \
         the clip, not the order, is what keeps FAdam's step below 1.",
    ))
}

fn scales() -> Result<Svg> {
    let scales = decades(-12.0, 6.0, 91);
    let mut curves =
        Curves::new("A10: the loss multiplied by s", "s", "size of the direction over its size at s = 1");
    // Rules whose curves lie on each other are drawn as one.
    let mut drawn: Vec<(String, Vec<f64>)> = Vec::new();
    for rule in RULES {
        let sizes = scales.iter().map(|&s| relative_size(rule, s)).collect::<Result<Vec<f64>>>()?;
        match drawn.iter_mut().find(|(_, known)| apart(known.iter(), &sizes) < 1e-3) {
            Some((names, _)) => *names += &format!(", {rule:?}"),
            None => drawn.push((format!("{rule:?}"), sizes)),
        }
    }
    for (names, sizes) in &drawn {
        curves.series(names, &scales, sizes)?;
    }
    Ok(curves.logarithmic_x().render()?.with_caption(
        "Six rules for ε in circulation. Where ε does not shrink with the gradient (E1, E5, E6) the direction collapses \
         as the loss is scaled down; E2 settles one per cent below, E3 and E4 stay.",
    ))
}

fn heatmaps() -> Result<Vec<Svg>> {
    let [fisher, empirical] = matrices()?;
    let blocks = [("w₁₁", 1), ("w₁₂", 1), ("w₂₁", 1), ("w₂₂", 1)];
    let draw = |matrix: &ndarray::Array2<f64>, title: &str| {
        Heatmap::new(matrix.view()).title(title).blocks(blocks).render()
    };
    Ok(vec![
        draw(&fisher, "Fisher of softmax regression")?,
        draw(&empirical, "Empirical Fisher, same θ and data")?,
    ])
}
