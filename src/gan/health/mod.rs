//! Guards: how a training that learns nothing any more is noticed.

mod collapse;
mod divergence;
mod late_losses;
mod non_finite;

pub use collapse::{ALIKE, HealthConfig, LossWindow, diversity, uniform};
pub use divergence::{Divergence, WEIGHTS_EVERY};
pub(super) use late_losses::LateLosses;
pub use non_finite::{NonFinite, Total, diagnose_non_finite, find_non_finite, non_finite_weights};
