//! The screens of many runs: the list, and runs side by side.

use std::fs;
use std::path::{Path, PathBuf};

use autogan::arch::{Genotype, NetShape, macs, params};
use autogan::config::RunConfig;
use autogan::data::{Split, toys};
use autogan::engine::{COLUMNS, ENLARGED, JobSpec, LiveEvent, LogEvent, Tick};
use autogan::export::Picture;
use autogan::gui::App;
use autogan::run::{LiveStatus, RunFolder, RunInfo};
use autogan::search::{Curve, GeneratorStep, SampleSource, SearchEvent, TrainingId};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::folders;
use crate::outcome;
use crate::window::{Window, text};

/// What a finished run is made of.
struct Made {
    name: &'static str,
    vector: &'static str,
    distance: f64,
    setting: &'static str,
    hour: i64,
}

const ONE: Made =
    Made { name: "one", vector: "1 0 1 1 1 0 0 1 1", distance: 30.0, setting: "recipe.n_critic=5", hour: 1 };
const TWO: Made =
    Made { name: "two", vector: "1 0 0 1 1 0 0 1 1", distance: 20.5, setting: "recipe.n_critic=3", hour: 2 };

/// Writes a finished run with a curve, a picture and a winner.
fn finished(root: &Path, made: &Made) -> PathBuf {
    let dir = root.join(made.name);
    let mut config = RunConfig::preset("quick").unwrap();
    config.apply(made.setting).unwrap();
    let begun = time::OffsetDateTime::UNIX_EPOCH + time::Duration::hours(made.hour);
    let mut info = RunInfo::new("cpu", 1, begun);
    info.extra.insert("job".to_owned(), "search".into());
    let mut folder = RunFolder::create(&dir, &info, &config.to_toml().unwrap()).unwrap();
    for step in 0..50u64 {
        let value = made.distance - step as f64 * 0.1;
        let curve = Curve::from("shared/generator_loss".to_owned());
        let loss = SearchEvent::Metric { curve, step, value };
        folder.events.append(&loss).unwrap();
        let (training, step) = (TrainingId::Winner, GeneratorStep(step));
        let scores = vec![outcome::distance(value)];
        folder.events.append(&SearchEvent::Evaluated { training, step, scores, best: true }).unwrap();
    }
    let file = "samples/000001.png".to_owned();
    let images = toys::toys(Split::Test, 64, 16, made.hour.unsigned_abs(), &|_, _| {}).unwrap();
    let values = images.batch_f32(&(0..64).collect::<Vec<u32>>());
    let picture = Picture::grid(&values, 16, COLUMNS).enlarged(ENLARGED);
    fs::write(dir.join(&file), picture.png()).unwrap();
    let source = SampleSource::Training { training: TrainingId::Winner, step: None };
    folder.events.append(&LogEvent::Samples { source, genotype: None, tick: Tick(1), file }).unwrap();
    let genotype = Genotype::parse(made.vector).unwrap();
    let shape: NetShape = config.derived_model().net_shape();
    let cost = [params(&genotype, &shape), macs(&genotype, &shape)];
    let summary = outcome::summary(genotype, cost, outcome::distance(made.distance), 16);
    folder.events.append(&LogEvent::Finished { summary: Box::new(summary.clone()) }).unwrap();
    folder.events.flush().unwrap();
    folder.write_summary(&summary).unwrap();
    dir
}

/// A run that somebody works on: this test.
pub struct LiveRun {
    /// Cleared before the lock goes, as a worker does that ends in order.
    status: LiveStatus,
    /// With the lock.
    folder: RunFolder,
}

impl LiveRun {
    /// Begins a training that has a score and a picture.
    pub fn begin(dir: &Path) -> Self {
        let mut info = RunInfo::new("cpu", 1, time::OffsetDateTime::UNIX_EPOCH);
        let job = JobSpec::Train(Genotype::parse(ONE.vector).unwrap());
        info.extra.insert("job".to_owned(), serde_json::to_value(job).unwrap());
        let mut config = RunConfig::preset("quick").unwrap();
        config.apply("device=cpu").unwrap();
        let mut live = Self {
            folder: RunFolder::create(dir, &info, &config.to_toml().unwrap()).unwrap(),
            status: LiveStatus::begin(dir),
        };
        live.evaluated(1200, 12.5);
        let images = toys::toys(Split::Test, 64, 16, 1, &|_, _| {}).unwrap();
        let values = images.batch_f32(&(0..64).collect::<Vec<u32>>());
        let picture = Picture::grid(&values, 16, COLUMNS).enlarged(ENLARGED);
        fs::write(dir.join("samples/000001.png"), picture.png()).unwrap();
        live
    }

    /// Logs the best evaluation so far.
    pub fn evaluated(&mut self, step: u64, distance: f64) {
        let (training, step) = (TrainingId::Single, GeneratorStep(step));
        let scores = vec![outcome::distance(distance)];
        self.folder.events.append(&SearchEvent::Evaluated { training, step, scores, best: true }).unwrap();
        self.folder.events.flush().unwrap();
    }

    /// Shows what others see of it.
    pub fn publish(&self, events: &[LiveEvent]) {
        self.status.publish(&events).unwrap();
    }

    /// Ends it as a process that is killed does: with what it showed left behind.
    pub fn kill(mut self) {
        self.status.hand_over();
    }
}

/// Writes two finished runs into a folder of runs.
pub fn write_two(runs: &Path) {
    for made in [ONE, TWO] {
        finished(runs, &made);
    }
}

/// Writes 200 finished runs into a folder of runs: copies of one.
pub fn write_many(runs: &Path) {
    let one = finished(runs, &ONE);
    (2..=200).for_each(|copy| folders::copy(&one, &runs.join(format!("copy-{copy}"))));
}

/// A window on the list of two finished runs.
fn window() -> Window {
    let window = Window::new();
    write_two(&window.folder.path().join("runs"));
    listed(window)
}

fn listed(mut window: Window) -> Window {
    window.click("All runs");
    window.until_label("Show the folder");
    window
}

fn is_disabled(window: &Window, label: &str) -> bool {
    window.harness.get_by_label(label).accesskit_node().is_disabled()
}

/// How far down something is.
fn height(window: &Window, label: &str) -> f32 {
    window.harness.get_by_label(label).rect().top()
}

#[test]
fn runs_are_listed_with_picture_winner_score_and_state_and_are_opened() {
    let mut window = window();
    window.until_label("Samples of one");
    for part in ["Run one: Finished", "Fréchet distance 20.5", ONE.vector, "2 runs"] {
        assert!(window.harness.query_by_label(part).is_some(), "{part}");
    }
    assert!(height(&window, "Run two: Finished") < height(&window, "Run one: Finished"), "the newest first");
    window.click("Name");
    assert!(height(&window, "Run one: Finished") < height(&window, "Run two: Finished"));
    window.click("Score");
    assert!(height(&window, "Run two: Finished") < height(&window, "Run one: Finished"), "the best first");
    window.harness.get_by_label("Find").focus();
    window.harness.run_steps(3);
    window.harness.get_by_label("Find").type_text("finished one");
    window.until("fewer rows", |harness| harness.query_by_label("1 of 2 runs").is_some());
    assert!(window.harness.query_by_label("Run two: Finished").is_none());
    window.harness.check_accessibility();
    window.click("one");
    window.until_label("Finished");
    assert_eq!(window.run_dir().file_name().unwrap(), "one");
}

#[test]
fn two_runs_are_compared_by_curves_settings_scores_and_architectures() {
    let mut window = window();
    assert!(is_disabled(&window, "Compare"));
    window.click("Select one");
    assert!(is_disabled(&window, "Compare") && !is_disabled(&window, "Open"));
    window.click("Select two");
    assert!(is_disabled(&window, "Open"));
    window.click("Compare");
    window.until_label("Outcomes");
    window.until_label("recipe.n_critic");
    window.until_label("20.5  best");
    assert!(window.harness.query_by_label("1 setting differs").is_some());
    assert!(window.harness.query_by_label("recipe.batch").is_none());
    window.click("Show all");
    assert!(window.harness.query_by_label("recipe.batch").is_some());
    for made in [ONE, TWO] {
        let drawing = format!("Drawing of the generator {}", made.vector);
        assert!(window.harness.query_by_label(&drawing).is_some());
        let words = format!("{}: winner {}", made.name, made.vector);
        assert!(window.harness.query_by_label(&words).is_some());
    }
    window.until("the curves are read", |harness| harness.query_by_label("Curve").is_some());
    window.until("a score first", |harness| harness.query_by_value("Winner: Fréchet distance").is_some());
    window.harness.check_accessibility();
    window.harness.get_by_value("Winner: Fréchet distance").click();
    // It says in how many runs it is until all of them are read.
    window.click("Shared GAN: generator loss");
    window.until("another curve", |harness| harness.query_by_value("Shared GAN: generator loss").is_some());
    window.click("Open two");
    window.until_label("Finished");
}

#[test]
fn deleting_asks_first_moves_to_the_trash_and_loses_nothing_where_it_fails() {
    let mut window = window();
    let runs = window.folder.path().join("runs");
    window.click("Select two");
    window.click("Delete…");
    window.until_label("Move this run to the trash?");
    window.click("Cancel");
    assert!(window.harness.query_by_label("Move this run to the trash?").is_none());
    assert!(runs.join("two").exists());
    // There is no trash yet.
    window.click("Delete…");
    window.click("Move to the trash");
    window.until("it is told", |harness| harness.query_by_label_contains("stays where it is").is_some());
    assert!(runs.join("two/run.json").exists());
    fs::create_dir(window.folder.path().join("trash")).unwrap();
    window.click("Delete…");
    window.click("Move to the trash");
    window.until_label("two is in the trash");
    assert!(window.folder.path().join("trash/two/run.json").exists() && !runs.join("two").exists());
    window.until_label("1 run");
    assert!(window.harness.query_by_label("Run two: Finished").is_none());
    assert!(is_disabled(&window, "Delete…"), "nothing is selected any more");
}

#[test]
fn a_damaged_run_says_why_and_an_empty_folder_how_to_begin() {
    let mut window = listed_when_empty();
    window.harness.check_accessibility();
    let runs = window.folder.path().join("runs");
    let dir = finished(&runs, &ONE);
    fs::remove_file(dir.join("config.toml")).unwrap();
    finished(&runs, &TWO);
    window.until_label("Run one: Damaged");
    assert!(text(&window.harness, "config.toml missing").starts_with("Damaged: "));
    window.click("Select one");
    assert!(
        is_disabled(&window, "Open") && is_disabled(&window, "Resume") && !is_disabled(&window, "Delete…")
    );
    window.click("Select two");
    assert!(is_disabled(&window, "Compare"), "there is nothing to compare with");
}

fn listed_when_empty() -> Window {
    let mut window = Window::new();
    window.click("All runs");
    window.until_label("No runs yet");
    window
}

/// A third run, begun with the second.
fn like_two(name: &'static str) -> Made {
    Made { name, ..TWO }
}

#[test]
fn rows_that_the_search_hides_are_left_out_of_all_that_is_done() {
    let mut window = Window::new();
    let runs = window.folder.path().join("runs");
    for made in [ONE, TWO, like_two("three")] {
        finished(&runs, &made);
    }
    window = listed(window);
    window.click("Select all");
    window.until_label("3 selected");
    window.harness.get_by_label("Find").focus();
    window.harness.run_steps(3);
    // Neither "three" nor what else is said of it has this letter.
    window.harness.get_by_label("Find").type_text("o");
    window.until_label("2 of 3 runs");
    window.until_label("2 selected, and 1 more that “Find” hides: left out");
    window.click("Compare");
    window.until_label("20.5  best");
    let is_compared = |name: &str| window.harness.query_by_label(&format!("Open {name}")).is_some();
    assert!(is_compared("one") && is_compared("two") && !is_compared("three"));
}

#[test]
fn what_cannot_be_done_with_the_selected_runs_says_why_beside_the_buttons() {
    let mut window = window();
    window.until_label("No run is selected");
    window.click("Select one");
    window.until_label("· Resume: it is finished");
    window.until_label("· Compare: select two or more runs");
    window.click("Select two");
    window.until_label("· Open, Resume, Show the folder: select a single run");
}

#[test]
fn names_stand_in_the_order_of_their_numbers_and_have_the_width_that_is_left() {
    const LONG: &str = "a-search-with-a-name-of-sixty-letters-and-what-it-was-about";
    let mut window = Window::new();
    let runs = window.folder.path().join("runs");
    for name in ["copy-99", "copy-9", "copy-10", LONG] {
        finished(&runs, &like_two(name));
    }
    window = listed(window);
    let ordered = |harness: &Harness<'static, App>| {
        let place = |name: &str| {
            let label = format!("Run {name}: Finished");
            let row = harness.query_by_label(&label);
            row.map_or(f32::NAN, |row| row.rect().top())
        };
        place("copy-9") < place("copy-10") && place("copy-10") < place("copy-99")
    };
    // All were begun at the same time.
    window.until("the order of their numbers", ordered);
    window.click("Name");
    window.until("the same by name", ordered);
    let width = window.harness.get_by_label(LONG).rect().width();
    assert!(width > 220.0, "{width} points for a name beside empty columns");
}

#[test]
fn a_run_that_goes_on_shows_how_far_it_is_its_best_score_and_its_newest_picture() {
    let mut window = Window::new();
    let dir = window.folder.path().join("runs/live");
    let live = LiveRun::begin(&dir);
    live.publish(&[LiveEvent::Progress { done: 0.42, eta_seconds: Some(720.0), speed: None }]);
    window = listed(window);
    window.until_label("Running: 42%, 12 min left");
    window.until_label("Fréchet distance 12.5 so far");
    window.until_label(ONE.vector);
    window.until_label("Samples of live");
    window.click("Select live");
    window.until_label("· Resume: it is running already; open it to follow it");
    window.until_label("· Delete: live is running; stop it first");
    live.publish(&[LiveEvent::Paused { paused: true }]);
    window.until_label("Running: paused");
}

#[test]
fn an_old_run_is_looked_at_while_another_goes_on_and_a_stopped_one_is_resumed_from_the_list() {
    let mut window = Window::new();
    finished(&window.folder.path().join("runs"), &ONE);
    window.long_search();
    let live = window.run_dir();
    let name = live.file_name().unwrap().to_str().unwrap().to_owned();
    window = listed(window);
    let row = |state: &str| format!("Run {name}: {state}");
    let running = row("Running");
    window.until("it runs", |harness| harness.query_by_label(&running).is_some());
    window.click(&format!("Select {name}"));
    assert!(is_disabled(&window, "Delete…") && is_disabled(&window, "Resume"));
    let reason = format!("· Delete: {name} is running; stop it first");
    window.until("why", |harness| harness.query_by_label(&reason).is_some());
    window.click("one");
    window.until_label("Finished");
    let logged = || fs::metadata(live.join("events.jsonl")).unwrap().len();
    let before = logged();
    window.until("it goes on", |_| logged() > before);
    window.click(&format!("Back to {name}"));
    window.until_usable("Pause");
    window.click("Stop");
    window.until_label("Stopped");
    window = listed(window);
    let stopped = row("Can be resumed");
    window.until("it stands", |harness| harness.query_by_label(&stopped).is_some());
    if is_disabled(&window, "Resume") {
        window.click(&format!("Select {name}"));
    }
    window.click("Resume");
    window.until_usable("Pause");
    window.click("Stop");
    window.until_label("Stopped");
}
