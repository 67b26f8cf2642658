//! Convolution.

use super::{Operator, Parameter, Shape, Start, TorchCode, bias_start, one_map, with_relu};

/// How a convolution or linear layer uses its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reparameterisation {
    /// As it is, under the name `weight`.
    None,
    /// Divided by its largest singular value (Miyato et al. 2018, "Spectral Normalization for Generative
    /// Adversarial Networks"), under PyTorch's names `weight_orig`, `weight_u` and `weight_v`.
    Spectral,
    /// As it is, but under the names of [`Reparameterisation::Spectral`]: a discriminator whose spectral norm is
    /// switched off keeps the names of its weights.
    SpectralOff,
}

impl Reparameterisation {
    /// The weight of this shape, with what belongs to it.
    pub(super) fn parameters(self, shape: Vec<usize>, plain: Start, spectral: Start) -> Vec<Parameter> {
        if self == Self::None {
            return vec![Parameter::trained("weight", shape, plain)];
        }
        let (rows, columns) = (shape[0], shape[1..].iter().product());
        vec![
            Parameter::trained("weight_orig", shape, spectral),
            Parameter::buffer("weight_u", rows, Start::UnitVector),
            Parameter::buffer("weight_v", columns, Start::UnitVector),
        ]
    }

    /// PyTorch's text for a module, normalised if it is.
    pub(super) fn pytorch(self, module: String) -> TorchCode {
        TorchCode::Module(match self {
            Self::Spectral => format!("nn.utils.spectral_norm({module})"),
            Self::None | Self::SpectralOff => module,
        })
    }
}

/// A convolution with bias: `[channels, side, side]` to `[outputs, side', side']`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv {
    /// Channels after it.
    pub outputs: usize,
    /// Height and width of its kernel.
    pub kernel: [usize; 2],
    /// Pixels from one place of the kernel to the next, both ways.
    pub stride: usize,
    /// Zeros that are put on each side, above and beside.
    pub padding: [usize; 2],
    /// How the weight is used.
    pub reparameterisation: Reparameterisation,
    /// Whether ReLU follows. Builders do not use it; [`Graph::rewritten`](crate::arch::Graph::rewritten) does.
    pub relu: bool,
}

impl Conv {
    /// A convolution with an odd square kernel that keeps the side.
    pub fn new(outputs: usize, kernel: usize) -> Self {
        let padding = [kernel / 2; 2];
        let reparameterisation = Reparameterisation::None;
        Self { outputs, kernel: [kernel; 2], stride: 1, padding, reparameterisation, relu: false }
    }

    /// Whether it is a plain 3x3 convolution that keeps the side, without ReLU behind it.
    pub(super) fn is_plain_3x3(&self) -> bool {
        (self.kernel, self.stride, self.padding, self.relu) == ([3, 3], 1, [1, 1], false)
    }

    fn fan_in(&self, channels: usize) -> usize {
        channels * self.kernel[0] * self.kernel[1]
    }
}

impl Operator for Conv {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let (_, side) = one_map(inputs)?;
        let [height, width] = [0, 1].map(|way| {
            (side + 2 * self.padding[way]).checked_sub(self.kernel[way]).map(|rest| rest / self.stride + 1)
        });
        match (height, width) {
            (Some(height), Some(width)) if height == width => {
                Ok(Shape::Maps { channels: self.outputs, side: height })
            }
            _ => Err(format!("has a kernel of {:?} that does not fit maps of side {side}", self.kernel)),
        }
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<Parameter> {
        let channels = inputs[0].channels();
        let shape = vec![self.outputs, channels, self.kernel[0], self.kernel[1]];
        let mut own = self.reparameterisation.parameters(shape, Start::Scheme, Start::SpectralScheme);
        own.push(Parameter::trained("bias", [self.outputs], bias_start(self.fan_in(channels))));
        own
    }

    fn macs(&self, inputs: &[Shape], output: Shape) -> u64 {
        (self.fan_in(inputs[0].channels()) * self.outputs) as u64 * output.area()
    }

    fn label(&self) -> String {
        let [height, width] = self.kernel;
        // A 1x1 convolution here keeps the number of channels, so its box needs no number.
        let words = match (height, width) {
            (1, 1) => "1x1 conv".to_owned(),
            _ => format!("{height}x{width} conv, {}", self.outputs),
        };
        with_relu(&words, self.relu)
    }

    fn describe(&self, inputs: &[Shape]) -> String {
        let [height, width] = self.kernel;
        let channels = inputs[0].channels();
        let stride = if self.stride == 1 { String::new() } else { format!(", stride {}", self.stride) };
        let words = format!("{height}x{width} convolution{stride}, {channels} to {} channels", self.outputs);
        with_relu(&words, self.relu)
    }

    fn pytorch(&self, inputs: &[Shape]) -> TorchCode {
        let pair = |[a, b]: [usize; 2]| if a == b { a.to_string() } else { format!("({a}, {b})") };
        let mut text = format!("nn.Conv2d({}, {}, {}", inputs[0].channels(), self.outputs, pair(self.kernel));
        if self.stride != 1 {
            text += &format!(", stride={}", self.stride);
        }
        if self.padding != [0, 0] {
            text += &format!(", padding={}", pair(self.padding));
        }
        match self.reparameterisation.pytorch(text + ")") {
            TorchCode::Module(conv) if self.relu => {
                TorchCode::Module(format!("nn.Sequential({conv}, nn.ReLU())"))
            }
            plain => plain,
        }
    }
}
