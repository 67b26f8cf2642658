//! Names and shapes of the network's tensors, as PyTorch's ports of it name them.

use std::collections::BTreeMap;

/// Width of the features.
pub const FEATURES: usize = 2048;
/// Classes: those of ImageNet in 2012 and eight that are never used.
pub const CLASSES: usize = 1008;
/// Multiply-accumulates of the convolutions for one image of 299 x 299 pixels.
pub const MACS: u64 = 5_711_000_000;
/// Most numbers that a file with these tensors has: parameters, running statistics, counters.
pub const NUMBERS: usize = 23_886_000;

/// A convolution without bias, followed by batch norm and ReLU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Channels before it.
    pub inputs: usize,
    /// Channels after it.
    pub outputs: usize,
    /// Height and width of its kernel.
    pub kernel: [usize; 2],
    /// Its stride, both ways.
    pub stride: usize,
    /// Zeros on each side, above and beside.
    pub padding: [usize; 2],
}

/// All convolutions by name, such as `Mixed_5b.branch1x1`.
#[derive(Default)]
struct Layers(BTreeMap<String, Layer>);

impl Layers {
    fn add(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
        kernel: [usize; 2],
        stride: usize,
        pad: bool,
    ) {
        // A stride of one goes with padding that keeps the size.
        let padding = kernel.map(|extent| if pad { extent / 2 } else { 0 });
        self.0.insert(name.to_owned(), Layer { inputs, outputs, kernel, stride, padding });
    }

    /// Convolutions one after the other that keep the size.
    fn chain(&mut self, block: &str, inputs: usize, layers: &[(&str, usize, [usize; 2])]) {
        let mut channels = inputs;
        for &(name, outputs, kernel) in layers {
            self.add(&format!("{block}.{name}"), channels, outputs, kernel, 1, true);
            channels = outputs;
        }
    }

    /// 35 x 35 pixels.
    fn a(&mut self, block: &str, inputs: usize, pool: usize) {
        self.chain(block, inputs, &[("branch1x1", 64, [1, 1])]);
        self.chain(block, inputs, &[("branch5x5_1", 48, [1, 1]), ("branch5x5_2", 64, [5, 5])]);
        let double =
            [("branch3x3dbl_1", 64, [1, 1]), ("branch3x3dbl_2", 96, [3, 3]), ("branch3x3dbl_3", 96, [3, 3])];
        self.chain(block, inputs, &double);
        self.chain(block, inputs, &[("branch_pool", pool, [1, 1])]);
    }

    /// From 35 x 35 pixels to 17 x 17.
    fn b(&mut self, block: &str, inputs: usize) {
        self.add(&format!("{block}.branch3x3"), inputs, 384, [3, 3], 2, false);
        self.chain(block, inputs, &[("branch3x3dbl_1", 64, [1, 1]), ("branch3x3dbl_2", 96, [3, 3])]);
        self.add(&format!("{block}.branch3x3dbl_3"), 96, 96, [3, 3], 2, false);
    }

    /// 17 x 17 pixels, with `inner` channels inside.
    fn c(&mut self, block: &str, inner: usize) {
        const CHANNELS: usize = 768;
        self.chain(block, CHANNELS, &[("branch1x1", 192, [1, 1])]);
        let single =
            [("branch7x7_1", inner, [1, 1]), ("branch7x7_2", inner, [1, 7]), ("branch7x7_3", 192, [7, 1])];
        self.chain(block, CHANNELS, &single);
        let double = [
            ("branch7x7dbl_1", inner, [1, 1]),
            ("branch7x7dbl_2", inner, [7, 1]),
            ("branch7x7dbl_3", inner, [1, 7]),
            ("branch7x7dbl_4", inner, [7, 1]),
            ("branch7x7dbl_5", 192, [1, 7]),
        ];
        self.chain(block, CHANNELS, &double);
        self.chain(block, CHANNELS, &[("branch_pool", 192, [1, 1])]);
    }

    /// From 17 x 17 pixels to 8 x 8.
    fn d(&mut self, block: &str, inputs: usize) {
        self.chain(block, inputs, &[("branch3x3_1", 192, [1, 1])]);
        self.add(&format!("{block}.branch3x3_2"), 192, 320, [3, 3], 2, false);
        let chain =
            [("branch7x7x3_1", 192, [1, 1]), ("branch7x7x3_2", 192, [1, 7]), ("branch7x7x3_3", 192, [7, 1])];
        self.chain(block, inputs, &chain);
        self.add(&format!("{block}.branch7x7x3_4"), 192, 192, [3, 3], 2, false);
    }

    /// 8 x 8 pixels.
    fn e(&mut self, block: &str, inputs: usize) {
        self.chain(block, inputs, &[("branch1x1", 320, [1, 1])]);
        self.chain(block, inputs, &[("branch3x3_1", 384, [1, 1])]);
        self.chain(block, inputs, &[("branch3x3dbl_1", 448, [1, 1]), ("branch3x3dbl_2", 384, [3, 3])]);
        for fork in ["branch3x3_2", "branch3x3dbl_3"] {
            self.chain(block, 384, &[(&format!("{fork}a"), 384, [1, 3])]);
            self.chain(block, 384, &[(&format!("{fork}b"), 384, [3, 1])]);
        }
        self.chain(block, inputs, &[("branch_pool", 192, [1, 1])]);
    }
}

/// The 94 convolutions by name (Szegedy et al. 2015, "Rethinking the Inception Architecture", as the graph
/// `inception-2015-12-05` has it).
pub fn layers() -> BTreeMap<String, Layer> {
    let mut layers = Layers::default();
    layers.add("Conv2d_1a_3x3", 3, 32, [3, 3], 2, false);
    layers.add("Conv2d_2a_3x3", 32, 32, [3, 3], 1, false);
    layers.add("Conv2d_2b_3x3", 32, 64, [3, 3], 1, true);
    layers.add("Conv2d_3b_1x1", 64, 80, [1, 1], 1, false);
    layers.add("Conv2d_4a_3x3", 80, 192, [3, 3], 1, false);
    layers.a("Mixed_5b", 192, 32);
    layers.a("Mixed_5c", 256, 64);
    layers.a("Mixed_5d", 288, 64);
    layers.b("Mixed_6a", 288);
    for (block, inner) in [("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)] {
        layers.c(block, inner);
    }
    layers.d("Mixed_7a", 768);
    layers.e("Mixed_7b", 1280);
    layers.e("Mixed_7c", 2048);
    layers.0
}

/// The tensors of a batch norm, each with a value for every channel.
pub const NORM: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

/// Shapes of all tensors that are needed, by name.
pub fn shapes() -> BTreeMap<String, Vec<usize>> {
    let mut shapes = BTreeMap::new();
    for (name, layer) in layers() {
        let [height, width] = layer.kernel;
        shapes.insert(format!("{name}.conv.weight"), vec![layer.outputs, layer.inputs, height, width]);
        for part in NORM {
            shapes.insert(format!("{name}.bn.{part}"), vec![layer.outputs]);
        }
    }
    shapes.insert("fc.weight".to_owned(), vec![CLASSES, FEATURES]);
    shapes.insert("fc.bias".to_owned(), vec![CLASSES]);
    shapes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_has_as_many_numbers_as_the_published_one() {
        // Reference notes, section 8.2.
        assert_eq!(layers().len(), 94);
        let count = |part: &dyn Fn(&str) -> bool| -> usize {
            let shapes = shapes().into_iter().filter(|(name, _)| part(name));
            shapes.map(|(_, shape)| shape.iter().product::<usize>()).sum()
        };
        let running = |name: &str| name.contains("running");
        assert_eq!(count(&running), 34_432);
        assert_eq!(count(&|name| !running(name) && !name.starts_with("fc")), 21_785_568);
        assert_eq!(count(&|name| name.starts_with("fc")), 2_065_392);
        assert!(count(&|_| true) < NUMBERS);
    }
}
