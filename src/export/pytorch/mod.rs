//! A generator as a Python file for PyTorch, with just the layers that its architecture has.
//!
//! Layers have the names of the reference's state dict, so weights files load as they are. What is
//! written here must compute what the model room computes; a test runs both (`tests/it/pytorch.rs`).

use crate::arch::{CellGene, Conv, Genotype, NetShape, Norm, Up};

/// Reading and writing files, and the command line: the same for every architecture.
const TAIL: &str = include_str!("tail.py");

const IMPORTS: &str = "\
import argparse
import array
import json
import math
import struct
import zlib
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
";

const BILINEAR: &str = "\
def bilinear(x, factor):
    return F.interpolate(x, scale_factor=factor, mode=\"bilinear\", align_corners=False)
";

const NEAREST: &str = "\
def nearest(x, factor):
    return F.interpolate(x, scale_factor=factor, mode=\"nearest\")
";

const DECONV: &str = "\
def deconv():
    \"\"\"Doubles height and width.\"\"\"
    return nn.ConvTranspose2d(CHANNELS, CHANNELS, 2, stride=2)
";

const BLOCK: &str = "\
class Block(nn.Module):
    \"\"\"What has weights in a cell's block: a 3x3 convolution.\"\"\"

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
";

const BLOCK_OF_LAYERS: &str = "\
class Block(nn.Module):
    \"\"\"What has weights in a cell's block: a 3x3 convolution and the layers given.\"\"\"

    def __init__(self, **layers):
        super().__init__()
        self.conv = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
        for name, layer in layers.items():
            self.add_module(name, layer)
";

/// The class up to its cells.
const GENERATOR_BEGINS: &str = "\
class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(LATENT, BOTTOM_WIDTH * BOTTOM_WIDTH * CHANNELS)
";

/// What stands between making the cells and calling them.
const GENERATOR_GOES_ON: &str = "        \
        self.to_rgb = nn.Sequential(
            nn.BatchNorm2d(CHANNELS),
            nn.ReLU(),
            nn.Conv2d(CHANNELS, 3, 3, padding=1),
            nn.Tanh(),
        )

    def forward(self, z):
        \"\"\"Latents of [batch, LATENT] to images of [batch, 3, side, side], from -1 to 1.\"\"\"
        h = self.l1(z).view(-1, CHANNELS, BOTTOM_WIDTH, BOTTOM_WIDTH)
";

/// What the file has to know of a generator.
#[derive(Clone, Copy, Debug)]
pub struct PyTorch<'a> {
    /// The architecture.
    pub genotype: &'a Genotype,
    /// Its sizes.
    pub shape: &'a NetShape,
    /// Whether skips leave a cell after those from earlier cells were added, as in the released code,
    /// instead of before.
    pub tap_after_addition: bool,
    /// Lines for the file's head, such as the run and the scores.
    pub notes: &'a [String],
}

/// The text of a Python file with the class `Generator`, the function `load` and a command line. It needs
/// nothing but PyTorch.
pub fn pytorch(model: &PyTorch<'_>) -> String {
    let mut out = head(model);
    out += "\n\n";
    out += &helpers(model.genotype);
    for (cell, gene) in model.genotype.cells.iter().enumerate() {
        out += &cell_class(model, cell, gene);
        out += "\n\n";
    }
    out += &generator(model.genotype);
    out += "\n\n";
    out += TAIL;
    out
}

/// Docstring, imports, sizes.
fn head(model: &PyTorch<'_>) -> String {
    let PyTorch { genotype, shape, notes, .. } = model;
    let mut out = format!(
        "\"\"\"A generator that AutoGAN {} found, in PyTorch.\n\nArchitecture {genotype}\n",
        env!("CARGO_PKG_VERSION")
    );
    for (cell, words) in genotype.describe().iter().enumerate() {
        out += &format!("Cell {}: {words}\n", cell + 1);
    }
    if !notes.is_empty() {
        out += "\n";
        notes.iter().for_each(|note| out += &format!("{}\n", in_docstring(note)));
    }
    let side = shape.side(genotype.cells.len());
    let NetShape { channels, latent, bottom_width, .. } = shape;
    out += &format!(
        "
Needs PyTorch only:

    python generator.py --weights winner.safetensors --n 64 --seed 1 --out grid.png

Or from Python:

    import torch
    from generator import LATENT, load
    images = load(\"winner.safetensors\")(torch.randn(64, LATENT))  # [64, 3, {side}, {side}], from -1 to 1
\"\"\"

{IMPORTS}
LATENT = {latent}
CHANNELS = {channels}
BOTTOM_WIDTH = {bottom_width}  # side of the first feature map; each cell doubles it
"
    );
    out
}

/// A line without what would end a docstring or be an escape in it.
fn in_docstring(line: &str) -> String {
    let plain = |c: char| match c {
        '"' => '\'',
        '\\' => '/',
        c if c.is_control() => ' ',
        c => c,
    };
    line.chars().map(plain).collect()
}

/// The functions and the class that cells share, as far as a cell needs them.
fn helpers(genotype: &Genotype) -> String {
    let some = |wanted: &dyn Fn(&CellGene) -> bool| genotype.cells.iter().any(wanted);
    let block = match some(&|gene| gene.up() == Up::Deconv || gene.norm() == Norm::Batch) {
        true => BLOCK_OF_LAYERS,
        false => BLOCK,
    };
    let helpers = [
        (some(&|gene| gene.up() == Up::Bilinear), BILINEAR),
        (some(&|gene| gene.up() == Up::Nearest), NEAREST),
        (some(&|gene| gene.up() == Up::Deconv), DECONV),
        (true, block),
    ];
    let needed = helpers.into_iter().filter(|(needed, _)| *needed);
    needed.map(|(_, text)| format!("{text}\n\n")).collect()
}

/// The class of one cell, counted from 0.
fn cell_class(model: &PyTorch<'_>, cell: usize, gene: &CellGene) -> String {
    let number = cell + 1;
    let sources = gene.skips_from(cell);
    let mut words = gene.describe(cell);
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let mut out = format!("class Cell{number}(nn.Module):\n    \"\"\"{words}.\"\"\"\n\n");
    out += "    def __init__(self):\n        super().__init__()\n";
    layers(gene, cell, &sources).iter().for_each(|line| out += &format!("        {line}\n"));
    let skips: String = sources.iter().map(|source| format!(", skip{}", source + 1)).collect();
    out += &format!("\n    def forward(self, x{skips}):\n");
    steps(model, gene, cell, &sources).iter().for_each(|line| out += &format!("        {line}\n"));
    out
}

/// The statements that make a cell's layers.
fn layers(gene: &CellGene, cell: usize, sources: &[usize]) -> Vec<String> {
    let conv = gene.conv().name();
    let deconvolves = gene.up() == Up::Deconv;
    let block = |first: bool| {
        let mut parts = Vec::new();
        if gene.norm() == Norm::Batch {
            parts.push("bn=nn.BatchNorm2d(CHANNELS)");
        }
        if deconvolves && first {
            parts.push("deconv=deconv()");
        }
        format!("Block({})", parts.join(", "))
    };
    let mut lines =
        vec![format!("self.{conv}_conv1 = {}", block(true)), format!("self.{conv}_conv2 = {}", block(false))];
    if gene.shortcut() {
        if deconvolves {
            lines.push("self.deconv_sc = deconv()".to_owned());
        }
        lines.push("self.c_sc = nn.Conv2d(CHANNELS, CHANNELS, 1)".to_owned());
    }
    if sources.is_empty() {
        return lines;
    }
    for &source in sources.iter().filter(|_| deconvolves) {
        let stages = vec!["deconv()"; cell - source];
        let layer = match &stages[..] {
            [stage] => (*stage).to_owned(),
            stages => format!("nn.Sequential({})", stages.join(", ")),
        };
        lines.push(format!("self.{} = {layer}", chain(cell - source)));
    }
    // The reference counts the sources from 0.
    let convs: Vec<String> =
        sources.iter().map(|source| format!("\"{source}\": nn.Conv2d(CHANNELS, CHANNELS, 1)")).collect();
    match &convs[..] {
        [conv] => lines.push(format!("self.skip_in_ops = nn.ModuleDict({{{conv}}})")),
        convs => {
            lines.push("self.skip_in_ops = nn.ModuleDict(".to_owned());
            lines.push("    {".to_owned());
            lines.extend(convs.iter().map(|conv| format!("        {conv},")));
            lines.push("    }".to_owned());
            lines.push(")".to_owned());
        }
    }
    lines
}

/// The name of the transposed convolutions for skips from so many cells back.
fn chain(distance: usize) -> String {
    format!("skip_deconvx{}", 1 << distance)
}

/// The statements of a cell's forward pass.
fn steps(model: &PyTorch<'_>, gene: &CellGene, cell: usize, sources: &[usize]) -> Vec<String> {
    let (first, second) =
        (format!("self.{}_conv1", gene.conv().name()), format!("self.{}_conv2", gene.conv().name()));
    let double = |x: &str, layer: &str| match gene.up() {
        Up::Deconv => format!("{layer}({x})"),
        up => format!("{}({x}, 2)", up.name()),
    };
    // The only map of a single pixel, which PyTorch refuses to normalise, is the first cell's input.
    let is_pixel = cell == 0 && model.shape.bottom_width == 1;
    let norm = |x: &str, block: &str, is_pixel: bool| match gene.norm() {
        Norm::None => x.to_owned(),
        Norm::Batch => format!("{block}.bn({x})"),
        Norm::Instance if is_pixel => format!("({x} - {x})"),
        Norm::Instance => format!("F.instance_norm({x})"),
    };
    let mut lines = Vec::new();
    let deconv = format!("{first}.deconv");
    match gene.conv() {
        Conv::Pre => {
            lines.push(format!("h = F.relu({})", norm("x", &first, is_pixel)));
            lines.push(format!("h = {first}.conv({})", double("h", &deconv)));
        }
        Conv::Post => {
            lines.push(format!("h = {first}.conv({})", double("x", &deconv)));
            lines.push(format!("h = F.relu({})", norm("h", &first, false)));
        }
    }
    let taken = is_taken(model.genotype, cell);
    let differs = taken && !sources.is_empty();
    if differs && !model.tap_after_addition {
        lines.push("tap = h  # before the skips are added".to_owned());
    }
    for &source in sources {
        let (skip, distance) = (format!("skip{}", source + 1), cell - source);
        let enlarged = match gene.up() {
            Up::Deconv => format!("self.{}({skip})", chain(distance)),
            up => format!("{}({skip}, {})", up.name(), 1 << distance),
        };
        lines.push(format!("h = h + self.skip_in_ops[\"{source}\"]({enlarged})"));
    }
    if differs && model.tap_after_addition {
        lines.push("tap = h  # with the skips in it, as in AutoGAN's released code".to_owned());
    }
    // Layers may not change `h` in place: it can be the tap.
    let tap = if differs { "tap" } else { "h" };
    match gene.conv() {
        Conv::Pre => lines.push(format!("y = {second}.conv(F.relu({}))", norm("h", &second, false))),
        Conv::Post => {
            let convolved = format!("{second}.conv(h)");
            lines.push(format!("y = F.relu({})", norm(&convolved, &second, false)));
        }
    }
    if gene.shortcut() {
        lines.push(format!("y = y + self.c_sc({})", double("x", "self.deconv_sc")));
    }
    lines.push(match taken {
        true => format!("return {tap}, y"),
        false => "return y".to_owned(),
    });
    lines
}

/// Whether a later cell takes a skip from this one, counted from 0.
fn is_taken(genotype: &Genotype, cell: usize) -> bool {
    let mut later = genotype.cells.iter().enumerate().skip(cell + 1);
    later.any(|(target, gene)| gene.skips_from(target).contains(&cell))
}

/// The class that puts the cells together.
fn generator(genotype: &Genotype) -> String {
    let count = genotype.cells.len();
    let cells: String =
        (1..=count).map(|number| format!("        self.cell{number} = Cell{number}()\n")).collect();
    let call = |(cell, gene): (usize, &CellGene)| {
        let taps = gene.skips_from(cell).into_iter().map(|source| format!(", tap{}", source + 1));
        let taps: String = taps.collect();
        let number = cell + 1;
        let passed_on = if is_taken(genotype, cell) { format!("tap{number}, ") } else { String::new() };
        format!("        {passed_on}h = self.cell{number}(h{taps})\n")
    };
    let calls: String = genotype.cells.iter().enumerate().map(call).collect();
    format!("{GENERATOR_BEGINS}{cells}{GENERATOR_GOES_ON}{calls}        return self.to_rgb(h)\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file(vector: &str, tap_after_addition: bool, notes: &[String]) -> String {
        let genotype = Genotype::parse(vector).unwrap();
        let shape = NetShape::default();
        pytorch(&PyTorch { genotype: &genotype, shape: &shape, tap_after_addition, notes })
    }

    #[test]
    fn a_file_has_just_what_its_architecture_needs() {
        let parts = [
            "def bilinear(",
            "def nearest(",
            "def deconv(",
            "F.instance_norm(",
            "bn=nn.BatchNorm2d(",
            "self.c_sc",
            "self.deconv_sc",
            "self.skip_in_ops",
            "self.skip_deconvx4",
            "tap = h",
        ];
        for (vector, wanted) in [
            ("1 0 1 0", &[1][..]),
            ("0 1 0 1", &[0, 4, 5]),
            ("1 2 2 1", &[2, 3, 5, 6]),
            ("1 0 1 1 1 0 0 1 1", &[0, 1, 5, 7]),
            ("1 0 2 0 1 0 2 0 0 1 0 2 0 2", &[2, 7, 8]),
            ("1 0 1 0 1 0 1 0 1 1 0 1 0 1", &[1, 7, 9]),
        ] {
            let text = file(vector, false, &[]);
            let found = parts.iter().enumerate().filter(|(_, part)| text.contains(*part));
            assert_eq!(found.map(|(number, _)| number).collect::<Vec<_>>(), wanted, "{vector}\n{text}");
        }
    }

    #[test]
    fn the_tap_stands_before_or_after_the_skips() {
        let lines = |after| {
            let text = file("1 0 1 0 1 0 1 0 1 1 0 1 0 1", after, &[]);
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let place = |part: &str| lines.iter().position(|line| line.contains(part)).unwrap();
            (place("tap = h"), place("h = h + self.skip_in_ops"))
        };
        let ((before, skips), (after, skips_again)) = (lines(false), lines(true));
        assert!(before < skips && after > skips_again);
    }

    #[test]
    fn no_note_ends_the_docstring() {
        let notes = ["a \"\"\" b".to_owned(), "c\\".to_owned(), "d\ne".to_owned()];
        let text = file("1 0 1 1", false, &notes);
        assert_eq!(text.lines().next().unwrap().matches("\"\"\"").count(), 1);
        let (docstring, _) = text[3..].split_once("\"\"\"").unwrap();
        assert!(docstring.contains("a ''' b\nc/\nd e\n") && docstring.contains("Needs PyTorch only"));
    }
}
