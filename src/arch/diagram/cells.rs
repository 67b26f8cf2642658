//! The drawing of a generator with cells.
//!
//! The way goes from left to right: input, the layers before the cells, the cells, the layers to the output.
//! A cell is a bowl: its first block goes down on the left, its second block up on the right, the shortcut
//! crosses on the top edge. What leaves the bottom of a first block is also what later cells take as a skip.
//! All skips run below the cells, in one band for each cell that passes something on; a later cell's band
//! lies higher, so that no line has to pass a box. A box has its place by its place in its branch alone, and
//! by the rows, widths and skips of the whole drawing, so that a drawing changes calmly from one genotype to
//! the next.

use super::super::graph::{Graph, Shape};
use super::generator::{Branch, Cell, GeneratorOutline, nodes_of, read};
use super::part::{Diagram, LineKind, Part, PartKind, Rect};
use super::sizes::{
    ARROW, BAND, BETWEEN, BOX, COLUMN, END, ENTRY, FORK, GUTTER, MARGIN, PADDING, PITCH, SHORTCUT, SKIP, SUM,
    TALL, TOP,
};
use super::text::{cost_in_words, frame, label, label_width, mark, operators, size};

/// The open end of a line: the part that it starts from and its points so far.
type Open = (usize, Vec<[f32; 2]>);

/// The middle of a side of a part.
type Side = fn(&Rect) -> [f32; 2];

/// Draws the graph of a generator, without a title; `words` describe its cells, as far as they go.
pub(super) fn draw(graph: &Graph, words: &[String]) -> Diagram {
    let generator = read(graph);
    let mut layout = Layout::new(graph, &generator);
    let mut open = layout.start();
    for number in 0..generator.cells.len() {
        open = layout.cell(number, words.get(number), open);
    }
    layout.end(open);
    let mut diagram = layout.diagram;
    diagram.summary = cost_in_words(graph.cost());
    diagram.finish();
    diagram
}

struct Layout<'a> {
    graph: &'a Graph,
    generator: &'a GeneratorOutline,
    /// Rows of the longest block.
    rows: usize,
    /// For each cell whose value some later cell takes, its band, counted from the top.
    bands: Vec<Option<usize>>,
    /// For each cell drawn so far, the part where its skips leave.
    taps: Vec<Option<usize>>,
    /// Width of the boxes before the cells.
    start: f32,
    /// Width of the boxes in blocks.
    column: f32,
    /// Distance between the blocks of a cell.
    between: f32,
    diagram: Diagram,
}

impl<'a> Layout<'a> {
    fn new(graph: &'a Graph, generator: &'a GeneratorOutline) -> Self {
        let cells = &generator.cells;
        let blocks = || cells.iter().flat_map(|cell| &cell.blocks);
        let mut layout = Self {
            graph,
            generator,
            rows: blocks().map(Vec::len).max().unwrap_or(0),
            bands: bands(cells),
            taps: Vec::new(),
            start: width(graph, &generator.first, END),
            column: blocks().flatten().map(|&node| width(graph, &[node], COLUMN)).fold(COLUMN, f32::max),
            between: BETWEEN,
            diagram: Diagram::default(),
        };
        // The boxes of shortcuts and skips need their space.
        let shortcuts = cells.iter().filter_map(|cell| cell.shortcut.as_ref());
        let over = shortcuts.map(|shortcut| -layout.spare(shortcut)).fold(0.0, f32::max);
        let skips = cells.iter().flat_map(|cell| &cell.skips).map(|skip| width(graph, &skip.nodes, SKIP));
        let available = ENTRY + 1.5 * layout.column + GUTTER - 2.0 * ARROW;
        layout.between = skips.map(|skip| 2.0 * (skip - available)).fold(BETWEEN + over, f32::max);
        layout
    }

    /// The input and the layers before the cells, which share a box.
    fn start(&mut self) -> Open {
        let (nodes, first) = (self.graph.nodes(), &self.generator.first);
        let x = MARGIN + self.start / 2.0;
        let (name, shape) = (nodes[0].name.clone(), nodes[0].shape);
        let label = format!("{name}\n{}", size(shape));
        let latent = mark(PartKind::End, name, &label, "Latent vector, random numbers", shape);
        let latent = self.add(latent, Rect::around([x, TOP + 2.0 * PITCH], self.start, TALL));
        let layers = operators(self.graph, first, nodes[first[0]].path()[0], "");
        let layers = self.add(layers, Rect::around([x, TOP], self.start, BOX));
        self.connect(LineKind::Flow, self.leave(latent, Rect::top), layers, self.rect(layers).bottom());
        self.leave(layers, Rect::right)
    }

    /// The layers to the output, and the output.
    fn end(&mut self, open: Open) {
        let (graph, last) = (self.graph, &self.generator.last);
        let left = self.cell_left(self.generator.cells.len());
        let wide = last.iter().map(|&node| width(graph, &[node], END)).fold(END, f32::max);
        let x = left + 10.0 + wide / 2.0;
        let rect = |row: usize| Rect::around([x, TOP + row as f32 * PITCH], wide, BOX);
        let bottom = rect(last.len() - 1).bottom()[1] + PADDING;
        let group = graph.nodes()[last[0]].path()[0];
        let what = "To RGB: from feature maps to the image";
        let around = frame(graph, last, format!("{group}.*"), "To RGB", what);
        self.add(around, Rect { x: left, y: MARGIN, width: wide + 20.0, height: bottom - MARGIN });
        let open = self.chain(LineKind::Flow, open, last, rect, [Rect::left, Rect::top, Rect::bottom]);
        let shape = graph.nodes()[last[last.len() - 1]].shape;
        let label = format!("image\n{}", size(shape));
        let image = mark(PartKind::End, "image".to_owned(), &label, "The image, values from -1 to 1", shape);
        let image = self.add(image, Rect::around([x, bottom + GUTTER + TALL / 2.0], wide, TALL));
        self.connect(LineKind::Flow, open, image, self.rect(image).top());
    }

    /// One cell; `open` is its input, and what is returned its output.
    fn cell(&mut self, number: usize, words: Option<&String>, mut open: Open) -> Open {
        let (graph, cell) = (self.graph, &self.generator.cells[number]);
        let ([down, up], [first, second]) = (self.columns(number), &cell.blocks);
        let entry = [self.cell_left(number) + ENTRY / 2.0, TOP];
        let input = graph.input_shapes(&graph.nodes()[first[0]])[0];
        self.cell_frame(number, words, input);

        let fork = cell.shortcut.is_some().then(|| {
            let rect = Rect::around(entry, FORK, FORK);
            self.mark(PartKind::Fork, format!("cell{}.input", number + 1), "Input of the cell", input, rect)
        });
        match fork {
            Some(fork) => {
                self.connect(LineKind::Flow, open, fork, self.rect(fork).left());
                open = self.leave(fork, Rect::bottom);
            }
            None => open.1.push(entry),
        }
        // Down in the first block, up in the second, both on the same bottom row.
        let (rows, column) = (self.rows, self.column);
        let place = |x: f32, row: usize| Rect::around([x, TOP + (row + 1) as f32 * PITCH], column, BOX);
        let row = |at: usize| place(down, rows - first.len() + at);
        open = self.chain(LineKind::Flow, open, first, row, [Rect::left, Rect::top, Rect::bottom]);
        open = self.between_blocks(number, open);
        let row = |at: usize| place(up, rows - 1 - at);
        open = self.chain(LineKind::Flow, open, second, row, [Rect::bottom, Rect::bottom, Rect::top]);
        match (fork, &cell.shortcut) {
            (Some(fork), Some(shortcut)) => self.shortcut(shortcut, fork, open, [up, TOP]),
            _ => {
                open.1.push([up, TOP]);
                open
            }
        }
    }

    fn cell_frame(&mut self, number: usize, words: Option<&String>, input: Shape) {
        let group = format!("cell{}", number + 1);
        let nodes = nodes_of(self.graph, &group);
        let output = self.graph.nodes()[nodes[nodes.len() - 1]].shape;
        let label = format!("Cell {}: {} to {}", number + 1, size(input), size(output));
        let what = match words {
            Some(words) => format!("Cell {}: {words}", number + 1),
            None => format!("Cell {}", number + 1),
        };
        let part = frame(self.graph, &nodes, format!("{group}.*"), &label, &what);
        let [left, next] = [number, number + 1].map(|number| self.cell_left(number));
        let (width, height) = (next - GUTTER - left, self.frame_bottom() - MARGIN);
        self.add(part, Rect { x: left, y: MARGIN, width, height });
    }

    /// The line below the blocks, where skips leave and arrive.
    fn between_blocks(&mut self, number: usize, mut open: Open) -> Open {
        let cell = &self.generator.cells[number];
        let ([down, up], y) = (self.columns(number), self.bottom_line());
        let shape = self.graph.nodes()[cell.blocks[0][cell.blocks[0].len() - 1]].shape;
        let name = |part: &str| format!("cell{}.{part}", number + 1);
        // Where later cells' skips leave: before the sum, or behind it.
        let tap = self.bands[number].map(|_| if cell.passes_sum_on { up } else { down });
        let mut stops = Vec::new();
        if let Some(x) = tap {
            let which = if cell.passes_sum_on { "sum" } else { "output of the first block" };
            let what = format!("What later cells take as a skip: the {which}");
            stops.push(self.mark(
                PartKind::Fork,
                name("tap"),
                &what,
                shape,
                Rect::around([x, y], FORK, FORK),
            ));
        }
        self.taps.push(stops.first().copied());
        if !cell.skips.is_empty() {
            let x = if tap == Some(up) { (down + up) / 2.0 } else { up };
            let from: Vec<String> =
                cell.skips.iter().map(|skip| format!("cell {}", skip.source + 1)).collect();
            let what = format!("Adds what comes from {}", from.join(" and "));
            let sum = self.mark(PartKind::Sum, name("skips"), &what, shape, Rect::around([x, y], SUM, SUM));
            cell.skips.iter().for_each(|skip| self.skip(number, skip, sum));
            stops.insert(if tap == Some(up) { 0 } else { stops.len() }, sum);
        }
        for &stop in &stops {
            let rect = self.rect(stop);
            let above = rect.center()[0] == down;
            self.connect(LineKind::Flow, open, stop, if above { rect.top() } else { rect.left() });
            open = self.leave(stop, if rect.center()[0] == up { Rect::top } else { Rect::right });
        }
        // Behind a stop at its end, the line goes up already.
        if open.1[0][0] != up {
            open.1.extend([[open.1[0][0], y], [up, y]]);
        }
        open
    }

    /// The skip to cell `number` from an earlier one, up to the part `sum`.
    fn skip(&mut self, number: usize, skip: &Branch, sum: usize) {
        // A cell that skips are taken from is drawn before its takers, with its tap and band.
        let (Some(tap), Some(band)) = (self.taps[skip.source], self.bands[skip.source]) else {
            return;
        };
        let target = self.rect(sum).bottom();
        let y = self.frame_bottom() + PADDING + BOX / 2.0 + band as f32 * BAND;
        let line = y + BOX / 2.0 + (BAND - BOX) / 2.0;
        let wide = width(self.graph, &skip.nodes, SKIP);
        let rect = Rect::around([target[0] - PADDING - wide / 2.0, y], wide, BOX);
        let (name, prefix) = (
            format!("cell{}.skip{}", number + 1, skip.source + 1),
            format!("Skip from cell {}: ", skip.source + 1),
        );
        let part = Part { kind: PartKind::Skip, ..operators(self.graph, &skip.nodes, &name, &prefix) };
        let index = self.add(part, rect);
        let (mut open, branch) = (self.leave(tap, Rect::bottom), rect.x - ARROW);
        open.1.extend([[open.1[0][0], line], [branch, line], [branch, y]]);
        self.connect(LineKind::Skip, open, index, rect.left());
        let mut open = self.leave(index, Rect::right);
        open.1.push([target[0], y]);
        self.connect(LineKind::Skip, open, sum, target);
    }

    /// The shortcut from `fork` to a new sum at `end`, where it meets `open`. Returns the cell's output.
    fn shortcut(&mut self, shortcut: &Branch, fork: usize, open: Open, end: [f32; 2]) -> Open {
        let mut x = self.rect(fork).right()[0];
        // The first box takes the space that is left.
        let mut spare = self.spare(shortcut);
        let mut place = |&node: &usize| {
            let wide = width(self.graph, &[node], SHORTCUT) + std::mem::take(&mut spare);
            x += ARROW + wide;
            Rect::around([x - wide / 2.0, TOP], wide, BOX)
        };
        let rects: Vec<Rect> = shortcut.nodes.iter().map(&mut place).collect();
        let (start, sides) = (self.leave(fork, Rect::right), [Rect::left, Rect::left, Rect::right]);
        let way = self.chain(LineKind::Shortcut, start, &shortcut.nodes, |at| rects[at], sides);
        let node = &self.graph.nodes()[shortcut.sum];
        let rect = Rect::around(end, SUM, SUM);
        let sum = self.mark(PartKind::Sum, node.name.clone(), "Adds the shortcut", node.shape, rect);
        self.connect(LineKind::Shortcut, way, sum, rect.left());
        self.connect(LineKind::Flow, open, sum, rect.bottom());
        self.leave(sum, Rect::right)
    }

    /// The space that a shortcut's boxes and lines leave; negative where it is too small.
    fn spare(&self, shortcut: &Branch) -> f32 {
        let boxes: f32 = shortcut.nodes.iter().map(|&node| width(self.graph, &[node], SHORTCUT)).sum();
        let available = (ENTRY - FORK) / 2.0 + 1.5 * self.column + self.between - SUM / 2.0;
        available - boxes - (shortcut.nodes.len() + 1) as f32 * ARROW
    }

    /// The left edge of a cell, or of what comes behind the last.
    fn cell_left(&self, number: usize) -> f32 {
        let cell = ENTRY + 2.0 * self.column + self.between + PADDING;
        MARGIN + self.start + GUTTER + number as f32 * (cell + GUTTER)
    }

    /// The middles of a cell's blocks.
    fn columns(&self, number: usize) -> [f32; 2] {
        let down = self.cell_left(number) + ENTRY + self.column / 2.0;
        [down, down + self.column + self.between]
    }

    /// The height of the line below the blocks.
    fn bottom_line(&self) -> f32 {
        TOP + self.rows as f32 * PITCH + BOX / 2.0 + 12.0 + SUM / 2.0
    }

    fn frame_bottom(&self) -> f32 {
        self.bottom_line() + SUM / 2.0 + PADDING
    }

    fn rect(&self, part: usize) -> Rect {
        self.diagram.parts[part].rect
    }

    fn add(&mut self, part: Part, rect: Rect) -> usize {
        self.diagram.add(Part { rect, ..part })
    }

    /// Adds boxes of operators that follow each other, and the line through them. Of the sides, it enters the
    /// first box at the first, the others at the second, and leaves at the third.
    fn chain(
        &mut self,
        kind: LineKind,
        mut open: Open,
        nodes: &[usize],
        place: impl Fn(usize) -> Rect,
        [mut enter, next, leave]: [Side; 3],
    ) -> Open {
        let prefix = if kind == LineKind::Shortcut { "Shortcut: " } else { "" };
        for (at, &node) in nodes.iter().enumerate() {
            let part = operators(self.graph, &[node], &self.graph.nodes()[node].name, prefix);
            let index = self.add(part, place(at));
            self.connect(kind, open, index, enter(&self.rect(index)));
            open = self.leave(index, leave);
            enter = next;
        }
        open
    }

    /// Adds a dot or a sum.
    fn mark(&mut self, kind: PartKind, name: String, what: &str, shape: Shape, rect: Rect) -> usize {
        let label = if kind == PartKind::Sum { "+" } else { "" };
        self.add(mark(kind, name, label, what, shape), rect)
    }

    /// A line that starts at this side of a part.
    fn leave(&self, part: usize, side: Side) -> Open {
        (part, vec![side(&self.rect(part))])
    }

    /// Goes on from `open` down or up and then across to `target`, which lies on the border of the part `to`.
    fn connect(&mut self, kind: LineKind, (from, mut way): Open, to: usize, target: [f32; 2]) {
        let corner = way.last().map(|last| [last[0], target[1]]);
        way.extend(corner.into_iter().chain([target]));
        self.diagram.connect(kind, from, to, &way);
    }
}

/// Width of a box for these operators, at least `least`.
fn width(graph: &Graph, nodes: &[usize], least: f32) -> f32 {
    label_width(&label(graph, nodes)).max(least)
}

/// The bands of the cells whose value is taken, counted from the top. A cell's band lies below those of all
/// later cells that start before its own line ends.
fn bands(cells: &[Cell]) -> Vec<Option<usize>> {
    let mut bands: Vec<Option<usize>> = vec![None; cells.len()];
    let takes = |cell: &Cell, source| cell.skips.iter().any(|skip| skip.source == source);
    for source in (0..cells.len()).rev() {
        let last = (source + 1..cells.len()).rev().find(|&cell| takes(&cells[cell], source));
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
    use super::super::laws::check;
    use super::*;
    use crate::arch::graph::generator;
    use crate::arch::words::thousands;
    use crate::arch::{Genotype, MAX_CELLS, NetShape, SkipTap, Space, SpaceConfig, params};
    use proptest::prelude::*;

    const PAPER: NetShape = NetShape { channels: 256, latent: 128, bottom_width: 4, image_channels: 3 };
    const LARGE: NetShape = NetShape { channels: 16_384, latent: 16_384, bottom_width: 6, image_channels: 3 };

    fn full(cells: usize) -> Space {
        Space::new(SpaceConfig { cells, ..SpaceConfig::default() }, PAPER).unwrap()
    }

    fn vector(text: &str) -> Diagram {
        Diagram::of(&Genotype::parse(text).unwrap(), &PAPER)
    }

    fn part<'a>(diagram: &'a Diagram, name: &str) -> &'a Part {
        diagram.parts.iter().find(|part| part.name == name).unwrap()
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
            let genotype = space.at(ticket % space.size());
            check(&Diagram::of(&genotype, &shape));
            let released = generator(&genotype, &shape, SkipTap::AfterAddition);
            check(&draw(&released, &[]));
        }
    }

    #[test]
    fn values_that_are_passed_on_behind_the_sum_leave_behind_it() {
        let genotype = Genotype::parse("1 0 1 0 1 0 1 0 1 1 0 1 0 1").unwrap();
        for (skip_tap, before) in [(SkipTap::BeforeAddition, true), (SkipTap::AfterAddition, false)] {
            let diagram = draw(&generator(&genotype, &PAPER, skip_tap), &[]);
            let x = |name: &str| part(&diagram, name).rect.center()[0];
            assert_eq!(x("cell2.tap") < x("cell2.skips"), before);
            assert!(part(&diagram, "cell1.tap").detail.contains("first block"));
        }
    }

    #[test]
    fn the_boxes_of_a_cell_cost_what_the_cell_costs() {
        for text in ["1 0 1 1 1 0 0 1 1 1 0 1 0 3", "0 1 2 1 0 1 2 1 1 0 1 2 1 3"] {
            let genotype = Genotype::parse(text).unwrap();
            let diagram = vector(text);
            let sum = |frames: bool| -> u64 {
                let parts = diagram.parts.iter().filter(|part| (part.kind == PartKind::Frame) == frames);
                parts.map(|part| part.cost.params).sum()
            };
            let all = params(&genotype, &PAPER);
            assert_eq!(sum(false), all);
            assert_eq!(sum(true) + part(&diagram, "l1").cost.params, all);
            let words = format!("{} parameters", thousands(all));
            assert!(diagram.summary.starts_with(&words), "{}", diagram.summary);
            for part in diagram.parts.iter().filter(|part| part.cost.params > 0) {
                let words = format!("\n{} parameters", thousands(part.cost.params));
                assert!(part.detail.contains(&words), "{}", part.detail);
            }
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
        let bands = |text: &str| {
            let graph = generator(&Genotype::parse(text).unwrap(), &PAPER, SkipTap::default());
            bands(&read(&graph).cells)
        };
        // One line ends below cell 2, the other starts below cell 3.
        assert_eq!(bands("1 0 1 0 1 0 1 0 1 1 0 1 0 0 1 0 1 0 1"), [Some(0), None, Some(0), None]);
        // Here they meet: the one of the later cell lies higher.
        assert_eq!(bands("1 0 1 0 1 0 1 0 1 1 0 1 0 1"), [Some(1), Some(0), None]);
    }

    #[test]
    fn an_operator_that_a_block_or_shortcut_has_more_gets_a_box_and_its_space() {
        use crate::arch::graph::ops::{Add, Conv, Tanh};
        let mut graph = Graph::new();
        let mut x = graph.input("latent", Shape::Maps { channels: 8, side: 4 });
        x = graph.add("first", Tanh, &[x]);
        let entry = x;
        for name in ["block1.a", "block1.b", "block1.c", "block1.d", "block1.e", "block2.a", "block2.b"] {
            x = graph.add_weighted(&format!("cell1.{name}"), name, Conv::new(10_000, 3), x);
        }
        let mut way = entry;
        for name in ["a", "b", "c", "d"] {
            way = graph.add_weighted(&format!("cell1.shortcut.{name}"), name, Conv::new(10_000, 5), way);
        }
        x = graph.add("cell1.shortcut.add", Add, &[x, way]);
        x = graph.add("last", Tanh, &[x]);
        graph.output(x);
        let diagram = draw(&graph, &[]);
        check(&diagram);
        for node in graph.nodes().iter().filter(|node| node.name.starts_with("cell1")) {
            assert_eq!(part(&diagram, &node.name).label, node.op.operator().label());
        }
    }
}
