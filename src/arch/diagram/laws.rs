//! The laws that every drawing keeps, for tests.

use std::collections::HashSet;

use super::part::{Diagram, Line, PartKind, Rect};
use super::sizes::{BOX, TEXT_SIZE};

/// Whether the insides of two rectangles meet.
fn overlap(a: &Rect, b: &Rect) -> bool {
    let apart = |a: f32, a_size: f32, b: f32, b_size: f32| a + a_size <= b || b + b_size <= a;
    !apart(a.x, a.width, b.x, b.width) && !apart(a.y, a.height, b.y, b.height)
}

fn on_border(rect: &Rect, [x, y]: [f32; 2]) -> bool {
    [rect.left(), rect.right(), rect.top(), rect.bottom()].contains(&[x, y])
}

/// Panics where a drawing breaks a law.
pub(super) fn check(diagram: &Diagram) {
    let [width, height] = diagram.size;
    let inside = |x: f32, y: f32| (0.0..=width).contains(&x) && (0.0..=height).contains(&y);
    let mut names = HashSet::new();
    for (at, part) in diagram.parts.iter().enumerate() {
        let Rect { x, y, width, height } = part.rect;
        assert!(inside(x, y) && inside(x + width, y + height), "{part:?} outside {:?}", diagram.size);
        assert!(names.insert(&part.name), "{part:?} twice");
        let longest = part.label.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        let lines = part.label.lines().count() as f32;
        // An average letter of a wide font; the plus signs and numbers are narrower.
        assert!(longest as f32 * TEXT_SIZE * 0.53 <= width, "{:?} is too long", part.label);
        assert!(lines * TEXT_SIZE * 1.3 <= height.max(lines * BOX), "{:?} is too high", part.label);
        assert_eq!(part.label.is_empty(), part.kind == PartKind::Fork);
        for other in &diagram.parts[at + 1..] {
            let within = part.kind == PartKind::Frame && {
                let (frame, inner) = (part.rect, other.rect);
                inner.x > frame.x
                    && inner.y > frame.y
                    && inner.x + inner.width < frame.x + frame.width
                    && inner.y + inner.height < frame.y + frame.height
            };
            assert!(within || !overlap(&part.rect, &other.rect), "{part:?} and {other:?} overlap");
            assert!(!(within && group(&part.name) != group(&other.name)), "{other:?} in the wrong frame");
        }
    }
    for line in &diagram.lines {
        let points = &line.points;
        assert!(points.iter().all(|&[x, y]| inside(x, y)), "{line:?} outside");
        assert!(on_border(&diagram.parts[line.from].rect, points[0]), "{line:?}");
        assert!(on_border(&diagram.parts[line.to].rect, points[points.len() - 1]), "{line:?}");
        for piece in points.windows(2) {
            let [[ax, ay], [bx, by]] = [piece[0], piece[1]];
            assert!((ax == bx) != (ay == by), "{line:?} has a slanted or empty piece");
            // A little wider than a line, so that lines keep clear of boxes too.
            let wide = Rect::around(
                [(ax + bx) / 2.0, (ay + by) / 2.0],
                ((ax - bx).abs() - 1.0).max(4.0),
                ((ay - by).abs() - 1.0).max(4.0),
            );
            for (index, part) in diagram.parts.iter().enumerate() {
                let end = index == line.from || index == line.to;
                let hit = overlap(&wide, &part.rect) && part.kind != PartKind::Frame;
                assert!(!hit || end && near_border(&wide, &part.rect), "{line:?} meets {part:?}");
            }
        }
    }
    check_way(diagram);
}

/// Whether a line only touches the border of the box that it starts or ends at.
fn near_border(line: &Rect, part: &Rect) -> bool {
    let core = Rect::around(part.center(), (part.width - 5.0).max(0.5), (part.height - 5.0).max(0.5));
    !overlap(line, &core)
}

/// Every part but frames can be reached from an input, and an output from every one.
fn check_way(diagram: &Diagram) {
    let reach = |forth: bool| {
        let ends = |line: &Line| if forth { [line.from, line.to] } else { [line.to, line.from] };
        let begins = |index: &usize| diagram.lines.iter().all(|line| ends(line)[1] != *index);
        let boxes = (0..diagram.parts.len()).filter(|&index| diagram.parts[index].kind != PartKind::Frame);
        let mut seen: HashSet<usize> = boxes.filter(begins).collect();
        assert!(seen.iter().all(|&index| diagram.parts[index].kind == PartKind::End), "{seen:?}");
        loop {
            let before = seen.len();
            let next =
                diagram.lines.iter().map(ends).filter(|[from, _]| seen.contains(from)).map(|[_, to]| to);
            seen.extend(next.collect::<Vec<_>>());
            if seen.len() == before {
                return before;
            }
        }
    };
    let boxes = diagram.parts.iter().filter(|part| part.kind != PartKind::Frame).count();
    assert_eq!([reach(true), reach(false)], [boxes; 2]);
}

/// The first part of a name.
fn group(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}
