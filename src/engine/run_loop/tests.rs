#![allow(clippy::unwrap_used)]
use super::*;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};

use burn::tensor::{Device, TensorData};
use tempfile::{TempDir, tempdir};

use crate::config::TINY;
use crate::engine::Stride;
use crate::export::Tiles;
use crate::gan::{Network, WEIGHTS_EVERY, find_non_finite};
use crate::model::NamedTensors;
use crate::run::LiveStatus;
use crate::search::{Candidate, Curve, TrainingId};

/// With [`TINY`], a run of seconds that trains one architecture, on the CPU.
const SETTINGS: [&str; 7] = [
    "recipe.n_critic=1",
    "space.cells=1",
    "score.splits=1",
    "winner.steps=60",
    "winner.evaluate_every=30",
    "winner.samples_every=30",
    "checkpoint.every_seconds=100000",
];

struct Bench {
    root: TempDir,
    engine: Engine,
    events: Vec<Event>,
    send: Sender<Control>,
    controls: Receiver<Control>,
}

impl Bench {
    fn new(more: &[&str]) -> Self {
        Self::of(JobSpec::Train("1 0 1 1".parse().unwrap()), more)
    }

    fn of(spec: JobSpec, more: &[&str]) -> Self {
        let root = tempdir().unwrap();
        let mut config = RunConfig::preset("quick").unwrap();
        TINY.iter().chain(&SETTINGS).chain(more).for_each(|setting| config.apply(setting).unwrap());
        let plan = Plan {
            spec,
            config,
            device: Device::flex(),
            device_name: "cpu".to_owned(),
            is_gpu: false,
            cache: root.path().join("cache"),
        };
        let mut events = Vec::new();
        let mut emit = |event: &Event| events.push(event.clone());
        let engine = Engine::start(plan, &root.path().join("run"), &mut emit).unwrap();
        let (send, controls) = channel();
        Self { root, engine, events, send, controls }
    }

    fn dir(&self) -> PathBuf {
        self.root.path().join("run")
    }

    /// One advance of the engine.
    fn advance(&mut self) -> anyhow::Result<Option<End>> {
        let Self { engine, events, controls, .. } = self;
        engine.advance(&mut Channel { controls, emit: &mut |event| events.push(event.clone()) })
    }

    fn advances(&mut self, count: usize) {
        (0..count).for_each(|_| assert!(self.advance().unwrap().is_none()));
    }

    fn save(&mut self) -> anyhow::Result<()> {
        let Self { engine, events, controls, .. } = self;
        engine.checkpoint(&mut Channel { controls, emit: &mut |event| events.push(event.clone()) })
    }

    fn run(&mut self) -> anyhow::Result<End> {
        let Self { engine, events, controls, .. } = self;
        engine.run(controls, &mut |event| events.push(event.clone()))
    }

    /// Changes the tensors that the run works with.
    fn change(&mut self, change: impl FnOnce(&mut NamedTensors)) {
        let (state, mut tensors) = self.engine.job.state();
        change(&mut tensors);
        self.engine.job.load_state(state, &tensors).unwrap();
    }

    fn warnings(&self) -> Vec<String> {
        let text = |event: &'_ Event| match event {
            Event::Log(LogEvent::Search(SearchEvent::Warning { text })) => Some(text.clone()),
            _ => None,
        };
        self.events.iter().filter_map(text).collect()
    }
}

/// One value of a tensor becomes `value`.
fn non_finite(tensors: &mut NamedTensors, name: &str, at: usize, value: f32) {
    let data = tensors.get_mut(name).unwrap();
    let mut values: Vec<f32> = data.as_slice::<f32>().unwrap().to_vec();
    let at = at % values.len();
    values[at] = value;
    *data = TensorData::new(values, data.shape().clone());
}

/// Every tensor that a training works with is broken in turn, and what follows is watched.
#[test]
fn whatever_breaks_is_noticed_at_once_by_a_loss_or_within_fifty_steps() {
    let mut bench =
        Bench::new(&["winner.steps=1000", "winner.evaluate_every=1000", "winner.samples_every=1000"]);
    bench.advances(20);
    bench.save().unwrap();
    let good = bench.engine.folder.latest_checkpoint().unwrap().checkpoint.unwrap();
    let names: Vec<String> = bench.engine.job.state().1.into_keys().collect();
    // Counts are tensors in a file only.
    let names: Vec<String> = names.into_iter().filter(|name| !name.ends_with("/step")).collect();
    let (mut immediately, mut latest, mut healed) = (0, 0, Vec::new());
    for (number, name) in names.iter().enumerate() {
        let value = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][number % 3];
        bench.engine.load(&good).unwrap();
        let begun = bench.engine.job.counts().updates.discriminator;
        bench.change(|tensors| non_finite(tensors, name, number, value));
        let error = loop {
            let steps = bench.engine.job.counts().updates.discriminator - begun;
            if steps > WEIGHTS_EVERY {
                // What is computed anew in each step, such as one of spectral norm's vectors, is healthy again.
                assert_eq!(
                    find_non_finite(&bench.engine.job.state().1),
                    None,
                    "{name} with {value} was not noticed"
                );
                healed.push(name.as_str());
                break None;
            }
            if let Err(error) = bench.advance() {
                latest = latest.max(steps);
                immediately += usize::from(steps <= 1);
                break Some(error);
            }
        };
        assert!(error.as_ref().is_none_or(is_not_finite), "{name}: {error:?}");
    }
    eprintln!(
        "{} tensors: {immediately} noticed within a step, the last after {latest} steps, {} healed by themselves: {healed:?}",
        names.len(),
        healed.len()
    );
    assert!(names.len() > 80 && immediately > names.len() / 2 && healed.len() < names.len() / 10);
}

#[test]
fn a_run_whose_weights_break_goes_back_warns_of_it_and_comes_to_its_end() {
    let mut bench = Bench::new(&[]);
    bench.advances(10);
    bench.save().unwrap();
    let saved = bench.engine.tick.0;
    bench.advances(10);
    bench.change(|tensors| non_finite(tensors, "generator/l1.weight", 3, f32::NAN));
    assert!(matches!(bench.run().unwrap(), End::Finished(_)));
    let warnings = bench.warnings();
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(warning.contains(&format!("went back to its checkpoint {saved} ")), "{warning}");
    let log = std::fs::read_to_string(bench.dir().join("events.jsonl")).unwrap();
    assert_eq!(log.matches("went back to its checkpoint").count(), 1);
    assert_eq!(
        log.lines().filter(|line| line.contains("generator_loss")).count(),
        60,
        "each step is logged once"
    );
    assert!(bench.dir().join(WEIGHTS).exists());
}

#[test]
fn what_is_broken_is_never_saved() {
    let mut bench = Bench::new(&[]);
    bench.advances(10);
    bench.save().unwrap();
    let good = bench.engine.tick.0;
    bench.advances(5);
    // Of the best evaluation: no loss and no step meets it.
    bench.change(|tensors| non_finite(tensors, "average/l1.weight", 3, f32::INFINITY));
    let error = bench.save().unwrap_err();
    assert!(is_not_finite(&error) && error.to_string().contains("average/l1.weight"), "{error:#}");
    let newest = bench.engine.folder.latest_checkpoint().unwrap().checkpoint.unwrap();
    assert_eq!(newest.step(), good);
}

#[test]
fn other_numbers_are_drawn_after_each_rollback_and_the_same_after_a_resume() {
    let losses = |bench: &Bench| {
        let tensors = bench.engine.job.state().1;
        tensors["generator/l1.weight"].as_slice::<f32>().unwrap().to_vec()
    };
    let mut bench = Bench::new(&[]);
    bench.advances(10);
    bench.save().unwrap();
    let good = bench.engine.folder.latest_checkpoint().unwrap().checkpoint.unwrap();
    let mut after = |reseeds: u64, resumed: bool| {
        bench.engine.load(&good).unwrap();
        (0..reseeds).for_each(|_| bench.engine.job.reseed());
        if resumed {
            let (state, tensors) = bench.engine.job.state();
            bench.engine.job.load_state(state, &tensors).unwrap();
        }
        bench.advances(4);
        losses(&bench)
    };
    let ways: Vec<Vec<f32>> = (0..3).map(|reseeds| after(reseeds, false)).collect();
    assert!(ways[0] != ways[1] && ways[1] != ways[2] && ways[0] != ways[2]);
    assert_eq!(ways[1], after(1, true));
    assert_eq!(ways[0], after(0, false));
}

/// The losses move, and so does the discriminator; only the images are all one.
#[test]
fn a_collapse_is_seen_in_the_images_whatever_the_losses_do() {
    let mut bench = Bench::new(&["recipe.generator_learning_rate=0"]);
    bench.change(|tensors| {
        let stuck: Vec<String> = tensors.keys().filter(|name| name.contains("to_rgb")).cloned().collect();
        assert!(stuck.len() > 4);
        for name in stuck.iter().filter(|name| name.ends_with("weight")) {
            let data = tensors.get_mut(name).unwrap();
            *data = TensorData::zeros::<f32, _>(data.shape().clone());
        }
    });
    assert!(matches!(bench.run().unwrap(), End::Finished(_)));
    let alike = bench.warnings().iter().filter(|text| text.contains("all alike")).count();
    assert_eq!(alike, 2, "{:?}", bench.warnings());
    let discriminator = |curve: &Curve| matches!(curve, Curve::Loss { network: Network::Discriminator, .. });
    let losses: Vec<f64> = bench
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Log(LogEvent::Search(SearchEvent::Metric { curve, value, .. }))
                if discriminator(curve) =>
            {
                Some(*value)
            }
            _ => None,
        })
        .collect();
    let spread = losses.iter().fold(0.0, |most: f64, loss| most.max((loss - losses[0]).abs()));
    assert!(losses.len() == 60 && spread > 0.1, "{spread}");
    let healthy = {
        let mut bench = Bench::new(&[]);
        bench.run().unwrap();
        bench.warnings().len()
    };
    assert_eq!(healthy, 0);
}

#[test]
fn a_run_whose_process_has_grown_ends_at_a_checkpoint_where_a_new_one_can_go_on_and_not_before() {
    let mut bench = Bench::new(&["checkpoint.every_seconds=0", "checkpoint.memory_growth_mib=16"]);
    let mut taken = Vec::new();
    let mut grow = || taken.push(std::hint::black_box(vec![1u8; 128 << 20]));
    bench.advances(1);
    grow();
    // Nobody could start a new process.
    bench.advances(2);
    static READY: AtomicBool = AtomicBool::new(false);
    bench.engine.memory.reexec_when(|| READY.load(Ordering::SeqCst));
    // The first measurement with what is there now.
    bench.advances(1);
    grow();
    bench.advances(1);
    READY.store(true, Ordering::SeqCst);
    bench.send.send(Control::Step { stride: Stride::Both }).unwrap();
    // Somebody watches each step.
    bench.advances(1);
    bench.send.send(Control::Continue).unwrap();
    // Other tests may give memory back meanwhile.
    let end = (0..16).find_map(|_| {
        grow();
        bench.advance().unwrap()
    });
    assert_eq!(end, Some(End::MemoryLimit));
    let notice = bench.events.iter().rev().find_map(|event| match event {
        Event::Live(LiveEvent::Notice { text }) => Some(text.as_str()),
        _ => None,
    });
    assert!(notice.is_some_and(|text| text.contains("a new process goes on")), "{notice:?}");
    // All is saved, and what comes from now on is for the new process.
    let newest = bench.engine.folder.latest_checkpoint().unwrap().checkpoint.unwrap();
    assert_eq!(newest.step(), bench.engine.tick.0);
    let dir = bench.dir();
    crate::run::send_message(&dir, &Control::Pause).unwrap();
    drop(bench.engine);
    assert_eq!(LiveStatus::take_over(&dir).receive::<Control>(), [Control::Pause]);
}

#[test]
fn while_a_search_trains_its_winner_on_the_newest_best_weights_are_those_that_are_exported() {
    let settings = [
        "search.iterations=[1]",
        "search.shared_steps=2",
        "search.controller.steps=1",
        "search.candidates=2",
        "search.top_k=1",
        "derive.steps=2",
        "derive.evaluate_every=2",
        "winner.steps=600",
        "winner.evaluate_every=50",
    ];
    let mut bench = Bench::of(JobSpec::Search, &settings);
    let exported = bench.dir().join(WEIGHTS);
    let best_of_the_winner = |event: &Event| {
        let Event::Log(LogEvent::Search(SearchEvent::Evaluated { training, best, .. })) = event else {
            return false;
        };
        *best && *training == TrainingId::Winner
    };
    let mut before = Vec::new();
    while !bench.events.iter().any(best_of_the_winner) {
        before = std::fs::read(&exported).unwrap_or_default();
        assert!(bench.advance().unwrap().is_none(), "the winner gets better while it is trained on");
    }
    let now = std::fs::read(&exported).unwrap();
    assert!(!now.is_empty() && now != before, "what was exported is still the finalist's");
}

#[test]
fn candidates_have_pictures_of_the_images_that_they_were_scored_by() {
    let search = [
        "search.iterations=[1]",
        "search.controller.steps=3",
        "search.candidates=2",
        "search.top_k=1",
        "derive.steps=2",
        "derive.evaluate_every=2",
        "derive.samples_every=2",
        "winner.steps=2",
    ];
    for estimator in [
        ["search.estimator=shared", "search.shared_steps=2", "seed=1"],
        ["search.estimator=scratch", "search.shared_steps=0", "search.scratch_steps=2"],
    ] {
        let mut bench = Bench::of(JobSpec::Search, &[&search[..], &estimator[..]].concat());
        assert!(matches!(bench.run().unwrap(), End::Finished(_)));
        let candidates: Vec<Candidate> = bench
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Log(LogEvent::Search(SearchEvent::Candidate(candidate))) => Some(candidate.clone()),
                _ => None,
            })
            .collect();
        let mut files = Vec::new();
        for Candidate { id, picture, macs, .. } in &candidates {
            // A remembered estimate made no images, and a training has pictures of its own.
            let is_pictured = *macs > 0 && !candidates[*id].is_trained();
            assert_eq!(picture.is_some(), is_pictured, "{estimator:?}, {id}");
            files.extend(picture.clone());
        }
        assert!(files.len() > 1 && candidates.len() > 5, "{estimator:?}: {files:?}");
        let pictures: Vec<Tiles> = files
            .iter()
            .map(|file| Tiles::from_strip(&std::fs::read(bench.dir().join(file)).unwrap()).unwrap())
            .collect();
        for (file, picture) in files.iter().zip(&pictures) {
            assert_eq!((picture.side(), picture.count()), (8, 4), "{file}");
            assert_ne!(picture.image(0), picture.image(1), "{file}: of different latents");
        }
        assert_ne!(pictures[0], pictures[1], "of different architectures");
        // The folder has what the events name, and the board's own file names the same.
        let view = crate::run::RunView::open(&bench.dir()).unwrap();
        let there = view.candidate_pictures().unwrap();
        let there: Vec<String> = there
            .iter()
            .map(|(_, path)| path.strip_prefix(bench.dir()).unwrap().display().to_string())
            .collect();
        assert_eq!(there, files);
        assert_eq!(view.candidates::<Candidate>().unwrap().items, candidates);
    }
}

#[test]
fn a_run_that_goes_back_to_its_checkpoint_has_no_picture_of_a_later_candidate() {
    let settings = [
        "search.iterations=[1]",
        "search.shared_steps=1",
        "search.controller.steps=50",
        "search.strategy=random",
        "search.fixed_noise=false",
    ];
    let mut bench = Bench::of(JobSpec::Search, &settings);
    let pictures = |bench: &Bench| bench.engine.folder.view().candidate_pictures().unwrap();
    let until = |bench: &mut Bench, count: usize| {
        while pictures(bench).len() < count {
            assert!(bench.advance().unwrap().is_none());
        }
    };
    until(&mut bench, 2);
    bench.save().unwrap();
    let kept = pictures(&bench);
    let good = bench.engine.folder.latest_checkpoint().unwrap().checkpoint.unwrap();
    until(&mut bench, 4);
    let later: Vec<Vec<u8>> = pictures(&bench).iter().map(|(_, path)| std::fs::read(path).unwrap()).collect();
    bench.engine.folder.return_to(&good).unwrap();
    bench.engine.load(&good).unwrap();
    assert_eq!(pictures(&bench), kept);
    until(&mut bench, 4);
    let again: Vec<Vec<u8>> = pictures(&bench).iter().map(|(_, path)| std::fs::read(path).unwrap()).collect();
    assert_eq!(again, later, "done again, they come out alike");
}
