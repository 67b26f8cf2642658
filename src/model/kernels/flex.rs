//! The operators on burn's CPU backend: burn's tensors become slices and back.

use burn::backend::flex::FlexTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::TensorData;

use super::cpu::Extent;
use super::cpu::activation::{relu, relu_backward, relu_in_place, tanh, tanh_backward};
use super::cpu::add::{add, add_in_place};
use super::cpu::conv::{conv1, conv3, pooled, transposed, upsampled};
use super::cpu::layout::to_channels_last;
use super::cpu::norm::{ChannelStatistics, FusedBatchNorm, instance_norm, instance_norm_backward};
use super::cpu::pool::{average_pool, average_pool_backward, halved};
use super::cpu::resize::{bilinear, bilinear_backward, enlarged, nearest, nearest_backward};
use super::cpu::spatial::{spatial_sum, spatial_sum_backward};
use super::cpu::spectral::{SpectralGradient, SpectralLayer, SpectralWeight};
use super::cpu::spectral::{spectral_norm, spectral_norm_backward};
use super::{ConvKind, Kernels, MapKind, NormKind};

impl Kernels for Flex {
    fn own_conv(x: FlexTensor, weight: FlexTensor, bias: FlexTensor, kind: ConvKind) -> FlexTensor {
        let shape: [usize; 4] = weight.shape().dims();
        let (x, weight, bias) = (Maps::of(x), Flat::of(weight), Flat::of(bias));
        let (values, extent, weight, bias) = (x.values(), x.extent, weight.values(), Some(bias.values()));
        let ([outputs, ..], [_, transposed_outputs, ..]) = (shape, shape);
        match kind {
            ConvKind::Same if shape[2] == 1 => {
                maps(conv1::forward(values, extent, weight, bias, outputs), extent.with_channels(outputs))
            }
            ConvKind::Same => {
                maps(conv3::forward(values, extent, weight, bias, outputs), extent.with_channels(outputs))
            }
            ConvKind::Doubled => maps(
                upsampled::forward(values, extent, weight, bias, outputs),
                enlarged(extent, 2).with_channels(outputs),
            ),
            ConvKind::Halved => maps(
                pooled::forward(values, extent, weight, bias, outputs),
                halved(extent).with_channels(outputs),
            ),
            ConvKind::Transposed => maps(
                transposed::forward(values, extent, weight, bias, transposed_outputs),
                enlarged(extent, 2).with_channels(transposed_outputs),
            ),
        }
    }

    fn own_conv_input_gradient(output: FlexTensor, weight: FlexTensor, kind: ConvKind) -> FlexTensor {
        let shape: [usize; 4] = weight.shape().dims();
        let (output, weight) = (Maps::of(output), Flat::of(weight));
        let (values, extent, weight) = (output.values(), output.extent, weight.values());
        let (inputs, transposed_inputs) = (shape[1], shape[0]);
        match kind {
            ConvKind::Same if shape[2] == 1 => {
                maps(conv1::input_gradient(values, extent, weight, inputs), extent.with_channels(inputs))
            }
            ConvKind::Same => {
                maps(conv3::input_gradient(values, extent, weight, inputs), extent.with_channels(inputs))
            }
            ConvKind::Doubled => maps(
                upsampled::input_gradient(values, extent, weight, inputs),
                halved(extent).with_channels(inputs),
            ),
            ConvKind::Halved => maps(
                pooled::input_gradient(values, extent, weight, inputs),
                enlarged(extent, 2).with_channels(inputs),
            ),
            ConvKind::Transposed => maps(
                transposed::input_gradient(values, extent, weight, transposed_inputs),
                halved(extent).with_channels(transposed_inputs),
            ),
        }
    }

    fn own_conv_weight_gradients(
        x: FlexTensor,
        output: FlexTensor,
        shape: [usize; 4],
        kind: ConvKind,
    ) -> (FlexTensor, FlexTensor) {
        let (x, output) = (Maps::of(x), Maps::of(output));
        let (values, extent, gradient) = (x.values(), x.extent, output.values());
        let outputs = output.extent.channels;
        let weight = match kind {
            ConvKind::Same if shape[2] == 1 => conv1::weight_gradient(values, gradient, extent, outputs),
            ConvKind::Same => conv3::weight_gradient(values, gradient, extent, outputs),
            ConvKind::Doubled => upsampled::weight_gradient(values, gradient, extent, outputs),
            ConvKind::Halved => pooled::weight_gradient(values, gradient, extent, outputs),
            ConvKind::Transposed => transposed::weight_gradient(values, gradient, extent, outputs),
        };
        let bias = conv3::bias_gradient(gradient, output.extent);
        (FlexTensor::from_data(TensorData::new(weight, shape)), vector(bias))
    }

    fn own_batch_norm(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        relu: bool,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let (x, weight, bias) = (Maps::of(x), Flat::of(weight), Flat::of(bias));
        let norm = FusedBatchNorm { weight: weight.values(), bias: bias.values(), relu };
        let (output, ChannelStatistics { mean, variance }) = norm.train(x.values(), x.extent);
        let statistic = |values: Vec<f64>| {
            let shape = [values.len()];
            FlexTensor::from_data(TensorData::new(values, shape))
        };
        (maps(output, x.extent), statistic(mean), statistic(variance))
    }

    fn own_batch_norm_gradients(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        mean: FlexTensor,
        variance: FlexTensor,
        output: FlexTensor,
        NormKind { relu, in_use }: NormKind,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let (x, weight, bias) = (Maps::of(x), Flat::of(weight), Flat::of(bias));
        let norm = FusedBatchNorm { weight: weight.values(), bias: bias.values(), relu };
        let (statistics, output) = (statistics(mean, variance), Maps::of(output).into_values());
        let gradients = if in_use {
            norm.eval_backward(x.values(), x.extent, &statistics, output)
        } else {
            norm.train_backward(x.values(), x.extent, &statistics, output)
        };
        (maps(gradients.x, x.extent), vector(gradients.weight), vector(gradients.bias))
    }

    fn own_batch_norm_in_use(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        mean: FlexTensor,
        variance: FlexTensor,
        relu: bool,
    ) -> FlexTensor {
        let (x, weight, bias) = (Maps::of(x), Flat::of(weight), Flat::of(bias));
        let norm = FusedBatchNorm { weight: weight.values(), bias: bias.values(), relu };
        maps(norm.eval(x.values(), x.extent, &statistics(mean, variance)), x.extent)
    }

    fn own_add(one: FlexTensor, other: FlexTensor) -> FlexTensor {
        let (one, other) = (Maps::of(one), Maps::of(other));
        let extent = one.extent;
        // In the memory of one that nobody else has.
        let (owned, borrowed) = match (one.tensor.is_unique(), other.tensor.is_unique()) {
            (true, _) => (one, other),
            (false, true) => (other, one),
            (false, false) => return maps(add(one.values(), other.values()), extent),
        };
        let mut sum = owned.into_values();
        add_in_place(&mut sum, borrowed.values());
        maps(sum, extent)
    }

    fn own_map(x: FlexTensor, kind: MapKind) -> FlexTensor {
        let x = Maps::of(x);
        let (values, extent) = (x.values(), x.extent);
        match kind {
            MapKind::Relu => rectified(x),
            MapKind::Tanh => maps(tanh(values), extent),
            MapKind::Halve => maps(average_pool(values, extent), halved(extent)),
            MapKind::Nearest(factor) => maps(nearest(values, extent, factor), enlarged(extent, factor)),
            MapKind::Bilinear(factor) => maps(bilinear(values, extent, factor), enlarged(extent, factor)),
            MapKind::Sum { .. } => {
                maps(spatial_sum(values, extent), Extent { height: 1, width: 1, ..extent })
            }
            MapKind::InstanceNorm { relu } => maps(instance_norm(values, extent, relu).0, extent),
        }
    }

    fn own_map_gradient(kept: FlexTensor, output: FlexTensor, kind: MapKind) -> FlexTensor {
        let (kept, output) = (Maps::of(kept), Maps::of(output));
        let (values, gradient, extent) = (kept.values(), output.values(), output.extent);
        match kind {
            MapKind::Relu => {
                let mut gradient = output.into_values();
                relu_backward(values, &mut gradient);
                maps(gradient, extent)
            }
            MapKind::Tanh => maps(tanh_backward(values, gradient), extent),
            MapKind::Halve => {
                let extent = enlarged(extent, 2);
                maps(average_pool_backward(gradient, extent), extent)
            }
            MapKind::Nearest(factor) => {
                let extent = smaller(extent, factor);
                maps(nearest_backward(gradient, extent, factor), extent)
            }
            MapKind::Bilinear(factor) => {
                let extent = smaller(extent, factor);
                maps(bilinear_backward(gradient, extent, factor), extent)
            }
            MapKind::Sum { height, width } => {
                let extent = Extent { height, width, ..extent };
                maps(spatial_sum_backward(gradient, extent), extent)
            }
            MapKind::InstanceNorm { relu } => {
                // Measuring anew is a pass over the input, for which nothing has to be kept.
                let (_, statistics) = instance_norm(values, extent, false);
                let gradient = output.into_values();
                maps(instance_norm_backward(values, extent, relu, &statistics, gradient), extent)
            }
        }
    }

    fn own_spectral_norm(
        weight: FlexTensor,
        left: FlexTensor,
        right: FlexTensor,
        iterate: bool,
    ) -> (FlexTensor, FlexTensor, FlexTensor, FlexTensor) {
        let shape = weight.shape();
        let [weight, left, right] = [weight, left, right].map(Flat::of);
        let layer = SpectralLayer { weight: weight.values(), left: left.values(), right: right.values() };
        let made = spectral_norm(&[layer], iterate).remove(0);
        let SpectralWeight { weight, left, right, sigma } = made;
        (
            FlexTensor::from_data(TensorData::new(weight, shape)),
            vector(left),
            vector(right),
            vector(vec![sigma]),
        )
    }

    fn own_spectral_norm_gradient(
        weight: FlexTensor,
        left: FlexTensor,
        right: FlexTensor,
        sigma: FlexTensor,
        output: FlexTensor,
    ) -> FlexTensor {
        let shape = weight.shape();
        let [weight, left, right, sigma, output] = [weight, left, right, sigma, output].map(Flat::of);
        let gradient = spectral_norm_backward(&[SpectralGradient {
            weight: weight.values(),
            gradient: output.values(),
            left: left.values(),
            right: right.values(),
            sigma: sigma.values()[0],
        }]);
        FlexTensor::from_data(TensorData::new(gradient.concat(), shape))
    }
}

/// ReLU, in the same memory where nobody else has it.
fn rectified(mut x: Maps) -> FlexTensor {
    match x.tensor.try_storage_mut() {
        Some(values) => relu_in_place(values),
        None => return maps(relu(x.values()), x.extent),
    }
    x.tensor.permute(&[0, 3, 1, 2])
}

/// Maps as they lie in memory: channels last.
pub(super) struct Maps {
    /// `[batch, height, width, channels]`, contiguous.
    tensor: FlexTensor,
    pub(super) extent: Extent,
}

impl Maps {
    /// `tensor` is `[batch, channels, height, width]`; its values are copied only if they lie otherwise.
    pub(super) fn of(tensor: FlexTensor) -> Self {
        let [images, channels, height, width] = tensor.shape().dims();
        let extent = Extent { images, height, width, channels };
        let last = tensor.permute(&[0, 2, 3, 1]);
        if last.is_contiguous() {
            return Self { tensor: last, extent };
        }
        let values = to_channels_last(Flat::of(tensor).values(), extent);
        Self {
            tensor: FlexTensor::from_data(TensorData::new(values, [images, height, width, channels])),
            extent,
        }
    }

    pub(super) fn values(&self) -> &[f32] {
        values(&self.tensor)
    }

    /// The values, copied only if another tensor shares them.
    fn into_values(self) -> Vec<f32> {
        let values = self.tensor.into_data().try_into_vec();
        values.unwrap_or_else(|_| unreachable!("all devices compute in f32"))
    }
}

/// A tensor whose values lie row by row.
pub(super) struct Flat(FlexTensor);

impl Flat {
    pub(super) fn of(tensor: FlexTensor) -> Self {
        Self(if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() })
    }

    pub(super) fn values(&self) -> &[f32] {
        values(&self.0)
    }
}

/// The values of a contiguous tensor.
fn values(tensor: &FlexTensor) -> &[f32] {
    let (start, len) = (tensor.layout().start_offset(), tensor.layout().num_elements());
    &tensor.storage()[start..start + len]
}

/// Statistics of a batch norm, in double precision.
fn statistics(mean: FlexTensor, variance: FlexTensor) -> ChannelStatistics {
    let [mean, variance] = [mean, variance].map(|statistic| statistic.to_contiguous().storage().to_vec());
    ChannelStatistics { mean, variance }
}

/// Maps that lie channels last, under burn's shape.
pub(super) fn maps(values: Vec<f32>, extent: Extent) -> FlexTensor {
    let Extent { images, height, width, channels } = extent;
    let tensor = FlexTensor::from_data(TensorData::new(values, [images, height, width, channels]));
    tensor.permute(&[0, 3, 1, 2])
}

fn vector(values: Vec<f32>) -> FlexTensor {
    let shape = [values.len()];
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// The size of maps that become those of `extent` by upsampling.
fn smaller(extent: Extent, factor: usize) -> Extent {
    Extent { height: extent.height / factor, width: extent.width / factor, ..extent }
}
