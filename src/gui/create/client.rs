//! The worker process of the Create screen, and what it made so far.
//!
//! One request is on its way at a time; what is wanted meanwhile waits, and only the newest of it.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::arch::Genotype;
use crate::engine::{DIRECTIONS, Event, LiveEvent, SampleRequest, SampleWeights};
use crate::export::Tiles;
use crate::gui::session::Wake;
use crate::ipc::{Child, WorkerCommand, WorkerMessage};
use crate::model::PrincipalDirection;
use crate::rng::Latent;

/// Images of an animation, or of those that are saved, in a request: the grid never waits for all of them.
const FRAMES: usize = 32;

/// The options by which images are made of latents.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SampleSettings {
    /// The largest number in a latent; none for no truncation.
    pub truncation: Option<f64>,
    /// Of which weights.
    pub weights: SampleWeights,
    /// How far every latent is moved along each of the generator's directions, in standard deviations.
    pub along: [f64; DIRECTIONS],
}

/// Images that are wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageRequest {
    /// One for each image.
    pub latents: Vec<Latent>,
    /// So many of them, the first ones, form a grid.
    pub grid: usize,
    /// The options by which they are made.
    pub settings: SampleSettings,
}

/// Images that were made for a request, perhaps not yet all.
#[derive(Clone, Debug)]
pub struct Made {
    /// The request.
    pub request: ImageRequest,
    /// The images, as many as there are.
    pub images: Vec<Arc<Tiles>>,
    /// The grid, once all are there.
    pub grid: Option<Arc<Tiles>>,
}

impl Made {
    /// Whether all are there.
    pub fn whole(&self) -> bool {
        self.images.len() == self.request.latents.len()
    }
}

/// What images are for: each slot has one request at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestSlot {
    /// The grid, and the picked images.
    Grid,
    /// The frames of an interpolation.
    Animation,
    /// Images that are saved and not shown.
    Saved,
}

/// In the order in which they are served.
const SLOTS: [RequestSlot; 3] = [RequestSlot::Grid, RequestSlot::Animation, RequestSlot::Saved];

/// Facts about the generator.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFacts {
    /// The architecture.
    pub genotype: Genotype,
    /// Its integer vector.
    pub vector: String,
    /// Length of a latent.
    pub latent: usize,
    /// Side of its images in pixels.
    pub side: usize,
    /// Parameters.
    pub params: u64,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
    /// The same of the file with its raw weights, if they were kept.
    pub raw_sha256: Option<String>,
    /// The table of the file that it is in, where the file has tables.
    pub table: Option<String>,
    /// The device, by name.
    pub device: String,
    /// Which generator of the file it is, and how its architecture is known, where the file does not say that.
    pub notes: Vec<String>,
    /// The strongest directions of its latents, the strongest first.
    pub directions: Vec<PrincipalDirection>,
}

impl ModelFacts {
    /// What these settings add to the numbers of every latent; none where that is nothing.
    pub fn offset(&self, settings: &SampleSettings) -> Vec<f32> {
        let moves = || settings.along.iter().zip(&self.directions).filter(|(by, _)| **by != 0.0);
        if moves().next().is_none() {
            return Vec::new();
        }
        let number =
            |at: usize| moves().map(|(by, direction)| by * f64::from(direction.vector[at])).sum::<f64>();
        (0..self.latent).map(|at| number(at) as f32).collect()
    }
}

/// The status of the worker.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientStatus {
    /// It reads the generator.
    Loading,
    /// It makes images.
    Ready(Arc<ModelFacts>),
    /// It is gone, or the generator is of no use; why.
    Failed(String),
}

#[derive(Default)]
struct Queue {
    wanted: Option<ImageRequest>,
    /// The request that cannot be met, so that it is not asked for again and again.
    refused: Option<ImageRequest>,
    made: Option<Arc<Made>>,
}

impl Queue {
    /// What is missing of the request, as the next part of it.
    fn missing(&self, most: usize) -> Option<(ImageRequest, Range<usize>)> {
        let request = self.wanted.as_ref().filter(|request| self.refused.as_ref() != Some(request))?;
        let done = match &self.made {
            Some(made) if made.request == *request => made.images.len(),
            _ => 0,
        };
        let end = request.latents.len().min(done.saturating_add(most));
        (done < end).then(|| (request.clone(), done..end))
    }

    fn take(&mut self, request: &ImageRequest, images: Vec<Arc<Tiles>>, grid: Option<Arc<Tiles>>) {
        match &mut self.made {
            Some(made) if made.request == *request => {
                let made = Arc::make_mut(made);
                made.images.extend(images);
                made.grid = grid;
            }
            _ => self.made = Some(Arc::new(Made { request: request.clone(), images, grid })),
        }
    }
}

struct InFlight {
    id: u64,
    slot: RequestSlot,
    request: ImageRequest,
}

struct Shared {
    status: ClientStatus,
    child: Option<Child>,
    queues: [Queue; SLOTS.len()],
    in_flight: Option<InFlight>,
    requests: u64,
    problem: Option<String>,
}

/// A worker process that makes images. Dropping it ends the process.
pub struct SampleClient {
    shared: Arc<Mutex<Shared>>,
}

impl SampleClient {
    /// Starts `program` as a worker that serves `model`; `wake` is called when there is something new.
    pub fn new(program: &Path, model: &Path, wake: Wake) -> Self {
        let shared = Arc::new(Mutex::new(Shared {
            status: ClientStatus::Loading,
            child: None,
            queues: Default::default(),
            in_flight: None,
            requests: 0,
            problem: None,
        }));
        let client = Self { shared };
        let (program, model) = (program.to_owned(), model.to_owned());
        let weak = Arc::downgrade(&client.shared);
        // To start a process may take a while on a busy machine.
        std::thread::spawn(move || employ(&program, model, &weak, wake));
        client
    }

    /// The status of the worker.
    pub fn status(&self) -> ClientStatus {
        lock(&self.shared).status.clone()
    }

    /// Wants `request`; what was wanted before for the same slot is not wanted any more.
    pub fn want(&self, slot: RequestSlot, request: &ImageRequest) {
        let mut shared = lock(&self.shared);
        let queue = &mut shared.queues[slot as usize];
        if queue.wanted.as_ref() != Some(request) {
            queue.wanted = Some(request.clone());
            shared.send_next();
        }
    }

    /// What was made for a slot: of the request that is wanted, or still of the one before.
    pub fn made(&self, slot: RequestSlot) -> Option<Arc<Made>> {
        lock(&self.shared).queues[slot as usize].made.clone()
    }

    /// Whether what is wanted for a slot cannot be made.
    pub fn refuses(&self, slot: RequestSlot) -> bool {
        let shared = lock(&self.shared);
        let queue = &shared.queues[slot as usize];
        queue.wanted.is_some() && queue.wanted == queue.refused
    }

    /// Wants nothing for a slot any more, and lets go of what was made.
    pub fn forget(&self, slot: RequestSlot) {
        lock(&self.shared).queues[slot as usize] = Queue::default();
    }

    /// Whether images are being made.
    pub fn busy(&self) -> bool {
        lock(&self.shared).in_flight.is_some()
    }

    /// The problem with a request, once.
    pub fn take_problem(&self) -> Option<String> {
        lock(&self.shared).problem.take()
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn employ(program: &Path, model: PathBuf, weak: &Weak<Mutex<Shared>>, wake: Wake) {
    let (receiver, woken) = (weak.clone(), wake.clone());
    let on_message = move |message| {
        if let Some(shared) = receiver.upgrade() {
            receive(&shared, message);
            woken();
        }
    };
    let started = Child::spawn(program, on_message).and_then(|mut child| {
        child.send(&WorkerCommand::Load { model, device: None })?;
        Ok(child)
    });
    // The Create screen may have been closed meanwhile; then the child ends with its input.
    if let Some(shared) = weak.upgrade() {
        let mut shared = lock(&shared);
        match started {
            Ok(child) => shared.child = Some(child),
            Err(error) => {
                shared.status =
                    ClientStatus::Failed(format!("the worker process cannot be started ({error})"));
            }
        }
        shared.send_next();
    }
    wake();
}

fn receive(shared: &Mutex<Shared>, message: WorkerMessage) {
    match message {
        WorkerMessage::Event(Event::Live(event)) => live_event(shared, event),
        WorkerMessage::Event(Event::Log(_)) => {}
        WorkerMessage::Gone(death) => {
            let mut shared = lock(shared);
            shared.in_flight = None;
            if !matches!(shared.status, ClientStatus::Failed(_)) {
                shared.status = ClientStatus::Failed(death.text);
            }
        }
    }
}

fn live_event(shared: &Mutex<Shared>, event: LiveEvent) {
    match event {
        LiveEvent::Loaded {
            genotype,
            vector,
            latent,
            side,
            params,
            sha256,
            raw_sha256,
            table,
            device,
            notes,
            mut directions,
        } => {
            directions.retain(|direction| direction.vector.len() == latent);
            let mut shared = lock(shared);
            let model = ModelFacts {
                genotype,
                vector,
                latent,
                side,
                params,
                sha256,
                raw_sha256,
                table,
                device,
                notes,
                directions,
            };
            shared.status = ClientStatus::Ready(Arc::new(model));
            shared.send_next();
        }
        LiveEvent::Generated { id, side, rgba, .. } => {
            // Not while a frame waits for the lock.
            let images = cut(&rgba, side);
            let mut shared = lock(shared);
            if let Some(in_flight) = shared.in_flight.take_if(|in_flight| in_flight.id == id) {
                match images {
                    Some(images) => shared.take(in_flight, images),
                    None => shared.refuse(in_flight, "the worker sent images that are none".to_owned()),
                }
            }
            shared.send_next();
        }
        LiveEvent::NotGenerated { id, text } => {
            let mut shared = lock(shared);
            if let Some(in_flight) = shared.in_flight.take_if(|in_flight| in_flight.id == id) {
                shared.refuse(in_flight, text);
            }
            shared.send_next();
        }
        LiveEvent::Failed { text } => lock(shared).status = ClientStatus::Failed(text),
        _ => {}
    }
}

/// The single images of an answer.
fn cut(rgba: &str, side: usize) -> Option<Vec<Arc<Tiles>>> {
    let pixels = BASE64_STANDARD.decode(rgba).ok()?;
    let all = Tiles::new(side, pixels)?;
    let bytes = 4 * side * side;
    all.rgba().chunks_exact(bytes).map(|image| Tiles::new(side, image.to_vec()).map(Arc::new)).collect()
}

impl Shared {
    /// Asks for what is missing, unless an answer is still to come.
    fn send_next(&mut self) {
        let ClientStatus::Ready(model) = &self.status else { return };
        if self.in_flight.is_some() {
            return;
        }
        let missing = SLOTS.into_iter().find_map(|slot| {
            let most = match slot {
                RequestSlot::Grid => usize::MAX,
                RequestSlot::Animation | RequestSlot::Saved => FRAMES,
            };
            self.queues[slot as usize].missing(most).map(|missing| (slot, missing))
        });
        let (Some((slot, (request, range))), Some(child)) = (missing, &mut self.child) else {
            return;
        };
        self.requests += 1;
        let command = WorkerCommand::Generate(SampleRequest {
            id: self.requests,
            latents: request.latents[range].to_vec(),
            truncation: request.settings.truncation,
            offset: model.offset(&request.settings),
            weights: request.settings.weights,
        });
        // That a worker is gone comes as a message.
        if child.send(&command).is_ok() {
            self.in_flight = Some(InFlight { id: self.requests, slot, request });
        }
    }

    fn take(&mut self, in_flight: InFlight, images: Vec<Arc<Tiles>>) {
        let InFlight { slot, request, .. } = in_flight;
        let grid = joined(&images[..request.grid.min(images.len())]);
        self.queues[slot as usize].take(&request, images, grid);
    }

    fn refuse(&mut self, in_flight: InFlight, problem: String) {
        self.problem = Some(problem);
        self.queues[in_flight.slot as usize].refused = Some(in_flight.request);
    }
}

/// Several images of one size as a set.
pub fn joined(images: &[Arc<Tiles>]) -> Option<Arc<Tiles>> {
    let side = images.first()?.side();
    let pixels: Vec<&[u8]> = images.iter().map(|image| image.rgba()).collect();
    Tiles::new(side, pixels.concat()).map(Arc::new)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn request(seeds: Range<u64>) -> ImageRequest {
        let latents = seeds.map(|seed| Latent::Seed { seed }).collect();
        ImageRequest { latents, ..ImageRequest::default() }
    }

    fn images(count: usize) -> Vec<Arc<Tiles>> {
        (0..count).map(|_| Arc::new(Tiles::new(1, vec![0; 4]).unwrap())).collect()
    }

    #[test]
    fn an_order_is_asked_for_in_parts_and_a_new_one_begins_anew() {
        let mut queue = Queue { wanted: Some(request(0..5)), ..Queue::default() };
        assert_eq!(queue.missing(2).unwrap().1, 0..2);
        queue.take(&request(0..5), images(2), None);
        assert_eq!(queue.missing(2).unwrap().1, 2..4);
        queue.take(&request(0..5), images(2), None);
        assert_eq!(queue.missing(2).unwrap().1, 4..5);
        queue.take(&request(0..5), images(1), None);
        assert!(queue.missing(2).is_none() && queue.made.as_ref().unwrap().whole());
        queue.wanted = Some(request(3..9));
        assert_eq!(queue.missing(usize::MAX).unwrap().1, 0..6);
        assert_eq!(queue.made.as_ref().unwrap().images.len(), 5, "what was there stays until then");
        queue.refused = Some(request(3..9));
        assert!(queue.missing(2).is_none());
    }

    #[test]
    fn an_answer_comes_apart_into_its_images() {
        let pixels: Vec<u8> = (0..32).collect();
        let images = cut(&BASE64_STANDARD.encode(&pixels), 2).unwrap();
        assert_eq!(images.len(), 2);
        assert_eq!(images[1].rgba(), &pixels[16..]);
        assert_eq!(joined(&images).unwrap().rgba(), pixels);
        assert!(cut("AAAA", 2).is_none() && cut("no base64", 2).is_none());
    }
}
