//! Which images a run learns from, and what is there.

use std::path::Path;
use std::sync::Arc;

use eframe::egui::{self, Color32, RichText, TextEdit, TextureHandle, Vec2};

use super::check::{CheckedImages, State};
use super::form::Form;
use crate::arch::words::thousands;
use crate::config::table::IMAGES;
use crate::config::{RunConfig, Setting};
use crate::data::{READERS, Reader, Source, SourceKind, SourcePlace, is_archive};
use crate::gui::commands::{Action, entry};

/// Points to a side of a sample image.
const THUMB: f32 = 44.0;
/// The row with the path of the source, which is a part of a setting.
const PATH: &str = "data.folder";
/// Files that are left out which are listed.
const LISTED: usize = 100;

/// What was drawn before.
#[derive(Default)]
pub struct DataPreview {
    strip: Option<(Arc<CheckedImages>, Vec<TextureHandle>)>,
    /// Whether the path is being typed.
    is_typed: bool,
}

impl DataPreview {
    /// Notes that no path is being typed, where there is no field for it.
    pub fn end_typing(&mut self) {
        self.is_typed = false;
    }

    /// Whether the path is being typed, so that it may be half of one.
    pub fn is_typed(&self) -> bool {
        self.is_typed
    }
}

/// The row that says what is wrong with the form's source: that of its path, where it has one.
pub fn problem_row(source: &str) -> &'static str {
    if place(source) == SourcePlace::Drawn { "data.source" } else { PATH }
}

/// The reader that a source's text names, and the path for it; a text that names none is a path.
fn reader_of(text: &str) -> (&'static dyn Reader, &str) {
    let folder = || (Source::folder("").reader(), text);
    Source::split(text).unwrap_or_else(folder)
}

/// The folder or file of a source; none where its images are drawn.
pub fn path_of(source: &str) -> Option<&str> {
    let (reader, path) = reader_of(source);
    (reader.kind().place != SourcePlace::Drawn).then_some(path)
}

/// What has to be chosen for the source of the form.
pub fn place(source: &str) -> SourcePlace {
    reader_of(source).0.kind().place
}

/// What is to be named where the source of the form has no path yet.
pub fn unnamed(source: &str) -> Option<&'static str> {
    let (reader, path) = reader_of(source);
    let asked = match reader.kind().place {
        SourcePlace::Drawn => None,
        SourcePlace::Folder => Some("Name the folder with the images"),
        SourcePlace::File(_) => Some("Name the file with the images"),
    };
    asked.filter(|_| path.trim().is_empty())
}

/// The source for a folder or a file that was chosen or dropped where the form has `source`; none for a file
/// that no reader takes. An archive stands for the folder that it becomes: the form says how to unpack it.
pub fn chosen(source: &str, path: &Path) -> Option<Source> {
    let takes = |place: SourcePlace| match place {
        SourcePlace::Drawn => false,
        SourcePlace::Folder => path.is_dir() || is_archive(path),
        SourcePlace::File(endings) => {
            let is = |known: &&str| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(known));
            path.is_file() && endings.iter().any(is)
        }
    };
    let (now, _) = reader_of(source);
    // A public data set is looked for in the folder that was chosen for it.
    if takes(now.kind().place) {
        return Some(Source::new(now, path));
    }
    let other = READERS.iter().find(|reader| takes(reader.kind().place));
    other.map(|&reader| Source::new(reader, path))
}

/// Draws the section.
pub fn show(
    ui: &mut egui::Ui,
    form: Form<'_>,
    view: &mut DataPreview,
    config: &mut RunConfig,
    side: usize,
    state: &State,
    actions: &mut Vec<Action>,
) {
    let mut is_typed = false;
    let own = |ui: &mut egui::Ui, setting: &Setting, config: &mut RunConfig| {
        match setting.key {
            "data.source" => {
                source(ui, form, setting, &mut config.data.source);
                is_typed = place(&config.data.source) != SourcePlace::Drawn
                    && path(ui, form, &mut config.data.source, actions);
            }
            "data.background" => form.row(ui, setting.key, setting.label, setting.about, |ui| {
                ui.color_edit_button_srgb(&mut config.data.background)
            }),
            _ => return false,
        }
        true
    };
    form.table(ui, &IMAGES, config, own, |ui| {
        ui.label("Found").on_hover_text("What is there, before a run begins");
        ui.vertical(|ui| found(ui, view, side, state));
        ui.end_row();
    });
    view.is_typed = is_typed;
}

/// The row with the kinds of sources.
fn source(ui: &mut egui::Ui, form: Form<'_>, setting: &Setting, source: &mut String) {
    let now = reader_of(source).0.kind();
    form.row(ui, setting.key, setting.label, setting.about, |ui| {
        let row = ui.horizontal_wrapped(|ui| {
            for &reader in READERS {
                let SourceKind { prefix, label, about, .. } = reader.kind();
                let clicked = ui.selectable_label(now.prefix == prefix, label).on_hover_text(about);
                if clicked.clicked() && now.prefix != prefix {
                    *source = Source::text(reader, reader_of(source).1);
                }
            }
        });
        row.response
    });
}

/// The row with the source's folder or file. Returns whether it is being typed.
fn path(ui: &mut egui::Ui, form: Form<'_>, source: &mut String, actions: &mut Vec<Action>) -> bool {
    let mut is_typed = false;
    let (reader, path) = reader_of(source);
    let mut path = path.to_owned();
    let (label, tip) = match reader.kind().place {
        SourcePlace::File(_) => ("File", "The file with the images"),
        SourcePlace::Folder | SourcePlace::Drawn => ("Folder", "The folder with the files"),
    };
    form.row(ui, PATH, label, tip, |ui| {
        let row = ui.horizontal(|ui| {
            let typed = ui.add(TextEdit::singleline(&mut path).desired_width(300.0));
            let choose = entry(Action::ChooseImages);
            if ui.button(&choose.name).on_hover_text(choose.tooltip).clicked() {
                actions.push(Action::ChooseImages);
            }
            typed
        });
        if row.inner.changed() {
            *source = Source::text(reader, &path);
        }
        is_typed = row.inner.has_focus();
        row.inner
    });
    is_typed
}

/// Draws what is there: some of the images, how many they are and what is left out.
pub fn found(ui: &mut egui::Ui, view: &mut DataPreview, side: usize, state: &State) {
    let found = match state {
        // What to name, or what is wrong, is said at the path and where the form says why it cannot start.
        State::Unnamed(_) | State::Done(Err(_)) => {
            let words = if let State::Unnamed(_) = state { "nothing yet" } else { "nothing" };
            ui.label(RichText::new(words).weak());
            return;
        }
        State::Busy(done, total) => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(match total {
                    0 => "Looking".to_owned(),
                    total => format!("{} of {} files", thousands(*done as u64), thousands(*total as u64)),
                });
            });
            return;
        }
        State::Done(Ok(found)) => found,
    };
    strip(ui, view, found);
    let report = &found.report;
    ui.label(format!("{} images, brought to {side} x {side} px", thousands(report.used as u64)));
    if let Some(sizes) = &report.sizes {
        let [width, height] = sizes.smallest;
        ui.label(if sizes.smallest == sizes.largest {
            format!("All of {width} x {height} px")
        } else {
            format!("Sizes {sizes}")
        });
    }
    if !report.classes.is_empty() {
        let text = format!("{} classes", report.classes.len());
        ui.label(text).on_hover_text(report.listed_classes().join("\n"));
    }
    for note in &report.notes {
        ui.label(note);
    }
    if !report.skipped.is_empty() {
        ui.colored_label(ui.visuals().warn_fg_color, report.counts().to_string());
        ui.collapsing("Left out", |ui| {
            egui::ScrollArea::vertical().max_height(140.0).show(ui, |ui| {
                for skipped in report.skipped.iter().take(LISTED) {
                    ui.label(RichText::new(skipped.to_string()).small());
                }
                if report.skipped.len() > LISTED {
                    ui.label(format!("and {} more", report.skipped.len() - LISTED));
                }
            });
        });
    }
}

fn strip(ui: &mut egui::Ui, view: &mut DataPreview, found: &Arc<CheckedImages>) {
    if !view.strip.as_ref().is_some_and(|(of, _)| Arc::ptr_eq(of, found)) {
        let side = found.report.side;
        let texture = |(place, pixels): (usize, &Vec<u8>)| {
            let image = egui::ColorImage::from_rgb([side, side], pixels);
            ui.ctx().load_texture(format!("image {place}"), image, egui::TextureOptions::NEAREST)
        };
        view.strip = Some((found.clone(), found.strip.iter().enumerate().map(texture).collect()));
    }
    let Some((_, textures)) = &view.strip else {
        return;
    };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = Vec2::splat(3.0);
        for (place, texture) in textures.iter().enumerate() {
            let image = egui::Image::new(texture).fit_to_exact_size(Vec2::splat(THUMB)).tint(Color32::WHITE);
            ui.add(image.alt_text(format!("Sample image {}", place + 1)));
        }
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_source_is_a_reader_and_a_path() {
        for (source, expected) in [
            ("toys", ("toys", "")),
            ("/a:b/c", ("", "/a:b/c")),
            ("idx:/a", ("idx", "/a")),
            ("idx", ("", "idx")),
            ("mnist:/a", ("", "mnist:/a")),
            ("C:\\pictures", ("", "C:\\pictures")),
        ] {
            let (reader, path) = reader_of(source);
            assert_eq!((reader.kind().prefix, path), expected);
        }
    }

    #[test]
    fn a_source_without_a_path_asks_for_its_folder_or_its_file() {
        for (source, expected) in [
            ("", Some("Name the folder with the images")),
            ("idx: ", Some("Name the folder with the images")),
            ("numpy:", Some("Name the file with the images")),
            ("toys", None),
            ("pictures", None),
        ] {
            assert_eq!(unnamed(source), expected, "{source}");
        }
    }

    #[test]
    fn what_is_chosen_goes_to_a_reader_that_takes_it() {
        let dir = tempfile::tempdir().unwrap();
        let chosen = |source: &str| chosen(source, dir.path()).map(|source| source.reader().kind().prefix);
        assert_eq!(chosen("toys"), Some(""));
        assert_eq!(chosen("/elsewhere"), Some(""));
        assert_eq!(chosen("stl10:"), Some("stl10"));
        assert_eq!(super::chosen("toys", &dir.path().join("none.txt")), None);
        let archive = dir.path().join("pictures.zip");
        std::fs::write(&archive, "x").unwrap();
        let source = super::chosen("toys", &archive).unwrap();
        assert_eq!((source.reader().kind().prefix, source.path()), ("", &*archive));
        assert_eq!(super::chosen("idx:/a", &archive).unwrap().reader().kind().prefix, "idx");
    }
}
