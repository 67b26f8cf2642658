//! A network's drawing as an SVG document.

use std::fmt::Write;

use super::colours::{background, colours};
use crate::arch::diagram::{BASE_LINE, Diagram, Geometry, LINE_WIDTH, Primitive, Rect, TEXT_SIZE};

const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/// The drawing as a complete SVG document, for a dark or a light surrounding. Every part has its details as a
/// title of its own, which browsers show as a tooltip.
pub fn svg(diagram: &Diagram, dark: bool) -> String {
    let [width, height] = diagram.size;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{FONT}\" font-size=\"{TEXT_SIZE}\">\n\
         <title>AutoGAN {}</title>\n<desc>{}</desc>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"10\" fill=\"#{:06x}\"/>\n",
        escaped(&diagram.title),
        escaped(&diagram.summary),
        background(dark),
    );
    for shapes in diagram.primitives().chunk_by(|one, next| one.part == next.part) {
        let part = shapes[0].part.map(|index| &diagram.parts[index]);
        if let Some(part) = part {
            push(&mut out, format_args!("<g><title>{}</title>", escaped(&part.detail)));
        }
        shapes.iter().for_each(|shape| add(&mut out, shape, dark));
        out += if part.is_some() { "</g>\n" } else { "" };
    }
    out += "</svg>\n";
    out
}

fn add(out: &mut String, shape: &Primitive<'_>, dark: bool) {
    let [fill, border, ink] = colours(shape.style, dark);
    match &shape.form {
        Geometry::Rect { rect: Rect { x, y, width, height }, round } => push(
            out,
            format_args!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\" \
                 fill=\"#{fill:06x}\" stroke=\"#{border:06x}\"/>"
            ),
        ),
        Geometry::Line { points, dashes } => {
            let (path, dashes) = (path(points), dashes.map(|dashes| dashes.map(|length| length.to_string())));
            push(out, format_args!("<path d=\"{path}\" fill=\"none\" stroke=\"#{ink:06x}\""));
            push(out, format_args!(" stroke-width=\"{LINE_WIDTH}\""));
            if let Some(dashes) = dashes {
                push(out, format_args!(" stroke-dasharray=\"{}\"", dashes.join(" ")));
            }
            *out += "/>\n";
        }
        Geometry::Head(points) => {
            push(out, format_args!("<path d=\"{}z\" fill=\"#{ink:06x}\"/>\n", path(points)))
        }
        Geometry::Text { at: [x, middle], centered, text } => {
            let y = middle + BASE_LINE * TEXT_SIZE;
            let anchor = if *centered { " text-anchor=\"middle\"" } else { "" };
            push(
                out,
                format_args!(
                    "<text x=\"{x}\" y=\"{y}\" fill=\"#{ink:06x}\"{anchor}>{}</text>",
                    escaped(text)
                ),
            );
        }
    }
}

/// Straight pieces through points.
fn path(points: &[[f32; 2]]) -> String {
    let step = |(at, [x, y]): (usize, &[f32; 2])| format!("{}{x} {y}", if at == 0 { 'M' } else { 'L' });
    points.iter().enumerate().map(step).collect()
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
