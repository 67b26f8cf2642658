//! `autogan bench time`: how long a run takes that has not begun.

use serde_json::json;

use crate::app::run_speed;
use crate::arch::Genotype;
use crate::arch::words::{cells, duration_between};
use crate::cli::args::{RunArgs, TimeArgs};
use crate::cli::layers;
use crate::cli::table::lines;
use crate::cli::terminal::print_line;
use crate::engine::{JobSpec, RunSpeed, expected_time};
use crate::metric::Extractor;

/// Runs the command.
pub(super) fn run(args: &TimeArgs) -> anyhow::Result<()> {
    let TimeArgs { preset, config, set, arch, device, json } = args;
    let run = RunArgs {
        preset: preset.clone(),
        config: config.clone(),
        set: set.clone(),
        device: device.clone(),
        ..RunArgs::default()
    };
    let config = layers::config(&run)?;
    let spec = match arch {
        Some(vector) => JobSpec::Train(Genotype::parse(vector)?),
        None => {
            config.validate_search()?;
            JobSpec::Search
        }
    };
    let speed = run_speed(&spec, &config)?;
    let drawn = !Extractor::is_trained_on(&config.data.source);
    let images = if drawn { Some(config.data.toys_count) } else { config.data.limit };
    let time = expected_time(&spec, &config, &speed, images);
    if *json {
        print_line(&json!({ "speed": speed, "time": time }).to_string());
        return Ok(());
    }
    if let Some(time) = time {
        print_line(&format!("{} on {}", duration_between(time.least, time.most), speed.device));
    }
    show(&speed);
    Ok(())
}

fn show(speed: &RunSpeed) {
    let head = ["milliseconds", "discriminator update", "generator update", "image made", "image scored"];
    let rows = speed.networks.iter().flat_map(|networks| {
        let of = if networks.size.is_derived { ", from scratch" } else { "" };
        let name = format!("{}{of}", cells(networks.size.cells));
        networks.times.iter().map(move |times| {
            let times = [times.discriminator, times.generator, times.image, times.score];
            let times = times.map(|seconds| format!("{:.2}", seconds * 1e3));
            [name.clone()].into_iter().chain(times).collect::<Vec<_>>()
        })
    });
    let head = head.map(str::to_owned).to_vec();
    lines(&std::iter::once(head).chain(rows).collect::<Vec<_>>()).iter().for_each(|line| print_line(line));
}
