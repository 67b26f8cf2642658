//! An architecture as a file: for other programs, and for people.

use crate::arch::diagram::Diagram;
use crate::arch::{Description, Genotype};
use crate::export::{diagram_picture, svg};
use crate::model::ModelConfig;

/// Pixels to a unit of the painted drawing.
const DRAWING_SCALE: f32 = 2.0;

/// What the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchitectureFormat {
    /// Cells, parameters and operations.
    Json,
    /// The drawing, as lines.
    Svg,
    /// The drawing, as pixels.
    Png,
}

impl ArchitectureFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Svg, Self::Png, Self::Json];

    /// How names of such files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }
}

/// The bytes of a file with the architecture in networks of these sizes; drawings are for light surroundings
/// such as a page of paper.
///
/// # Errors
///
/// If a size is out of its range, or the drawing too large to be painted.
pub fn architecture_file(
    genotype: &Genotype,
    model: &ModelConfig,
    format: ArchitectureFormat,
) -> anyhow::Result<Vec<u8>> {
    let shape = model.net_shape();
    let diagram = || Diagram::of(genotype, &shape);
    Ok(match format {
        ArchitectureFormat::Json => {
            let described = Description::of(genotype, &shape, model.discriminator_channels)?;
            (serde_json::to_string_pretty(&described)? + "\n").into_bytes()
        }
        ArchitectureFormat::Svg => svg(&diagram(), false).into_bytes(),
        ArchitectureFormat::Png => {
            diagram_picture(&diagram(), false, DRAWING_SCALE).map_err(anyhow::Error::msg)?.png()
        }
    })
}
