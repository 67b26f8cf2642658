//! A search for an architecture, as small as one can be, that prints its events as they come: every candidate with its
//! score, which of them the beam keeps, the training of the best, and what came out.
//!
//! The argument is a folder, in which the run gets a new folder `run`; without one that is in a temporary folder. The run
//! is one like any other: `autogan sample`, `autogan export` and the window open it.
//!
//! ```sh
//! cargo run --release --example search
//! cargo run --release --example search -- my-folder
//! ```

#![allow(clippy::print_stdout)] // Printing is what it is for.

use std::path::PathBuf;
use std::sync::mpsc::channel;

use anyhow::bail;
use autogan::config::RunConfig;
use autogan::device::{self, DeviceChoice};
use autogan::engine::{End, Engine, Event, JobSpec, LiveEvent, LogEvent, Plan};
use autogan::metric::Score;
use autogan::search::{Candidate, SearchEvent};

/// What differs from the preset `quick`. `autogan settings` lists all there are.
const SETTINGS: &str = "
data = { toys_count = 2_000 }
model = { generator_channels = 16, discriminator_channels = 16, ema_decay = 0.95 }
recipe = { batch = 16, generator_batch = 16 }
search = { iterations = [2, 2], shared_steps = 40, controller = { steps = 5 }, candidates = 4, top_k = 2, reward_samples = 200 }
derive = { steps = 75, evaluate_every = 75 }
winner = { steps = 200, evaluate_every = 75 }
score = { samples = 500, splits = 5, reference = 1_000 }
";

fn main() -> anyhow::Result<()> {
    let folder = match std::env::args_os().nth(1) {
        Some(folder) => PathBuf::from(folder),
        None => tempfile::tempdir()?.keep(),
    };
    let mut config = RunConfig::preset("quick")?;
    config.overlay(SETTINGS, "this example")?;
    config.validate_search()?;
    let opened = device::open(&DeviceChoice::Cpu)?;
    let plan = Plan {
        spec: JobSpec::Search,
        config,
        device: opened.device,
        device_name: opened.name,
        is_gpu: opened.is_gpu,
        cache: folder.join("cache"),
    };
    let mut engine = Engine::start(plan, &folder.join("run"), &mut show)?;
    // Commands such as `Control::Pause` and `Control::Stop` would come from here.
    let (_sender, commands) = channel();
    let End::Finished(summary) = engine.run(&commands, &mut show)? else {
        bail!("the search was stopped before its end");
    };
    println!("\nOf {} estimates and trainings, best first:", summary.candidates);
    for trained in &summary.trained {
        println!("  {}, {} parameters, {}", trained.vector, trained.params, in_words(&trained.scores));
    }
    println!("Images: {}", folder.join("run").join(&summary.grid).display());
    Ok(())
}

/// Prints what a reader wants to know of an event.
fn show(event: &Event) {
    match event {
        Event::Live(LiveEvent::Started { dir, device, .. }) => println!("A run in {dir}, on {device}"),
        Event::Log(LogEvent::Search(event)) => match event {
            SearchEvent::Phase { activity, cells, iteration } => {
                println!("{}", activity.described(*cells, *iteration));
            }
            SearchEvent::Candidate(Candidate { id, genotype, reward, scores, .. }) => {
                println!("  candidate {id}: {genotype}  reward {reward:.3}; {}", in_words(scores));
            }
            SearchEvent::Beam { candidates, .. } => println!("  the beam keeps {candidates:?}"),
            SearchEvent::Reset { reason, .. } => println!("  the shared GAN starts anew: {reason}"),
            SearchEvent::Evaluated { training, step, scores, .. } => {
                println!("  {training}, step {step}: {}", in_words(scores));
            }
            SearchEvent::Warning { text } => println!("  {text}"),
            SearchEvent::Metric { .. } | SearchEvent::Probabilities { .. } => {}
        },
        Event::Log(_) | Event::Live(_) => {}
    }
}

/// Each score's name and value. `Score::conditions` would say what they may be compared with.
fn in_words(scores: &[Score]) -> String {
    let words = scores.iter().map(|score| format!("{} {}", score.label(), score.number()));
    words.collect::<Vec<_>>().join(", ")
}
