//! The drawing of any network: its operators in rows from top to bottom, group by group.
//!
//! A box stands in a row below all its inputs, and in the lane of one of them where that lane ends there.
//! Nodes of one group that follow each other in the graph have a frame, and groups share no row. A value that
//! is needed further down than in the next row goes there in its lane where that is free, else to the right
//! of all boxes, so that no line passes a box.

use super::super::graph::Graph;
use super::part::{Diagram, LineKind, Part, PartKind, Rect};
use super::sizes::{BOX, COLUMN, GUTTER, HEADING, MARGIN, PADDING, SUM, TALL};
use super::text::{frame, label_width, mark, operators, size};

/// From one line to the next beside it.
const TRACK: f32 = 6.0;
/// From a box to the lines below it, and from them to the next row.
const CLEAR: f32 = 7.0;
/// From a frame's top edge to the boxes of its first row.
const HEAD: f32 = HEADING - BOX / 2.0;

/// Draws a network.
pub(super) fn draw(graph: &Graph) -> Diagram {
    let (mut grid, nodes) = (Grid::default(), graph.nodes());
    while grid.boxes.len() < nodes.len() {
        let start = grid.boxes.len();
        let group = nodes[start].path()[0];
        let length = nodes[start..].iter().take_while(|node| node.path()[0] == group).count();
        let inside: Vec<usize> = (start..start + length).collect();
        let again =
            grid.groups.iter().flat_map(|own| &own.frame).filter(|frame| frame.label == group).count();
        let name = if again == 0 { format!("{group}.*") } else { format!("{group}.*{}", again + 1) };
        grid.begin((length > 1).then(|| frame(graph, &inside, name, group, group)));
        for at in inside {
            let inputs = nodes[at].inputs.iter().map(|id| id.index()).collect();
            grid.place(operators(graph, &[at], &nodes[at].name, ""), inputs);
        }
    }
    grid.begin(None);
    for (number, &id) in graph.outputs().iter().enumerate() {
        let shape = graph.node(id).shape;
        let (name, label) = (format!("output {}", number + 1), format!("output\n{}", size(shape)));
        grid.place(mark(PartKind::End, name, &label, "Output of the network", shape), vec![id.index()]);
    }
    grid.draw()
}

/// A box, its inputs among the boxes, and its place.
struct Placed {
    part: Part,
    inputs: Vec<usize>,
    row: usize,
    lane: usize,
}

/// The way down of a value to a row that is not the next.
#[derive(Clone, Copy)]
enum Wire {
    /// In the lane of its box, which is free there.
    Lane,
    /// To the right of all boxes. Wires with the same number, counted from the left, do not meet.
    Right(usize),
}

/// Boxes that have rows for themselves.
struct Group {
    frame: Option<Part>,
    first_row: usize,
    /// The last box in each lane.
    lanes: Vec<usize>,
}

#[derive(Default)]
struct Grid {
    boxes: Vec<Placed>,
    groups: Vec<Group>,
    /// The number of rows so far.
    rows: usize,
}

impl Grid {
    fn begin(&mut self, frame: Option<Part>) {
        self.groups.push(Group { frame, first_row: self.rows, lanes: Vec::new() });
    }

    /// Adds a box to the last group.
    fn place(&mut self, part: Part, inputs: Vec<usize>) {
        let Some(Group { first_row, lanes, .. }) = self.groups.last_mut() else {
            return;
        };
        let row = inputs.iter().map(|&input| self.boxes[input].row + 1).fold(*first_row, usize::max);
        let lane = lanes.iter().position(|last| inputs.contains(last)).unwrap_or(lanes.len());
        match lanes.get_mut(lane) {
            Some(last) => *last = self.boxes.len(),
            None => lanes.push(self.boxes.len()),
        }
        self.rows = self.rows.max(row + 1);
        self.boxes.push(Placed { part, inputs, row, lane });
    }

    /// The boxes that take the value of a box.
    fn takers(&self, of: usize) -> impl Iterator<Item = &Placed> {
        self.boxes.iter().filter(move |placed| placed.inputs.contains(&of))
    }

    /// The way down of each value that is needed further down than in the next row.
    fn wires(&self) -> Vec<Option<Wire>> {
        let mut wires = vec![None; self.boxes.len()];
        // The row that each wire to the right goes down to.
        let mut ends: Vec<usize> = Vec::new();
        let mut by_row: Vec<usize> = (0..self.boxes.len()).collect();
        by_row.sort_by_key(|&at| self.boxes[at].row);
        for at in by_row {
            let Placed { row, lane, .. } = self.boxes[at];
            let Some(last) = self.takers(at).map(|taker| taker.row).max().filter(|&last| last > row + 1)
            else {
                continue;
            };
            let between = |other: &Placed| other.lane == lane && other.row > row && other.row < last;
            if !self.boxes.iter().any(between) {
                wires[at] = Some(Wire::Lane);
                continue;
            }
            let wire = ends.iter().position(|&end| end <= row).unwrap_or(ends.len());
            ends.resize(ends.len().max(wire + 1), last);
            ends[wire] = last;
            wires[at] = Some(Wire::Right(wire));
        }
        wires
    }

    /// The boxes whose value goes across between a row and the one above it: first of those in the row above.
    fn tracks(&self, row: usize, wires: &[Option<Wire>]) -> Vec<usize> {
        let sideways = |&at: &usize, from_above: bool| {
            let Placed { row: own, lane, .. } = self.boxes[at];
            if own + 1 == row {
                let other_lane = self.takers(at).any(|taker| taker.row == row && taker.lane != lane);
                from_above && (matches!(wires[at], Some(Wire::Right(_))) || other_lane)
            } else {
                !from_above && own < row && self.takers(at).any(|taker| taker.row == row)
            }
        };
        let all = 0..self.boxes.len();
        all.clone().filter(|at| sideways(at, true)).chain(all.filter(|at| sideways(at, false))).collect()
    }

    fn draw(self) -> Diagram {
        let mut diagram = Diagram::default();
        let wires = self.wires();
        let column = self.boxes.iter().map(|placed| label_width(&placed.part.label)).fold(COLUMN, f32::max);
        let pitch = column + PADDING;
        // The line down to the first lane does not cross the headings of frames.
        let headings =
            self.groups.iter().flat_map(|group| &group.frame).map(|frame| label_width(&frame.label));
        let indent = headings.map(|width| width + PADDING - column / 2.0).fold(PADDING, f32::max);
        // The middle of each row, and of the first track above it.
        let (mut rows, mut y) = (Vec::with_capacity(self.rows), MARGIN - PADDING - GUTTER);
        let tracks: Vec<Vec<usize>> = (0..self.rows).map(|row| self.tracks(row, &wires)).collect();
        for (row, tracks) in tracks.iter().enumerate() {
            let [above, below] = match self.groups.iter().find(|group| group.first_row == row) {
                Some(group) if group.frame.is_some() => [PADDING + GUTTER / 2.0, GUTTER / 2.0 + HEAD],
                Some(_) => [PADDING + GUTTER / 2.0, GUTTER / 2.0],
                None => [CLEAR; 2],
            };
            let track = y + above;
            let tall = self.boxes.iter().any(|placed| placed.row == row && placed.part.kind == PartKind::End);
            let height = if tall { TALL } else { BOX };
            y = track + tracks.len().saturating_sub(1) as f32 * TRACK + below + height;
            rows.push([track, y - height / 2.0]);
        }

        let mut right = MARGIN;
        for (at, group) in self.groups.iter().enumerate() {
            let width = indent + group.lanes.len() as f32 * pitch;
            if let Some(frame) = &group.frame {
                let last = self.groups.get(at + 1).map_or(self.rows, |next| next.first_row) - 1;
                let y = rows[group.first_row][1] - HEADING;
                let height = rows[last][1] + BOX / 2.0 + PADDING - y;
                diagram.add(Part { rect: Rect { x: MARGIN, y, width, height }, ..frame.clone() });
            }
            right = right.max(MARGIN + width);
        }
        let frames = diagram.parts.len();
        for Placed { part, row, lane, .. } in &self.boxes {
            let [width, height] = match part.kind {
                PartKind::Sum => [SUM; 2],
                PartKind::End => [column, TALL],
                _ => [column, BOX],
            };
            let x = MARGIN + indent + column / 2.0 + *lane as f32 * pitch;
            diagram.add(Part { rect: Rect::around([x, rows[*row][1]], width, height), ..part.clone() });
        }
        for (to, taker) in self.boxes.iter().enumerate() {
            for &from in &taker.inputs {
                let [start, end] = [diagram.rect(frames + from).bottom(), diagram.rect(frames + to).top()];
                let track = |row: usize| {
                    let number = tracks[row].iter().position(|&at| at == from);
                    number.map(|number| rows[row][0] + number as f32 * TRACK)
                };
                let (row, mut way) = (self.boxes[from].row + 1, vec![start]);
                way.extend(track(row).map(|y| [start[0], y]));
                if let Some((wire, y)) = wires[from].zip(track(taker.row)).filter(|_| taker.row > row) {
                    let x = match wire {
                        Wire::Lane => start[0],
                        Wire::Right(number) => right + PADDING + number as f32 * TRACK,
                    };
                    way.extend(track(row).map(|y| [x, y]).into_iter().chain([[x, y]]));
                }
                way.extend(way.last().map(|last| [end[0], last[1]]));
                way.push(end);
                diagram.connect(LineKind::Flow, frames + from, frames + to, &way);
            }
        }
        diagram
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::laws::check;
    use super::*;
    use crate::arch::graph::ops::{Add, Concat, Relu, Tanh};
    use crate::arch::graph::{Critic, Shape, discriminator, generator};
    use crate::arch::{MAX_CELLS, NetShape, SkipTap, Space, SpaceConfig};
    use proptest::prelude::*;

    /// Whether every operator has its box, with what it says of itself.
    fn has_all(diagram: &Diagram, graph: &Graph) -> bool {
        let parts: Vec<&Part> = diagram.parts.iter().filter(|part| part.kind != PartKind::Frame).collect();
        graph.nodes().iter().all(|node| parts.iter().any(|part| part.name == node.name))
            && parts.len() == graph.nodes().len() + graph.outputs().len()
    }

    #[test]
    fn discriminators_are_drawn_by_the_laws() {
        for stage in 0..MAX_CELLS {
            let graph = discriminator(&Critic { channels: 128, spectral_norm: true }, stage, 8 << stage);
            let diagram = Diagram::of_graph(&graph, "discriminator");
            check(&diagram);
            assert!(has_all(&diagram, &graph));
            let conv = diagram.parts.iter().find(|part| part.name == "block4.conv1").unwrap();
            assert_eq!((conv.label.as_str(), conv.cost.params), ("3x3 conv, 128", 147_584));
            let frames = diagram.parts.iter().filter(|part| part.kind == PartKind::Frame);
            let params: u64 = frames.map(|part| part.cost.params).sum();
            assert_eq!(params + 128, graph.cost().params);
        }
    }

    #[test]
    fn networks_without_any_order_of_groups_are_drawn_by_the_laws() {
        let mut graph = Graph::new();
        let image = graph.input("image", Shape::Maps { channels: 3, side: 8 });
        let noise = graph.input("noise", Shape::Maps { channels: 3, side: 8 });
        let a = graph.add("a.one", Relu, &[image]);
        let b = graph.add("b.one", Add, &[a, noise]);
        let again = graph.add("b.two", Add, &[b, b]);
        let a = graph.add("a.two", Concat, &[a, again, image]);
        let c = graph.add("a.three", Tanh, &[a]);
        [b, c, image].into_iter().for_each(|id| graph.output(id));
        let diagram = Diagram::of_graph(&graph, "hand-made");
        check(&diagram);
        assert!(has_all(&diagram, &graph));
        check(&Diagram::of_graph(&Graph::new(), "nothing"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        #[test]
        fn generators_can_be_drawn_row_by_row_too(cells in 1..=MAX_CELLS, ticket in any::<u64>()) {
            let shape = NetShape::default();
            let space = Space::new(SpaceConfig { cells, ..SpaceConfig::default() }, shape).unwrap();
            let graph = generator(&space.at(ticket % space.size()), &shape, SkipTap::default());
            let mut diagram = draw(&graph);
            diagram.finish();
            check(&diagram);
            prop_assert!(has_all(&diagram, &graph));
        }
    }
}
