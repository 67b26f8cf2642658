//! Where the numbers lie in the two formats of PyTorch's files.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};

use super::view::Storage;
use crate::input::START;
use crate::tensors::archive::Archive;
use crate::tensors::pickle::{MOST_BYTES, Pickle, PickleValue};
use crate::tensors::{TensorsError, damaged, other_kind, shown, within};

/// The first number of the older format, 0x1950a86a20f9469cfc6c, little-endian.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
/// The second one.
const PROTOCOL: i64 = 1001;
const PYTORCH: &str = "PyTorch file";
const OTHER_KIND: TensorsError = TensorsError::OtherKind { expected: PYTORCH };
/// How names of files of weights end, which are looked for in an archive that is none.
const WEIGHTS: [&str; 6] = [".pth", ".pt", ".ckpt", ".bin", ".safetensors", ".pth.tar"];

/// The bytes of the tensors' storages.
#[derive(Debug)]
pub(super) enum Storages<R> {
    /// Entries of an archive.
    Zip {
        archive: Archive<R>,
        /// The folder inside the archive, with its slash.
        folder: String,
    },
    /// Parts of the file behind its pickles.
    Legacy {
        reader: R,
        /// Storages and where their numbers begin, by key.
        places: HashMap<String, (Storage, u64)>,
    },
}

impl<R: Read + Seek> Storages<R> {
    /// The pickled object of a file of at most `limit` bytes, and the storages that it refers to. `known`
    /// are the names that may occur.
    pub(super) fn open(mut reader: R, limit: u64, known: &[&str]) -> Result<(Pickle, Self), TensorsError> {
        let size = reader.seek(SeekFrom::End(0))?;
        within("bytes", size, limit)?;
        reader.rewind()?;
        let mut start = Vec::new();
        reader.by_ref().take(START).read_to_end(&mut start)?;
        reader.rewind()?;
        match start[..] {
            [b'P', b'K', 3, 4, ..] => Self::open_zip(reader, limit, known),
            // Every pickle of protocol 2 and later.
            [0x80, ..] => Self::open_legacy(reader, size, known),
            _ => Err(other_kind(&start, PYTORCH)),
        }
    }

    fn open_zip(reader: R, limit: u64, known: &[&str]) -> Result<(Pickle, Self), TensorsError> {
        let mut archive = Archive::open(reader, limit)?;
        let names = archive.names();
        let folders = names.iter().filter_map(|name| name.strip_suffix("data.pkl"));
        let folders = folders.filter(|folder| folder.is_empty() || folder.ends_with('/'));
        let folder = folders.min_by_key(|folder| folder.len()).ok_or_else(|| packed(&names))?.to_owned();
        let order = format!("{folder}byteorder");
        if archive.size(&order).is_some() && archive.read(&order, 16)? != b"little" {
            return Err(big_endian());
        }
        let bytes = archive.read(&format!("{folder}data.pkl"), MOST_BYTES)?;
        let pickle = Pickle::read_beside(&mut &*bytes, known)?;
        Ok((pickle, Self::Zip { archive, folder }))
    }

    fn open_legacy(mut reader: R, size: u64, known: &[&str]) -> Result<(Pickle, Self), TensorsError> {
        let magic = Pickle::read(&mut reader, &[]).map_err(|_| OTHER_KIND)?;
        if magic.into_root() != PickleValue::Wide(MAGIC.into()) {
            return Err(OTHER_KIND);
        }
        if Pickle::read(&mut reader, &[])?.into_root() != PickleValue::Int(PROTOCOL) {
            return Err(TensorsError::Unsupported("it is of an unknown version of PyTorch's format".into()));
        }
        if !is_little_endian(&Pickle::read(&mut reader, &[])?) {
            return Err(big_endian());
        }
        let pickle = Pickle::read_beside(&mut reader, known)?;
        let keys = Pickle::read(&mut reader, &[])?;
        let places = places(&mut reader, size, &pickle, &keys)?;
        Ok((pickle, Self::Legacy { reader, places }))
    }

    /// Checks that the file really has the bytes that a storage declares.
    pub(super) fn check(&self, storage: &Storage) -> Result<(), TensorsError> {
        let Storage { key, numbers, .. } = storage;
        match self {
            Self::Zip { archive, folder } => {
                let (name, bytes) = (entry(folder, key), storage.bytes()?);
                match archive.size(&name) {
                    Some(size) if size == bytes => Ok(()),
                    Some(size) => Err(damaged(format!(
                        "{numbers} numbers of {bytes} bytes are declared and {size} bytes are there"
                    ))),
                    None => Err(damaged(format!("the archive has no entry {name:?}"))),
                }
            }
            Self::Legacy { places, .. } => match places.get(key) {
                Some((known, _)) if known == storage => Ok(()),
                _ => Err(damaged(format!("storage {key:?} is not in the file's list, or in another size"))),
            },
        }
    }

    /// The bytes of a storage that was checked.
    pub(super) fn read(&mut self, storage: &Storage) -> Result<Vec<u8>, TensorsError> {
        let size = storage.bytes()?;
        let bytes = match self {
            Self::Zip { archive, folder } => archive.read(&entry(folder, &storage.key), size)?,
            Self::Legacy { reader, places } => {
                let (_, place) = places.get(&storage.key).ok_or_else(|| damaged("its storage is missing"))?;
                reader.seek(SeekFrom::Start(*place))?;
                let mut bytes = Vec::new();
                reader.by_ref().take(size).read_to_end(&mut bytes)?;
                bytes
            }
        };
        if bytes.len() as u64 == size { Ok(bytes) } else { Err(damaged("its storage ends too early")) }
    }
}

/// The error of an archive of these entries that is no PyTorch file.
fn packed(names: &[String]) -> TensorsError {
    let is_weights = |name: &&String| WEIGHTS.iter().any(|ending| name.to_lowercase().ends_with(ending));
    names.iter().find(is_weights).map_or(OTHER_KIND, |name| TensorsError::Packed(name.clone()))
}

fn entry(folder: &str, key: &str) -> String {
    format!("{folder}data/{key}")
}

/// Where each storage begins. They lie one after the other in the order of `keys`, each behind its count,
/// and must end before the file does.
fn places<R: Read + Seek>(
    reader: &mut R,
    size: u64,
    pickle: &Pickle,
    keys: &Pickle,
) -> Result<HashMap<String, (Storage, u64)>, TensorsError> {
    let mut declared = HashMap::new();
    for value in pickle.values() {
        if let PickleValue::Persistent(description) = value {
            let storage = Storage::of(pickle, *description)?;
            declared.insert(storage.key.clone(), storage);
        }
    }
    let PickleValue::List(list) = keys.get(keys.root()) else {
        return Err(damaged("the list of its storages is missing"));
    };
    let mut places = HashMap::new();
    let mut place = reader.stream_position()?;
    for key in list {
        let PickleValue::Text(key) = keys.get(*key) else {
            return Err(damaged("a storage's name is no text"));
        };
        let storage = declared.remove(&**key);
        let storage =
            storage.ok_or_else(|| damaged(format!("storage `{}` is listed and nowhere used", shown(key))))?;
        let mut count = [0; 8];
        reader.seek(SeekFrom::Start(place))?;
        reader.read_exact(&mut count).map_err(|_| damaged(format!("it ends before storage {key:?}")))?;
        if u64::from_le_bytes(count) != storage.numbers as u64 {
            return Err(damaged(format!("storage {key:?} has another size than its tensors say")));
        }
        let start = place + 8;
        place = start
            .checked_add(storage.bytes()?)
            .filter(|end| *end <= size)
            .ok_or_else(|| damaged(format!("it ends within storage {key:?}")))?;
        places.insert(key.to_string(), (storage, start));
    }
    Ok(places)
}

fn is_little_endian(system: &Pickle) -> bool {
    let PickleValue::Dict(entries) = system.get(system.root()) else { return false };
    entries.iter().any(|(key, value)| {
        *system.get(*key) == PickleValue::Text("little_endian".into())
            && *system.get(*value) == PickleValue::Bool(true)
    })
}

fn big_endian() -> TensorsError {
    TensorsError::Unsupported("its numbers were written by a big-endian machine".into())
}
