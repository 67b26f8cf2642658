//! How images come to the 299 pixels that the network takes. Scores of different ways are not comparable.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::metric::extractor::resize::{Filter, resize};

/// Side in pixels of the images that the network takes.
const INPUT_SIDE: usize = 299;

/// A way from 8-bit images to the network's input. Why the ways differ and what that does to scores: Parmar et al.
/// 2022, "On Aliased Resizing and Surprising Subtleties in GAN Evaluation".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preprocessing {
    /// As the graph of TensorFlow, of which the paper's numbers are: TensorFlow 1's bilinear,
    /// `(x - 128) / 128`.
    #[default]
    Tf,
    /// As pytorch-fid: PyTorch's bilinear, `2 x / 255 - 1`.
    PytorchFid,
    /// As clean-fid: Pillow's bicubic on numbers, antialiased, kept within 0 to 255, `(x - 128) / 128`.
    Clean,
}

impl Preprocessing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tf, Self::PytorchFid, Self::Clean];

    /// What it does, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Tf => "TensorFlow 1's bilinear to 299 px, (x - 128) / 128",
            Self::PytorchFid => "PyTorch's bilinear to 299 px, 2 x / 255 - 1",
            Self::Clean => "antialiased bicubic to 299 px, (x - 128) / 128",
        }
    }

    /// Levels `[batch, 3, side, side]` from 0 to 255 as the network's input, `[batch, 3, 299, 299]`.
    pub fn apply(self, levels: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Tf => (resize(levels, INPUT_SIDE, Filter::TensorFlow) - 128.0) / 128.0,
            Self::PytorchFid => resize(levels / 255.0, INPUT_SIDE, Filter::PyTorch) * 2.0 - 1.0,
            Self::Clean => (resize(levels, INPUT_SIDE, Filter::Bicubic).clamp(0.0, 255.0) - 128.0) / 128.0,
        }
    }
}

impl fmt::Display for Preprocessing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tf => "tf",
            Self::PytorchFid => "pytorch-fid",
            Self::Clean => "clean",
        })
    }
}

impl FromStr for Preprocessing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|way| way.to_string() == text);
        found.ok_or_else(|| format!("there is only {}", Self::ALL.map(|way| way.to_string()).join(", ")))
    }
}
