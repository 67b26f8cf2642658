//! What comes of the settings: how many architectures, how large they are, how long it will take.

use std::collections::BTreeMap;

use eframe::egui;

use super::machine::{Answer, Devices};
use super::training::{resolved, weak};
use crate::arch::words::{cells, operations, thousands};
use crate::arch::{Cost, Genotype, NetShape, Space, macs, params};
use crate::config::RunConfig;
use crate::gui::run_screen::duration;
use crate::worker::{Job, expected_macs};

/// Figures that change with the settings only, kept from frame to frame.
#[derive(Default)]
pub struct Readout {
    of: Option<(Option<Job>, RunConfig)>,
    figures: Option<Figures>,
}

struct Figures {
    /// Architectures within the bounds; none where one is given.
    count: Option<u64>,
    smallest: Cost,
    largest: Cost,
    cells: usize,
    /// Multiply-accumulates of the whole run.
    work: u64,
}

impl Readout {
    /// Draws the column.
    pub fn show(
        &mut self,
        ui: &mut egui::Ui,
        job: Option<&Job>,
        config: &RunConfig,
        devices: &Answer<Devices>,
        speeds: &BTreeMap<String, f64>,
    ) {
        let known = self.of.as_ref().is_some_and(|(of, with)| of.as_ref() == job && with == config);
        if !known {
            self.figures = job.and_then(|job| Figures::of(job, config));
            self.of = Some((job.cloned(), config.clone()));
        }
        ui.add_space(6.0);
        ui.heading("What comes of it");
        let Some(figures) = &self.figures else {
            ui.label(weak("Nothing, until the settings can work"));
            return;
        };
        egui::Grid::new("readout").num_columns(2).spacing([14.0, 6.0]).show(ui, |ui| {
            let mut row = |name: &str, value: String, about: &str| {
                ui.label(weak(name)).on_hover_text(about);
                ui.label(value).on_hover_text(about);
                ui.end_row();
            };
            if let Some(count) = figures.count {
                row("Architectures", thousands(count), "Members of the search space within its bounds");
            }
            row("Generator", cells(figures.cells), "Its depth");
            let Cost { params: least, macs: fewest } = figures.smallest;
            let Cost { params: most, macs: largest } = figures.largest;
            let range = |least: u64, most: u64| match least == most {
                true => operations(least),
                false => format!("{} to {}", operations(least), operations(most)),
            };
            row("Parameters", range(least, most), "Of the smallest generator in the search, and what the largest has at most");
            row("MACs", range(fewest, largest), "Multiply-accumulates for one image");
            row("Work", format!("{} MACs", operations(figures.work)), "Of the whole run, on average over the space");
            let device = resolved(&config.device, devices);
            let speed = device.as_ref().and_then(|device| speeds.get(device));
            let time = match speed {
                Some(speed) => format!("about {}", duration(figures.work as f64 / speed)),
                None => "not known yet".to_owned(),
            };
            let about = "From the speed of the last search on this device; the first one tells it. Warming up a \
                         GPU comes on top";
            row("Time", time, about);
            row("Device", device.unwrap_or_else(|| "looking".to_owned()), "Where it is computed");
        });
    }
}

impl Figures {
    fn of(job: &Job, config: &RunConfig) -> Option<Self> {
        let work = expected_macs(job, config).ok()?;
        let cost = |genotype: &Genotype, shape: &NetShape| Cost {
            params: params(genotype, shape),
            macs: macs(genotype, shape),
        };
        if let Job::Train(genotype) = job {
            let own = cost(genotype, &config.derived_model().net_shape());
            let cells = genotype.cells.len();
            return Some(Self { count: None, smallest: own, largest: own, cells, work });
        }
        // Bounds hold for the search's sizes; what is trained from scratch may be larger.
        let shape = config.model.net_shape();
        let space = Space::new(config.space.clone(), shape).ok()?;
        let dearest = cost(&space.largest(), &shape);
        let within = |cost: u64, bound: Option<u64>| bound.map_or(cost, |bound| cost.min(bound));
        Some(Self {
            count: Some(space.size_within_bounds()),
            smallest: cost(&space.smallest(), &shape),
            largest: Cost {
                params: within(dearest.params, config.space.max_params),
                macs: within(dearest.macs, config.space.max_macs),
            },
            cells: space.cells(),
            work,
        })
    }
}
