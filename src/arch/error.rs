//! What can be wrong with an architecture, a search space or a network's shape.

use super::MAX_CELLS;
use thiserror::Error;

/// What is wrong with an architecture, a search space or a network's shape. Cells count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ArchError {
    /// A part of an integer vector is not a number.
    #[error(
        "token {position} of the architecture is \"{text}\", not a whole number; write it like 1 0 1 1 1 0 0 1 1"
    )]
    NotANumber {
        /// Place in the vector, from 1.
        position: usize,
        /// What stands there.
        text: String,
    },
    /// No number of cells has this many tokens.
    #[error(
        "an architecture cannot have {tokens} tokens; write 4 for cell 1 and 5 for each later cell: 4, 9, 14, 19, 24 or 29"
    )]
    Length {
        /// Number of tokens found.
        tokens: usize,
    },
    /// A token stands for no choice.
    #[error("token {position} of the architecture ({choice} of cell {cell}) is {value}; use {allowed}")]
    Token {
        /// Place in the vector, from 1.
        position: usize,
        /// The cell it belongs to, from 1.
        cell: usize,
        /// Which choice it makes.
        choice: &'static str,
        /// What stands there.
        value: u32,
        /// What may stand there.
        allowed: String,
    },
    /// What stands behind the integer vector is no slot with its tokens.
    #[error(
        "behind its vector the architecture has \"{text}\"; write the name of a choice there and one token for each of its {cells} cells"
    )]
    LaterSlot {
        /// What stands there.
        text: String,
        /// Cells of the architecture.
        cells: usize,
    },
    /// A named architecture has no cell or too many.
    #[error("the architecture has {cells} cells; give it 1 to {MAX_CELLS}")]
    CellCount {
        /// Number of cells found.
        cells: usize,
    },
    /// A cell takes a skip from itself, from a later cell or from none that exists.
    #[error(
        "cell {cell} takes a skip from cell {source_cell}; only earlier cells, counted from 1, can be sources"
    )]
    SkipSource {
        /// The target cell, from 1.
        cell: usize,
        /// The source as given.
        source_cell: usize,
    },
    /// A cell takes the skip of one source more than once.
    #[error("cell {cell} lists its skip from cell {source_cell} twice; keep one of them")]
    SkipTwice {
        /// The target cell, from 1.
        cell: usize,
        /// The source cell, from 1.
        source_cell: usize,
    },
    /// A choice is outside the search space.
    #[error("cell {cell} has {choice} {value}, outside the search space; use {allowed}")]
    Outside {
        /// The cell, from 1.
        cell: usize,
        /// Which choice.
        choice: String,
        /// What was chosen.
        value: String,
        /// What the space allows.
        allowed: String,
    },
    /// More cells than the search space has.
    #[error(
        "the architecture has {cells} cells, but the search space only {limit}; drop the last cells or raise space.cells"
    )]
    TooLong {
        /// Cells of the architecture.
        cells: usize,
        /// Cells of the space.
        limit: usize,
    },
    /// The space's number of cells is out of range.
    #[error("space.cells is {cells}; set it to 1 to {MAX_CELLS}")]
    SpaceCells {
        /// The number given.
        cells: usize,
    },
    /// A list of allowed values is empty.
    #[error("the search space is empty: {choice} of cell {cell} allows no value; list at least one")]
    EmptyChoice {
        /// The cell, from 1.
        cell: usize,
        /// Which choice.
        choice: &'static str,
    },
    /// A list of allowed values names one twice.
    #[error("{choice} of cell {cell} lists {value} twice in the search space; keep one of them")]
    RepeatedValue {
        /// The cell, from 1.
        cell: usize,
        /// Which choice.
        choice: &'static str,
        /// The repeated value.
        value: String,
    },
    /// An override is for a cell that the space does not have.
    #[error("a [[space.cell]] is for cell {number}, but the space has cells 1 to {cells}; change its number")]
    OverrideNumber {
        /// The number given.
        number: usize,
        /// Cells of the space.
        cells: usize,
    },
    /// Two overrides are for one cell.
    #[error("two [[space.cell]] are for cell {number}; join them into one")]
    OverrideTwice {
        /// The cell, from 1.
        number: usize,
    },
    /// A list of skip rules does not fit the cell.
    #[error("skips of cell {cell} has {found} rules; give one word for all earlier cells, or a list of {}, cell 1 first", cell - 1)]
    SkipRules {
        /// The cell, from 1.
        cell: usize,
        /// Number of rules given.
        found: usize,
    },
    /// No architecture is cheap enough.
    #[error(
        "the search space is empty: {bound} is {limit}, but its cheapest architecture ({genotype}) has {needed}; raise {bound}"
    )]
    Bound {
        /// Which bound: `space.max_params` or `space.max_macs`.
        bound: &'static str,
        /// The bound.
        limit: u64,
        /// What the cheapest architecture needs.
        needed: u64,
        /// The cheapest architecture, as an integer vector.
        genotype: String,
    },
    /// A network's shape is out of range.
    #[error("{field} of the generator is {value}; set it to 1 to {limit}")]
    Shape {
        /// Which number of the shape.
        field: &'static str,
        /// The number given.
        value: usize,
        /// The largest allowed.
        limit: usize,
    },
}

impl ArchError {
    /// The setting of a run, dotted, that is wrong; `arch` for an architecture itself.
    pub fn key(&self) -> String {
        match self {
            Self::EmptyChoice { choice, .. } | Self::RepeatedValue { choice, .. } => {
                format!("space.{choice}")
            }
            Self::SkipRules { .. } => "space.skips".to_owned(),
            Self::SpaceCells { .. } => "space.cells".to_owned(),
            Self::OverrideNumber { .. } | Self::OverrideTwice { .. } => "space.cell".to_owned(),
            Self::Bound { bound, .. } => (*bound).to_owned(),
            Self::Shape { field: "channels", .. } => "model.generator_channels".to_owned(),
            Self::Shape { field: "latent", .. } => "model.latent_dim".to_owned(),
            Self::Shape { field, .. } => format!("model.{field}"),
            _ => "arch".to_owned(),
        }
    }
}
