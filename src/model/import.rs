//! Generators of the authors' code: from the tensors of its checkpoints to a model file.
//!
//! Two kinds of them are around. The three released models (`models/autogan_cifar10_{a,b,c}.py`) hold one
//! architecture and call its convolutions `c1` and `c2`; `train_derived.py` keeps the shared generator with
//! every operator, of which one architecture is used.

use super::file::non_finite;
use super::state::{StateError, check_names, check_shapes};
use super::weights::shapes_of;
use super::{ModelConfig, ModelFile, NamedTensors, SkipTap};
use crate::arch::{ArchError, Genotype, MAX_CELLS};

/// What the released models' names stand for.
const RELEASED: [(&str, &str); 4] =
    [("c1", "pre_conv1.conv"), ("c2", "pre_conv2.conv"), ("n1", "pre_conv1.bn"), ("n2", "pre_conv2.bn")];
/// Counters of PyTorch's batch norm, which decide nothing here.
const COUNTER: &str = "num_batches_tracked";

/// Tensors are no generator of AutoGAN's kind.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The first or the last layer is not there, or of no possible shape.
    #[error(
        "it has no tensors l1.weight and to_rgb.0.weight of fitting shapes, so it is no generator of AutoGAN's \
         kind"
    )]
    Ends,
    /// Weights of every operator, without a word on which are used.
    #[error(
        "it holds the shared generator with every operator; name the architecture in it, as in --arch \
         \"1 0 1 1 1 0 0 1 1 1 0 1 0 3\""
    )]
    Shared,
    /// Weights of one architecture, without a word on which.
    #[error(
        "the names of its {0} cells do not say which architecture they are; name it, as in --arch \
         \"1 0 1 1 1 0 0 1 1 1 0 1 0 3\""
    )]
    Unnamed(usize),
    /// The first and the last layer, and what is no cell between them.
    #[error(
        "it has the first and the last layer of AutoGAN's generator and not its cells (cell1.c1, cell1.pre_conv1 and so \
         on), so it is another network; choose a file with an AutoGAN generator"
    )]
    NoCells,
    /// The architecture that was named has fewer cells than the weights.
    #[error(
        "the weights have {there} cells and --arch names {named}, which is the generator at an earlier stage of its \
         growth; name all {there} cells, or add --stage {named} to have that stage"
    )]
    FewerCells {
        /// Cells of the architecture.
        named: usize,
        /// Cells of the weights.
        there: usize,
    },
    /// The architecture that was named has more cells than the weights.
    #[error(
        "the weights have {there} cells and --arch names {named}; name the architecture that they are of"
    )]
    MoreCells {
        /// Cells of the architecture.
        named: usize,
        /// Cells of the weights.
        there: usize,
    },
    /// The architecture cannot be.
    #[error(transparent)]
    Arch(#[from] ArchError),
    /// Tensors are missing or of other shapes.
    #[error(transparent)]
    State(#[from] StateError),
    /// A weight is NaN or infinite.
    #[error("tensor {0} holds NaN or infinity, so the training had diverged; take an earlier checkpoint")]
    NonFinite(String),
}

/// A generator that was imported.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The generator, which runs as released: skips are tapped after additions.
    pub file: ModelFile,
    /// How its architecture is known, in words.
    pub how: String,
    /// Tensors that it does not use: the shared generator's other operators.
    pub unused: usize,
}

/// The generator in `tensors`, by the names of the reference's `state_dict`. `arch` says which architecture it
/// is; without it, it is recognised by the names of the released models. Sizes come from the shapes. An architecture
/// of fewer cells than the weights is taken only if `stage` allows it.
///
/// # Errors
///
/// If it is no such generator, or tensors are missing or of other shapes; they are listed.
pub fn import(
    mut tensors: NamedTensors,
    arch: Option<&Genotype>,
    stage: bool,
) -> Result<Imported, ImportError> {
    tensors.retain(|name, _| !name.ends_with(COUNTER));
    let there = cells_of(&tensors);
    let released = tensors.contains_key("cell1.c1.weight");
    if sizes(&tensors, 0).is_none() {
        return Err(ImportError::Ends);
    }
    if there == 0 {
        return Err(ImportError::NoCells);
    }
    let (genotype, how) = match arch {
        Some(genotype) => (genotype.clone(), "its architecture is the one that was named".to_owned()),
        None if released && there == 3 => recognise(&tensors),
        None => {
            let both = ["cell1.pre_conv1.conv.weight", "cell1.post_conv1.conv.weight"];
            let shared = both.iter().all(|name| tensors.contains_key(*name));
            return Err(if shared { ImportError::Shared } else { ImportError::Unnamed(there) });
        }
    };
    match genotype.cells.len() {
        named if named > there => return Err(ImportError::MoreCells { named, there }),
        named if named < there && !stage => return Err(ImportError::FewerCells { named, there }),
        _ => {}
    }
    if released {
        tensors = tensors.into_iter().map(|(name, data)| (shared_name(&name), data)).collect();
    }
    let config = sizes(&tensors, genotype.cells.len()).ok_or(ImportError::Ends)?;
    config.net_shape().check()?;
    let wanted = shapes_of(&config.generator_graph(&genotype).parameters());
    check_names(&wanted, &tensors)?;
    let all = tensors.len();
    tensors.retain(|name, _| wanted.contains_key(name));
    check_shapes(&wanted, &tensors)?;
    if let Some(name) = non_finite(&tensors) {
        return Err(ImportError::NonFinite(name.clone()));
    }
    let unused = all - tensors.len();
    Ok(Imported { file: ModelFile { genotype, config, tensors }, how, unused })
}

/// How many cells have tensors, up to the last one: `cell3.c1.weight` is of the third.
pub fn cells_of(tensors: &NamedTensors) -> usize {
    let number = |name: &String| name.strip_prefix("cell")?.split('.').next()?.parse::<usize>().ok();
    tensors.keys().filter_map(number).max().unwrap_or(0)
}

/// The name of a released model's tensor in the shared generator.
fn shared_name(name: &str) -> String {
    let mut parts: Vec<&str> = name.split('.').collect();
    let is_cell = parts[0].starts_with("cell");
    if let Some((_, shared)) = RELEASED.iter().find(|(own, _)| is_cell && parts.get(1) == Some(own)) {
        parts[1] = shared;
    }
    parts.join(".")
}

/// Which of the released models it is. How a cell enlarges leaves no trace in the names, so that an
/// architecture beside the three that differs only there has to be named.
fn recognise(tensors: &NamedTensors) -> (Genotype, String) {
    let has = |name: &str| tensors.contains_key(name);
    let (variant, genotype) = match (has("cell3.c_sc.weight"), has("cell1.n1.weight")) {
        (true, _) => ("b", Genotype::autogan_b()),
        (false, true) => ("c", Genotype::autogan_c()),
        (false, false) => ("a", Genotype::autogan_a()),
    };
    (genotype, format!("it is recognised as autogan_cifar10_{variant} by the names of its tensors"))
}

/// Sizes by the shapes of the first and the last layer.
fn sizes(tensors: &NamedTensors, cells: usize) -> Option<ModelConfig> {
    let shape = |name: &str| tensors.get(name).map(|data| data.shape().to_vec());
    let [rows, latent] = <[usize; 2]>::try_from(shape("l1.weight")?).ok()?;
    let [channels] = <[usize; 1]>::try_from(shape("to_rgb.0.weight")?).ok()?;
    let bottom_width = rows.checked_div(channels)?.isqrt();
    let fits = rows > 0 && latent > 0 && bottom_width * bottom_width * channels == rows && cells <= MAX_CELLS;
    fits.then(|| ModelConfig {
        latent_dim: latent,
        bottom_width,
        generator_channels: channels,
        skip_tap: SkipTap::AfterAddition,
        ..ModelConfig::default()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::{Space, SpaceConfig};
    use burn::tensor::{Device, TensorData};

    fn config() -> ModelConfig {
        ModelConfig { latent_dim: 6, generator_channels: 4, ..ModelConfig::default() }
    }

    /// A generator's tensors as the released models name them.
    fn released(genotype: &Genotype) -> NamedTensors {
        let tensors = config().derived_generator(genotype, &Device::flex(), 1, "test").state_dict();
        let own = |name: String| {
            RELEASED
                .iter()
                .fold(name, |name, (own, shared)| name.replace(&format!(".{shared}."), &format!(".{own}.")))
        };
        tensors.into_iter().map(|(name, data)| (own(name), data)).collect()
    }

    #[test]
    fn the_three_released_models_are_distinguished_and_sizes_come_from_shapes() {
        for (vector, variant) in [
            ("1 0 1 1 1 0 0 1 1 1 0 1 0 3", "autogan_cifar10_a"),
            ("1 0 1 1 1 0 1 1 1 1 0 1 1 3", "autogan_cifar10_b"),
            ("1 1 1 1 1 0 0 1 1 1 0 1 0 3", "autogan_cifar10_c"),
        ] {
            let genotype = Genotype::parse(vector).unwrap();
            let mut tensors = released(&genotype);
            tensors.insert("to_rgb.0.num_batches_tracked".to_owned(), TensorData::new(vec![9f32], [1]));
            let found = import(tensors, None, false).unwrap();
            assert_eq!((&found.file.genotype, found.unused), (&genotype, 0));
            assert!(found.how.contains(variant), "{}", found.how);
            let ModelConfig { latent_dim, generator_channels, bottom_width, skip_tap, .. } =
                found.file.config;
            assert_eq!((latent_dim, generator_channels, bottom_width), (6, 4, 4));
            assert_eq!(skip_tap, SkipTap::AfterAddition);
            found.file.generator(&Device::flex()).unwrap();
        }
    }

    #[test]
    fn what_is_wrong_is_listed() {
        let genotype = Genotype::autogan_a();
        let good = released(&genotype);
        let refused = |change: &dyn Fn(&mut NamedTensors), arch: Option<&Genotype>| {
            let mut tensors = good.clone();
            change(&mut tensors);
            import(tensors, arch, false).unwrap_err().to_string()
        };
        let missing = refused(&|tensors| drop(tensors.remove("cell2.c2.bias")), None);
        assert!(missing.contains("cell2.pre_conv2.conv.bias"), "{missing}");
        let zeros = |shape: &[usize]| TensorData::new(vec![0f32; shape.iter().product()], shape.to_vec());
        let shape =
            |tensors: &mut NamedTensors| drop(tensors.insert("cell1.c_sc.bias".to_owned(), zeros(&[5])));
        let shape = refused(&shape, None);
        assert!(shape.contains("cell1.c_sc.bias has shape [5], the network wants [4]"), "{shape}");
        let number = |tensors: &mut NamedTensors| {
            tensors.insert("to_rgb.2.bias".to_owned(), TensorData::new(vec![0.0, f32::NAN, 0.0], [3]));
        };
        assert!(refused(&number, None).contains("to_rgb.2.bias holds NaN or infinity"));
        let ends = refused(&|tensors| drop(tensors.remove("l1.weight")), None);
        assert!(ends.contains("no generator of AutoGAN's kind"), "{ends}");
        let shared = config().derived_generator(&genotype, &Device::flex(), 1, "test").state_dict();
        let unnamed = import(shared, None, false).unwrap_err().to_string();
        assert!(unnamed.contains("the names of its 3 cells") && unnamed.contains("--arch"), "{unnamed}");
        let space = SpaceConfig::default();
        let space = Space::new(space, config().net_shape()).unwrap();
        let all = config().shared_generator(&space, &Device::flex(), 1, "test").state_dict();
        let unnamed = import(all, None, false).unwrap_err().to_string();
        assert!(unnamed.contains("the shared generator with every operator"), "{unnamed}");
        let no_cells =
            refused(&|tensors| tensors.retain(|name, _| !name.starts_with("cell")), Some(&genotype));
        assert!(no_cells.contains("not its cells"), "{no_cells}");
        // Another architecture wants other tensors.
        let other = Genotype::parse("0 1 2 1 0 1 2 1 1 0 1 2 1 3").unwrap();
        assert!(refused(&|_| {}, Some(&other)).contains("missing"));
    }

    #[test]
    fn an_architecture_of_another_number_of_cells_is_refused_but_for_a_stage() {
        let tensors = released(&Genotype::autogan_a());
        let two = Genotype::autogan_a().prefix(2);
        let refused =
            |arch: &Genotype, stage| import(tensors.clone(), Some(arch), stage).unwrap_err().to_string();
        assert_eq!(
            refused(&two, false),
            "the weights have 3 cells and --arch names 2, which is the generator at an earlier stage of its growth; \
             name all 3 cells, or add --stage 2 to have that stage"
        );
        let four = Genotype::parse("1 0 1 1 1 0 0 1 1 1 0 1 0 3 1 0 1 0 7").unwrap();
        for stage in [false, true] {
            assert_eq!(
                refused(&four, stage),
                "the weights have 3 cells and --arch names 4; name the architecture that they are of"
            );
        }
        let stage = import(tensors.clone(), Some(&two), true).unwrap();
        assert_eq!(stage.file.genotype, two);
        assert!(!stage.file.tensors.keys().any(|name| name.starts_with("cell3")));
        // Recognised are the whole models only.
        let cut = tensors.into_iter().filter(|(name, _)| !name.starts_with("cell3")).collect();
        let unnamed = import(cut, None, false).unwrap_err().to_string();
        assert!(unnamed.contains("its 2 cells do not say"), "{unnamed}");
    }
}
