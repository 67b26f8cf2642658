//! `autogan sample`: images from a trained generator.

use std::path::Path;

use anyhow::Context as _;

use crate::app::{Images, Latents, SampleError, SampleFolder, sample};
use crate::arch::words;
use crate::cli::WrongCall;
use crate::cli::args::SampleArgs;
use crate::cli::terminal::print_line;
use crate::device::{self, DeviceChoice};
use crate::engine::{ModelRead, model_file, read_model};
use crate::export::{LatentRecipe, Picture, PictureRecipe, sha256};
use crate::input;
use crate::run::write_file;

/// Runs the command.
pub(super) fn run(args: &SampleArgs) -> anyhow::Result<()> {
    let options = args.which.options()?;
    // Before anything is computed.
    let target = SampleTarget::new(&args.out, args.force)?;
    let path = model_file(&args.model)?;
    let bytes =
        input::read_weights(&path).with_context(|| format!("the model {} cannot be read", path.display()))?;
    let unusable = || format!("{} cannot be used as a model", args.model.display());
    let ModelRead { file, table, mut notes } = read_model(&bytes, &options).with_context(unusable)?;
    if !args.json {
        notes.iter().for_each(|note| eprintln!("{}: {note}", args.model.display()));
    }
    if let SampleTarget::Folder(folder) = &target
        && let Some(note) = folder.note()
    {
        if !args.json {
            eprintln!("{note}");
        }
        notes.push(note);
    }
    let latents = match &args.latents {
        Some(path) => Latents::Given(
            input::read_weights(path)
                .with_context(|| format!("the latents in {} cannot be read", path.display()))?,
        ),
        None => Latents::Drawn { count: args.n, seed: args.seed },
    };
    let Ok(choice) = args.device.parse::<DeviceChoice>();
    let opened = device::open(&choice)?;
    let images = sample(&file, &latents, &opened.device).map_err(|error| match (error, &args.latents) {
        (SampleError::Latents(error), Some(path)) => {
            error.context(format!("{} cannot be used as latents", path.display()))
        }
        (SampleError::Model(error) | SampleError::Latents(error), _) => error.context(unusable()),
    })?;
    let recipe = PictureRecipe::new(&file.genotype, latent_recipe(args, &latents, images.count));
    let mut recipe = PictureRecipe { table, ..recipe.of_model(&bytes) };
    if args.model.is_dir() {
        recipe = recipe.of_run(&args.model);
    }
    target.write(&images, &args.out, &recipe)?;
    let Images { count, side, .. } = images;
    print_line(&if args.json {
        let out = &args.out;
        serde_json::json!({ "images": count, "side": side, "out": out, "device": opened.name, "notes": notes })
            .to_string()
    } else {
        format!("{} of {side} px in {}", words::images(count), args.out.display())
    });
    Ok(())
}

/// Where all the latents came from.
fn latent_recipe(args: &SampleArgs, latents: &Latents, count: usize) -> LatentRecipe {
    let (first, count) = (0, count as u64);
    match (latents, &args.latents) {
        (Latents::Given(bytes), Some(path)) => {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            LatentRecipe::File { name: name.unwrap_or_default(), sha256: sha256(bytes), first, count }
        }
        _ => LatentRecipe::Seed { seed: args.seed, first, count },
    }
}

/// The recipe of a single one of the images.
fn recipe_of(recipe: &PictureRecipe, index: usize) -> PictureRecipe {
    let mut recipe = recipe.clone();
    if let LatentRecipe::Seed { first, count, .. } | LatentRecipe::File { first, count, .. } =
        &mut recipe.latents
    {
        (*first, *count) = (index as u64, 1);
    }
    recipe
}

/// What images are written as.
enum SampleTarget {
    /// A safetensors file.
    Tensor,
    /// One PNG file with all of them.
    Grid,
    /// A PNG file for each.
    Folder(SampleFolder),
}

impl SampleTarget {
    /// By the name of `out`, or because it is a folder.
    fn new(out: &Path, force: bool) -> anyhow::Result<Self> {
        let ending = out.extension().map(|ending| ending.to_string_lossy());
        Ok(match ending.as_deref().filter(|_| !out.is_dir()) {
            Some("safetensors") => Self::Tensor,
            Some("png") => Self::Grid,
            Some(other) => {
                let text = format!(
                    "images cannot be written as .{other}; name a folder, a .png or a .safetensors file with --out"
                );
                return Err(WrongCall(text).into());
            }
            None => Self::Folder(SampleFolder::open(out, force)?),
        })
    }

    fn write(&self, images: &Images, out: &Path, recipe: &PictureRecipe) -> anyhow::Result<()> {
        match self {
            Self::Tensor => write_file(out, &images.to_safetensors()?)?,
            Self::Grid => {
                let columns = (images.count as f64).sqrt().ceil() as usize;
                write_file(out, &Picture::grid(&images.values, images.side, columns).png_with(recipe))?;
            }
            Self::Folder(folder) => {
                let pixels = 3 * images.side * images.side;
                folder.write(images.values.chunks_exact(pixels).enumerate().map(|(index, image)| {
                    Picture::grid(image, images.side, 1).png_with(&recipe_of(recipe, index))
                }))?;
            }
        }
        Ok(())
    }
}
