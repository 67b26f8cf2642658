//! The weights that a search shares: those of all architectures of its space, by name.

use super::graph::ops::ConvTranspose;
use super::graph::{Graph, Parameters, Shape, cell, ends, skip_deconv};
use super::{NetShape, Space, SpaceConfig};

/// The weights of the shared generator of a space at these sizes: those of all its architectures. Bounds on cost are
/// left out of account.
///
/// With `allocate_unused` it is the released code's module list, whatever the space allows: every operator in every
/// cell, transposed convolutions also in second blocks, and in each cell one chain of them for every ratio that occurs
/// in the generator; and what the space has beyond it.
pub fn shared_parameters(space: &Space, shape: &NetShape, allocate_unused: bool) -> Parameters {
    let cells = space.cells();
    let mut all = ends(cells, shape).parameters();
    let everything = SpaceConfig { cells, ..SpaceConfig::default() };
    let full = allocate_unused.then(|| Space::new(everything, *shape).ok()).flatten();
    let spaces = || full.iter().chain([space]);
    for number in 0..cells {
        let genes = spaces().flat_map(|space| space.genes(number));
        genes.for_each(|gene| all.extend(cell(number, gene, shape).parameters()));
        if allocate_unused {
            all.extend(unused(number, cells, shape.channels));
        }
    }
    all
}

/// What the released code allocates in cell `cell` (from 0) of `cells`, and no architecture can use.
fn unused(cell: usize, cells: usize, channels: usize) -> Parameters {
    let mut graph = Graph::new();
    let x = graph.input("input", Shape::Maps { channels, side: 1 });
    let chains =
        (1..cells).flat_map(|distance| (0..distance).map(move |doubling| skip_deconv(distance, doubling)));
    let blocks = ["pre_conv2.deconv", "post_conv2.deconv"].map(str::to_owned);
    for name in blocks.into_iter().chain(chains) {
        graph.add_weighted(&name, format!("cell{}.{name}", cell + 1), ConvTranspose { outputs: channels }, x);
    }
    graph.parameters()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::graph::{Parameter, SkipTap, generator};
    use crate::arch::params;

    const PAPER: NetShape = NetShape { channels: 256, latent: 128, bottom_width: 4, image_channels: 3 };
    const STL: NetShape = NetShape { bottom_width: 6, ..PAPER };
    const NARROW: NetShape = NetShape { channels: 128, ..PAPER };

    fn space(settings: &str, shape: NetShape) -> Space {
        Space::new(toml::from_str(settings).unwrap(), shape).unwrap()
    }

    fn shared_params(settings: &str, shape: NetShape, allocate_unused: bool) -> u64 {
        let space = space(settings, shape);
        let parameters = shared_parameters(&space, &shape, allocate_unused);
        parameters.values().filter(|parameter| parameter.trained).map(Parameter::count).sum()
    }

    #[test]
    fn the_shared_generator_has_the_released_codes_parameters() {
        assert_eq!(shared_params("", PAPER, true), 14_315_267);
        assert_eq!(shared_params("", NARROW, true), 3_716_995);
        // A restricted space changes nothing as long as everything is allocated.
        assert_eq!(shared_params("up = ['nearest']", PAPER, true), 14_315_267);
    }

    #[test]
    fn without_unused_operators_the_shared_generator_lacks_exactly_those() {
        let channels = 256;
        let up = 4 * channels * channels + channels;
        let conv1 = channels * channels + channels;
        // Two transposed convolutions in second blocks of each cell; three, two and no unused in skips.
        let lean = shared_params("", PAPER, false);
        assert_eq!(lean, 14_315_267 - up * (3 * 2 + 3 + 2));

        assert_eq!(shared_params("shortcut = [false]", PAPER, false), lean - 3 * (conv1 + up));
        assert_eq!(shared_params("skips = 'never'", PAPER, false), lean - 3 * conv1 - 4 * up);
    }

    #[test]
    fn a_space_of_one_architecture_shares_exactly_its_parameters() {
        let one = "cells = 5\nconv = ['post']\nnorm = ['batch']\nup = ['deconv']\nshortcut = [true]\nskips = 'always'";
        let space = space(one, STL);
        assert_eq!(space.size(), 1);
        let genotype = space.at(0);
        let shared: u64 = shared_parameters(&space, &STL, false)
            .values()
            .filter(|own| own.trained)
            .map(Parameter::count)
            .sum();
        assert_eq!(shared, params(&genotype, &STL));
        let own = generator(&genotype, &STL, SkipTap::AfterAddition).parameters();
        assert_eq!(shared_parameters(&space, &STL, false), own);
    }
}
