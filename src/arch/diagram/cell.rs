//! The boxes and lines of one cell.

use super::super::{CellGene, Conv, Cost, Norm, Slot};
use super::layout::{Layout, Open};
use super::sizes::{
    ADD, ARROW, BAND, BETWEEN, BOX, CELL, COLUMN, ENTRY, FORK, MARGIN, PADDING, PITCH, SHORTCUT_CONV,
    SHORTCUT_UP, SKIP, TOP, cell_left,
};
use super::words::{RELU, cost_of, detail, maps, norm_detail, norm_label, up_detail, up_label};
use super::{Block, EdgeKind, NodeKind, Place, Rect, Role};

impl Layout<'_> {
    /// One cell; `open` is its input, and what is returned its output.
    pub(super) fn cell(&mut self, cell: usize, gene: &CellGene, open: Open) -> Open {
        let left = cell_left(cell);
        let (down, up) = (left + ENTRY + COLUMN / 2.0, left + ENTRY + COLUMN + BETWEEN + COLUMN / 2.0);
        let bottom = self.bottom_line();
        let (low, high) = (self.shape.side(cell), self.shape.side(cell + 1));
        let output = maps(self.shape.channels, high);
        self.cell_frame(cell, gene);

        // The fork at the input comes first, the block's boxes behind it.
        let entry = [left + ENTRY / 2.0, TOP];
        let fork = gene.shortcut().then(|| {
            let text = detail("Input of the cell", &maps(self.shape.channels, low), Cost::default());
            let rect = Rect::around(entry, FORK, FORK);
            self.node(NodeKind::Fork, Role::Input, Some(cell), "", text, rect)
        });
        let first = self.block(cell, gene, Block::First, down);
        let second = self.block(cell, gene, Block::Second, up);
        let (first_in, first_out) = (first[0], first[first.len() - 1]);
        let (second_in, second_out) = (second[0], second[second.len() - 1]);

        let mut inside = open;
        if let Some(fork) = fork {
            self.edge(EdgeKind::Flow, Some(cell), inside, fork, &[self.rect(fork).left()]);
            inside = (fork, vec![self.rect(fork).bottom()]);
        } else {
            inside.1.push(entry);
        }
        let target = self.rect(first_in).left();
        self.edge(EdgeKind::Flow, Some(cell), inside, first_in, &[[entry[0], target[1]], target]);

        let mut inside: Open = (first_out, vec![self.rect(first_out).bottom()]);
        if self.bands[cell].is_some() {
            let what = "What later cells take as a skip: the output of the first block";
            let text = detail(what, &output, Cost::default());
            let rect = Rect::around([down, bottom], FORK, FORK);
            let tap = self.node(NodeKind::Fork, Role::Tap, Some(cell), "", text, rect);
            self.edge(EdgeKind::Flow, Some(cell), inside, tap, &[rect.top()]);
            inside = (tap, vec![rect.right()]);
            self.taps.push(Some(tap));
        } else {
            inside.1.push([down, bottom]);
            self.taps.push(None);
        }
        let skips = gene.value(Slot::Skips);
        if skips != 0 {
            let from = Slot::Skips.value_name(cell, skips);
            let text = detail(&format!("Adds what comes from {from}"), &output, Cost::default());
            let rect = Rect::around([up, bottom], ADD, ADD);
            let add = self.node(NodeKind::Add, Role::AddSkips, Some(cell), "+", text, rect);
            self.edge(EdgeKind::Flow, Some(cell), inside, add, &[rect.left()]);
            for source in gene.skips_from(cell) {
                self.skip(cell, gene, source, add);
            }
            inside = (add, vec![rect.top()]);
        } else {
            inside.1.push([up, bottom]);
        }
        let target = self.rect(second_in).bottom();
        self.edge(EdgeKind::Flow, Some(cell), inside, second_in, &[target]);

        let last = vec![self.rect(second_out).top()];
        match fork {
            Some(fork) => {
                let add = self.shortcut(cell, gene, fork, [up, TOP]);
                let target = self.rect(add).bottom();
                self.edge(EdgeKind::Flow, Some(cell), (second_out, last), add, &[target]);
                (add, vec![self.rect(add).right()])
            }
            None => (second_out, [last, vec![[up, TOP]]].concat()),
        }
    }

    fn cell_frame(&mut self, cell: usize, gene: &CellGene) {
        let (low, high) = (self.shape.side(cell), self.shape.side(cell + 1));
        let label = format!("Cell {}: {low}x{low} to {high}x{high}", cell + 1);
        let cost = cost_of(&self.layers, &format!("cell{}.", cell + 1));
        let what = format!("Cell {}: {}", cell + 1, gene.describe(cell));
        let text = detail(&what, &maps(self.shape.channels, high), cost);
        let rect = Rect { x: cell_left(cell), y: MARGIN, width: CELL, height: self.frame_bottom() - MARGIN };
        self.node(NodeKind::Cell, Role::Frame, Some(cell), &label, text, rect);
    }

    /// The boxes of a block around the vertical line at `x`, in the order of the way through it: down in
    /// the first block, up in the second. Blocks stand on the same bottom row.
    fn block(&mut self, cell: usize, gene: &CellGene, block: Block, x: f32) -> Vec<usize> {
        let first = block == Block::First;
        let channels = self.shape.channels;
        let (low, high) = (self.shape.side(cell), self.shape.side(cell + 1));
        let after_conv = gene.conv() == Conv::Post;
        let place = Place { block, after_conv };
        // Only a first block that normalises before it enlarges works on small maps.
        let side = if first && !after_conv { low } else { high };
        let name = format!("cell{}.block{}", cell + 1, if first { 1 } else { 2 });
        let cost = |part: &str| cost_of(&self.layers, &format!("{name}.{part}"));

        let mut norm = vec![(
            NodeKind::Activation,
            Role::Activation(place),
            "ReLU".to_owned(),
            detail(RELU, &maps(channels, side), Cost::default()),
        )];
        if gene.norm() != Norm::None {
            let text = detail(norm_detail(gene.norm()), &maps(channels, side), cost("norm"));
            norm.insert(0, (NodeKind::Norm, Role::Norm(place), norm_label(gene.norm()).to_owned(), text));
        }
        let what = format!("3x3 convolution, {channels} to {channels} channels");
        let text = detail(&what, &maps(channels, high), cost("conv"));
        let mut conv = vec![(NodeKind::Conv, Role::Conv(block), format!("3x3 conv, {channels}"), text)];
        if first {
            let text = detail(&up_detail(gene.up(), 2), &maps(channels, high), cost("up"));
            conv.insert(0, (NodeKind::Up, Role::Up, up_label(gene.up(), 2), text));
        }
        let steps = if after_conv { [conv, norm].concat() } else { [norm, conv].concat() };

        let rows = self.rows;
        let count = steps.len();
        let row = |at: usize| if first { rows - count + at } else { rows - 1 - at };
        let place = |at: usize| Rect::around([x, TOP + (row(at) + 1) as f32 * PITCH], COLUMN, BOX);
        let mut indices = Vec::with_capacity(count);
        for (at, (kind, role, label, text)) in steps.into_iter().enumerate() {
            let index = self.node(kind, role, Some(cell), &label, text, place(at));
            if let Some(&before) = indices.last() {
                let (from, to) = (self.rect(before), place(at));
                let (start, end) = match first {
                    true => (from.bottom(), to.top()),
                    false => (from.top(), to.bottom()),
                };
                self.edge(EdgeKind::Flow, Some(cell), (before, vec![start]), index, &[end]);
            }
            indices.push(index);
        }
        indices
    }

    /// The shortcut from `fork` to a new node at `end`, which is returned.
    fn shortcut(&mut self, cell: usize, gene: &CellGene, fork: usize, end: [f32; 2]) -> usize {
        let channels = self.shape.channels;
        let output = maps(channels, self.shape.side(cell + 1));
        let cost = |part: &str| cost_of(&self.layers, &format!("cell{}.shortcut.{part}", cell + 1));
        let conv_x = end[0] - ADD / 2.0 - ARROW - SHORTCUT_CONV / 2.0;
        let up_x = conv_x - SHORTCUT_CONV / 2.0 - ARROW - SHORTCUT_UP / 2.0;
        let up_text = detail(&format!("Shortcut: {}", up_detail(gene.up(), 2)), &output, cost("up"));
        let what = format!("Shortcut: 1x1 convolution, {channels} to {channels} channels");
        let conv_text = detail(&what, &output, cost("conv"));
        let add_text = detail("Adds the shortcut", &output, Cost::default());
        let up_rect = Rect::around([up_x, TOP], SHORTCUT_UP, BOX);
        let conv_rect = Rect::around([conv_x, TOP], SHORTCUT_CONV, BOX);
        let nodes = [
            (NodeKind::Up, Role::ShortcutUp, up_label(gene.up(), 2), up_text, up_rect),
            (NodeKind::Conv, Role::ShortcutConv, "1x1 conv".to_owned(), conv_text, conv_rect),
            (NodeKind::Add, Role::AddShortcut, "+".to_owned(), add_text, Rect::around(end, ADD, ADD)),
        ];
        let mut before = fork;
        for (kind, role, label, text, rect) in nodes {
            let index = self.node(kind, role, Some(cell), &label, text, rect);
            let start = vec![self.rect(before).right()];
            self.edge(EdgeKind::Shortcut, Some(cell), (before, start), index, &[rect.left()]);
            before = index;
        }
        before
    }

    /// The skip from cell `source` to the node `add` of cell `cell`.
    fn skip(&mut self, cell: usize, gene: &CellGene, source: usize, add: usize) {
        // A cell that skips are taken from is drawn before its takers, with its tap and band.
        let (Some(tap), Some(band)) = (self.taps[source], self.bands[source]) else {
            return;
        };
        let factor = 1 << (cell - source);
        let channels = self.shape.channels;
        let up = up_detail(gene.up(), factor);
        let (initial, rest) = up.split_at(1);
        let what = format!(
            "Skip from cell {}: {}{rest}, then 1x1 convolution, {channels} to {channels} channels",
            source + 1,
            initial.to_lowercase()
        );
        let cost = cost_of(&self.layers, &format!("cell{}.skip{}.", cell + 1, source + 1));
        let text = detail(&what, &maps(channels, self.shape.side(cell + 1)), cost);
        let label = format!("{}, 1x1 conv", up_label(gene.up(), factor));

        let target = self.rect(add).bottom();
        let y = self.frame_bottom() + PADDING + BOX / 2.0 + band as f32 * BAND;
        let line = y + BOX / 2.0 + (BAND - BOX) / 2.0;
        let rect = Rect::around([target[0] - PADDING - SKIP / 2.0, y], SKIP, BOX);
        let node = self.node(NodeKind::Skip, Role::Skip(source), Some(cell), &label, text, rect);
        let start = self.rect(tap).bottom();
        let branch = rect.x - ARROW;
        let way = [[start[0], line], [branch, line], [branch, y], rect.left()];
        self.edge(EdgeKind::Skip, Some(cell), (tap, vec![start]), node, &way);
        self.edge(EdgeKind::Skip, Some(cell), (node, vec![rect.right()]), add, &[[target[0], y], target]);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Diagram, EdgeKind, NodeKind, Role};
    use crate::arch::{Genotype, NetShape};

    fn vector(text: &str) -> Diagram {
        Diagram::of(&Genotype::parse(text).unwrap(), &NetShape::default())
    }

    /// Labels on the plain way from the latent vector to the image.
    fn way(diagram: &Diagram) -> Vec<String> {
        let mut at = diagram.nodes.iter().position(|node| node.kind == NodeKind::Latent);
        let mut labels = Vec::new();
        while let Some(index) = at {
            labels.push(diagram.nodes[index].label.replace('\n', " "));
            let next = diagram.edges.iter().find(|edge| edge.from == index && edge.kind == EdgeKind::Flow);
            at = next.map(|edge| edge.to);
        }
        labels.retain(|label| !label.is_empty());
        labels
    }

    #[test]
    fn blocks_have_the_order_of_the_model() {
        let head = ["batch norm", "ReLU", "3x3 conv, 3", "tanh", "image 8x8"];
        let first = ["latent 128", "linear, 4x4"];
        let of = |text: &str, cell: &[&str]| {
            assert_eq!(way(&vector(text)), [&first[..], cell, &head[..]].concat(), "{text}");
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
            let diagram = vector(text);
            let nodes = diagram.nodes.iter().filter(|node| {
                let block = [NodeKind::Norm, NodeKind::Activation, NodeKind::Up, NodeKind::Conv];
                node.cell == Some(0) && block.contains(&node.kind)
            });
            let shape = |detail: &str| {
                detail.lines().nth(1).and_then(|line| line.split_once(' ')).unwrap().1.to_owned()
            };
            nodes.map(|node| shape(&node.detail)).collect()
        };
        let (low, high) = ("[256, 4, 4]", "[256, 8, 8]");
        assert_eq!(shapes("1 1 0 0"), [low, low, high, high, high, high, high]);
        assert_eq!(shapes("0 1 0 0"), [high; 7]);
    }

    #[test]
    fn skips_come_from_their_cells_with_factor_shape_and_cost() {
        let diagram = vector("1 0 1 1 1 0 0 1 1 1 0 1 0 3");
        let skip = |cell, source| diagram.node(Some(cell), Role::Skip(source)).unwrap();
        assert_eq!(skip(1, 0).label, "bilinear x2, 1x1 conv");
        assert_eq!(skip(2, 0).label, "nearest x4, 1x1 conv");
        assert_eq!(skip(2, 1).label, "nearest x2, 1x1 conv");
        assert_eq!(
            skip(2, 0).detail,
            "Skip from cell 1: nearest-neighbour upsampling by 4, then 1x1 convolution, 256 to 256 \
             channels\nOutput [256, 32, 32]\n65,792 parameters, 67.1 M MACs"
        );
        for edge in diagram.edges.iter().filter(|edge| edge.kind == EdgeKind::Skip) {
            let (from, to) = (&diagram.nodes[edge.from], &diagram.nodes[edge.to]);
            match from.role {
                Role::Tap => assert_eq!(to.role, Role::Skip(from.cell.unwrap())),
                _ => assert_eq!((to.role, to.cell), (Role::AddSkips, from.cell)),
            }
        }
        let deconv = vector("0 0 0 0 0 0 0 0 0 0 0 2 0 2");
        let text = &deconv.node(Some(2), Role::Skip(0)).unwrap().detail;
        assert!(text.starts_with("Skip from cell 1: 2 transposed convolutions in series"), "{text}");
        assert!(deconv.node(Some(1), Role::Tap).is_none(), "nobody takes a skip from cell 2");
    }
}
