//! Where a run is computed, and under which name and seed.

use eframe::egui;

use super::form::Form;
use super::machine::{Devices, MachineFacts};
use crate::config::table::RUN;
use crate::config::{RunConfig, Setting};
use crate::gui::theme::Palette;

/// Draws the section.
pub fn show(ui: &mut egui::Ui, form: Form<'_>, config: &mut RunConfig, machine: &mut MachineFacts) {
    let own = |ui: &mut egui::Ui, setting: &Setting, config: &mut RunConfig| {
        let own = setting.key == "device";
        if own {
            device(ui, form, setting, &mut config.device, machine);
        }
        own
    };
    form.table(ui, &RUN, config, own, |_| {});
}

/// The rows with the device and its self-test.
fn device(
    ui: &mut egui::Ui,
    form: Form<'_>,
    setting: &Setting,
    device: &mut String,
    machine: &mut MachineFacts,
) {
    let devices = machine.devices();
    form.row(ui, setting.key, setting.label, setting.about, |ui| {
        let shown =
            egui::ComboBox::from_id_salt("device").width(320.0).selected_text(in_words(device, &devices));
        let shown = shown.show_ui(ui, |ui| {
            let mut names = vec!["auto".to_owned()];
            if let Some(Ok(devices)) = devices.as_deref() {
                names.extend(devices.adapters.iter().map(|adapter| adapter.name.clone()));
            }
            names.push("cpu".to_owned());
            for name in names {
                let words = in_words(&name, &devices);
                ui.selectable_value(device, name, words);
            }
        });
        shown.response
    });
    ui.label("Self-test").on_hover_text("Compares the results of this device with those of the CPU");
    ui.vertical(|ui| self_test(ui, device, machine));
    ui.end_row();
}

/// Draws a button that tests a device, and what came of the last test.
pub fn self_test(ui: &mut egui::Ui, device: &str, machine: &mut MachineFacts) {
    let test = machine.test();
    let is_ready = !matches!(test, Some(None));
    let button = ui.add_enabled(is_ready, egui::Button::new("Test the device"));
    let about = "Runs every operator forward and backward there and on the CPU; a minute the first time";
    if button.on_hover_text(about).clicked() {
        machine.begin_test(device);
    }
    let palette = Palette::of(ui);
    match test.as_ref().map(Option::as_deref) {
        None => {}
        Some(None) => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Testing");
            });
        }
        Some(Some(Ok(text))) => drop(ui.colored_label(palette.good, text)),
        Some(Some(Err(text))) => drop(ui.colored_label(palette.bad, text)),
    }
}

fn gibibytes(bytes: u64) -> String {
    format!("{:.0} GiB", bytes as f64 / (1u64 << 30) as f64)
}

/// A device with what is known of it.
fn in_words(name: &str, devices: &Devices) -> String {
    let devices = match devices.as_deref() {
        Some(Ok(devices)) => devices,
        Some(Err(_)) => return format!("{name} (the devices could not be listed)"),
        None => return format!("{name} (looking for devices)"),
    };
    match name {
        "auto" => format!("auto: {}, {}", devices.auto.name, devices.auto.reason),
        "cpu" => {
            let cpu = &devices.cpu;
            format!("cpu: {}, {} cores, {}", cpu.name, cpu.cores, gibibytes(cpu.memory))
        }
        name => match devices.adapters.iter().find(|adapter| adapter.name == name) {
            Some(adapter) => match adapter.memory {
                Some(memory) => format!("{name}, {}", gibibytes(memory)),
                None => name.to_owned(),
            },
            None => format!("{name} (not on this machine)"),
        },
    }
}
