//! `autogan doctor`: what this machine can compute on, and whether it computes right.

use anyhow::bail;

use crate::app::{DeviceCheck, DoctorReport, check_device, warm_up};
use crate::cli::args::DoctorArgs;
use crate::cli::terminal::{Terminal, print_line};
use crate::device::{Cpu, Machine, gibibytes};
use crate::engine::Event;
use crate::gan::Check;

/// Describes the machine, tests the chosen device and, if asked, warms it up.
///
/// # Errors
///
/// If the device cannot be opened or does not compute what the CPU computes.
pub fn run(args: &DoctorArgs) -> anyhow::Result<()> {
    let machine = Machine::detect()?;
    if !args.json {
        describe(&machine);
    }
    if args.list {
        if args.json {
            print_line(&serde_json::to_string(&machine)?);
        }
        return Ok(());
    }
    let checked = check(args);
    if args.json {
        let report = DoctorReport { machine, check: checked.as_ref().ok().cloned() };
        print_line(&serde_json::to_string(&report)?);
    }
    let check = checked?;
    if !check.passed {
        let names = check.self_test.iter().filter(|check| !check.passed);
        let names: Vec<&str> = names.map(|check| check.name.as_str()).collect();
        bail!(
            "{} computes wrong results ({}); update its driver, or compute on another device, such as --device cpu",
            check.device.name,
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
        print_line(&format!("{label:10} {}: {}", adapter.name, adapter.details()));
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

fn check(args: &DoctorArgs) -> anyhow::Result<DeviceCheck> {
    let mut progress = Progress::new(args.json);
    let checked = check_device(&args.device, &mut |event| progress.show(event));
    progress.end();
    let (opened, mut check) = checked?;
    if !args.json {
        print_line(&format!("Self-test  {} against the CPU", check.device.name));
        print_checks(&check.self_test, check.seconds);
    }
    if args.warm_up && check.passed {
        let mut progress = Progress::new(args.json);
        let seconds = warm_up(&opened, &mut |event| progress.show(event));
        progress.end();
        check.warm_up_seconds = Some(seconds?);
    }
    Ok(check)
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
