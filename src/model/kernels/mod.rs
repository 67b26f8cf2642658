//! Fused operators, which take the place of burn's own.
//!
//! burn's CPU backend computes a convolution by copying every pixel nine times and most other operators by one thread;
//! its GPU backend makes ten operations of a norm, each of which costs the host more than the GPU. Here are the operators
//! that a training step spends its time in, handed to burn by its extension trait: [`Kernels`] names the operators,
//! [`flex`] has the CPU's, plain code on slices ([`cpu`]), [`gpu`] those of GPUs, [`autodiff`] their derivatives,
//! [`shapes`] the shapes of their values. Maps lie channels last in memory under burn's shape `[batch, channels, height,
//! width]`, so that an operator of burn in between gives right results, too, and only costs a copy.
//!
//! With `AUTOGAN_PLAIN_OPS=1` in the environment none of them is used.

mod autodiff;
mod cpu;
mod flex;
pub(super) mod forward;
mod gpu;
mod loss;
mod optimiser;
mod shapes;

pub(crate) use cpu::adam::AdamStep;
pub(super) use cpu::{Pooling, SlidingWindow};
pub(super) use gpu::{blended, spectral_norm_of_layers};
pub(crate) use gpu::{copies, store};
pub(crate) use loss::loss_term;
pub(crate) use optimiser::{adam, averages, gathered, total};

use std::sync::LazyLock;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, DispatchDevice, DispatchTensor, backend_extension};
use burn::tensor::{Device, FloatDType, Tensor};

/// The environment variable that switches all of these operators off.
const SWITCH: &str = "AUTOGAN_PLAIN_OPS";

/// A convolution of stride 1 that has an own kernel. Weights are `[outputs, inputs, height, width]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConvKind {
    /// With a kernel of 1x1 or 3x3 and zeros around the maps, so that they keep their sides.
    Same,
    /// Nearest-neighbour upsampling by 2, then a 3x3 convolution that keeps the sides.
    Doubled,
    /// A 3x3 convolution that keeps the sides, which are even, then the mean of each 2x2 pixels.
    Halved,
    /// Transposed, with a 2x2 kernel and stride 2. Its weight is `[inputs, outputs, 2, 2]`.
    Transposed,
}

/// How a batch norm was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NormKind {
    /// Whether ReLU follows.
    relu: bool,
    /// Whether its statistics are running ones, which do not depend on the input.
    in_use: bool,
}

/// An operator on maps without weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MapKind {
    /// `max(x, 0)`.
    Relu,
    /// Hyperbolic tangent.
    Tanh,
    /// The mean of each 2x2 pixels.
    Halve,
    /// Nearest-neighbour upsampling by a factor.
    Nearest(usize),
    /// Bilinear upsampling by a factor.
    Bilinear(usize),
    /// The sum over all pixels, `[batch, channels, 1, 1]`, of maps of this size.
    Sum {
        /// Pixels from top to bottom.
        height: usize,
        /// Pixels from left to right.
        width: usize,
    },
    /// Instance norm, then ReLU if it is said so.
    InstanceNorm {
        /// Whether ReLU follows.
        relu: bool,
    },
}

/// What a score `s` adds to a loss, which is the mean over all scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LossTerm {
    /// `max(1 - s, 0)`.
    HingeReal,
    /// `max(1 + s, 0)`.
    HingeFake,
    /// `ln(1 + exp(-s))`.
    SoftplusReal,
    /// `ln(1 + exp(s))`.
    SoftplusFake,
    /// `(s - 1)²`.
    SquareReal,
    /// `s²`.
    SquareFake,
    /// `-s`.
    Negative,
}

/// The operators with own kernels. Maps are `[batch, channels, height, width]`; gradients have the names of what they
/// are the gradient of.
#[backend_extension(Flex, Cube, Autodiff, Fusion)]
pub(super) trait Kernels: Backend {
    /// A convolution with its bias.
    #[fusion(meta = shapes::conv)]
    fn own_conv(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        kind: ConvKind,
    ) -> FloatTensor<Self>;

    /// The gradient of a convolution's input, of that of its output.
    #[fusion(meta = shapes::conv_input_gradient)]
    fn own_conv_input_gradient(
        output: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        kind: ConvKind,
    ) -> FloatTensor<Self>;

    /// The gradients of a convolution's weight, which has this shape, and bias.
    #[fusion(meta = shapes::conv_weight_gradients)]
    fn own_conv_weight_gradients(
        x: FloatTensor<Self>,
        output: FloatTensor<Self>,
        shape: [usize; 4],
        kind: ConvKind,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// Batch norm by the batch's own statistics, then ReLU if `relu` says so: the output, and the mean and the biased
    /// variance of each channel in double precision.
    #[fusion(meta = shapes::batch_norm)]
    fn own_batch_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// The gradients of a batch norm's input, weight and bias, of that of its output. `mean` and `variance` are those
    /// that it was done with.
    #[allow(clippy::too_many_arguments)] // The macro takes tensors one by one only.
    #[fusion(meta = shapes::batch_norm_gradients)]
    fn own_batch_norm_gradients(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        output: FloatTensor<Self>,
        kind: NormKind,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Batch norm by running statistics in double precision, then ReLU if `relu` says so.
    #[fusion(dtype = x, shape = x)]
    fn own_batch_norm_in_use(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self>;

    /// The sum of two maps of one shape.
    #[fusion(dtype = one, shape = one)]
    fn own_add(one: FloatTensor<Self>, other: FloatTensor<Self>) -> FloatTensor<Self>;

    /// An operator without weights.
    #[fusion(meta = shapes::map)]
    fn own_map(x: FloatTensor<Self>, kind: MapKind) -> FloatTensor<Self>;

    /// The gradient of its input, of that of its output. `kept` is what [`MapKind::keeps`] says.
    #[fusion(meta = shapes::map_gradient)]
    fn own_map_gradient(
        kept: FloatTensor<Self>,
        output: FloatTensor<Self>,
        kind: MapKind,
    ) -> FloatTensor<Self>;

    /// Spectral norm of a weight with the values of a matrix `[rows, columns]`, with its vectors `[rows]` and
    /// `[columns]`, after a power iteration if `iterate` says so: the weight divided by sigma, both vectors, and sigma,
    /// `[1]`.
    #[fusion(meta = shapes::spectral_norm)]
    fn own_spectral_norm(
        weight: FloatTensor<Self>,
        left: FloatTensor<Self>,
        right: FloatTensor<Self>,
        iterate: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// A weight divided by sigma, as [`spectral_norm_of_layers`] made it with all others, where its gradient is asked
    /// for.
    #[fusion(default)]
    fn own_normalised(
        _weight: FloatTensor<Self>,
        normalised: FloatTensor<Self>,
        _left: FloatTensor<Self>,
        _right: FloatTensor<Self>,
        _sigma: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        normalised
    }

    /// The gradient of the weight, of that of the weight divided by sigma.
    #[fusion(dtype = weight, shape = weight)]
    fn own_spectral_norm_gradient(
        weight: FloatTensor<Self>,
        left: FloatTensor<Self>,
        right: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        output: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

/// A layer that is spectrally normalised, outside of autodiff.
pub(super) struct SpectralTensors {
    /// The weight, whose first dimension counts the rows of a matrix.
    pub weight: DispatchTensor,
    /// Both vectors, `[rows]` and `[columns]`.
    pub vectors: [Tensor<1>; 2],
}

/// What spectral norm made of a layer, outside of autodiff.
#[derive(Clone)]
pub(super) struct SpectralMade {
    /// The weight divided by sigma.
    normalised: DispatchTensor,
    /// Both vectors after the power iteration, if there was one.
    pub vectors: [Tensor<1>; 2],
    sigma: DispatchTensor,
}

impl SpectralMade {
    /// The normalised weight, through which gradients reach `weight`, of which it was made.
    pub fn of<const D: usize>(&self, weight: Tensor<D>) -> Tensor<D> {
        let [left, right] = self.vectors.clone().map(Tensor::into_dispatch);
        let (normalised, sigma) = (self.normalised.clone(), self.sigma.clone());
        Tensor::from_dispatch(Dispatch::own_normalised(
            weight.into_dispatch(),
            normalised,
            left,
            right,
            sigma,
        ))
    }
}

/// One parameter before a step of Adam. All tensors are outside of autodiff and may have any shape.
pub(crate) struct AdamTensors {
    /// The weights.
    pub weight: DispatchTensor,
    /// Their gradient.
    pub gradient: DispatchTensor,
    /// First and second moment, flat.
    pub moments: [Tensor<1>; 2],
    /// Settings of the step.
    pub step: AdamStep,
}

/// What the gradient of an operator without weights is computed from, beside that of its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Input,
    Output,
    Nothing,
}

impl MapKind {
    fn keeps(self) -> Kept {
        match self {
            Self::Relu | Self::Tanh => Kept::Output,
            Self::InstanceNorm { .. } => Kept::Input,
            Self::Halve | Self::Nearest(_) | Self::Bilinear(_) | Self::Sum { .. } => Kept::Nothing,
        }
    }
}

/// Whether the own kernels are used at all.
pub(crate) fn are_used() -> bool {
    static OFF: LazyLock<bool> =
        LazyLock::new(|| std::env::var_os(SWITCH).is_some_and(|value| !value.is_empty() && value != "0"));
    !*OFF
}

/// Whether `device` is the CPU, which computes statistics in double precision.
pub(crate) fn is_cpu(device: &Device) -> bool {
    matches!(device.clone().inner().as_dispatch(), DispatchDevice::Flex(_))
}

/// Does `work`, which computes on `device`, on one of the threads that own operators share their parts with. A thread
/// that is none of them falls asleep and is woken again for every operator. Other devices see the thread that calls.
pub(crate) fn on_own_thread<R: Send>(device: &Device, work: impl FnOnce() -> R + Send) -> R {
    if are_used() && is_cpu(device) { rayon::scope(|_| work()) } else { work() }
}

/// A convolution with its bias.
pub(super) fn conv(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, kind: ConvKind) -> Tensor<4> {
    let (x, weight, bias) = (x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    Tensor::from_dispatch(Dispatch::own_conv(x, weight, bias, kind))
}

/// Batch norm by the batch's own statistics, then ReLU if `relu` says so: the output, and outside of autodiff the mean
/// and the biased variance of each channel.
pub(super) fn batch_norm(
    x: Tensor<4>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    relu: bool,
) -> (Tensor<4>, [Tensor<1>; 2]) {
    let (x, weight, bias) = (x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    let (output, mean, variance) = Dispatch::own_batch_norm(x, weight, bias, relu);
    let statistics = [mean, variance].map(|statistic| {
        let statistic: Tensor<1> = Tensor::from_dispatch(statistic);
        statistic.without_autodiff().cast(FloatDType::F32)
    });
    (Tensor::from_dispatch(output), statistics)
}

/// Batch norm by running statistics, which are outside of autodiff, then ReLU if `relu` says so.
pub(super) fn batch_norm_in_use(
    x: Tensor<4>,
    [weight, bias]: [Tensor<1>; 2],
    [mean, variance]: [Tensor<1>; 2],
    relu: bool,
) -> Tensor<4> {
    let (weight, bias) = (weight.into_dispatch(), bias.into_dispatch());
    let double = is_cpu(&x.device());
    let [mean, variance] = [mean, variance]
        .map(|statistic| if double { statistic.cast(FloatDType::F64) } else { statistic }.into_dispatch());
    let x = x.into_dispatch();
    Tensor::from_dispatch(Dispatch::own_batch_norm_in_use(x, weight, bias, mean, variance, relu))
}

/// The sum of two maps of one shape.
pub(super) fn add(one: Tensor<4>, other: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::own_add(one.into_dispatch(), other.into_dispatch()))
}

/// An operator without weights.
pub(super) fn map(x: Tensor<4>, kind: MapKind) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::own_map(x.into_dispatch(), kind))
}

/// Spectral norm of a weight of any shape with the values of a matrix `[rows, columns]`, with its vectors `[rows]` and
/// `[columns]`, which are outside of autodiff, after a power iteration if `iterate` says so: the weight divided by sigma,
/// and both vectors outside of autodiff.
pub(super) fn spectral_norm<const D: usize>(
    weight: Tensor<D>,
    [left, right]: [Tensor<1>; 2],
    iterate: bool,
) -> (Tensor<D>, [Tensor<1>; 2]) {
    let (weight, left, right) = (weight.into_dispatch(), left.into_dispatch(), right.into_dispatch());
    let (normalised, left, right, _) = Dispatch::own_spectral_norm(weight, left, right, iterate);
    let vectors = [left, right].map(|vector| Tensor::from_dispatch(vector).without_autodiff());
    (Tensor::from_dispatch(normalised), vectors)
}
