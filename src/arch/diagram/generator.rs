//! The cells of a generator, found in its graph by the names of the nodes.

use super::super::graph::{Graph, Node};

/// A generator in the form of AutoGAN's: one way from the input through cells to the output. All numbers are
/// indices of nodes.
pub(super) struct GeneratorOutline {
    /// The operators between the input, which is the first node, and the first cell; at least one.
    pub first: Vec<usize>,
    pub cells: Vec<Cell>,
    /// The operators behind the last cell, at least one.
    pub last: Vec<usize>,
}

/// A cell: two blocks, skips that are added between them, and a shortcut around both.
pub(super) struct Cell {
    /// The operators of the two blocks, at least one each.
    pub blocks: [Vec<usize>; 2],
    /// Skips from earlier cells, in the order in which they are added.
    pub skips: Vec<Branch>,
    pub shortcut: Option<Branch>,
    /// Whether later cells take the value behind the addition of the skips, where they could take the one
    /// before it.
    pub passes_sum_on: bool,
}

/// Operators on their way to an addition.
pub(super) struct Branch {
    /// The cell that they come from, from 0: an earlier one for a skip, its own for a shortcut.
    pub source: usize,
    pub nodes: Vec<usize>,
    /// The addition.
    pub sum: usize,
}

/// Reads the graph that [`generator`](super::super::graph::generator) builds.
pub(super) fn read(graph: &Graph) -> GeneratorOutline {
    let (nodes, uses) = (graph.nodes(), graph.uses());
    let group = |node: &Node| nodes_of(graph, node.path()[0]);
    let mut cells = Vec::new();
    loop {
        let cell = cells.len();
        let part = |name: &str| nodes_of(graph, &format!("cell{}.{name}", cell + 1));
        let branch = |name: &str, source| {
            let mut nodes = part(name);
            nodes.pop().map(|sum| Branch { source, nodes, sum })
        };
        let blocks = [part("block1"), part("block2")];
        if blocks[0].is_empty() {
            return GeneratorOutline { first: group(&nodes[1]), cells, last: group(&nodes[nodes.len() - 1]) };
        }
        let skips = (0..cell).filter_map(|source| branch(&format!("skip{}", source + 1), source));
        let skips: Vec<Branch> = skips.collect();
        // Its second block takes the last sum in any case.
        let passes_sum_on = skips.last().is_some_and(|skip| uses[skip.sum] > 1);
        cells.push(Cell { blocks, skips, shortcut: branch("shortcut", cell), passes_sum_on });
    }
}

/// The nodes in a part of the network, such as `cell2` or `cell2.block1`.
pub(super) fn nodes_of(graph: &Graph, part: &str) -> Vec<usize> {
    let is_inside = |node: &Node| {
        node.name.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    (0..graph.nodes().len()).filter(|&at| is_inside(&graph.nodes()[at])).collect()
}
