//! What the boxes of a drawing say.

use super::super::words::{operations, thousands};
use super::super::{Cost, LayerCost, Norm, Up};

/// The activation in a tooltip.
pub(super) const RELU: &str = "ReLU, rectified linear unit";

/// A tooltip: what the part is, the shape of its output, and its cost if it has one.
pub(super) fn detail(what: &str, output: &str, cost: Cost) -> String {
    let mut text = format!("{what}\nOutput {output}");
    if cost != Cost::default() {
        text += "\n";
        text += &cost_in_words(cost);
    }
    text
}

/// `590,080 parameters, 37.7 M MACs`; without the MACs where there are none.
pub(super) fn cost_in_words(cost: Cost) -> String {
    let params = format!("{} parameters", thousands(cost.params));
    match cost.macs {
        0 => params,
        macs => format!("{params}, {} MACs", operations(macs)),
    }
}

/// The cost of all layers with a name that starts like this.
pub(super) fn cost_of(layers: &[LayerCost], start: &str) -> Cost {
    layers.iter().filter(|layer| layer.name.starts_with(start)).map(LayerCost::cost).sum()
}

/// Shape of feature maps: `[256, 8, 8]`.
pub(super) fn maps(channels: usize, side: usize) -> String {
    format!("[{channels}, {side}, {side}]")
}

/// A norm's label.
pub(super) fn norm_label(norm: Norm) -> &'static str {
    match norm {
        Norm::None => "no norm",
        Norm::Batch => "batch norm",
        Norm::Instance => "instance norm",
    }
}

/// A norm in a tooltip.
pub(super) fn norm_detail(norm: Norm) -> &'static str {
    match norm {
        Norm::None => "No norm",
        Norm::Batch => "Batch norm, with scale and shift",
        Norm::Instance => "Instance norm, without parameters",
    }
}

/// An upsampling's label.
pub(super) fn up_label(up: Up, factor: usize) -> String {
    format!("{} x{factor}", up.name())
}

/// An upsampling in a tooltip. A transposed convolution only doubles: larger factors take several.
pub(super) fn up_detail(up: Up, factor: usize) -> String {
    match (up, factor) {
        (Up::Bilinear, _) => format!("Bilinear upsampling by {factor}, with half-pixel centres"),
        (Up::Nearest, _) => format!("Nearest-neighbour upsampling by {factor}"),
        (Up::Deconv, 2) => "Transposed convolution, kernel 2, stride 2".to_owned(),
        (Up::Deconv, _) => {
            format!("{} transposed convolutions in series, kernel 2, stride 2", factor.ilog2())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_read_like_those_of_the_command_line() {
        let words = |params, macs| cost_in_words(Cost { params, macs });
        assert_eq!(words(4_405_251, 1_764_850_000), "4,405,251 parameters, 1.765 G MACs");
        assert_eq!(words(590_080, 37_748_736), "590,080 parameters, 37.7 M MACs");
        assert_eq!(words(512, 0), "512 parameters");
        assert_eq!(words(1_000, 65_536), "1,000 parameters, 65,536 MACs");
    }

    #[test]
    fn a_part_without_parameters_has_no_cost_line() {
        assert_eq!(detail("ReLU", &maps(256, 8), Cost::default()), "ReLU\nOutput [256, 8, 8]");
    }
}
