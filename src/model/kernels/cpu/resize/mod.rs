//! Enlarging by a whole factor.

mod bilinear;
mod nearest;

pub use bilinear::{bilinear, bilinear_backward};
pub use nearest::{nearest, nearest_backward};

use crate::model::kernels::cpu::extent::Extent;

/// Size of `extent`'s map enlarged by `factor`.
pub fn enlarged(extent: Extent, factor: usize) -> Extent {
    Extent { height: extent.height * factor, width: extent.width * factor, ..extent }
}
