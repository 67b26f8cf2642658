//! What the parts of a drawing say.

use super::super::Cost;
use super::super::graph::{Graph, Node, Shape};
use super::super::words::{operations, thousands};
use super::part::{Part, PartKind, Rect};
use super::sizes::TEXT_SIZE;

/// Width of an average letter of a wide font, relative to its height.
const LETTER: f32 = 0.53;
/// Space for a label's sides, taken together.
const SIDES: f32 = 4.0;

/// A tooltip: what the part is, the shape of its output, and its cost if it has one.
pub(super) fn detail(what: &str, output: Shape, cost: Cost) -> String {
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

/// The length of a vector, or the sides of maps: `128` or `32x32`.
pub(super) fn size(shape: Shape) -> String {
    match shape {
        Shape::Features(count) => count.to_string(),
        Shape::Maps { side, .. } => format!("{side}x{side}"),
    }
}

/// The width that a label needs in a box, a whole number.
pub(super) fn label_width(label: &str) -> f32 {
    let longest = label.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    (longest as f32 * LETTER * TEXT_SIZE + SIDES).ceil()
}

/// A part with its words given: a dot, a sum, an end of a network.
pub(super) fn mark(kind: PartKind, name: String, label: &str, what: &str, output: Shape) -> Part {
    part(kind, name, label.to_owned(), what, output, Cost::default())
}

/// A frame around nodes of a group, at least one.
pub(super) fn frame(graph: &Graph, nodes: &[usize], name: String, label: &str, what: &str) -> Part {
    part(PartKind::Frame, name, label.to_owned(), what, output(graph, nodes), cost(graph, nodes))
}

/// A box for operators that follow each other, at least one. `prefix` is what the tooltip begins with, such
/// as `Shortcut: `.
pub(super) fn operators(graph: &Graph, nodes: &[usize], name: &str, prefix: &str) -> Part {
    let mut what = prefix.to_owned();
    for (count, node) in series(graph, nodes) {
        let words = repeated(count, &node.op.operator().describe(&graph.input_shapes(node)));
        let begins = what.is_empty();
        what += if begins || what == prefix { "" } else { ", then " };
        what += &if begins { words } else { uncapitalised(&words) };
    }
    let (shape, cost) = (output(graph, nodes), cost(graph, nodes));
    let first = &graph.nodes()[nodes[0]];
    let smaller = |input: &Shape| matches!(input, Shape::Maps { side, .. } if *side < shape.side());
    let kind = if graph.input_shapes(first).iter().all(smaller) {
        PartKind::Upsampling
    } else if cost.macs > 0 {
        PartKind::Weighted
    } else {
        PartKind::Plain
    };
    part(kind, name.to_owned(), label(graph, nodes), &what, shape, cost)
}

/// What a box for operators that follow each other has for a label.
pub(super) fn label(graph: &Graph, nodes: &[usize]) -> String {
    let words = |(count, node): (usize, &Node)| match (count, node.op.operator().label()) {
        (1, label) => label,
        (count, label) => format!("{count} {label}"),
    };
    series(graph, nodes).into_iter().map(words).collect::<Vec<_>>().join(", ")
}

/// The nodes, of which equal operators in a row count together.
fn series<'a>(graph: &'a Graph, nodes: &[usize]) -> Vec<(usize, &'a Node)> {
    let all = nodes.iter().map(|&node| &graph.nodes()[node]).collect::<Vec<_>>();
    all.chunk_by(|one, next| one.op == next.op).map(|equal| (equal.len(), equal[0])).collect()
}

fn part(kind: PartKind, name: String, label: String, what: &str, output: Shape, cost: Cost) -> Part {
    let rect = Rect::around([0.0; 2], 0.0, 0.0);
    Part { kind, name, label, detail: detail(what, output, cost), cost, rect }
}

/// The shape that the last of these nodes makes.
fn output(graph: &Graph, nodes: &[usize]) -> Shape {
    graph.nodes()[nodes[nodes.len() - 1]].shape
}

fn cost(graph: &Graph, nodes: &[usize]) -> Cost {
    nodes.iter().map(|&node| graph.node_cost(&graph.nodes()[node])).sum()
}

/// `2 transposed convolutions in series, kernel 2, stride 2`.
fn repeated(count: usize, words: &str) -> String {
    let (head, rest) = words.find(',').map_or((words, ""), |comma| words.split_at(comma));
    match count {
        1 => words.to_owned(),
        count => format!("{count} {}s in series{rest}", uncapitalised(head)),
    }
}

/// Words for the middle of a sentence; an abbreviation such as `ReLU` stays as it is.
fn uncapitalised(words: &str) -> String {
    let word = words.split(' ').next().unwrap_or_default();
    match words.chars().next() {
        Some(initial) if !word.chars().skip(1).any(char::is_uppercase) => {
            initial.to_lowercase().chain(words.chars().skip(1)).collect()
        }
        _ => words.to_owned(),
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
        let output = Shape::Maps { channels: 256, side: 8 };
        assert_eq!(detail("ReLU", output, Cost::default()), "ReLU\nOutput [256, 8, 8]");
    }

    #[test]
    fn abbreviations_keep_their_capitals_inside_a_sentence() {
        assert_eq!(uncapitalised("ReLU, rectified linear unit"), "ReLU, rectified linear unit");
        assert_eq!(uncapitalised("1x1 convolution"), "1x1 convolution");
        assert_eq!(repeated(2, "Batch norm, with scale"), "2 batch norms in series, with scale");
    }
}
