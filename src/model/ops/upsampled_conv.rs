//! Nearest-neighbour upsampling by 2 and the 3x3 convolution behind it.

use super::conv::convolve;
use super::upsample::nearest;
use super::{Forward, Layer, Value, maps};
use crate::arch::graph::ops::UpsampledConv;

impl Forward for UpsampledConv {
    fn forward(&self, inputs: Vec<Value>, mut layer: Layer<'_>) -> Value {
        convolve(&self.conv, nearest(maps(inputs), 2), &mut layer).into()
    }
}
