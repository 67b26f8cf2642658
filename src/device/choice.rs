//! Which device a person means.

use std::cmp::Reverse;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use super::DeviceError;
use super::adapters::{Adapter, AdapterKind};

/// A device by name: `auto`, `cpu`, or (part of) an adapter's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The best GPU, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The adapter whose name this is, or whose name alone contains this; upper and lower case are
    /// the same.
    Named(String),
}

impl DeviceChoice {
    /// The text form of [`DeviceChoice::Auto`].
    pub const AUTO: &str = "auto";
    /// The text form of [`DeviceChoice::Cpu`], and the CPU's name.
    pub const CPU: &str = "cpu";
}

impl FromStr for DeviceChoice {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let text = text.trim();
        Ok(match text.to_lowercase().as_str() {
            Self::AUTO | "" => Self::Auto,
            Self::CPU => Self::Cpu,
            _ => Self::Named(text.to_owned()),
        })
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => Self::AUTO,
            Self::Cpu => Self::CPU,
            Self::Named(name) => name,
        })
    }
}

/// What a [`DeviceChoice`] comes to on a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Picked {
    /// The adapter; `None` is the CPU.
    pub adapter: Option<Adapter>,
    /// Why, as the end of a sentence: `the only GPU`.
    pub reason: String,
}

/// Chooses among `adapters`. Software adapters are taken by name only.
///
/// # Errors
///
/// If a name fits none or several of them.
pub fn pick(choice: &DeviceChoice, adapters: &[Adapter]) -> Result<Picked, DeviceError> {
    match choice {
        DeviceChoice::Auto => Ok(best(adapters)),
        DeviceChoice::Cpu => Ok(cpu("as asked".to_owned())),
        DeviceChoice::Named(wanted) => {
            Ok(Picked { adapter: Some(named(wanted, adapters)?.clone()), reason: "as asked".to_owned() })
        }
    }
}

fn cpu(reason: String) -> Picked {
    Picked { adapter: None, reason }
}

fn best(adapters: &[Adapter]) -> Picked {
    let gpus = || adapters.iter().filter(|adapter| adapter.kind != AdapterKind::Software);
    let rank = |adapter: &&Adapter| (adapter.kind, Reverse(adapter.memory));
    match (gpus().min_by_key(rank), adapters.first()) {
        (Some(gpu), _) => Picked {
            adapter: Some(gpu.clone()),
            reason: match gpus().count() {
                1 => "the only GPU".to_owned(),
                count => format!("the best of {count} GPUs: a {}", gpu.kind.words()),
            },
        },
        (None, Some(software)) => {
            cpu(format!("there is no GPU, and {} imitates one on the CPU, which is slower", software.name))
        }
        (None, None) => cpu("there is no GPU with a driver".to_owned()),
    }
}

fn named<'a>(wanted: &str, adapters: &'a [Adapter]) -> Result<&'a Adapter, DeviceError> {
    let lower = |text: &str| text.trim().to_lowercase();
    let wanted_lower = lower(wanted);
    // The whole name of one card can be a part of another's: RTX 3060 and RTX 3060 Ti.
    let exact = adapters.iter().find(|adapter| lower(&adapter.name) == wanted_lower);
    if let Some(adapter) = exact {
        return Ok(adapter);
    }
    let fits = |adapter: &&Adapter| lower(&adapter.name).contains(&wanted_lower);
    let found: Vec<&Adapter> = adapters.iter().filter(fits).collect();
    match found.as_slice() {
        [adapter] => Ok(adapter),
        [] => {
            let names = adapters.iter().map(|adapter| adapter.name.as_str());
            let known: Vec<&str> = [DeviceChoice::AUTO, DeviceChoice::CPU].into_iter().chain(names).collect();
            Err(DeviceError::Unknown { wanted: wanted.to_owned(), known: known.join(", ") })
        }
        several => {
            let names: Vec<&str> = several.iter().map(|adapter| adapter.name.as_str()).collect();
            Err(DeviceError::Ambiguous { wanted: wanted.to_owned(), found: names.join(", ") })
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::adapters::Api;
    use super::*;

    fn machine(adapters: &[(&str, AdapterKind, Option<u64>)]) -> Vec<Adapter> {
        let adapter = |(index, &(name, kind, memory)): (usize, &(&str, AdapterKind, Option<u64>))| Adapter {
            name: name.to_owned(),
            kind,
            api: Api::Vulkan,
            driver: String::new(),
            memory,
            index,
        };
        adapters.iter().enumerate().map(adapter).collect()
    }

    fn picked(choice: &str, adapters: &[Adapter]) -> Picked {
        pick(&choice.parse().unwrap(), adapters).unwrap()
    }

    fn name(picked: &Picked) -> &str {
        picked.adapter.as_ref().map_or(DeviceChoice::CPU, |adapter| &adapter.name)
    }

    fn laptop() -> Vec<Adapter> {
        machine(&[
            ("llvmpipe (LLVM 15)", AdapterKind::Software, None),
            ("Intel UHD 620", AdapterKind::Integrated, None),
            ("NVIDIA RTX 3060", AdapterKind::Discrete, Some(6 << 30)),
            ("NVIDIA RTX 3060 Ti", AdapterKind::Discrete, Some(8 << 30)),
        ])
    }

    #[test]
    fn auto_takes_the_best_gpu_and_says_why() {
        let auto = picked("Auto", &laptop());
        assert_eq!(name(&auto), "NVIDIA RTX 3060 Ti");
        assert_eq!(auto.reason, "the best of 3 GPUs: a discrete GPU");
        let auto = picked("auto", &laptop()[..2]);
        assert_eq!((name(&auto), auto.reason.as_str()), ("Intel UHD 620", "the only GPU"));
    }

    #[test]
    fn auto_never_takes_a_software_adapter_but_its_name_does() {
        let auto = picked("auto", &laptop()[..1]);
        assert_eq!(name(&auto), DeviceChoice::CPU);
        assert!(auto.reason.contains("llvmpipe"), "{}", auto.reason);
        assert_eq!(name(&picked("LLVMpipe", &laptop())), "llvmpipe (LLVM 15)");
        assert_eq!(name(&picked("auto", &[])), DeviceChoice::CPU);
    }

    #[test]
    fn a_whole_name_wins_over_a_longer_one_that_contains_it() {
        assert_eq!(name(&picked("nvidia rtx 3060", &laptop())), "NVIDIA RTX 3060");
        assert_eq!(name(&picked("3060 ti", &laptop())), "NVIDIA RTX 3060 Ti");
    }

    #[test]
    fn names_that_fit_none_or_several_list_what_there_is() {
        let error = |choice: &str| pick(&choice.parse().unwrap(), &laptop()).unwrap_err().to_string();
        assert_eq!(
            error("radeon"),
            "there is no device named \"radeon\"; there are: auto, cpu, llvmpipe (LLVM 15), \
             Intel UHD 620, NVIDIA RTX 3060, NVIDIA RTX 3060 Ti"
        );
        assert_eq!(
            error("nvidia"),
            "\"nvidia\" fits more than one device (NVIDIA RTX 3060, NVIDIA RTX 3060 Ti); \
             give more of the name"
        );
    }

    #[test]
    fn a_choice_reads_what_it_writes() {
        for text in ["auto", "cpu", "NVIDIA RTX 3060"] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap().to_string(), text);
        }
    }
}
