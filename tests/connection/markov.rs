//! Congruent embeddings change nothing; other stochastic maps contract.

use super::support::*;
use crate::support::Stream;
use natgrad::Error;
use natgrad::connection::{MarkovEmbedding, MarkovMap, amari_chentsov};
use natgrad::divergence::*;
use natgrad::manifold::{Manifold, Simplex};
use natgrad::ndarray::{Array2, array};

fn all() -> Vec<Box<dyn Divergence>> {
    vec![
        Box::new(KullbackLeibler),
        Box::new(Jeffreys),
        Box::new(JensenShannon::EVEN),
        Box::new(SquaredHellinger),
        Box::new(TotalVariation),
        Box::new(PearsonChiSquare),
        Box::new(Chernoff),
        Box::new(AlphaDivergence::new(0.4).unwrap()),
        Box::new(AlphaDivergence::new(-5.0).unwrap()),
        Box::new(Renyi::new(3.0).unwrap()),
        Box::new(Renyi::new(f64::INFINITY).unwrap()),
    ]
}

#[test]
fn a_congruent_embedding_keeps_metric_tensor_distance_and_divergences() -> natgrad::Result<()> {
    let (before, after) = (Simplex::new(3)?, Simplex::new(5)?);
    let p = before.point(array![0.2, 0.3, 0.5])?;
    let q = before.point(array![0.1, 0.6, 0.3])?;
    let v = before.tangent(&p, array![0.1, -0.3, 0.2])?;
    let w = before.tangent(&p, array![0.2, -0.1, -0.1])?;
    let embedding = MarkovEmbedding::split(&[vec![0.25, 0.75], vec![1.0], vec![0.4, 0.6]])?;
    let map = embedding.map();
    let (kp, kq) = (map.push_point(&p)?, map.push_point(&q)?);
    let (kv, kw) = (map.push_tangent(&p, &v)?, map.push_tangent(&p, &w)?);
    approx::assert_relative_eq!(after.inner(&kp, &kv, &kw)?, 0.16, max_relative = 1e-15);
    approx::assert_relative_eq!(amari_chentsov(&after, &kp, &kv, &kv, &kv)?, -0.243, max_relative = 1e-15);
    approx::assert_relative_eq!(after.distance(&kp, &kq)?, 0.61572300076480524, max_relative = 1e-15);
    for divergence in all() {
        let (was, is) = (divergence.of(p.values(), q.values())?, divergence.of(kp.values(), kq.values())?);
        approx::assert_relative_eq!(was, is, max_relative = 1e-15);
    }
    let back = embedding.merge().push_point(&kp)?;
    assert!((&back.values() - &p.values()).iter().all(|e| e.abs() < 1e-16));
    Ok(())
}

#[test]
fn a_stochastic_map_contracts_lengths_distances_and_divergences() -> natgrad::Result<()> {
    let mut stream = Stream(15);
    for (from, to) in [(2, 3), (5, 3), (7, 7)] {
        let (before, after) = (Simplex::new(from)?, Simplex::new(to)?);
        for _ in 0..30 {
            let mut kernel = Array2::from_shape_fn((from, to), |_| stream.uniform().powi(4));
            for mut row in kernel.rows_mut() {
                let sum = row.sum();
                row /= sum;
            }
            let map = MarkovMap::new(kernel)?;
            let (p, q) = (random_point(&mut stream, &before), random_point(&mut stream, &before));
            let v = random_tangent(&mut stream, &before, &p);
            let (kp, kq, kv) = (map.push_point(&p)?, map.push_point(&q)?, map.push_tangent(&p, &v)?);
            let rounding = 1.0 + 1e-14;
            assert!(after.norm(&kp, &kv)? <= before.norm(&p, &v)? * rounding);
            assert!(after.distance(&kp, &kq)? <= before.distance(&p, &q)? * rounding);
            for divergence in all() {
                let (was, is) =
                    (divergence.of(p.values(), q.values())?, divergence.of(kp.values(), kq.values())?);
                assert!(is <= was * rounding, "{}: {was} grew to {is}", divergence.name());
            }
        }
    }
    Ok(())
}

#[test]
fn what_is_no_map_is_refused() -> natgrad::Result<()> {
    assert!(matches!(MarkovMap::new(array![[0.5, 0.6]]), Err(Error::Setting { value, .. }) if value > 1.0));
    assert!(matches!(MarkovMap::new(array![[1.5, -0.5]]), Err(Error::Domain { index: 1, .. })));
    assert!(matches!(MarkovEmbedding::split(&[vec![1.0, 0.0]]), Err(Error::Domain { index: 1, .. })));
    assert!(MarkovEmbedding::split(&[vec![]]).is_err() && MarkovEmbedding::split(&[]).is_err());
    let lost = MarkovMap::new(array![[1.0, 0.0], [1.0, 0.0]])?;
    let p = Simplex::new(2)?.point(array![0.4, 0.6])?;
    assert!(matches!(lost.push_point(&p), Err(Error::Domain { index: 1, .. })));
    assert!(matches!(lost.push_law(array![1.0].view()), Err(Error::Shape { .. })));
    Ok(())
}
