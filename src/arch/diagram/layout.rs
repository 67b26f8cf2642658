//! Where the boxes and lines of a drawing lie.
//!
//! From top to bottom: the line of cell inputs, shortcuts and cell outputs; the rows of the blocks; the
//! line where a first block hands over to the second and skips leave and arrive; below the frames one band
//! for each cell that passes something on, with a line that later cells branch off from. A later cell's
//! band lies higher, so that no line has to pass a box.

use super::super::{Cost, Genotype, LayerCost, NetShape, Norm, layers, macs, params};
use super::sizes::{ADD, BOX, GUTTER, HEAD, HEAD_BOX, MARGIN, PADDING, PITCH, START, TALL, TOP, cell_left};
use super::words::{RELU, cost_in_words, cost_of, detail, maps, norm_detail, norm_label};
use super::{Diagram, Edge, EdgeKind, Node, NodeKind, Rect, Role};

/// The open end of a line: the node that it starts from and its points so far.
pub(super) type Open = (usize, Vec<[f32; 2]>);

pub(super) fn draw(genotype: &Genotype, shape: &NetShape) -> Diagram {
    let mut layout = Layout::new(genotype, shape);
    let mut open = layout.start();
    for (cell, gene) in genotype.cells.iter().enumerate() {
        open = layout.cell(cell, gene, open);
    }
    layout.end(open);
    layout.finish()
}

pub(super) struct Layout<'a> {
    genotype: &'a Genotype,
    pub(super) shape: &'a NetShape,
    pub(super) layers: Vec<LayerCost>,
    /// Rows of the longest first block.
    pub(super) rows: usize,
    /// For each cell whose skip some later cell takes, its band, counted from the top.
    pub(super) bands: Vec<Option<usize>>,
    /// For each cell drawn so far, the node where its skips leave.
    pub(super) taps: Vec<Option<usize>>,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

impl<'a> Layout<'a> {
    fn new(genotype: &'a Genotype, shape: &'a NetShape) -> Self {
        let rows = match genotype.cells.iter().any(|gene| gene.norm() != Norm::None) {
            true => 4,
            false => 3,
        };
        Self {
            genotype,
            shape,
            layers: layers(genotype, shape),
            rows,
            bands: bands(genotype),
            taps: Vec::new(),
            nodes: Vec::new(),
            edges: Vec::new(),
        }
    }

    /// Latent vector and linear layer.
    fn start(&mut self) -> Open {
        let x = MARGIN + START / 2.0;
        let NetShape { channels, latent, bottom_width: width, .. } = *self.shape;
        let rect = Rect::around([x, TOP + 2.0 * PITCH], START, TALL);
        let text = detail("Latent vector, random numbers", &format!("[{latent}]"), Cost::default());
        let z = self.node(NodeKind::Latent, Role::Latent, None, &format!("latent\n{latent}"), text, rect);
        let cost = cost_of(&self.layers, "l1");
        let text = detail("Linear layer, its output read as feature maps", &maps(channels, width), cost);
        let rect = Rect::around([x, TOP], START, BOX);
        let label = format!("linear, {width}x{width}");
        let linear = self.node(NodeKind::Linear, Role::Linear, None, &label, text, rect);
        self.edge(EdgeKind::Flow, None, (z, vec![self.rect(z).top()]), linear, &[rect.bottom()]);
        (linear, vec![rect.right()])
    }

    /// The layers to the image, and the image.
    fn end(&mut self, open: Open) {
        let cells = self.genotype.cells.len();
        let (channels, image) = (self.shape.channels, self.shape.image_channels);
        let side = self.shape.side(cells);
        let left = cell_left(cells);
        let x = left + HEAD / 2.0;
        let cost = |part: &str| cost_of(&self.layers, &format!("to_rgb{part}"));

        let inside = maps(channels, side);
        let picture = maps(image, side);
        let none = Cost::default();
        let norm_text = detail(norm_detail(Norm::Batch), &inside, cost(".norm"));
        let (conv_label, tanh) = (format!("3x3 conv, {image}"), "Hyperbolic tangent, to values from -1 to 1");
        let conv = format!("3x3 convolution, {channels} to {image} channels");
        let steps = [
            (NodeKind::Norm, Role::ImageNorm, norm_label(Norm::Batch), norm_text),
            (NodeKind::Activation, Role::ImageActivation, "ReLU", detail(RELU, &inside, none)),
            (NodeKind::Conv, Role::ImageConv, &conv_label, detail(&conv, &picture, cost(".conv"))),
            (NodeKind::Activation, Role::ImageTanh, "tanh", detail(tanh, &picture, none)),
        ];
        let rect = |row: usize| Rect::around([x, TOP + row as f32 * PITCH], HEAD_BOX, BOX);
        let frame_end = rect(steps.len() - 1).bottom()[1] + PADDING;
        let frame = Rect { x: left, y: MARGIN, width: HEAD, height: frame_end - MARGIN };
        let text = detail("To RGB: from feature maps to the image", &picture, cost("."));
        self.node(NodeKind::ToRgb, Role::Frame, None, "To RGB", text, frame);
        let mut open = open;
        for (row, (kind, role, label, text)) in steps.into_iter().enumerate() {
            let index = self.node(kind, role, None, label, text, rect(row));
            let target = if row == 0 { rect(row).left() } else { rect(row).top() };
            self.edge(EdgeKind::Flow, None, open, index, &[target]);
            open = (index, vec![rect(row).bottom()]);
        }
        let label = format!("image\n{side}x{side}");
        let text = detail("The image, values from -1 to 1", &picture, none);
        let rect = Rect::around([x, frame_end + GUTTER + TALL / 2.0], HEAD_BOX, TALL);
        let index = self.node(NodeKind::Image, Role::Image, None, &label, text, rect);
        self.edge(EdgeKind::Flow, None, open, index, &[rect.top()]);
    }

    fn finish(mut self) -> Diagram {
        let cost = Cost { params: params(self.genotype, self.shape), macs: macs(self.genotype, self.shape) };
        let ends = |node: &Node| [node.rect.right()[0], node.rect.bottom()[1]];
        let [mut width, mut height] = [0.0f32; 2];
        for [x, y] in
            self.nodes.iter().map(ends).chain(self.edges.iter().flat_map(|edge| edge.points.clone()))
        {
            (width, height) = (width.max(x), height.max(y));
        }
        // Stable: lines of one kind stay in the order of the way.
        self.edges.sort_by_key(|edge| match edge.kind {
            EdgeKind::Skip => 0,
            EdgeKind::Shortcut => 1,
            EdgeKind::Flow => 2,
        });
        Diagram {
            vector: self.genotype.to_string(),
            summary: cost_in_words(cost),
            size: [width + MARGIN, height + MARGIN],
            nodes: self.nodes,
            edges: self.edges,
        }
    }

    /// The line below the blocks.
    pub(super) fn bottom_line(&self) -> f32 {
        TOP + self.rows as f32 * PITCH + BOX / 2.0 + 12.0 + ADD / 2.0
    }

    pub(super) fn frame_bottom(&self) -> f32 {
        self.bottom_line() + ADD / 2.0 + PADDING
    }

    pub(super) fn rect(&self, node: usize) -> Rect {
        self.nodes[node].rect
    }

    pub(super) fn node(
        &mut self,
        kind: NodeKind,
        role: Role,
        cell: Option<usize>,
        label: &str,
        detail: String,
        rect: Rect,
    ) -> usize {
        self.nodes.push(Node { kind, role, cell, label: label.to_owned(), detail, rect });
        self.nodes.len() - 1
    }

    /// Goes on from `open` along `way`, whose last point lies on the border of `to`.
    pub(super) fn edge(
        &mut self,
        kind: EdgeKind,
        cell: Option<usize>,
        open: Open,
        to: usize,
        way: &[[f32; 2]],
    ) {
        let (from, start) = open;
        let mut points: Vec<[f32; 2]> = Vec::with_capacity(start.len() + way.len());
        for &point in start.iter().chain(way) {
            // A point between two others on one straight line says nothing.
            if let [.., a, b] = points[..]
                && (a[0] == b[0] && b[0] == point[0] || a[1] == b[1] && b[1] == point[1])
            {
                points.pop();
            }
            if points.last() != Some(&point) {
                points.push(point);
            }
        }
        self.edges.push(Edge { kind, cell, from, to, points });
    }
}

/// The bands of the cells whose skip is taken, counted from the top. A cell's band lies below those of all
/// later cells that start before its own line ends.
fn bands(genotype: &Genotype) -> Vec<Option<usize>> {
    let cells = &genotype.cells;
    let mut bands: Vec<Option<usize>> = vec![None; cells.len()];
    for source in (0..cells.len()).rev() {
        let last = (source + 1..cells.len()).rev().find(|&cell| cells[cell].has_skip(cell, source));
        bands[source] = last.map(|last| {
            let above = bands[source + 1..=last].iter().flatten().max();
            above.map_or(0, |band| band + 1)
        });
    }
    bands
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::TEXT_SIZE;
    use super::*;
    use crate::arch::{MAX_CELLS, Space, SpaceConfig};
    use proptest::prelude::*;
    use std::collections::HashSet;

    const PAPER: NetShape = NetShape { channels: 256, latent: 128, bottom_width: 4, image_channels: 3 };
    const LARGE: NetShape = NetShape { channels: 16_384, latent: 16_384, bottom_width: 6, image_channels: 3 };

    fn full(cells: usize) -> Space {
        Space::new(SpaceConfig { cells, ..SpaceConfig::default() }, PAPER).unwrap()
    }

    fn vector(text: &str) -> Diagram {
        Diagram::of(&Genotype::parse(text).unwrap(), &PAPER)
    }

    /// Whether the insides of two rectangles meet.
    fn overlap(a: &Rect, b: &Rect) -> bool {
        let apart = |a: f32, a_size: f32, b: f32, b_size: f32| a + a_size <= b || b + b_size <= a;
        !apart(a.x, a.width, b.x, b.width) && !apart(a.y, a.height, b.y, b.height)
    }

    fn on_border(rect: &Rect, [x, y]: [f32; 2]) -> bool {
        [rect.left(), rect.right(), rect.top(), rect.bottom()].contains(&[x, y])
    }

    /// The laws that every drawing keeps.
    fn check(diagram: &Diagram) {
        let [width, height] = diagram.size;
        let inside = |x: f32, y: f32| (0.0..=width).contains(&x) && (0.0..=height).contains(&y);
        let mut names = HashSet::new();
        for (at, node) in diagram.nodes.iter().enumerate() {
            let Rect { x, y, width, height } = node.rect;
            assert!(inside(x, y) && inside(x + width, y + height), "{node:?} outside {:?}", diagram.size);
            assert!(names.insert((node.cell, node.role)), "{node:?} twice");
            let longest = node.label.lines().map(|line| line.chars().count()).max().unwrap_or(0);
            let lines = node.label.lines().count() as f32;
            // An average letter of a wide font; the plus signs and numbers are narrower.
            assert!(longest as f32 * TEXT_SIZE * 0.53 <= width, "{:?} is too long", node.label);
            assert!(lines * TEXT_SIZE * 1.3 <= height.max(lines * BOX), "{:?} is too high", node.label);
            assert_eq!(node.label.is_empty(), node.kind == NodeKind::Fork);
            for other in &diagram.nodes[at + 1..] {
                let within = node.kind.is_frame() && {
                    let (frame, inner) = (node.rect, other.rect);
                    inner.x > frame.x
                        && inner.y > frame.y
                        && inner.x + inner.width < frame.x + frame.width
                        && inner.y + inner.height < frame.y + frame.height
                };
                assert!(within || !overlap(&node.rect, &other.rect), "{node:?} and {other:?} overlap");
                assert!(!(within && node.cell != other.cell), "{other:?} in the wrong frame");
            }
        }
        for edge in &diagram.edges {
            let points = &edge.points;
            assert!(points.iter().all(|&[x, y]| inside(x, y)), "{edge:?} outside");
            assert!(on_border(&diagram.nodes[edge.from].rect, points[0]), "{edge:?}");
            assert!(on_border(&diagram.nodes[edge.to].rect, points[points.len() - 1]), "{edge:?}");
            for piece in points.windows(2) {
                let [[ax, ay], [bx, by]] = [piece[0], piece[1]];
                assert!((ax == bx) != (ay == by), "{edge:?} has a slanted or empty piece");
                // A little wider than a line, so that lines keep clear of boxes too.
                let line = Rect::around(
                    [(ax + bx) / 2.0, (ay + by) / 2.0],
                    ((ax - bx).abs() - 1.0).max(4.0),
                    ((ay - by).abs() - 1.0).max(4.0),
                );
                for (index, node) in diagram.nodes.iter().enumerate() {
                    let end = index == edge.from || index == edge.to;
                    let hit = overlap(&line, &node.rect) && !node.kind.is_frame();
                    assert!(!hit || end && near_border(&line, &node.rect), "{edge:?} meets {node:?}");
                }
            }
        }
        check_way(diagram);
    }

    /// Whether a line only touches the border of the box that it starts or ends at.
    fn near_border(line: &Rect, node: &Rect) -> bool {
        let core = Rect::around(node.center(), (node.width - 5.0).max(0.5), (node.height - 5.0).max(0.5));
        !overlap(line, &core)
    }

    /// Every node but frames can be reached from the latent vector, and the image from every node.
    fn check_way(diagram: &Diagram) {
        let find = |kind| diagram.nodes.iter().position(|node| node.kind == kind).unwrap();
        let reach = |start: usize, forth: bool| {
            let mut seen = HashSet::from([start]);
            loop {
                let before = seen.len();
                for edge in &diagram.edges {
                    let (from, to) = if forth { (edge.from, edge.to) } else { (edge.to, edge.from) };
                    if seen.contains(&from) {
                        seen.insert(to);
                    }
                }
                if seen.len() == before {
                    return before;
                }
            }
        };
        let boxes = diagram.nodes.iter().filter(|node| !node.kind.is_frame()).count();
        assert_eq!(reach(find(NodeKind::Latent), true), boxes);
        assert_eq!(reach(find(NodeKind::Image), false), boxes);
    }

    #[test]
    fn all_generators_of_one_and_two_cells_are_drawn_by_the_laws() {
        for space in [full(1), full(2)] {
            for index in 0..space.size() {
                check(&Diagram::of(&space.at(index), &PAPER));
            }
        }
        check(&Diagram::of(&Genotype::default(), &PAPER));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn generators_of_up_to_six_cells_are_drawn_by_the_laws(
            cells in 1..=MAX_CELLS, ticket in any::<u64>(), large in any::<bool>()
        ) {
            let space = full(cells);
            let shape = if large { LARGE } else { PAPER };
            check(&Diagram::of(&space.at(ticket % space.size()), &shape));
        }
    }

    #[test]
    fn the_boxes_of_a_cell_cost_what_the_cell_costs() {
        let number = |text: &str| -> u64 {
            let line = text.lines().find(|line| line.contains(" parameters"));
            let digits = line.map_or("0", |line| line.split(' ').next().unwrap());
            digits.replace(',', "").parse().unwrap()
        };
        for text in ["1 0 1 1 1 0 0 1 1 1 0 1 0 3", "0 1 2 1 0 1 2 1 1 0 1 2 1 3"] {
            let diagram = vector(text);
            let sum = |frames: bool| -> u64 {
                let nodes = diagram.nodes.iter().filter(|node| node.kind.is_frame() == frames);
                nodes.map(|node| number(&node.detail)).sum()
            };
            let linear = number(&diagram.node(None, Role::Linear).unwrap().detail);
            assert_eq!(sum(false), number(&diagram.summary));
            assert_eq!(sum(true) + linear, number(&diagram.summary));
        }
    }

    #[test]
    fn three_cells_fit_a_panel_and_six_stay_readable() {
        let [width, height] = vector("1 1 1 1 1 1 0 1 1 1 1 1 1 3").size;
        assert!(width <= 1000.0 && height <= 325.0, "{width} x {height}");
        let six = "0 1 2 1 0 1 2 1 1 0 1 2 1 3 0 1 2 1 7 0 1 2 1 15 0 1 2 1 31";
        let [width, height] = vector(six).size;
        assert!(width <= 1800.0 && height <= 450.0, "{width} x {height}");
    }

    #[test]
    fn bands_are_reused_where_lines_do_not_meet() {
        // One line ends below cell 2, the other starts below cell 3.
        let apart = Genotype::parse("1 0 1 0 1 0 1 0 1 1 0 1 0 0 1 0 1 0 1").unwrap();
        assert_eq!(bands(&apart), [Some(0), None, Some(0), None]);
        // Here they meet: the one of the later cell lies higher.
        let chain = Genotype::parse("1 0 1 0 1 0 1 0 1 1 0 1 0 1").unwrap();
        assert_eq!(bands(&chain), [Some(1), Some(0), None]);
    }
}
