//! Files that panels write.

use std::path::Path;
use std::sync::Arc;

use crate::app::{ArchitectureFormat, architecture_file, latent_file};
use crate::arch::Genotype;
use crate::config::RunConfig;
use crate::engine::{COLUMNS, ENLARGED, Tick};
use crate::export::{GAP, LatentRecipe, Picture, PictureRecipe, Tiles};
use crate::gui::background::exporter::write;
use crate::gui::dialogs::{AnswerKind, FileKind, PNG, Question};
use crate::rng::fixed_latent;
use crate::run::safe_name;

const SVG: FileKind = FileKind { words: "Drawing (SVG)", endings: &["svg"] };
const DRAWING: FileKind = FileKind { words: "Drawing (PNG)", endings: &["png"] };
const JSON: FileKind = FileKind { words: "Cells and costs (JSON)", endings: &["json"] };
const LATENT: FileKind = FileKind { words: "Latent (safetensors)", endings: &["safetensors"] };

/// Something that can be saved.
#[derive(Clone)]
pub enum Saving {
    /// An architecture, as the file's name says.
    Architecture {
        /// Which one.
        genotype: Genotype,
        /// Whether it has the sizes of those that are trained from scratch.
        derived: bool,
        /// The run's settings.
        config: Box<RunConfig>,
    },
    /// An image of the fixed latents.
    Image {
        /// All images.
        tiles: Arc<Tiles>,
        /// Which one.
        index: usize,
        /// What made them, where that is known, and the run's settings.
        made: Option<(Genotype, Box<RunConfig>)>,
    },
    /// Its latent, as `autogan sample --latents` takes it.
    Latent {
        /// Its number, from 0.
        index: usize,
        /// The run's settings.
        config: Box<RunConfig>,
    },
    /// All images of the fixed latents.
    Grid {
        /// The images.
        tiles: Arc<Tiles>,
        /// When the picture was made, where it is a kept one.
        tick: Option<Tick>,
        /// What made them, where that is known, and the run's settings.
        made: Option<(Genotype, Box<RunConfig>)>,
    },
}

impl Saving {
    /// Asks where it goes. `run` is the run's name.
    pub fn question(&self, run: &str) -> Question {
        let (title, name, kinds) = match self {
            Self::Architecture { .. } => {
                ("Save the architecture", "architecture".to_owned(), vec![SVG, DRAWING, JSON])
            }
            Self::Image { index, .. } => ("Save the image", format!("image-{}", index + 1), vec![PNG]),
            Self::Latent { index, .. } => ("Save the latent", format!("latent-{}", index + 1), vec![LATENT]),
            Self::Grid { .. } => ("Save all images", "images".to_owned(), vec![PNG]),
        };
        let name = format!("{}-{name}.{}", safe_name(run, "run"), kinds[0].endings[0]);
        Question { title: title.to_owned(), wanted: AnswerKind::Save { kinds, name }, begin: None }
    }

    /// Writes it to `path`, and says what was written. `dir` is the run folder.
    ///
    /// # Errors
    ///
    /// If it cannot be written, in a sentence.
    pub fn write(self, dir: &Path, path: &Path) -> Result<String, String> {
        let recipe = |made: Option<(Genotype, Box<RunConfig>)>,
                      latents: &dyn Fn(&RunConfig) -> LatentRecipe| {
            made.map(|(genotype, config)| PictureRecipe::new(&genotype, latents(&config)).of_run(dir))
        };
        let (what, bytes) = match self {
            Self::Architecture { genotype, derived, config } => {
                let model = if derived { config.derived_model() } else { config.model.clone() };
                let ending = path.extension().unwrap_or_default();
                let mut formats = ArchitectureFormat::ALL.into_iter();
                let format = formats.find(|format| ending.eq_ignore_ascii_case(format.ending()));
                let bytes = architecture_file(&genotype, &model, format.unwrap_or(ArchitectureFormat::Svg));
                ("Architecture", bytes.map_err(|error| format!("{error:#}"))?)
            }
            Self::Image { tiles, index, made } => {
                let values = |config: &RunConfig| LatentRecipe::Point { values: latent(config, index) };
                let picture = tiles.picture(index).enlarged(ENLARGED);
                ("Image", encoded(&picture, recipe(made, &values)))
            }
            Self::Latent { index, config } => {
                let bytes = latent_file(&latent(&config, index));
                ("Latent", bytes.map_err(|error| format!("{error:#}"))?)
            }
            Self::Grid { tiles, tick, made } => {
                let run = |config: &RunConfig| LatentRecipe::Run {
                    seed: config.seed,
                    steps: tick.into_iter().map(|tick| tick.0).collect(),
                };
                let picture = tiles.grid(COLUMNS, ENLARGED, GAP as u32 * ENLARGED);
                ("Grid", encoded(&picture, recipe(made, &run)))
            }
        };
        write(path, &bytes)?;
        Ok(format!("{what} saved in {}", path.display()))
    }
}

/// The numbers of a run's fixed latent.
pub fn latent(config: &RunConfig, index: usize) -> Vec<f32> {
    fixed_latent(config.seed, index, config.model.latent_dim)
}

fn encoded(picture: &Picture, recipe: Option<PictureRecipe>) -> Vec<u8> {
    match recipe {
        Some(recipe) => picture.png_with(&recipe),
        None => picture.png(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn config() -> Box<RunConfig> {
        Box::new(RunConfig::preset("quick").unwrap())
    }

    #[test]
    fn an_architecture_is_written_as_the_name_says() {
        let folder = tempfile::tempdir().unwrap();
        let saving =
            Saving::Architecture { genotype: Genotype::autogan_a(), derived: true, config: config() };
        for (name, begins) in [("a.svg", &b"<svg"[..]), ("a.PNG", b"\x89PNG"), ("a.json", b"{\n")] {
            let path = folder.path().join(name);
            let said = saving.clone().write(folder.path(), &path).unwrap();
            assert!(said.contains(name), "{said}");
            assert!(std::fs::read(&path).unwrap().starts_with(begins), "{name}");
        }
    }

    #[test]
    fn an_image_keeps_its_latent_and_the_latent_is_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let tiles = Arc::new(Tiles::new(2, vec![9; 16 * 64]).unwrap());
        let made = Some((Genotype::autogan_a(), config()));
        let path = folder.path().join("a.png");
        Saving::Image { tiles: tiles.clone(), index: 5, made: made.clone() }
            .write(folder.path(), &path)
            .unwrap();
        let recipe = PictureRecipe::of_png(&std::fs::read(&path).unwrap()).unwrap().unwrap();
        let LatentRecipe::Point { values } = recipe.latents else { unreachable!() };
        assert_eq!(values, latent(&config(), 5));
        assert_ne!(values, latent(&config(), 4));
        let path = folder.path().join("z.safetensors");
        Saving::Latent { index: 5, config: config() }.write(folder.path(), &path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let z = file.tensor("z").unwrap();
        assert_eq!(z.shape(), [1, values.len()]);
        assert_eq!(z.data(), values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>());
        let path = folder.path().join("all.png");
        Saving::Grid { tiles, tick: Some(Tick(3)), made }.write(folder.path(), &path).unwrap();
        let recipe = PictureRecipe::of_png(&std::fs::read(&path).unwrap()).unwrap().unwrap();
        assert_eq!(recipe.latents, LatentRecipe::Run { seed: config().seed, steps: vec![3] });
    }
}
