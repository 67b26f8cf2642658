//! The command palette: finds a command by a few letters of its name.

use eframe::egui::{self, Align2, AtomExt as _, Key, RichText, Vec2};

use crate::gui::commands::{Action, answers, icon, table};

/// Distance of the palette from the window's upper edge, in points.
const TOP: f32 = 80.0;
/// Height of the list where the window has room for it, in points.
const HEIGHT: f32 = 360.0;
/// Size of the place for an icon, in points.
const ICON: Vec2 = Vec2::new(18.0, 14.0);
/// Space below the list that the window keeps free, in points.
const BELOW: f32 = 60.0;

/// The palette while it is open.
#[derive(Default)]
pub struct CommandPalette {
    typed: String,
    chosen: usize,
    /// It was drawn already.
    is_drawn: bool,
}

/// What came of a frame with the palette.
pub enum PaletteState {
    /// It stays open.
    Open,
    /// It was closed, with a command or without.
    Closed(Option<Action>),
}

impl CommandPalette {
    /// Draws it; `possible` tells which commands can be given now.
    pub fn show(&mut self, ctx: &egui::Context, possible: impl Fn(Action) -> bool) -> PaletteState {
        let mut found: Vec<_> = table()
            .iter()
            .filter(|entry| possible(entry.action) && entry.action != Action::Palette)
            .filter_map(|entry| answers(&entry.name, &self.typed).map(|cost| (cost, entry)))
            .collect();
        found.sort_by_key(|(cost, _)| *cost);
        let pressed = |key| ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, key));
        if pressed(Key::Escape) {
            return PaletteState::Closed(None);
        }
        let last = found.len().saturating_sub(1);
        self.chosen = self.chosen.min(last);
        let before = self.chosen;
        if pressed(Key::ArrowDown) {
            self.chosen = if self.chosen == last { 0 } else { self.chosen + 1 };
        }
        if pressed(Key::ArrowUp) {
            self.chosen = self.chosen.checked_sub(1).unwrap_or(last);
        }
        if pressed(Key::Enter) {
            return PaletteState::Closed(found.get(self.chosen).map(|(_, entry)| entry.action));
        }
        let mut outcome = PaletteState::Open;
        let modal = egui::Modal::new(egui::Id::unique("palette")).area(
            egui::Modal::default_area(egui::Id::unique("palette"))
                .anchor(Align2::CENTER_TOP, Vec2::new(0.0, TOP)),
        );
        let response = modal.show(ctx, |ui| {
            ui.set_width(460.0);
            let edit = egui::TextEdit::singleline(&mut self.typed)
                .hint_text("Find a command")
                .desired_width(f32::INFINITY);
            let edit = ui.add(edit);
            edit.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Find a command"));
            if edit.changed() {
                self.chosen = 0;
            }
            edit.request_focus();
            let is_moved = self.chosen != before;
            let height = HEIGHT.min(ctx.content_rect().height() - TOP - ui.min_rect().height() - BELOW);
            // The dialog is as high as in the frame before: without a least height a list that was short once
            // would stay so.
            let mut list = egui::ScrollArea::vertical().max_height(height).min_scrolled_height(height);
            if !std::mem::replace(&mut self.is_drawn, true) {
                list = list.vertical_scroll_offset(0.0);
            }
            list.auto_shrink([false, true]).show(ui, |ui| {
                for (index, (_, entry)) in found.iter().enumerate() {
                    let keys = entry.keys(ctx).unwrap_or_default();
                    // Names stand below each other, with an icon or without.
                    let icon = icon(entry.action).unwrap_or_default().atom_size(ICON);
                    let button = egui::Button::selectable(index == self.chosen, (icon, entry.name.as_str()))
                        .right_text(RichText::new(keys).weak())
                        .min_size(Vec2::new(ui.available_width(), 0.0));
                    let response = ui.add(button).on_hover_text(entry.tooltip);
                    response.widget_info(|| {
                        let is_chosen = index == self.chosen;
                        egui::WidgetInfo::selected(egui::Role::Button, true, is_chosen, &entry.name)
                    });
                    if response.clicked() {
                        outcome = PaletteState::Closed(Some(entry.action));
                    }
                    if index == self.chosen && (is_moved || edit.changed()) {
                        response.scroll_to_me(None);
                    }
                }
            });
            if found.is_empty() {
                ui.label(RichText::new("No command has these letters").weak());
            }
        });
        if response.should_close() {
            return PaletteState::Closed(None);
        }
        outcome
    }
}
