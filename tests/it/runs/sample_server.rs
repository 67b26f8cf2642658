//! The worker process as a server: images of a trained generator on request.

use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use autogan::engine::{Event, LiveEvent, SampleRequest, SampleWeights};
use autogan::ipc::{Child, WorkerCommand, WorkerMessage};
use autogan::model::ModelFile;
use autogan::rng::Latent;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::runs::resume::run;
use crate::small::small_search;

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// A finished run of seconds, made once for all tests. Nobody writes to it.
pub fn finished_run() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("finished run");
        // That of the tests before is of another program.
        let _ = std::fs::remove_dir_all(&dir);
        run(&small_search(&dir));
        dir
    })
}

struct Server {
    child: Child,
    messages: Receiver<WorkerMessage>,
}

impl Server {
    fn new(model: &Path) -> Self {
        let (send, messages) = channel();
        let program = Path::new(env!("CARGO_BIN_EXE_autogan"));
        let mut child = Child::spawn(program, move |notice| drop(send.send(notice))).unwrap();
        child.send(&WorkerCommand::Load { model: model.to_owned(), device: None }).unwrap();
        Self { child, messages }
    }

    fn event(&self) -> Event {
        match self.messages.recv_timeout(PATIENCE).unwrap() {
            WorkerMessage::Event(event) => event,
            WorkerMessage::Gone(death) => panic!("{death:?}"),
        }
    }

    fn ask(&mut self, id: u64, latents: Vec<Latent>, truncation: Option<f64>, weights: SampleWeights) {
        self.send(SampleRequest { id, latents, truncation, offset: Vec::new(), weights });
    }

    fn send(&mut self, request: SampleRequest) {
        self.child.send(&WorkerCommand::Generate(request)).unwrap();
    }

    /// The images of latents to which `offset` is added.
    fn moved(&mut self, latents: Vec<Latent>, offset: Vec<f32>) -> Vec<u8> {
        self.send(SampleRequest {
            id: 7,
            latents,
            truncation: None,
            offset,
            weights: SampleWeights::Average,
        });
        self.answer(7)
    }

    /// The pixels of the answer to the request `id`.
    fn answer(&self, id: u64) -> Vec<u8> {
        match self.event() {
            Event::Live(LiveEvent::Generated { id: found, side, count, rgba }) => {
                let pixels = BASE64_STANDARD.decode(rgba).unwrap();
                assert_eq!((found, pixels.len()), (id, 4 * side * side * count));
                pixels
            }
            other => panic!("{other:?}"),
        }
    }

    fn images(&mut self, latents: Vec<Latent>) -> Vec<u8> {
        self.ask(1, latents, None, SampleWeights::Average);
        self.answer(1)
    }
}

fn seeds(seeds: impl IntoIterator<Item = u64>) -> Vec<Latent> {
    seeds.into_iter().map(|seed| Latent::Seed { seed }).collect()
}

/// Largest difference of two images' pixels.
fn apart(a: &[u8], b: &[u8]) -> u8 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn a_seeds_image_is_that_of_the_command_line() {
    let mut server = Server::new(finished_run());
    let Event::Live(LiveEvent::Loaded { genotype, vector, latent, side, params, raw_sha256, device, .. }) =
        server.event()
    else {
        panic!("it is loaded first")
    };
    assert_eq!(
        (latent, side, raw_sha256.is_some(), device.as_str()),
        (16, 16, true, "cpu"),
        "as the run's settings say"
    );
    assert_eq!(genotype.to_string(), vector);
    assert!(params > 1000);
    let two = server.images(seeds([7, 8]));
    let folder = tempfile::tempdir().unwrap();
    for (index, seed) in ["7", "8"].into_iter().enumerate() {
        let file = folder.path().join(format!("{seed}.png"));
        let arguments = ["sample", "--device", "cpu", "--n", "1", "--seed", seed, "--model"];
        let mut sample = Process::new(env!("CARGO_BIN_EXE_autogan"));
        let sample = sample.args(arguments).arg(finished_run()).arg("--out").arg(&file);
        assert!(sample.output().unwrap().status.success());
        let expected = image::open(&file).unwrap().into_rgba8().into_raw();
        let found = &two[index * expected.len()..(index + 1) * expected.len()];
        assert!(apart(found, &expected) <= 1, "seed {seed}");
    }
    assert!(apart(&two[..two.len() / 2], &two[two.len() / 2..]) > 1, "two seeds, two images");
}

#[test]
fn truncation_raw_weights_and_arcs_change_the_images_and_repeat() {
    let mut server = Server::new(finished_run());
    server.event();
    let plain = server.images(seeds([1, 2]));
    assert_eq!(plain, server.images(seeds([1, 2])));
    server.ask(2, seeds([1, 2]), Some(0.3), SampleWeights::Average);
    assert!(apart(&server.answer(2), &plain) > 1);
    server.ask(3, seeds([1, 2]), None, SampleWeights::Raw);
    assert!(apart(&server.answer(3), &plain) > 1);
    let [from, to] = [1, 2].map(|seed| Box::new(Latent::Seed { seed }));
    let arc = [0.0, 0.5, 1.0].map(|t| Latent::Between { from: from.clone(), to: to.clone(), t });
    let arc = server.images(arc.to_vec());
    let image = plain.len() / 2;
    assert!(apart(&arc[..image], &plain[..image]) <= 1 && apart(&arc[2 * image..], &plain[image..]) <= 1);
    assert!(apart(&arc[image..2 * image], &plain[..image]) > 1);
    let place = |x: f64| Latent::Plane { seed: 1, x, y: 0.0 };
    assert!(apart(&server.images(vec![place(0.0), place(1.0)]), &plain) <= 1);
}

#[test]
fn directions_are_those_that_explain_most_of_the_first_layer() {
    let server = Server::new(finished_run());
    let Event::Live(LiveEvent::Loaded { directions, .. }) = server.event() else {
        panic!("it is loaded first")
    };
    let bytes = std::fs::read(finished_run().join("export/winner.safetensors")).unwrap();
    let file = ModelFile::from_bytes(&bytes).unwrap();
    let weight = file.tensors["l1.weight"].as_slice::<f32>().unwrap();
    // Of the layer's output while a latent varies along a vector by one standard deviation.
    let variance = |vector: &[f32]| -> f64 {
        let along =
            |row: &[f32]| row.iter().zip(vector).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        weight.chunks(16).map(|row| along(row).powi(2)).sum()
    };
    let axis = |at: usize| (0..16).map(|other| f32::from(u8::from(at == other))).collect::<Vec<f32>>();
    let total: f64 = (0..16).map(|at| variance(&axis(at))).sum();
    assert_eq!(directions.len(), 6);
    for direction in &directions {
        let length: f64 = direction.vector.iter().map(|value| f64::from(*value).powi(2)).sum();
        assert!((length - 1.0).abs() < 1e-5, "{length}");
        let share = variance(&direction.vector) / total;
        assert!((share - direction.share).abs() < 1e-5, "{share} and {}", direction.share);
    }
    assert!(directions.is_sorted_by(|one, other| one.share >= other.share));
    let best = (0..16).map(|at| variance(&axis(at)) / total).fold(0.0, f64::max);
    assert!(
        directions[0].share >= best - 1e-9,
        "no number of a latent explains more than the first direction"
    );
}

#[test]
fn latents_are_moved_by_what_is_added_to_them() {
    let mut server = Server::new(finished_run());
    server.event();
    let plain = server.images(seeds([1, 2]));
    let (one, two) = plain.split_at(plain.len() / 2);
    let values = |seed| Latent::Seed { seed }.values(16);
    let way: Vec<f32> = values(2).iter().zip(values(1)).map(|(to, from)| to - from).collect();
    assert!(apart(&server.moved(seeds([1]), way.clone()), two) <= 1, "the way from one latent to the other");
    let both = server.moved(seeds([1, 1]), way);
    assert!(apart(&both[both.len() / 2..], two) <= 1, "each latent is moved");
    assert!(apart(&server.moved(seeds([1]), vec![0.0; 16]), one) <= 1);
    let (weights, latents) = (SampleWeights::Average, seeds([1]));
    server.send(SampleRequest { id: 8, latents, truncation: None, offset: vec![0.5; 3], weights });
    let answer = server.event();
    assert!(
        matches!(&answer, Event::Live(LiveEvent::NotGenerated { id: 8, text }) if text.contains("by 3 numbers; they have 16")),
        "{answer:?}"
    );
}

#[test]
fn of_requests_that_wait_only_the_newest_is_answered() {
    let mut server = Server::new(finished_run());
    server.event();
    for id in 0..50 {
        server.ask(id, seeds(0..144), None, SampleWeights::Average);
    }
    let mut answered = Vec::new();
    while answered.last() != Some(&49) {
        let Event::Live(LiveEvent::Generated { id, .. }) = server.event() else { panic!("images") };
        answered.push(id);
    }
    assert!(answered.is_sorted() && answered.len() < 25, "{answered:?}");
}

#[test]
fn what_cannot_be_made_is_said_and_the_server_stays() {
    let mut server = Server::new(finished_run());
    server.event();
    server.ask(5, Vec::new(), None, SampleWeights::Average);
    let answer = server.event();
    assert!(
        matches!(&answer, Event::Live(LiveEvent::NotGenerated { id: 5, text }) if text.contains("0 images")),
        "{answer:?}"
    );
    server.images(seeds([1]));
}

#[test]
fn a_file_of_its_own_is_loaded_and_lacks_raw_weights() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.safetensors");
    let bytes = std::fs::read(finished_run().join("export/winner.safetensors")).unwrap();
    ModelFile::from_bytes(&bytes).unwrap();
    std::fs::write(&path, bytes).unwrap();
    let (send, messages) = channel();
    let program = Path::new(env!("CARGO_BIN_EXE_autogan"));
    let mut child = Child::spawn(program, move |notice| drop(send.send(notice))).unwrap();
    child.send(&WorkerCommand::Load { model: path, device: Some("cpu".to_owned()) }).unwrap();
    let mut server = Server { child, messages };
    assert!(matches!(server.event(), Event::Live(LiveEvent::Loaded { raw_sha256: None, .. })));
    server.ask(1, seeds([1]), None, SampleWeights::Raw);
    assert!(
        matches!(server.event(), Event::Live(LiveEvent::NotGenerated { text, .. }) if text.contains("raw weights"))
    );
}

#[test]
fn what_is_no_generator_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.safetensors");
    std::fs::write(&broken, b"not weights").unwrap();
    for (model, words) in [
        (broken.as_path(), "broken.safetensors cannot be used as a generator"),
        (Path::new("/no/such/file"), "/no/such/file cannot be used as a generator: it cannot be read"),
        (folder.path(), "is a folder that no run wrote"),
    ] {
        let server = Server::new(model);
        let event = server.event();
        assert!(
            matches!(&event, Event::Live(LiveEvent::Failed { text }) if text.contains(words) && !text.contains('\n')),
            "{event:?}"
        );
        match server.messages.recv_timeout(PATIENCE).unwrap() {
            WorkerMessage::Gone(death) => assert!(death.orderly && death.text.contains(words), "{death:?}"),
            other => panic!("{other:?}"),
        }
    }
}
