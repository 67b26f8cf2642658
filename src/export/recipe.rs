//! How a picture was made, kept inside its file.

use std::io::Cursor;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::arch::Genotype;

use crate::rng::Latent;

/// The program's name and version, as PNG files name their software.
const SOFTWARE: &str = concat!("AutoGAN ", env!("CARGO_PKG_VERSION"));
/// The keyword of a recipe's text chunk in a PNG file.
const KEYWORD: &str = "autogan";

/// How a picture was made: enough to make it again where the model is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PictureRecipe {
    /// Version of the program.
    pub version: String,
    /// The architecture, as its integer vector.
    pub genotype: String,
    /// Name of the run's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// SHA-256 of the model's file, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_sha256: Option<String>,
    /// The table of the model's file that its weights were taken from, as `--table` names it; none for a file without
    /// tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Where the latents came from.
    pub latents: LatentRecipe,
    /// The largest number that latents were kept within (see [`Latent::truncated`]); none for no
    /// truncation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncation: Option<f64>,
    /// What was added to the numbers of every latent after truncation: a move along directions of latent space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<Vec<f32>>,
    /// Whether the weights are the average over training, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ema: Option<bool>,
}

/// Where latents came from. In JSON, `kind` names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LatentRecipe {
    /// Successive draws of a seed, as `autogan sample` makes them.
    Seed {
        /// The seed.
        seed: u64,
        /// The first draw, from 0.
        first: u64,
        /// How many.
        count: u64,
    },
    /// A way from each draw to the next.
    Interpolation {
        /// Seed and number of each draw on the way, from 0.
        stops: Vec<(u64, u64)>,
        /// Images from each stop to the next.
        steps: u64,
        /// Whether it leads from the last stop back to the first.
        closed: bool,
        /// How points between two stops were found, such as `spherical`.
        curve: String,
    },
    /// Latents by their names, one for each image.
    Named {
        /// The latents.
        latents: Vec<Latent>,
    },
    /// A latent vector itself.
    Point {
        /// Its values.
        values: Vec<f32>,
    },
    /// The latents that a run shows again and again while it trains.
    Run {
        /// The run's seed.
        seed: u64,
        /// Steps at which the pictures were made, in the run's unit of work.
        steps: Vec<u64>,
    },
    /// A file with latents.
    File {
        /// Its name.
        name: String,
        /// SHA-256 of its bytes, in hexadecimal digits.
        sha256: String,
        /// The first that was taken, from 0.
        first: u64,
        /// How many.
        count: u64,
    },
}

impl PictureRecipe {
    /// The recipe of this version of the program for all of a model's latents, without truncation.
    pub fn new(genotype: &Genotype, latents: LatentRecipe) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            genotype: genotype.to_string(),
            run: None,
            model_sha256: None,
            table: None,
            latents,
            truncation: None,
            offset: None,
            ema: None,
        }
    }

    /// The same for pictures of a run's model.
    pub fn of_run(self, dir: &Path) -> Self {
        // "." has no name of its own.
        let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
        Self { run: dir.file_name().map(|name| name.to_string_lossy().into_owned()), ..self }
    }

    /// The same for pictures of the model whose file has these bytes.
    pub fn of_model(self, bytes: &[u8]) -> Self {
        Self { model_sha256: Some(sha256(bytes)), ..self }
    }

    /// The recipe in a PNG file, `None` where it has none.
    ///
    /// # Errors
    ///
    /// If the bytes are no PNG file, or its recipe is of another version, in a sentence.
    pub fn of_png(bytes: &[u8]) -> Result<Option<Self>, String> {
        let mut reader = png::Decoder::new(Cursor::new(bytes))
            .read_info()
            .map_err(|error| format!("the picture cannot be read: {error}"))?;
        let find = |info: &png::Info<'_>| {
            let text = info.utf8_text.iter().find(|text| text.keyword == KEYWORD);
            text.and_then(|text| text.get_text().ok())
        };
        let text = match find(reader.info()) {
            Some(text) => Some(text),
            // Other programs write text behind the pixels.
            None => reader.finish().ok().and_then(|()| find(reader.info())),
        };
        text.map(|text| Self::from_json(&text)).transpose()
    }

    /// The recipe as JSON in one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self)
            .unwrap_or_else(|error| unreachable!("a recipe consists of texts and numbers: {error}"))
    }

    /// Reads what [`PictureRecipe::to_json`] wrote.
    ///
    /// # Errors
    ///
    /// If it is no recipe that this version knows, in a sentence.
    pub fn from_json(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| {
            format!("the picture's recipe cannot be read ({error}); it may be of a newer version")
        })
    }
}

/// The SHA-256 of a file's bytes, in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Has a PNG file name this program and, where there is one, the recipe.
pub(super) fn describe<W: std::io::Write>(
    encoder: &mut png::Encoder<'_, W>,
    recipe: Option<&PictureRecipe>,
) -> Result<(), png::EncodingError> {
    encoder.add_text_chunk("Software".to_owned(), SOFTWARE.to_owned())?;
    match recipe {
        // International text, since a folder's name may have any letter.
        Some(recipe) => encoder.add_itxt_chunk(KEYWORD.to_owned(), recipe.to_json()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Picture;
    use super::*;

    fn recipes() -> Vec<PictureRecipe> {
        let latents = [
            LatentRecipe::Seed { seed: u64::MAX, first: 3, count: 64 },
            LatentRecipe::Interpolation {
                stops: vec![(1, 0), (7, 5)],
                steps: 30,
                closed: true,
                curve: "spherical".to_owned(),
            },
            LatentRecipe::Named {
                latents: vec![Latent::Seed { seed: 2 }, Latent::Plane { seed: 1, x: 0.25, y: -3.0 }],
            },
            LatentRecipe::Point { values: vec![0.1, -1.5e-7, 3.0] },
            LatentRecipe::Run { seed: 1, steps: vec![10, 20] },
            LatentRecipe::File {
                name: "z.safetensors".to_owned(),
                sha256: "ab".repeat(32),
                first: 0,
                count: 2,
            },
        ];
        let plain = latents.into_iter().map(|latents| PictureRecipe::new(&Genotype::autogan_a(), latents));
        let mut recipes: Vec<PictureRecipe> = plain.collect();
        recipes[1].run = Some("2026-01-01-Пёс \"漢\"\n".to_owned());
        recipes[1].model_sha256 = Some("0f".repeat(32));
        recipes[1].table = Some("models.netG".to_owned());
        (recipes[1].truncation, recipes[1].ema) = (Some(0.7), Some(true));
        recipes[1].offset = Some(vec![0.5, -1.25e-3]);
        recipes
    }

    #[test]
    fn a_png_keeps_its_recipe_and_its_pixels() {
        let picture = Picture::grid(&[0.3, -0.2, 0.9], 1, 1).enlarged(3);
        for recipe in recipes() {
            let png = picture.png_with(&recipe);
            assert_eq!(PictureRecipe::of_png(&png).unwrap(), Some(recipe));
            let read = image::load_from_memory(&png).unwrap().into_rgb8();
            assert_eq!(&read, picture.image());
            let reader = png::Decoder::new(Cursor::new(&png)).read_info().unwrap();
            let texts = &reader.info().uncompressed_latin1_text;
            assert_eq!((texts[0].keyword.as_str(), texts[0].text.as_str()), ("Software", SOFTWARE));
        }
        assert_eq!(PictureRecipe::of_png(&picture.png()), Ok(None));
    }

    #[test]
    fn a_run_and_a_model_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let recipe = recipes().remove(0).of_run(&dir.path().join(".")).of_model(b"abc");
        assert_eq!(recipe.run.as_deref(), dir.path().file_name().unwrap().to_str());
        // The digest of "abc" in FIPS 180-4.
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(recipe.model_sha256.as_deref(), Some(digest));
    }

    #[test]
    fn what_is_no_picture_or_no_recipe_is_refused_in_a_sentence() {
        assert!(PictureRecipe::of_png(b"no picture").unwrap_err().contains("cannot be read"));
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
        encoder.add_itxt_chunk(KEYWORD.to_owned(), "{\"version\": 2}".to_owned()).unwrap();
        encoder.write_header().unwrap().write_image_data(&[0]).unwrap();
        assert!(PictureRecipe::of_png(&bytes).unwrap_err().contains("newer version"));
    }

    #[test]
    fn the_json_names_what_a_person_looks_for() {
        let json = recipes()[0].to_json();
        for part in ["\"genotype\":\"1 0 1 1", "\"kind\":\"seed\"", "\"first\":3"] {
            assert!(json.contains(part), "{json}");
        }
        assert!(!json.contains("null"), "{json}");
    }
}
