//! Small pictures of many runs, read and put on the GPU one after the other on a thread of their own.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use eframe::egui::{self, ColorImage, Painter, Pos2, Rect, TextureHandle, TextureOptions, Vec2};

use crate::gui::background::pictures::read;

/// Images of a picture that are kept, and how many a row shows.
const KEPT: usize = 16;
pub const SHOWN: usize = 4;
/// No file of samples is larger: a bound on memory, in bytes.
const LIMIT: u64 = 64 << 20;

/// A picture that was read, or why it could not be.
type LoadedThumbnail = Result<Thumbnail, String>;

/// The first images of a picture, below each other in one texture.
#[derive(Clone)]
pub struct Thumbnail {
    texture: TextureHandle,
    count: usize,
}

impl Thumbnail {
    /// Draws `count` images in rows of `columns`.
    pub fn show(
        &self,
        ui: &mut egui::Ui,
        count: usize,
        columns: usize,
        side: f32,
        words: &str,
    ) -> egui::Response {
        let count = count.min(self.count);
        let rows = count.div_ceil(columns);
        let room = |images: usize| images as f32 * (side + 1.0) - 1.0;
        let size = Vec2::new(room(columns.min(count)), room(rows));
        let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
        self.paint(ui.painter(), rect.min, count, columns, side);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, words));
        response
    }

    /// Paints `count` images in rows of `columns`, the first of them at `corner`.
    pub fn paint(&self, painter: &Painter, corner: Pos2, count: usize, columns: usize, side: f32) {
        for index in 0..count.min(self.count) {
            let at = Vec2::new((index % columns) as f32, (index / columns) as f32) * (side + 1.0);
            let place = Rect::from_min_size(corner + at, Vec2::splat(side));
            let part = |index: usize| index as f32 / self.count as f32;
            let uv = Rect::from_min_max(Pos2::new(0.0, part(index)), Pos2::new(1.0, part(index + 1)));
            painter.image(self.texture.id(), place, uv, egui::Color32::WHITE);
        }
    }
}

/// Thumbnails by the file they are made of.
pub struct Thumbnails {
    made: Arc<Mutex<HashMap<PathBuf, LoadedThumbnail>>>,
    asked: Vec<PathBuf>,
    ask: Sender<PathBuf>,
    /// The last that was made of each folder's pictures, which is shown until the next is made.
    last: HashMap<PathBuf, Thumbnail>,
}

impl Thumbnails {
    /// Nothing read yet. The window is drawn again when something is.
    pub fn new(ctx: &egui::Context) -> Self {
        let (ask, asked) = channel();
        let made = Arc::<Mutex<_>>::default();
        let (filled, ctx) = (made.clone(), ctx.clone());
        thread::spawn(move || fill(&filled, &asked, &ctx));
        Self { made, asked: Vec::new(), ask, last: HashMap::new() }
    }

    /// The thumbnail of a picture, if it was made; else it will be, and that of an earlier picture in the same
    /// folder stands in for it: a run that goes on has another picture every few seconds.
    pub fn get(&mut self, path: &Path) -> Option<LoadedThumbnail> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = path.parent().unwrap_or(path);
        if let Some(loaded) = made.get(path) {
            if let Ok(thumbnail) = loaded {
                self.last.insert(folder.to_owned(), thumbnail.clone());
            }
            return Some(loaded.clone());
        }
        if !self.asked.iter().any(|asked| asked == path) {
            self.asked.push(path.to_owned());
            // The reader lives as long as this does.
            let _ = self.ask.send(path.to_owned());
        }
        self.last.get(folder).cloned().map(Ok)
    }

    /// Forgets all pictures but some.
    pub fn retain(&mut self, keep: &BTreeSet<&Path>) {
        let keeps = |path: &Path| keep.contains(path);
        self.made.lock().unwrap_or_else(PoisonError::into_inner).retain(|path, _| keeps(path));
        self.asked.retain(|path| keeps(path));
        let folders: BTreeSet<&Path> = keep.iter().filter_map(|path| path.parent()).collect();
        self.last.retain(|folder, _| folders.contains(folder.as_path()));
    }
}

fn fill(made: &Mutex<HashMap<PathBuf, LoadedThumbnail>>, asked: &Receiver<PathBuf>, ctx: &egui::Context) {
    while let Ok(path) = asked.recv() {
        let loaded = load(&path).map(|(image, count)| {
            let options =
                TextureOptions { magnification: egui::TextureFilter::Nearest, ..TextureOptions::LINEAR };
            let texture = ctx.load_texture(path.display().to_string(), image, options);
            Thumbnail { texture, count }
        });
        made.lock().unwrap_or_else(PoisonError::into_inner).insert(path, loaded);
        ctx.request_repaint();
    }
}

/// The first images of a picture below each other, and how many.
fn load(path: &Path) -> Result<(ColorImage, usize), String> {
    // What cannot be looked at cannot be read either, which is reported then.
    if std::fs::metadata(path).is_ok_and(|found| found.len() > LIMIT) {
        return Err(format!("{} is too large", path.display()));
    }
    let tiles = read(path)?;
    let (side, count) = (tiles.side(), tiles.count().min(KEPT));
    let pixels = &tiles.rgba()[..4 * side * side * count];
    Ok((ColorImage::from_rgba_unmultiplied([side, side * count], pixels), count))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::{COLUMNS, ENLARGED};
    use crate::export::Picture;

    #[test]
    fn a_newer_picture_is_shown_when_it_is_made_and_the_one_before_until_then() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [1, 2].map(|number| folder.path().join(format!("{number}.png")));
        let picture = Picture::grid(&vec![0.5; 64 * 3 * 16], 4, COLUMNS).enlarged(ENLARGED);
        std::fs::write(&paths[0], picture.png()).unwrap();
        let ctx = egui::Context::default();
        let mut thumbnails = Thumbnails::new(&ctx);
        let begun = std::time::Instant::now();
        let first = loop {
            match thumbnails.get(&paths[0]) {
                Some(loaded) => break loaded.unwrap().texture.id(),
                None => assert!(begun.elapsed().as_secs() < 60),
            }
        };
        // It cannot be made, so only what was made before is there at first.
        let Some(Ok(before)) = thumbnails.get(&paths[1]) else { panic!("the one before") };
        assert_eq!(before.texture.id(), first);
        thumbnails.retain(&BTreeSet::new());
        assert!(thumbnails.last.is_empty());
    }

    #[test]
    fn the_first_images_are_taken_and_what_is_no_picture_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.png");
        let picture = Picture::grid(&vec![0.5; 64 * 3 * 16], 4, COLUMNS).enlarged(ENLARGED);
        std::fs::write(&path, picture.png()).unwrap();
        let (image, count) = load(&path).unwrap();
        assert_eq!((image.size, count), ([4, 4 * KEPT], KEPT));
        std::fs::write(&path, "no picture").unwrap();
        assert!(load(&path).unwrap_err().contains("cannot be read"));
        assert!(load(&folder.path().join("2.png")).unwrap_err().contains("2.png"));
    }
}
