//! `autogan doctor`: what this machine can compute on, and whether it computes right.

use std::time::Instant;

use anyhow::bail;

use super::args::DoctorArgs;
use super::terminal::{Terminal, print_line};
use crate::app::{DoctorReport, Examination};
use crate::config::RunConfig;
use crate::device::{self, Adapter, Choice, Cpu, Machine, Named, Opened};
use crate::engine::{Event, JobSpec, LiveEvent, Plan};
use crate::gan::{CHECKS, Check, self_test};

/// The preset that `--warm-up` warms up.
const PRESET: &str = "quick";

/// Describes the machine, tests the chosen device and, if asked, warms it up.
///
/// # Errors
///
/// If the device cannot be opened or does not compute what the CPU computes.
pub fn run(args: &DoctorArgs) -> anyhow::Result<()> {
    let machine = Machine::look()?;
    if !args.json {
        describe(&machine);
    }
    if args.list {
        if args.json {
            print_line(&serde_json::to_string(&machine)?);
        }
        return Ok(());
    }
    let examined = examine(args);
    if args.json {
        let report = DoctorReport { machine, examination: examined.as_ref().ok().cloned() };
        print_line(&serde_json::to_string(&report)?);
    }
    let examination = examined?;
    if !examination.passed {
        let names = examination.self_test.iter().filter(|check| !check.passed);
        let names: Vec<&str> = names.map(|check| check.name.as_str()).collect();
        bail!(
            "{} computes wrong results ({}); update its driver, or compute on another device, such as --device cpu",
            examination.device.name,
            names.join(", ")
        );
    }
    Ok(())
}

fn describe(machine: &Machine) {
    if machine.adapters.is_empty() {
        print_line("Adapters   none: no graphics driver was found");
    }
    for (place, adapter) in machine.adapters.iter().enumerate() {
        let label = if place == 0 { "Adapters" } else { "" };
        print_line(&format!("{label:10} {}: {}", adapter.name, details(adapter)));
    }
    let Cpu { name, cores, memory, memory_available } = &machine.cpu;
    print_line(&format!(
        "CPU        {name}: {cores} cores, {} of memory, {} of it free",
        gibibytes(*memory),
        gibibytes(*memory_available)
    ));
    print_line(&format!("auto       {}: {}", machine.auto.name, machine.auto.reason));
    print_line(&format!("Cache      {}", machine.cache.display()));
}

/// `discrete GPU, Vulkan, NVIDIA 580.95, 12.0 GiB`.
fn details(adapter: &Adapter) -> String {
    let mut parts = vec![adapter.kind.words().to_owned(), adapter.api.name().to_owned()];
    parts.extend(Some(adapter.driver.clone()).filter(|driver| !driver.is_empty()));
    parts.extend(adapter.memory.map(gibibytes));
    parts.join(", ")
}

fn gibibytes(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / (1u64 << 30) as f64)
}

fn examine(args: &DoctorArgs) -> anyhow::Result<Examination> {
    let begun = Instant::now();
    let opened = device::open(&args.device.parse::<Choice>()?)?;
    let count = CHECKS as u64;
    let mut done = 0;
    let mut progress = Progress::new(args.json);
    let self_test = self_test(&opened.device, &mut |name| {
        let what = format!("self-test on {}: {name}", opened.name);
        progress.show(&LiveEvent::Preparing { what, done, total: count }.into());
        done += 1;
    });
    progress.end();
    let passed = self_test.iter().all(|check| check.passed);
    let seconds = begun.elapsed().as_secs_f64();
    if !args.json {
        print_line(&format!("Self-test  {} against the CPU", opened.name));
        print_checks(&self_test, seconds);
    }
    let begun = Instant::now();
    if args.warm_up && passed {
        warm_up(&opened, args.json)?;
    }
    Ok(Examination {
        device: Named { name: opened.name, reason: opened.reason },
        passed,
        seconds,
        warm_up_seconds: (args.warm_up && passed).then(|| begun.elapsed().as_secs_f64()),
        self_test,
    })
}

fn print_checks(checks: &[Check], seconds: f64) {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for check in checks {
        let verdict = if check.passed { "ok" } else { "WRONG" };
        let backward = check.backward_error.map_or("-".to_owned(), |error| format!("{error:.1e}"));
        print_line(&format!(
            "  {:width$}  forward {:>7.1e}  backward {backward:>7}  {verdict}",
            check.name, check.forward_error
        ));
    }
    let worst = checks.iter().map(Check::worst).fold(0.0, f64::max);
    print_line(&format!("Worst relative error {worst:.1e}, in {seconds:.1} s"));
}

/// Compiles and tunes the kernels of a search with the preset [`PRESET`].
fn warm_up(opened: &Opened, json: bool) -> anyhow::Result<()> {
    let mut progress = Progress::new(json);
    let plan = Plan {
        spec: JobSpec::Search,
        config: RunConfig::preset(PRESET)?,
        device: opened.device.clone(),
        device_name: opened.name.clone(),
        is_gpu: opened.is_gpu,
        cache: device::cache_dir()?,
    };
    plan.warm_up(&mut |event| progress.show(event))?;
    progress.end();
    Ok(())
}

/// A bar for a person, nothing beside the one JSON object for a program.
struct Progress(Option<Terminal>);

impl Progress {
    fn new(json: bool) -> Self {
        Self((!json).then(|| Terminal::new(false)))
    }

    fn show(&mut self, event: &Event) {
        if let Some(terminal) = &mut self.0 {
            terminal.show(event);
        }
    }

    fn end(&self) {
        if let Some(terminal) = &self.0 {
            terminal.clear();
        }
    }
}
