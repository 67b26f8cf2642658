//! The drawing of a generator as plain values: boxes with words, and the lines between them.
//!
//! The window and the SVG writer draw the same [`Diagram`]. The way goes from left to right: latent
//! vector, linear layer, the cells, the layers to the image, the image. A cell is a bowl: its first block
//! goes down on the left, its second block up on the right, the shortcut crosses on the top edge. What
//! leaves the bottom of a first block is also what later cells take as a skip; all skips run below the
//! cells. A box has its place by its role alone, and by how many rows and skips the whole drawing needs, so
//! that a drawing changes calmly from one genotype to the next.

mod cell;
mod layout;
mod sizes;
mod words;

use serde::Serialize;

use super::{Genotype, NetShape};

/// Height of letters that every label is sure to fit its box with, in units of the drawing.
pub const TEXT_SIZE: f32 = 11.0;

/// A rectangle in units of the drawing; y points down.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Never negative.
    pub width: f32,
    /// Never negative.
    pub height: f32,
}

impl Rect {
    /// The rectangle of this size around a point.
    pub fn around([x, y]: [f32; 2], width: f32, height: f32) -> Rect {
        Rect { x: x - width / 2.0, y: y - height / 2.0, width, height }
    }

    /// Its middle.
    pub fn center(&self) -> [f32; 2] {
        [self.x + self.width / 2.0, self.y + self.height / 2.0]
    }

    /// The middle of its left edge.
    pub fn left(&self) -> [f32; 2] {
        [self.x, self.center()[1]]
    }

    /// The middle of its right edge.
    pub fn right(&self) -> [f32; 2] {
        [self.x + self.width, self.center()[1]]
    }

    /// The middle of its top edge.
    pub fn top(&self) -> [f32; 2] {
        [self.center()[0], self.y]
    }

    /// The middle of its bottom edge.
    pub fn bottom(&self) -> [f32; 2] {
        [self.center()[0], self.y + self.height]
    }
}

/// What a node is, and so how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// Frame behind the nodes of a cell; its label is a heading, at its top left.
    Cell,
    /// Frame behind the layers that make the image, with a heading like a cell's.
    ToRgb,
    /// The latent vector.
    Latent,
    /// The linear layer.
    Linear,
    /// A norm.
    Norm,
    /// An activation function.
    Activation,
    /// An upsampling, in a first block or a shortcut.
    Up,
    /// A convolution, in a block, a shortcut or the layers to the image.
    Conv,
    /// A skip from an earlier cell: its upsampling and its convolution in one box.
    Skip,
    /// A small circle where branches are added; its label is `+`.
    Add,
    /// A dot where the way forks; without label.
    Fork,
    /// The image.
    Image,
}

impl NodeKind {
    /// Whether other nodes lie inside it.
    pub fn is_frame(self) -> bool {
        matches!(self, NodeKind::Cell | NodeKind::ToRgb)
    }
}

/// What a node does in its cell, or in the generator where it is in none. Together with the cell it names
/// a node: no two of a drawing have the same, and drawings of two genotypes can be compared by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The latent vector.
    Latent,
    /// The linear layer.
    Linear,
    /// The frame of a cell, or around the layers to the image.
    Frame,
    /// Where the shortcut leaves the cell's input.
    Input,
    /// A block's norm.
    Norm(Place),
    /// A block's activation.
    Activation(Place),
    /// The upsampling in the first block.
    Up,
    /// A block's convolution.
    Conv(Block),
    /// Where skips to later cells leave.
    Tap,
    /// The skip from this cell, from 0.
    Skip(usize),
    /// Where skips are added.
    AddSkips,
    /// The shortcut's upsampling.
    ShortcutUp,
    /// The shortcut's convolution.
    ShortcutConv,
    /// Where the shortcut is added.
    AddShortcut,
    /// The norm before the convolution to the image.
    ImageNorm,
    /// The activation before the convolution to the image.
    ImageActivation,
    /// The convolution to the image.
    ImageConv,
    /// The activation that keeps the image within -1 and 1.
    ImageTanh,
    /// The image.
    Image,
}

/// A block of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// The one that doubles the side.
    First,
    /// The one behind the skips.
    Second,
}

/// Where a norm or an activation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// In which block.
    pub block: Block,
    /// Whether it comes after the block's convolution (post-activation).
    pub after_conv: bool,
}

/// A box, circle or dot of a drawing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// What it does there.
    pub role: Role,
    /// The cell it belongs to, from 0; a skip belongs to the cell that takes it.
    pub cell: Option<usize>,
    /// A few words to write into it, such as `3x3 conv, 256`; two lines in the latent vector and the image.
    pub label: String,
    /// All there is to say, for a tooltip: two or three lines with the output's shape
    /// (`[channels, height, width]`), parameters and MACs for one image.
    pub detail: String,
    /// Where it is. Nodes do not overlap, but for frames and what is inside them.
    pub rect: Rect,
}

/// What a line carries, and so how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// The way from the latent vector to the image.
    Flow,
    /// A cell's input on its way around both blocks.
    Shortcut,
    /// What a cell passes on to a later one.
    Skip,
}

/// A line with an arrow head at its last point, but none where it ends at a [`NodeKind::Fork`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Edge {
    /// What it carries.
    pub kind: EdgeKind,
    /// The cell it belongs to, from 0; a skip belongs to the cell that takes it.
    pub cell: Option<usize>,
    /// Index of the node on whose border it starts.
    pub from: usize,
    /// Index of the node on whose border it ends.
    pub to: usize,
    /// Two points or more; every piece is horizontal or vertical, and none runs through a node that is not
    /// a frame.
    pub points: Vec<[f32; 2]>,
}

/// The drawing of a generator. One unit is one logical pixel at zoom 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagram {
    /// The integer vector of the genotype.
    pub vector: String,
    /// The generator's cost in words.
    pub summary: String,
    /// Width and height; everything lies inside.
    pub size: [f32; 2],
    /// Frames come before what is inside them, so that all can be drawn in this order.
    pub nodes: Vec<Node>,
    /// To be drawn over the frames and below the other nodes; in this order, the flow comes last.
    pub edges: Vec<Edge>,
}

impl Diagram {
    /// Draws the generator that a genotype describes, or one that is still without cells.
    pub fn of(genotype: &Genotype, shape: &NetShape) -> Diagram {
        layout::draw(genotype, shape)
    }

    /// The node with this role in this cell, or outside all cells.
    pub fn node(&self, cell: Option<usize>, role: Role) -> Option<&Node> {
        self.nodes.iter().find(|node| node.cell == cell && node.role == role)
    }

    /// Indices, ascending, of the nodes that the other drawing lacks or that say something else there.
    ///
    /// A cell's frame is among them whenever a choice of the cell differs, so that a part which only the
    /// other drawing has shows too. A fork is, where it is new.
    pub fn differences(&self, other: &Diagram) -> Vec<usize> {
        let differs = |node: &Node| match other.node(node.cell, node.role) {
            Some(twin) => (&twin.label, &twin.detail) != (&node.label, &node.detail),
            None => true,
        };
        let nodes = self.nodes.iter().enumerate();
        nodes.filter(|(_, node)| differs(node)).map(|(index, _)| index).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;

    fn diagram(vector: &str) -> Diagram {
        Diagram::of(&Genotype::parse(vector).unwrap(), &NetShape::default())
    }

    fn differing(one: &str, other: &str) -> BTreeSet<(Option<usize>, Role)> {
        let one = diagram(one);
        let indices = one.differences(&diagram(other));
        indices.iter().map(|&index| (one.nodes[index].cell, one.nodes[index].role)).collect()
    }

    #[test]
    fn equal_genotypes_have_no_differences() {
        let vector = "0 1 2 1 0 1 2 1 1 0 1 2 1 3";
        assert_eq!(differing(vector, vector), [].into());
    }

    #[test]
    fn another_upsampling_marks_the_upsamplings_of_that_cell_only() {
        let ups = [Role::Frame, Role::Up, Role::Skip(0), Role::ShortcutUp].map(|role| (Some(1), role));
        let found = differing("1 0 1 1 1 0 0 1 1 1 0 1 0 3", "1 0 1 1 1 0 1 1 1 1 0 1 0 3");
        assert_eq!(found, ups.into());
    }

    #[test]
    fn what_only_the_other_has_marks_the_frame() {
        assert_eq!(differing("1 0 1 0", "1 0 1 1"), [(Some(0), Role::Frame)].into());
        let shortcut = [Role::Frame, Role::Input, Role::ShortcutUp, Role::ShortcutConv, Role::AddShortcut];
        assert_eq!(differing("1 0 1 1", "1 0 1 0"), shortcut.map(|role| (Some(0), role)).into());
    }

    #[test]
    fn activations_on_the_other_side_of_the_convolution_differ() {
        let activation = |block| Role::Activation(Place { block, after_conv: true });
        let roles = [Role::Frame, activation(Block::First), activation(Block::Second)];
        assert_eq!(differing("0 0 1 0", "1 0 1 0"), roles.map(|role| (Some(0), role)).into());
    }

    #[test]
    fn a_longer_generator_differs_by_its_last_cell_and_its_image() {
        let found = differing("1 0 1 1 1 0 0 0 0", "1 0 1 1");
        assert!(found.iter().all(|(cell, _)| *cell != Some(0)), "{found:?}");
        assert!(found.contains(&(Some(1), Role::Conv(Block::Second))));
        assert!(found.contains(&(None, Role::Image)));
        assert!(!found.contains(&(None, Role::Linear)));
    }
}
