//! A generator as a drawing in the window: boxes, lines, tooltips, and marks on what differs.

use eframe::egui::epaint::PathStroke;
use eframe::egui::{
    self, Align2, Color32, FontId, Pos2, Rect, RichText, Role, Sense, Shape, Stroke, StrokeKind, Vec2,
    WidgetInfo,
};

use super::theme::{Palette, faded};
use crate::arch::diagram::{self, Diagram, Edge, EdgeKind, Node, NodeKind, TEXT_SIZE};
use crate::arch::{Genotype, NetShape};

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

/// Draws a generator as large as there is room, with marks on the nodes of these indices.
pub fn show(ui: &mut egui::Ui, diagram: &Diagram, marks: &[usize]) {
    ui.label(RichText::new(&diagram.summary).weak());
    let [width, height] = diagram.size;
    let room = ui.available_width() / width;
    let scale = room.clamp(LEAST_SCALE, LARGEST_SCALE);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, height) * scale, Sense::hover());
    let words = format!("Drawing of the generator {}", diagram.vector);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
    let brush = Brush { palette: Palette::of(ui), text: ui.visuals().text_color(), origin: rect.min, scale };
    let painter = ui.painter_at(rect.expand(1.0));
    let marked = |index: usize| marks.contains(&index);
    for (index, node) in diagram.nodes.iter().enumerate().filter(|(_, node)| node.kind.is_frame()) {
        brush.node(&painter, node, marked(index));
    }
    for edge in &diagram.edges {
        let arrow = diagram.nodes[edge.to].kind != NodeKind::Fork;
        brush.edge(&painter, edge, arrow);
    }
    for (index, node) in diagram.nodes.iter().enumerate().filter(|(_, node)| !node.kind.is_frame()) {
        brush.node(&painter, node, marked(index));
    }
    let under = response.hover_pos().and_then(|pointer| {
        let inside = |node: &&Node| brush.rect(node.rect).contains(pointer);
        diagram.nodes.iter().rfind(inside)
    });
    if let Some(node) = under.filter(|node| !node.detail.is_empty()) {
        response.on_hover_text(&node.detail);
    }
}

/// Draws at a place, in a size.
struct Brush {
    palette: Palette,
    text: Color32,
    origin: Pos2,
    scale: f32,
}

impl Brush {
    fn at(&self, [x, y]: [f32; 2]) -> Pos2 {
        self.origin + Vec2::new(x, y) * self.scale
    }

    fn rect(&self, rect: diagram::Rect) -> Rect {
        let size = Vec2::new(rect.width, rect.height) * self.scale;
        Rect::from_min_size(self.at([rect.x, rect.y]), size)
    }

    fn node(&self, painter: &egui::Painter, node: &Node, marked: bool) {
        let Self { palette, scale, .. } = self;
        let rect = self.rect(node.rect);
        let font = FontId::proportional(TEXT_SIZE * scale);
        let line =
            if marked { Stroke::new(2.0, palette.warning) } else { Stroke::new(1.0, self.line(node.kind)) };
        match node.kind {
            NodeKind::Cell | NodeKind::ToRgb => {
                painter.rect(rect, 8.0 * scale, faded(palette.well, 0.7), line, StrokeKind::Inside);
                let corner = rect.min + Vec2::new(8.0, 5.0) * *scale;
                painter.text(corner, Align2::LEFT_TOP, &node.label, font, self.text);
            }
            NodeKind::Fork => {
                painter.circle_filled(rect.center(), rect.width() / 2.0, palette.generator);
            }
            NodeKind::Add => {
                painter.circle(rect.center(), rect.width() / 2.0, self.fill(node.kind), line);
                painter.text(rect.center(), Align2::CENTER_CENTER, "+", font, self.text);
            }
            _ => {
                painter.rect(rect, 5.0 * scale, self.fill(node.kind), line, StrokeKind::Inside);
                let middle = rect.center();
                let galley = painter.layout(node.label.clone(), font, self.text, f32::INFINITY);
                painter.galley(middle - galley.size() / 2.0, galley, self.text);
            }
        }
    }

    fn fill(&self, kind: NodeKind) -> Color32 {
        let share = match kind {
            NodeKind::Conv | NodeKind::Linear => 0.34,
            NodeKind::Skip => 0.24,
            NodeKind::Up => 0.16,
            _ => 0.07,
        };
        // Over the well, so that lines below do not shine through.
        self.palette.well.lerp_to_gamma(self.palette.generator, share)
    }

    fn line(&self, kind: NodeKind) -> Color32 {
        match kind {
            NodeKind::Conv | NodeKind::Linear | NodeKind::Skip | NodeKind::Latent | NodeKind::Image => {
                faded(self.palette.generator, 0.8)
            }
            _ => self.palette.faint,
        }
    }

    fn edge(&self, painter: &egui::Painter, edge: &Edge, arrow: bool) {
        let points: Vec<Pos2> = edge.points.iter().map(|&point| self.at(point)).collect();
        let color = match edge.kind {
            EdgeKind::Flow => faded(self.text, 0.55),
            EdgeKind::Shortcut | EdgeKind::Skip => self.palette.generator,
        };
        let stroke = Stroke::new(1.5 * self.scale, color);
        match edge.kind {
            EdgeKind::Shortcut => {
                painter.extend(Shape::dashed_line(&points, stroke, 4.0 * self.scale, 2.5 * self.scale));
            }
            EdgeKind::Flow | EdgeKind::Skip => {
                painter.add(Shape::line(points.clone(), PathStroke::new(stroke.width, stroke.color)));
            }
        }
        if let ([.., before, end], true) = (points.as_slice(), arrow) {
            let along = (*end - *before).normalized() * 5.0 * self.scale;
            let across = along.rot90() * 0.55;
            let head = vec![*end, *end - along + across, *end - along - across];
            painter.add(Shape::convex_polygon(head, color, Stroke::NONE));
        }
    }
}
