//! What a run found, as files for other programs: the same for the command line and for a window.
//!
//! Nothing is computed here, so a window may call it.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, anyhow, bail};
use serde::Serialize;

use super::architecture::{ArchitectureFormat, architecture_file};
use crate::engine::{LogEvent, ModelOptions, ModelRead, Summary, model_file, read_model};
use crate::export::{CurvePoint, PyTorch, curves_csv, pytorch};
use crate::input;
use crate::metric::Score;
use crate::model::ModelFile;
use crate::run::{CONFIG, RunView, write_file};
use crate::search::{Curve, SearchEvent};

/// The files of an export.
const MODEL: &str = "winner.safetensors";
const CODE: &str = "generator.py";
const DESCRIPTION: &str = "architecture.json";
const DRAWING: &str = "architecture.svg";
const PAINTING: &str = "architecture.png";
const CURVES: &str = "curves.csv";
const SAMPLES: &str = "samples";

/// A part of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportPart {
    /// The generator's weights.
    Weights,
    /// The Python file that loads and runs them.
    PyTorch,
    /// The architecture in words and numbers.
    Arch,
    /// The architecture as a drawing.
    Diagram,
    /// The run's settings.
    Config,
    /// What was measured during the run.
    Curves,
    /// The run's pictures of the same latents.
    Samples,
}

impl ExportPart {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 7] =
        [Self::Weights, Self::PyTorch, Self::Arch, Self::Diagram, Self::Config, Self::Curves, Self::Samples];

    /// The name that a person types.
    pub fn name(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::PyTorch => "pytorch",
            Self::Arch => "arch",
            Self::Diagram => "diagram",
            Self::Config => "config",
            Self::Curves => "curves",
            Self::Samples => "samples",
        }
    }

    /// What it is and where it goes, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Weights => "the generator's weights, winner.safetensors",
            Self::PyTorch => "generator.py, which runs them with PyTorch alone",
            Self::Arch => "cells, parameters and operations, architecture.json",
            Self::Diagram => "the drawing, architecture.svg and architecture.png",
            Self::Config => "the run's settings, config.toml",
            Self::Curves => "losses, rewards and scores, curves.csv",
            Self::Samples => "the run's pictures of the same latents, samples/",
        }
    }

    /// Whether only a run has it.
    fn is_of_a_run(self) -> bool {
        matches!(self, Self::Config | Self::Curves | Self::Samples)
    }
}

impl fmt::Display for ExportPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ExportPart {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|part| part.name() == text.trim());
        found.ok_or_else(|| format!("there is only {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exported {
    /// The folder.
    pub dir: PathBuf,
    /// The files, relative to it.
    pub files: Vec<PathBuf>,
    /// What there was not.
    pub left_out: Vec<LeftOut>,
    /// Which generator of the file it is, and how its architecture is known, where the file does not say that.
    pub notes: Vec<String>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// A part that was not asked for by name and is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Which one.
    pub part: ExportPart,
    /// Why.
    pub reason: String,
}

/// Writes what the run in the folder `from`, or a file of weights, has of `parts` into the folder `to`;
/// without `parts`, all there is. `model` says which generator of a file is meant. What is there
/// already is replaced only with `force`; without it, nothing is written then.
///
/// # Errors
///
/// If `from` has no such part or cannot be read, if a file is there already, or if one cannot be written;
/// each file is then whole or not there.
pub fn export_model(
    from: &Path,
    model: &ModelOptions,
    to: &Path,
    parts: Option<&[ExportPart]>,
    force: bool,
) -> anyhow::Result<Exported> {
    let wanted: BTreeSet<ExportPart> = parts.unwrap_or(&ExportPart::ALL).iter().copied().collect();
    let view = if from.is_dir() { Some(RunView::open(from)?) } else { None };
    let mut export = Export::default();
    let (of_a_run, of_a_model): (Vec<ExportPart>, Vec<ExportPart>) =
        wanted.into_iter().partition(|part| part.is_of_a_run());
    if !of_a_model.is_empty() {
        let model = Model::read(from, view.as_ref(), model)?;
        of_a_model.into_iter().try_for_each(|part| export.model(part, &model))?;
        export.notes = model.found;
    }
    for part in of_a_run {
        let reason = match &view {
            Some(view) => export.run(part, view)?,
            None => Some(format!("{} is a file of weights, and only a run has them", from.display())),
        };
        match reason {
            None => {}
            Some(reason) if parts.is_some() => bail!("there are no {part} to export: {reason}"),
            Some(reason) => export.left_out.push(LeftOut { part, reason }),
        }
    }
    export.write(to, force)
}

/// A generator with all that is said of it.
struct Model {
    bytes: Vec<u8>,
    file: ModelFile,
    /// Lines on where it comes from and what it is worth.
    notes: Vec<String>,
    /// What was found out about it, where it does not say itself what it is.
    found: Vec<String>,
}

impl Model {
    fn read(from: &Path, view: Option<&RunView>, options: &ModelOptions) -> anyhow::Result<Self> {
        let path = model_file(from)?;
        let unusable = || format!("the model {} cannot be exported", path.display());
        let bytes = input::read_weights(&path).with_context(unusable)?;
        let ModelRead { file, notes: found, .. } = read_model(&bytes, options).with_context(unusable)?;
        // What says its architecture is handed on byte for byte.
        let bytes = if found.is_empty() { bytes } else { file.to_bytes()? };
        let notes = match view {
            Some(view) => notes(view, &file)?,
            None => found.clone(),
        };
        Ok(Self { bytes, file, notes, found })
    }
}

/// What a run says of its winner.
fn notes(view: &RunView, file: &ModelFile) -> anyhow::Result<Vec<String>> {
    let dir = view.dir().canonicalize().unwrap_or_else(|_| view.dir().to_owned());
    let name = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Some(summary) = view.summary()? else {
        return Ok(vec![format!("From the run {name}, which is not finished")]);
    };
    let summary: Summary = serde_json::from_value(summary).context("summary.json cannot be read")?;
    let mut notes = vec![format!("From the run {name}, trained on {}", summary.data)];
    if let Some(winner) = summary.trained.first().filter(|winner| winner.genotype == file.genotype) {
        notes.extend(winner.scores.iter().map(|score| format!("{score}, at step {}", winner.best_step)));
    }
    Ok(notes)
}

/// Files that are to be written, relative to their folder.
#[derive(Default)]
struct Export {
    files: Vec<(PathBuf, Vec<u8>)>,
    left_out: Vec<LeftOut>,
    notes: Vec<String>,
    warnings: Vec<String>,
}

impl Export {
    fn add(&mut self, name: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) {
        self.files.push((name.into(), bytes.into()));
    }

    fn model(&mut self, part: ExportPart, Model { bytes, file, notes, .. }: &Model) -> anyhow::Result<()> {
        let shape = file.config.net_shape();
        let drawn = |format| architecture_file(&file.genotype, &file.config, format);
        match part {
            ExportPart::Weights => self.add(MODEL, bytes.clone()),
            ExportPart::PyTorch => {
                let (genotype, skip_tap) = (&file.genotype, file.config.skip_tap);
                self.add(CODE, pytorch(&PyTorch { genotype, shape: &shape, skip_tap, notes }));
            }
            ExportPart::Arch => {
                self.add(DESCRIPTION, drawn(ArchitectureFormat::Json)?);
            }
            ExportPart::Diagram => {
                self.add(DRAWING, drawn(ArchitectureFormat::Svg)?);
                self.add(PAINTING, drawn(ArchitectureFormat::Png)?);
            }
            ExportPart::Config | ExportPart::Curves | ExportPart::Samples => {}
        }
        Ok(())
    }

    /// Adds a part of a run, or says why there is none.
    fn run(&mut self, part: ExportPart, view: &RunView) -> anyhow::Result<Option<String>> {
        match part {
            ExportPart::Config => self.add(CONFIG, view.config()?),
            ExportPart::Curves => {
                let lines = view.events::<LogEvent>()?;
                self.warnings.extend(lines.warning.map(|warning| warning.to_string()));
                self.add(CURVES, curves_csv(points(lines.items)));
            }
            ExportPart::Samples => {
                let samples = view.samples()?;
                if samples.is_empty() {
                    return Ok(Some(format!("{} has no pictures yet", view.dir().display())));
                }
                for (_, path) in samples {
                    let name = path.file_name().map(PathBuf::from).unwrap_or_default();
                    let bytes = fs::read(&path)
                        .with_context(|| format!("the picture {} cannot be read", path.display()))?;
                    self.add(Path::new(SAMPLES).join(name), bytes);
                }
            }
            ExportPart::Weights | ExportPart::PyTorch | ExportPart::Arch | ExportPart::Diagram => {}
        }
        Ok(None)
    }

    fn write(self, to: &Path, force: bool) -> anyhow::Result<Exported> {
        let Self { files, left_out, notes, warnings } = self;
        let taken = files.iter().map(|(name, _)| to.join(name));
        if let Some(taken) = taken.filter(|_| !force).find(|path| path.symlink_metadata().is_ok()) {
            bail!(
                "{} is there already, and nothing was written; choose another folder, or replace what is there \
                 with --force",
                taken.display()
            );
        }
        for (name, bytes) in &files {
            let path = to.join(name);
            let dir = path.parent().unwrap_or(to);
            fs::create_dir_all(dir).with_context(|| {
                format!("the folder {} cannot be made; choose another one", dir.display())
            })?;
            write_file(&path, bytes).map_err(|error| {
                let reason = error.reason();
                anyhow!(
                    "{} could not be written ({reason}); make room and get the rights to that folder, or choose \
                     another one",
                    path.display()
                )
            })?;
        }
        let files = files.into_iter().map(|(name, _)| name).collect();
        Ok(Exported { dir: to.to_owned(), files, left_out, notes, warnings })
    }
}

/// What was measured during a run, in order.
fn points(events: Vec<LogEvent>) -> impl Iterator<Item = CurvePoint> {
    (0..).zip(events).flat_map(|(index, event)| {
        let point = |curve: Curve, step, value| CurvePoint {
            event_index: index,
            name: curve.to_string(),
            step,
            value,
        };
        match event {
            LogEvent::Search(SearchEvent::Metric { curve, step, value }) => vec![point(curve, step, value)],
            LogEvent::Search(SearchEvent::Evaluated { training, step, scores, .. }) => {
                let curve = |score: &Score| Curve::Score { training, label: score.label() };
                scores.iter().map(|score| point(curve(score), step.0, score.value)).collect()
            }
            _ => Vec::new(),
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::Genotype;
    use crate::engine::WEIGHTS;
    use crate::model::{ModelConfig, SkipTap};
    use crate::run::{RunFolder, RunInfo};
    use crate::search::{GeneratorStep, TrainingId};
    use burn::tensor::Device;

    const VECTOR: &str = "1 0 1 1 0 1 2 0 1";

    /// Whatever generator a file has.
    fn any() -> ModelOptions {
        ModelOptions::default()
    }

    fn model() -> ModelFile {
        let genotype = Genotype::parse(VECTOR).unwrap();
        let config = ModelConfig { latent_dim: 4, generator_channels: 3, ..ModelConfig::default() };
        let generator = config.derived_generator(&genotype, &Device::flex(), 1, "test");
        ModelFile { genotype, config, tensors: generator.state_dict() }
    }

    fn score() -> Score {
        Score { samples: 1000, reference: None, ..Score::of_tests(40.5) }
    }

    /// A run that measured something, with a winner where one is given.
    fn run(dir: &Path, winner: Option<&ModelFile>) {
        let info = RunInfo::new("cpu", 1, time::OffsetDateTime::UNIX_EPOCH);
        let mut folder = RunFolder::create(dir, &info, "seed = 1\n").unwrap();
        let curve = || Curve::from("shared/x".to_owned());
        let metric = |step| SearchEvent::Metric { curve: curve(), step, value: 0.25 };
        let evaluated = SearchEvent::Evaluated {
            training: TrainingId::Winner,
            step: GeneratorStep(9),
            scores: vec![score()],
            best: true,
        };
        let warning = SearchEvent::Warning { text: "x".to_owned() };
        for event in [metric(1), warning, metric(2), evaluated] {
            folder.events.append(&event).unwrap();
        }
        folder.events.flush().unwrap();
        if let Some(file) = winner {
            fs::write(dir.join(WEIGHTS), file.to_bytes().unwrap()).unwrap();
        }
    }

    fn names(exported: &Exported) -> Vec<String> {
        exported.files.iter().map(|file| file.display().to_string()).collect()
    }

    #[test]
    fn all_of_a_run_is_written_and_nothing_twice() {
        let root = tempfile::tempdir().unwrap();
        let (dir, to) = (root.path().join("my-run"), root.path().join("deep/out"));
        let file = model();
        run(&dir, Some(&file));
        fs::write(dir.join("samples/000007.png"), "a picture").unwrap();
        let exported = export_model(&dir, &any(), &to, None, false).unwrap();
        let sample = Path::new(SAMPLES).join("000007.png").display().to_string();
        let expected = [MODEL, CODE, DESCRIPTION, DRAWING, PAINTING, CONFIG, CURVES, &sample];
        assert_eq!(names(&exported), expected);
        assert_eq!((exported.left_out.len(), exported.warnings.len()), (0, 0));
        let read = |name: &str| fs::read(to.join(name)).unwrap();
        let text = |name: &str| String::from_utf8(read(name)).unwrap();
        assert_eq!(read(MODEL), file.to_bytes().unwrap());
        assert_eq!((text(CONFIG).as_str(), text(&sample).as_str()), ("seed = 1\n", "a picture"));
        assert_eq!(
            text(CURVES),
            "event_index,name,step,value\n0,shared/x,1,0.25\n2,shared/x,2,0.25\n3,winner/fréchet distance,9,40.5\n"
        );
        assert!(text(CODE).contains("From the run my-run, which is not finished"));
        let described: serde_json::Value = serde_json::from_str(&text(DESCRIPTION)).unwrap();
        assert_eq!(
            described["generator"]["params"],
            crate::arch::params(&file.genotype, &file.config.net_shape())
        );
        assert!(text(DRAWING).contains(VECTOR));
        assert!(image::load_from_memory(&read(PAINTING)).is_ok());

        // A single file that is there stops all of it, before anything is written.
        fs::remove_file(to.join(MODEL)).unwrap();
        fs::write(to.join(CURVES), "mine").unwrap();
        let error = export_model(&dir, &any(), &to, None, false).unwrap_err().to_string();
        assert!(error.contains(CODE) && error.contains("--force"), "{error}");
        assert!(!to.join(MODEL).exists());
        export_model(&dir, &any(), &to, Some(&[ExportPart::Curves]), true).unwrap();
        assert!(text(CURVES).starts_with("event_index"));
    }

    #[test]
    fn an_unfinished_run_has_no_weights_and_still_curves() {
        let root = tempfile::tempdir().unwrap();
        let (dir, to) = (root.path().join("run"), root.path().join("out"));
        run(&dir, None);
        let error = export_model(&dir, &any(), &to, None, false).unwrap_err().to_string();
        assert!(error.contains("no trained generator yet"), "{error}");
        assert!(!to.exists());
        let exported =
            export_model(&dir, &any(), &to, Some(&[ExportPart::Curves, ExportPart::Config]), false).unwrap();
        assert_eq!(names(&exported), [CONFIG, CURVES]);
        let error =
            export_model(&dir, &any(), &to, Some(&[ExportPart::Samples]), false).unwrap_err().to_string();
        assert!(error.contains("has no pictures yet"), "{error}");
    }

    #[test]
    fn a_file_of_weights_is_exported_without_what_only_a_run_has() {
        let root = tempfile::tempdir().unwrap();
        let (path, to) = (root.path().join("model.safetensors"), root.path().join("out"));
        let file = model();
        fs::write(&path, file.to_bytes().unwrap()).unwrap();
        let exported = export_model(&path, &any(), &to, None, false).unwrap();
        assert_eq!(names(&exported), [MODEL, CODE, DESCRIPTION, DRAWING, PAINTING]);
        let left_out: Vec<ExportPart> = exported.left_out.iter().map(|left| left.part).collect();
        assert_eq!(left_out, [ExportPart::Config, ExportPart::Curves, ExportPart::Samples]);
        let error =
            export_model(&path, &any(), &to, Some(&[ExportPart::Curves]), true).unwrap_err().to_string();
        assert!(error.contains("only a run has them"), "{error}");

        // Weights that say nothing of themselves run as released.
        let bare = crate::model::to_safetensors(&file.tensors, Default::default()).unwrap();
        fs::write(&path, bare).unwrap();
        let to = root.path().join("bare");
        let named = ModelOptions { arch: Some(file.genotype.clone()), ..any() };
        assert!(export_model(&path, &any(), &to, None, false).is_err());
        export_model(&path, &named, &to, None, false).unwrap();
        let described = ModelFile::from_bytes(&fs::read(to.join(MODEL)).unwrap()).unwrap();
        assert_eq!(described.config.skip_tap, SkipTap::AfterAddition);
        assert_eq!((described.config.latent_dim, described.config.generator_channels), (4, 3));
    }

    #[test]
    fn parts_are_read_by_the_names_they_print() {
        for part in ExportPart::ALL {
            assert_eq!(part.to_string().parse(), Ok(part));
            assert_eq!(serde_json::to_value(part).unwrap(), part.name());
        }
        assert!("Weights".parse::<ExportPart>().unwrap_err().contains("weights, pytorch"));
    }
}
