//! Which tensors of a file are the generator: training programs put it into tables and behind prefixes of many names.
//!
//! No list of names decides it. A generator of AutoGAN's kind is known by the names of its first and its last layer;
//! what stands before these names, however deep, is the table that it is in. Names matter only where a file has
//! several generators: averaged weights come before raw ones, as in the authors' test.

use std::collections::{BTreeMap, BTreeSet};

use crate::tensors::{Listed, shown};

/// What PyTorch and others put around a module and hence between the parts of its tensors' names: `DataParallel`,
/// `torch.compile`, sharded training, recomputed activations.
const WRAPPERS: [&str; 4] = ["module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];
/// The parts of the names of the first and the last layer.
const FIRST: [&str; 2] = ["l1", "weight"];
const LAST: [&str; 3] = ["to_rgb", "0", "weight"];
/// How the names of all its tensors begin.
const LAYERS: [&str; 3] = ["l1.", "cell", "to_rgb."];
/// Words in the name of a table of averaged weights; the last ones are those of StyleGAN and its kin (`Gs`, `GE`,
/// `G_smooth`).
const AVERAGED: [&str; 11] =
    ["ema", "avg", "average", "averaged", "averages", "shadow", "swa", "running", "gs", "ge", "smooth"];
/// Words in the name of a table that say no more than "the generator's weights": of several tables, one of such a
/// name comes before `best_generator` or `generator_old`.
const PLAIN: [&str; 15] = [
    "g",
    "gen",
    "generator",
    "net",
    "network",
    "model",
    "models",
    "state",
    "dict",
    "params",
    "weights",
    "checkpoint",
    "ema",
    "avg",
    "shadow",
];
/// How the first layer's name ends in the checkpoints of this program's runs.
const CHECKPOINT: &str = "/l1.weight";
/// Most tensors and tables that a message names.
const MOST_NAMED: usize = 3;
const MOST_TABLES: usize = 10;
/// The name of the table that is no table: the file's top.
const TOP: &str = ".";

/// No generator was found in a file, or too many.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// None of AutoGAN's kind.
    #[error(
        "it holds no generator of AutoGAN's kind (with tensors l1.weight and to_rgb.0.weight) but another network: {0}; \
         choose a file with an AutoGAN generator"
    )]
    Foreign(String),
    /// A checkpoint of this program, which says nothing of the architecture.
    #[error(
        "it is the state of a run's checkpoint, which does not say its architecture; name the run's folder, or its \
         export/winner.safetensors"
    )]
    Checkpoint,
    /// The table that was asked for has none.
    #[error("its table {table} holds no generator of AutoGAN's kind but another network: {content}; {next}")]
    ForeignTable {
        /// As it was asked for.
        table: String,
        /// Some of what it holds, in words.
        content: String,
        /// What to do.
        next: String,
    },
    /// The table that was asked for is not there.
    #[error("it has no table {table:?}; {there}")]
    NoTable {
        /// As it was asked for.
        table: String,
        /// What there is instead, in words.
        there: String,
    },
    /// Several, of which none is to be preferred.
    #[error("it holds several generators, in the tables {0}; choose one with --table")]
    Several(String),
}

/// A generator that was found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratorTable {
    /// The names of its tensors: in the file, and in the generator.
    pub names: BTreeMap<String, String>,
    /// The table that was taken, as [`find`](GeneratorTable::find) can be asked for it; none for a file without
    /// tables.
    pub table: Option<String>,
    /// Which table was taken, and what of it is left out, a sentence each.
    pub notes: Vec<String>,
}

impl GeneratorTable {
    /// The generator among the tensors of a file, or in that of its tables which is `asked` for, by its name with or
    /// without the wrappers' parts; `.` is the file's top. `tables` are the names of the top-level tables, for
    /// messages.
    ///
    /// # Errors
    ///
    /// If there is none, or several of which none is to be preferred.
    pub fn find(list: &[Listed], tables: &[&str], asked: Option<&str>) -> Result<Self, TableError> {
        let (firsts, lasts) = (paths_before(list, &FIRST), paths_before(list, &LAST));
        let all: Vec<NamePath<'_>> = firsts.intersection(&lasts).cloned().collect();
        let candidates = asked.map_or_else(|| all.clone(), |asked| under(&all, asked));
        if candidates.is_empty() {
            if let Some(asked) = asked {
                return Err(not_there(list, tables, &all, asked));
            }
            let is_ours = list.iter().any(|tensor| tensor.name.ends_with(CHECKPOINT));
            let foreign = || TableError::Foreign(content(list.iter(), tables));
            return Err(if is_ours { TableError::Checkpoint } else { foreign() });
        }
        let path = preferred(&candidates).ok_or_else(|| TableError::Several(names(&candidates)))?;
        let others: Vec<NamePath<'_>> = all.into_iter().filter(|other| *other != path).collect();
        let mut notes: Vec<String> = note(&path, &others, asked.is_some()).into_iter().collect();
        notes.extend(without_names(list));
        let name = plain_name(&path);
        let table = (name != TOP || !others.is_empty()).then_some(name);
        let mut found = Self { names: BTreeMap::new(), table, notes: Vec::new() };
        let mut foreign = Vec::new();
        for tensor in list {
            let Some(own) = own_name(&tensor.name, &path) else { continue };
            if LAYERS.iter().any(|layer| own.starts_with(layer)) {
                found.names.insert(tensor.name.clone(), own);
            } else if !others.iter().any(|other| own_name(&tensor.name, other).is_some()) {
                foreign.push(&tensor.name);
            }
        }
        if let Some(first) = foreign.first() {
            let first = shown(first);
            notes.push(match foreign.len() {
                1 => format!("1 tensor that no generator has is left out: {first}"),
                count => {
                    format!("{count} tensors that no generator has are left out, first of them {first}")
                }
            });
        }
        found.notes = notes;
        Ok(found)
    }
}

/// The name of a file's tensor in the generator behind `path`, without what wrappers put between its parts; none for
/// a tensor that is not there.
fn own_name(name: &str, path: &[&str]) -> Option<String> {
    let mut parts = name.split('.');
    if !path.iter().all(|part| parts.next() == Some(part)) {
        return None;
    }
    let parts: Vec<&str> = parts.collect();
    // Behind a wrapper's part another table begins.
    let is_own = parts.first().is_some_and(|part| !WRAPPERS.contains(part));
    let plain = parts.into_iter().filter(|part| !WRAPPERS.contains(part));
    is_own.then(|| plain.collect::<Vec<_>>().join("."))
}

/// The parts of a name before a layer's.
type NamePath<'a> = Vec<&'a str>;

/// What stands before the names that end with `layer`.
fn paths_before<'a>(list: &'a [Listed], layer: &[&str]) -> BTreeSet<NamePath<'a>> {
    list.iter().filter_map(|tensor| path_before(&tensor.name, layer)).collect()
}

fn path_before<'a>(name: &'a str, layer: &[&str]) -> Option<NamePath<'a>> {
    let mut parts: NamePath<'_> = name.split('.').collect();
    for wanted in layer.iter().rev() {
        while parts.last().is_some_and(|part| WRAPPERS.contains(part)) {
            parts.pop();
        }
        if parts.pop()? != *wanted {
            return None;
        }
    }
    Some(parts)
}

/// The name of a table as a person reads it: without wrappers.
fn plain_name(path: &[&str]) -> String {
    let name: Vec<&str> = path.iter().copied().filter(|part| !WRAPPERS.contains(part)).collect();
    if name.is_empty() { TOP.to_owned() } else { name.join(".") }
}

/// Those of the tables that are called so, with or without the wrappers' parts or those of the tables around it;
/// where there are none, those in a table that is called so.
fn under<'a>(tables: &[NamePath<'a>], asked: &str) -> Vec<NamePath<'a>> {
    let parts: NamePath<'_> = asked.split('.').filter(|part| !part.is_empty()).collect();
    let (whole, plain) = (parts.join("."), plain_name(&parts));
    let (end, start) = (format!(".{plain}"), format!("{plain}."));
    let is_whole = |path: &NamePath<'_>| path.join(".") == whole;
    let is_called = |path: &NamePath<'_>| plain_name(path) == plain;
    let is_last = |path: &NamePath<'_>| plain_name(path).ends_with(&end);
    let is_in = |path: &NamePath<'_>| plain_name(path).starts_with(&start);
    let ways: [&dyn Fn(&NamePath<'_>) -> bool; 4] = [&is_whole, &is_called, &is_last, &is_in];
    let found =
        ways.iter().map(|is_it| tables.iter().filter(|path| is_it(path)).cloned().collect::<Vec<_>>());
    found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// The one to take: of averaged weights, if there are any, the only ones or those of the plainest name.
fn preferred<'a>(tables: &[NamePath<'a>]) -> Option<NamePath<'a>> {
    let averaged: Vec<&NamePath<'a>> = tables.iter().filter(|path| is_averaged(path)).collect();
    let of_a_kind = if averaged.is_empty() { tables.iter().collect() } else { averaged };
    let only = |paths: &[&NamePath<'a>]| match paths {
        [only] => Some((*only).clone()),
        _ => None,
    };
    let is_plain = |path: &NamePath<'_>| words(path).iter().all(|word| PLAIN.contains(&word.as_str()));
    let plain: Vec<&NamePath<'a>> = of_a_kind.iter().copied().filter(|path| is_plain(path)).collect();
    only(&of_a_kind).or_else(|| only(&plain))
}

fn is_averaged(path: &[&str]) -> bool {
    let words = words(path);
    // Some write `Gs` as `g_s`.
    words.iter().any(|word| AVERAGED.contains(&word.as_str())) || words.ends_with(&["g".into(), "s".into()])
}

/// The words of a table's name in lower case: `netG_ema` has `net`, `g` and `ema`.
fn words(path: &[&str]) -> Vec<String> {
    let mut words = Vec::new();
    for part in path.iter().filter(|part| !WRAPPERS.contains(part)) {
        let mut before = ' ';
        for letter in part.chars() {
            let begins = !before.is_alphanumeric() || (before.is_lowercase() && letter.is_uppercase());
            if letter.is_alphanumeric() {
                match words.last_mut() {
                    Some(word) if !begins => String::push(word, letter.to_ascii_lowercase()),
                    _ => words.push(letter.to_ascii_lowercase().to_string()),
                }
            }
            before = letter;
        }
    }
    words
}

/// What a person should know of the choice; nothing where there was none and the file has no tables.
fn note(path: &[&str], others: &[NamePath<'_>], was_asked: bool) -> Option<String> {
    let name = plain_name(path);
    if others.is_empty() && name == TOP {
        return None;
    }
    let averaged = if is_averaged(path) { " of averaged weights" } else { "" };
    let taken = match &*name {
        TOP => "the weights at the file's top are taken".to_owned(),
        name => format!("its table {}{averaged} is taken", shown(name)),
    };
    Some(match others {
        _ if was_asked => taken,
        [] => taken,
        [other] => format!("{taken}; --table {} takes the other one", shown(&plain_name(other))),
        others => format!("{taken}; --table takes another one of {}", names(others)),
    })
}

/// What is said of averaged weights in a list, as torch-ema keeps them (`shadow_params`): they have numbers for names,
/// so that nobody knows which is which without the program that wrote them.
fn without_names(list: &[Listed]) -> Option<String> {
    let table = |tensor: &'_ Listed| -> Option<String> {
        let (table, number) = tensor.name.rsplit_once('.')?;
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        (is_number && is_averaged(&table.split('.').collect::<Vec<_>>())).then(|| table.to_owned())
    };
    let mut tables = list.iter().filter_map(table);
    let first = tables.next()?;
    let count = 1 + tables.filter(|table| *table == first).count();
    Some(format!(
        "{} has {count} averaged weights without names, which are left out: to use them, save the model's state_dict \
         with the averages in it",
        shown(&first)
    ))
}

/// Why the table that was asked for cannot be taken.
fn not_there(list: &[Listed], tables: &[&str], generators: &[NamePath<'_>], asked: &str) -> TableError {
    if let Some((table, tensors)) = called(list, asked) {
        let next = match generators {
            [] => "choose a file with an AutoGAN generator".to_owned(),
            generators => format!("choose one with a generator with --table: {}", names(generators)),
        };
        let content = content(tensors.into_iter(), &[]);
        return TableError::ForeignTable { table: shown(&table), content, next };
    }
    let table = shown(asked);
    let there = match generators {
        [] => format!(
            "there is no generator of AutoGAN's kind in it either, but {}",
            content(list.iter(), tables)
        ),
        [only] => match plain_name(only) {
            name if name == TOP => format!("its generator is at the file's top, which is --table {TOP}"),
            name => format!("its generator is in {}", shown(&name)),
        },
        generators => format!("choose one with a generator: {}", names(generators)),
    };
    TableError::NoTable { table, there }
}

/// The outermost table that is called so, with the names of the tables around it and without the wrappers' parts, and
/// its tensors.
fn called<'a>(list: &'a [Listed], asked: &str) -> Option<(String, Vec<&'a Listed>)> {
    let asked = plain_parts(asked);
    if asked.is_empty() {
        return None;
    }
    let table_of = |tensor: &'a Listed| {
        let parts = plain_parts(&tensor.name);
        let depth = parts.windows(asked.len()).position(|part| part == asked)?;
        let end = depth + asked.len();
        // The last part is the tensor's own.
        (end < parts.len()).then(|| (depth, parts[..end].join(".")))
    };
    let (_, table) = list.iter().filter_map(table_of).min_by_key(|(depth, _)| *depth)?;
    let start = format!("{table}.");
    let is_in = |tensor: &&Listed| plain_parts(&tensor.name).join(".").starts_with(&start);
    Some((table, list.iter().filter(is_in).collect()))
}

/// The parts of a name but for the wrappers'.
fn plain_parts(name: &str) -> NamePath<'_> {
    name.split('.').filter(|part| !part.is_empty() && !WRAPPERS.contains(part)).collect()
}

/// Tables in words.
fn names(paths: &[NamePath<'_>]) -> String {
    enumerate(paths.iter().map(|path| shown(&plain_name(path))).collect())
}

fn enumerate(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(MOST_TABLES);
    names.truncate(MOST_TABLES);
    let list = names.join(", ");
    if more == 0 { list } else { format!("{list} and {more} more") }
}

/// Some of the tensors with their shapes, and the tables that they are in, in words.
fn content<'a>(tensors: impl Iterator<Item = &'a Listed>, tables: &[&str]) -> String {
    let tensors: Vec<&Listed> = tensors.collect();
    let some: Vec<String> = tensors.iter().take(MOST_NAMED).map(|tensor| tensor.to_string()).collect();
    let such = if tensors.len() > some.len() { " such as" } else { "" };
    let plural = if tensors.len() == 1 { "" } else { "s" };
    let content = format!("{} tensor{plural}{such} {}", tensors.len(), some.join(", "));
    match tables {
        [] => content,
        tables => {
            let plural = if tables.len() == 1 { "" } else { "s" };
            let tables = enumerate(tables.iter().map(|table| shown(table)).collect());
            format!("the table{plural} {tables} with {content}")
        }
    }
}

#[cfg(test)]
mod tests;
