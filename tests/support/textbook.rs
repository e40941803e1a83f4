//! Optimizers transcribed from the papers, one scalar at a time, with loops and nothing else.
//!
//! Hyper-parameters and powers of β are `f64` and rounded once to the working precision, which is what a transcription in
//! NumPy or PyTorch does with Python's floats.

/// Adam, AdamW and SGD for one float type.
macro_rules! textbook {
    ($module:ident, $t:ty) => {
        pub mod $module {
            /// Kingma & Ba 2015, Algorithm 1; returns every iterate of θ.
            pub fn adam(
                theta0: &[$t],
                gradients: &[Vec<$t>],
                lr: f64,
                b1: f64,
                b2: f64,
                eps: f64,
            ) -> Vec<Vec<$t>> {
                adamw(theta0, gradients, lr, b1, b2, eps, 0.0)
            }

            /// Loshchilov & Hutter 2019, Algorithm 2, the decay multiplied by the learning rate.
            pub fn adamw(
                theta0: &[$t],
                gradients: &[Vec<$t>],
                lr: f64,
                b1: f64,
                b2: f64,
                eps: f64,
                decay: f64,
            ) -> Vec<Vec<$t>> {
                let mut theta = theta0.to_vec();
                let mut m = vec![0.0 as $t; theta.len()];
                let mut v = vec![0.0 as $t; theta.len()];
                let mut path = vec![theta.clone()];
                for (k, gradient) in gradients.iter().enumerate() {
                    let t = k as i32 + 1;
                    let c1 = (1.0 - b1.powi(t)) as $t;
                    let c2 = (1.0 - b2.powi(t)) as $t;
                    for i in 0..theta.len() {
                        let g = gradient[i];
                        m[i] = b1 as $t * m[i] + (1.0 - b1) as $t * g;
                        v[i] = b2 as $t * v[i] + (1.0 - b2) as $t * (g * g);
                        let m_hat = m[i] / c1;
                        let v_hat = v[i] / c2;
                        let shrink = lr as $t * decay as $t * theta[i];
                        theta[i] -= lr as $t * (m_hat / (v_hat.sqrt() + eps as $t));
                        if decay > 0.0 {
                            theta[i] -= shrink;
                        }
                    }
                    path.push(theta.clone());
                }
                path
            }

            /// Sutskever et al. 2013 in PyTorch's form: velocity b = μ b + d, step b or d + μ b.
            pub fn sgd(
                theta0: &[$t],
                gradients: &[Vec<$t>],
                lr: f64,
                mu: f64,
                nesterov: bool,
                decay: f64,
            ) -> Vec<Vec<$t>> {
                let mut theta = theta0.to_vec();
                let mut b = vec![0.0 as $t; theta.len()];
                let mut path = vec![theta.clone()];
                for gradient in gradients {
                    for i in 0..theta.len() {
                        let d = gradient[i] + decay as $t * theta[i];
                        b[i] = mu as $t * b[i] + d;
                        theta[i] -= lr as $t * if nesterov { d + mu as $t * b[i] } else { b[i] };
                    }
                    path.push(theta.clone());
                }
                path
            }
        }
    };
}

textbook!(single, f32);
textbook!(double, f64);

/// Adam's raw second moment v_t, and v_t / (1 − β₂^t), of one coordinate.
pub fn adam_second_moment(gradients: &[f64], b2: f64) -> (f64, f64) {
    let mut v = 0.0;
    let mut power = 1.0;
    for g in gradients {
        v = b2 * v + (1.0 - b2) * g * g;
        power *= b2;
    }
    (v, v / (1.0 - power))
}
