//! Reads pictures on a thread of its own, newest first, so that no frame waits for a disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::engine::{COLUMNS, ENLARGED};
use crate::export::Tiles;
use crate::gui::session::Wake;

/// Pictures that are kept.
const KEPT: usize = 64;

/// The source of a picture.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PictureSource {
    /// A file of a run folder.
    File(PathBuf),
    /// A preview: a run folder and its number there.
    Preview(PathBuf, u64),
}

/// A picture, or why there is none.
pub type LoadedPicture = Result<Arc<Tiles>, String>;

#[derive(Default)]
struct Cache {
    pictures: HashMap<PictureSource, (u64, LoadedPicture)>,
    /// Counts up with every look, to find what was not looked at for the longest time.
    clock: u64,
}

/// Pictures that were read.
pub struct PictureLoader {
    cache: Arc<Mutex<Cache>>,
    ask: Sender<(PictureSource, Option<String>)>,
    asked: Option<PictureSource>,
}

impl PictureLoader {
    /// Nothing read yet; `wake` is called when something is.
    pub fn new(wake: Wake) -> Self {
        let (ask, asked) = channel();
        let cache = Arc::<Mutex<Cache>>::default();
        let filled = cache.clone();
        thread::spawn(move || fill(&filled, &asked, &wake));
        Self { cache, ask, asked: None }
    }

    /// The picture, if it was read; else it will be. `png` is a preview's file in base64.
    pub fn get(
        &mut self,
        source: &PictureSource,
        png: impl FnOnce() -> Option<String>,
    ) -> Option<LoadedPicture> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.clock += 1;
        let clock = cache.clock;
        if let Some((looked, loaded)) = cache.pictures.get_mut(source) {
            *looked = clock;
            return Some(loaded.clone());
        }
        if self.asked.as_ref() != Some(source) {
            self.asked = Some(source.clone());
            // The reader lives as long as this does.
            let _ = self.ask.send((source.clone(), png()));
        }
        None
    }
}

fn fill(cache: &Mutex<Cache>, asked: &Receiver<(PictureSource, Option<String>)>, wake: &Wake) {
    while let Ok(first) = asked.recv() {
        // Whoever asks again wants the newest only.
        let (source, png) = asked.try_iter().last().unwrap_or(first);
        let loaded = load(&source, png);
        let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        let clock = cache.clock;
        cache.pictures.insert(source, (clock, loaded));
        while cache.pictures.len() > KEPT {
            let oldest = cache.pictures.iter().min_by_key(|(_, (looked, _))| *looked);
            let oldest = oldest.map(|(source, _)| source.clone());
            oldest.map(|source| cache.pictures.remove(&source));
        }
        drop(cache);
        wake();
    }
}

/// The images of a picture in a run folder.
///
/// # Errors
///
/// If it cannot be read or is no such picture, in a sentence.
pub fn read(path: &Path) -> Result<Tiles, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Tiles::from_grid(&bytes, COLUMNS, ENLARGED)
}

fn load(source: &PictureSource, png: Option<String>) -> LoadedPicture {
    let tiles = match source {
        PictureSource::File(path) => read(path),
        PictureSource::Preview(..) => {
            let png = BASE64_STANDARD.decode(png.unwrap_or_default());
            Tiles::from_grid(&png.map_err(|error| error.to_string())?, COLUMNS, 1)
        }
    };
    tiles.map(Arc::new)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::export::Picture;

    #[test]
    fn a_picture_is_read_in_the_background_and_a_missing_one_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.png");
        let picture = Picture::grid(&vec![0.5; 64 * 3 * 16], 4, COLUMNS).enlarged(ENLARGED);
        std::fs::write(&path, picture.png()).unwrap();
        let (send, woken) = channel();
        let send = Mutex::new(send);
        let mut pictures = PictureLoader::new(Arc::new(move || send.lock().unwrap().send(()).unwrap()));
        let mut wait = |source: PictureSource| {
            assert!(pictures.get(&source, || None).is_none());
            woken.recv().unwrap();
            pictures.get(&source, || None).unwrap()
        };
        let tiles = wait(PictureSource::File(path)).unwrap();
        assert_eq!((tiles.side(), tiles.count()), (4, 64));
        let missing = wait(PictureSource::File(folder.path().join("2.png")));
        assert!(missing.unwrap_err().contains("2.png"));
    }
}
