//! Small pictures of many runs, read and put on the GPU one after the other on a thread of their own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use eframe::egui::{self, ColorImage, Pos2, Rect, TextureHandle, TextureOptions, Vec2};

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
        for index in 0..count {
            let at = Vec2::new((index % columns) as f32, (index / columns) as f32) * (side + 1.0);
            let place = Rect::from_min_size(rect.min + at, Vec2::splat(side));
            let part = |index: usize| index as f32 / self.count as f32;
            let uv = Rect::from_min_max(Pos2::new(0.0, part(index)), Pos2::new(1.0, part(index + 1)));
            ui.painter().image(self.texture.id(), place, uv, egui::Color32::WHITE);
        }
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, words));
        response
    }
}

/// Thumbnails by the file they are made of.
pub struct Thumbnails {
    made: Arc<Mutex<HashMap<PathBuf, LoadedThumbnail>>>,
    asked: Vec<PathBuf>,
    ask: Sender<PathBuf>,
}

impl Thumbnails {
    /// Nothing read yet. The window is drawn again when something is.
    pub fn new(ctx: &egui::Context) -> Self {
        let (ask, asked) = channel();
        let made = Arc::<Mutex<_>>::default();
        let (filled, ctx) = (made.clone(), ctx.clone());
        thread::spawn(move || fill(&filled, &asked, &ctx));
        Self { made, asked: Vec::new(), ask }
    }

    /// The thumbnail of a picture, if it was made; else it will be.
    pub fn get(&mut self, path: &Path) -> Option<LoadedThumbnail> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = made.get(path) {
            return Some(loaded.clone());
        }
        if !self.asked.iter().any(|asked| asked == path) {
            self.asked.push(path.to_owned());
            // The reader lives as long as this does.
            let _ = self.ask.send(path.to_owned());
        }
        None
    }

    /// Forgets all pictures but some.
    pub fn retain(&mut self, keep: impl Fn(&Path) -> bool) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).retain(|path, _| keep(path));
        self.asked.retain(|path| keep(path));
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
