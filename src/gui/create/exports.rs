//! Writes what the Create screen shows.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::client::{ModelFacts, SampleSettings};
use super::history::Snapshot;
use crate::arch::words::thousands;
use crate::engine::{COLUMNS, SampleWeights};
use crate::export::{Animation, GAP, LatentRecipe, Picture, PictureRecipe, Tiles, contact_sheet};
use crate::gui::background::exporter::write;
use crate::gui::background::pictures::read;
use crate::gui::dialogs::{AnswerKind, FileKind, PNG, Question};
use crate::rng::Latent;
use crate::run::safe_name;

const GIF: FileKind = FileKind { words: "GIF (256 colours a frame)", endings: &["gif"] };
const APNG: FileKind = FileKind { words: "APNG (all colours)", endings: &["apng", "png"] };
/// Bytes that an animation's frames take in memory at most.
const MOST_BYTES: u64 = 256 << 20;

/// The forms of export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportForm {
    /// One image.
    Image,
    /// Each picked image.
    Selection,
    /// All images that are shown as one.
    Grid,
    /// The same with captions.
    Sheet,
    /// The animation.
    Animation,
}

impl ExportForm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Image, Self::Selection, Self::Grid, Self::Sheet, Self::Animation];

    /// The label of its button.
    pub fn words(self) -> &'static str {
        match self {
            Self::Image => "Image…",
            Self::Selection => "Selection…",
            Self::Grid => "Grid…",
            Self::Sheet => "Contact sheet…",
            Self::Animation => "Animation…",
        }
    }

    /// One sentence that says what it writes.
    pub fn tooltip(self) -> &'static str {
        match self {
            Self::Image => {
                "The image picked last, or the animation's frame, as a PNG file that keeps its recipe"
            }
            Self::Selection => "A PNG file for each picked image, with its recipe, into a folder",
            Self::Grid => "All images that are shown side by side in one PNG file",
            Self::Sheet => "The same with the latent's name under each, to choose from on paper",
            Self::Animation => "The animation that is shown as a GIF or APNG file",
        }
    }
}

/// The origin of what is exported.
#[derive(Clone, Debug)]
pub struct ExportSource {
    /// The generator.
    pub model: Arc<ModelFacts>,
    /// The run it is from, or the file's name.
    pub name: String,
    /// Whether it is from a run.
    pub is_run: bool,
    /// The options by which images are made.
    pub settings: SampleSettings,
    /// A pixel becomes a square of so many.
    pub enlarged: u32,
}

impl ExportSource {
    /// The recipe of images of these latents.
    pub fn recipe(&self, latents: &[Latent]) -> PictureRecipe {
        self.described(match latents {
            [Latent::Seed { seed }] => LatentRecipe::Seed { seed: *seed, first: 0, count: 1 },
            latents => LatentRecipe::Named { latents: latents.to_vec() },
        })
    }

    /// The recipe of pictures that the training made, whose latents are nobody's to change.
    fn of_training(&self, latents: LatentRecipe) -> PictureRecipe {
        PictureRecipe { truncation: None, offset: None, ..self.described(latents) }
    }

    fn described(&self, latents: LatentRecipe) -> PictureRecipe {
        let average = self.settings.weights == SampleWeights::Average;
        let (sha256, table) = if average {
            (Some(self.model.sha256.clone()), self.model.table.clone())
        } else {
            (self.model.raw_sha256.clone(), None)
        };
        let offset = self.model.offset(&self.settings);
        PictureRecipe {
            run: self.is_run.then(|| self.name.clone()),
            model_sha256: sha256,
            table,
            truncation: self.settings.truncation,
            offset: (!offset.is_empty()).then_some(offset),
            ema: Some(average),
            ..PictureRecipe::new(&self.model.genotype, latents)
        }
    }
}

/// Something to write.
pub enum Work {
    /// One image.
    Image(Latent, Arc<Tiles>),
    /// Images, each for itself.
    Selection(Vec<(Latent, Arc<Tiles>)>),
    /// Images as one.
    Grid(Vec<Latent>, Arc<Tiles>, usize),
    /// The same with captions.
    Sheet(Vec<Latent>, Arc<Tiles>, usize),
    /// An animation through picked images.
    Animation {
        /// The picked images.
        stops: Vec<Latent>,
        /// Frames from one to the next.
        steps: usize,
        /// Whether it comes back to the first.
        closed: bool,
        /// Each frame's latent and image.
        frames: Vec<(Latent, Arc<Tiles>)>,
        /// Frames in a second.
        rate: f64,
    },
    /// The pictures of the training, one after the other.
    History {
        /// The pictures.
        snapshots: Arc<Vec<Snapshot>>,
        /// The run's seed.
        seed: u64,
        /// Frames in a second.
        rate: f64,
    },
    /// One picture of the training.
    Snapshot(Snapshot, u64),
}

impl Work {
    /// Asks where it goes.
    pub fn question(&self, source: &ExportSource) -> Question {
        let save = |what: &str, name: String, kinds: Vec<FileKind>| Question {
            title: format!("Export {what}"),
            wanted: AnswerKind::Save {
                name: format!("{}.{}", file_name(source, &name), kinds[0].endings[0]),
                kinds,
            },
            begin: None,
        };
        match self {
            Self::Image(latent, _) => save("the image", slug(latent), vec![PNG]),
            Self::Selection(_) => Question {
                title: "Choose a folder for the picked images".to_owned(),
                wanted: AnswerKind::Folder,
                begin: None,
            },
            Self::Grid(..) => save("the grid", "grid".to_owned(), vec![PNG]),
            Self::Snapshot(snapshot, _) => save("the grid", format!("step-{}", snapshot.tick), vec![PNG]),
            Self::Sheet(..) => save("the contact sheet", "sheet".to_owned(), vec![PNG]),
            Self::Animation { .. } => save("the animation", "interpolation".to_owned(), vec![GIF, APNG]),
            Self::History { .. } => save("the animation", "history".to_owned(), vec![GIF, APNG]),
        }
    }

    /// Writes it to `path`, and says what was written.
    pub fn write(self, source: &ExportSource, path: &Path) -> Result<String, String> {
        let factor = source.enlarged.max(1);
        match self {
            Self::Image(latent, image) => {
                write(path, &image.picture(0).enlarged(factor).png_with(&source.recipe(&[latent])))?;
                Ok(format!("Image saved in {}", path.display()))
            }
            Self::Selection(images) => {
                for (number, (latent, image)) in images.iter().enumerate() {
                    save_into(path, source, &format!("{:02}-{}", number + 1, slug(latent)), latent, image)?;
                }
                Ok(format!("{} saved in {}", counted(images.len(), "image"), path.display()))
            }
            Self::Grid(latents, tiles, columns) => {
                let picture = tiles.grid(columns, factor, GAP as u32 * factor);
                write(path, &picture.png_with(&source.recipe(&latents)))?;
                Ok(format!("Grid saved in {}", path.display()))
            }
            Self::Sheet(latents, tiles, columns) => {
                let images = latents.iter().enumerate();
                let images: Vec<(Picture, String)> = images
                    .map(|(index, latent)| (tiles.picture(index).enlarged(factor), latent.to_string()))
                    .collect();
                let title = format!("{} · {}", source.name, source.model.vector);
                let sheet = contact_sheet(&title, &images, columns)?;
                write(path, &sheet.png_with(&source.recipe(&latents)))?;
                Ok(format!("Contact sheet saved in {}", path.display()))
            }
            Self::Animation { stops, steps, closed, frames, rate } => {
                let (latents, images): (Vec<Latent>, Vec<Arc<Tiles>>) = frames.into_iter().unzip();
                let seeds: Option<Vec<(u64, u64)>> = stops
                    .iter()
                    .map(|stop| match stop {
                        Latent::Seed { seed } => Some((*seed, 0)),
                        _ => None,
                    })
                    .collect();
                let recipe = source.described(match seeds {
                    Some(stops) => LatentRecipe::Interpolation {
                        stops,
                        steps: steps as u64,
                        closed,
                        curve: "spherical".to_owned(),
                    },
                    None => LatentRecipe::Named { latents },
                });
                animate(path, &images, 1, factor, rate, &recipe)
            }
            Self::History { snapshots, seed, rate } => {
                let images = snapshots
                    .iter()
                    .map(|snapshot| read(&snapshot.file).map(Arc::new))
                    .collect::<Result<Vec<_>, _>>()?;
                let steps = snapshots.iter().map(|snapshot| snapshot.tick.0).collect();
                let recipe = source.of_training(LatentRecipe::Run { seed, steps });
                animate(path, &images, COLUMNS, factor, rate, &recipe)
            }
            Self::Snapshot(snapshot, seed) => {
                let picture = read(&snapshot.file)?.grid(COLUMNS, factor, GAP as u32 * factor);
                let recipe = source.of_training(LatentRecipe::Run { seed, steps: vec![snapshot.tick.0] });
                write(path, &picture.png_with(&recipe))?;
                Ok(format!("Grid saved in {}", path.display()))
            }
        }
    }
}

/// Writes sets of images as the frames of an animation; smaller sets are enlarged to the largest.
fn animate(
    path: &Path,
    sets: &[Arc<Tiles>],
    columns: usize,
    factor: u32,
    rate: f64,
    recipe: &PictureRecipe,
) -> Result<String, String> {
    let side = sets.iter().map(|set| set.side()).max().unwrap_or(1);
    let across = sets.iter().map(|set| set.count().min(columns)).max().unwrap_or(1);
    let down = sets.iter().map(|set| set.count().div_ceil(columns)).max().unwrap_or(1);
    let bytes =
        |factor: u32| 3 * (across * down * side * side * sets.len()) as u64 * u64::from(factor).pow(2);
    let fits = (1..=factor).rev().find(|&factor| bytes(factor) <= MOST_BYTES).unwrap_or(1);
    // Of a very long training, some pictures have to stand for all.
    let every = bytes(fits).div_ceil(MOST_BYTES).max(1) as usize;
    let frames = sets.iter().step_by(every);
    let frames = frames.map(|set| set.grid(columns, fits * (side / set.side()) as u32, GAP as u32 * fits));
    let time = Duration::from_secs_f64(every as f64 / rate.max(0.1));
    let animation = Animation::new(frames.collect(), time)?;
    let ending = path.extension().unwrap_or_default();
    let file = if ending.eq_ignore_ascii_case("gif") {
        animation.gif(Some(recipe))
    } else {
        animation.apng(Some(recipe))
    };
    write(path, &file)?;
    Ok(format!("Animation of {} saved in {}", counted(animation.len(), "frame"), path.display()))
}

/// So many of something: `1 image`, `2 images`.
pub fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {one}s", thousands(count as u64)) }
}

/// The name of a file, without its ending, with `what` of `source`: one part of a path, whatever the run or
/// the model file is called.
fn file_name(source: &ExportSource, what: &str) -> String {
    format!("{}-{what}", safe_name(&source.name, "model"))
}

/// Saves the image of a latent in `folder`, under a name with `what` that no file there has yet.
///
/// # Errors
///
/// If it cannot be written, in a sentence.
pub fn save_into(
    folder: &Path,
    source: &ExportSource,
    what: &str,
    latent: &Latent,
    image: &Tiles,
) -> Result<(), String> {
    let recipe = source.recipe(std::slice::from_ref(latent));
    let picture = image.picture(0).enlarged(source.enlarged.max(1));
    write(&free(folder, &file_name(source, what)), &picture.png_with(&recipe))
}

/// A latent as a part of a file's name.
pub fn slug(latent: &Latent) -> String {
    match latent {
        Latent::Seed { seed } => format!("seed-{seed}"),
        Latent::Between { .. } => "between".to_owned(),
        Latent::Plane { .. } => "place".to_owned(),
    }
}

/// A name in `folder` that no file has yet.
fn free(folder: &Path, name: &str) -> PathBuf {
    let plain = folder.join(format!("{name}.png"));
    let numbered = (2..).map(|number| folder.join(format!("{name}-{number}.png")));
    std::iter::once(plain).chain(numbered).find(|path| !path.exists()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::Genotype;
    use crate::engine::ENLARGED;
    use crate::engine::Tick;
    use crate::model::PrincipalDirection;
    use crate::search::SampleSource;

    fn source() -> ExportSource {
        let genotype = Genotype::autogan_a();
        let model = ModelFacts {
            vector: genotype.to_string(),
            genotype,
            latent: 16,
            side: 2,
            params: 1,
            sha256: "ab".to_owned(),
            raw_sha256: Some("cd".to_owned()),
            table: Some("g_ema".to_owned()),
            device: "cpu".to_owned(),
            notes: Vec::new(),
            directions: vec![PrincipalDirection { vector: vec![0.25; 16], share: 0.5 }],
        };
        let settings = SampleSettings {
            truncation: Some(0.5),
            weights: SampleWeights::Raw,
            ..SampleSettings::default()
        };
        ExportSource { model: Arc::new(model), name: "tiny".to_owned(), is_run: true, settings, enlarged: 3 }
    }

    fn image(shade: u8) -> Arc<Tiles> {
        Arc::new(Tiles::new(2, [shade, 0, 0, 255].repeat(4)).unwrap())
    }

    fn seed(seed: u64) -> Latent {
        Latent::Seed { seed }
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!(
            [1, 2, 1200].map(|count| counted(count, "frame")),
            ["1 frame", "2 frames", "1,200 frames"]
        );
    }

    #[test]
    fn a_selection_goes_into_files_of_its_own_and_replaces_none() {
        let folder = tempfile::tempdir().unwrap();
        let images = vec![(seed(4), image(1)), (Latent::Plane { seed: 1, x: 0.5, y: 0.0 }, image(2))];
        for _ in 0..2 {
            let said = Work::Selection(images.clone()).write(&source(), folder.path()).unwrap();
            assert!(said.starts_with("2 images"));
        }
        let mut names: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let expected =
            ["tiny-01-seed-4-2.png", "tiny-01-seed-4.png", "tiny-02-place-2.png", "tiny-02-place.png"];
        assert_eq!(names, expected);
        let recipe = PictureRecipe::of_png(&std::fs::read(folder.path().join("tiny-01-seed-4.png")).unwrap());
        let recipe = recipe.unwrap().unwrap();
        assert_eq!(recipe.latents, LatentRecipe::Seed { seed: 4, first: 0, count: 1 });
        assert_eq!((recipe.truncation, recipe.ema), (Some(0.5), Some(false)));
        assert_eq!((recipe.run.as_deref(), recipe.model_sha256.as_deref()), (Some("tiny"), Some("cd")));
        assert_eq!(recipe.table, None, "the raw weights have a file of their own");
        let mut average = source();
        average.settings.weights = SampleWeights::Average;
        let recipe = average.recipe(&[seed(4)]);
        assert_eq!((recipe.model_sha256.as_deref(), recipe.table.as_deref()), (Some("ab"), Some("g_ema")));
    }

    #[test]
    fn a_recipe_keeps_how_latents_were_moved_but_not_those_of_the_training() {
        let mut moved = source();
        assert_eq!(moved.recipe(&[seed(4)]).offset, None);
        moved.settings.along[0] = -2.0;
        // The generator has one direction.
        moved.settings.along[1] = 3.0;
        assert_eq!(moved.recipe(&[seed(4)]).offset, Some(vec![-0.5; 16]));
        let training = moved.of_training(LatentRecipe::Run { seed: 1, steps: vec![2] });
        assert_eq!((training.offset, training.truncation), (None, None));
    }

    #[test]
    fn no_name_of_a_model_leads_out_of_the_chosen_folder() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("chosen");
        std::fs::create_dir(&folder).unwrap();
        let out = outer.path().join("out").display().to_string();
        let names = ["..", "../up", "/x/..", &out, "C:\\x", "con", "a\0b", "x. ", &"long".repeat(75)];
        for name in names {
            let source = ExportSource { name: name.to_owned(), ..source() };
            Work::Selection(vec![(seed(4), image(1))]).write(&source, &folder).unwrap();
            let AnswerKind::Save { name, .. } = Work::Image(seed(4), image(1)).question(&source).wanted
            else {
                panic!("it asks for a file")
            };
            assert_eq!(Path::new(&name).components().count(), 1, "{name}");
            assert!(!crate::run::is_device(&name), "{name}");
        }
        assert_eq!(std::fs::read_dir(outer.path()).unwrap().count(), 1);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), names.len());
    }

    #[test]
    fn a_history_whose_images_grew_is_one_animation() {
        let folder = tempfile::tempdir().unwrap();
        let sets = [4, 8].map(|side| Arc::new(Tiles::new(side, vec![9; 4 * side * side * 64]).unwrap()));
        let snapshots = sets.iter().enumerate().map(|(number, set)| {
            let file = folder.path().join(format!("{number}.png"));
            let picture = set.grid(COLUMNS, 1, 2).enlarged(ENLARGED);
            std::fs::write(&file, picture.png()).unwrap();
            let source = SampleSource::Shared { iteration: number as u64 };
            Snapshot { source, tick: Tick(number as u64), file }
        });
        let snapshots = Arc::new(snapshots.collect::<Vec<_>>());
        let path = folder.path().join("animation.apng");
        let work = Work::History { snapshots, seed: 5, rate: 10.0 };
        assert!(work.write(&source(), &path).unwrap().starts_with("Animation of 2 frames"));
        let recipe = PictureRecipe::of_png(&std::fs::read(&path).unwrap()).unwrap().unwrap();
        assert_eq!(recipe.latents, LatentRecipe::Run { seed: 5, steps: vec![0, 1] });
    }

    #[test]
    fn a_place_that_cannot_be_written_to_is_said() {
        let work = Work::Image(seed(1), image(1));
        assert!(
            work.write(&source(), Path::new("/no/such/place/a.png")).unwrap_err().contains("/no/such/place")
        );
    }
}
