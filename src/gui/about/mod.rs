//! What this program is, what it computes on, and a report for those who look into a problem.

mod report;

pub use report::RunExcerpt;

use std::time::Duration;

use eframe::egui::{self, RichText, Role, WidgetInfo};

use super::background::reader::BackgroundReader;
use super::session::Wake;
use super::setup::{Devices, MachineFacts, self_test};
use super::theme::{GAP, primary_button};
use super::widgets::focus;

/// Width of the dialog where the window has room for it, and what stays free around it, in points.
const WIDTH: f32 = 620.0;
const AROUND: f32 = 80.0;
/// Height of what is copied, in points.
const REPORT: f32 = 150.0;

/// The operating system in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct SystemFacts(String);

impl SystemFacts {
    fn detect() -> Self {
        let name = sysinfo::System::long_os_version();
        let name = name.unwrap_or_else(|| std::env::consts::OS.to_owned());
        Self(format!("{name}, {}", std::env::consts::ARCH))
    }
}

/// The dialog while it is open.
pub struct AboutDialog {
    system: BackgroundReader<SystemFacts>,
    run: RunExcerpt,
}

/// What came of a frame with the dialog.
pub enum AboutState {
    /// It stays open.
    Open,
    /// A text is to be copied; it stays open.
    Copied(String),
    /// It was closed.
    Closed,
}

impl AboutDialog {
    /// Opens, with what is said of the run that is shown.
    pub fn new(run: RunExcerpt, wake: Wake) -> Self {
        Self { system: BackgroundReader::new(wake), run }
    }

    /// Draws it.
    pub fn show(&mut self, ctx: &egui::Context, machine: &mut MachineFacts) -> AboutState {
        let system = self.system.get(Duration::MAX, || SystemFacts::detect).unwrap_or_default();
        let devices = machine.devices();
        let report = report::text(&system, &devices, machine.test().as_ref(), &self.run);
        let room = ctx.content_rect().size();
        let mut state = AboutState::Open;
        let modal = egui::Modal::new(egui::Id::unique("about")).show(ctx, |ui| {
            ui.set_width(WIDTH.min(room.x - AROUND));
            ui.horizontal(|ui| {
                let copy = ui.add(primary_button(RichText::new("📋 Copy report")));
                copy.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Copy report"));
                focus::ring_around(ui.painter(), &copy);
                if copy.on_hover_text("Copies the text below, for those who look into a problem").clicked() {
                    state = AboutState::Copied(report.clone());
                }
                if ui.button("Close").on_hover_text("Closes this (Escape)").clicked() {
                    state = AboutState::Closed;
                }
            });
            ui.separator();
            egui::ScrollArea::vertical().max_height(room.y - 2.0 * AROUND).show(ui, |ui| {
                self.facts(ui, &devices, machine);
                ui.add_space(GAP);
                ui.label(RichText::new("The report").strong());
                ui.label(RichText::new("Paths are left out; look through it before you send it").weak());
                let area = egui::ScrollArea::both().id_salt("report").max_height(REPORT);
                area.auto_shrink([false, true]).show(ui, |ui| {
                    let text = RichText::new(report.as_str()).monospace();
                    ui.add(egui::Label::new(text).wrap_mode(egui::TextWrapMode::Extend));
                });
            });
        });
        if modal.should_close() { AboutState::Closed } else { state }
    }

    fn facts(&self, ui: &mut egui::Ui, devices: &Devices, machine: &mut MachineFacts) {
        ui.heading(version());
        ui.label(env!("CARGO_PKG_DESCRIPTION"));
        let licence = env!("CARGO_PKG_LICENSE").replace(" OR ", " or ");
        ui.label(format!("Licence: {licence}, as you like"));
        ui.add_space(GAP);
        ui.label(RichText::new("Device").strong());
        let device = match (&self.run.device, devices.as_deref()) {
            (Some(device), _) => format!("The run that is shown computes on {device}"),
            (None, Some(Ok(machine))) => {
                format!("New runs compute on {}: {}", machine.auto.name, machine.auto.reason)
            }
            (None, Some(Err(problem))) => problem.clone(),
            (None, None) => "Looking for devices".to_owned(),
        };
        ui.label(device);
        self_test(ui, self.run.device.as_deref().unwrap_or("auto"), machine);
    }
}

/// Name and version of this program.
fn version() -> String {
    format!("AutoGAN {}", env!("CARGO_PKG_VERSION"))
}
