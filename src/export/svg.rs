//! A drawing as an SVG document.

use std::fmt::Write;

use super::drawing::{Anchor, Drawing, Ink, Shape, Step};
use crate::arch::diagram::Rect;

const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/// The complete document. Each group's title is one that browsers show as a tooltip.
pub(super) fn document(drawing: &Drawing<'_>) -> String {
    let [width, height] = drawing.size;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{FONT}\" font-size=\"{}\">\n\
         <title>{}</title>\n<desc>{}</desc>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"10\" fill=\"#{:06x}\"/>\n",
        drawing.text_size,
        escaped(&drawing.title),
        escaped(drawing.summary),
        drawing.background,
    );
    drawing.shapes.iter().for_each(|shape| add(&mut out, shape));
    out += "</svg>\n";
    out
}

fn add(out: &mut String, shape: &Shape<'_>) {
    match shape {
        Shape::Group { title, shapes } => {
            push(out, format_args!("<g><title>{}</title>", escaped(title)));
            shapes.iter().for_each(|shape| add(out, shape));
            *out += "</g>\n";
        }
        Shape::Rect { rect: Rect { x, y, width, height }, round, fill, line } => push(
            out,
            format_args!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\" \
                 fill=\"#{fill:06x}\" stroke=\"#{line:06x}\"/>"
            ),
        ),
        Shape::Path { steps, ink } => {
            *out += "<path d=\"";
            steps.iter().for_each(|step| add_step(out, step));
            match ink {
                Ink::Fill(colour) => push(out, format_args!("\" fill=\"#{colour:06x}\"")),
                Ink::Line { colour, width, dashes } => {
                    push(
                        out,
                        format_args!("\" fill=\"none\" stroke=\"#{colour:06x}\" stroke-width=\"{width}\""),
                    );
                    if let Some([dash, space]) = dashes {
                        push(out, format_args!(" stroke-dasharray=\"{dash} {space}\""));
                    }
                }
            }
            *out += "/>\n";
        }
        Shape::Text { anchor, bold, colour, text } => {
            let ([x, y], anchor) = match anchor {
                Anchor::Start(at) => (at, ""),
                Anchor::Middle(at) => (at, " text-anchor=\"middle\""),
            };
            let weight = if *bold { " font-weight=\"600\"" } else { "" };
            let text = escaped(text);
            push(
                out,
                format_args!(
                    "<text x=\"{x}\" y=\"{y}\" fill=\"#{colour:06x}\"{anchor}{weight}>{text}</text>"
                ),
            );
        }
    }
}

fn add_step(out: &mut String, step: &Step) {
    match step {
        Step::Move([x, y]) => push(out, format_args!("M{x} {y}")),
        Step::Line([x, y]) => push(out, format_args!("L{x} {y}")),
        Step::Curve([cx, cy], [x, y]) => push(out, format_args!("Q{cx} {cy} {x} {y}")),
        Step::Close => *out += "z",
    }
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
