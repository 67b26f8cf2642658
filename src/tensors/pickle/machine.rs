//! The stack, the memo and the bytes of the machine that reads a pickle.

use std::collections::HashMap;
use std::io::{self, Read};

use super::{DICTIONARY, Id, LONGEST_NAME, MOST_BYTES, MOST_STEPS, PickleValue, SETS, STEPS};
use crate::tensors::{TensorsError, damaged, shown, within};

/// Bytes from which on a text is passed over, where byte strings are: longer than any name.
const LONG_TEXT: u64 = 1024;
/// Most names that are kept for a message.
const MOST_FOREIGN: usize = 10;

/// The stack machine's state.
pub(super) struct StackMachine<'a, R> {
    reader: &'a mut R,
    known: &'a [&'a str],
    /// Whether other names may occur.
    passes_by: bool,
    /// The first of them, each once.
    pub(super) foreign: Vec<String>,
    /// Bytes in all of them.
    named: u64,
    /// Bytes that may be passed over; none where all are held.
    most_passed: Option<u64>,
    /// Bytes passed over so far.
    passed: u64,
    /// Bytes read so far, without those.
    bytes: u64,
    /// Instructions obeyed so far, and items copied by them.
    pub(super) steps: u64,
    pub(super) values: Vec<PickleValue>,
    pub(super) stack: Vec<Id>,
    /// Heights of the stack where containers begin.
    pub(super) marks: Vec<usize>,
    pub(super) memo: HashMap<u32, Id>,
}

impl<'a, R: Read> StackMachine<'a, R> {
    pub(super) fn new(reader: &'a mut R, known: &'a [&'a str]) -> Self {
        Self {
            reader,
            known,
            passes_by: false,
            foreign: Vec::new(),
            named: 0,
            most_passed: None,
            passed: 0,
            bytes: 0,
            steps: 0,
            values: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        }
    }

    /// One that passes over long byte strings, up to `most` bytes in all.
    pub(super) fn passing_over(reader: &'a mut R, known: &'a [&'a str], most: u64) -> Self {
        Self { most_passed: Some(most), ..Self::new(reader, known) }
    }

    /// One that keeps names that are not known as data.
    pub(super) fn passing_by(reader: &'a mut R, known: &'a [&'a str]) -> Self {
        Self { passes_by: true, ..Self::new(reader, known) }
    }

    pub(super) fn get(&self, id: Id) -> &PickleValue {
        &self.values[id as usize]
    }

    pub(super) fn push(&mut self, value: PickleValue) {
        self.stack.push(self.values.len() as Id);
        self.values.push(value);
    }

    pub(super) fn top(&self) -> Result<Id, TensorsError> {
        let bottom = self.marks.last().copied().unwrap_or(0);
        self.stack[bottom..]
            .last()
            .copied()
            .ok_or_else(|| damaged("its pickle takes a value that is not there"))
    }

    pub(super) fn pop(&mut self) -> Result<Id, TensorsError> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    pub(super) fn pop_to_mark(&mut self) -> Result<Vec<Id>, TensorsError> {
        let mark =
            self.marks.pop().ok_or_else(|| damaged("its pickle ends a container that was not begun"))?;
        Ok(self.stack.split_off(mark))
    }

    pub(super) fn extend(&mut self, items: &[Id]) -> Result<(), TensorsError> {
        let list = self.top()?;
        match &mut self.values[list as usize] {
            PickleValue::List(list) => list.extend(items),
            // A subclass of list that is kept as data.
            PickleValue::Call { .. } => {}
            _ => return Err(damaged("its pickle appends to a value that is no list")),
        }
        Ok(())
    }

    pub(super) fn insert(&mut self, items: &[Id]) -> Result<(), TensorsError> {
        let dict = self.top()?;
        match &mut self.values[dict as usize] {
            PickleValue::Dict(dict) => dict.extend(pairs(items)?),
            PickleValue::Call { .. } => {}
            _ => return Err(damaged("its pickle adds a key to a value that is no dictionary")),
        }
        Ok(())
    }

    /// Gives attributes to the value on top. Those of a dictionary (PyTorch's `_metadata`) are not needed.
    pub(super) fn fill(&mut self, attributes: Id) -> Result<(), TensorsError> {
        let top = self.top()?;
        match &mut self.values[top as usize] {
            PickleValue::Dict(_) => {}
            PickleValue::Call { state, .. } => *state = Some(attributes),
            _ => return Err(damaged("its pickle gives attributes to a value that has none")),
        }
        Ok(())
    }

    pub(super) fn remember<const WIDTH: usize>(&mut self) -> Result<(), TensorsError> {
        let place = self.number::<WIDTH>()? as u32;
        self.memo.insert(place, self.top()?);
        Ok(())
    }

    pub(super) fn recall<const WIDTH: usize>(&mut self) -> Result<(), TensorsError> {
        let place = self.number::<WIDTH>()? as u32;
        let value =
            self.memo.get(&place).ok_or_else(|| damaged(format!("its pickle has no value {place}")))?;
        self.stack.push(*value);
        Ok(())
    }

    pub(super) fn push_name(&mut self, module: &str, name: &str) -> Result<(), TensorsError> {
        let length = module.len() as u64 + name.len() as u64;
        within("bytes in the name of a class", length, 2 * LONGEST_NAME)?;
        let name = format!("{module}.{name}");
        if !self.knows(&name) {
            if !self.passes_by {
                return Err(TensorsError::Foreign(shown(&name)));
            }
            // The same two texts make a name again and again by a few bytes.
            self.named += length;
            within("bytes in the names of its classes", self.named, MOST_BYTES)?;
            if self.foreign.len() < MOST_FOREIGN && !self.foreign.contains(&name) {
                self.foreign.push(name.clone());
            }
        }
        self.push(PickleValue::Name(name.into()));
        Ok(())
    }

    /// Whether a function or class is one that may occur.
    pub(super) fn knows(&self, name: &str) -> bool {
        name == DICTIONARY || SETS.contains(&name) || self.known.contains(&name)
    }

    pub(super) fn push_number<const WIDTH: usize>(&mut self) -> Result<(), TensorsError> {
        let number = self.number::<WIDTH>()?;
        self.push(PickleValue::Int(number as i64));
        Ok(())
    }

    pub(super) fn push_long<const WIDTH: usize>(&mut self) -> Result<(), TensorsError> {
        let bytes = self.counted::<WIDTH>()?;
        let sign = if bytes.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
        self.push(match bytes.len() {
            0..=8 => {
                let mut word = [sign; 8];
                word[..bytes.len()].copy_from_slice(&bytes);
                PickleValue::Int(i64::from_le_bytes(word))
            }
            _ => PickleValue::Wide(bytes.into()),
        });
        Ok(())
    }

    pub(super) fn push_text<const WIDTH: usize>(&mut self) -> Result<(), TensorsError> {
        let length = self.number::<WIDTH>()?;
        if let Some(most) = self.most_passed.filter(|_| length >= LONG_TEXT) {
            let start = self.pass_over(length, most.saturating_mul(2))?;
            self.push(PickleValue::PassedText { start, length });
            return Ok(());
        }
        let bytes = self.exactly(length)?;
        // Python 2's strings are bytes, and Python 3's may have lone surrogates: neither stands in names.
        self.push(PickleValue::Text(String::from_utf8_lossy(&bytes).into()));
        Ok(())
    }

    pub(super) fn push_bytes<const WIDTH: usize>(&mut self) -> Result<(), TensorsError> {
        let bytes = self.counted::<WIDTH>()?;
        self.push(PickleValue::Bytes(bytes.into()));
        Ok(())
    }

    /// Whether long byte strings are passed over.
    pub(super) fn passes_over(&self) -> bool {
        self.most_passed.is_some()
    }

    /// Passes over bytes with their number before them, and keeps where they lie.
    pub(super) fn push_place<const WIDTH: usize>(&mut self) -> Result<(), TensorsError> {
        let length = self.number::<WIDTH>()?;
        let start = self.pass_over(length, self.most_passed.unwrap_or(0))?;
        self.push(PickleValue::Passed { start, length });
        Ok(())
    }

    /// Passes over so many bytes, at most `most` in all, and says where they begin.
    fn pass_over(&mut self, length: u64, most: u64) -> Result<u64, TensorsError> {
        let start = self.bytes + self.passed;
        let passed = self.passed.saturating_add(length);
        within("bytes in its arrays", passed, most)?;
        if io::copy(&mut self.reader.by_ref().take(length), &mut io::sink())? != length {
            return Err(damaged("its pickle ends too early"));
        }
        self.passed = passed;
        Ok(start)
    }

    pub(super) fn byte(&mut self) -> Result<u8, TensorsError> {
        Ok(self.number::<1>()? as u8)
    }

    /// A little-endian number of up to eight bytes.
    pub(super) fn number<const WIDTH: usize>(&mut self) -> Result<u64, TensorsError> {
        let mut word = [0; 8];
        self.count(WIDTH as u64)?;
        self.reader.read_exact(&mut word[..WIDTH]).map_err(cut)?;
        Ok(u64::from_le_bytes(word))
    }

    /// Bytes with their number before them. Memory grows with the bytes that are there.
    pub(super) fn counted<const WIDTH: usize>(&mut self) -> Result<Vec<u8>, TensorsError> {
        let length = self.number::<WIDTH>()?;
        self.exactly(length)
    }

    fn exactly(&mut self, length: u64) -> Result<Vec<u8>, TensorsError> {
        self.count(length)?;
        let mut bytes = Vec::new();
        self.reader.by_ref().take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != length {
            return Err(damaged("its pickle ends too early"));
        }
        Ok(bytes)
    }

    /// Text up to the end of a line.
    pub(super) fn line(&mut self) -> Result<String, TensorsError> {
        let mut line = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => return Ok(String::from_utf8_lossy(&line).into_owned()),
                byte => line.push(byte),
            }
            within("bytes in the name of a function", line.len() as u64, LONGEST_NAME)?;
        }
    }

    pub(super) fn step(&mut self, steps: u64) -> Result<(), TensorsError> {
        self.steps += steps;
        within(STEPS, self.steps, MOST_STEPS)
    }

    fn count(&mut self, bytes: u64) -> Result<(), TensorsError> {
        self.bytes = self.bytes.saturating_add(bytes);
        within("bytes in its pickle", self.bytes, MOST_BYTES)
    }
}

pub(super) fn pairs(items: &[Id]) -> Result<Vec<(Id, Id)>, TensorsError> {
    let (pairs, rest) = items.as_chunks::<2>();
    if rest.is_empty() {
        Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect())
    } else {
        Err(damaged("its pickle has a key without a value"))
    }
}

fn cut(problem: io::Error) -> TensorsError {
    match problem.kind() {
        io::ErrorKind::UnexpectedEof => damaged("its pickle ends too early"),
        _ => problem.into(),
    }
}
