//! Small pictures of candidates: those that are drawn are read on a thread of their own, newest first, and the ones that
//! were drawn last stay on the GPU.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use eframe::egui::{
    self, Align2, Color32, ColorImage, FontId, Pos2, Rect, Role, Sense, TextureHandle, TextureOptions, Vec2,
    WidgetInfo,
};

use crate::export::Tiles;
use crate::gan::KEPT_IMAGES;
use crate::gui::background::pictures;
use crate::gui::state::CandidatePicture;
use crate::gui::theme::Palette;
use crate::run::safe_join;

/// Side of an image in a table or a lineage, and in the enlargement under the pointer, in points.
pub const SIDE: f32 = 32.0;
const ENLARGED: f32 = 96.0;
/// Points between two images.
const SPACING: f32 = 1.0;
/// Width of a row of images, in points.
pub const WIDTH: f32 = KEPT_IMAGES as f32 * (SIDE + SPACING) - SPACING;

/// Pictures that stay on the GPU, of some 64 KB at most.
const KEPT: usize = 256;
/// Pictures that wait to be read: more than a screen has. Who scrolls on does not want what is behind any more.
const WAITING: usize = 64;
/// No picture of a run is larger: a bound on memory, in bytes.
const LIMIT: u64 = 64 << 20;
/// Pixels to a side of the images on the GPU at most.
const LARGEST: usize = 64;

/// Images of a candidate below each other in one texture.
#[derive(Clone)]
struct ImageStrip {
    texture: TextureHandle,
    count: usize,
}

/// A row of images, or why there is none.
type LoadedStrip = Result<ImageStrip, String>;

#[derive(Default)]
struct StripCache {
    strips: HashMap<PathBuf, (u64, LoadedStrip)>,
    /// What shall be read, the most urgent last, each with whether it is a grid of samples.
    waiting: Vec<(PathBuf, bool)>,
    /// What is being read.
    reading: Option<PathBuf>,
    /// Counts up with every look, to find what was not looked at for the longest time.
    clock: u64,
}

/// Pictures of candidates that were read.
pub struct CandidateImages {
    cache: Arc<Mutex<StripCache>>,
    ask: Sender<()>,
}

impl CandidateImages {
    /// Nothing read yet. The window is drawn again when something is.
    pub fn new(ctx: &egui::Context) -> Self {
        let (ask, asked) = channel();
        let cache = Arc::<Mutex<StripCache>>::default();
        let (filled, ctx) = (cache.clone(), ctx.clone());
        thread::spawn(move || fill(&filled, &asked, &ctx));
        Self { cache, ask }
    }

    /// Draws the images of the candidate `id` in a row at the left of `rect`, as high as that, if it is in sight; `dir` is
    /// the run folder.
    pub fn show(&self, ui: &egui::Ui, rect: Rect, dir: &Path, id: usize, picture: &CandidatePicture) {
        if !ui.is_rect_visible(rect) {
            return;
        }
        let (file, is_grid) = match picture {
            CandidatePicture::Strip(file) => (file, false),
            CandidatePicture::Samples(file) => (file, true),
        };
        let loaded = match safe_join(dir, file) {
            Some(path) => self.get(&path, is_grid),
            None => Some(Err(format!("The log names a picture outside of the run's folder: {file}"))),
        };
        let palette = Palette::of(ui);
        let Some(loaded) = loaded else {
            for index in 0..KEPT_IMAGES {
                ui.painter().rect_filled(place(rect, rect.height(), index), 2.0, palette.well);
            }
            return;
        };
        let response = ui.interact(rect, ui.scope_id().with(("images of a candidate", id)), Sense::hover());
        match loaded {
            Ok(strip) => {
                strip.paint(ui.painter(), rect, rect.height());
                let words = format!("Images of candidate {id}");
                response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
                response.on_hover_ui(|ui| {
                    let width = strip.count as f32 * (ENLARGED + SPACING) - SPACING;
                    let (rect, _) = ui.allocate_exact_size(Vec2::new(width, ENLARGED), Sense::hover());
                    strip.paint(ui.painter(), rect, ENLARGED);
                });
            }
            Err(problem) => {
                let words = format!("No images of candidate {id}: {problem}");
                response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
                let (font, color) = (FontId::proportional(11.0), ui.visuals().weak_text_color());
                ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, "Cannot be read", font, color);
                response.on_hover_text(problem);
            }
        }
    }

    /// A picture, if it was read; else it will be.
    fn get(&self, path: &Path, is_grid: bool) -> Option<LoadedStrip> {
        let mut cache = lock(&self.cache);
        cache.clock += 1;
        let clock = cache.clock;
        if let Some((looked, loaded)) = cache.strips.get_mut(path) {
            *looked = clock;
            return Some(loaded.clone());
        }
        if cache.reading.as_deref() != Some(path) {
            cache.waiting.retain(|(other, _)| other != path);
            cache.waiting.push((path.to_owned(), is_grid));
            let surplus = cache.waiting.len().saturating_sub(WAITING);
            cache.waiting.drain(..surplus);
            // The reader lives as long as this does.
            let _ = self.ask.send(());
        }
        None
    }
}

impl ImageStrip {
    /// Draws the images in a row from the upper left corner of `rect`.
    fn paint(&self, painter: &egui::Painter, rect: Rect, side: f32) {
        for index in 0..self.count {
            let part = |index: usize| index as f32 / self.count as f32;
            let uv = Rect::from_min_max(Pos2::new(0.0, part(index)), Pos2::new(1.0, part(index + 1)));
            painter.image(self.texture.id(), place(rect, side, index), uv, Color32::WHITE);
        }
    }
}

/// The place of an image in a row.
fn place(rect: Rect, side: f32, index: usize) -> Rect {
    let corner = rect.min + Vec2::new(index as f32 * (side + SPACING), 0.0);
    Rect::from_min_size(corner, Vec2::splat(side))
}

fn lock(cache: &Mutex<StripCache>) -> MutexGuard<'_, StripCache> {
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fill(cache: &Mutex<StripCache>, asked: &Receiver<()>, ctx: &egui::Context) {
    while asked.recv().is_ok() {
        // All that was asked for until now is in the list.
        asked.try_iter().for_each(drop);
        while let Some((path, is_grid)) = next(cache) {
            let loaded = load(&path, is_grid).map(|tiles| strip(ctx, &path, &tiles));
            let mut cache = lock(cache);
            let clock = cache.clock;
            cache.reading = None;
            cache.strips.insert(path, (clock, loaded));
            while cache.strips.len() > KEPT {
                let oldest = cache.strips.iter().min_by_key(|(_, (looked, _))| *looked);
                let oldest = oldest.map(|(path, _)| path.clone());
                oldest.map(|path| cache.strips.remove(&path));
            }
            drop(cache);
            ctx.request_repaint();
        }
    }
}

/// What is read next.
fn next(cache: &Mutex<StripCache>) -> Option<(PathBuf, bool)> {
    let mut cache = lock(cache);
    let next = cache.waiting.pop();
    cache.reading = next.as_ref().map(|(path, _)| path.clone());
    next
}

/// The first images of a picture.
fn load(path: &Path, is_grid: bool) -> Result<Tiles, String> {
    // What cannot be looked at cannot be read either, which is reported then.
    if std::fs::metadata(path).is_ok_and(|found| found.len() > LIMIT) {
        return Err(format!("{} is too large", path.display()));
    }
    let tiles = if is_grid {
        pictures::read(path)?
    } else {
        let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Tiles::from_strip(&bytes)?
    };
    Ok(tiles.first(KEPT_IMAGES).shrunk(LARGEST))
}

fn strip(ctx: &egui::Context, path: &Path, tiles: &Tiles) -> ImageStrip {
    let (side, count) = (tiles.side(), tiles.count());
    let image = ColorImage::from_rgba_unmultiplied([side, side * count], tiles.rgba());
    let options = TextureOptions { magnification: egui::TextureFilter::Nearest, ..TextureOptions::LINEAR };
    ImageStrip { texture: ctx.load_texture(path.display().to_string(), image, options), count }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::{COLUMNS, ENLARGED};
    use crate::export::{GAP, Picture};
    use std::time::{Duration, Instant};

    fn values(count: usize) -> Vec<f32> {
        (0..count * 3 * 16).map(|value| (value as f32 * 0.1).sin()).collect()
    }

    fn wait(images: &CandidateImages, path: &Path, is_grid: bool) -> LoadedStrip {
        let begun = Instant::now();
        loop {
            if let Some(loaded) = images.get(path, is_grid) {
                break loaded;
            }
            assert!(begun.elapsed() < Duration::from_secs(60));
            thread::yield_now();
        }
    }

    #[test]
    fn rows_and_grids_give_the_same_first_images_and_what_is_none_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let (row, grid, none) =
            (folder.path().join("1.png"), folder.path().join("2.png"), folder.path().join("3.png"));
        let four = Tiles::of(&values(4), 4).unwrap();
        std::fs::write(&row, four.grid(4, 1, GAP as u32).png()).unwrap();
        std::fs::write(&grid, Picture::grid(&values(64), 4, COLUMNS).enlarged(ENLARGED).png()).unwrap();
        std::fs::write(&none, "no picture").unwrap();
        assert_eq!(load(&row, false).unwrap(), four);
        assert_eq!(load(&grid, true).unwrap(), four);
        assert!(load(&none, false).unwrap_err().contains("cannot be read"));
        let images = CandidateImages::new(&egui::Context::default());
        assert_eq!(wait(&images, &row, false).unwrap().count, 4);
        assert!(
            wait(&images, &folder.path().join("4.png"), false).is_err_and(|error| error.contains("4.png"))
        );
    }

    #[test]
    fn only_so_many_pictures_are_kept_and_those_that_are_looked_at_stay() {
        let folder = tempfile::tempdir().unwrap();
        let png = Tiles::of(&values(4), 4).unwrap().grid(4, 1, GAP as u32).png();
        let path = |number: usize| folder.path().join(format!("{number}.png"));
        let images = CandidateImages::new(&egui::Context::default());
        for number in 0..KEPT + 20 {
            std::fs::write(path(number), &png).unwrap();
            assert!(wait(&images, &path(number), false).is_ok());
            assert!(wait(&images, &path(0), false).is_ok());
        }
        let cache = lock(&images.cache);
        assert_eq!(cache.strips.len(), KEPT);
        let is_kept = |number: usize| cache.strips.contains_key(&path(number));
        assert!(is_kept(0) && is_kept(KEPT + 19) && !is_kept(1));
    }

    #[test]
    fn what_is_wanted_last_is_read_first_and_what_was_passed_is_forgotten() {
        // Nobody reads.
        let (ask, _asked) = channel();
        let images = CandidateImages { cache: Arc::default(), ask };
        let path = |number: usize| PathBuf::from(format!("{number}.png"));
        for number in 0..2 * WAITING {
            assert!(images.get(&path(number), false).is_none());
        }
        assert!(images.get(&path(WAITING + 3), false).is_none());
        assert_eq!(lock(&images.cache).waiting.len(), WAITING);
        assert_eq!(next(&images.cache), Some((path(WAITING + 3), false)));
        assert_eq!(next(&images.cache), Some((path(2 * WAITING - 1), false)));
        // It is not read twice.
        assert!(images.get(&path(2 * WAITING - 1), false).is_none());
        assert_eq!(next(&images.cache), Some((path(2 * WAITING - 2), false)));
    }
}
