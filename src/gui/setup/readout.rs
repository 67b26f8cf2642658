//! What comes of the settings: how many architectures, how large they are, how long it will take.

use eframe::egui::{self, RichText};

use super::machine::{Devices, resolved};
use super::study::Figures;
use crate::arch::Cost;
use crate::arch::words::{cells, duration_between, rounded_operations, thousands};
use crate::engine::TimeRange;

/// How long the run takes, as far as that is known.
pub enum ShownTime {
    /// It is not.
    Unknown,
    /// It is being measured.
    Measuring,
    /// It will be measured when no run computes any more.
    Waiting,
    /// It cannot be measured, for this reason.
    Failed(String),
    /// Between these.
    Range(TimeRange),
}

/// Draws the column.
pub fn show(ui: &mut egui::Ui, figures: Option<&Figures>, device: &str, devices: &Devices, time: &ShownTime) {
    ui.add_space(6.0);
    ui.heading("Size and time");
    let Some(figures) = figures else {
        ui.label(RichText::new("Shown once the settings are complete").weak());
        return;
    };
    egui::Grid::new("readout").num_columns(2).spacing([14.0, 6.0]).show(ui, |ui| {
        let mut row = |name: &str, value: String, about: &str| {
            ui.label(RichText::new(name).weak()).on_hover_text(about);
            ui.label(value).on_hover_text(about);
            ui.end_row();
        };
        if let Some(count) = figures.count {
            row("Architectures", thousands(count), "How many the search space holds");
        }
        row("Generator", cells(figures.cells), "Its depth");
        let Cost { params: least, macs: fewest } = figures.smallest;
        let Cost { params: most, macs: largest } = figures.largest;
        let range = |least: u64, most: u64| {
            if least == most {
                rounded_operations(least)
            } else {
                format!("{} to {}", rounded_operations(least), rounded_operations(most))
            }
        };
        row("Parameters", range(least, most), "From the smallest generator of the search to the largest");
        row("MACs", range(fewest, largest), "Multiply-accumulates for one image");
        row(
            "Work",
            format!("{} MACs", rounded_operations(figures.work)),
            "Of the whole run, on average over the space",
        );
        let about =
            "From some updates of these very networks on this device, with scores, pictures and checkpoints";
        let (words, about) = match time {
            ShownTime::Unknown => ("not known yet".to_owned(), about.to_owned()),
            ShownTime::Measuring => ("being measured".to_owned(), about.to_owned()),
            ShownTime::Waiting => {
                let why = "A run computes, which a measurement would disturb and be disturbed by";
                ("measured after the run".to_owned(), why.to_owned())
            }
            ShownTime::Failed(problem) => {
                ("not known".to_owned(), format!("It cannot be measured: {problem}"))
            }
            ShownTime::Range(time) => (duration_between(time.least, time.most), about.to_owned()),
        };
        row("Time", words, &about);
        let device = resolved(device, devices);
        row("Device", device.unwrap_or_else(|| "looking".to_owned()), "Where it is computed");
    });
}
