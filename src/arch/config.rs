//! What a person switches on and off in the search space.

use super::{Conv, Norm, Up};
use serde::{Deserialize, Serialize};

/// The search space as a person writes it: which values each choice may take, for the whole generator and,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpaceConfig {
    /// Number of cells, 1 to 6; each doubles the side.
    pub cells: usize,
    /// Allowed kinds of block.
    pub conv: Vec<Conv>,
    /// Allowed norms.
    pub norm: Vec<Norm>,
    /// Allowed ways to upsample.
    pub up: Vec<Up>,
    /// Whether the shortcut may be off, on or both.
    pub shortcut: Vec<bool>,
    /// Whether the skips between cells are searched, always on or always off.
    pub skips: SkipRule,
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

impl Default for SpaceConfig {
    fn default() -> Self {
        Self {
            cells: 3,
            conv: Conv::ALL.to_vec(),
            norm: Norm::ALL.to_vec(),
            up: Up::ALL.to_vec(),
            shortcut: vec![false, true],
            skips: SkipRule::Free,
            max_params: None,
            max_macs: None,
            cell: Vec::new(),
        }
    }
}

/// What one cell allows instead of what the whole generator does. What is absent is as everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellOverride {
    /// The cell, from 1.
    pub number: usize,
    /// Allowed kinds of block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conv: Option<Vec<Conv>>,
    /// Allowed norms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub norm: Option<Vec<Norm>>,
    /// Allowed ways to upsample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up: Option<Vec<Up>>,
    /// Whether the shortcut may be off, on or both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortcut: Option<Vec<bool>>,
    /// What holds for the skips into this cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skips: Option<SkipRules>,
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
        let expected = SpaceConfig {
            norm: vec![Norm::None, Norm::Batch],
            max_macs: Some(1_500_000_000),
            cell: vec![
                CellOverride {
                    number: 2,
                    skips: Some(SkipRules::All(SkipRule::Always)),
                    ..CellOverride::default()
                },
                CellOverride {
                    number: 3,
                    up: Some(vec![Up::Nearest]),
                    skips: Some(SkipRules::Each(vec![SkipRule::Never, SkipRule::Free])),
                    ..CellOverride::default()
                },
            ],
            ..SpaceConfig::default()
        };
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
