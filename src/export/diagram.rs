//! A generator's drawing as an SVG file and as a picture.

use super::Picture;
use super::canvas::Canvas;
use super::drawing::{Anchor, Colour, Drawing, Ink, Shape, Step};
use super::svg::document;
use crate::arch::diagram::{Diagram, EdgeKind, Node, NodeKind, Rect, TEXT_SIZE};

/// Radius of the corners of boxes and of lines.
const ROUND: f32 = 6.0;
/// Length and half the width of an arrow head.
const HEAD: [f32; 2] = [5.0, 3.0];
/// Width of lines.
const LINE: f32 = 1.5;
/// Dashes of shortcuts.
const DASHES: [f32; 2] = [2.0, 1.5];

struct Colours {
    background: Colour,
    /// Inside a frame.
    frame: Colour,
    /// Around frames and boxes.
    border: Colour,
    /// A box without weights.
    plain: Colour,
    text: Colour,
    /// Headings and the flow.
    weak: Colour,
    /// The generator's purple.
    accent: Colour,
    /// A box with weights.
    strong: Colour,
    on_strong: Colour,
    /// A box that enlarges.
    tint: Colour,
}

const LIGHT: Colours = Colours {
    background: 0xff_ff_ff,
    frame: 0xf6_f7_f9,
    border: 0xd5_d8_de,
    plain: 0xff_ff_ff,
    text: 0x22_26_2c,
    weak: 0x5d_65_70,
    accent: 0x7a_45_c9,
    strong: 0x7a_45_c9,
    on_strong: 0xff_ff_ff,
    tint: 0xec_e3_f9,
};

const DARK: Colours = Colours {
    background: 0x1f_21_26,
    frame: 0x25_27_2d,
    border: 0x44_48_52,
    plain: 0x2e_31_38,
    text: 0xdc_df_e4,
    weak: 0x98_9e_a8,
    accent: 0xb3_92_f0,
    strong: 0xb3_92_f0,
    on_strong: 0x1b_15_26,
    tint: 0x3d_33_55,
};

/// The drawing as a complete SVG document, for a dark or a light surrounding. Its title is the integer
/// vector, and every box has its details as a title of its own, which browsers show as a tooltip.
pub fn svg(diagram: &Diagram, dark: bool) -> String {
    document(&drawing(diagram, dark))
}

/// The drawing as a picture, with `scale` pixels to a unit of the drawing.
///
/// # Errors
///
/// If it has no pixel or too many, in a sentence.
pub fn diagram_picture(diagram: &Diagram, dark: bool, scale: f32) -> Result<Picture, String> {
    let drawing = drawing(diagram, dark);
    let [width, height] = drawing.size.map(|length| (length * scale).ceil() as u32);
    let mut canvas = Canvas::new(width, height, drawing.background)
        .ok_or_else(|| format!("a drawing of {width} x {height} pixels cannot be painted"))?;
    canvas.drawing(&drawing, scale);
    Ok(canvas.finish())
}

fn drawing(diagram: &Diagram, dark: bool) -> Drawing<'_> {
    let colours = if dark { &DARK } else { &LIGHT };
    let (frames, boxes): (Vec<&Node>, Vec<&Node>) =
        diagram.nodes.iter().partition(|node| node.kind.is_frame());
    let mut shapes: Vec<Shape<'_>> = frames.into_iter().map(|frame| node(frame, colours)).collect();
    for kind in [EdgeKind::Skip, EdgeKind::Shortcut, EdgeKind::Flow] {
        shapes.extend(edges(diagram, kind, colours));
    }
    shapes.extend(boxes.into_iter().map(|each| node(each, colours)));
    Drawing {
        size: diagram.size,
        title: format!("AutoGAN generator {}", diagram.vector),
        summary: &diagram.summary,
        background: colours.background,
        text_size: TEXT_SIZE,
        shapes,
    }
}

fn node<'a>(node: &'a Node, colours: &Colours) -> Shape<'a> {
    let (fill, line, text) = match node.kind {
        NodeKind::Cell | NodeKind::ToRgb => (colours.frame, colours.border, colours.weak),
        NodeKind::Linear | NodeKind::Conv => (colours.strong, colours.strong, colours.on_strong),
        NodeKind::Up | NodeKind::Skip => (colours.tint, colours.accent, colours.text),
        NodeKind::Latent | NodeKind::Image => (colours.tint, colours.accent, colours.text),
        NodeKind::Norm | NodeKind::Activation => (colours.plain, colours.border, colours.text),
        NodeKind::Add => (colours.plain, colours.accent, colours.accent),
        NodeKind::Fork => (colours.weak, colours.weak, colours.text),
    };
    let Rect { x, y, width, height } = node.rect;
    let round = match node.kind {
        NodeKind::Cell | NodeKind::ToRgb => 10.0,
        NodeKind::Add | NodeKind::Fork => width / 2.0,
        NodeKind::Latent => height / 2.0,
        _ => ROUND,
    };
    let mut shapes = vec![Shape::Rect { rect: node.rect, round, fill, line }];
    let [middle, center] = node.rect.center();
    let below = TEXT_SIZE * 0.35;
    match node.kind {
        NodeKind::Cell | NodeKind::ToRgb => {
            let anchor = Anchor::Start([x + 10.0, y + 12.0 + below]);
            shapes.push(Shape::Text { anchor, bold: true, colour: text, text: &node.label });
        }
        NodeKind::Fork => {}
        NodeKind::Add => {
            // Two strokes stand in the middle, which a font's plus need not.
            let arm = 4.0;
            let steps = vec![
                Step::Move([middle - arm, center]),
                Step::Line([middle + arm, center]),
                Step::Move([middle, center - arm]),
                Step::Line([middle, center + arm]),
            ];
            shapes.push(Shape::Path { steps, ink: Ink::Line { colour: text, width: LINE, dashes: None } });
        }
        _ => {
            let lines: Vec<&str> = node.label.lines().collect();
            let pitch = TEXT_SIZE * 1.3;
            let above = (lines.len().max(1) - 1) as f32 / 2.0;
            shapes.extend(lines.into_iter().enumerate().map(|(at, line)| {
                let y = center + below + (at as f32 - above) * pitch;
                Shape::Text { anchor: Anchor::Middle([middle, y]), bold: false, colour: text, text: line }
            }));
        }
    }
    Shape::Group { title: &node.detail, shapes }
}

/// All lines of one kind, as one path, so that pieces which several share are not painted twice, and their
/// arrow heads.
fn edges<'a>(diagram: &Diagram, kind: EdgeKind, colours: &Colours) -> Vec<Shape<'a>> {
    let (colour, dashes) = match kind {
        EdgeKind::Flow => (colours.weak, None),
        EdgeKind::Shortcut => (colours.accent, Some(DASHES)),
        EdgeKind::Skip => (colours.accent, None),
    };
    let (mut lines, mut heads) = (Vec::new(), Vec::new());
    for edge in diagram.edges.iter().filter(|edge| edge.kind == kind) {
        let mut points = edge.points.clone();
        if let [.., before, tip] = &mut points[..]
            && diagram.nodes[edge.to].kind != NodeKind::Fork
        {
            heads.extend(head(*before, tip));
        }
        lines.extend(rounded(&points));
    }
    let lines = Shape::Path { steps: lines, ink: Ink::Line { colour, width: LINE, dashes } };
    match diagram.edges.iter().any(|edge| edge.kind == kind) {
        true => vec![lines, Shape::Path { steps: heads, ink: Ink::Fill(colour) }],
        false => Vec::new(),
    }
}

/// The arrow head of a straight line from `before` to `tip`. The line then ends inside the head, so that
/// its blunt end does not show at the tip.
fn head(before: [f32; 2], tip: &mut [f32; 2]) -> [Step; 4] {
    let [length, half] = HEAD;
    let [x, y] = *tip;
    let distance = (x - before[0]).hypot(y - before[1]).max(f32::EPSILON);
    let (dx, dy) = ((x - before[0]) / distance, (y - before[1]) / distance);
    let base = [x - dx * length, y - dy * length];
    *tip = [base[0] + dx, base[1] + dy];
    let wing = |side: f32| [base[0] + side * dy * half, base[1] - side * dx * half];
    [Step::Move([x, y]), Step::Line(wing(1.0)), Step::Line(wing(-1.0)), Step::Close]
}

/// A path through points whose corners are rounded as far as the pieces' lengths allow.
fn rounded(points: &[[f32; 2]]) -> Vec<Step> {
    let mut steps = Vec::new();
    for (at, &[x, y]) in points.iter().enumerate() {
        let around = match at {
            0 => None,
            _ => points.get(at + 1).map(|&next| (points[at - 1], next)),
        };
        match around {
            None if at == 0 => steps.push(Step::Move([x, y])),
            None => steps.push(Step::Line([x, y])),
            Some((before, next)) => {
                let towards = |[px, py]: [f32; 2]| {
                    let length = (px - x).hypot(py - y);
                    let share = ROUND.min(length / 2.0) / length.max(f32::EPSILON);
                    [x + (px - x) * share, y + (py - y) * share]
                };
                steps.extend([Step::Line(towards(before)), Step::Curve([x, y], towards(next))]);
            }
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::{Genotype, NetShape};

    /// Names of the elements of a document and its text, if it is well-formed in the part of XML that this
    /// file uses: no comments, declarations or processing instructions.
    fn read(xml: &str) -> Result<(Vec<String>, String), String> {
        let (mut open, mut names, mut text) = (Vec::<String>::new(), Vec::new(), String::new());
        let mut rest = xml.trim_end();
        while !rest.is_empty() {
            let Some(inside) = rest.strip_prefix('<') else {
                let end = rest.find('<').ok_or("text behind the last element")?;
                if open.is_empty() {
                    return Err("text outside the root".to_owned());
                }
                text += &content(&rest[..end])?;
                rest = &rest[end..];
                continue;
            };
            // No attribute of ours has a `>`: it is escaped.
            let (tag, behind) = inside.split_once('>').ok_or("a tag without end")?;
            rest = behind;
            if let Some(name) = tag.strip_prefix('/') {
                if open.pop().as_deref() != Some(name) {
                    return Err(format!("</{name}> closes another element"));
                }
                continue;
            }
            let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            check_attributes(attributes)?;
            if open.is_empty() && !names.is_empty() {
                return Err("a second root".to_owned());
            }
            names.push(name.to_owned());
            if !empty {
                open.push(name.to_owned());
            }
        }
        if open.is_empty() { Ok((names, text)) } else { Err(format!("{open:?} not closed")) }
    }

    fn check_attributes(mut rest: &str) -> Result<(), String> {
        let mut seen = Vec::new();
        while !rest.is_empty() {
            let (name, value) = rest.split_once("=\"").ok_or(format!("attributes {rest:?}"))?;
            let (value, behind) = value.split_once('"').ok_or("a value without end")?;
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphabetic() || b"-:".contains(&b)) {
                return Err(format!("attribute {name:?}"));
            }
            if seen.contains(&name) {
                return Err(format!("{name} twice"));
            }
            seen.push(name);
            content(value)?;
            rest = behind.strip_prefix(' ').unwrap_or(behind);
            if !behind.is_empty() && rest.len() == behind.len() {
                return Err(format!("no blank before {behind:?}"));
            }
        }
        Ok(())
    }

    /// Text without its escapes.
    fn content(text: &str) -> Result<String, String> {
        let mut parts = text.split('&');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once(';').ok_or("a bare &")?;
            let entities = [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\"")];
            let known = entities.iter().find(|(entity, _)| *entity == name);
            out += known.ok_or(format!("&{name};"))?.1;
            out += rest;
        }
        if out.len() == text.len() && text.contains('<') { Err("a bare <".to_owned()) } else { Ok(out) }
    }

    fn diagram(vector: &str) -> Diagram {
        Diagram::of(&Genotype::parse(vector).unwrap(), &NetShape::default())
    }

    #[test]
    fn documents_are_well_formed_and_show_every_node_and_line() {
        for vector in [
            "1 0 1 1",
            "0 2 2 0",
            "1 0 1 1 1 0 0 1 1 1 0 1 0 3",
            "0 1 2 1 0 1 2 1 1 0 1 2 1 3 0 1 2 1 7 0 1 2 1 15 0 1 2 1 31",
        ] {
            let diagram = diagram(vector);
            for dark in [false, true] {
                let document = svg(&diagram, dark);
                let (names, text) = read(&document).unwrap();
                let count = |name: &str| names.iter().filter(|found| *found == name).count();
                assert_eq!(names[..2], ["svg", "title"], "{vector}");
                assert!(text.trim_start().starts_with(&format!("AutoGAN generator {vector}")), "{text}");
                assert_eq!(count("g"), diagram.nodes.len());
                assert_eq!(count("rect"), diagram.nodes.len() + 1);
                // Every line starts once, and so does every arrow head; a plus has two strokes.
                let to =
                    |kind| diagram.edges.iter().filter(|edge| diagram.nodes[edge.to].kind == kind).count();
                let pluses = diagram.nodes.iter().filter(|node| node.kind == NodeKind::Add).count();
                let starts = 2 * (diagram.edges.len() + pluses) - to(NodeKind::Fork);
                let paths = document.split(" d=\"").skip(1).filter_map(|rest| rest.split('"').next());
                assert_eq!(paths.map(|path| path.matches('M').count()).sum::<usize>(), starts);
                for node in &diagram.nodes {
                    assert!(text.contains(&node.detail), "{:?}", node.detail);
                }
                assert!(!document.contains("NaN") && !document.contains("inf\""));
            }
        }
    }

    #[test]
    fn the_picture_has_the_colours_and_the_places_of_the_drawing() {
        for (vector, dark, scale) in
            [("1 0 1 1", false, 1.0), ("0 2 2 0", true, 2.0), ("1 0 1 1 1 0 0 1 1 1 0 1 0 3", false, 2.0)]
        {
            let diagram = diagram(vector);
            let colours = if dark { &DARK } else { &LIGHT };
            let picture = diagram_picture(&diagram, dark, scale).unwrap();
            let (width, height) = picture.size();
            assert_eq!([width, height], diagram.size.map(|length| (length * scale).ceil() as u32));
            let at = |[x, y]: [f32; 2]| {
                let [r, g, b] = picture.image().get_pixel((x * scale) as u32, (y * scale) as u32).0;
                u32::from_be_bytes([0, r, g, b])
            };
            assert_eq!(at([0.0, 0.0]), colours.background);
            for node in &diagram.nodes {
                let corner = [node.rect.x + 3.0, node.rect.y + node.rect.height / 2.0];
                let wanted = match node.kind {
                    NodeKind::Linear | NodeKind::Conv => colours.strong,
                    NodeKind::Up | NodeKind::Skip | NodeKind::Image => colours.tint,
                    NodeKind::Norm | NodeKind::Activation => colours.plain,
                    _ => continue,
                };
                assert_eq!(at(corner), wanted, "{vector}: {:?} {:?}", node.kind, node.label);
                // Its label is painted on it.
                let Rect { x, y, width, height } = node.rect;
                let inside = |share: f32, from: f32, length: f32| from + 4.0 + share * (length - 8.0);
                let places = (0..4000).map(|n| ((n % 80) as f32 / 80.0, (n / 80) as f32 / 50.0));
                let ink = places.filter(|&(across, down)| {
                    at([inside(across, x, width), inside(down, y, height)]) != wanted
                });
                assert!(ink.count() > 20, "{vector}: nothing on {:?}", node.label);
            }
        }
        assert!(diagram_picture(&diagram("1 0 1 1"), false, 0.0).is_err());
    }

    #[test]
    fn what_would_break_xml_is_escaped() {
        let mut diagram = diagram("1 0 1 1");
        diagram.vector = "<&\">".to_owned();
        diagram.nodes[0].detail = "a < b && \"c\" > d".to_owned();
        let (_, text) = read(&svg(&diagram, false)).unwrap();
        assert!(text.contains("generator <&\">") && text.contains("a < b && \"c\" > d"), "{text}");
    }

    #[test]
    fn the_check_of_these_tests_finds_what_is_not_well_formed() {
        for wrong in [
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>text",
            "<a b=\"1\" b=\"2\"/>",
            "<a b=1/>",
            "<a b=\"1\"c=\"2\"/>",
            "<a>&</a>",
            "<a>&nbsp;</a>",
            "<a b=\"<\"/>",
            "text",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(read("<a b=\"1\"><c/>x &lt; y</a>\n"), Ok((vec!["a".into(), "c".into()], "x < y".into())));
    }

    #[test]
    fn dark_and_light_differ_in_colours_only() {
        let diagram = diagram("1 0 1 1 1 0 0 1 1");
        let shape = |dark| read(&svg(&diagram, dark)).unwrap();
        assert_eq!(shape(true), shape(false));
        assert_ne!(svg(&diagram, true), svg(&diagram, false));
    }

    #[test]
    fn corners_are_rounded_within_their_pieces() {
        let corner = [Step::Line([14.0, 0.0]), Step::Curve([20.0, 0.0], [20.0, 2.0])];
        let ends = [Step::Move([0.0, 0.0]), Step::Line([20.0, 4.0])];
        let steps = rounded(&[[0.0, 0.0], [20.0, 0.0], [20.0, 4.0]]);
        assert_eq!(steps, [ends[0], corner[0], corner[1], ends[1]]);
        assert_eq!(rounded(&[[0.0, 0.0], [5.0, 0.0]]), [ends[0], Step::Line([5.0, 0.0])]);
    }
}
