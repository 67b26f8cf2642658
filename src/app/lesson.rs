//! Lessons: a run with steps that explain it, in a TOML file.
//!
//! ```toml
//! title = "What a score means"
//! about = "Watch a score fall while images become better"
//! # Trains this architecture; without it, a search is begun.
//! architecture = "1 0 1 1 1 0 0 1 1"
//! # Buttons of the run that are not shown.
//! hide = ["stop", "export"]
//! # The settings begin with those of a preset, else with the defaults.
//! preset = "quick"
//!
//! [settings.winner]
//! steps = 1000
//!
//! [[step]]
//! text = "One or two sentences."
//! # All three may be left out: the panel that comes to the front, what the lesson waits for before it goes on by
//! # itself, and whether the run goes one update at a time.
//! panel = "curves"
//! until = "scored"
//! slow = false
//! ```
//!
//! A lesson is data: nothing of it is run but its training.

use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use toml::Table;

use crate::arch::Genotype;
use crate::config::{ConfigError, RunConfig};
use crate::engine::JobSpec;
use crate::input::{beginning, read_text, shown};

/// The lessons that come with the program, each by the name of its file.
pub const LESSONS: [(&str, &str); 5] = [
    ("two-networks.toml", include_str!("../../lessons/two-networks.toml")),
    ("search.toml", include_str!("../../lessons/search.toml")),
    ("cells.toml", include_str!("../../lessons/cells.toml")),
    ("scores.toml", include_str!("../../lessons/scores.toml")),
    ("collapse.toml", include_str!("../../lessons/collapse.toml")),
];

/// The most steps of a lesson.
const MOST_STEPS: usize = 50;
/// The longest title, line about it and text of a step, in characters.
const LONGEST_TITLE: usize = 80;
const LONGEST_ABOUT: usize = 200;
const LONGEST_TEXT: usize = 400;
/// The longest message of a parser that is repeated, in characters.
const LONGEST_MESSAGE: usize = 300;

/// Why a lesson cannot be used, in one sentence.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the lesson {origin} cannot be used: {reason}")]
pub struct LessonError {
    origin: String,
    reason: String,
}

/// A run with steps that explain it.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// What it is called.
    pub title: String,
    /// What it is about, in a line; may be empty.
    pub about: String,
    /// What its run is for.
    pub job: JobSpec,
    /// The settings of its run.
    pub config: RunConfig,
    /// Buttons of the run that are not shown.
    pub hide: Vec<LessonControl>,
    /// The steps; there is one at least.
    pub steps: Vec<LessonStep>,
}

/// A step of a lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LessonStep {
    /// One or two sentences.
    pub text: String,
    /// The key of the panel that comes to the front when the step begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panel: Option<String>,
    /// What the lesson waits for before it goes on by itself.
    #[serde(default)]
    pub until: LessonGoal,
    /// Whether the run goes one update at a time, slowly enough to watch.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub slow: bool,
}

/// What a step of a lesson waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LessonGoal {
    /// The reader.
    #[default]
    Next,
    /// The first step of a training of the run, or of the shared GAN.
    Training,
    /// The controller's training.
    Controller,
    /// A ranking of candidates.
    Ranking,
    /// The training of the best candidates from scratch.
    Finalists,
    /// The training of the winner.
    Winner,
    /// A score of a training.
    Scored,
    /// The end of the run.
    Finished,
}

impl LessonGoal {
    /// When the lesson goes on, as the end of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Next => "when you press Next",
            Self::Training => "when the first update is done",
            Self::Controller => "when the controller is trained",
            Self::Ranking => "when candidates are ranked",
            Self::Finalists => "when the finalists are trained",
            Self::Winner => "when the winner is trained",
            Self::Scored => "when the first score of a training is there",
            Self::Finished => "when the run is finished",
        }
    }
}

/// A button of a run that a lesson may hide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LessonControl {
    /// One step of both networks.
    Step,
    /// One update of the discriminator.
    DiscriminatorStep,
    /// One update of the generator.
    GeneratorStep,
    /// A checkpoint.
    Checkpoint,
    /// The end of the run with a checkpoint.
    Stop,
    /// What came out.
    Result,
    /// Playing with the generator.
    Create,
    /// Writing what the run found into a folder.
    Export,
}

/// The file as it is written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LessonFile {
    title: String,
    #[serde(default)]
    about: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    architecture: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hide: Vec<LessonControl>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    preset: Option<String>,
    #[serde(default)]
    settings: Table,
    step: Vec<LessonStep>,
}

impl Lesson {
    /// Reads a lesson from a file. `panels` are the keys of the panels that its steps may name.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is no lesson, or its run cannot be begun.
    pub fn read(path: &Path, panels: &[&str]) -> Result<Self, LessonError> {
        let origin = shown(path);
        let text = read_text(path).map_err(|error| refused(&origin, error.to_string()))?;
        Self::parse(&text, &origin, panels)
    }

    /// Reads a lesson from its text. `origin` is where that comes from, for messages.
    ///
    /// # Errors
    ///
    /// If it is no lesson, or its run cannot be begun.
    pub fn parse(text: &str, origin: &str, panels: &[&str]) -> Result<Self, LessonError> {
        let refused = |reason: String| refused(origin, reason);
        let file: LessonFile = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| text.as_bytes()[..span.start.min(text.len())].iter());
            let line = line.map_or_else(String::new, |before| {
                format!("line {}: ", before.filter(|&&byte| byte == b'\n').count() + 1)
            });
            refused(format!("{line}{}", beginning(&one_line(error.message()), LONGEST_MESSAGE)))
        })?;
        file.check(panels).map_err(refused)?;
        let settings = |error: ConfigError| refused(without_line(error).to_string());
        let mut config = match &file.preset {
            Some(name) => RunConfig::preset(name).map_err(settings)?,
            None => RunConfig::default(),
        };
        let layer = toml::to_string(&file.settings).map_err(|error| refused(error.to_string()))?;
        config.overlay(&layer, SETTINGS).map_err(settings)?;
        let job = match &file.architecture {
            Some(vector) => {
                JobSpec::Train(Genotype::parse(vector).map_err(|error| refused(error.to_string()))?)
            }
            None => JobSpec::Search,
        };
        let checked = if job == JobSpec::Search { config.validate_search() } else { config.validate() };
        checked.map_err(settings)?;
        let LessonFile { title, about, hide, step: steps, .. } = file;
        Ok(Self { title, about, job, config, hide, steps })
    }

    /// The text of a lesson file about a run, with a first step that is to be rewritten.
    ///
    /// # Errors
    ///
    /// If the settings cannot be written, in a sentence.
    pub fn template(job: &JobSpec, config: &RunConfig, panels: &[&str]) -> Result<String, String> {
        // The device is that of whoever opens the lesson.
        let config = RunConfig { device: RunConfig::default().device, ..config.clone() };
        let settings = config.to_toml().map_err(|error| error.to_string())?;
        let first = LessonStep {
            text: "Write here what to look at first, in one or two sentences.".to_owned(),
            panel: panels.first().map(|panel| (*panel).to_owned()),
            ..LessonStep::default()
        };
        let file = LessonFile {
            title: beginning(&format!("About {}", config.name), LONGEST_TITLE - 1),
            about: "What can be learned here, in a line".to_owned(),
            architecture: match job {
                JobSpec::Search => None,
                JobSpec::Train(genotype) => Some(genotype.to_string()),
            },
            settings: settings.parse().map_err(|error: toml::de::Error| error.message().to_owned())?,
            step: vec![first],
            ..LessonFile::default()
        };
        let text = toml::to_string(&file).map_err(|error| error.to_string())?;
        Ok(format!(
            "# A lesson of AutoGAN: opened by `autogan --lesson FILE`, or dropped on the window.\n\
             # At its end are the steps. Copy [[step]] with its lines for each further one.\n\
             # panel: {}. until: next, training, controller, ranking, finalists, winner, scored or finished.\n\
             # slow = true lets the run go one update at a time. Above the settings may stand, for example,\n\
             # hide = [\"stop\", \"export\"], which hides buttons of the run.\n\n{text}",
            panels.join(", ")
        ))
    }
}

impl LessonFile {
    /// What is wrong with all but the settings, in a sentence.
    fn check(&self, panels: &[&str]) -> Result<(), String> {
        is_of_length("the title", &self.title, 1, LONGEST_TITLE)?;
        is_of_length("about", &self.about, 0, LONGEST_ABOUT)?;
        if self.step.is_empty() || self.step.len() > MOST_STEPS {
            let count = self.step.len();
            return Err(format!(
                "it has {count} steps; give it 1 to {MOST_STEPS}, each as a [[step]] with a text"
            ));
        }
        for (at, step) in self.step.iter().enumerate() {
            is_of_length(&format!("the text of step {}", at + 1), &step.text, 1, LONGEST_TEXT)?;
            if let Some(panel) = step.panel.as_deref().filter(|panel| !panels.contains(panel)) {
                let (number, panel) = (at + 1, beginning(panel, 40));
                return Err(format!(
                    "step {number} names the panel “{panel}”; the panels are {}",
                    panels.join(", ")
                ));
            }
        }
        Ok(())
    }
}

/// Where settings of a lesson are written, for messages.
const SETTINGS: &str = "[settings]";

fn refused(origin: &str, reason: String) -> LessonError {
    LessonError { origin: origin.to_owned(), reason }
}

fn is_of_length(what: &str, text: &str, least: usize, most: usize) -> Result<(), String> {
    match text.trim().chars().count() {
        0 if least > 0 => Err(format!("{what} is empty; write it")),
        count if count > most => Err(format!("{what} has {count} characters; {most} are the most")),
        _ => Ok(()),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The error without the line, which is none of the lesson's own: its settings are read by themselves.
fn without_line(mut error: ConfigError) -> ConfigError {
    if let ConfigError::UnknownKey { origin, .. }
    | ConfigError::WrongValue { origin, .. }
    | ConfigError::Unreadable { origin, .. } = &mut error
    {
        *origin = SETTINGS.to_owned();
    }
    error
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PANELS: [&str; 3] = ["samples", "curves", "board"];
    const ALL_PANELS: [&str; 6] = ["samples", "architecture", "controller", "board", "curves", "log"];

    fn parse(text: &str) -> Result<Lesson, LessonError> {
        Lesson::parse(text, "my.toml", &PANELS)
    }

    #[test]
    fn a_lesson_has_a_run_and_steps() {
        let lesson = parse(
            "title = \"T\"\narchitecture = \"1 0 1 1 1 0 0 1 1\"\nhide = [\"stop\"]\npreset = \"quick\"\n\
             [settings.winner]\nsteps = 70\n[[step]]\ntext = \"Look.\"\n[[step]]\ntext = \"Wait.\"\npanel = \"curves\"\n\
             until = \"scored\"\nslow = true",
        )
        .unwrap();
        assert_eq!(lesson.job, JobSpec::Train(Genotype::parse("1 0 1 1 1 0 0 1 1").unwrap()));
        assert_eq!((lesson.config.winner.steps, lesson.config.name.as_str()), (70, "quick"));
        assert_eq!(lesson.hide, [LessonControl::Stop]);
        let until = LessonGoal::Scored;
        let last =
            LessonStep { text: "Wait.".to_owned(), panel: Some("curves".to_owned()), until, slow: true };
        assert_eq!(lesson.steps[1], last);
        assert_eq!((lesson.steps[0].until, lesson.steps[0].slow), (LessonGoal::Next, false));
        assert_eq!(parse("title = \"T\"\n[[step]]\ntext = \"Look.\"").unwrap().job, JobSpec::Search);
    }

    #[test]
    fn what_is_wrong_is_said_in_one_clear_sentence() {
        let step = "\n[[step]]\ntext = \"Look.\"";
        let title = "title = \"T\"\n";
        for (text, part) in [
            (String::new(), "missing field `title`"),
            ("title = ".to_owned(), "line 1: "),
            (format!("{title}hide = [\"doors\"]{step}"), "line 2: unknown variant `doors`"),
            (format!("{title}txt = 1{step}"), "line 2: unknown field `txt`"),
            (format!("{title}step = []"), "it has 0 steps; give it 1 to 50"),
            (format!("{title}{}", step.repeat(51)), "it has 51 steps"),
            (format!("{title}[[step]]\ntext = \" \""), "the text of step 1 is empty"),
            (
                format!("{title}[[step]]\ntext = \"{}\"", "x".repeat(401)),
                "has 401 characters; 400 are the most",
            ),
            (
                format!("{title}{step}\npanel = \"holograms\""),
                "step 1 names the panel “holograms”; the panels are samples",
            ),
            (format!("{title}{step}\nuntil = \"lunch\""), "unknown variant `lunch`"),
            (format!("{title}preset = \"qick\"{step}"), "did you mean `quick`?"),
            (
                format!("{title}[settings.winner]\nstep = 3{step}"),
                "[settings]: there is no setting `winner.step`",
            ),
            (format!("{title}[settings.recipe]\nbatch = \"a\"{step}"), "[settings]: `recipe.batch` must be"),
            (format!("{title}[settings.recipe]\nbatch = 0{step}"), "batch"),
            (format!("{title}architecture = \"1 0 7 1\"{step}"), "up of cell 1"),
            (format!("{title}x = {}", "[".repeat(100_000)), "line "),
        ] {
            let message = parse(&text).unwrap_err().to_string();
            assert!(message.starts_with("the lesson my.toml cannot be used: "), "{message}");
            assert!(message.contains(part), "{message} should say: {part}");
            assert!(message.len() < 900 && !message.contains('\n'), "{message}");
        }
        let missing = Lesson::read(Path::new("not/there.toml"), &PANELS).unwrap_err().to_string();
        assert!(missing.contains("not/there.toml") && missing.contains("there is no such file"), "{missing}");
    }

    #[test]
    fn every_lesson_that_comes_with_the_program_can_be_used_and_is_short() {
        for (name, text) in LESSONS {
            let lesson = Lesson::parse(text, name, &ALL_PANELS).unwrap();
            assert!(!lesson.about.is_empty() && lesson.steps.len() >= 4, "{name}");
            assert!(lesson.steps.iter().all(|step| step.text.len() < 300), "{name}");
            assert_eq!(lesson.config.device, "auto", "{name}");
        }
    }

    #[test]
    fn a_template_is_a_lesson_with_the_same_run_on_any_device() {
        let mut config = RunConfig::preset("quick").unwrap();
        config.apply("device=cpu").unwrap();
        for job in [JobSpec::Search, JobSpec::Train(Genotype::parse("1 0 1 1 1 0 0 1 1").unwrap())] {
            let text = Lesson::template(&job, &config, &PANELS).unwrap();
            let lesson = parse(&text).unwrap();
            assert_eq!(lesson.job, job);
            assert_eq!(lesson.config, RunConfig { device: "auto".to_owned(), ..config.clone() });
            assert_eq!(lesson.steps.len(), 1);
            assert!(text.contains("# panel: samples, curves, board."), "{text}");
        }
    }
}
