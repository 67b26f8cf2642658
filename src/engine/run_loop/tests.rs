#![allow(clippy::unwrap_used)]
use super::*;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};

use burn::tensor::TensorData;
use tempfile::{TempDir, tempdir};

use crate::engine::Stride;
use crate::gan::WEIGHTS_EVERY;
use crate::model::NamedTensors;
use crate::run::Live;

/// A run of seconds that trains one architecture, on the CPU.
const SETTINGS: [&str; 17] = [
    "model.bottom_width=4",
    "model.latent=16",
    "model.generator_channels=8",
    "model.discriminator_channels=8",
    "recipe.batch=8",
    "recipe.generator_batch=8",
    "recipe.n_critic=1",
    "data.toys_count=64",
    "space.cells=1",
    "score.samples=64",
    "score.splits=1",
    "score.batch=32",
    "score.reference=64",
    "winner.steps=60",
    "winner.evaluate_every=30",
    "winner.samples_every=30",
    "checkpoint.every_seconds=100000",
];

struct Bench {
    root: TempDir,
    engine: Engine,
    told: Vec<Event>,
    send: Sender<Control>,
    controls: Receiver<Control>,
}

impl Bench {
    fn new(more: &[&str]) -> Self {
        let root = tempdir().unwrap();
        let mut config = RunConfig::preset("quick").unwrap();
        SETTINGS.iter().chain(more).for_each(|setting| config.apply(setting).unwrap());
        let plan = Plan {
            job: Job::Train("1 0 1 1".parse().unwrap()),
            config,
            device: Device::flex(),
            device_name: "cpu".to_owned(),
            is_gpu: false,
            cache: root.path().join("cache"),
        };
        let mut told = Vec::new();
        let mut tell = |event: &Event| told.push(event.clone());
        let engine = Engine::start(plan, &root.path().join("run"), &mut tell).unwrap();
        let (send, controls) = channel();
        Self { root, engine, told, send, controls }
    }

    fn dir(&self) -> PathBuf {
        self.root.path().join("run")
    }

    /// One turn of the engine.
    fn turn(&mut self) -> anyhow::Result<Option<End>> {
        let Self { engine, told, controls, .. } = self;
        engine.turn(&mut Talk { controls, tell: &mut |event| told.push(event.clone()) })
    }

    fn turns(&mut self, count: usize) {
        (0..count).for_each(|_| assert!(self.turn().unwrap().is_none()));
    }

    fn save(&mut self) -> anyhow::Result<()> {
        let Self { engine, told, controls, .. } = self;
        engine.checkpoint(&mut Talk { controls, tell: &mut |event| told.push(event.clone()) })
    }

    fn run(&mut self) -> anyhow::Result<End> {
        let Self { engine, told, controls, .. } = self;
        engine.run(controls, &mut |event| told.push(event.clone()))
    }

    /// Changes the tensors that the run works with.
    fn change(&mut self, change: impl FnOnce(&mut NamedTensors)) {
        let (state, mut tensors) = self.engine.task.state();
        change(&mut tensors);
        self.engine.task.restore(state, &tensors).unwrap();
    }

    fn warnings(&self) -> Vec<&str> {
        let text = |event: &'_ Event| matches!(event, Event::News(News::Warning { .. }));
        let texts = self.told.iter().filter(|event| text(event)).map(|event| match event {
            Event::News(News::Warning { text }) => text.as_str(),
            _ => unreachable!(),
        });
        texts.collect()
    }
}

/// One value of a tensor becomes `value`.
fn poison(tensors: &mut NamedTensors, name: &str, at: usize, value: f32) {
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
    bench.turns(20);
    bench.save().unwrap();
    let good = bench.engine.folder.latest_checkpoint().unwrap().checkpoint.unwrap();
    let names: Vec<String> = bench.engine.task.state().1.into_keys().collect();
    // Counts are tensors in a file only.
    let names: Vec<String> = names.into_iter().filter(|name| !name.ends_with("/step")).collect();
    let (mut at_once, mut latest, mut healed) = (0, 0, Vec::new());
    for (number, name) in names.iter().enumerate() {
        let value = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][number % 3];
        bench.engine.load(&good).unwrap();
        let begun = bench.engine.task.counts().updates.discriminator;
        bench.change(|tensors| poison(tensors, name, number, value));
        let error = loop {
            let steps = bench.engine.task.counts().updates.discriminator - begun;
            if steps > WEIGHTS_EVERY {
                // What is computed anew in each step, such as one of spectral norm's vectors, is healthy again.
                assert_eq!(
                    poisoned(&bench.engine.task.state().1),
                    None,
                    "{name} with {value} was not noticed"
                );
                healed.push(name.as_str());
                break None;
            }
            if let Err(error) = bench.turn() {
                latest = latest.max(steps);
                at_once += usize::from(steps <= 1);
                break Some(error);
            }
        };
        assert!(error.as_ref().is_none_or(recovery::is_no_number), "{name}: {error:?}");
    }
    eprintln!(
        "{} tensors: {at_once} noticed within a step, the last after {latest} steps, {} healed by themselves: {healed:?}",
        names.len(),
        healed.len()
    );
    assert!(names.len() > 80 && at_once > names.len() / 2 && healed.len() < names.len() / 10);
}

#[test]
fn a_run_whose_weights_break_goes_back_tells_it_and_comes_to_its_end() {
    let mut bench = Bench::new(&[]);
    bench.turns(10);
    bench.save().unwrap();
    let saved = bench.engine.tick;
    bench.turns(10);
    bench.change(|tensors| poison(tensors, "generator/l1.weight", 3, f32::NAN));
    assert!(matches!(bench.run().unwrap(), End::Finished(_)));
    let [warning] = bench.warnings()[..] else { panic!("{:?}", bench.warnings()) };
    assert!(warning.contains(&format!("went back to its checkpoint {saved} ")), "{warning}");
    let log = std::fs::read_to_string(bench.dir().join("events.jsonl")).unwrap();
    assert_eq!(log.matches("went back to its checkpoint").count(), 1);
    assert_eq!(
        log.lines().filter(|line| line.contains("generator_loss")).count(),
        60,
        "each step is told once"
    );
    assert!(bench.dir().join(WEIGHTS).exists());
}

#[test]
fn what_is_broken_is_never_saved() {
    let mut bench = Bench::new(&[]);
    bench.turns(10);
    bench.save().unwrap();
    let good = bench.engine.tick;
    bench.turns(5);
    // Of the best evaluation: no loss and no step meets it.
    bench.change(|tensors| poison(tensors, "average/l1.weight", 3, f32::INFINITY));
    let error = bench.save().unwrap_err();
    assert!(recovery::is_no_number(&error) && error.to_string().contains("average/l1.weight"), "{error:#}");
    let newest = bench.engine.folder.latest_checkpoint().unwrap().checkpoint.unwrap();
    assert_eq!(newest.step(), good);
}

#[test]
fn other_numbers_are_drawn_after_each_setback_and_the_same_after_a_resume() {
    let losses = |bench: &Bench| {
        let tensors = bench.engine.task.state().1;
        tensors["generator/l1.weight"].as_slice::<f32>().unwrap().to_vec()
    };
    let mut bench = Bench::new(&[]);
    bench.turns(10);
    bench.save().unwrap();
    let good = bench.engine.folder.latest_checkpoint().unwrap().checkpoint.unwrap();
    let mut after = |detours: u64, resumed: bool| {
        bench.engine.load(&good).unwrap();
        (0..detours).for_each(|_| bench.engine.task.detour());
        if resumed {
            let (state, tensors) = bench.engine.task.state();
            bench.engine.task.restore(state, &tensors).unwrap();
        }
        bench.turns(4);
        losses(&bench)
    };
    let ways: Vec<Vec<f32>> = (0..3).map(|detours| after(detours, false)).collect();
    assert!(ways[0] != ways[1] && ways[1] != ways[2] && ways[0] != ways[2]);
    assert_eq!(ways[1], after(1, true));
    assert_eq!(ways[0], after(0, false));
}

/// The losses move, and so does the discriminator; only the images are all one.
#[test]
fn a_collapse_is_seen_in_the_images_whatever_the_losses_do() {
    let mut bench = Bench::new(&["recipe.generator_rate=0"]);
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
    let losses: Vec<f64> = bench
        .told
        .iter()
        .filter_map(|event| match event {
            Event::News(News::Metric { name, value, .. }) if name.ends_with("discriminator_loss") => {
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
    let mut bench = Bench::new(&["checkpoint.every_seconds=0", "checkpoint.renew_after_mib=16"]);
    let mut taken = Vec::new();
    let mut grow = || taken.push(std::hint::black_box(vec![1u8; 128 << 20]));
    bench.turns(1);
    grow();
    // Nobody could start a new process.
    bench.turns(2);
    static READY: AtomicBool = AtomicBool::new(false);
    bench.engine.renewable = Some(Box::new(|| READY.load(Ordering::SeqCst)));
    // The first look with what is there now.
    bench.turns(1);
    grow();
    bench.turns(1);
    READY.store(true, Ordering::SeqCst);
    bench.send.send(Control::Step { stride: Stride::Both }).unwrap();
    // Somebody watches each step.
    bench.turns(1);
    bench.send.send(Control::Continue).unwrap();
    // Other tests may give memory back meanwhile.
    let end = (0..16).find_map(|_| {
        grow();
        bench.turn().unwrap()
    });
    assert_eq!(end, Some(End::Outgrown));
    let notice = bench.told.iter().rev().find_map(|event| match event {
        Event::Notice { text } => Some(text.as_str()),
        _ => None,
    });
    assert!(notice.is_some_and(|text| text.contains("a new process goes on")), "{notice:?}");
    // All is saved, and what is told from now on is for the new process.
    let newest = bench.engine.folder.latest_checkpoint().unwrap().checkpoint.unwrap();
    assert_eq!(newest.step(), bench.engine.tick);
    let dir = bench.dir();
    crate::run::tell(&dir, &Control::Pause).unwrap();
    drop(bench.engine);
    assert_eq!(Live::take_over(&dir).told::<Control>(), [Control::Pause]);
}
