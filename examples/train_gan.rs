//! Trains the generator of one architecture from scratch on the built-in toys, by the library alone, without a run
//! folder: prints losses and scores, and writes grids of samples.
//!
//! The argument is a folder for the pictures; without one they go to a temporary folder.
//!
//! ```sh
//! cargo run --release --example train_gan
//! cargo run --release --example train_gan -- my-folder
//! ```

#![allow(clippy::print_stdout)] // Printing is what it is for.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use autogan::arch::Genotype;
use autogan::data::{DataConfig, Source, Split, load};
use autogan::device::{self, DeviceChoice};
use autogan::gan::{Losses, Recipe, StepLosses, TrainConfig, TrainingData, TrainingNews, TrainingSetup};
use autogan::metric::{Evaluator, Extractor, Reference, ScoreConfig, real_materials};
use autogan::model::ModelConfig;

/// Every random number follows from it.
const SEED: u64 = 1;

fn main() -> anyhow::Result<()> {
    let folder = match std::env::args_os().nth(1) {
        Some(folder) => PathBuf::from(folder),
        None => tempfile::tempdir()?.keep(),
    };
    fs::create_dir_all(&folder)?;
    // Two cells, each of which doubles the side: images of 16 px.
    let genotype = Genotype::parse("1 0 1 1 / 1 0 0 1 1")?;
    let model = ModelConfig {
        latent_dim: 32,
        bottom_width: 4,
        generator_channels: 24,
        discriminator_channels: 24,
        ema_decay: 0.97,
        ..ModelConfig::default()
    };
    // Few steps must count: one discriminator step to each of the generator, and five times the paper's rates.
    let recipe = Recipe {
        n_critic: 1,
        batch: 32,
        generator_batch: 32,
        generator_learning_rate: 1e-3,
        discriminator_learning_rate: 1e-3,
        ..Recipe::default()
    };
    let config = TrainConfig { steps: 200, evaluate_every: 50, samples_every: 100, ..TrainConfig::default() };
    let score = ScoreConfig { samples: 500, splits: 5, reference: 2_000, ..ScoreConfig::default() };

    // Another source is another text, such as `"cifar10:DIR".parse()`, with an extractor for it.
    let data = DataConfig { toys_count: 5_000, ..DataConfig::default() };
    let side = model.side(genotype.cells.len());
    let images = load(&Source::toys(), &data.options(side, Split::Train))?.set;
    println!("{} images of {side} px; {genotype}: {}", images.len(), genotype.describe().join(" | "));

    // What a generator is worth: a distance between its images' features and those of real ones.
    let device = device::open(&DeviceChoice::Cpu)?.device;
    let (extractor, metrics) = (Extractor::builtin_toys(&device)?, score.computed(None));
    let materials = real_materials(&metrics);
    let reference = Reference::of(&extractor, &images, score.reference, &materials, &mut |_, _| {})?;
    let evaluator = Evaluator::new(extractor, reference, &metrics, score.metric_settings(SEED))?;
    let training_data = TrainingData { images: Arc::new(images), evaluator: Arc::new(evaluator) };

    let setup = TrainingSetup { model, recipe, score, device, seed: SEED, score_seed: SEED };
    let mut training = setup.training(&genotype, &training_data, config, "train")?;
    // One small piece of work at a time: a program may do other things in between, or stop.
    while !training.finished() {
        match training.advance()? {
            // On a GPU those of several steps at once.
            Some(TrainingNews::Losses(steps)) => {
                for StepLosses { step, losses: Losses { discriminator, generator } } in steps {
                    let step = step + 1;
                    if let (0, Some(generator)) = (step % 20, generator) {
                        println!("step {step:3}: loss {discriminator:.3} and {generator:.3} (generator)");
                    }
                }
            }
            Some(TrainingNews::Evaluated { step, scores, best, .. }) => {
                let scores: Vec<String> = scores.iter().map(ToString::to_string).collect();
                let mark = if best { "; the best so far" } else { "" };
                println!("step {step:3}: {}{mark}", scores.join(", "));
            }
            Some(TrainingNews::Samples { step, picture, .. }) => {
                let file = folder.join(format!("samples-{step:03}.png"));
                fs::write(&file, picture.enlarged(4).png())?;
                println!("step {step:3}: {}", file.display());
            }
            Some(TrainingNews::Warning(text)) => println!("warning: {text}"),
            None => {}
        }
    }
    Ok(())
}
