//! From settings to a job: reads the images, makes the evaluators, builds the networks.

use std::sync::Arc;

use anyhow::Context as _;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::event::{Event, LiveEvent, LogEvent};
use super::single_training::SingleTraining;
use crate::arch::words::quoted;
use crate::arch::{ArchError, Genotype, Space, macs};
use crate::config::RunConfig;
use crate::data::{self, Source, Split};
use crate::gan::{self, TrainingData, TrainingSetup};
use crate::metric::extractor::{ExtractorKind, inception::InceptionWeights};
use crate::metric::{Evaluator, Extractor, MetricName, Reference, left_out_without_classes, real_materials};
use crate::run::{RunInfo, RunView};
use crate::search::{
    CostFactors, Job, Search, SearchContext, SearchEvent, SearchPlan, WarmUp, WorkItem, work_items,
};

/// Stream of the training of one architecture.
const STREAM: &str = "train";

/// The command that goes on with a run, as a shell takes it: `autogan train --resume runs/a`.
pub fn resume_command(view: &RunView) -> String {
    let command = JobSpec::of(view.info()).map_or("search", |spec| spec.command());
    format!("autogan {command} --resume {}", quoted(&view.dir().display().to_string()))
}

/// What a run is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobSpec {
    /// Find an architecture and train it.
    Search,
    /// Train one architecture.
    Train(Genotype),
}

impl JobSpec {
    /// What a run is for, if it says so.
    pub fn of(info: &RunInfo) -> Option<Self> {
        serde_json::from_value(info.extra.get("job")?.clone()).ok()
    }

    /// The subcommand that does it.
    pub fn command(&self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Train(_) => "train",
        }
    }
}

/// A job with its settings, on a device.
pub struct Plan {
    /// What the run is for.
    pub spec: JobSpec,
    /// Its settings.
    pub config: RunConfig,
    /// Where the networks are trained.
    pub device: Device,
    /// That device by name.
    pub device_name: String,
    /// Whether that device is a GPU, whose kernels are compiled and tuned before the run.
    pub is_gpu: bool,
    /// Where extractors are kept between runs.
    pub cache: std::path::PathBuf,
}

impl Plan {
    /// Reads the images and builds the job, emitting how far it is and what it found.
    ///
    /// # Errors
    ///
    /// If images or settings cannot be used.
    pub(super) fn job(&self, emit: &mut dyn FnMut(&Event)) -> anyhow::Result<Box<dyn Job>> {
        let training_data = self.training_data(&self.sides(), emit)?;
        match &self.spec {
            JobSpec::Search => Ok(Box::new(self.search(training_data, emit)?)),
            JobSpec::Train(genotype) => Ok(Box::new(self.train(genotype, training_data, emit)?)),
        }
    }

    /// Sides in pixels of the images that are needed, smallest first.
    fn sides(&self) -> Vec<usize> {
        let model = &self.config.model;
        match &self.spec {
            JobSpec::Search => (1..=self.config.space.cells).map(|cells| model.side(cells)).collect(),
            JobSpec::Train(genotype) => vec![model.side(genotype.cells.len())],
        }
    }

    fn context(&self, training_data: Vec<TrainingData>) -> anyhow::Result<SearchContext> {
        let config = &self.config;
        Ok(SearchContext {
            seed: config.seed,
            device: self.device.clone(),
            space: Space::new(config.space.clone(), config.model.net_shape())?,
            model: config.model.clone(),
            recipe: config.recipe,
            training_data,
        })
    }

    /// Compiles and tunes the kernels of the search, emitting how far it is.
    ///
    /// # Errors
    ///
    /// If the networks cannot be run on the device.
    pub fn warm_up(&self, emit: &mut dyn FnMut(&Event)) -> anyhow::Result<()> {
        let training_data = self.training_data(&self.sides(), emit)?;
        self.warm_up_on(&self.context(training_data)?, emit)
    }

    fn warm_up_on(&self, context: &SearchContext, emit: &mut dyn FnMut(&Event)) -> anyhow::Result<()> {
        let mut warm_up = WarmUp::new(context, &search_plan(&self.config));
        let total = warm_up.len() as u64;
        while let Some(name) = warm_up.step()? {
            let done = total - warm_up.len() as u64;
            emit(&preparing(&format!("warming up the GPU: {name}"), done, total));
        }
        Ok(())
    }

    fn search(
        &self,
        training_data: Vec<TrainingData>,
        emit: &mut dyn FnMut(&Event),
    ) -> anyhow::Result<Search> {
        let context = self.context(training_data)?;
        if self.is_gpu {
            self.warm_up_on(&context, emit)?;
        }
        Ok(Search::new(context, search_plan(&self.config))?)
    }

    fn train(
        &self,
        genotype: &Genotype,
        mut training_data: Vec<TrainingData>,
        emit: &mut dyn FnMut(&Event),
    ) -> anyhow::Result<SingleTraining> {
        let config = &self.config;
        let training_data = training_data.pop().context("training needs images")?;
        let setup = self.training_setup();
        if self.is_gpu {
            let (recipe, short) = gan::one_step(config.recipe, config.winner);
            let what = "warming up the GPU: training";
            emit(&preparing(what, 0, 1));
            let short_setup = TrainingSetup { recipe, ..setup.clone() };
            gan::warm_up(&mut short_setup.training(genotype, &training_data, short, STREAM)?)?;
            emit(&preparing(what, 1, 1));
        }
        let training = setup.training(genotype, &training_data, config.winner, STREAM)?;
        let step_macs = config.recipe.training_macs(genotype, &setup.model);
        Ok(SingleTraining {
            training,
            model: setup.model,
            macs: step_macs,
            steps: config.winner.steps,
            evaluate_every: config.winner.evaluate_every,
            evaluation_macs: evaluation_macs(genotype, config),
        })
    }

    /// Trainings from scratch with the settings of this plan.
    pub(crate) fn training_setup(&self) -> TrainingSetup {
        let config = &self.config;
        TrainingSetup {
            model: config.derived_model(),
            recipe: config.recipe,
            score: config.score.clone(),
            device: self.device.clone(),
            seed: config.seed,
            score_seed: config.seed,
        }
    }

    /// Images and evaluator for each side.
    pub(crate) fn training_data(
        &self,
        sides: &[usize],
        emit: &mut dyn FnMut(&Event),
    ) -> anyhow::Result<Vec<TrainingData>> {
        let config = &self.config;
        let source: Source = config.data.source.parse()?;
        let largest = *sides.last().context("a generator needs at least one cell")?;
        emit(&preparing("reading images", 0, 1));
        let options = config.data.options(largest, Split::Train);
        let loaded = data::load(&source, &options)?;
        let full = loaded.set;
        emit(&preparing("reading images", 1, 1));
        emit(&LogEvent::Images { counts: loaded.report.counts() }.into());
        let searched = self.spec == JobSpec::Search;
        config.check_images(searched, &loaded.report)?;
        let what = "learning to score such images (once for each set)";
        let mut progress = |done, total| emit(&preparing(what, done as u64, total as u64));
        let extractor = match config.score.extractor {
            ExtractorKind::Builtin => Extractor::for_set(&full, &self.cache, &self.device, &mut progress)?,
            ExtractorKind::Inception => {
                let weights = InceptionWeights::cached(&self.cache)?;
                Extractor::inception(&weights, config.score.preprocessing, &self.device)
            }
        };
        let metrics = config.score.computed(searched.then_some(config.search.reward));
        if extractor.classes().is_none() {
            emit_left_out(&metrics, emit);
        }
        let materials = real_materials(&metrics);
        sides
            .iter()
            .map(|&side| {
                let images = if side == largest { full.clone() } else { full.resized(side) };
                let what = format!("evaluating real images of {side} px");
                let mut progress = |done, total| emit(&preparing(&what, done as u64, total as u64));
                let count = match config.score.reference {
                    0 => images.len(),
                    count => count,
                };
                let reference =
                    Reference::kept(&extractor, &images, count, &materials, &self.cache, &mut progress)?;
                let settings = config.score.metric_settings(config.seed);
                let evaluator = Evaluator::new(extractor.clone(), reference, &metrics, settings)?;
                Ok(TrainingData { images: Arc::new(images), evaluator: Arc::new(evaluator) })
            })
            .collect()
    }
}

/// Says which of `metrics` are left out because the images have no classes, to the run folder, too.
fn emit_left_out(metrics: &[MetricName], emit: &mut dyn FnMut(&Event)) {
    if let Some(text) = left_out_without_classes(metrics) {
        emit(&SearchEvent::Warning { text }.into());
    }
}

fn search_plan(config: &RunConfig) -> SearchPlan {
    SearchPlan {
        search: config.search.clone(),
        derive: config.derive,
        winner: config.winner,
        score: config.score.clone(),
        derived_model: config.derived_model(),
    }
}

/// Multiply-accumulates of a whole run, averaged over the space, before it begins.
///
/// # Errors
///
/// If there is no such search space.
pub fn expected_macs(spec: &JobSpec, config: &RunConfig) -> Result<u64, ArchError> {
    let model = config.derived_model();
    if let JobSpec::Train(genotype) = spec {
        let steps = config.winner.steps;
        let scores = steps.div_ceil(config.winner.evaluate_every.max(1));
        let of_steps = steps.saturating_mul(config.recipe.training_macs(genotype, &model));
        return Ok(of_steps.saturating_add(scores.saturating_mul(evaluation_macs(genotype, config))));
    }
    let space = Space::new(config.space.clone(), config.model.net_shape())?;
    let costs = CostFactors {
        seed: config.seed,
        space: &space,
        model: &config.model,
        recipe: &config.recipe,
        extractor_macs: config.score.extractor.macs(),
    };
    let work = work_items(costs, &search_plan(config));
    let cost = |item: &WorkItem| {
        let scores = item.evaluations(item.units).saturating_mul(item.evaluation_macs);
        item.units.saturating_mul(item.macs).saturating_add(scores)
    };
    Ok(work.iter().fold(0, |sum: u64, item| sum.saturating_add(cost(item))))
}

/// Multiply-accumulates of an evaluation of a training from scratch.
fn evaluation_macs(genotype: &Genotype, config: &RunConfig) -> u64 {
    let generator = macs(genotype, &config.derived_model().net_shape());
    config.score.samples as u64 * (generator + config.score.extractor.macs())
}

fn preparing(what: &str, done: u64, total: u64) -> Event {
    LiveEvent::Preparing { what: what.to_owned(), done, total }.into()
}
