//! `autogan bench step`: how long one update of each network takes.

use crate::app::{GpuWork, StepTimes, Times, UpdateWork, step_times};
use crate::arch::{ArchError, Genotype};
use crate::cli::args::StepArgs;
use crate::cli::layers;
use crate::cli::table::{lines, mebibytes};
use crate::cli::terminal::print_line;
use crate::config::{PRESETS, RunConfig};

/// Operators that a person is shown.
const SHOWN: usize = 15;

/// Runs the command.
pub(super) fn run(args: &StepArgs) -> anyhow::Result<()> {
    let mut config = RunConfig::preset(args.preset.as_deref().unwrap_or(PRESETS[0].name))?;
    layers::warn_of_former_names("", &args.set);
    layers::apply(&mut config, &args.set, args.device.as_deref())?;
    let genotype = match &args.arch {
        Some(vector) => Genotype::parse(vector)?,
        None => usual(config.space.cells)?,
    };
    let times = step_times(&config, &genotype, args.warm_up, args.updates, !args.no_operators)?;
    if args.json {
        print_line(&serde_json::json!(times).to_string());
    } else {
        show(&times);
    }
    Ok(())
}

/// An architecture of so many cells with what most good ones have: norm, activation, then convolution; batch norm;
/// nearest upsampling; a shortcut; a skip from every earlier cell.
fn usual(cells: usize) -> Result<Genotype, ArchError> {
    let cell = |cell: usize| {
        let skips = (cell > 0).then_some((1 << cell) - 1);
        [1, 1, 1, 1].into_iter().chain(skips)
    };
    Genotype::from_tokens(&(0..cells).flat_map(cell).collect::<Vec<u32>>())
}

fn show(times: &StepTimes) {
    let StepTimes { generator_channels, discriminator_channels, side, batch, generator_batch, .. } = times;
    print_line(&format!(
        "{} on {}, {} threads; {side} px, {generator_channels} and {discriminator_channels} channels, batches of {batch} \
         and {generator_batch}",
        times.vector, times.device, times.threads
    ));
    let milliseconds = |value: f64| format!("{value:.1}");
    let of = |name: &str, times: &Times| {
        [name.to_owned()]
            .into_iter()
            .chain([times.median, times.lower_quartile, times.upper_quartile].map(milliseconds))
    };
    let head = ["ms an update", "median", "quartile", "quartile"].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> =
        [("discriminator", &times.discriminator), ("generator", &times.generator), ("both", &times.both)]
            .map(|(name, times)| of(name, times).collect())
            .to_vec();
    lines(&[vec![head], rows].concat()).iter().for_each(|line| print_line(line));
    if let Some(bytes) = times.peak_memory {
        print_line(&format!("memory at its highest: {}", mebibytes(bytes as usize)));
    }
    if let Some(gpu) = &times.gpu {
        show_work(gpu);
    }
    if times.operators.is_empty() {
        return;
    }
    print_line("\nEach operator by itself, with all of its kind:");
    let head = ["network", "operator", "shape", "number", "forward ms", "and backward ms"]
        .map(str::to_owned)
        .to_vec();
    let rows = times.operators.iter().take(SHOWN).map(|own| {
        vec![
            own.network.words().to_owned(),
            own.operator.clone(),
            own.shape.clone(),
            own.count.to_string(),
            milliseconds(own.forward),
            milliseconds(own.forward_backward),
        ]
    });
    lines(&std::iter::once(head).chain(rows).collect::<Vec<_>>()).iter().for_each(|line| print_line(line));
    let more = times.operators.len().saturating_sub(SHOWN);
    if more > 0 {
        print_line(&format!("and {more} more, which --json lists"));
    }
}

fn show_work(gpu: &GpuWork) {
    let counts = |name: &str, work: &UpdateWork| {
        let UpdateWork { operations, views, kernels, uploads, readbacks } = *work;
        let counts = [operations, views, kernels, uploads, readbacks].map(|count| format!("{count:.1}"));
        [name.to_owned()].into_iter().chain(counts).collect::<Vec<_>>()
    };
    let head = ["in an update", "operations", "views", "kernels", "uploads", "readbacks"].map(str::to_owned);
    let rows =
        [head.to_vec(), counts("discriminator", &gpu.discriminator), counts("generator", &gpu.generator)];
    print_line("");
    lines(&rows).iter().for_each(|line| print_line(line));
}
