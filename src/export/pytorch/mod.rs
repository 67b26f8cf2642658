//! A generator as a Python file for PyTorch, written from its graph.
//!
//! Layers have the names of the released code's state dict, so weights files load as they are. What is written here must
//! compute what `model` computes; a test runs both (`tests/it/numbers/pytorch.rs`).

use std::collections::BTreeMap;

use crate::arch::graph::{NodeId, TorchCode, generator};
use crate::arch::{Genotype, Graph, NetShape, SkipTap};

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

/// What the file has to know of a generator.
#[derive(Clone, Copy, Debug)]
pub struct PyTorch<'a> {
    /// The architecture.
    pub genotype: &'a Genotype,
    /// Its sizes.
    pub shape: &'a NetShape,
    /// Where a cell's value for later cells' skips is taken.
    pub skip_tap: SkipTap,
    /// Lines for the file's head, such as the run and the scores.
    pub notes: &'a [String],
}

/// The text of a Python file with the class `Generator`, the function `load` and a command line. It needs
/// nothing but PyTorch.
///
/// ```
/// use autogan::arch::{Genotype, NetShape, SkipTap};
/// use autogan::export::{PyTorch, pytorch};
///
/// let (genotype, shape) = (Genotype::autogan_a(), NetShape::default());
/// let model = PyTorch { genotype: &genotype, shape: &shape, skip_tap: SkipTap::BeforeAddition, notes: &[] };
/// let code = pytorch(&model);
/// assert!(code.contains("class Generator(nn.Module):") && code.contains("LATENT = 128"));
/// assert!(code.contains("# Cell 1: pre-activation, no norm, nearest, shortcut"));
/// ```
pub fn pytorch(model: &PyTorch<'_>) -> String {
    let graph = generator(model.genotype, model.shape, model.skip_tap);
    let class = format!("{}\n{}", modules(&graph), forward(&graph, model.genotype));
    [head(model), class, TAIL.to_owned()].join("\n\n")
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
    let latent = shape.latent;
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

/// The class and its layers: every module under the name of its weights.
fn modules(graph: &Graph) -> String {
    let mut root = Modules::default();
    for node in graph.nodes() {
        let code = node.op.operator().pytorch(&graph.input_shapes(node));
        if let (Some(name), TorchCode::Module(text)) = (&node.weights, code) {
            root.insert(&name.split('.').collect::<Vec<_>>(), text);
        }
    }
    let layers = root.0.iter().map(|(name, layer)| format!("        self.{name} = {}\n", layer.text(2)));
    let layers: String = layers.collect();
    format!("class Generator(nn.Module):\n    def __init__(self):\n        super().__init__()\n{layers}")
}

/// Modules by the next part of their name.
#[derive(Default)]
struct Modules(BTreeMap<String, Module>);

enum Module {
    Layer(String),
    Group(Modules),
}

impl Modules {
    fn insert(&mut self, path: &[&str], text: String) {
        let [name, rest @ ..] = path else {
            return;
        };
        if rest.is_empty() {
            self.0.insert((*name).to_owned(), Module::Layer(text));
            return;
        }
        let group = self.0.entry((*name).to_owned()).or_insert_with(|| Module::Group(Self::default()));
        if let Module::Group(group) = group {
            group.insert(rest, text);
        }
    }
}

impl Module {
    /// An expression that makes it, for a line that is indented so often.
    fn text(&self, indent: usize) -> String {
        match self {
            Self::Layer(text) => text.clone(),
            Self::Group(Modules(parts)) => {
                let (inside, outside) = ("    ".repeat(indent + 1), "    ".repeat(indent));
                let part = |(name, part): (&String, &Self)| {
                    format!("{inside}\"{name}\": {},\n", part.text(indent + 1))
                };
                let parts: String = parts.iter().map(part).collect();
                format!("nn.ModuleDict({{\n{parts}{outside}}})")
            }
        }
    }
}

/// The method that runs the layers, one line for each node of the graph.
fn forward(graph: &Graph, genotype: &Genotype) -> String {
    let mut out = "    def forward(self, latent):\n        \"\"\"Latents of [batch, LATENT] to images of \
                   [batch, 3, side, side], from -1 to 1.\"\"\"\n"
        .to_owned();
    let words = genotype.describe();
    let mut group = "";
    for node in graph.nodes().iter().filter(|node| !node.inputs.is_empty()) {
        let first = node.path()[0];
        if first != group {
            group = first;
            let cell = group.strip_prefix("cell").and_then(|number| number.parse::<usize>().ok());
            let text = cell.and_then(|number| Some(format!("Cell {number}: {}", words.get(number - 1)?)));
            text.into_iter().for_each(|text| out += &format!("\n        # {text}\n"));
        }
        let inputs: Vec<String> = node.inputs.iter().map(|&input| variable(graph, input)).collect();
        let call = match node.op.operator().pytorch(&graph.input_shapes(node)) {
            TorchCode::Module(_) => {
                format!(
                    "self.{}({})",
                    member(node.weights.as_deref().unwrap_or(&node.name)),
                    inputs.join(", ")
                )
            }
            TorchCode::Expression(text) => {
                let all = text.replace("{*}", &inputs.join(", "));
                inputs
                    .iter()
                    .enumerate()
                    .fold(all, |text, (at, input)| text.replace(&format!("{{{at}}}"), input))
            }
        };
        out += &format!("        {} = {call}\n", node.name.replace('.', "_"));
    }
    let outputs: Vec<String> = graph.outputs().iter().map(|&output| variable(graph, output)).collect();
    out + &format!("        return {}\n", outputs.join(", "))
}

/// The variable that holds a node's value.
fn variable(graph: &Graph, id: NodeId) -> String {
    graph.node(id).name.replace('.', "_")
}

/// A module by the name of its weights: `cell2.skip_in_ops["0"]`. Python's names begin with no digit.
fn member(name: &str) -> String {
    let part = |part: &str| {
        if part.starts_with(|c: char| c.is_ascii_digit()) {
            format!("[\"{part}\"]")
        } else {
            format!(".{part}")
        }
    };
    name.split('.').map(part).collect::<String>().trim_start_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file(vector: &str, skip_tap: SkipTap, notes: &[String]) -> String {
        let genotype = Genotype::parse(vector).unwrap();
        let shape = NetShape::default();
        pytorch(&PyTorch { genotype: &genotype, shape: &shape, skip_tap, notes })
    }

    #[test]
    fn a_file_has_just_what_its_architecture_needs() {
        let parts = [
            "mode=\"bilinear\"",
            "mode=\"nearest\"",
            "nn.ConvTranspose2d(",
            "F.instance_norm(",
            "\"bn\": nn.BatchNorm2d(",
            "\"c_sc\"",
            "\"deconv_sc\"",
            "\"skip_in_ops\"",
            "\"skip_deconvx4\"",
        ];
        for (vector, wanted) in [
            ("1 0 1 0", &[1][..]),
            ("0 1 0 1", &[0, 4, 5]),
            ("1 2 2 1", &[2, 3, 5, 6]),
            ("1 0 1 1 1 0 0 1 1", &[0, 1, 5, 7]),
            ("1 0 2 0 1 0 2 0 0 1 0 2 0 2", &[2, 7, 8]),
            ("1 0 1 0 1 0 1 0 1 1 0 1 0 1", &[1, 7]),
        ] {
            let text = file(vector, SkipTap::BeforeAddition, &[]);
            let found = parts.iter().enumerate().filter(|(_, part)| text.contains(*part));
            assert_eq!(found.map(|(number, _)| number).collect::<Vec<_>>(), wanted, "{vector}\n{text}");
        }
    }

    #[test]
    fn a_skip_is_taken_before_or_after_the_skips_into_its_source() {
        for (skip_tap, source) in
            [(SkipTap::BeforeAddition, "cell2_block1_conv"), (SkipTap::AfterAddition, "cell2_skip1_add")]
        {
            let text = file("1 0 1 0 1 0 1 0 1 1 0 1 0 1", skip_tap, &[]);
            assert!(text.contains(&format!("cell3_skip2_up = F.interpolate({source}, ")), "{text}");
        }
    }

    #[test]
    fn no_note_ends_the_docstring() {
        let notes = ["a \"\"\" b".to_owned(), "c\\".to_owned(), "d\ne".to_owned()];
        let text = file("1 0 1 1", SkipTap::BeforeAddition, &notes);
        assert_eq!(text.lines().next().unwrap().matches("\"\"\"").count(), 1);
        let (docstring, _) = text[3..].split_once("\"\"\"").unwrap();
        assert!(docstring.contains("a ''' b\nc/\nd e\n") && docstring.contains("Needs PyTorch only"));
    }
}
