//! Dialogs about the window itself: the keys of all commands, and what the program is.

use eframe::egui::{self, Grid, Key, KeyboardShortcut, Modifiers, RichText, gui_zoom::kb_shortcuts};

use super::App;
use crate::gui::about::{AboutDialog, AboutState, RunExcerpt};
use crate::gui::commands::{self, Action, entry, table};

/// Width of a command with its keys, and what stays free around the dialog, in points.
const COLUMN: f32 = 330.0;
const AROUND: f32 = 80.0;

/// The dialog that is open.
pub(super) enum InfoDialog {
    /// The keys of all commands.
    Shortcuts,
    /// What the program is.
    About(AboutDialog),
}

impl App {
    /// Opens the dialog that says what the program is.
    pub(super) fn about(&mut self) {
        let run = self.sessions.shown().map(|session| {
            let state = session.lock();
            let places = [session.dir(), &self.places.runs].map(|dir| dir.display().to_string());
            let source = state.config.as_ref().map(|config| config.data.source.to_string());
            // Without the kind of source that may stand before the path; one that is built in has no path.
            let source = source
                .map(|source| source.split_once(':').map_or(source.clone(), |(_, path)| path.to_owned()))
                .filter(|source| source.contains(['/', '\\']));
            let home = directories::UserDirs::new().map(|dirs| dirs.home_dir().display().to_string());
            // The longer ones first, since one may lie in another.
            let mut private: Vec<String> = places.into_iter().chain(source).chain(home).collect();
            private.sort_by_key(|place| std::cmp::Reverse(place.len()));
            RunExcerpt::of(&state, &private)
        });
        self.info = Some(InfoDialog::About(AboutDialog::new(run.unwrap_or_default(), self.wake.clone())));
    }

    /// Draws the dialog that is open.
    pub(super) fn info_dialog(&mut self, ctx: &egui::Context) {
        let stays_open = match &mut self.info {
            None => return,
            Some(InfoDialog::Shortcuts) => shortcuts(ctx),
            Some(InfoDialog::About(about)) => match about.show(ctx, self.setup.machine()) {
                AboutState::Open => true,
                AboutState::Copied(report) => {
                    ctx.copy_text(report);
                    self.toasts.done("The report is copied: paste it where you describe the problem");
                    true
                }
                AboutState::Closed => false,
            },
        };
        if !stays_open {
            self.info = None;
        }
    }
}

/// Draws the keys of all commands. Returns whether it stays open.
fn shortcuts(ctx: &egui::Context) -> bool {
    // The key that opened it closes it.
    let is_asked = !commands::pressed(ctx, |action| action == Action::Shortcuts).is_empty();
    let room = ctx.content_rect().size() - egui::Vec2::splat(AROUND);
    let columns = if room.x >= 2.0 * COLUMN { 2 } else { 1 };
    let modal = egui::Modal::new(egui::Id::unique("shortcuts")).show(ctx, |ui| {
        ui.set_width(room.x.min(columns as f32 * COLUMN));
        let closed = ui
            .horizontal(|ui| {
                ui.heading(&entry(Action::Shortcuts).name);
                ui.button("Close").on_hover_text("Closes this (Escape)").clicked()
            })
            .inner;
        ui.separator();
        egui::ScrollArea::vertical().max_height(room.y - AROUND).auto_shrink([false, true]).show(ui, |ui| {
            let rows = rows(ctx);
            Grid::new("shortcuts").num_columns(2 * columns).striped(true).min_col_width(0.2 * COLUMN).show(
                ui,
                |ui| {
                    for row in rows.chunks(columns) {
                        for (name, keys) in row {
                            ui.label(name);
                            ui.label(RichText::new(keys).monospace().strong());
                        }
                        ui.end_row();
                    }
                },
            );
        });
        closed
    });
    !(is_asked || modal.inner || modal.should_close())
}

/// All that has keys, with them: the commands, then what works everywhere.
fn rows(ctx: &egui::Context) -> Vec<(String, String)> {
    let commands = table().iter().filter_map(|entry| Some((entry.name.clone(), entry.keys(ctx)?)));
    let plain = |key| KeyboardShortcut::new(Modifiers::NONE, key);
    let everywhere = [
        ("Next control", [plain(Key::Tab), plain(Key::Tab)]),
        ("Control before", [KeyboardShortcut::new(Modifiers::SHIFT, Key::Tab); 2]),
        ("Press the control", [plain(Key::Enter), plain(Key::Space)]),
        ("Close a dialog", [plain(Key::Escape); 2]),
        ("Larger", [kb_shortcuts::ZOOM_IN, kb_shortcuts::ZOOM_IN_SECONDARY]),
        ("Smaller", [kb_shortcuts::ZOOM_OUT; 2]),
        ("Usual size", [kb_shortcuts::ZOOM_RESET; 2]),
    ];
    let everywhere = everywhere.into_iter().map(|(name, keys)| {
        let mut keys: Vec<String> = keys.iter().map(|keys| ctx.format_shortcut(keys)).collect();
        keys.dedup();
        (name.to_owned(), keys.join(" or "))
    });
    commands.chain(everywhere).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_with_keys_is_listed_with_them() {
        let ctx = egui::Context::default();
        let rows = rows(&ctx);
        for entry in table().iter().filter(|entry| entry.shortcut.is_some()) {
            let row = rows.iter().find(|(name, _)| *name == entry.name);
            assert_eq!(row.map(|(_, keys)| keys.clone()), entry.keys(&ctx), "{}", entry.name);
        }
        let keys = |name: &str| rows.iter().find(|row| row.0 == name).map(|row| row.1.as_str());
        assert_eq!(keys("Keyboard shortcuts"), Some("F1 or ?"));
        assert_eq!(keys("Close a dialog"), Some("Escape"));
        assert_eq!(keys("Next control"), Some("Tab"));
    }
}
