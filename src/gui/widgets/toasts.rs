//! Short messages in the corner: finished, saved, failed.

use std::time::{Duration, Instant};

use eframe::egui::{self, Align2, RichText, Vec2};

use crate::gui::theme::Palette;

/// The time that a message stays; a problem stays until it is closed.
const STAY: Duration = Duration::from_secs(6);

/// The kind of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    /// Something is done.
    Done,
    /// Something went wrong.
    Problem,
}

struct Toast {
    kind: ToastKind,
    text: String,
    since: Instant,
}

/// Messages that are shown.
#[derive(Default)]
pub struct Toasts {
    shown: Vec<Toast>,
}

impl Toasts {
    /// Says that something is done.
    pub fn done(&mut self, text: impl Into<String>) {
        self.push(ToastKind::Done, text.into());
    }

    /// Says that something went wrong.
    pub fn problem(&mut self, text: impl Into<String>) {
        self.push(ToastKind::Problem, text.into());
    }

    fn push(&mut self, kind: ToastKind, text: String) {
        // The same again only stays longer.
        self.shown.retain(|toast| toast.text != text);
        self.shown.push(Toast { kind, text, since: Instant::now() });
    }

    /// Draws them at the lower right.
    pub fn show(&mut self, ctx: &egui::Context) {
        self.shown.retain(|toast| toast.kind == ToastKind::Problem || toast.since.elapsed() < STAY);
        if self.shown.is_empty() {
            return;
        }
        let area = egui::Area::new(egui::Id::unique("toasts")).order(egui::Order::Foreground);
        area.anchor(Align2::RIGHT_BOTTOM, Vec2::new(-16.0, -56.0)).show(ctx, |ui| {
            ui.set_max_width(420.0);
            let mut closed = None;
            for (index, toast) in self.shown.iter().enumerate() {
                egui::Frame::popup(ui.style()).show(ui, |ui| {
                    ui.horizontal_top(|ui| {
                        let palette = Palette::of(ui);
                        let (mark, color) = match toast.kind {
                            ToastKind::Done => ("✔", palette.good),
                            ToastKind::Problem => ("⚠", palette.bad),
                        };
                        ui.label(RichText::new(mark).color(color));
                        ui.add(egui::Label::new(&toast.text).wrap());
                        let close = ui.add(egui::Button::new("✖").frame(false));
                        if close.on_hover_text("Close this message").clicked() {
                            closed = Some(index);
                        }
                    });
                });
            }
            if let Some(index) = closed {
                self.shown.remove(index);
            }
        });
        ctx.request_repaint_after(Duration::from_secs(1));
    }
}
