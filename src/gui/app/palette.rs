//! The command palette: finds a command by a few letters of its name.

use eframe::egui::{self, Align2, Key, RichText, Vec2};

use crate::gui::commands::{Action, answers, table};

/// The palette while it is open.
#[derive(Default)]
pub struct CommandPalette {
    typed: String,
    chosen: usize,
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
                .anchor(Align2::CENTER_TOP, Vec2::new(0.0, 80.0)),
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
            egui::ScrollArea::vertical().max_height(360.0).auto_shrink([false, true]).show(ui, |ui| {
                for (index, (_, entry)) in found.iter().enumerate() {
                    let keys = entry.keys(ctx).unwrap_or_default();
                    let button = egui::Button::selectable(index == self.chosen, &entry.name)
                        .right_text(RichText::new(keys).weak())
                        .min_size(Vec2::new(ui.available_width(), 0.0));
                    let response = ui.add(button).on_hover_text(entry.tooltip);
                    if response.clicked() {
                        outcome = PaletteState::Closed(Some(entry.action));
                    }
                    if index == self.chosen && edit.changed() {
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
