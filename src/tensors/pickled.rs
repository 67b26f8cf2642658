//! A dictionary that Python pickled, with lists and NumPy arrays in it: how data sets such as CIFAR come.
//!
//! It is read by the machine that reads checkpoints, which calls nothing. The arrays' numbers are passed over: what
//! comes out is where in the file they lie, so that a file of a hundred megabytes costs what its lists cost.

mod latin;

use std::io::Read;

pub(crate) use self::latin::LatinReader;
use super::limits::MOST_DIMENSIONS;
use super::pickle::{Id, Pickle, PickleValue};
use super::{TensorsError, damaged, shown, within};

/// How NumPy makes an array that is filled afterwards, before and since its version 2.
const MADE: [&str; 2] = ["numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"];
/// How it makes one around bytes, which protocol 5 uses.
const AROUND: [&str; 2] = ["numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer"];
/// The class of a kind of numbers.
const KIND: &str = "numpy.dtype";
/// How Python 3 writes bytes by Python 2's protocol: as a text, and what it is encoded in.
const ENCODED: &str = "_codecs.encode";
/// Unsigned bytes in NumPy's notation, with and without the mark that they have no order.
const BYTES: [&[u8]; 2] = [b"u1", b"|u1"];

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
        let known: Vec<&str> =
            MADE.into_iter().chain(AROUND).chain([KIND, "numpy.ndarray", ENCODED]).collect();
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

    /// The whole numbers of a list or a tuple; `None` where there is no such key.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub(crate) fn whole_numbers(&self, key: &str) -> Result<Option<Vec<i64>>, TensorsError> {
        self.list(key, "whole numbers", |id| match self.pickle.get(id) {
            PickleValue::Int(number) => Some(*number),
            _ => None,
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
        let array = self.array(id).ok_or_else(|| {
            damaged(format!("what it has under {key:?} is no array of unsigned bytes as NumPy pickles one"))
        })?;
        let PickledArray { shape, by_columns, start, length, is_text } = array;
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
        let (start, length, is_text) = match *self.pickle.get(bytes) {
            PickleValue::Passed { start, length } => (start, length, false),
            // As Python 3 writes bytes by protocol 2.
            _ => match self.call(bytes)? {
                (ENCODED, [text, encoding], _) if self.text(*encoding)? == b"latin1" => {
                    let PickleValue::PassedText { start, length } = *self.pickle.get(*text) else {
                        return None;
                    };
                    (start, length, true)
                }
                _ => return None,
            },
        };
        let (KIND, [kind, ..], _) = self.call(kind)? else { return None };
        let extents = self.tuple(shape)?;
        within("dimensions in an array", extents.len() as u64, MOST_DIMENSIONS).ok()?;
        let extent = |id: &Id| match self.pickle.get(*id) {
            PickleValue::Int(extent) => usize::try_from(*extent).ok(),
            _ => None,
        };
        let shape = extents.iter().map(extent).collect::<Option<Vec<usize>>>()?;
        BYTES.contains(&self.text(*kind)?).then_some(PickledArray {
            shape,
            by_columns,
            start,
            length,
            is_text,
        })
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
    start: u64,
    length: u64,
    is_text: bool,
}

#[cfg(test)]
mod tests;
