//! `autogan arch`: what an architecture is and what it costs, and its drawing.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use serde::Serialize;

use crate::arch::diagram::Diagram;
use crate::arch::words::{operations, thousands};
use crate::arch::{Description, Genotype, NetShape};
use crate::cli::WrongCall;
use crate::cli::args::ArchArgs;
use crate::cli::table::lines;
use crate::cli::terminal::print_line;
use crate::export::svg;
use crate::run::write_file;

/// What is printed.
#[derive(Serialize)]
struct Printed {
    #[serde(flatten)]
    description: Description,
    /// The file with the drawing.
    #[serde(skip_serializing_if = "Option::is_none")]
    svg: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(args: &ArchArgs) -> anyhow::Result<()> {
    let printed = Printed { description: describe(args)?, svg: args.svg.clone() };
    if let Some(file) = &printed.svg {
        draw(&printed.description, file)?;
    }
    if args.json {
        print_line(&serde_json::to_string(&printed)?)
    } else {
        print_words(&printed)
    }
    Ok(())
}

fn describe(args: &ArchArgs) -> anyhow::Result<Description> {
    let genotype = Genotype::parse(&args.arch.join(" "))?;
    let shape = NetShape {
        channels: args.channels,
        latent: args.latent_dim,
        bottom_width: bottom_width(args.size, genotype.cells.len())?,
        ..NetShape::default()
    };
    Ok(Description::of(&genotype, &shape, args.discriminator_channels)?)
}

/// Writes the drawing, for light surroundings such as a page of paper.
fn draw(description: &Description, file: &Path) -> anyhow::Result<()> {
    let diagram = Diagram::of(&description.genotype, &description.shape);
    write_file(file, svg(&diagram, false).as_bytes()).map_err(|error| {
        let reason = error.reason();
        let file = file.display();
        anyhow!(
            "the drawing could not be written to {file} ({reason}); give --svg a file in a folder that \
                 exists and can be written to"
        )
    })
}

/// The side of the first feature map of a generator whose images have side `size`.
fn bottom_width(size: Option<usize>, cells: usize) -> Result<usize, WrongCall> {
    let factor = 1 << cells;
    match size {
        None => Ok(NetShape::default().bottom_width),
        Some(size) if size > 0 && size % factor == 0 => Ok(size / factor),
        Some(size) => Err(WrongCall(format!(
            "images of {size} px cannot be made by {cells} cells, each of which doubles the side; set \
             --size to a multiple of {factor}"
        ))),
    }
}

fn print_words(Printed { description, svg }: &Printed) {
    let Description { shape, generator, discriminator, .. } = description;
    print_line(&format!("Architecture  {}", description.genotype));
    if let Some(index) = description.index {
        let size = thousands(description.space_size);
        print_line(&format!("Number        {} of {size}, counted from 0", thousands(index)));
    }
    print_line(&format!(
        "Images        {0} x {0}, from {1} latent values, with {2} channels",
        description.side, shape.latent, shape.channels
    ));
    for (cell, words) in description.words.iter().enumerate() {
        print_line(&format!("Cell {}        {words}", cell + 1));
    }
    for (name, network) in [("Generator", generator), ("Discriminator", discriminator)] {
        print_line("");
        let title = format!("{name}, {} channels", network.channels);
        let mut rows = vec![[title.as_str(), "side", "parameters", "MACs"].map(str::to_owned)];
        rows.extend(network.layers.iter().map(|layer| {
            let side = layer.side.to_string();
            [format!("  {}", layer.name), side, thousands(layer.params), operations(layer.macs)]
        }));
        let total = (thousands(network.params), operations(network.macs));
        rows.push(["  in all".to_owned(), String::new(), total.0, total.1]);
        lines(&rows).iter().for_each(|line| print_line(line));
    }
    if let Some(file) = svg {
        print_line("");
        print_line(&format!("Drawing       {}", file.display()));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::{Space, SpaceConfig};

    fn args(arch: &str, size: Option<usize>) -> ArchArgs {
        ArchArgs {
            arch: vec![arch.to_owned()],
            channels: 256,
            discriminator_channels: 128,
            latent_dim: 128,
            size,
            svg: None,
            json: false,
        }
    }

    #[test]
    fn the_papers_best_costs_what_the_paper_says() {
        let a = describe(&args("1 0 1 1 1 0 0 1 1 1 0 1 0 3", None)).unwrap();
        assert_eq!((a.generator.params, a.discriminator.params), (4_405_251, 1_053_824));
        assert_eq!(operations(a.generator.macs), "1.765 G");
        assert_eq!(operations(a.discriminator.macs), "272.1 M");
        assert_eq!((a.side, a.space_size, a.words.len()), (32, 373_248, 3));
        let space = Space::new(SpaceConfig::default(), a.shape).unwrap();
        assert_eq!(a.index.map(|index| space.at(index)), Some(a.genotype));
    }

    #[test]
    fn a_drawing_lands_in_its_file_or_a_sentence_says_why_not() {
        let folder = tempfile::tempdir().unwrap();
        let a = "1 0 1 1 1 0 0 1 1 1 0 1 0 3";
        let with = |svg: PathBuf| ArchArgs { svg: Some(svg), json: true, ..args(a, None) };
        let file = folder.path().join("a.svg");
        let args = with(file.clone());
        let description = describe(&args).unwrap();
        draw(&description, &file).unwrap();
        let drawing = std::fs::read_to_string(&file).unwrap();
        assert!(drawing.contains(&format!("<title>AutoGAN generator {a}</title>")), "{drawing}");
        let json = |svg| serde_json::to_value(Printed { description: description.clone(), svg }).unwrap();
        assert_eq!(json(args.svg)["svg"], file.to_str().unwrap());
        let without = json(None);
        assert!(without.get("svg").is_none() && without["side"] == 32, "{without}");

        let nowhere = folder.path().join("nowhere").join("a.svg");
        let message = run(&with(nowhere.clone())).unwrap_err().to_string();
        assert!(message.contains(nowhere.to_str().unwrap()) && message.contains("--svg"), "{message}");
    }

    #[test]
    fn a_size_gives_the_bottom_width_or_a_sentence() {
        let stl = describe(&args("1 0 1 1 1 0 0 1 1 1 0 1 0 3", Some(48))).unwrap();
        assert_eq!((stl.shape.bottom_width, stl.generator.params), (6, 5_065_731));
        for size in [0, 30] {
            let error = describe(&args("1 0 1 1 1 0 0 1 1 1 0 1 0 3", Some(size))).err().unwrap();
            assert!(error.is::<WrongCall>() && error.to_string().contains("multiple of 8"), "{error}");
        }
    }
}
