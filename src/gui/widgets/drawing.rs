//! A network as a drawing in the window: boxes, lines, tooltips, and marks on what differs.

use eframe::egui::{
    self, Align2, Color32, FontId, Pos2, Rect, RichText, Role, Sense, Shape, Stroke, StrokeKind, Vec2,
    WidgetInfo,
};

use crate::arch::diagram::{
    self, Diagram, Geometry, LINE_WIDTH, LineKind, PartKind, Primitive, Style, TEXT_SIZE,
};
use crate::arch::{Genotype, NetShape};
use crate::gui::theme::{Palette, faded};

/// Smallest scale at which a drawing can still be read; below it, it scrolls.
const LEAST_SCALE: f32 = 0.62;
const LARGEST_SCALE: f32 = 1.6;
/// Drawings that are kept.
const KEPT: usize = 8;

/// Drawings that were laid out, the one asked for last first.
#[derive(Default)]
pub struct Diagrams {
    drawn: Vec<(Genotype, NetShape, Diagram)>,
}

impl Diagrams {
    /// The drawing of a genotype.
    pub fn of(&mut self, genotype: &Genotype, shape: &NetShape) -> &Diagram {
        let known = self.drawn.iter().position(|(drawn, of, _)| drawn == genotype && of == shape);
        match known {
            Some(at) => self.drawn[..=at].rotate_right(1),
            None => {
                self.drawn.truncate(KEPT - 1);
                self.drawn.insert(0, (genotype.clone(), *shape, Diagram::of(genotype, shape)));
            }
        }
        &self.drawn[0].2
    }
}

/// Draws a network as large as it fits, with marks on the parts of these indices.
pub fn show(ui: &mut egui::Ui, diagram: &Diagram, marks: &[usize]) {
    ui.label(RichText::new(&diagram.summary).weak());
    let [width, height] = diagram.size;
    let scale = (ui.available_width() / width).clamp(LEAST_SCALE, LARGEST_SCALE);
    let (area, response) = ui.allocate_exact_size(Vec2::new(width, height) * scale, Sense::hover());
    let words = format!("Drawing of the {}", diagram.title);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
    let (palette, text) = (Palette::of(ui), ui.visuals().text_color());
    let painter = ui.painter_at(area.expand(1.0));
    let at = |[x, y]: [f32; 2]| area.min + Vec2::new(x, y) * scale;
    let place = |rect: diagram::Rect| {
        Rect::from_min_size(at([rect.x, rect.y]), Vec2::new(rect.width, rect.height) * scale)
    };
    for Primitive { part, style, form } in diagram.primitives() {
        let [fill, border, ink] = colours(style, &palette, text);
        match form {
            Geometry::Rect { rect, round } => {
                let marked = part.is_some_and(|part| marks.contains(&part));
                let line = if marked { Stroke::new(2.0, palette.warning) } else { Stroke::new(1.0, border) };
                if 2.0 * round < rect.width {
                    painter.rect(place(rect), round * scale, fill, line, StrokeKind::Inside);
                } else {
                    painter.circle(at(rect.center()), round * scale, fill, line);
                }
            }
            Geometry::Line { points, dashes } => {
                let points: Vec<Pos2> = points.into_iter().map(at).collect();
                let stroke = Stroke::new(LINE_WIDTH * scale, ink);
                match dashes.map(|dashes| dashes.map(|length| length * scale)) {
                    Some([dash, space]) => painter.extend(Shape::dashed_line(&points, stroke, dash, space)),
                    None => drop(painter.add(Shape::line(points, stroke))),
                }
            }
            Geometry::Head(points) => {
                painter.add(Shape::convex_polygon(points.map(at).to_vec(), ink, Stroke::NONE));
            }
            Geometry::Text { at: place, centered, text } => {
                let align = if centered { Align2::CENTER_CENTER } else { Align2::LEFT_CENTER };
                painter.text(at(place), align, text, FontId::proportional(TEXT_SIZE * scale), ink);
            }
        }
    }
    let under = response
        .hover_pos()
        .and_then(|pointer| diagram.parts.iter().rfind(|part| place(part.rect).contains(pointer)));
    if let Some(part) = under {
        response.on_hover_text(&part.detail);
    }
}

/// The colours of a shape's inside, of its border, and of text and lines.
fn colours(style: Style, palette: &Palette, text: Color32) -> [Color32; 3] {
    let kind = match style {
        Style::Line(LineKind::Flow) => return [faded(text, 0.55); 3],
        Style::Line(LineKind::Shortcut | LineKind::Skip) | Style::Part(PartKind::Fork) => {
            return [palette.generator; 3];
        }
        Style::Part(PartKind::Frame) => return [faded(palette.well, 0.7), palette.faint, text],
        Style::Part(kind) => kind,
    };
    let (share, strong) = match kind {
        PartKind::Weighted => (0.34, true),
        PartKind::Skip => (0.24, true),
        PartKind::Upsampling => (0.16, false),
        PartKind::End => (0.07, true),
        _ => (0.07, false),
    };
    // Over the well, so that lines below do not shine through.
    let fill = palette.well.lerp_to_gamma(palette.generator, share);
    [fill, if strong { faded(palette.generator, 0.8) } else { palette.faint }, text]
}
