//! The drawing of a network, read from its graph: boxes with words, and the lines between them.
//!
//! [`Diagram`] says what there is and where. The window, the SVG writer and the painter of pictures all paint
//! [`Diagram::primitives`], one list of shapes. A new operator appears as a box without a change here: what a box says
//! is what its operator says of itself. A generator of cells has a form of its own (`cells`); every other network is
//! drawn row by row (`layers`).

mod cells;
mod generator;
#[cfg(test)]
pub(crate) mod laws;
mod layers;
mod parts;
mod primitives;
mod sizes;
mod text;

pub use parts::{Diagram, Line, LineKind, Part, PartKind, Rect};
pub use primitives::{BASE_LINE, Form, LINE_WIDTH, Primitive, Style};
pub use sizes::TEXT_SIZE;

use super::graph::{self, Graph, SkipTap};
use super::{Genotype, NetShape};

impl Diagram {
    /// Draws the generator that a genotype describes, or one that is still without cells.
    pub fn of(genotype: &Genotype, shape: &NetShape) -> Diagram {
        let graph = graph::generator(genotype, shape, SkipTap::default());
        draw(&graph, format!("generator {genotype}"), &genotype.describe())
    }

    /// Draws any network, which the title names.
    pub fn of_graph(graph: &Graph, title: &str) -> Diagram {
        draw(graph, title.to_owned(), &[])
    }
}

/// Draws a network; `words` describe the cells of a generator.
fn draw(graph: &Graph, title: String, words: &[String]) -> Diagram {
    let mut diagram = match generator::read(graph) {
        Some(generator) => cells::draw(graph, &generator, words),
        None => layers::draw(graph),
    };
    diagram.title = title;
    diagram.summary = text::cost_in_words(graph.cost());
    diagram.finish();
    diagram
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;

    fn diagram(vector: &str) -> Diagram {
        Diagram::of(&Genotype::parse(vector).unwrap(), &NetShape::default())
    }

    fn differing(one: &str, other: &str) -> BTreeSet<String> {
        let one = diagram(one);
        let indices = one.differences(&diagram(other));
        indices.iter().map(|&index| one.parts[index].name.clone()).collect()
    }

    fn names(cell: &str, parts: &[&str]) -> BTreeSet<String> {
        parts.iter().map(|part| format!("{cell}.{part}")).collect()
    }

    #[test]
    fn equal_genotypes_have_no_differences() {
        let vector = "0 1 2 1 0 1 2 1 1 0 1 2 1 3";
        assert_eq!(differing(vector, vector), [].into());
    }

    #[test]
    fn another_upsampling_marks_the_upsamplings_of_that_cell_only() {
        for (one, other) in [(0, 1), (1, 2), (2, 0)] {
            let vector = |up: u32| format!("1 0 1 1 1 0 {up} 1 1 1 0 1 0 3");
            let found = differing(&vector(one), &vector(other));
            assert_eq!(found, names("cell2", &["*", "block1.up", "skip1", "shortcut.up"]));
        }
    }

    #[test]
    fn what_only_the_other_has_marks_the_frame() {
        assert_eq!(differing("1 0 1 0", "1 0 1 1"), names("cell1", &["*"]));
        let shortcut = ["*", "input", "shortcut.up", "shortcut.conv", "shortcut.add"];
        assert_eq!(differing("1 0 1 1", "1 0 1 0"), names("cell1", &shortcut));
    }

    #[test]
    fn activations_on_the_other_side_of_the_convolution_differ() {
        assert_eq!(differing("0 0 1 0", "1 0 1 0"), names("cell1", &["*", "block1.relu", "block2.relu"]));
        let norms = ["*", "block1.norm", "block1.relu", "block2.norm", "block2.relu"];
        assert_eq!(differing("0 1 2 0", "1 1 2 0"), names("cell1", &norms));
    }

    #[test]
    fn a_longer_generator_differs_by_its_last_cell_and_its_image() {
        let found = differing("1 0 1 1 1 0 0 0 0", "1 0 1 1");
        assert!(found.iter().all(|name| !name.starts_with("cell1")), "{found:?}");
        assert!(found.contains("cell2.block2.conv"));
        assert!(found.contains("image"));
        assert!(!found.contains("l1"));
    }
}
