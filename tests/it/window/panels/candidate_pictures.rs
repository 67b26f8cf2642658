//! Pictures of candidates: in the table, in the lineage, and by the samples' caption.

use std::fs;
use std::path::Path;

use autogan::arch::{Genotype, difference};
use autogan::config::RunConfig;
use autogan::export::{GAP, Tiles};
use autogan::gui::App;
use autogan::run::{RunFolder, RunInfo};
use autogan::search::{Candidate, EstimatorId, SearchEvent};
use eframe::egui::{self, Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable, by};
use serde_json::Value;

use crate::folders;
use crate::runs::sample_server::finished_run;
use crate::window::{Window, long_run, text};

/// A row of four images of one shade.
fn strip(shade: f32) -> Vec<u8> {
    Tiles::of(&vec![shade; 4 * 3 * 16 * 16], 16).unwrap().grid(4, 1, GAP as u32).png()
}

/// Opens a run of 100,000 points and 500 candidates that all have pictures, and shows only its candidates.
fn open_pictured_run(window: &mut Window) {
    let dir = window.folder.path().join("long");
    long_run::write(&dir);
    let path = dir.join("events.jsonl");
    let mut events = String::new();
    for line in fs::read_to_string(&path).unwrap().lines() {
        if line.contains(r#""event":"candidate""#) {
            let mut event: Value = serde_json::from_str(line).unwrap();
            let id = event["id"].as_u64().unwrap();
            let file = format!("candidates/{id:06}.png");
            fs::write(dir.join(&file), strip(id as f32 / 250.0 - 1.0)).unwrap();
            event["picture"] = file.into();
            events += &event.to_string();
        } else {
            events += line;
        }
        events.push('\n');
    }
    fs::write(&path, events).unwrap();
    window.harness.state_mut().open(&dir);
    window.until_label("500 candidates");
    window.alone("Candidates");
    window.harness.run_steps(5);
}

/// The wheel is moved so far, in points; down where that is negative.
fn wheel(harness: &Harness<'static, App>, points: f32) {
    harness.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: Vec2::new(0.0, points),
        phase: TouchPhase::Move,
        source: MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    });
}

/// The number and the vector of the candidate that is drawn nearest to the middle of the window.
fn middle(window: &Window) -> (usize, String) {
    let rows = window.harness.query_all_by_label_contains("Candidate ");
    let rows = rows.filter_map(|row| {
        let label = row.accesskit_node().label()?;
        let (id, vector) = label.strip_prefix("Candidate ")?.split_once(": ")?;
        let distance = (row.rect().center().y - 400.0).abs();
        Some((distance, id.parse::<usize>().ok()?, vector.to_owned()))
    });
    let (_, id, vector) = rows.min_by(|(a, ..), (b, ..)| a.total_cmp(b)).unwrap();
    (id, vector)
}

#[test]
fn five_hundred_candidates_scroll_with_their_pictures_in_milliseconds_and_few_stay_in_memory() {
    let mut window = Window::new();
    open_pictured_run(&mut window);
    assert!(window.harness.query_by_label("Images").is_some(), "a heading");
    window.until_label("Images of candidate 499");
    assert!(window.harness.query_by_label("Images of candidate 0").is_none(), "it is out of sight");
    let mut seen = Vec::new();
    for _ in 0..60 {
        let (id, _) = middle(&window);
        window.until_label(&format!("Images of candidate {id}"));
        seen.push(id);
        if id < 15 {
            break;
        }
        window.harness.hover_at(egui::pos2(640.0, 400.0));
        wheel(&window.harness, -900.0);
        window.harness.run_steps(20);
    }
    assert!(seen[0] > 480 && seen[seen.len() - 1] < 15, "{seen:?}");
    assert!(seen.len() > 10 && seen.is_sorted_by(|a, b| a > b), "{seen:?}");
    let textures = window.harness.ctx.tex_manager().read().num_allocated();
    assert!((20..300).contains(&textures), "{textures} textures");
    let scroll = |harness: &Harness<'static, App>, frame: u32| {
        if frame.is_multiple_of(3) {
            wheel(harness, if frame < 150 { 400.0 } else { -400.0 });
        }
    };
    window.is_fluid_while("500 candidates with pictures that are scrolled", scroll);
    window.click("Lineage");
    window.harness.run_steps(5);
    window.is_fluid_while("a lineage of 500 candidates with pictures that is scrolled", scroll);
    let textures = window.harness.ctx.tex_manager().read().num_allocated();
    assert!(textures < 300, "{textures} textures");
}

#[test]
fn the_lineage_shows_pictures_and_its_candidates_are_chosen_by_pointer_and_keyboard() {
    let mut window = Window::new();
    open_pictured_run(&mut window);
    window.click("Lineage");
    window.harness.run_steps(5);
    let (id, vector) = middle(&window);
    window.until_label(&format!("Images of candidate {id}"));
    window.harness.check_accessibility();
    let drawing = |vector: &str| format!("Drawing of the generator {vector}");
    window.click(&format!("Candidate {id}: {vector}"));
    window.alone("Architecture");
    window.until_label(&drawing(&vector));
    window.until_label(&format!("Candidate {id}"));
    // By the keyboard, one after the other.
    window.alone("Candidates");
    let mut stops: Vec<String> = Vec::new();
    for _ in 0..60 {
        window.harness.key_press(Key::Tab);
        window.harness.run_steps(3);
        let focused = by().predicate(|node| node.is_focused());
        let Some(stop) = window.harness.query_all(focused).next() else { continue };
        let name = stop.accesskit_node().label().unwrap_or_default();
        if name.starts_with("Candidate ") && !stops.contains(&name) {
            stops.push(name);
            if stops.len() == 3 {
                break;
            }
        }
    }
    assert_eq!(stops.len(), 3, "{stops:?}");
    window.harness.key_press(Key::Enter);
    window.harness.run_steps(3);
    window.alone("Architecture");
    window.until_label(&drawing(stops[2].split(": ").nth(1).unwrap()));
}

#[test]
fn every_candidate_of_a_search_has_a_picture_and_the_samples_lead_to_the_one_that_made_them() {
    let mut window = Window::new();
    window.harness.state_mut().open(finished_run());
    window.until_label("Finished");
    let vectors: Vec<String> = {
        let state = window.harness.state().session().unwrap().lock();
        let pictured = |(_, candidate): &(u32, Candidate)| state.picture_of(candidate.id).is_some();
        assert!(state.candidates.iter().all(pictured), "{:?}", state.candidate_pictures);
        state.candidates.iter().map(|(_, candidate)| candidate.genotype.to_string()).collect()
    };
    assert!(vectors.len() > 15, "{vectors:?}");
    window.until_label(&format!("Images of candidate {}", vectors.len() - 1));
    let made_by = |window: &Window| {
        let label = text(&window.harness, "Made by candidate ");
        let (id, vector) = label.trim_end_matches(')').split_once(" (").unwrap();
        let id: usize = id.rsplit(' ').next().unwrap().parse().unwrap();
        assert_eq!(vectors[id], vector);
        (id, label)
    };
    window.until("the samples", |harness| harness.query_by_label_contains("64 images, winner").is_some());
    let (id, link) = made_by(&window);
    assert_eq!(id, vectors.len() - 1, "the winner was trained to its end");
    window.click(&link);
    window.until_label(&format!("Candidate {id}"));
    window.click(&link);
    window.until("the best", |harness| harness.query_by_label_contains("Best so far: candidate ").is_some());
    // Far back, where the shared GAN made them.
    (0..16).for_each(|_| window.click("Earlier picture"));
    window.until("the first samples", |harness| {
        harness.query_by_label_contains("64 images, shared, iteration 1").is_some()
    });
    let (earlier, link) = made_by(&window);
    assert!(earlier < id);
    window.harness.get_by_label(&link).focus();
    window.harness.run_steps(3);
    window.harness.key_press(Key::Enter);
    window.harness.run_steps(3);
    window.until_label(&format!("Candidate {earlier}"));
}

/// Writes a search whose candidates have these pictures.
fn write(dir: &Path, pictures: &[Option<&str>]) {
    let info = RunInfo::new("cpu", 1, time::OffsetDateTime::UNIX_EPOCH);
    let mut folder = RunFolder::create(dir, &info, &RunConfig::default().to_toml().unwrap()).unwrap();
    for (id, picture) in pictures.iter().enumerate() {
        let candidate = Candidate {
            id,
            genotype: Genotype::parse("1 0 1 1").unwrap(),
            parent: None,
            cells: 1,
            iteration: 0,
            strategy: "random".to_owned(),
            estimator: EstimatorId::SharedWeights,
            scores: Vec::new(),
            reward: 1.0,
            macs: 1,
            picture: picture.map(str::to_owned),
        };
        folder.events.append(&SearchEvent::Candidate(candidate)).unwrap();
    }
    folder.events.flush().unwrap();
}

#[test]
fn a_picture_that_is_missing_damaged_or_elsewhere_is_said_and_the_others_are_shown() {
    let mut window = Window::new();
    let dir = window.folder.path().join("run");
    let own = "candidates/000001.png";
    write(&dir, &[Some(own), Some("../secret.png"), Some("candidates/000002.png"), Some("log.txt"), None]);
    fs::write(dir.join(own), strip(0.5)).unwrap();
    fs::write(window.folder.path().join("secret.png"), strip(0.0)).unwrap();
    window.harness.state_mut().open(&dir);
    window.alone("Candidates");
    window.until_label("5 candidates");
    window.until_label("Images of candidate 0");
    for problem in [
        "No images of candidate 1: The log names a picture outside of the run's folder: ../secret.png",
        "No images of candidate 2: ",
        "No images of candidate 3: the picture cannot be read",
    ] {
        window.until(problem, |harness| harness.query_by_label_contains(problem).is_some());
    }
    assert!(window.harness.query_by_label_contains("mages of candidate 4").is_none(), "it has no picture");
}

#[test]
fn a_run_of_the_first_version_opens_without_pictures_of_its_estimates() {
    let mut window = Window::new();
    let dir = window.folder.path().join("search");
    folders::copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/run-0.1/search"), &dir);
    window.harness.state_mut().open(&dir);
    window.alone("Candidates");
    window.until_label("10 candidates");
    window.harness.get_by_label_contains("Candidate 0: ");
    assert!(window.harness.query_by_label_contains("mages of candidate 0").is_none());
    window.click("Lineage");
    window.harness.get_by_label_contains("Candidate 0: ");
    window.harness.check_accessibility();
}

#[test]
fn two_candidates_are_compared_in_words() {
    let mut window = Window::new();
    open_pictured_run(&mut window);
    let (id, vector) = middle(&window);
    let second = text(&window.harness, &format!("Candidate {}: ", id - 1));
    window.click(&format!("Candidate {id}: {vector}"));
    window.harness.get_by_label(&second).click_modifiers(Modifiers::SHIFT);
    window.harness.run_steps(3);
    window.alone("Architecture");
    let genotype = |vector: &str| Genotype::parse(vector).unwrap();
    let words = difference(&genotype(&vector), &genotype(second.split(": ").nth(1).unwrap())).unwrap();
    window.until_label(&format!("In candidate {}, {words}", id - 1));
}

#[test]
fn compared_runs_show_their_pictures_at_the_same_share_and_say_how_their_architectures_differ() {
    let mut window = Window::new();
    let runs = window.folder.path().join("runs");
    for name in ["one", "two"] {
        folders::copy(finished_run(), &runs.join(name));
    }
    window.click("All runs");
    window.click("Select one");
    window.click("Select two");
    window.click("Compare");
    let both = |work: &'static str| {
        move |harness: &Harness<'static, App>| {
            let shows = |name| harness.query_by_label_contains(&format!("Samples, {name}: {work}")).is_some();
            shows("one") && shows("two")
        }
    };
    window.until("the newest pictures of both", both("winner"));
    window.until_label("The same architecture as in one");
    window.harness.check_accessibility();
    for (percent, work) in [(30.0, "shared"), (100.0, "winner")] {
        window.harness.get_by_label("Share of the runs").set_value_accesskit(percent);
        window.until(work, both(work));
    }
    window.harness.get_by_label("Share of the runs").set_value_accesskit(0.0);
    window.until_label("one: no images yet");
    window.until_label("two: no images yet");
}
