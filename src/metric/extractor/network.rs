//! The extractor's network: four strided convolutions, a global mean, one linear layer.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Linear, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};

use super::resize::{Filter, resize};
use super::respond::{BATCH, Batches, respond};
use super::{ExtractorError, Weights};
use crate::rng::{normals, rng};

/// Side in pixels of the images that the network looks at.
pub const INPUT_SIDE: usize = 32;
/// Width of the features: the global mean of the last convolution's activations.
pub const FEATURES: usize = 64;

/// Channels before and after each convolution.
const CHANNELS: [usize; 5] = [3, 16, 32, 64, FEATURES];
/// Kernel of the convolutions; with stride 2 and padding 1 each halves the side exactly.
const KERNEL: usize = 4;

/// A small classifier (107,000 parameters, 1.5 million multiply-accumulates an image).
#[derive(Module, Debug)]
pub struct Network {
    convolutions: Vec<Conv2d>,
    head: Linear,
}

/// Name and shape of every tensor of a network for `classes` classes.
fn layout(classes: usize) -> Vec<(String, Vec<usize>)> {
    let mut layout = Vec::new();
    for (i, pair) in CHANNELS.windows(2).enumerate() {
        layout.push((format!("conv{i}.weight"), vec![pair[1], pair[0], KERNEL, KERNEL]));
        layout.push((format!("conv{i}.bias"), vec![pair[1]]));
    }
    layout.push(("head.weight".into(), vec![FEATURES, classes]));
    layout.push(("head.bias".into(), vec![classes]));
    layout
}

impl Weights {
    /// Initial weights: N(0, 2 / fan_in) (He et al. 2015), biases zero.
    pub(super) fn initial(classes: usize, seed: u64) -> Self {
        let mut weights = Self::default();
        for (name, shape) in layout(classes) {
            let count = shape.iter().product();
            let fan_in = match shape[..] {
                [_, channels, height, width] => channels * height * width,
                [inputs, _] => inputs,
                _ => 0,
            };
            let values = match fan_in {
                0 => vec![0.0; count],
                fan_in => {
                    let spread = (2.0 / fan_in as f32).sqrt();
                    let draws = normals(&mut rng(seed, &format!("extractor/init/{name}"), 0), count);
                    draws.into_iter().map(|x| x * spread).collect()
                }
            };
            weights.insert(name, TensorData::new(values, shape));
        }
        weights
    }

    /// Copies the parameters of `network` to the host.
    pub(super) fn of(network: &Network) -> Result<Self, ExtractorError> {
        let mut weights = Self::default();
        let mut put = |name: String, data: Result<TensorData, _>| {
            data.map(|data| weights.insert(name, data)).map_err(ExtractorError::device)
        };
        for (i, convolution) in network.convolutions.iter().enumerate() {
            put(format!("conv{i}.weight"), convolution.weight.val().inner().try_into_data())?;
            if let Some(bias) = &convolution.bias {
                put(format!("conv{i}.bias"), bias.val().inner().try_into_data())?;
            }
        }
        put("head.weight".into(), network.head.weight.val().inner().try_into_data())?;
        if let Some(bias) = &network.head.bias {
            put("head.bias".into(), bias.val().inner().try_into_data())?;
        }
        Ok(weights)
    }
}

impl Network {
    /// A network with the given weights on `device`. `source` names their file in errors.
    pub(super) fn new(weights: &Weights, device: &Device, source: &str) -> Result<Self, ExtractorError> {
        let classes = weights.get("head.bias").map_or(0, |bias| bias.num_elements());
        for (name, shape) in layout(classes) {
            let fits = weights.get(&name).is_some_and(|tensor| tensor.shape().to_vec() == shape);
            if !fits || classes == 0 {
                return Err(ExtractorError::Damaged {
                    file: source.to_owned(),
                    why: format!("tensor {name} is missing or not of shape {shape:?}"),
                });
            }
        }
        let tensor = |name: String| weights.get(&name).expect("the loop above found it").clone();
        let convolutions = CHANNELS.windows(2).enumerate().map(|(i, pair)| {
            let config = Conv2dConfig::new([pair[0], pair[1]], [KERNEL; 2])
                .with_stride([2, 2])
                .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1));
            Conv2d {
                weight: Param::from_data(tensor(format!("conv{i}.weight")), device),
                bias: Some(Param::from_data(tensor(format!("conv{i}.bias")), device)),
                ..config.init(device)
            }
        });
        Ok(Self {
            convolutions: convolutions.collect(),
            head: Linear {
                weight: Param::from_data(tensor("head.weight".into()), device),
                bias: Some(Param::from_data(tensor("head.bias".into()), device)),
            },
        })
    }

    /// Multiply-accumulates of the convolutions for one image; each halves the side.
    pub(super) fn macs() -> u64 {
        let layers = CHANNELS.windows(2).enumerate();
        let macs = layers.map(|(i, pair)| {
            let side = INPUT_SIDE >> (i + 1);
            side * side * pair[0] * pair[1] * KERNEL * KERNEL
        });
        macs.sum::<usize>() as u64
    }

    /// Number of classes that the logits have.
    pub(super) fn classes(&self) -> usize {
        let [_, classes] = self.head.weight.dims();
        classes
    }

    /// Features and logits of `images` `[n, 3, side, side]` in [-1, 1]; `first` is the index of the first of
    /// them in the whole set.
    pub(super) fn respond(
        &self,
        images: Tensor<4>,
        first: usize,
    ) -> Result<(Vec<f32>, Vec<f32>), ExtractorError> {
        let look =
            |levels: Tensor<4>| self.forward(resize(levels / 127.5 - 1.0, INPUT_SIDE, Filter::Triangle));
        respond(images, first, &Batches { size: BATCH, fill: true, look: &look })
    }

    /// Images `[batch, 3, 32, 32]` in [-1, 1] to features `[batch, 64]` and logits `[batch, classes]`.
    pub(super) fn forward(&self, images: Tensor<4>) -> (Tensor<2>, Tensor<2>) {
        let activations =
            self.convolutions.iter().fold(images, |x, convolution| relu(convolution.forward(x)));
        let [batch, channels, height, width] = activations.dims();
        let features =
            activations.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels]);
        let logits = self.head.forward(features.clone());
        (features, logits)
    }
}
