//! A generator's drawing as an SVG file.

use std::fmt::Write;

use crate::arch::diagram::{Diagram, EdgeKind, Node, NodeKind, Rect, TEXT_SIZE};

/// Radius of the corners of boxes and of lines.
const ROUND: f32 = 6.0;
/// Length and half the width of an arrow head.
const HEAD: [f32; 2] = [5.0, 3.0];
const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/// Colours, as SVG writes them.
struct Colours {
    background: &'static str,
    /// Inside a frame.
    frame: &'static str,
    /// Around frames and boxes.
    border: &'static str,
    /// A box without weights.
    plain: &'static str,
    text: &'static str,
    /// Headings and the flow.
    weak: &'static str,
    /// The generator's purple.
    accent: &'static str,
    /// A box with weights.
    strong: &'static str,
    on_strong: &'static str,
    /// A box that enlarges.
    tint: &'static str,
}

const LIGHT: Colours = Colours {
    background: "#ffffff",
    frame: "#f6f7f9",
    border: "#d5d8de",
    plain: "#ffffff",
    text: "#22262c",
    weak: "#5d6570",
    accent: "#7a45c9",
    strong: "#7a45c9",
    on_strong: "#ffffff",
    tint: "#ece3f9",
};

const DARK: Colours = Colours {
    background: "#1f2126",
    frame: "#25272d",
    border: "#444852",
    plain: "#2e3138",
    text: "#dcdfe4",
    weak: "#989ea8",
    accent: "#b392f0",
    strong: "#b392f0",
    on_strong: "#1b1526",
    tint: "#3d3355",
};

/// The drawing as a complete SVG document, for a dark or a light surrounding. Its title is the integer
/// vector, and every box has its details as a title of its own, which browsers show as a tooltip.
pub fn svg(diagram: &Diagram, dark: bool) -> String {
    let colours = if dark { &DARK } else { &LIGHT };
    let [width, height] = diagram.size;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{FONT}\" font-size=\"{TEXT_SIZE}\">\n\
         <title>AutoGAN generator {}</title>\n<desc>{}</desc>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"10\" fill=\"{}\"/>\n",
        escaped(&diagram.vector),
        escaped(&diagram.summary),
        colours.background,
    );
    let (frames, boxes): (Vec<&Node>, Vec<&Node>) =
        diagram.nodes.iter().partition(|node| node.kind.is_frame());
    frames.into_iter().for_each(|frame| add_node(&mut out, frame, colours));
    for kind in [EdgeKind::Skip, EdgeKind::Shortcut, EdgeKind::Flow] {
        add_edges(&mut out, diagram, kind, colours);
    }
    boxes.into_iter().for_each(|node| add_node(&mut out, node, colours));
    out += "</svg>\n";
    out
}

fn add_node(out: &mut String, node: &Node, colours: &Colours) {
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
    push(out, format_args!("<g><title>{}</title>", escaped(&node.detail)));
    push(
        out,
        format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\" fill=\"{fill}\" \
             stroke=\"{line}\"/>"
        ),
    );
    let [middle, center] = node.rect.center();
    let below = TEXT_SIZE * 0.35;
    match node.kind {
        NodeKind::Cell | NodeKind::ToRgb => push(
            out,
            format_args!(
                "<text x=\"{}\" y=\"{}\" fill=\"{text}\" font-weight=\"600\">{}</text>",
                x + 10.0,
                y + 12.0 + below,
                escaped(&node.label)
            ),
        ),
        NodeKind::Fork => {}
        NodeKind::Add => {
            // Two strokes stand in the middle, which a font's plus need not.
            let arm = 4.0;
            push(
                out,
                format_args!(
                    "<path d=\"M{} {center}h{}M{middle} {}v{}\" stroke=\"{text}\" stroke-width=\"1.5\"/>",
                    middle - arm,
                    2.0 * arm,
                    center - arm,
                    2.0 * arm
                ),
            );
        }
        _ => {
            let lines: Vec<&str> = node.label.lines().collect();
            let pitch = TEXT_SIZE * 1.3;
            for (at, line) in lines.iter().enumerate() {
                let y = center + below + (at as f32 - (lines.len() - 1) as f32 / 2.0) * pitch;
                push(
                    out,
                    format_args!(
                        "<text x=\"{middle}\" y=\"{y}\" fill=\"{text}\" text-anchor=\"middle\">{}</text>",
                        escaped(line)
                    ),
                );
            }
        }
    }
    *out += "</g>\n";
}

/// All lines of one kind, as one path, so that pieces which several share are not painted twice, and their
/// arrow heads.
fn add_edges(out: &mut String, diagram: &Diagram, kind: EdgeKind, colours: &Colours) {
    let (colour, dashes) = match kind {
        EdgeKind::Flow => (colours.weak, ""),
        EdgeKind::Shortcut => (colours.accent, " stroke-dasharray=\"2 1.5\""),
        EdgeKind::Skip => (colours.accent, ""),
    };
    let (mut lines, mut heads) = (String::new(), String::new());
    for edge in diagram.edges.iter().filter(|edge| edge.kind == kind) {
        let mut points = edge.points.clone();
        if let [.., before, tip] = &mut points[..]
            && diagram.nodes[edge.to].kind != NodeKind::Fork
        {
            heads += &head(*before, tip);
        }
        lines += &rounded(&points);
    }
    if lines.is_empty() {
        return;
    }
    push(
        out,
        format_args!(
            "<path d=\"{lines}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"{dashes}/>\n\
             <path d=\"{heads}\" fill=\"{colour}\"/>\n"
        ),
    );
}

/// The arrow head of a straight line from `before` to `tip`. The line then ends inside the head, so that
/// its blunt end does not show at the tip.
fn head(before: [f32; 2], tip: &mut [f32; 2]) -> String {
    let [length, half] = HEAD;
    let [x, y] = *tip;
    let distance = (x - before[0]).hypot(y - before[1]).max(f32::EPSILON);
    let (dx, dy) = ((x - before[0]) / distance, (y - before[1]) / distance);
    let base = [x - dx * length, y - dy * length];
    *tip = [base[0] + dx, base[1] + dy];
    let wing = |side: f32| [base[0] + side * dy * half, base[1] - side * dx * half];
    let ([ax, ay], [bx, by]) = (wing(1.0), wing(-1.0));
    format!("M{x} {y}L{ax} {ay}L{bx} {by}z")
}

/// A path through points whose corners are rounded as far as the pieces' lengths allow.
fn rounded(points: &[[f32; 2]]) -> String {
    let mut path = String::new();
    for (at, &[x, y]) in points.iter().enumerate() {
        let around = match at {
            0 => None,
            _ => points.get(at + 1).map(|&next| (points[at - 1], next)),
        };
        match around {
            None => push(&mut path, format_args!("{}{x} {y}", if at == 0 { "M" } else { "L" })),
            Some((before, next)) => {
                let towards = |[px, py]: [f32; 2]| {
                    let length = (px - x).hypot(py - y);
                    let share = ROUND.min(length / 2.0) / length.max(f32::EPSILON);
                    [x + (px - x) * share, y + (py - y) * share]
                };
                let ([ax, ay], [bx, by]) = (towards(before), towards(next));
                push(&mut path, format_args!("L{ax} {ay}Q{x} {y} {bx} {by}"));
            }
        }
    }
    path
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).unwrap_or_else(|e| unreachable!("writing to a string failed: {e}"));
}

/// Text as XML content or as the value of an attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            _ => out.push(c),
        }
    }
    out
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
        assert_eq!(rounded(&[[0.0, 0.0], [20.0, 0.0], [20.0, 4.0]]), "M0 0L14 0Q20 0 20 2L20 4");
        assert_eq!(rounded(&[[0.0, 0.0], [5.0, 0.0]]), "M0 0L5 0");
    }
}
