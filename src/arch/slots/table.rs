//! Tables in TOML and JSON whose keys are slots and names of their own.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

use super::{Choice, Choices, Slot, sources};

/// A table whose keys are slots and names of its own. No other key is read, and none twice.
pub(in crate::arch) trait SlotTable: Default {
    /// What it is, for messages.
    const NAME: &'static str;
    /// The keys that are no slots.
    const OWN: &'static [&'static str] = &[];

    /// Whether a key must be there.
    fn requires(_key: &str) -> bool {
        false
    }

    /// Reads the value of one of its own keys.
    fn read_own<'de, A: MapAccess<'de>>(&mut self, _key: &str, _map: &mut A) -> Result<(), A::Error> {
        Ok(())
    }

    /// Reads the value of a slot.
    fn read_slot<'de, A: MapAccess<'de>>(&mut self, slot: Slot, map: &mut A) -> Result<(), A::Error>;
}

/// Reads a table.
pub(in crate::arch) fn read<'de, D: Deserializer<'de>, T: SlotTable>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(Table(PhantomData))
}

struct Table<T>(PhantomData<T>);

impl<T: SlotTable> Table<T> {
    fn keys() -> impl Iterator<Item = &'static str> + Clone {
        T::OWN.iter().copied().chain(Slot::ALL.iter().map(|slot| slot.name()))
    }
}

impl<'de, T: SlotTable> Visitor<'de> for Table<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "struct {}", T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut table = T::default();
        let mut seen = Vec::new();
        while let Some(key) = map.next_key_seed(Key::<T>(PhantomData))? {
            if seen.contains(&key) {
                return Err(A::Error::duplicate_field(key));
            }
            seen.push(key);
            match Slot::named(key) {
                Some(slot) => table.read_slot(slot, &mut map)?,
                None => table.read_own(key, &mut map)?,
            }
        }
        match Self::keys().find(|key| T::requires(key) && !seen.contains(key)) {
            Some(missing) => Err(A::Error::missing_field(missing)),
            None => Ok(table),
        }
    }
}

/// A key of a table.
struct Key<T>(PhantomData<T>);

impl<'de, T: SlotTable> DeserializeSeed<'de> for Key<T> {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<'de, T: SlotTable> Visitor<'de> for Key<T> {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<&'static str, E> {
        let known = Table::<T>::keys();
        known.clone().find(|known| *known == key).ok_or_else(|| unknown("field", key, known))
    }
}

/// serde's error on a name that is none of those known, which are at least two.
fn unknown<E: Error>(what: &str, name: &str, known: impl Iterator<Item = &'static str>) -> E {
    let known: Vec<String> = known.map(|name| format!("`{name}`")).collect();
    E::custom(format!("unknown {what} `{name}`, expected one of {}", known.join(", ")))
}

/// The token of the choice with this name.
pub(in crate::arch) fn token<E: Error>(choices: &'static [Choice], name: &str) -> Result<u32, E> {
    let token = (0..).zip(choices).find(|(_, choice)| choice.name == name);
    let names = choices.iter().map(|choice| choice.name);
    token.map(|(token, _)| token).ok_or_else(|| unknown("variant", name, names))
}

/// Reads the token of a slot, which is not the skips', from a name or a boolean.
pub(in crate::arch) struct ReadToken(pub Slot);

impl<'de> DeserializeSeed<'de> for ReadToken {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u32, D::Error> {
        match self.0.entry().choices {
            Choices::OneOf(choices) => token(choices, &String::deserialize(deserializer)?),
            Choices::Switch(_) | Choices::Skips => bool::deserialize(deserializer).map(u32::from),
        }
    }
}

/// The token of a slot in cell `cell` (from 0), to be written as a name, a boolean or the numbers (from 1) of
/// the cells whose skips end there.
pub(in crate::arch) struct WrittenToken {
    pub slot: Slot,
    pub cell: usize,
    pub token: u32,
}

impl Serialize for WrittenToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.slot.entry().choices {
            Choices::OneOf(choices) => serializer.serialize_str(choices[self.token as usize].name),
            Choices::Switch(_) => serializer.serialize_bool(self.token == 1),
            Choices::Skips => {
                serializer.collect_seq(sources(self.token, self.cell).iter().map(|source| source + 1))
            }
        }
    }
}
