//! PyTorch's files (`.pth`, `.pt`), read without PyTorch and without running anything in them.
//!
//! Both of its formats: the zip archive that torch 1.6 and later write, and the sequence of pickles with the
//! tensors' bytes behind them that earlier ones wrote. Plain tables of tensors are read and checkpoints that
//! hold several of them; a whole pickled model is not, as it consists of calls of the model's own code.

mod inert;
mod storage;
mod view;

use std::io::{BufReader, Read, Seek, SeekFrom};

use self::inert::INERT;
use self::storage::Storages;
use self::view::TensorView;
use super::limits::{MOST_TENSORS, unpacked};
use super::pickle::{Id, Pickle, PickleValue};
use super::{Array, Listed, NamedArrays, TensorsError, damaged, shown, within};

/// Names that PyTorch writes for tensors; [`view`] says what they mean.
const TENSORS: [&str; 16] = [
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
    "torch._tensor._rebuild_from_type_v2",
    "torch.Tensor",
    "torch.Size",
    "torch.FloatStorage",
    "torch.DoubleStorage",
    "torch.HalfStorage",
    "torch.BFloat16Storage",
    "torch.LongStorage",
    "torch.IntStorage",
    "torch.ShortStorage",
    "torch.CharStorage",
    "torch.ByteStorage",
    "torch.BoolStorage",
];

/// Deepest nesting of tables.
const DEEPEST: usize = 64;
/// Longest name of a tensor, in bytes.
const LONGEST_NAME: u64 = 1000;
/// Most values that are looked at in search of tensors: a table that holds itself twice has endlessly many.
const MOST_LOOKS: u64 = 1_000_000;

/// How much of a file is accepted; what exceeds a limit is an error before memory is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Size of the file, in bytes; also of the asked tensors' storages together, should they be packed.
    pub file: u64,
    /// Number of tensors.
    pub tensors: u64,
    /// Number of values in all tensors asked for together. Each is an `f32` in the result; while one
    /// storage is converted, its bytes in the file are held too.
    pub values: u64,
}

impl Default for Limits {
    /// Files up to 1 GiB with up to [`MOST_TENSORS`] tensors of together 2^28 values, which are 1 GiB of `f32`:
    /// ten times the Inception network.
    fn default() -> Self {
        Self { file: 1 << 30, tensors: MOST_TENSORS as u64, values: 1 << 28 }
    }
}

/// A PyTorch file whose description is read and whose tensors are not yet.
#[derive(Debug)]
pub struct PthFile<R> {
    pickle: Pickle,
    storages: Storages<R>,
    limits: Limits,
    /// Bytes that may come out of a file of its size.
    most: u64,
}

impl<R: Read + Seek> PthFile<BufReader<R>> {
    /// Reads the description of a file within the usual [`Limits`].
    ///
    /// # Errors
    ///
    /// If it is no PyTorch file, is damaged, exceeds a limit or refers to code.
    pub fn read(reader: R) -> Result<Self, TensorsError> {
        Self::read_within(reader, Limits::default())
    }

    /// Reads the description of a file within the given limits.
    ///
    /// # Errors
    ///
    /// As [`PthFile::read`].
    pub fn read_within(reader: R, limits: Limits) -> Result<Self, TensorsError> {
        let unread = view::UNREAD.iter().map(|(name, _)| *name);
        let known: Vec<&str> = TENSORS.into_iter().chain(unread).chain(INERT).collect();
        let mut reader = BufReader::new(reader);
        let most = unpacked(reader.seek(SeekFrom::End(0))?);
        let (pickle, storages) = Storages::open(reader, limits.file, &known)?;
        Ok(Self { pickle, storages, limits, most })
    }
}

impl<R: Read + Seek> PthFile<R> {
    /// The names of the top-level tables that hold tensors, in the file's order, such as `gen_state_dict`
    /// and `avg_gen_state_dict`. Empty for a plain `state_dict`, whose tensors stand at the top.
    ///
    /// # Errors
    ///
    /// If the file's tables are nested too deeply or too many.
    pub fn tables(&self) -> Result<Vec<&str>, TensorsError> {
        let mut search = self.search();
        let mut tables = Vec::new();
        for (key, value) in self.table(self.pickle.root()).unwrap_or_default() {
            let (PickleValue::Text(name), Some(_)) = (self.pickle.get(*key), self.table(*value)) else {
                continue;
            };
            let before = search.found.len();
            search.look(*value, name, 1)?;
            if search.found.len() > before {
                tables.push(&**name);
            }
        }
        Ok(tables)
    }

    /// The first classes, each once, of objects that are left out because they are of no known kind; nothing of them
    /// was run.
    pub fn left_out(&self) -> &[String] {
        self.pickle.foreign()
    }

    /// Every tensor of the file by its name, and the shape where its description can be read, in the file's order.
    /// Names of nested tables are joined by dots, as in PyTorch.
    ///
    /// # Errors
    ///
    /// If there is none, or the file's tables are nested too deeply or too many, or hold too many tensors.
    pub fn list(&self) -> Result<Vec<Listed>, TensorsError> {
        let listed = |(name, tensor)| {
            let shape = TensorView::of(&self.pickle, tensor).ok().map(|view| view.shape);
            Listed { name, shape }
        };
        Ok(self.found()?.into_iter().map(listed).collect())
    }

    /// The tensors whose names, as [`PthFile::list`] has them, are `wanted`. Numbers of every kind become `f32`:
    /// halves exactly, doubles and integers rounded, booleans as 0 and 1. What is no tensor is left out.
    ///
    /// # Errors
    ///
    /// If the file has no tensors, a limit is exceeded, or a tensor is damaged.
    pub fn tensors(&mut self, wanted: &dyn Fn(&str) -> bool) -> Result<NamedArrays, TensorsError> {
        let mut found = self.found()?;
        found.retain(|(name, _)| wanted(name));
        let mut views = Vec::with_capacity(found.len());
        let mut values = 0;
        for (name, tensor) in found {
            let view = TensorView::of(&self.pickle, tensor)
                .and_then(|view| self.storages.check(&view.storage).map(|()| view))
                .map_err(|problem| of_tensor(&name, problem))?;
            values += view.values() as u64;
            within("numbers in its tensors", values, self.limits.values.min(self.most / 4))?;
            views.push((name, view));
        }
        // Each storage is read once, however many tensors share it.
        views.sort_by(|(_, a), (_, b)| a.storage.cmp(&b.storage));
        let mut bytes = 0u64;
        for (_, view) in views.chunk_by(|(_, a), (_, b)| a.storage == b.storage).filter_map(<[_]>::first) {
            bytes = bytes.saturating_add(view.storage.bytes()?);
            within("bytes in its storages", bytes, self.limits.file.min(self.most))?;
        }
        let mut arrays = NamedArrays::new();
        for group in views.chunk_by(|(_, a), (_, b)| a.storage == b.storage) {
            let Some((first, view)) = group.first() else { continue };
            let bytes = self.storages.read(&view.storage).map_err(|problem| of_tensor(first, problem))?;
            for (name, view) in group {
                let array = Array { shape: view.shape.clone(), values: view.gather(&bytes) };
                if arrays.insert(name.clone(), array).is_some() {
                    return Err(damaged(format!("two tensors are called {name:?}")));
                }
            }
        }
        Ok(arrays)
    }

    /// The entries of a table; `None` for any other value.
    fn table(&self, id: Id) -> Option<&[(Id, Id)]> {
        match self.pickle.get(id) {
            PickleValue::Dict(entries) => Some(entries),
            _ => None,
        }
    }

    /// Names and places of all tensors.
    fn found(&self) -> Result<Vec<(String, Id)>, TensorsError> {
        let (mut search, root) = (self.search(), self.pickle.root());
        if view::is_tensor(&self.pickle, root) {
            return Err(TensorsError::Nameless);
        }
        search.look(root, "", 0)?;
        match self.left_out() {
            // They may be in it, as in a model that was saved whole.
            [class, ..] if search.found.is_empty() => Err(TensorsError::Foreign(shown(class))),
            _ if search.found.is_empty() => Err(TensorsError::Empty),
            _ => Ok(search.found),
        }
    }

    /// A search for tensors that has found none yet.
    fn search(&self) -> TensorSearch<'_> {
        TensorSearch { pickle: &self.pickle, limit: self.limits.tensors, looks: 0, found: Vec::new() }
    }
}

/// A walk through a pickle in search of tensors.
struct TensorSearch<'a> {
    pickle: &'a Pickle,
    limit: u64,
    looks: u64,
    /// Names and places of the tensors.
    found: Vec<(String, Id)>,
}

impl TensorSearch<'_> {
    fn look(&mut self, id: Id, name: &str, depth: usize) -> Result<(), TensorsError> {
        self.looks += 1;
        within("values in its tables", self.looks, MOST_LOOKS)?;
        within("tables within each other", depth as u64, DEEPEST as u64)?;
        within("bytes in the name of a tensor", name.len() as u64, LONGEST_NAME)?;
        match self.pickle.get(id) {
            PickleValue::Dict(entries) => {
                for (key, value) in entries {
                    match self.pickle.get(*key) {
                        PickleValue::Text(key) => self.look(*value, &joined(name, key), depth + 1)?,
                        PickleValue::Int(key) => {
                            self.look(*value, &joined(name, &key.to_string()), depth + 1)?
                        }
                        _ => {}
                    }
                }
            }
            PickleValue::List(items) | PickleValue::Tuple(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.look(*item, &joined(name, &index.to_string()), depth + 1)?;
                }
            }
            PickleValue::Call { .. } if view::is_tensor(self.pickle, id) => {
                self.found.push((name.to_owned(), id));
                within("tensors", self.found.len() as u64, self.limit)?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn joined(name: &str, key: &str) -> String {
    if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") }
}

/// Says which tensor is damaged.
fn of_tensor(name: &str, problem: TensorsError) -> TensorsError {
    match problem {
        TensorsError::Damaged(what) => damaged(format!("tensor {name:?}: {what}")),
        TensorsError::Unsupported(what) => TensorsError::Unsupported(format!("tensor {name:?}: {what}")),
        other => other,
    }
}

#[cfg(test)]
mod tests;
