//! The worker process of a studio, and what it made so far.
//!
//! One request is on its way at a time; what is wanted meanwhile waits, and only the newest of it.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::arch::Genotype;
use crate::engine::{Event, LiveEvent, SampleRequest, Weights};
use crate::export::Tiles;
use crate::gui::session::Wake;
use crate::ipc::{Child, Command, WorkerMessage};
use crate::rng::Latent;

/// Frames of a film in a request, so that the wall never waits for a whole film.
const FRAMES: usize = 32;

/// How images are made of latents.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Look {
    /// The largest number in a latent; none for no truncation.
    pub truncation: Option<f64>,
    /// Of which weights.
    pub weights: Weights,
}

/// Images that are wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Order {
    /// One for each image.
    pub latents: Vec<Latent>,
    /// So many of them, the first ones, form a wall.
    pub wall: usize,
    /// How they are made.
    pub look: Look,
}

/// Images that were made of an order, perhaps not yet all.
#[derive(Clone, Debug)]
pub struct Made {
    /// What was wanted.
    pub order: Order,
    /// The images, as many as there are.
    pub images: Vec<Arc<Tiles>>,
    /// The wall, once all are there.
    pub wall: Option<Arc<Tiles>>,
}

impl Made {
    /// Whether all are there.
    pub fn whole(&self) -> bool {
        self.images.len() == self.order.latents.len()
    }
}

/// What images are for: each purpose has one order at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The wall, and the picked images.
    Wall,
    /// The frames of an interpolation.
    Film,
}

const PURPOSES: [Purpose; 2] = [Purpose::Wall, Purpose::Film];

/// What is known of the generator.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
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
    /// The device, by name.
    pub device: String,
}

/// How the worker stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It reads the generator.
    Loading,
    /// It makes images.
    Ready(Arc<Model>),
    /// It is gone, or the generator is of no use; why.
    Failed(String),
}

#[derive(Default)]
struct Desk {
    wanted: Option<Order>,
    /// What cannot be made, so that it is not asked for again and again.
    refused: Option<Order>,
    made: Option<Arc<Made>>,
}

impl Desk {
    /// What is missing of the order, as the next request.
    fn missing(&self, most: usize) -> Option<(Order, Range<usize>)> {
        let order = self.wanted.as_ref().filter(|order| self.refused.as_ref() != Some(order))?;
        let done = match &self.made {
            Some(made) if made.order == *order => made.images.len(),
            _ => 0,
        };
        let end = order.latents.len().min(done.saturating_add(most));
        (done < end).then(|| (order.clone(), done..end))
    }

    fn take(&mut self, order: &Order, images: Vec<Arc<Tiles>>, wall: Option<Arc<Tiles>>) {
        match &mut self.made {
            Some(made) if made.order == *order => {
                let made = Arc::make_mut(made);
                made.images.extend(images);
                made.wall = wall;
            }
            _ => self.made = Some(Arc::new(Made { order: order.clone(), images, wall })),
        }
    }
}

struct Flight {
    id: u64,
    purpose: Purpose,
    order: Order,
}

struct Shared {
    standing: Standing,
    child: Option<Child>,
    desks: [Desk; PURPOSES.len()],
    flight: Option<Flight>,
    requests: u64,
    problem: Option<String>,
}

/// A worker process that makes images. Dropping it ends the process.
pub struct Link {
    shared: Arc<Mutex<Shared>>,
}

impl Link {
    /// Starts `program` as a worker that serves `model`; `wake` is called when there is something new.
    pub fn new(program: &Path, model: &Path, wake: Wake) -> Self {
        let shared = Arc::new(Mutex::new(Shared {
            standing: Standing::Loading,
            child: None,
            desks: Default::default(),
            flight: None,
            requests: 0,
            problem: None,
        }));
        let link = Self { shared };
        let (program, model) = (program.to_owned(), model.to_owned());
        let weak = Arc::downgrade(&link.shared);
        // To start a process may take a while on a busy machine.
        std::thread::spawn(move || employ(&program, model, &weak, wake));
        link
    }

    /// How the worker stands.
    pub fn standing(&self) -> Standing {
        lock(&self.shared).standing.clone()
    }

    /// Wants `order`; what was wanted before for the same purpose is not wanted any more.
    pub fn want(&self, purpose: Purpose, order: &Order) {
        let mut shared = lock(&self.shared);
        let desk = &mut shared.desks[purpose as usize];
        if desk.wanted.as_ref() != Some(order) {
            desk.wanted = Some(order.clone());
            shared.ask();
        }
    }

    /// What was made for a purpose: of the order that is wanted, or still of the one before.
    pub fn made(&self, purpose: Purpose) -> Option<Arc<Made>> {
        lock(&self.shared).desks[purpose as usize].made.clone()
    }

    /// Whether images are being made.
    pub fn busy(&self) -> bool {
        lock(&self.shared).flight.is_some()
    }

    /// What went wrong with a request, once.
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
        child.send(&Command::Load { model, device: None })?;
        Ok(child)
    });
    // The studio may have been closed meanwhile; then the child ends with its input.
    if let Some(shared) = weak.upgrade() {
        let mut shared = lock(&shared);
        match started {
            Ok(child) => shared.child = Some(child),
            Err(error) => {
                shared.standing = Standing::Failed(format!("the worker process cannot be started ({error})"));
            }
        }
        shared.ask();
    }
    wake();
}

fn receive(shared: &Mutex<Shared>, message: WorkerMessage) {
    match message {
        WorkerMessage::Event(Event::Live(event)) => live_event(shared, event),
        WorkerMessage::Event(Event::Log(_)) => {}
        WorkerMessage::Gone(death) => {
            let mut shared = lock(shared);
            shared.flight = None;
            if !matches!(shared.standing, Standing::Failed(_)) {
                shared.standing = Standing::Failed(death.text);
            }
        }
    }
}

fn live_event(shared: &Mutex<Shared>, event: LiveEvent) {
    match event {
        LiveEvent::Loaded { genotype, vector, latent, side, params, sha256, raw_sha256, device } => {
            let mut shared = lock(shared);
            let model = Model { genotype, vector, latent, side, params, sha256, raw_sha256, device };
            shared.standing = Standing::Ready(Arc::new(model));
            shared.ask();
        }
        LiveEvent::Generated { id, side, rgba, .. } => {
            // Not while a frame waits for the lock.
            let images = cut(&rgba, side);
            let mut shared = lock(shared);
            if let Some(flight) = shared.flight.take_if(|flight| flight.id == id) {
                match images {
                    Some(images) => shared.take(flight, images),
                    None => shared.refuse(flight, "the worker sent images that are none".to_owned()),
                }
            }
            shared.ask();
        }
        LiveEvent::NotGenerated { id, text } => {
            let mut shared = lock(shared);
            if let Some(flight) = shared.flight.take_if(|flight| flight.id == id) {
                shared.refuse(flight, text);
            }
            shared.ask();
        }
        LiveEvent::Failed { text } => lock(shared).standing = Standing::Failed(text),
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
    fn ask(&mut self) {
        if self.flight.is_some() || !matches!(self.standing, Standing::Ready(_)) {
            return;
        }
        let missing = PURPOSES.into_iter().find_map(|purpose| {
            let most = match purpose {
                Purpose::Wall => usize::MAX,
                Purpose::Film => FRAMES,
            };
            self.desks[purpose as usize].missing(most).map(|missing| (purpose, missing))
        });
        let (Some((purpose, (order, range))), Some(child)) = (missing, &mut self.child) else {
            return;
        };
        self.requests += 1;
        let command = Command::Generate(SampleRequest {
            id: self.requests,
            latents: order.latents[range].to_vec(),
            truncation: order.look.truncation,
            weights: order.look.weights,
        });
        // Of a worker that is gone one hears otherwise.
        if child.send(&command).is_ok() {
            self.flight = Some(Flight { id: self.requests, purpose, order });
        }
    }

    fn take(&mut self, flight: Flight, images: Vec<Arc<Tiles>>) {
        let Flight { purpose, order, .. } = flight;
        let wall = joined(&images[..order.wall.min(images.len())]);
        self.desks[purpose as usize].take(&order, images, wall);
    }

    fn refuse(&mut self, flight: Flight, problem: String) {
        self.problem = Some(problem);
        self.desks[flight.purpose as usize].refused = Some(flight.order);
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

    fn order(seeds: Range<u64>) -> Order {
        let latents = seeds.map(|seed| Latent::Seed { seed }).collect();
        Order { latents, ..Order::default() }
    }

    fn images(count: usize) -> Vec<Arc<Tiles>> {
        (0..count).map(|_| Arc::new(Tiles::new(1, vec![0; 4]).unwrap())).collect()
    }

    #[test]
    fn an_order_is_asked_for_in_parts_and_a_new_one_begins_anew() {
        let mut desk = Desk { wanted: Some(order(0..5)), ..Desk::default() };
        assert_eq!(desk.missing(2).unwrap().1, 0..2);
        desk.take(&order(0..5), images(2), None);
        assert_eq!(desk.missing(2).unwrap().1, 2..4);
        desk.take(&order(0..5), images(2), None);
        assert_eq!(desk.missing(2).unwrap().1, 4..5);
        desk.take(&order(0..5), images(1), None);
        assert!(desk.missing(2).is_none() && desk.made.as_ref().unwrap().whole());
        desk.wanted = Some(order(3..9));
        assert_eq!(desk.missing(usize::MAX).unwrap().1, 0..6);
        assert_eq!(desk.made.as_ref().unwrap().images.len(), 5, "what was there stays until then");
        desk.refused = Some(order(3..9));
        assert!(desk.missing(2).is_none());
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
