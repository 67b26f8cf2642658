//! The column of controls beside the images.

use std::sync::Arc;

use eframe::egui::{self, DragValue, ProgressBar, RichText, Slider, WidgetInfo};

use super::CreateScreen;
use super::choices::{CreateChoices, CreateMode, LAST_SEED, MOST_IMAGES, NO_TRUNCATION, REACH, SPACINGS};
use super::client::{Made, ModelFacts};
use super::control_request::ControlRequest;
use super::directions;
use super::exports::ExportForm;
use super::history::History;
use super::many::MANY;
use super::player::named;
use super::viewport;
use crate::arch::words::thousands;
use crate::engine::SampleWeights;
use crate::gui::theme::{GAP, Palette};

/// Side of a picked image in the column, in points.
const THUMBNAIL: f32 = 44.0;
/// Why nothing more can be written.
const BUSY: &str = "Another export is under way";
/// The least truncation threshold.
const LEAST_THRESHOLD: f64 = 0.05;
/// Frames from a picked image to the next.
const STEPS: std::ops::RangeInclusive<usize> = 1..=120;
/// Squares that a pixel can become in what is exported.
const ENLARGED: std::ops::RangeInclusive<u32> = 1..=16;

impl CreateScreen {
    /// Draws the column.
    pub(super) fn controls(
        &mut self,
        ui: &mut egui::Ui,
        model: &Arc<ModelFacts>,
        made: Option<&Made>,
        history: &History,
    ) -> Vec<ControlRequest> {
        let mut requests = Vec::new();
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            ui.add(egui::Label::new(RichText::new(&self.name).strong()).truncate());
            if self.client.busy() {
                ui.spinner();
            }
        });
        let size = model.side;
        let about =
            format!("{size} x {size} px, {} parameters, on {}", thousands(model.params), model.device);
        ui.label(RichText::new(about).weak()).on_hover_text(format!(
            "Architecture {}\n{}",
            model.vector,
            model.genotype.in_words()
        ));
        for note in &model.notes {
            ui.label(RichText::new(note).weak());
        }
        if self.weights.show(ui, &model.sha256) {
            requests.push(ControlRequest::Newest);
        }
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            for mode in CreateMode::ALL {
                let on = self.choices.mode == mode;
                if ui.selectable_label(on, mode.word()).on_hover_text(mode.tooltip()).clicked() {
                    requests.push(ControlRequest::Mode(mode));
                }
            }
        });
        ui.separator();
        egui::Grid::new("create choices").num_columns(2).spacing([12.0, 7.0]).show(ui, |ui| {
            let choices = &mut self.choices;
            match choices.mode {
                CreateMode::Seeds => seeds(ui, choices),
                CreateMode::Explore => explore(ui, choices),
                CreateMode::Interpolate => interpolate(ui, choices),
                CreateMode::History => {}
            }
            if choices.mode != CreateMode::History {
                options(ui, choices, model);
            }
        });
        if self.choices.mode == CreateMode::Explore {
            let hint = "Drag the images, or use the arrow keys; the wheel, + and - change the spacing";
            ui.label(RichText::new(hint).small().weak());
        }
        if self.choices.mode != CreateMode::History {
            directions::show(ui, &mut self.choices, &model.directions);
        }
        if self.choices.mode == CreateMode::Seeds {
            let resample =
                ui.button("Resample").on_hover_text("Shows the next seeds: images not seen before");
            if resample.clicked() {
                self.choices.resample();
            }
        }
        ui.add_space(GAP);
        self.picked(ui, made);
        if let Some((latent, _)) = self.chosen(made) {
            self.recipe(ui, model, &latent.to_string(), &mut requests);
        }
        ui.add_space(GAP);
        self.exports(ui, model, made, history, &mut requests);
        requests
    }

    /// The picked images, in their order.
    fn picked(&mut self, ui: &mut egui::Ui, made: Option<&Made>) {
        if self.choices.picks.is_empty() {
            return;
        }
        ui.horizontal(|ui| {
            ui.label(RichText::new("Picked").strong());
            let clear = ui.small_button("Clear").on_hover_text("Unpicks all images");
            clear.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, "Clear the picked images"));
            if clear.clicked() {
                self.choices.picks.clear();
            }
        });
        let mut back = None;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(4.0, 4.0);
            for (number, latent) in self.choices.picks.iter().enumerate() {
                let image = self.image(made, latent);
                let name = format!("Picked {}: {latent}", number + 1);
                let thumbnail = viewport::thumbnail(ui, image.as_ref(), THUMBNAIL, false, &name);
                if thumbnail.on_hover_text(format!("{name}. Click to unpick it")).clicked() {
                    back = Some(number);
                }
            }
        });
        if let Some(number) = back {
            self.choices.picks.remove(number);
        }
    }

    fn recipe(
        &self,
        ui: &mut egui::Ui,
        model: &ModelFacts,
        latent: &str,
        requests: &mut Vec<ControlRequest>,
    ) {
        let CreateChoices { threshold, weights, .. } = self.choices;
        let truncation = if threshold < NO_TRUNCATION {
            format!("truncated at {threshold:.2}")
        } else {
            "not truncated".to_owned()
        };
        let weights = match weights {
            SampleWeights::Average => "average weights",
            SampleWeights::Raw => "raw weights",
        };
        ui.add_space(6.0);
        ui.label(RichText::new("Recipe").strong());
        let moves = directions::words(&self.choices.along, &model.directions);
        ui.label(format!("{latent}, {truncation}, {weights}{moves}"));
        ui.label(RichText::new(format!("{} of {}", model.vector, self.name)).weak())
            .on_hover_text(model.genotype.in_words());
        let copy = ui.button("Copy the recipe");
        let copy =
            copy.on_hover_text("As JSON, as in an exported image: all that is needed to make it again");
        if copy.clicked() {
            requests.push(ControlRequest::Copy);
        }
    }

    fn exports(
        &mut self,
        ui: &mut egui::Ui,
        model: &ModelFacts,
        made: Option<&Made>,
        history: &History,
        requests: &mut Vec<ControlRequest>,
    ) {
        ui.horizontal(|ui| {
            ui.label(RichText::new("Export").strong());
            if self.exporter.busy() {
                ui.spinner();
            }
        });
        if let Some(note) =
            self.weights.note(&model.sha256).filter(|_| self.choices.mode != CreateMode::History)
        {
            ui.label(RichText::new(format!("All are {note}")).weak());
        }
        ui.horizontal_wrapped(|ui| {
            for export in ExportForm::ALL {
                let reason =
                    if self.exporter.busy() { Some(BUSY) } else { self.work(export, made, history).err() };
                let button = ui.add_enabled(reason.is_none(), egui::Button::new(export.words()));
                let button = button.on_hover_text(export.tooltip());
                let button = button.on_disabled_hover_text(reason.unwrap_or_default());
                if button.clicked() {
                    requests.push(ControlRequest::Export(export));
                }
            }
        });
        self.many(ui, requests);
        ui.horizontal(|ui| {
            let tip = "Each pixel becomes a square of so many, so that small images are seen on large screens; 1 \
                       keeps the generator's own pixels";
            let name = ui.label("Enlarged").on_hover_text(tip);
            let drag = DragValue::new(&mut self.choices.enlarged).range(ENLARGED).speed(0.05).suffix(" times");
            ui.add(drag).labelled_by(name.id).on_hover_text(tip);
        });
    }

    /// The button that makes many images; while they are made, how far that is.
    fn many(&self, ui: &mut egui::Ui, requests: &mut Vec<ControlRequest>) {
        if let Some(many) = &self.many {
            let (saved, all) = many.progress();
            ui.horizontal(|ui| {
                let bar = ProgressBar::new(saved as f32 / all as f32).desired_width(150.0);
                ui.add(bar.text(format!("{saved} of {all} images saved")));
                let cancel = ui.button("Cancel").on_hover_text("Makes no more; those that are saved stay");
                if cancel.clicked() {
                    requests.push(ControlRequest::CancelMany);
                }
            });
            return;
        }
        let button = ui.add_enabled(!self.exporter.busy(), egui::Button::new(format!("Make {MANY} images…")));
        let button = button.on_hover_text(
            "Saves images of seeds that are not shown, each in a PNG file of its own with its recipe, into a folder. \
             Truncation, weights and directions are as they are now",
        );
        if button.on_disabled_hover_text(BUSY).clicked() {
            requests.push(ControlRequest::Many);
        }
    }
}

fn seeds(ui: &mut egui::Ui, choices: &mut CreateChoices) {
    row(
        ui,
        "First seed",
        "A seed stands for a latent: the same seed, the same image, here and on the command line",
        |ui| ui.add(DragValue::new(&mut choices.first).range(0..=LAST_SEED).speed(0.2)),
    );
    count(ui, choices);
}

fn explore(ui: &mut egui::Ui, choices: &mut CreateChoices) {
    row(
        ui,
        "Origin",
        "The seed in the middle of the map; its neighbours are the seeds before and after it",
        |ui| ui.add(DragValue::new(&mut choices.first).range(0..=LAST_SEED).speed(0.2)),
    );
    count(ui, choices);
    row(ui, "To the right", "Where the middle of the grid is, in seeds from the origin", |ui| {
        ui.add(DragValue::new(&mut choices.place.0).range(-REACH..=REACH).speed(0.02).max_decimals(3))
    });
    row(
        ui,
        "Downwards",
        "Where the middle of the grid is, in rows of a hundred seeds from the origin",
        |ui| ui.add(DragValue::new(&mut choices.place.1).range(-REACH..=REACH).speed(0.02).max_decimals(3)),
    );
    row(
        ui,
        "Spacing",
        "From an image to its neighbour; at 1 every image is another seed, near 0 all are alike. Over the images, the \
         wheel and the keys + and - change it",
        |ui| ui.add(DragValue::new(&mut choices.spacing).range(SPACINGS).speed(0.005).max_decimals(3)),
    );
}

fn interpolate(ui: &mut egui::Ui, choices: &mut CreateChoices) {
    row(
        ui,
        "Frames between",
        "Frames from a picked image to the next; the way is an arc, on which all latents are as long as those of the training",
        |ui| ui.add(DragValue::new(&mut choices.steps).range(STEPS).speed(0.2)),
    );
    row(ui, "Closed", "The animation ends where it began, so that it can go on for ever", |ui| {
        ui.checkbox(&mut choices.closed, "")
    });
}

fn count(ui: &mut egui::Ui, choices: &mut CreateChoices) {
    row(ui, "Images", "How many are shown; fewer are made faster", |ui| {
        ui.add(DragValue::new(&mut choices.count).range(1..=MOST_IMAGES).speed(0.2))
    });
}

fn options(ui: &mut egui::Ui, choices: &mut CreateChoices, model: &ModelFacts) {
    let tip = "Keeps the numbers of every latent within this threshold: images become more typical and less varied \
               (the truncation trick of BigGAN). Each number moves to the same quantile of a truncated normal \
               distribution, so an image keeps its face while you drag";
    let name = ui.label("Truncation").on_hover_text(tip);
    ui.horizontal(|ui| {
        ui.spacing_mut().slider_width = 90.0;
        let slider = Slider::new(&mut choices.threshold, LEAST_THRESHOLD..=NO_TRUNCATION).show_value(false);
        let slider = ui.add(slider).labelled_by(name.id).on_hover_text(tip);
        let threshold = choices.threshold;
        slider.widget_info(|| named(WidgetInfo::slider(true, threshold, ""), "Truncation"));
        ui.label(if threshold < NO_TRUNCATION { format!("{threshold:.2}") } else { "off".to_owned() });
    });
    ui.end_row();
    let tip = "On: the moving average of the weights over the training, smoother and mostly better. Off: the weights \
               of the same moment as the training left them";
    let name = ui.label("Average (EMA)").on_hover_text(tip);
    let mut average = choices.weights == SampleWeights::Average;
    let kept = model.raw_sha256.is_some();
    let tick = ui.add_enabled(kept, egui::Checkbox::without_text(&mut average));
    let tick = tick.labelled_by(name.id).on_hover_text(tip);
    let tick = tick.on_disabled_hover_text("The raw weights of this generator were not kept");
    tick.widget_info(|| WidgetInfo::selected(egui::Role::CheckBox, kept, average, "Average weights (EMA)"));
    choices.weights = if average { SampleWeights::Average } else { SampleWeights::Raw };
    ui.end_row();
    if !kept {
        ui.label("");
        let palette = Palette::of(ui);
        ui.label(RichText::new("No raw weights were kept").small().color(palette.warning));
        ui.end_row();
    }
}

fn row(ui: &mut egui::Ui, label: &str, tip: &str, add: impl FnOnce(&mut egui::Ui) -> egui::Response) {
    let name = ui.label(label).on_hover_text(tip);
    add(ui).labelled_by(name.id).on_hover_text(tip);
    ui.end_row();
}
