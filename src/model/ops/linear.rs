//! Linear layer.

use burn::tensor::module::linear;

use super::super::spectral::{normalise, stored};
use super::{Forward, Layer, Value, features};
use crate::arch::graph::ops::{Linear, Reparameterisation};

impl Forward for Linear {
    fn forward(&self, inputs: Vec<Value>, mut layer: Layer<'_>) -> Value {
        let x = features(inputs);
        if self.inputs_first {
            return linear(x, layer.weight("weight"), Some(layer.weight("bias"))).into();
        }
        let mut weight = stored::<2>(self.reparameterisation, &layer);
        if self.reparameterisation == Reparameterisation::Spectral {
            weight = normalise(weight, &mut layer);
        }
        let out = match weight.dims() {
            // A fused wgpu kernel of burn 0.22.1 misreads the gradient of a matrix product with one output; the
            // self-test watches over it.
            [1, inputs] => (x * weight.reshape([1, inputs])).sum_dim(1),
            _ => x.matmul(weight.transpose()),
        };
        if self.bias { (out + layer.weight::<1>("bias").unsqueeze()).into() } else { out.into() }
    }
}
