//! The Inception network of 2015 as a function from images to features.

use std::collections::BTreeMap;

use burn::tensor::activation::relu;
use burn::tensor::module::{avg_pool2d, conv2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData};

use super::InceptionWeights;
use super::layout::{CLASSES, FEATURES, Layer, layers};

/// What batch norm adds to a variance.
const EPSILON: f64 = 1e-3;

/// The network on a device. Batch norm, which does not change any more, is part of the convolutions.
#[derive(Clone, Debug)]
pub struct Inception {
    convolutions: BTreeMap<String, Convolution>,
    /// `[2048, 1008]`.
    head: Tensor<2>,
}

#[derive(Clone, Debug)]
struct Convolution {
    weight: Tensor<4>,
    bias: Tensor<1>,
    layer: Layer,
}

/// How a branch that pools does it.
#[derive(Clone, Copy)]
enum Pool {
    /// The mean of what lies inside of the picture.
    Mean,
    Max,
}

impl Inception {
    /// The network with these numbers.
    pub fn new(weights: &InceptionWeights, device: &Device) -> Self {
        let numbers = &weights.numbers;
        let convolutions = layers().into_iter().map(|(name, layer)| {
            let part = |part: &str| numbers[&format!("{name}.{part}")].as_slice();
            let convolution = Convolution::new(
                layer,
                part("conv.weight"),
                [part("bn.weight"), part("bn.bias"), part("bn.running_mean"), part("bn.running_var")],
                device,
            );
            (name, convolution)
        });
        let head = TensorData::new(numbers["fc.weight"].clone(), [CLASSES, FEATURES]);
        Self { convolutions: convolutions.collect(), head: Tensor::from_data(head, device).transpose() }
    }

    /// Images `[batch, 3, 299, 299]`, about -1 to 1, to features `[batch, 2048]` (the mean of the last
    /// block's activations) and logits `[batch, 1008]` without the bias, as the Inception score of TensorFlow
    /// takes them.
    pub fn forward(&self, images: Tensor<4>) -> (Tensor<2>, Tensor<2>) {
        let x = self.chain("", &["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3"], images);
        let x = self.chain("", &["Conv2d_3b_1x1", "Conv2d_4a_3x3"], halve(x));
        let x = ["Mixed_5b", "Mixed_5c", "Mixed_5d"].iter().fold(halve(x), |x, block| self.a(block, x));
        let x = self.b("Mixed_6a", x);
        let x = ["Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"].iter().fold(x, |x, block| self.c(block, x));
        let x = self.d("Mixed_7a", x);
        let x = self.e("Mixed_7b", Pool::Mean, x);
        // The graph of 2015 takes the maximum here, which later versions of the network do not.
        let x = self.e("Mixed_7c", Pool::Max, x);
        let [batch, channels, height, width] = x.dims();
        let features = x.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels]);
        let logits = features.clone().matmul(self.head.clone());
        (features, logits)
    }

    /// Convolutions of a block, one after the other.
    fn chain(&self, block: &str, names: &[&str], x: Tensor<4>) -> Tensor<4> {
        let name = |name: &str| if block.is_empty() { name.to_owned() } else { format!("{block}.{name}") };
        names.iter().fold(x, |x, last| self.convolutions[&name(last)].forward(x))
    }

    fn pooled(&self, block: &str, pool: Pool, x: Tensor<4>) -> Tensor<4> {
        let (window, stride, padding) = ([3, 3], [1, 1], [1, 1]);
        let x = match pool {
            Pool::Mean => {
                let options = AvgPoolOptions::new(window).with_stride(stride).with_padding(padding);
                avg_pool2d(x, options.with_count_include_pad(false))
            }
            Pool::Max => max_pool2d(x, MaxPoolOptions::new(window).with_stride(stride).with_padding(padding)),
        };
        self.chain(block, &["branch_pool"], x)
    }

    fn a(&self, block: &str, x: Tensor<4>) -> Tensor<4> {
        let branch = |names: &[&str]| self.chain(block, names, x.clone());
        let branches = vec![
            branch(&["branch1x1"]),
            branch(&["branch5x5_1", "branch5x5_2"]),
            branch(&["branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"]),
            self.pooled(block, Pool::Mean, x.clone()),
        ];
        Tensor::cat(branches, 1)
    }

    fn b(&self, block: &str, x: Tensor<4>) -> Tensor<4> {
        let branch = |names: &[&str]| self.chain(block, names, x.clone());
        let branches = vec![
            branch(&["branch3x3"]),
            branch(&["branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"]),
            halve(x.clone()),
        ];
        Tensor::cat(branches, 1)
    }

    fn c(&self, block: &str, x: Tensor<4>) -> Tensor<4> {
        let branch = |names: &[&str]| self.chain(block, names, x.clone());
        let branches = vec![
            branch(&["branch1x1"]),
            branch(&["branch7x7_1", "branch7x7_2", "branch7x7_3"]),
            branch(&[
                "branch7x7dbl_1",
                "branch7x7dbl_2",
                "branch7x7dbl_3",
                "branch7x7dbl_4",
                "branch7x7dbl_5",
            ]),
            self.pooled(block, Pool::Mean, x.clone()),
        ];
        Tensor::cat(branches, 1)
    }

    fn d(&self, block: &str, x: Tensor<4>) -> Tensor<4> {
        let branch = |names: &[&str]| self.chain(block, names, x.clone());
        let branches = vec![
            branch(&["branch3x3_1", "branch3x3_2"]),
            branch(&["branch7x7x3_1", "branch7x7x3_2", "branch7x7x3_3", "branch7x7x3_4"]),
            halve(x.clone()),
        ];
        Tensor::cat(branches, 1)
    }

    fn e(&self, block: &str, pool: Pool, x: Tensor<4>) -> Tensor<4> {
        let chain = |names: &[&str], x: &Tensor<4>| self.chain(block, names, x.clone());
        let single = chain(&["branch3x3_1"], &x);
        let double = chain(&["branch3x3dbl_1", "branch3x3dbl_2"], &x);
        let branches = vec![
            chain(&["branch1x1"], &x),
            chain(&["branch3x3_2a"], &single),
            chain(&["branch3x3_2b"], &single),
            chain(&["branch3x3dbl_3a"], &double),
            chain(&["branch3x3dbl_3b"], &double),
            self.pooled(block, pool, x.clone()),
        ];
        Tensor::cat(branches, 1)
    }
}

impl Convolution {
    /// `norm` is scale, shift, running mean and running variance.
    fn new(layer: Layer, weight: &[f32], norm: [&[f32]; 4], device: &Device) -> Self {
        let [scale, shift, mean, variance] = norm;
        let factor =
            |channel: usize| f64::from(scale[channel]) / (f64::from(variance[channel]) + EPSILON).sqrt();
        let [height, width] = layer.kernel;
        let of_channel = layer.inputs * height * width;
        let weight =
            weight.iter().enumerate().map(|(at, &value)| (f64::from(value) * factor(at / of_channel)) as f32);
        let bias = (0..layer.outputs)
            .map(|channel| (f64::from(shift[channel]) - f64::from(mean[channel]) * factor(channel)) as f32);
        let weight =
            TensorData::new(weight.collect::<Vec<f32>>(), [layer.outputs, layer.inputs, height, width]);
        let bias = TensorData::new(bias.collect::<Vec<f32>>(), [layer.outputs]);
        Self { weight: Tensor::from_data(weight, device), bias: Tensor::from_data(bias, device), layer }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let Layer { stride, padding, .. } = self.layer;
        let options = ConvOptions::new([stride, stride], padding, [1, 1], 1);
        relu(conv2d(x, self.weight.clone(), Some(self.bias.clone()), options))
    }
}

/// The largest of each 3 x 3 pixels, every other one.
fn halve(x: Tensor<4>) -> Tensor<4> {
    max_pool2d(x, MaxPoolOptions::new([3, 3]).with_stride([2, 2]))
}
