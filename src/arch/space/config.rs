//! What a person switches on and off in the search space.

use serde::de::{DeserializeSeed, Deserializer, MapAccess};
use serde::{Deserialize, Serialize, Serializer};

use crate::arch::ArchError;
use crate::arch::slots::table::{SlotTable, WrittenToken, read, token};
use crate::arch::slots::{BySlot, Choices, Slot};

/// The search space as a person writes it: which values each slot may take, for the whole generator and,
/// where a cell differs, for that cell.
///
/// The default is AutoGAN's: three cells, every choice free, no bound on cost. In TOML:
///
/// ```toml
/// [space]
/// cells = 3
/// norm = ["none", "batch"]
/// max_macs = 1_500_000_000
///
/// [[space.cell]]          # cell 3 differs:
/// number = 3
/// up = ["nearest"]
/// skips = ["never", "free"]   # no skip from cell 1; the one from cell 2 is searched
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpaceConfig {
    /// Number of cells, 1 to 6; each doubles the side.
    pub cells: usize,
    /// What each slot allows in every cell that has nothing of its own.
    #[serde(flatten, serialize_with = "write")]
    pub allowed: BySlot<Allowed>,
    /// Most parameters of the whole generator; no bound if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_params: Option<u64>,
    /// Most multiply-accumulates of the whole generator for one image; no bound if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_macs: Option<u64>,
    /// What single cells do differently.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cell: Vec<CellOverride>,
}

/// What one cell allows instead of what the whole generator does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CellOverride {
    /// The cell, from 1.
    pub number: usize,
    /// What each slot allows; as everywhere if absent.
    #[serde(flatten, serialize_with = "write")]
    pub allowed: BySlot<Option<Allowed>>,
}

/// What a slot allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// These tokens of a choice or a switch.
    Tokens(Vec<u32>),
    /// What holds for the skips.
    Skips(SkipRules),
}

impl Default for SpaceConfig {
    fn default() -> Self {
        Self::of(3, |slot| if slot.is_released() { slot.values(0) } else { 1 })
    }
}

impl SpaceConfig {
    /// The space of so many cells in which every choice of every slot is free.
    pub fn full(cells: usize) -> Self {
        Self::of(cells, |slot| slot.values(0))
    }

    /// The space in which every slot has so many of its choices.
    fn of(cells: usize, choices: impl Fn(Slot) -> u32) -> Self {
        let allowed = BySlot::from_fn(|slot| match slot.entry().choices {
            Choices::Skips => Allowed::Skips(SkipRules::All(SkipRule::Free)),
            Choices::OneOf(_) | Choices::Switch(_) => Allowed::Tokens((0..choices(slot)).collect()),
        });
        Self { cells, allowed, max_params: None, max_macs: None, cell: Vec::new() }
    }

    /// What a slot allows in cell `number` (from 1), or where a cell has nothing of its own.
    pub fn allowed(&self, slot: Slot, number: Option<usize>) -> &Allowed {
        let own = self.cell.iter().find(|own| Some(own.number) == number);
        own.and_then(|own| own.allowed[slot].as_ref()).unwrap_or(&self.allowed[slot])
    }

    /// Sets what [`SpaceConfig::allowed`] gives back.
    pub fn allow(&mut self, slot: Slot, number: Option<usize>, allowed: Allowed) {
        let Some(number) = number else {
            self.allowed[slot] = allowed;
            return;
        };
        let place = self.cell.iter().position(|own| own.number == number).unwrap_or_else(|| {
            self.cell.push(CellOverride { number, ..CellOverride::default() });
            self.cell.len() - 1
        });
        self.cell[place].allowed[slot] = Some(allowed);
    }
}

impl SlotTable for SpaceConfig {
    const NAME: &'static str = "SpaceConfig";
    const OWN: &'static [&'static str] = &["cells", "max_params", "max_macs", "cell"];

    fn read_own<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "cells" => self.cells = map.next_value()?,
            "max_params" => self.max_params = map.next_value()?,
            "max_macs" => self.max_macs = map.next_value()?,
            _ => self.cell = map.next_value()?,
        }
        Ok(())
    }

    fn read_slot<'de, A: MapAccess<'de>>(&mut self, slot: Slot, map: &mut A) -> Result<(), A::Error> {
        self.allowed[slot] = map.next_value_seed(ReadAllowed { slot, one_cell: false })?;
        Ok(())
    }
}

impl<'de> Deserialize<'de> for SpaceConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer)
    }
}

impl SlotTable for CellOverride {
    const NAME: &'static str = "CellOverride";
    const OWN: &'static [&'static str] = &["number"];

    fn requires(key: &str) -> bool {
        key == "number"
    }

    fn read_own<'de, A: MapAccess<'de>>(&mut self, _key: &str, map: &mut A) -> Result<(), A::Error> {
        self.number = map.next_value()?;
        Ok(())
    }

    fn read_slot<'de, A: MapAccess<'de>>(&mut self, slot: Slot, map: &mut A) -> Result<(), A::Error> {
        self.allowed[slot] = Some(map.next_value_seed(ReadAllowed { slot, one_cell: true })?);
        Ok(())
    }
}

impl<'de> Deserialize<'de> for CellOverride {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer)
    }
}

/// Reads what a slot allows, in the whole generator or in one cell.
struct ReadAllowed {
    slot: Slot,
    one_cell: bool,
}

impl<'de> DeserializeSeed<'de> for ReadAllowed {
    type Value = Allowed;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Allowed, D::Error> {
        match self.slot.entry().choices {
            Choices::OneOf(choices) => {
                let names = Vec::<String>::deserialize(deserializer)?;
                names.iter().map(|name| token(choices, name)).collect::<Result<_, _>>().map(Allowed::Tokens)
            }
            Choices::Switch(_) => {
                let values = Vec::<bool>::deserialize(deserializer)?;
                Ok(Allowed::Tokens(values.into_iter().map(u32::from).collect()))
            }
            Choices::Skips if self.one_cell => SkipRules::deserialize(deserializer).map(Allowed::Skips),
            Choices::Skips => {
                SkipRule::deserialize(deserializer).map(|rule| Allowed::Skips(SkipRules::All(rule)))
            }
        }
    }
}

/// Writes what slots allow as entries of a table; those without anything are left out.
fn write<'a, T, S: Serializer>(allowed: &'a BySlot<T>, serializer: S) -> Result<S::Ok, S::Error>
where
    &'a T: Into<Option<&'a Allowed>>,
{
    let written = |&slot: &Slot| Some((slot.name(), WrittenAllowed(slot, (&allowed[slot]).into()?)));
    serializer.collect_map(Slot::ALL.iter().filter_map(written))
}

/// What a slot allows, to be written.
struct WrittenAllowed<'a>(Slot, &'a Allowed);

impl Serialize for WrittenAllowed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.1 {
            Allowed::Tokens(tokens) => serializer.collect_seq(tokens.iter().map(|&token| WrittenToken {
                slot: self.0,
                cell: 0,
                token,
            })),
            Allowed::Skips(rules) => rules.serialize(serializer),
        }
    }
}

/// What the search may do with a skip between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipRule {
    /// Off or on.
    Free,
    /// On.
    Always,
    /// Off.
    Never,
}

impl SkipRule {
    /// Whether a skip may be in this state.
    pub fn allows(self, on: bool) -> bool {
        match self {
            SkipRule::Free => true,
            SkipRule::Always => on,
            SkipRule::Never => !on,
        }
    }
}

/// The rules for all skips into one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "skips must be \"free\", \"always\" or \"never\", or a list of these with one for each earlier cell"
)]
pub enum SkipRules {
    /// One rule for every earlier cell.
    All(SkipRule),
    /// One rule for each earlier cell, cell 1 first.
    Each(Vec<SkipRule>),
}

impl SkipRules {
    /// One rule for each cell before cell `cell` (from 0).
    pub(super) fn of_cell(&self, cell: usize) -> Result<Vec<SkipRule>, ArchError> {
        match self {
            SkipRules::All(rule) => Ok(vec![*rule; cell]),
            SkipRules::Each(rules) if rules.len() == cell => Ok(rules.clone()),
            SkipRules::Each(rules) => {
                let (number, found) = (cell + 1, rules.len());
                let text = format!(
                    "skips of cell {number} has {found} rules; give one word for all earlier cells, or a list of {cell}, \
                     cell 1 first"
                );
                Err(ArchError::setting("space.skips", text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_space_written_by_hand_is_read() {
        let text = r#"
            norm = ["none", "batch"]
            max_macs = 1_500_000_000

            [[cell]]
            number = 2
            skips = "always"

            [[cell]]
            number = 3
            up = ["nearest"]
            skips = ["never", "free"]
        "#;
        let config: SpaceConfig = toml::from_str(text).unwrap();
        let mut expected = SpaceConfig { max_macs: Some(1_500_000_000), ..SpaceConfig::default() };
        expected.allow(Slot::Norm, None, Allowed::Tokens(vec![0, 1]));
        expected.allow(Slot::Skips, Some(2), Allowed::Skips(SkipRules::All(SkipRule::Always)));
        expected.allow(Slot::Up, Some(3), Allowed::Tokens(vec![1]));
        let rules = SkipRules::Each(vec![SkipRule::Never, SkipRule::Free]);
        expected.allow(Slot::Skips, Some(3), Allowed::Skips(rules));
        assert_eq!(config, expected);
        let written = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<SpaceConfig>(&written).unwrap(), config);
    }

    #[test]
    fn nothing_written_is_the_full_space() {
        assert_eq!(toml::from_str::<SpaceConfig>("").unwrap(), SpaceConfig::default());
    }

    #[test]
    fn a_wrong_word_is_named() {
        let message = |text: &str| toml::from_str::<SpaceConfig>(text).unwrap_err().to_string();
        assert!(message("up = [\"cubic\"]").contains("unknown variant `cubic`"));
        assert!(message("ups = []").contains("unknown field `ups`"));
        let skips = message("[[cell]]\nnumber = 2\nskips = \"often\"");
        assert!(skips.contains("skips must be \"free\", \"always\" or \"never\""), "{skips}");
        assert!(message("[[cell]]\nskips = \"free\"").contains("missing field `number`"));
    }
}
