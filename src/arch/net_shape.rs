//! Sizes of a generator.

use serde::{Deserialize, Serialize};

use super::ArchError;

/// The numbers that, together with a genotype, fix a generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetShape {
    /// Channels of every cell (the reference's `gf_dim`).
    pub channels: usize,
    /// Length of the latent vector.
    pub latent: usize,
    /// Side of the first feature map, in pixels: 4 for 32 px, 6 for 48 px with three cells.
    pub bottom_width: usize,
    /// Channels of an image; 3, since all data are read as RGB.
    pub image_channels: usize,
}

impl Default for NetShape {
    /// The derived CIFAR-10 generator of the paper.
    fn default() -> Self {
        Self { channels: 256, latent: 128, bottom_width: 4, image_channels: 3 }
    }
}

impl NetShape {
    /// Side of the images of a generator with `cells` cells, in pixels.
    pub fn side(&self, cells: usize) -> usize {
        self.bottom_width << cells
    }

    /// Whether every number is in its range; the ranges keep every cost below 2^63.
    ///
    /// # Errors
    /// The first number that is 0 or too large.
    pub fn check(&self) -> Result<(), ArchError> {
        let ranges = [
            ("channels", self.channels, 16_384),
            ("latent", self.latent, 16_384),
            ("bottom_width", self.bottom_width, 256),
            ("image_channels", self.image_channels, 16),
        ];
        match ranges.into_iter().find(|&(_, value, limit)| !(1..=limit).contains(&value)) {
            Some((field, value, limit)) => {
                let key = match field {
                    "channels" => "model.generator_channels".to_owned(),
                    "latent" => "model.latent_dim".to_owned(),
                    _ => format!("model.{field}"),
                };
                let text = format!("{field} of the generator is {value}; set it to 1 to {limit}");
                Err(ArchError::setting(key, text))
            }
            None => Ok(()),
        }
    }
}
