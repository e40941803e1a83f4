//! Methods whose weight vectors live on unit spheres.
