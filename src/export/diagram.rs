//! A network's drawing as a picture.

use super::Picture;
use super::canvas::Canvas;
use super::colours::background;
use crate::arch::diagram::Diagram;

/// The drawing as a picture, with `scale` pixels to a unit of the drawing.
///
/// # Errors
///
/// If it has no pixel or too many, in a sentence.
pub fn diagram_picture(diagram: &Diagram, dark: bool, scale: f32) -> Result<Picture, String> {
    let [width, height] = diagram.size.map(|length| (length * scale).ceil() as u32);
    let mut canvas = Canvas::new(width, height, background(dark))
        .ok_or_else(|| format!("a drawing of {width} x {height} pixels cannot be painted"))?;
    canvas.diagram(diagram, dark, scale);
    Ok(canvas.finish())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::diagram::{PartKind, Rect};
    use crate::arch::{Genotype, NetShape};
    use crate::export::colours::{ACCENT, PLAIN, TINT};
    use crate::export::svg;

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
                assert_eq!(count("g"), diagram.parts.len());
                assert_eq!(count("rect"), diagram.parts.len() + 1);
                // Every line starts once, and so does every arrow head; a plus has two strokes.
                let to =
                    |kind| diagram.lines.iter().filter(|line| diagram.parts[line.to].kind == kind).count();
                let pluses = diagram.parts.iter().filter(|part| part.kind == PartKind::Sum).count();
                let starts = 2 * (diagram.lines.len() + pluses) - to(PartKind::Fork);
                let paths = document.split(" d=\"").skip(1).filter_map(|rest| rest.split('"').next());
                assert_eq!(paths.map(|path| path.matches('M').count()).sum::<usize>(), starts);
                for part in &diagram.parts {
                    assert!(text.contains(&part.detail), "{:?}", part.detail);
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
            let picture = diagram_picture(&diagram, dark, scale).unwrap();
            let (width, height) = picture.size();
            assert_eq!([width, height], diagram.size.map(|length| (length * scale).ceil() as u32));
            let at = |[x, y]: [f32; 2]| {
                let [r, g, b] = picture.image().get_pixel((x * scale) as u32, (y * scale) as u32).0;
                u32::from_be_bytes([0, r, g, b])
            };
            assert_eq!(at([0.0, 0.0]), background(dark));
            for part in &diagram.parts {
                let corner = [part.rect.x + 3.0, part.rect.y + part.rect.height / 2.0];
                let wanted = match part.kind {
                    PartKind::Weighted => ACCENT,
                    PartKind::Upsampling | PartKind::Skip | PartKind::End => TINT,
                    PartKind::Plain => PLAIN,
                    PartKind::Frame | PartKind::Sum | PartKind::Fork => continue,
                }[usize::from(dark)];
                assert_eq!(at(corner), wanted, "{vector}: {:?} {:?}", part.kind, part.label);
                // Its label is painted on it.
                let Rect { x, y, width, height } = part.rect;
                let inside = |share: f32, from: f32, length: f32| from + 4.0 + share * (length - 8.0);
                let places = (0..4000).map(|n| ((n % 80) as f32 / 80.0, (n / 80) as f32 / 50.0));
                let ink = places.filter(|&(across, down)| {
                    at([inside(across, x, width), inside(down, y, height)]) != wanted
                });
                assert!(ink.count() > 20, "{vector}: nothing on {:?}", part.label);
            }
        }
        assert!(diagram_picture(&diagram("1 0 1 1"), false, 0.0).is_err());
    }

    #[test]
    fn what_would_break_xml_is_escaped() {
        let mut diagram = diagram("1 0 1 1");
        diagram.title = "generator <&\">".to_owned();
        diagram.parts[0].detail = "a < b && \"c\" > d".to_owned();
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
}
