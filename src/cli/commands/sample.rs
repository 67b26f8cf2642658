//! `autogan sample`: images from a trained generator.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::app::{Images, Latents, sample};
use crate::cli::args::SampleArgs;
use crate::cli::terminal::print_line;
use crate::device::{self, DeviceChoice};
use crate::engine::{ModelRead, model_file, read_model};
use crate::export::{LatentRecipe, Picture, PictureRecipe, sha256};
use crate::input;
use crate::run::write_atomic;

/// Runs the command.
pub(super) fn run(args: &SampleArgs) -> anyhow::Result<()> {
    let options = args.which.options()?;
    let path = model_file(&args.model)?;
    let bytes =
        input::read_weights(&path).with_context(|| format!("the model {} cannot be read", path.display()))?;
    let unusable = || format!("{} cannot be used as a model", args.model.display());
    let ModelRead { file, notes } = read_model(&bytes, &options).with_context(unusable)?;
    if !args.json {
        notes.iter().for_each(|note| eprintln!("{}: {note}", args.model.display()));
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
    let images = sample(&file, &latents, &opened.device).with_context(unusable)?;
    let mut recipe =
        PictureRecipe::new(&file.genotype, latent_recipe(args, &latents, images.count)).of_model(&bytes);
    if args.model.is_dir() {
        recipe = recipe.of_run(&args.model);
    }
    write(&images, &args.out, &recipe)?;
    let Images { count, side, .. } = images;
    print_line(&if args.json {
        let out = &args.out;
        serde_json::json!({ "images": count, "side": side, "out": out, "device": opened.name, "notes": notes })
            .to_string()
    } else {
        format!("{count} images of {side} px in {}", args.out.display())
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

/// By the name of `out`: a tensor file, one grid, or a folder of single images.
fn write(images: &Images, out: &Path, recipe: &PictureRecipe) -> anyhow::Result<()> {
    match out.extension().and_then(|extension| extension.to_str()) {
        Some("safetensors") => write_atomic(out, &images.to_safetensors()?)?,
        Some("png") => {
            let columns = (images.count as f64).sqrt().ceil() as usize;
            write_atomic(out, &Picture::grid(&images.values, images.side, columns).png_with(recipe))?;
        }
        Some(other) => bail!(
            "images cannot be written as .{other}; name a folder, a .png or a .safetensors file with --out"
        ),
        None => {
            fs::create_dir_all(out)
                .with_context(|| format!("the folder {} cannot be made", out.display()))?;
            let pixels = 3 * images.side * images.side;
            for (index, image) in images.values.chunks_exact(pixels).enumerate() {
                let picture = Picture::grid(image, images.side, 1);
                write_atomic(
                    &out.join(format!("{index:06}.png")),
                    &picture.png_with(&recipe_of(recipe, index)),
                )?;
            }
        }
    }
    Ok(())
}
