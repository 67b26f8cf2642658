//! Many images of new seeds, each saved in a file of its own while the next ones are made.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::client::{ImageRequest, Made};
use super::exports::{ExportSource, save_into, slug};
use crate::export::Tiles;
use crate::gui::background::exporter::Exporter;
use crate::gui::dialogs::{AnswerKind, Question};
use crate::gui::session::Wake;
use crate::rng::Latent;

/// How many images one press of the button makes.
pub const MANY: usize = 100;

/// What the thread that saves them and the window know of each other.
#[derive(Default)]
struct Progress {
    /// Whether a folder was chosen.
    begun: AtomicBool,
    /// Whether no more are wanted.
    cancelled: AtomicBool,
    /// How many are saved.
    saved: AtomicUsize,
}

/// Images that are being made and saved. Dropping it ends that; what is saved stays.
pub struct ManyImages {
    request: ImageRequest,
    progress: Arc<Progress>,
    /// Where the next ones go; none once all are on their way.
    saving: Option<Sender<(Latent, Arc<Tiles>)>>,
    sent: usize,
}

impl ManyImages {
    /// Asks for a folder, and saves there what [`ManyImages::hand_on`] gets. `note` ends what is said of it.
    pub fn begin(
        latents: Vec<Latent>,
        source: ExportSource,
        note: String,
        exporter: &mut Exporter,
        wake: &Wake,
    ) -> Self {
        let (send, images) = channel();
        let (many, progress) = Self::new(ImageRequest { latents, grid: 0, settings: source.settings }, send);
        let (wake, all) = (wake.clone(), many.request.latents.len());
        let question = Question {
            title: format!("Choose a folder for {all} images"),
            wanted: AnswerKind::Folder,
            begin: None,
        };
        exporter.start(question, move |folder| {
            progress.begun.store(true, Ordering::Relaxed);
            wake();
            Ok(save_all(&images, all, folder, &source, &progress, &wake)? + &note)
        });
        many
    }

    fn new(request: ImageRequest, saving: Sender<(Latent, Arc<Tiles>)>) -> (Self, Arc<Progress>) {
        let progress = Arc::new(Progress::default());
        (Self { request, progress: progress.clone(), saving: Some(saving), sent: 0 }, progress)
    }

    /// The images that have to be made, once there is a folder for them.
    pub fn wanted(&self) -> Option<&ImageRequest> {
        self.progress.begun.load(Ordering::Relaxed).then_some(&self.request)
    }

    /// Hands on those that were made since the last call.
    pub fn hand_on(&mut self, made: Option<&Made>) {
        let Some(made) = made.filter(|made| made.request == self.request) else { return };
        let Some(saving) = &self.saving else { return };
        let images = made.request.latents.iter().zip(&made.images);
        for (latent, image) in images.skip(self.sent) {
            // Where one could not be saved, the export says so.
            if saving.send((latent.clone(), image.clone())).is_err() {
                break;
            }
            self.sent += 1;
        }
        if self.sent == self.request.latents.len() {
            self.saving = None;
        }
    }

    /// How many are saved, and how many there will be.
    pub fn progress(&self) -> (usize, usize) {
        (self.progress.saved.load(Ordering::Relaxed), self.request.latents.len())
    }
}

impl Drop for ManyImages {
    fn drop(&mut self) {
        self.progress.cancelled.store(true, Ordering::Relaxed);
    }
}

/// Saves images as they come, each under the name of its latent, until there are `all` or no more are wanted.
fn save_all(
    images: &Receiver<(Latent, Arc<Tiles>)>,
    all: usize,
    folder: &Path,
    source: &ExportSource,
    progress: &Progress,
    wake: &Wake,
) -> Result<String, String> {
    for (latent, image) in images {
        if progress.cancelled.load(Ordering::Relaxed) {
            break;
        }
        save_into(folder, source, &slug(&latent), &latent, &image)?;
        progress.saved.fetch_add(1, Ordering::Relaxed);
        wake();
    }
    let (saved, folder) = (progress.saved.load(Ordering::Relaxed), folder.display());
    Ok(match saved {
        0 => "Stopped; no image was saved".to_owned(),
        saved if saved < all => format!("Stopped: {saved} of {all} images are saved in {folder}"),
        saved => format!("{saved} images saved in {folder}"),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::Genotype;
    use crate::gui::create::client::{ModelFacts, SampleSettings};

    fn source() -> ExportSource {
        let genotype = Genotype::autogan_a();
        let model = ModelFacts {
            vector: genotype.to_string(),
            genotype,
            latent: 16,
            side: 2,
            params: 1,
            sha256: "ab".to_owned(),
            raw_sha256: None,
            table: None,
            device: "cpu".to_owned(),
            notes: Vec::new(),
            directions: Vec::new(),
        };
        let settings = SampleSettings::default();
        ExportSource { model: Arc::new(model), name: "tiny".to_owned(), is_run: true, settings, enlarged: 1 }
    }

    fn request(seeds: std::ops::Range<u64>) -> ImageRequest {
        let latents = seeds.map(|seed| Latent::Seed { seed }).collect();
        ImageRequest { latents, ..ImageRequest::default() }
    }

    fn made(request: &ImageRequest, count: usize) -> Made {
        let image = |shade: usize| Arc::new(Tiles::new(1, vec![shade as u8, 0, 0, 255]).unwrap());
        Made { request: request.clone(), images: (0..count).map(image).collect(), grid: None }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn images_are_saved_by_their_seeds_as_they_are_made() {
        let (send, images) = channel();
        let (mut many, progress) = ManyImages::new(request(40..44), send);
        assert_eq!(many.wanted(), None, "nothing is made before there is a folder");
        progress.begun.store(true, Ordering::Relaxed);
        assert_eq!(many.wanted(), Some(&request(40..44)));
        many.hand_on(None);
        many.hand_on(Some(&made(&request(0..4), 4)));
        many.hand_on(Some(&made(&request(40..44), 3)));
        many.hand_on(Some(&made(&request(40..44), 3)));
        many.hand_on(Some(&made(&request(40..44), 4)));
        let folder = tempfile::tempdir().unwrap();
        let wake: Wake = Arc::new(|| {});
        let said = save_all(&images, 4, folder.path(), &source(), &progress, &wake).unwrap();
        assert_eq!(said, format!("4 images saved in {}", folder.path().display()));
        assert_eq!(many.progress(), (4, 4));
        let expected = [40, 41, 42, 43].map(|seed| format!("tiny-seed-{seed}.png"));
        assert_eq!(names(folder.path()), expected);
        for (shade, name) in expected.iter().enumerate() {
            let image = image::open(folder.path().join(name)).unwrap().into_rgb8();
            assert_eq!(image.get_pixel(0, 0).0, [shade as u8, 0, 0], "{name}");
        }
    }

    #[test]
    fn what_is_cancelled_ends_and_leaves_what_is_saved() {
        let folder = tempfile::tempdir().unwrap();
        let wake: Wake = Arc::new(|| {});
        let (send, images) = channel();
        let (mut many, progress) = ManyImages::new(request(0..9), send);
        many.hand_on(Some(&made(&request(0..9), 2)));
        // It is cancelled while the second is saved.
        let (many, cancelling) = (std::sync::Mutex::new(Some(many)), progress.clone());
        let woken: Wake = Arc::new(move || {
            if cancelling.saved.load(Ordering::Relaxed) == 2 {
                drop(many.lock().unwrap().take());
            }
        });
        let said = save_all(&images, 9, folder.path(), &source(), &progress, &woken).unwrap();
        assert_eq!(said, format!("Stopped: 2 of 9 images are saved in {}", folder.path().display()));
        assert_eq!(names(folder.path()), ["tiny-seed-0.png", "tiny-seed-1.png"]);

        let (send, images) = channel();
        let (mut many, progress) = ManyImages::new(request(0..9), send);
        many.hand_on(Some(&made(&request(0..9), 5)));
        drop(many);
        let said = save_all(&images, 9, folder.path(), &source(), &progress, &wake).unwrap();
        assert_eq!(said, "Stopped; no image was saved", "those on their way are not wanted any more");
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_is_said_and_ends_it() {
        let (send, images) = channel();
        let (mut many, progress) = ManyImages::new(request(0..9), send);
        many.hand_on(Some(&made(&request(0..9), 1)));
        let wake: Wake = Arc::new(|| {});
        let said = save_all(&images, 9, Path::new("/no/such/place"), &source(), &progress, &wake);
        assert!(said.unwrap_err().contains("/no/such/place"));
        drop(images);
        many.hand_on(Some(&made(&request(0..9), 9)));
        assert_eq!(many.progress(), (0, 9));
    }
}
