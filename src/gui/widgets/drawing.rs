//! A network as a drawing in the window: boxes, lines, tooltips, and marks on what differs.

use eframe::egui::containers::scroll_area::{DragScroll, ScrollSource};
use eframe::egui::{
    self, Color32, EventFilter, FontId, Key, Pos2, Rect, RichText, Role, Sense, Shape, Stroke, StrokeKind,
    TextWrapMode, Vec2, WidgetInfo,
};

use crate::arch::diagram::{
    self, Diagram, Geometry, LINE_WIDTH, LineKind, PartKind, Primitive, Style, TEXT_SIZE,
};
use crate::arch::{Genotype, NetShape};
use crate::gui::theme::{Palette, faded};
use crate::gui::widgets::focus;

/// Smallest scale at which a drawing can still be read; below it, it scrolls.
const LEAST_SCALE: f32 = 0.62;
const LARGEST_SCALE: f32 = 1.6;
/// Smallest scale of a drawing that is fitted in as a whole.
const LEAST_FIT: f32 = 0.3;
/// Letters are never smaller, whatever the scale: words that do not fit their boxes are cut short.
const LEAST_TEXT: f32 = 11.0;
/// The factors by which one can zoom in, and that of a click or a key.
const ZOOM: std::ops::RangeInclusive<f32> = 1.0..=8.0;
const ZOOM_STEP: f32 = 1.25;
/// How far an arrow key moves a drawing, in points.
const PAN_STEP: f32 = 40.0;
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

/// Draws a network as wide as there is room, with marks on the parts of these indices.
pub fn show(ui: &mut egui::Ui, diagram: &Diagram, marks: &[usize]) {
    ui.label(RichText::new(&diagram.summary).weak());
    let scale = (ui.available_width() / diagram.size[0]).clamp(LEAST_SCALE, LARGEST_SCALE);
    paint(ui, diagram, marks, scale, Sense::hover());
}

/// A drawing to show: a heading, what is drawn, and the parts that are marked.
pub type MarkedDrawing<'a> = (Option<String>, &'a Diagram, Vec<usize>);

/// The part of some drawings that is looked at.
pub struct DrawingView {
    /// The enlargement of what fits as a whole.
    zoom: f32,
    /// What was asked for by a button, for the next frame.
    wanted: Option<f32>,
}

impl Default for DrawingView {
    /// All of it.
    fn default() -> Self {
        Self { zoom: 1.0, wanted: None }
    }
}

impl DrawingView {
    /// Draws the buttons that zoom.
    pub fn controls(&mut self, ui: &mut egui::Ui) {
        for (sign, name, possible, zoom, about) in [
            ("−", "Zoom out", self.zoom > *ZOOM.start(), self.zoom / ZOOM_STEP, "Ctrl and wheel zoom, too"),
            ("Fit", "Fit", self.zoom != 1.0, 1.0, "Shows all of the drawing; so does a double click on it"),
            ("+", "Zoom in", self.zoom < *ZOOM.end(), self.zoom * ZOOM_STEP, "Drag the drawing to move it"),
        ] {
            let button = ui.add_enabled(possible, egui::Button::new(sign).small());
            button.widget_info(|| WidgetInfo::labeled(Role::Button, possible, name));
            if button.on_hover_text(format!("{name}. {about}")).clicked() {
                self.wanted = Some(zoom);
            }
        }
    }

    /// Draws them below each other in all the room there is: as a whole at first, and as far as one has zoomed in.
    pub fn show(&mut self, ui: &mut egui::Ui, drawings: &[MarkedDrawing<'_>]) {
        let room = ui.available_rect_before_wrap();
        let fit = fit(ui, room.size(), drawings);
        let before = self.zoom;
        let pointer = ui.input(|input| input.pointer.hover_pos()).filter(|at| room.contains(*at));
        let turned = pointer.map_or(1.0, |_| ui.input(egui::InputState::zoom_delta));
        self.zoom = (self.wanted.take().unwrap_or(before) * turned).clamp(*ZOOM.start(), *ZOOM.end());
        let id = ui.make_persistent_id("drawing");
        let source = ScrollSource { drag: DragScroll::Always, ..ScrollSource::default() };
        let mut area = egui::ScrollArea::both().id_salt("drawing").auto_shrink(false).scroll_source(source);
        let moved: Vec2 = ui.data_mut(|data| data.remove_temp(id)).unwrap_or_default();
        let known: Vec2 = ui.data(|data| data.get_temp(id.with("offset"))).unwrap_or_default();
        if self.zoom != before || moved != Vec2::ZERO {
            // What lies under the pointer stays there, else what lies in the middle.
            let point = pointer.unwrap_or(room.center()) - room.min;
            let offset = (known + point) * (self.zoom / before) - point + moved;
            area = area.scroll_offset(offset.max(Vec2::ZERO));
        }
        let mut by_key = Vec2::ZERO;
        let shown = area.show(ui, |ui| {
            for (heading, diagram, marks) in drawings {
                if let Some(heading) = heading {
                    ui.add(egui::Label::new(RichText::new(heading).strong()).extend());
                }
                ui.add(egui::Label::new(RichText::new(&diagram.summary).weak()).extend());
                let response = paint(ui, diagram, marks, fit * self.zoom, Sense::click());
                if response.double_clicked() {
                    self.wanted = Some(1.0);
                }
                if response.has_focus() {
                    by_key += self.keys(ui, response.id);
                }
                focus::ring(ui.painter(), &response, response.rect);
            }
        });
        ui.data_mut(|data| {
            data.insert_temp(id.with("offset"), shown.state.clamped_offset());
            if by_key != Vec2::ZERO {
                data.insert_temp(id, by_key);
            }
        });
    }

    /// Zooms and moves by the keys that were pressed. Returns by how much to move.
    fn keys(&mut self, ui: &egui::Ui, id: egui::Id) -> Vec2 {
        let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        // All that can be seen is seen at first, and then arrows go to the next widget as elsewhere.
        if self.zoom > 1.0 {
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, arrows));
        }
        // On many keyboards, a plus takes Shift.
        let pressed = |key| ui.input(|input| input.key_pressed(key) && !input.modifiers.command);
        if pressed(Key::Plus) || pressed(Key::Equals) {
            self.wanted = Some(self.zoom * ZOOM_STEP);
        }
        if pressed(Key::Minus) {
            self.wanted = Some(self.zoom / ZOOM_STEP);
        }
        if pressed(Key::Num0) {
            self.wanted = Some(1.0);
        }
        let step = |forward, back| {
            PAN_STEP * (f32::from(u8::from(pressed(forward))) - f32::from(u8::from(pressed(back))))
        };
        Vec2::new(step(Key::ArrowRight, Key::ArrowLeft), step(Key::ArrowDown, Key::ArrowUp))
    }
}

/// The scale at which all drawings are seen as a whole, with the lines of text above them.
fn fit(ui: &egui::Ui, room: Vec2, drawings: &[MarkedDrawing<'_>]) -> f32 {
    let line = ui.text_style_height(&egui::TextStyle::Body) + 2.0 * ui.spacing().item_spacing.y;
    let lines = drawings.iter().map(|(heading, ..)| if heading.is_some() { 2.0 } else { 1.0 }).sum::<f32>();
    let width = drawings.iter().map(|(_, diagram, _)| diagram.size[0]).fold(1.0, f32::max);
    let height = drawings.iter().map(|(_, diagram, _)| diagram.size[1]).sum::<f32>().max(1.0);
    let scale = (room.x / width).min((room.y - lines * line) / height);
    scale.clamp(LEAST_FIT, LARGEST_SCALE)
}

/// Draws a network at a scale, with marks on the parts of these indices.
fn paint(ui: &mut egui::Ui, diagram: &Diagram, marks: &[usize], scale: f32, sense: Sense) -> egui::Response {
    let [width, height] = diagram.size;
    let (area, response) = ui.allocate_exact_size(Vec2::new(width, height) * scale, sense);
    let words = format!("Drawing of the {}", diagram.title);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
    let (palette, text) = (Palette::of(ui), ui.visuals().text_color());
    let painter = ui.painter_at(area.expand(1.0));
    let at = |[x, y]: [f32; 2]| area.min + Vec2::new(x, y) * scale;
    let place = |rect: diagram::Rect| {
        Rect::from_min_size(at([rect.x, rect.y]), Vec2::new(rect.width, rect.height) * scale)
    };
    let size = (TEXT_SIZE * scale).max(LEAST_TEXT);
    // The part whose words were drawn last, and where.
    let mut last: Option<(Option<usize>, f32)> = None;
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
            Geometry::Text { at: middle, centered, text } => {
                let middle = at(middle);
                // A second line that would lie over the first is left to the tooltip.
                if last.is_some_and(|(other, y)| other == part && middle.y - y < size) {
                    continue;
                }
                last = Some((part, middle.y));
                let room = part.map_or(f32::INFINITY, |part| diagram.parts[part].rect.width * scale);
                let room = if centered { room - 4.0 } else { room - 12.0 * scale };
                let words = egui::WidgetText::from(RichText::new(text).color(ink));
                let font = FontId::proportional(size);
                let galley = words.into_galley(ui, Some(TextWrapMode::Truncate), room.max(0.0), font);
                let left = if centered { middle.x - galley.size().x / 2.0 } else { middle.x };
                painter.galley(Pos2::new(left, middle.y - galley.size().y / 2.0), galley, ink);
            }
        }
    }
    let under = response
        .hover_pos()
        .and_then(|pointer| diagram.parts.iter().rfind(|part| place(part.rect).contains(pointer)));
    match under {
        Some(part) => response.on_hover_text(&part.detail),
        None => response,
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
