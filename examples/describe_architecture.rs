//! An architecture in words and numbers: what each cell does, what the networks cost, the generator's graph operator by
//! operator, its drawing, and the same generator as code for PyTorch.
//!
//! The first argument is an architecture (AutoGAN's best without one), the second a folder for the files (a temporary
//! one without it).
//!
//! ```sh
//! cargo run --release --example describe_architecture
//! cargo run --release --example describe_architecture -- "1 0 1 1 / 1 0 0 1 1" my-folder
//! ```

#![allow(clippy::print_stdout)] // Printing is what it is for.

use std::fs;
use std::path::PathBuf;

use autogan::arch::diagram::Diagram;
use autogan::arch::graph::generator;
use autogan::arch::words::{operations, thousands};
use autogan::arch::{Description, Genotype, NetShape, SkipTap};
use autogan::export::{PyTorch, pytorch, svg};

/// Conv, norm, up, shortcut and, from the second cell on, skips of each cell: the paper's AutoGAN for CIFAR-10.
const AUTOGAN: [u32; 14] = [1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 3];

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let genotype = match arguments.next() {
        Some(text) => Genotype::parse(&text)?,
        None => Genotype::from_tokens(&AUTOGAN)?,
    };
    // The sizes of the paper: 256 channels, latents of 128 values, a first feature map of 4 x 4 pixels.
    let shape = NetShape { channels: 256, latent: 128, bottom_width: 4, image_channels: 3 };
    let described = Description::of(&genotype, &shape, 128)?;

    println!("Architecture {genotype}");
    println!("As JSON: {}", serde_json::to_string(&genotype)?);
    if let Some(index) = described.index {
        println!("Number {} of the {} in its space", thousands(index), thousands(described.space_size));
    }
    for (cell, words) in described.words.iter().enumerate() {
        println!("Cell {}: {words}", cell + 1);
    }
    for (name, network) in [("Generator", &described.generator), ("Discriminator", &described.discriminator)]
    {
        let (params, macs) = (thousands(network.params), operations(network.macs));
        println!("{name}: {params} parameters, {macs} multiply-accumulates for an image");
    }

    // The network as a value: all else that is said of it is read from this list.
    let graph = generator(&genotype, &shape, SkipTap::BeforeAddition);
    println!("\nThe generator's {} nodes: name, shape of what it makes, what it takes", graph.nodes().len());
    for node in graph.nodes() {
        let inputs: Vec<&str> = node.inputs.iter().map(|&id| graph.node(id).name.as_str()).collect();
        println!("  {:<22} {:<15} {}", node.name, node.shape.to_string(), inputs.join(", "));
    }

    let folder = match arguments.next() {
        Some(folder) => PathBuf::from(folder),
        None => tempfile::tempdir()?.keep(),
    };
    fs::create_dir_all(&folder)?;
    let (drawing, code) = (folder.join("generator.svg"), folder.join("generator.py"));
    fs::write(&drawing, svg(&Diagram::of(&genotype, &shape), false))?;
    let notes = ["Written by an example.".to_owned()];
    let text = pytorch(&PyTorch {
        genotype: &genotype,
        shape: &shape,
        skip_tap: SkipTap::BeforeAddition,
        notes: &notes,
    });
    fs::write(&code, &text)?;
    println!("\nDrawing: {}\nPyTorch: {}, {} lines", drawing.display(), code.display(), text.lines().count());
    Ok(())
}
