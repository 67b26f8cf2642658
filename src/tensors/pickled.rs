//! A dictionary that Python pickled, with lists and NumPy arrays in it: how data sets such as CIFAR come.
//!
//! It is read by the machine that reads checkpoints, which calls nothing. The arrays' numbers are passed over: what
//! comes out is where in the file they lie, so that a file of a hundred megabytes costs what its lists cost.

mod latin;
mod whole;

use std::io::{Read, Seek, SeekFrom};

pub(crate) use self::latin::LatinReader;
use self::whole::WholeKind;
use super::limits::MOST_DIMENSIONS;
use super::pickle::{Id, Pickle, PickleValue};
use super::{TensorsError, damaged, shown, within};

/// How NumPy makes an array that is filled afterwards, before and since its version 2.
const MADE: [&str; 2] = ["numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"];
/// How it makes one around bytes, which protocol 5 uses.
const AROUND: [&str; 2] = ["numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer"];
/// How it makes a single number.
const SCALAR: [&str; 2] = ["numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"];
/// The class of a kind of numbers.
const KIND: &str = "numpy.dtype";
/// How Python 3 writes bytes by Python 2's protocol: as a text, and what it is encoded in.
const ENCODED: &str = "_codecs.encode";
/// How it writes no bytes.
const NO_BYTES: &str = "__builtin__.bytes";

/// A pickled dictionary.
#[derive(Debug)]
pub(crate) struct PickledTable {
    pickle: Pickle,
}

/// An array of unsigned bytes that lie in a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PickledBytes {
    /// Extents, outermost first; their product is the number of bytes.
    pub shape: Vec<usize>,
    /// Whether the first index runs fastest.
    pub by_columns: bool,
    /// How many bytes of the file are before them.
    pub start: u64,
    /// Whether they are letters, which a [`LatinReader`] makes bytes again.
    pub is_text: bool,
}

impl PickledTable {
    /// Reads one whose arrays have at most `most` bytes together.
    ///
    /// # Errors
    ///
    /// If it is none, is damaged, is too large or refers to anything but NumPy's arrays.
    pub(crate) fn read(reader: &mut impl Read, most: u64) -> Result<Self, TensorsError> {
        let known: Vec<&str> = MADE
            .into_iter()
            .chain(AROUND)
            .chain(SCALAR)
            .chain([KIND, "numpy.ndarray", ENCODED, NO_BYTES])
            .collect();
        let pickle = Pickle::read_around(reader, &known, most)?;
        match pickle.get(pickle.root()) {
            PickleValue::Dict(_) => Ok(Self { pickle }),
            _ => Err(damaged("it holds no pickled dictionary")),
        }
    }

    /// The first of its keys, fit for a message.
    pub(crate) fn keys(&self) -> String {
        let keys = self.entries().iter().filter_map(|(key, _)| self.text(*key));
        let keys: Vec<String> = keys.take(10).map(|key| shown(&String::from_utf8_lossy(key))).collect();
        if keys.is_empty() { "none".to_owned() } else { keys.join(", ") }
    }

    /// The whole numbers of a list, a tuple or an array `[n]` or `[n, 1]`, at most `most`; `None` where there is no
    /// such key. `file` is what the dictionary was read from.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub(crate) fn whole_numbers(
        &self,
        key: &str,
        most: usize,
        file: &mut (impl Read + Seek),
    ) -> Result<Option<Vec<i64>>, TensorsError> {
        if let Some(id) = self.value(key)
            && let Some(array) = self.array(id)
        {
            return self.numbers_of(key, &array, most, file).map(Some);
        }
        self.list(key, "whole numbers", |id| match self.pickle.get(id) {
            PickleValue::Int(number) => Some(*number),
            _ => self.scalar(id),
        })
    }

    /// The texts of a list or a tuple; `None` where there is no such key.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub(crate) fn texts(&self, key: &str) -> Result<Option<Vec<String>>, TensorsError> {
        self.list(key, "texts", |id| String::from_utf8(self.text(id)?.to_vec()).ok())
    }

    /// Where an array of unsigned bytes lies; `None` where there is no such key.
    ///
    /// # Errors
    ///
    /// If it is something else, or its shape does not fit its bytes.
    pub(crate) fn bytes(&self, key: &str) -> Result<Option<PickledBytes>, TensorsError> {
        let Some(id) = self.value(key) else { return Ok(None) };
        let other = || {
            damaged(format!("what it has under {key:?} is no array of unsigned bytes as NumPy pickles one"))
        };
        let PickledArray { shape, by_columns, kind, content } = self.array(id).ok_or_else(other)?;
        let (true, ArrayContent::Passed { start, length, is_text }) =
            (kind == Some(WholeKind::BYTES), content)
        else {
            return Err(other());
        };
        let product = shape.iter().try_fold(1u64, |product, &extent| product.checked_mul(extent as u64));
        // A letter has one byte or two.
        let least = if is_text { length.div_ceil(2) } else { length };
        if product.is_none_or(|product| !(least..=length).contains(&product)) {
            return Err(damaged(format!("the shape {shape:?} of {key:?} does not fit its {length} bytes")));
        }
        Ok(Some(PickledBytes { shape, by_columns, start, is_text }))
    }

    fn entries(&self) -> &[(Id, Id)] {
        match self.pickle.get(self.pickle.root()) {
            PickleValue::Dict(entries) => entries,
            _ => &[],
        }
    }

    /// The value of a key: of several the last, as in Python.
    fn value(&self, key: &str) -> Option<Id> {
        let is = |(id, _): &&(Id, Id)| self.text(*id) == Some(key.as_bytes());
        self.entries().iter().rev().find(is).map(|(_, value)| *value)
    }

    /// A text of Python 3, or bytes, which are texts in Python 2.
    fn text(&self, id: Id) -> Option<&[u8]> {
        match self.pickle.get(id) {
            PickleValue::Text(text) => Some(text.as_bytes()),
            PickleValue::Bytes(bytes) => Some(bytes),
            _ => match self.call(id)? {
                (NO_BYTES, [], _) => Some(&[]),
                (ENCODED, [text, ..], _) => match self.pickle.get(*text) {
                    // The same in every encoding.
                    PickleValue::Text(text) if text.is_ascii() => Some(text.as_bytes()),
                    _ => None,
                },
                _ => None,
            },
        }
    }

    fn list<T>(
        &self,
        key: &str,
        what: &str,
        item: impl Fn(Id) -> Option<T>,
    ) -> Result<Option<Vec<T>>, TensorsError> {
        let Some(id) = self.value(key) else { return Ok(None) };
        let items = match self.pickle.get(id) {
            PickleValue::List(items) | PickleValue::Tuple(items) => {
                items.iter().map(|id| item(*id)).collect::<Option<Vec<T>>>()
            }
            _ => None,
        };
        items.map(Some).ok_or_else(|| damaged(format!("what it has under {key:?} is no list of {what}")))
    }

    /// The numbers of an array of whole numbers.
    fn numbers_of(
        &self,
        key: &str,
        array: &PickledArray,
        most: usize,
        file: &mut (impl Read + Seek),
    ) -> Result<Vec<i64>, TensorsError> {
        let PickledArray { shape, kind, content, .. } = array;
        let kind =
            kind.ok_or_else(|| damaged(format!("what it has under {key:?} is no array of whole numbers")))?;
        let ([count] | [count, 1]) = shape[..] else {
            return Err(damaged(format!("the shape {shape:?} of {key:?} is none of a list of numbers")));
        };
        if count > most {
            return Err(damaged(format!("it has {count} numbers under {key:?} where at most {most} belong")));
        }
        let mut bytes = Vec::new();
        let length = count.saturating_mul(kind.size()) as u64;
        match content {
            ArrayContent::There(there) => bytes.clone_from(there),
            ArrayContent::Passed { start, is_text, .. } => {
                file.seek(SeekFrom::Start(*start))?;
                let read = if *is_text {
                    LatinReader::new(file).take(length).read_to_end(&mut bytes)
                } else {
                    file.take(length).read_to_end(&mut bytes)
                };
                read.map_err(|error| damaged(error.to_string()))?;
            }
        }
        let fits = match content {
            ArrayContent::Passed { length: there, is_text: false, .. } => *there == length,
            _ => bytes.len() as u64 == length,
        };
        if !fits {
            return Err(damaged(format!("the shape {shape:?} of {key:?} does not fit its bytes")));
        }
        Ok(bytes.chunks_exact(kind.size()).map(|number| kind.number(number)).collect())
    }

    /// A whole number of NumPy's.
    fn scalar(&self, id: Id) -> Option<i64> {
        let (name, [kind, number], _) = self.call(id)? else { return None };
        let kind = self.kind(*kind).filter(|_| SCALAR.contains(&name))?;
        let ArrayContent::There(bytes) = self.content(*number)? else { return None };
        (bytes.len() == kind.size()).then(|| kind.number(&bytes))
    }

    fn array(&self, id: Id) -> Option<PickledArray> {
        let (name, arguments, state) = self.call(id)?;
        let (shape, kind, by_columns, bytes) = if MADE.contains(&name) {
            let [_version, shape, kind, by_columns, bytes] = self.tuple(state?)?.try_into().ok()?;
            let by_columns = match self.pickle.get(by_columns) {
                PickleValue::Bool(by_columns) => *by_columns,
                PickleValue::Int(by_columns) => *by_columns != 0,
                _ => return None,
            };
            (shape, kind, by_columns, bytes)
        } else if AROUND.contains(&name) {
            let [bytes, kind, shape, order] = arguments.try_into().ok()?;
            (shape, kind, self.text(order)? == b"F", bytes)
        } else {
            return None;
        };
        let extents = self.tuple(shape)?;
        within("dimensions in an array", extents.len() as u64, MOST_DIMENSIONS).ok()?;
        let extent = |id: &Id| match self.pickle.get(*id) {
            PickleValue::Int(extent) => usize::try_from(*extent).ok(),
            _ => None,
        };
        let shape = extents.iter().map(extent).collect::<Option<Vec<usize>>>()?;
        Some(PickledArray { shape, by_columns, kind: self.kind(kind), content: self.content(bytes)? })
    }

    /// A kind of whole numbers; none of others.
    fn kind(&self, id: Id) -> Option<WholeKind> {
        let (KIND, [kind, ..], state) = self.call(id)? else { return None };
        // A version, the order of bytes, and what only other kinds have.
        let order = state.and_then(|state| self.tuple(state)?.get(1).copied());
        WholeKind::of(self.text(*kind)?, order.and_then(|order| self.text(order)).unwrap_or(b"|"))
    }

    /// The bytes of an array or a number.
    fn content(&self, id: Id) -> Option<ArrayContent> {
        match self.pickle.get(id) {
            PickleValue::Passed { start, length } => {
                Some(ArrayContent::Passed { start: *start, length: *length, is_text: false })
            }
            PickleValue::Bytes(bytes) => Some(ArrayContent::There(bytes.to_vec())),
            // As Python 3 writes bytes by protocol 2.
            _ => match self.call(id)? {
                (ENCODED, [text, encoding], _) if self.text(*encoding)? == b"latin1" => {
                    match self.pickle.get(*text) {
                        PickleValue::PassedText { start, length } => {
                            Some(ArrayContent::Passed { start: *start, length: *length, is_text: true })
                        }
                        PickleValue::Text(text) => {
                            let mut bytes = Vec::new();
                            LatinReader::new(text.as_bytes()).read_to_end(&mut bytes).ok()?;
                            Some(ArrayContent::There(bytes))
                        }
                        _ => None,
                    }
                }
                _ => None,
            },
        }
    }

    /// The name, the arguments and the state of a call.
    fn call(&self, id: Id) -> Option<(&str, &[Id], Option<Id>)> {
        let PickleValue::Call { callable, arguments, state } = self.pickle.get(id) else { return None };
        match self.pickle.get(*callable) {
            PickleValue::Name(name) => Some((name, self.tuple(*arguments)?, *state)),
            _ => None,
        }
    }

    fn tuple(&self, id: Id) -> Option<&[Id]> {
        match self.pickle.get(id) {
            PickleValue::Tuple(items) => Some(items),
            _ => None,
        }
    }
}

/// An array whose shape is not yet held against its bytes.
struct PickledArray {
    shape: Vec<usize>,
    by_columns: bool,
    /// None of other numbers than whole ones.
    kind: Option<WholeKind>,
    content: ArrayContent,
}

/// The bytes of an array's numbers.
enum ArrayContent {
    /// They themselves, where they are few.
    There(Vec<u8>),
    /// Where they begin in the file, and how many bytes of it they take; as letters they take one or two each.
    Passed { start: u64, length: u64, is_text: bool },
}

#[cfg(test)]
mod tests;
