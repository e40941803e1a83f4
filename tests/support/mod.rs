//! What the tests share, and share with nothing in `src`.

pub mod cases;
pub mod close;
pub mod naive;
pub mod textbook;

/// Runs generic tests for both scalars: `on_both!(law)` makes `single::law` and `double::law`.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod single {
            $(#[test] fn $test() { super::$test::<f32>() })+
        }
        mod double {
            $(#[test] fn $test() { super::$test::<f64>() })+
        }
    };
}

/// A deterministic stream of numbers for inputs (SplitMix64).
#[derive(Debug, Clone)]
pub struct Stream(pub u64);

impl Stream {
    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform on [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// −1 or 1.
    pub fn sign(&mut self) -> f64 {
        if self.bits() >> 63 == 0 { 1.0 } else { -1.0 }
    }

    /// A multiple of 1/64 between -1 and 1: exact in both scalars, so that a reference in f64 sees the very
    /// inputs that the f32 code sees.
    pub fn dyadic(&mut self) -> f64 {
        (self.bits() % 129) as f64 / 64.0 - 1.0
    }

    /// A sign times a size that is uniform in the logarithm between 10^low and 10^high.
    pub fn heavy(&mut self, low: f64, high: f64) -> f64 {
        self.sign() * 10f64.powf(low + (high - low) * self.uniform())
    }
}

/// The largest absolute difference.
pub fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |largest, (x, y)| {
        assert!(x.is_finite() && y.is_finite(), "{x} against {y}");
        f64::max(largest, (x - y).abs())
    })
}

/// Root mean square.
pub fn rms(x: &[f64]) -> f64 {
    (x.iter().map(|v| v * v).sum::<f64>() / x.len() as f64).sqrt()
}
