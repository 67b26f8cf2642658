//! A reader of Python's pickles that calls nothing.
//!
//! A pickle is a program for a small stack machine, and what makes it dangerous is that it may call any
//! function by name. Here a call is not made but kept as data ([`PickleValue::Call`]), and only names that the
//! caller lists may occur at all. Values lie in one flat list and refer to each other by place, so nothing
//! is ever copied, freed or built recursively, and a pickle that refers to itself is just data.
//!
//! The instructions are those of protocols 2 to 5 (CPython's `Lib/pickletools.py`), which every Python 3
//! and PyTorch write; the text instructions of protocol 0 are refused.

mod machine;

use std::io::Read;

use self::machine::{StackMachine, pairs};
use super::{TensorsError, damaged, shown, within};

/// Place of a value in a [`Pickle`].
pub(super) type Id = u32;

/// Most bytes of one pickle. It describes tensors and does not hold them: a hundred bytes for each.
pub(super) const MOST_BYTES: u64 = 8 << 20;
/// Most instructions of one pickle. Each makes at most one value of 32 bytes and one reference to it, so
/// this bounds the memory of a pickle to some fifty megabytes. A tensor takes some 40 of them.
const MOST_STEPS: u64 = 500_000;
const STEPS: &str = "instructions in its pickle";
/// Most containers that are begun and not ended.
const MOST_MARKS: u64 = 1000;
/// Longest name of a module, function or class, in bytes.
const LONGEST_NAME: u64 = 1000;

/// Python's dictionaries that keep their order are dictionaries here.
const DICTIONARY: &str = "collections.OrderedDict";
/// So are those with a value for keys that are not there, which is all that their call says.
const DEFAULT_DICTIONARY: &str = "collections.defaultdict";
/// Sets are lists here; the first two are Python 2's names, which protocol 2 uses.
const SETS: [&str; 4] = ["__builtin__.set", "__builtin__.frozenset", "builtins.set", "builtins.frozenset"];

/// One value of a pickle.
#[derive(Debug, PartialEq)]
pub(super) enum PickleValue {
    None,
    Bool(bool),
    Int(i64),
    /// An integer of more than 64 bits: two's complement, little-endian.
    Wide(Box<[u8]>),
    Float(f64),
    Text(Box<str>),
    Bytes(Box<[u8]>),
    /// Bytes that were passed over: where they begin in what was read, and how many they are.
    Passed {
        start: u64,
        length: u64,
    },
    /// A long text that was passed over, the same.
    PassedText {
        start: u64,
        length: u64,
    },
    /// A list or a set.
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A function or class, `module.name`.
    Name(Box<str>),
    /// A call that was not made.
    Call {
        /// The [`PickleValue::Name`] called.
        callable: Id,
        /// The [`PickleValue::Tuple`] of its arguments.
        arguments: Id,
        /// What the object that it would make was to be filled with, last.
        state: Option<Id>,
    },
    /// Something outside of the pickle, by its description.
    Persistent(Id),
}

/// A pickle that was read.
#[derive(Debug)]
pub(super) struct Pickle {
    values: Vec<PickleValue>,
    root: Id,
    /// Names that are not known, as [`StackMachine`] keeps them.
    foreign: Vec<String>,
}

impl Pickle {
    /// Reads one pickle and leaves the reader behind its end. `known` are the names of functions and
    /// classes that may occur, besides dictionaries and sets.
    pub(super) fn read(reader: &mut impl Read, known: &[&str]) -> Result<Self, TensorsError> {
        Self::run(StackMachine::new(reader, known))
    }

    /// As [`Pickle::read`], but classes that are not known may occur, as values or for objects that Python would make
    /// without calling a function: they are calls that nobody looks at, and named by [`Pickle::foreign`].
    pub(super) fn read_beside(reader: &mut impl Read, known: &[&str]) -> Result<Self, TensorsError> {
        Self::run(StackMachine::passing_by(reader, known))
    }

    /// As [`Pickle::read`], but byte strings with a length of four or eight bytes and long texts are not held: they
    /// become [`PickleValue::Passed`] and [`PickleValue::PassedText`], and may have `most` bytes in all, two for each
    /// where they are letters.
    pub(super) fn read_around(
        reader: &mut impl Read,
        known: &[&str],
        most: u64,
    ) -> Result<Self, TensorsError> {
        Self::run(StackMachine::passing_over(reader, known, most))
    }

    fn run(mut machine: StackMachine<'_, impl Read>) -> Result<Self, TensorsError> {
        loop {
            machine.step(1)?;
            let instruction = machine.byte()?;
            if instruction == b'.' {
                break;
            }
            machine.obey(instruction)?;
        }
        let root = machine.pop()?;
        Ok(Self { values: machine.values, root, foreign: machine.foreign })
    }

    /// The place of the value that was pickled.
    pub(super) fn root(&self) -> Id {
        self.root
    }

    /// The value that was pickled, alone: a number or a text.
    pub(super) fn into_root(mut self) -> PickleValue {
        self.values.swap_remove(self.root as usize)
    }

    /// The value at a place that this pickle named.
    pub(super) fn get(&self, id: Id) -> &PickleValue {
        &self.values[id as usize]
    }

    /// The first names that occur and are not known, each once.
    pub(super) fn foreign(&self) -> &[String] {
        &self.foreign
    }

    /// All values, also those that nothing refers to.
    pub(super) fn values(&self) -> impl Iterator<Item = &PickleValue> {
        self.values.iter()
    }
}

impl<R: Read> StackMachine<'_, R> {
    fn obey(&mut self, instruction: u8) -> Result<(), TensorsError> {
        match instruction {
            // The frame of a pickle: nothing to do.
            0x80 => drop(self.byte()?),
            0x95 => drop(self.number::<8>()?),
            b'(' => {
                within("containers within each other", self.marks.len() as u64, MOST_MARKS)?;
                self.marks.push(self.stack.len());
            }
            b'0' if self.marks.last() == Some(&self.stack.len()) => drop(self.marks.pop()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_to_mark()?),
            b'2' => self.stack.push(self.top()?),
            // Values.
            b'N' => self.push(PickleValue::None),
            0x88 => self.push(PickleValue::Bool(true)),
            0x89 => self.push(PickleValue::Bool(false)),
            b'J' => {
                let number = self.number::<4>()? as u32;
                self.push(PickleValue::Int(i64::from(number.cast_signed())));
            }
            b'K' => self.push_number::<1>()?,
            b'M' => self.push_number::<2>()?,
            b'G' => {
                let bits = self.number::<8>()?.swap_bytes();
                self.push(PickleValue::Float(f64::from_bits(bits)));
            }
            0x8a => self.push_long::<1>()?,
            0x8b => self.push_long::<4>()?,
            b'T' | b'B' if self.passes_over() => self.push_place::<4>()?,
            0x8e | 0x96 if self.passes_over() => self.push_place::<8>()?,
            b'U' | 0x8c => self.push_text::<1>()?,
            b'T' | b'X' => self.push_text::<4>()?,
            0x8d => self.push_text::<8>()?,
            b'C' => self.push_bytes::<1>()?,
            b'B' => self.push_bytes::<4>()?,
            0x8e | 0x96 => self.push_bytes::<8>()?,
            // Containers.
            b')' => self.push(PickleValue::Tuple(Vec::new())),
            b']' | 0x8f => self.push(PickleValue::List(Vec::new())),
            b'}' => self.push(PickleValue::Dict(Vec::new())),
            0x85..=0x87 => {
                let mut items = Vec::with_capacity(3);
                for _ in 0x85..=instruction {
                    items.push(self.pop()?);
                }
                items.reverse();
                self.push(PickleValue::Tuple(items));
            }
            b't' => {
                let items = self.pop_to_mark()?;
                self.push(PickleValue::Tuple(items));
            }
            b'l' | 0x91 => {
                let items = self.pop_to_mark()?;
                self.push(PickleValue::List(items));
            }
            b'd' => {
                let items = pairs(&self.pop_to_mark()?)?;
                self.push(PickleValue::Dict(items));
            }
            b'a' => {
                let item = self.pop()?;
                self.extend(&[item])?;
            }
            b'e' | 0x90 => {
                let items = self.pop_to_mark()?;
                self.extend(&items)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.insert(&[key, value])?;
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                self.insert(&items)?;
            }
            // Values that are used again.
            b'q' => self.remember::<1>()?,
            b'r' => self.remember::<4>()?,
            0x94 => {
                let place = self.memo.len() as u32;
                self.memo.insert(place, self.top()?);
            }
            b'h' => self.recall::<1>()?,
            b'j' => self.recall::<4>()?,
            // Functions, classes and calls.
            b'c' | b'i' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push_name(&module, &name)?;
                if instruction == b'i' {
                    let callable = self.pop()?;
                    let arguments = self.pop_to_mark()?;
                    self.push(PickleValue::Tuple(arguments));
                    let arguments = self.pop()?;
                    self.call_known(callable, arguments)?;
                }
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                match (self.get(module), self.get(name)) {
                    (PickleValue::Text(module), PickleValue::Text(name)) => {
                        let (module, name) = (module.clone(), name.clone());
                        self.push_name(&module, &name)?;
                    }
                    _ => return Err(damaged("its pickle has a function whose name is no text")),
                }
            }
            b'R' => {
                let (arguments, callable) = (self.pop()?, self.pop()?);
                self.call_known(callable, arguments)?;
            }
            // Objects of a class, which Python makes without calling anything else.
            0x81 => {
                let (arguments, callable) = (self.pop()?, self.pop()?);
                self.call(callable, arguments)?;
            }
            0x92 => {
                let (_named, arguments, callable) = (self.pop()?, self.pop()?, self.pop()?);
                self.call(callable, arguments)?;
            }
            b'o' => {
                let items = self.pop_to_mark()?;
                let (callable, arguments) =
                    items.split_first().ok_or_else(|| damaged("its pickle makes an object of no class"))?;
                self.push(PickleValue::Tuple(arguments.to_vec()));
                let arguments = self.pop()?;
                self.call_known(*callable, arguments)?;
            }
            b'b' => {
                let attributes = self.pop()?;
                self.fill(attributes)?;
            }
            b'Q' => {
                let description = self.pop()?;
                self.push(PickleValue::Persistent(description));
            }
            b'I' | b'L' | b'F' | b'S' | b'V' | b'g' | b'p' | b'P' | 0x82..=0x84 | 0x97 | 0x98 => {
                return Err(TensorsError::Unsupported(format!(
                    "its pickle uses instruction {instruction:#04x}, which protocols 2 to 5 do without"
                )));
            }
            other => return Err(damaged(format!("{other:#04x} is no instruction of a pickle"))),
        }
        Ok(())
    }

    /// Keeps a call as data, unless it is one of a function that is not known: a file with one was made to run it.
    fn call_known(&mut self, callable: Id, arguments: Id) -> Result<(), TensorsError> {
        if let PickleValue::Name(name) = self.get(callable)
            && !self.knows(name)
        {
            return Err(TensorsError::Foreign(shown(name)));
        }
        self.call(callable, arguments)
    }

    /// Keeps a call as data; only dictionaries and sets are made.
    fn call(&mut self, callable: Id, arguments: Id) -> Result<(), TensorsError> {
        let PickleValue::Name(name) = self.get(callable) else {
            return Err(damaged("its pickle calls a value that is no function"));
        };
        let PickleValue::Tuple(given) = self.get(arguments) else {
            return Err(damaged(format!("its pickle calls `{name}` without a tuple of arguments")));
        };
        let items = match given[..] {
            [] => Some([].as_slice()),
            [only] => match self.get(only) {
                PickleValue::List(items) | PickleValue::Tuple(items) => Some(items.as_slice()),
                _ => None,
            },
            _ => None,
        };
        let copied = items.map_or(0, |items| items.len() as u64);
        let value = match (&**name, items) {
            (DICTIONARY, Some(items)) => {
                within(STEPS, self.steps + copied, MOST_STEPS)?;
                PickleValue::Dict(items.iter().map(|pair| self.pair(*pair)).collect::<Result<_, _>>()?)
            }
            (DEFAULT_DICTIONARY, _) => PickleValue::Dict(Vec::new()),
            (name, Some(items)) if SETS.contains(&name) => {
                within(STEPS, self.steps + copied, MOST_STEPS)?;
                PickleValue::List(items.to_vec())
            }
            (name, None) if name == DICTIONARY || SETS.contains(&name) => {
                return Err(damaged(format!("its pickle makes a `{name}` of a value that is no list")));
            }
            _ => PickleValue::Call { callable, arguments, state: None },
        };
        self.push(value);
        // The same list can be copied again and again by a few bytes.
        self.step(copied)
    }

    fn pair(&self, id: Id) -> Result<(Id, Id), TensorsError> {
        match self.get(id) {
            PickleValue::Tuple(pair) | PickleValue::List(pair) if pair.len() == 2 => Ok((pair[0], pair[1])),
            _ => Err(damaged("its pickle makes a dictionary of values that are no pairs")),
        }
    }
}

#[cfg(test)]
mod tests;
