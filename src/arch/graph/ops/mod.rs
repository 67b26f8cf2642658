//! The operators that networks are made of, one file each.
//!
//! An operator knows the shape that it makes, its weights, its cost, how it reads, and its line of PyTorch. What it
//! computes is in the file of the same name under `model/ops`.

mod activation;
mod add;
mod batch_norm;
mod concat;
mod conv;
mod conv_transpose;
mod input;
mod instance_norm;
mod linear;
mod pool;
mod resized_conv;
mod spatial;
mod unflatten;
mod upsample;

pub use activation::{Relu, Tanh};
pub use add::Add;
pub use batch_norm::BatchNorm;
pub use concat::Concat;
pub use conv::{Conv, Reparameterisation};
pub use conv_transpose::ConvTranspose;
pub use input::Input;
pub use instance_norm::InstanceNorm;
pub use linear::Linear;
pub use pool::{AvgPool, MaxPool};
pub use resized_conv::{PooledConv, UpsampledConv};
pub use spatial::{SpatialMean, SpatialSum};
pub use unflatten::Unflatten;
pub use upsample::{Interpolation, Upsample};

use super::Shape;

/// Calls a macro with the list of all operators, so that `arch` and `model` share one list.
macro_rules! operators {
    ($callback:ident) => {
        $callback! {
            Add, AvgPool, BatchNorm, Concat, Conv, ConvTranspose, Input, InstanceNorm, Linear, MaxPool, PooledConv, Relu,
            SpatialMean, SpatialSum, Tanh, Unflatten, Upsample, UpsampledConv,
        }
    };
}
pub(crate) use operators;

macro_rules! define_op {
    ($($operator:ident,)+) => {
        /// An operator with its settings.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(missing_docs)] // Each variant is documented at the struct that it holds.
        pub enum Op {
            $($operator($operator),)+
        }

        impl Op {
            /// What the operator knows of itself.
            pub fn operator(&self) -> &dyn Operator {
                match self {
                    $(Op::$operator(operator) => operator,)+
                }
            }
        }

        $(impl From<$operator> for Op {
            fn from(operator: $operator) -> Op {
                Op::$operator(operator)
            }
        })+
    };
}
operators!(define_op);

/// Makes an operator that has no settings and no weights. `shape` is as [`Operator::shape`].
macro_rules! plain_operator {
    (
        $(#[$doc:meta])*
        $name:ident { shape: $shape:path, label: $label:literal, describe: $words:literal, pytorch: $code:literal, }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name;

        impl super::Operator for $name {
            fn shape(
                &self,
                inputs: &[super::Shape],
            ) -> Result<super::Shape, String> {
                $shape(inputs)
            }

            fn label(&self) -> String {
                $label.to_owned()
            }

            fn describe(&self, _inputs: &[super::Shape]) -> String {
                $words.to_owned()
            }

            fn pytorch(&self, _inputs: &[super::Shape]) -> super::TorchCode {
                super::TorchCode::expression($code)
            }
        }
    };
}
use plain_operator;

/// What an operator knows of itself.
pub trait Operator {
    /// The shape it makes of inputs of these shapes.
    ///
    /// # Errors
    ///
    /// What does not fit, to be read after the operator's name.
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String>;

    /// Its weights for inputs of these shapes.
    fn parameters(&self, _inputs: &[Shape]) -> Vec<Parameter> {
        Vec::new()
    }

    /// Multiply-accumulates for one image. By the custom of the field only convolutions, transposed convolutions
    /// and linear layers count; norms, activations, resizing and additions are left out.
    fn macs(&self, _inputs: &[Shape], _output: Shape) -> u64 {
        0
    }

    /// A few words for a box of a drawing: `3x3 conv, 256`.
    fn label(&self) -> String;

    /// What it is, for a tooltip: `3x3 convolution, 256 to 256 channels`.
    fn describe(&self, inputs: &[Shape]) -> String;

    /// How PyTorch writes it.
    fn pytorch(&self, inputs: &[Shape]) -> TorchCode;
}

/// An operator in PyTorch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TorchCode {
    /// A module that is called with the input; the text makes it: `nn.Conv2d(8, 8, 3, padding=1)`.
    Module(String),
    /// An expression, in which `{0}`, `{1}` and so on stand for the inputs, and `{*}` for all of them with commas.
    Expression(String),
}

impl TorchCode {
    /// An expression without anything to fill in but inputs.
    fn expression(text: &str) -> Self {
        Self::Expression(text.to_owned())
    }
}

/// One tensor of an operator's weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Last part of its name: `weight`.
    pub suffix: &'static str,
    /// Its shape.
    pub shape: Vec<usize>,
    /// How it starts.
    pub start: Start,
    /// Whether a gradient reaches it. What has none is a buffer, such as a running statistic.
    pub trained: bool,
}

impl Parameter {
    /// A tensor that is trained.
    pub fn trained(suffix: &'static str, shape: impl Into<Vec<usize>>, start: Start) -> Self {
        Self { suffix, shape: shape.into(), start, trained: true }
    }

    /// A buffer, `[length]`.
    pub fn buffer(suffix: &'static str, length: usize, start: Start) -> Self {
        Self { suffix, shape: vec![length], start, trained: false }
    }

    /// Number of its values.
    pub fn count(&self) -> u64 {
        self.shape.iter().product::<usize>() as u64
    }
}

/// How a tensor starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Start {
    /// As the network's scheme for convolutions says.
    Scheme,
    /// As the network's scheme for spectrally normalised convolutions says.
    SpectralScheme,
    /// PyTorch's default for weights, U(±1 / sqrt(fan-in)), with dimension 1 and the kernel as fan-in.
    FanIn,
    /// U(±bound).
    Uniform(f32),
    /// N(0, 1).
    Normal,
    /// N(1, 0.02), as the released code of AutoGAN starts the scale of batch norms.
    AroundOne,
    /// Random and of length one.
    UnitVector,
    /// Zeros.
    Zeros,
    /// Ones.
    Ones,
}

/// Start of a bias: PyTorch's default, U(±1 / sqrt(fan-in)) with its layer's fan-in.
fn bias_start(fan_in: usize) -> Start {
    Start::Uniform(1.0 / (fan_in as f32).sqrt())
}

/// What is said of an operator that ReLU may follow as one with it.
fn with_relu(words: &str, relu: bool) -> String {
    if relu { format!("{words}, ReLU") } else { words.to_owned() }
}

/// The only input, where it must be maps: channels and side.
fn one_map(inputs: &[Shape]) -> Result<(usize, usize), String> {
    match inputs {
        [Shape::Maps { channels, side }] => Ok((*channels, *side)),
        _ => Err(format!("takes one value of [channels, side, side], not {}", list(inputs))),
    }
}

/// The only input, where it must be a vector: its length.
fn one_vector(inputs: &[Shape]) -> Result<usize, String> {
    match inputs {
        [Shape::Features(count)] => Ok(*count),
        _ => Err(format!("takes one vector, not {}", list(inputs))),
    }
}

/// The only input, whatever it is.
fn one(inputs: &[Shape]) -> Result<Shape, String> {
    match inputs {
        [shape] => Ok(*shape),
        _ => Err(format!("takes one value, not {}", list(inputs))),
    }
}

/// `[3, 8, 8] and [3, 4, 4]`.
fn list(shapes: &[Shape]) -> String {
    shapes.iter().map(Shape::to_string).collect::<Vec<_>>().join(" and ")
}
