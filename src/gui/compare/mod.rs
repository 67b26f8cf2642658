//! Two or more runs side by side: their pictures, curves over each other, their settings, what came out, and the
//! architectures that they found.

mod architectures;
mod curves;
mod pictures;
mod tables;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{self, RichText};

use super::background::reader::BackgroundReader;
use super::plot::CurveStyle;
use super::session::{Session, Wake};
use super::theme::Palette;
use super::widgets::drawing::Diagrams;
use super::widgets::focus;
use crate::app::{Comparison, compare};
use crate::run::run_name;

/// Time between two looks at what came out, while a run goes on.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// Smallest size of the tables, and of the architectures and the pictures, in points.
const LEAST_WIDTH: f32 = 240.0;
const LEAST_HEIGHT: f32 = 100.0;
/// Share of the height that the pictures have at first, and the architectures.
const PICTURES: f32 = 0.3;
const ARCHITECTURES: f32 = 0.34;

/// The screen.
pub struct CompareScreen {
    /// The runs, followed like any that is only looked at.
    runs: Vec<Session>,
    reader: BackgroundReader<Result<Comparison, String>>,
    pictures: pictures::ComparedPictures,
    curves: curves::CurvesView,
    tables: tables::TablesView,
    diagrams: Diagrams,
}

impl CompareScreen {
    /// Begins to read the runs in these folders.
    pub fn new(dirs: &[PathBuf], wake: &Wake) -> Self {
        Self {
            runs: dirs.iter().map(|dir| Session::open(dir, wake.clone())).collect(),
            reader: BackgroundReader::new(wake.clone()),
            pictures: pictures::ComparedPictures::new(dirs.len(), wake.clone()),
            curves: curves::CurvesView::default(),
            tables: tables::TablesView::default(),
            diagrams: Diagrams::default(),
        }
    }

    /// The folders of the runs.
    pub fn dirs(&self) -> impl Iterator<Item = &Path> {
        self.runs.iter().map(Session::dir)
    }

    /// Draws which runs are compared, each in its colour. Returns one that shall be opened.
    pub fn title(&self, ui: &mut egui::Ui) -> Option<PathBuf> {
        let palette = Palette::of(ui);
        let mut opened = None;
        ui.label("Compare");
        // Each gets its share of the width, however long its name is.
        let share = ui.available_width() / self.runs.len().max(1) as f32 - ui.spacing().item_spacing.x;
        for (index, run) in self.runs.iter().enumerate() {
            let text = RichText::new(run.name()).strong().color(palette.distinct(index));
            let button = ui.scope(|ui| {
                ui.set_max_width(share);
                ui.add(egui::Button::new(text).frame(false).truncate())
            });
            let button = button.inner;
            // The names of its curves are buttons, too.
            let words = format!("Open {}", run.name());
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &words));
            if button.on_hover_text(format!("Opens {}", run.dir().display())).clicked() {
                opened = Some(run.dir().to_owned());
            }
        }
        opened
    }

    fn read(&mut self, ctx: &egui::Context) -> Option<Arc<Result<Comparison, String>>> {
        let live = self.runs.iter().any(|run| run.lock().status.is_live());
        let every = if live { LOOK_EVERY } else { Duration::MAX };
        if live {
            ctx.request_repaint_after(LOOK_EVERY);
        }
        let dirs: Vec<PathBuf> = self.dirs().map(Path::to_owned).collect();
        self.reader.get(every, || move || compare(&dirs).map_err(|error| error.to_string()))
    }

    /// Draws the screen.
    pub fn show(&mut self, ui: &mut egui::Ui, style: &mut CurveStyle) {
        let comparison = self.read(ui.ctx());
        let comparison = comparison.as_deref();
        let (width, height) = (ui.available_width(), ui.available_height());
        let by_pointer = !focus::is_by_keyboard(ui.ctx());
        let right = egui::Panel::right("compared outcomes").resizable(by_pointer);
        right.min_size(LEAST_WIDTH).default_size((width * 0.36).max(LEAST_WIDTH)).show(ui, |ui| {
            // What there is to say must not change the size that was chosen.
            ui.take_available_space();
            match comparison {
                None => drop(ui.label(RichText::new("Reading the runs…").weak())),
                Some(Err(problem)) => drop(ui.label(RichText::new(problem).color(Palette::of(ui).bad))),
                Some(Ok(comparison)) => tables::show(ui, &mut self.tables, comparison),
            }
        });
        let above = egui::Panel::top("compared pictures").resizable(by_pointer);
        above.min_size(LEAST_HEIGHT).default_size((height * PICTURES).max(LEAST_HEIGHT)).show(ui, |ui| {
            ui.take_available_space();
            self.pictures.show(ui, &self.runs);
        });
        let below = egui::Panel::bottom("compared architectures").resizable(by_pointer);
        below.min_size(LEAST_HEIGHT).default_size((height * ARCHITECTURES).max(LEAST_HEIGHT)).show(
            ui,
            |ui| {
                ui.take_available_space();
                let comparison = comparison.and_then(|comparison| comparison.as_ref().ok());
                architectures::show(ui, &mut self.diagrams, comparison);
            },
        );
        egui::CentralPanel::default().show(ui, |ui| {
            curves::show(ui, &mut self.curves, &self.runs, style);
        });
    }
}

/// The names of runs as they are told apart: with their folder where two are called the same.
fn names(dirs: &[&Path]) -> Vec<String> {
    let same = |dir: &Path| dirs.iter().filter(|other| run_name(other) == run_name(dir)).count() > 1;
    let full = |dir: &&Path| if same(dir) { dir.display().to_string() } else { run_name(dir) };
    dirs.iter().map(full).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_the_same_name_are_distinguished_by_their_folder() {
        let dirs = ["/a/x", "/b/x", "/b/y"].map(Path::new);
        assert_eq!(names(&dirs), ["/a/x", "/b/x", "y"]);
    }
}
