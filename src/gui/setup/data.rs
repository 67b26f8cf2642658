//! Which images a run learns from, and what is there.

use std::sync::Arc;

use eframe::egui::{self, Color32, RichText, TextEdit, TextureHandle, Vec2};

use super::check::{Found, State};
use super::form::{Drag, Form};
use crate::arch::words::thousands;
use crate::config::RunConfig;
use crate::gui::commands::{Action, entry};

/// Points to a side of a sample image.
const THUMB: f32 = 44.0;
/// Skipped files that are listed.
const LISTED: usize = 100;
/// Images that a bound begins with.
const LIMIT: usize = 5_000;

/// Kinds of sources: what is written before the colon, in words, and what they are.
const KINDS: [(&str, &str, &str); 5] = [
    ("toys", "Toys", "Small coloured pictures of ten kinds, drawn by the program"),
    ("", "Folder", "A folder of images in any sizes; its sub-folders are classes"),
    ("cifar10", "CIFAR-10", "The folder with the binary version's files data_batch_1.bin to 5"),
    ("stl10", "STL-10", "The folder with the binary version's files"),
    ("idx", "IDX", "The folder with MNIST's or Fashion-MNIST's files"),
];

/// What was drawn before.
#[derive(Default)]
pub struct View {
    strip: Option<(Arc<Found>, Vec<TextureHandle>)>,
}

/// What is written before the colon of a public data set's source; none for a folder or the toys.
pub fn kind(source: &str) -> Option<&'static str> {
    let named = KINDS.iter().map(|(kind, ..)| *kind).filter(|kind| !["toys", ""].contains(kind));
    named.into_iter().find(|kind| source.strip_prefix(kind).is_some_and(|rest| rest.starts_with(':')))
}

fn folder(source: &str) -> &str {
    match kind(source) {
        Some(kind) => &source[kind.len() + 1..],
        None if source == "toys" => "",
        None => source,
    }
}

/// Draws the section.
pub fn show(
    ui: &mut egui::Ui,
    form: Form<'_>,
    view: &mut View,
    config: &mut RunConfig,
    side: usize,
    state: &State,
    actions: &mut Vec<Action>,
) {
    form.section(ui, "Images", "Drop a folder on the window, or choose what to learn from", |ui| {
        let data = &mut config.data;
        let now = kind(&data.source).unwrap_or(if data.source == "toys" { "toys" } else { "" });
        form.row(ui, "data.source", "Source", "Where the images come from", |ui| {
            let row = ui.horizontal_wrapped(|ui| {
                for (kind, words, about) in KINDS {
                    if ui.selectable_label(now == kind, words).on_hover_text(about).clicked() && now != kind {
                        let folder = folder(&data.source).to_owned();
                        data.source = match kind {
                            "toys" => "toys".to_owned(),
                            "" => folder,
                            kind => format!("{kind}:{folder}"),
                        };
                    }
                }
            });
            row.response
        });
        if now != "toys" {
            let mut path = folder(&data.source).to_owned();
            form.row(ui, "data.folder", "Folder", "The folder with the files", |ui| {
                let row = ui.horizontal(|ui| {
                    let typed = ui.add(TextEdit::singleline(&mut path).desired_width(300.0));
                    let choose = entry(Action::ChooseImages);
                    if ui.button(&choose.name).on_hover_text(choose.tooltip).clicked() {
                        actions.push(Action::ChooseImages);
                    }
                    typed
                });
                if row.inner.changed() {
                    data.source = match now {
                        "" => path.clone(),
                        kind => format!("{kind}:{path}"),
                    };
                }
                row.inner
            });
            let tip = "At most so many images, drawn evenly from the whole set";
            let drag = Drag::whole(1..=10_000_000, 50.0);
            form.bound(ui, "data.limit", "At most", tip, &mut data.limit, LIMIT, drag);
        } else {
            let tip = "Pictures that are drawn; the more, the less the discriminator learns them by heart";
            let drag = Drag::whole(16..=1_000_000, 100.0);
            form.number(ui, "data.toys_count", "Pictures", tip, &mut data.toys_count, drag);
        }
        ui.label("Found").on_hover_text("What is there, before a run begins");
        ui.vertical(|ui| found(ui, view, side, state));
        ui.end_row();
    });
}

fn found(ui: &mut egui::Ui, view: &mut View, side: usize, state: &State) {
    let found = match state {
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
        State::Done(Err(problem)) => {
            ui.colored_label(ui.visuals().error_fg_color, problem);
            return;
        }
        State::Done(Ok(found)) => found,
    };
    strip(ui, view, found);
    let report = &found.report;
    ui.label(format!("{} images, brought to {side} x {side} px", thousands(report.used as u64)));
    if let Some(sizes) = &report.sizes {
        let words = |[width, height]: [u32; 2]| format!("{width} x {height}");
        let (small, large) = (words(sizes.smallest), words(sizes.largest));
        ui.label(match small == large {
            true => format!("All of {small} px"),
            false => format!("From {small} to {large} px, most of them {}", words(sizes.most_common)),
        });
    }
    if !report.classes.is_empty() {
        let names: Vec<String> =
            report.classes.iter().map(|class| format!("{} {}", class.name, class.count)).collect();
        let text = format!("{} classes", report.classes.len());
        ui.label(text).on_hover_text(names.join("\n"));
    }
    for note in &report.notes {
        ui.label(note);
    }
    if !report.skipped.is_empty() {
        ui.collapsing(format!("{} files are skipped", thousands(report.skipped.len() as u64)), |ui| {
            egui::ScrollArea::vertical().max_height(140.0).show(ui, |ui| {
                for skipped in report.skipped.iter().take(LISTED) {
                    let text = RichText::new(format!("{}: {}", skipped.path, skipped.reason));
                    ui.label(text.small());
                }
                if report.skipped.len() > LISTED {
                    ui.label(format!("and {} more", report.skipped.len() - LISTED));
                }
            });
        });
    }
}

fn strip(ui: &mut egui::Ui, view: &mut View, found: &Arc<Found>) {
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
    use super::*;

    #[test]
    fn a_source_is_a_kind_and_a_folder() {
        for (source, expected) in [
            ("toys", (None, "")),
            ("/a:b/c", (None, "/a:b/c")),
            ("idx:/a", (Some("idx"), "/a")),
            ("idx", (None, "idx")),
            ("C:\\pictures", (None, "C:\\pictures")),
        ] {
            assert_eq!((kind(source), folder(source)), expected);
        }
    }
}
