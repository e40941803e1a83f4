//! The unit spaces of constant curvature that every closed form here is pulled back from (private).
//!
//! | space | pulled back by | what for |
//! |---|---|---|
//! | flat line | arc length | families of one parameter |
//! | sphere, its positive orthant | p ↦ √p | categorical and multinomial laws |
//! | hyperbolic plane | half-plane to hyperboloid | the normal laws |

mod curvature;

pub(crate) use curvature::Model;
