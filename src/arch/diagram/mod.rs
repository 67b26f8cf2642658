//! The drawing of a generator, read from its graph: boxes with words, and the lines between them.
//!
//! [`Diagram`] says what there is and where. The window, the SVG writer and the painter of pictures all paint
//! [`Diagram::primitives`], one list of shapes. A new operator appears as a box without a change here: what a
//! box says is what its operator says of itself.

mod cells;
mod generator;
#[cfg(test)]
mod laws;
mod part;
mod primitives;
mod sizes;
mod text;

pub use part::{Diagram, Line, LineKind, Part, PartKind, Rect};
pub use primitives::{BASE_LINE, Geometry, LINE_WIDTH, Primitive, Style};
pub use sizes::TEXT_SIZE;

use super::graph::generator as generator_graph;
use super::{Genotype, NetShape, SkipTap};

impl Diagram {
    /// Draws the generator that a genotype describes, or one that is still without cells.
    ///
    /// ```
    /// use autogan::arch::diagram::Diagram;
    /// use autogan::arch::{Genotype, NetShape};
    ///
    /// let draw = |text| Genotype::parse(text).map(|genotype| Diagram::of(&genotype, &NetShape::default()));
    /// let (nearest, deconv) = (draw("1 0 1 0")?, draw("1 0 2 0")?);
    /// // What tells the two apart is marked: the cell's frame, and its upsampling.
    /// let different = nearest.differences(&deconv).into_iter().map(|part| nearest.parts[part].name.as_str());
    /// assert_eq!(different.collect::<Vec<_>>(), ["cell1.*", "cell1.block1.up"]);
    /// # Ok::<(), autogan::arch::ArchError>(())
    /// ```
    pub fn of(genotype: &Genotype, shape: &NetShape) -> Diagram {
        let graph = generator_graph(genotype, shape, SkipTap::default());
        let title = format!("generator {genotype}");
        Diagram { title, ..cells::draw(&graph, &genotype.describe()) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;

    fn diagram(vector: &str) -> Diagram {
        Diagram::of(&Genotype::parse(vector).unwrap(), &NetShape::default())
    }

    fn part<'a>(diagram: &'a Diagram, name: &str) -> &'a Part {
        diagram.parts.iter().find(|part| part.name == name).unwrap()
    }

    /// Labels on the plain way from the latent vector to the image.
    fn way(diagram: &Diagram) -> Vec<String> {
        let mut at = diagram.parts.iter().position(|part| part.name == "latent");
        let mut labels = Vec::new();
        while let Some(index) = at {
            labels.push(diagram.parts[index].label.replace('\n', " "));
            let next = diagram.lines.iter().find(|line| line.from == index && line.kind == LineKind::Flow);
            at = next.map(|line| line.to);
        }
        labels.retain(|label| !label.is_empty());
        labels
    }

    #[test]
    fn blocks_have_the_order_of_the_model() {
        let head = ["batch norm", "ReLU", "3x3 conv, 3", "tanh", "image 8x8"];
        let first = ["latent 128", "linear, 4x4"];
        let of = |text: &str, cell: &[&str]| {
            assert_eq!(way(&diagram(text)), [&first[..], cell, &head[..]].concat(), "{text}");
        };
        let conv = "3x3 conv, 256";
        of("1 0 1 0", &["ReLU", "nearest x2", conv, "ReLU", conv]);
        of("0 0 2 0", &["deconv x2", conv, "ReLU", conv, "ReLU"]);
        of("1 1 0 1", &["batch norm", "ReLU", "bilinear x2", conv, "batch norm", "ReLU", conv, "+"]);
        of("0 2 0 1", &["bilinear x2", conv, "instance norm", "ReLU", conv, "instance norm", "ReLU", "+"]);
    }

    #[test]
    fn a_first_block_works_on_small_maps_until_it_enlarges() {
        let shapes = |text: &str| -> Vec<String> {
            let diagram = diagram(text);
            let parts = diagram.parts.iter().filter(|part| part.branch().starts_with("cell1.block"));
            let shape = |detail: &str| {
                detail.lines().nth(1).and_then(|line| line.split_once(' ')).unwrap().1.to_owned()
            };
            parts.map(|part| shape(&part.detail)).collect()
        };
        let (low, high) = ("[256, 4, 4]", "[256, 8, 8]");
        assert_eq!(shapes("1 1 0 0"), [low, low, high, high, high, high, high]);
        assert_eq!(shapes("0 1 0 0"), [high; 7]);
    }

    #[test]
    fn skips_come_from_their_cells_with_factor_shape_and_cost() {
        let a = diagram("1 0 1 1 1 0 0 1 1 1 0 1 0 3");
        let skip = |cell, source| part(&a, &format!("cell{cell}.skip{source}"));
        assert_eq!(skip(2, 1).label, "bilinear x2, 1x1 conv");
        assert_eq!(skip(3, 1).label, "nearest x4, 1x1 conv");
        assert_eq!(skip(3, 2).label, "nearest x2, 1x1 conv");
        assert_eq!(
            skip(3, 1).detail,
            "Skip from cell 1: nearest-neighbour upsampling by 4, then 1x1 convolution, 256 to 256 \
             channels\nOutput [256, 32, 32]\n65,792 parameters, 67.1 M MACs"
        );
        for line in a.lines.iter().filter(|line| line.kind == LineKind::Skip) {
            let [from, to] = [line.from, line.to].map(|index| a.parts[index].name.as_str());
            match from.split_once('.').unwrap() {
                (cell, "tap") => assert!(to.ends_with(&cell.replace("cell", ".skip")), "{from} to {to}"),
                (cell, _) => assert_eq!(to, format!("{cell}.skips")),
            }
        }
        let deconv = diagram("0 0 0 0 0 0 0 0 0 0 0 2 0 2");
        let text = &part(&deconv, "cell3.skip1").detail;
        assert!(text.starts_with("Skip from cell 1: 2 transposed convolutions in series"), "{text}");
        assert!(deconv.parts.iter().all(|part| part.name != "cell2.tap"), "nobody takes a skip from cell 2");
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
