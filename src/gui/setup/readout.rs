//! What comes of the settings: how many architectures, how large they are, how long it will take.

use std::collections::BTreeMap;

use eframe::egui::{self, RichText};

use super::machine::Devices;
use super::run::resolved;
use super::study::Figures;
use crate::arch::Cost;
use crate::arch::words::{cells, operations, thousands};
use crate::gui::run_screen::duration;

/// Draws the column.
pub fn show(
    ui: &mut egui::Ui,
    figures: Option<&Figures>,
    device: &str,
    devices: &Devices,
    speeds: &BTreeMap<String, f64>,
) {
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
        let range = |least: u64, most: u64| if least == most { operations(least) } else { format!("{} to {}", operations(least), operations(most)) };
        row(
            "Parameters",
            range(least, most),
            "From the smallest generator of the search to the largest",
        );
        row("MACs", range(fewest, largest), "Multiply-accumulates for one image");
        row(
            "Work",
            format!("{} MACs", operations(figures.work)),
            "Of the whole run, on average over the space",
        );
        let device = resolved(device, devices);
        let speed = device.as_ref().and_then(|device| speeds.get(device));
        let time = match speed {
            Some(speed) => format!("about {}", duration(figures.work as f64 / speed)),
            None => "not known yet".to_owned(),
        };
        let about = "From the speed of the last search on this device; the first one measures it. Warming up a \
                     GPU comes on top";
        row("Time", time, about);
        row("Device", device.unwrap_or_else(|| "looking".to_owned()), "Where it is computed");
    });
}
