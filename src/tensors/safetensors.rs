//! Safetensors files from anywhere.
//!
//! The crate checks that tensors lie one behind the other, fill the file and fit their shapes. What it accepts
//! beyond that - headers of 100 MB, a million tensors, the same name twice - is refused here before it builds
//! anything.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use safetensors::SafeTensors;
use serde::Deserialize;
use serde::de::{Deserializer as _, Error as _, IgnoredAny, MapAccess, Visitor};

use super::limits::{MOST_DIMENSIONS, MOST_HEADER, MOST_METADATA, unpacked};
use super::numbers::NumberKind;
use super::{Array, NamedArrays, TensorsError, damaged, shown, within};

/// The key beside the tensors' names.
const METADATA: &str = "__metadata__";
/// Bytes of the header's length in front of it.
const LENGTH: usize = 8;

/// Whether bytes begin as a safetensors file does.
pub fn is_safetensors(bytes: &[u8]) -> bool {
    header_length(bytes).is_some()
}

/// The tensors of a safetensors file, at most `most`, and its metadata.
///
/// # Errors
///
/// If it is no such file, contradicts itself or is over a limit.
pub fn open_safetensors(
    bytes: &[u8],
    most: usize,
) -> Result<(SafeTensors<'_>, HashMap<String, String>), TensorsError> {
    let Some(length) = header_length(bytes) else {
        return Err(TensorsError::OtherKind { expected: "safetensors file" });
    };
    within("bytes in its header", length as u64, MOST_HEADER)?;
    check_header(&bytes[LENGTH..LENGTH + length], most)?;
    let wrong = |error: safetensors::SafeTensorError| damaged(error.to_string());
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(wrong)?;
    let metadata = header.metadata().clone().unwrap_or_default();
    Ok((SafeTensors::deserialize(bytes).map_err(wrong)?, metadata))
}

/// Those tensors of an opened file whose names are `wanted`, as `f32`: halves exactly, doubles and integers rounded,
/// booleans as 0 and 1. They are gone through in the order of their names, so that the same file always has the same
/// complaint.
///
/// # Errors
///
/// If a tensor has numbers of a kind that is not read, or they become more bytes than may come out of such a file.
pub fn read_safetensors(
    file: &SafeTensors<'_>,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<NamedArrays, TensorsError> {
    let held: u64 = file.iter().map(|(_, view)| view.data().len() as u64).sum();
    let mut views: Vec<_> = file.iter().filter(|(name, _)| wanted(name)).collect();
    views.sort_by_key(|(name, _)| *name);
    let mut values = 0;
    let mut kinds = Vec::with_capacity(views.len());
    for (name, view) in &views {
        let (name, kind) = (shown(name), view.dtype());
        let kind =
            NumberKind::of_dtype(kind).ok_or(TensorsError::Numbers { name, kind: format!("{kind:?}") })?;
        values += (view.data().len() / kind.size()) as u64;
        within("numbers in its tensors", values, unpacked(held) / size_of::<f32>() as u64)?;
        kinds.push(kind);
    }
    let read = views.into_iter().zip(kinds).map(|((name, view), kind)| {
        let array = Array { shape: view.shape().to_vec(), values: kind.numbers(view.data()).collect() };
        (name.to_owned(), array)
    });
    Ok(read.collect())
}

/// The header's length, where the file has so many bytes and they begin as JSON.
fn header_length(bytes: &[u8]) -> Option<usize> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let header = rest.get(..length)?;
    (header.first() == Some(&b'{')).then_some(length)
}

/// Walks through the header and keeps nothing of it but the names and where their bytes lie.
fn check_header(header: &[u8], most: usize) -> Result<(), TensorsError> {
    let mut json = serde_json::Deserializer::from_slice(header);
    let checked = json.deserialize_map(Names { most }).and_then(|places| json.end().map(|()| places));
    let mut places =
        checked.map_err(|error| damaged(format!("its header: {}", shown(&error.to_string()))))?;
    // The crate checks this, too, and names any one of those that lie at the same place.
    places.sort();
    let mut end = 0;
    for ([from, to], name) in places {
        if from != end || to < from {
            return Err(damaged(format!("its header: invalid offset for tensor {:?}", shown(&name))));
        }
        end = to;
    }
    Ok(())
}

struct Names {
    most: usize,
}

impl<'de> Visitor<'de> for Names {
    type Value = Vec<([u64; 2], String)>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("tensors by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut places = HashMap::new();
        while let Some(name) = map.next_key::<String>()? {
            let place = if name == METADATA {
                map.next_value::<Texts>()?;
                None
            } else {
                Some(map.next_value::<Tensor>()?.data_offsets)
            };
            if places.len() > self.most {
                return Err(A::Error::custom(format!("more than {} tensors are declared", self.most)));
            }
            match places.entry(name) {
                Entry::Occupied(twice) => {
                    let problem = format!("{:?} is there twice", shown(twice.key()));
                    return Err(A::Error::custom(problem));
                }
                Entry::Vacant(new) => drop(new.insert(place)),
            }
        }
        Ok(places.into_iter().filter_map(|(name, place)| Some((place?, name))).collect())
    }
}

/// What stands for a tensor, and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tensor {
    #[serde(rename = "dtype")]
    _dtype: String,
    #[serde(rename = "shape")]
    _shape: CountedExtents,
    data_offsets: [u64; 2],
}

/// Extents that are counted and not kept.
struct CountedExtents;

impl<'de> Deserialize<'de> for CountedExtents {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Self)
    }
}

impl<'de> Visitor<'de> for CountedExtents {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of extents")
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        let mut count = 0;
        while list.next_element::<u64>()?.is_some() {
            count += 1;
            if count > MOST_DIMENSIONS {
                return Err(A::Error::custom(format!("a tensor has more than {MOST_DIMENSIONS} dimensions")));
            }
        }
        Ok(self)
    }
}

/// The metadata's texts, counted and not kept.
struct Texts;

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for Texts {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("texts by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut count = 0;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            count += 1;
            if count > MOST_METADATA {
                return Err(A::Error::custom(format!("more than {MOST_METADATA} texts beside the tensors")));
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
