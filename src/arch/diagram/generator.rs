//! The cells of a generator, found in its graph by the names and inputs of the nodes.

use super::super::graph::{Graph, Node, Op};

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
    pub skips: Vec<Skip>,
    pub shortcut: Option<Shortcut>,
    /// Whether later cells take the value behind the addition of the skips, where they could take the one
    /// before it.
    pub passes_sum_on: bool,
}

/// What a cell takes from an earlier one.
pub(super) struct Skip {
    /// The earlier cell, from 0.
    pub source: usize,
    /// Its operators, at least one.
    pub nodes: Vec<usize>,
}

/// A cell's input on its way around both blocks.
pub(super) struct Shortcut {
    pub nodes: Vec<usize>,
    /// The addition.
    pub sum: usize,
}

/// Reads a generator; `None` where the graph is any other network.
pub(super) fn read(graph: &Graph) -> Option<GeneratorOutline> {
    let mut reader = NodeReader { nodes: graph.nodes(), at: 1 };
    reader.nodes.first().filter(|node| matches!(node.op, Op::Input(_)))?;
    let (first, mut x) = reader.chain(reader.group(), 0)?;
    let (mut cells, mut taps): (Vec<Cell>, Vec<[usize; 2]>) = (Vec::new(), Vec::new());
    while reader.group() == format!("cell{}", cells.len() + 1) {
        x = reader.cell(x, &mut cells, &mut taps)?;
    }
    let (last, output) = reader.chain(reader.group(), x)?;
    let complete =
        reader.at == graph.nodes().len() && matches!(graph.outputs(), [id] if id.index() == output);
    complete.then_some(GeneratorOutline { first, cells, last })
}

/// Takes one node after the other. Every input of a node that it takes was expected, so that nothing is left
/// out.
struct NodeReader<'a> {
    nodes: &'a [Node],
    at: usize,
}

impl<'a> NodeReader<'a> {
    /// The group of the next node.
    fn group(&self) -> &'a str {
        self.nodes.get(self.at).map_or("", |node| node.path()[0])
    }

    /// Takes the next node if it is in this part of the network and has these inputs.
    fn take(&mut self, part: &str, inputs: &[usize]) -> Option<usize> {
        let node = self.nodes.get(self.at)?;
        let rest = node.name.strip_prefix(part)?;
        let here = rest.is_empty() || rest.starts_with('.');
        let same = node.inputs.iter().map(|id| id.index()).eq(inputs.iter().copied());
        (here && same).then(|| {
            self.at += 1;
            self.at - 1
        })
    }

    /// Takes the addition of two values.
    fn sum(&mut self, part: &str, inputs: [usize; 2]) -> Option<usize> {
        self.nodes.get(self.at).filter(|node| matches!(node.op, Op::Add(_)))?;
        self.take(part, &inputs)
    }

    /// Takes operators that follow each other, at least one, and returns the last of them too.
    fn chain(&mut self, part: &str, from: usize) -> Option<(Vec<usize>, usize)> {
        let (mut nodes, mut end) = (Vec::new(), from);
        while let Some(next) = self.take(part, &[end]) {
            nodes.push(next);
            end = next;
        }
        (!nodes.is_empty()).then_some((nodes, end))
    }

    /// Takes the next cell, whose input is `x`, and returns its output. `taps` has the values that each
    /// earlier cell can pass on: before and behind the addition of its skips.
    fn cell(&mut self, x: usize, cells: &mut Vec<Cell>, taps: &mut Vec<[usize; 2]>) -> Option<usize> {
        let cell = cells.len() + 1;
        let part = |name: &str| format!("cell{cell}.{name}");
        let (first, before) = self.chain(&part("block1"), x)?;
        let (mut sum, mut skips) = (before, Vec::new());
        for (source, tap) in taps.iter_mut().enumerate() {
            let name = part(&format!("skip{}", source + 1));
            let early = self.chain(&name, tap[0]);
            let passes_sum_on = early.is_none();
            let Some((nodes, end)) = early.or_else(|| self.chain(&name, tap[1])) else {
                continue;
            };
            // All later cells take the same value.
            if tap[0] != tap[1] {
                *tap = [tap[usize::from(passes_sum_on)]; 2];
                cells[source].passes_sum_on = passes_sum_on;
            }
            sum = self.sum(&name, [sum, end])?;
            skips.push(Skip { source, nodes });
        }
        let (second, mut output) = self.chain(&part("block2"), sum)?;
        let name = part("shortcut");
        let (nodes, end) = self.chain(&name, x).unwrap_or((Vec::new(), x));
        let shortcut = self.sum(&name, [output, end]).map(|sum| Shortcut { nodes, sum });
        output = shortcut.as_ref().map_or(output, |shortcut| shortcut.sum);
        taps.push([before, sum]);
        cells.push(Cell { blocks: [first, second], skips, shortcut, passes_sum_on: false });
        Some(output)
    }
}
