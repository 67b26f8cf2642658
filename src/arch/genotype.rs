//! A generator's architecture, with its text form and its JSON form.

use super::slots::skip_bit;
use super::slots::table::{ReadToken, SlotTable, WrittenToken, read};
use super::{ArchError, CellGene, MAX_CELLS, Slot};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// How much of a wrong token a message repeats, in characters.
const LONGEST_SHOWN: usize = 40;

/// The choices of all cells of a generator, or of its first cells while it grows.
///
/// The text form is the integer vector of AutoGAN's released code, `1 0 1 1 1 0 0 1 1 1 0 1 0 3`: for each
/// cell conv, norm, up, shortcut and, from cell 2 on, the bit mask of skips. Slots that AutoGAN does not have
/// stand behind it where they matter: their name and one token for each cell. The JSON form has names, and
/// lists the source cells of the skips, counted from 1:
///
/// ```json
/// {"cells": [{"conv": "pre", "norm": "none", "up": "nearest", "shortcut": true, "skips": []},
///            {"conv": "pre", "norm": "none", "up": "bilinear", "shortcut": true, "skips": [1]}]}
/// ```
///
/// Both readers accept 1 to [`MAX_CELLS`] cells. Only growth starts from the genotype without cells,
/// `Genotype::default()`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "Named")]
pub struct Genotype {
    /// The cells from the latent side to the image side.
    pub cells: Vec<CellGene>,
}

impl Genotype {
    /// Reads the text form. Blanks, commas, slashes, semicolons and brackets may separate the tokens; the
    /// number of cells follows from their number.
    ///
    /// # Errors
    /// A token that is not a number or stands for no choice, or a length that no number of cells has.
    ///
    /// ```
    /// use autogan::arch::Genotype;
    ///
    /// let genotype = Genotype::parse("1 0 1 1 / 1 0 0 1 1")?;
    /// assert_eq!(genotype.tokens(), [1, 0, 1, 1, 1, 0, 0, 1, 1]);
    /// assert_eq!(genotype.describe()[1], "pre-activation, no norm, bilinear, shortcut, skip from cell 1");
    /// let error = Genotype::parse("1 0 3 1").unwrap_err().to_string();
    /// assert!(error.contains("up of cell 1") && error.contains("0 (bilinear), 1 (nearest), 2 (deconv)"));
    /// # Ok::<(), autogan::arch::ArchError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Genotype, ArchError> {
        let separator = |c: char| c.is_whitespace() || ",/;[](){}".contains(c);
        let parts: Vec<&str> = text.split(separator).filter(|part| !part.is_empty()).collect();
        if parts.is_empty() {
            let text = "no architecture was given; write it like 1 0 1 1 1 0 0 1 1";
            return Err(ArchError::arch(text.to_owned()));
        }
        let shown = |part: &str| part.chars().take(LONGEST_SHOWN).collect::<String>();
        let number = |at: usize| {
            let wrong = |_| {
                ArchError::arch(format!(
                    "token {} of the architecture is \"{}\", not a whole number; write it like 1 0 1 1 1 0 0 1 1",
                    at + 1,
                    shown(parts[at])
                ))
            };
            parts[at].parse::<u32>().map_err(wrong)
        };
        let is_later = |part: &&str| Slot::later().any(|slot| slot.name() == *part);
        let end = parts.iter().position(is_later).unwrap_or(parts.len());
        let mut genotype = Self::from_tokens(&(0..end).map(number).collect::<Result<Vec<u32>, _>>()?)?;
        let cells = genotype.cells.len();
        for name in (end..parts.len()).step_by(cells + 1) {
            let slot = Slot::later().find(|slot| slot.name() == parts[name] && name + cells < parts.len());
            let wrong = || {
                ArchError::arch(format!(
                    "behind its vector the architecture has \"{}\"; write the name of a choice there and one token for \
                     each of its {cells} cells",
                    shown(parts[name])
                ))
            };
            let slot = slot.ok_or_else(wrong)?;
            for (cell, gene) in genotype.cells.iter_mut().enumerate() {
                let at = name + 1 + cell;
                *gene = gene.with(slot, checked(slot, cell, at + 1, number(at)?)?);
            }
        }
        Ok(genotype)
    }

    /// The genotype of an integer vector.
    ///
    /// # Errors
    /// A token that stands for no choice, or a length that no number of cells has.
    pub fn from_tokens(tokens: &[u32]) -> Result<Genotype, ArchError> {
        let cells = (tokens.len() + 1) / 5;
        if !(tokens.len() + 1).is_multiple_of(5) || !(1..=MAX_CELLS).contains(&cells) {
            return Err(ArchError::arch(format!(
                "an architecture cannot have {} tokens; write 4 for cell 1 and 5 for each later cell: 4, 9, 14, 19, 24 \
                 or 29",
                tokens.len()
            )));
        }
        let mut genotype = Genotype { cells: vec![CellGene::default(); cells] };
        for ((cell, slot), (at, &value)) in places(cells).zip(tokens.iter().enumerate()) {
            let gene = &mut genotype.cells[cell];
            *gene = gene.with(slot, checked(slot, cell, at + 1, value)?);
        }
        Ok(genotype)
    }

    /// The integer vector: 4 tokens for the first cell and 5 for each later one. Slots that AutoGAN does not
    /// have are not in it.
    pub fn tokens(&self) -> Vec<u32> {
        places(self.cells.len()).map(|(cell, slot)| self.cells[cell].value(slot)).collect()
    }

    /// The first `n` cells; all of them if there are fewer.
    pub fn prefix(&self, n: usize) -> Genotype {
        Genotype { cells: self.cells.iter().copied().take(n).collect() }
    }

    /// This genotype with one more cell.
    pub fn extended(&self, cell: CellGene) -> Genotype {
        let mut longer = self.clone();
        longer.cells.push(cell);
        longer
    }

    /// The choices in words, one line for each cell.
    pub fn describe(&self) -> Vec<String> {
        let cells = self.cells.iter().enumerate();
        cells.map(|(cell, gene)| gene.describe(cell)).collect()
    }

    /// AutoGAN's released top architecture, A (reference code, exps/derive.sh).
    pub fn autogan_a() -> Genotype {
        Self::released([1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 3])
    }

    /// AutoGAN's released architecture B (reference code, models/autogan_cifar10_b.py).
    pub fn autogan_b() -> Genotype {
        Self::released([1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 3])
    }

    /// AutoGAN's released architecture C (reference code, models/autogan_cifar10_c.py).
    pub fn autogan_c() -> Genotype {
        Self::released([1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 3])
    }

    fn released(tokens: [u32; 14]) -> Genotype {
        Self::from_tokens(&tokens).expect("the released vectors have 14 tokens, each in its range")
    }
}

impl fmt::Display for Genotype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens: Vec<String> = self.tokens().iter().map(u32::to_string).collect();
        f.write_str(&tokens.join(" "))?;
        for slot in Slot::later().filter(|&slot| self.cells.iter().any(|gene| gene.mentions(slot))) {
            write!(f, " {}", slot.name())?;
            self.cells.iter().try_for_each(|gene| write!(f, " {}", gene.value(slot)))?;
        }
        Ok(())
    }
}

impl FromStr for Genotype {
    type Err = ArchError;

    fn from_str(text: &str) -> Result<Genotype, ArchError> {
        Self::parse(text)
    }
}

/// What the integer vector of so many cells is about, token by token: a cell (from 0) and a slot.
fn places(cells: usize) -> impl Iterator<Item = (usize, Slot)> {
    let of_cell = |cell| Slot::of_cell(cell).map(move |slot| (cell, slot));
    (0..cells).flat_map(of_cell).filter(|(_, slot)| slot.is_released())
}

/// The token `value` of a slot in cell `cell` (from 0), which stands at `position` (from 1) in the text.
fn checked(slot: Slot, cell: usize, position: usize, value: u32) -> Result<u32, ArchError> {
    let values = 0..slot.values(cell);
    if values.contains(&value) {
        return Ok(value);
    }
    let allowed = if slot == Slot::Skips && cell > 2 {
        format!("0 to {}, one bit for each earlier cell, the highest for cell 1", values.end - 1)
    } else {
        let named = values.map(|value| format!("{value} ({})", slot.value_name(cell, value)));
        named.collect::<Vec<_>>().join(", ")
    };
    let (choice, cell) = (slot.name(), cell + 1);
    Err(ArchError::arch(format!(
        "token {position} of the architecture ({choice} of cell {cell}) is {value}; use {allowed}"
    )))
}

/// The JSON form of a [`Genotype`], as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    cells: Few<NamedCell>,
}

#[derive(Default)]
struct NamedCell {
    gene: CellGene,
    /// Source cells of the skips, from 1.
    sources: Vec<usize>,
}

impl SlotTable for NamedCell {
    const NAME: &'static str = "NamedCell";

    fn requires(key: &str) -> bool {
        Slot::named(key).is_some_and(|slot| slot.is_released() && slot != Slot::Skips)
    }

    fn read_slot<'de, A: MapAccess<'de>>(&mut self, slot: Slot, map: &mut A) -> Result<(), A::Error> {
        match slot {
            Slot::Skips => self.sources = map.next_value::<Few<usize>>()?.0,
            slot => self.gene = self.gene.with(slot, map.next_value_seed(ReadToken(slot))?),
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for NamedCell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer)
    }
}

/// A list of at most [`MAX_CELLS`]: a longer one is given up at the first value too many.
struct Few<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FewVisitor(PhantomData)).map(Few)
    }
}

struct FewVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for FewVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX_CELLS}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            if values.len() == MAX_CELLS {
                return Err(A::Error::custom(format!(
                    "a list is longer than the {MAX_CELLS} of an architecture's cells"
                )));
            }
            values.push(value);
        }
        Ok(values)
    }
}

impl TryFrom<Named> for Genotype {
    type Error = ArchError;

    fn try_from(named: Named) -> Result<Genotype, ArchError> {
        let Few(cells) = named.cells;
        if cells.is_empty() {
            return Err(ArchError::arch(format!("the architecture has 0 cells; give it 1 to {MAX_CELLS}")));
        }
        let mut genotype = Genotype::default();
        for (cell, NamedCell { gene, sources }) in cells.into_iter().enumerate() {
            let mut mask = 0;
            for source_cell in sources {
                let number = cell + 1;
                if !(1..=cell).contains(&source_cell) {
                    return Err(ArchError::arch(format!(
                        "cell {number} takes a skip from cell {source_cell}; only earlier cells, counted from 1, can be \
                         sources"
                    )));
                }
                let bit = skip_bit(cell, source_cell - 1);
                if mask & bit != 0 {
                    return Err(ArchError::arch(format!(
                        "cell {number} lists its skip from cell {source_cell} twice; keep one of them"
                    )));
                }
                mask |= bit;
            }
            genotype.cells.push(gene.with(Slot::Skips, mask));
        }
        Ok(genotype)
    }
}

impl Serialize for Genotype {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cells: Vec<WrittenCell> = self.cells.iter().enumerate().map(WrittenCell).collect();
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("cells", &cells)?;
        map.end()
    }
}

/// A cell's number (from 0) and its gene, to be written in the JSON form.
struct WrittenCell<'a>((usize, &'a CellGene));

impl Serialize for WrittenCell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (cell, gene) = self.0;
        let slots = Slot::ALL.iter().filter(|&&slot| gene.mentions(slot));
        let token = |&slot: &Slot| (slot.name(), WrittenToken { slot, cell, token: gene.value(slot) });
        serializer.collect_map(slots.map(token))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// Any genotype of 1 to 6 cells.
    fn any_genotype() -> impl Strategy<Value = Genotype> {
        prop::collection::vec(any::<[u32; Slot::ALL.len()]>(), 1..=MAX_CELLS).prop_map(|cells| {
            let gene = |(cell, numbers): (usize, &[u32; Slot::ALL.len()])| {
                let tokens = Slot::of_cell(cell).zip(numbers);
                tokens.fold(CellGene::default(), |gene, (slot, number)| {
                    gene.with(slot, number % slot.values(cell))
                })
            };
            Genotype { cells: cells.iter().enumerate().map(gene).collect() }
        })
    }

    proptest! {
        #[test]
        fn text_tokens_and_json_lead_back_to_the_genotype(genotype in any_genotype()) {
            prop_assert_eq!(&Genotype::parse(&genotype.to_string()).unwrap(), &genotype);
            prop_assert_eq!(Genotype::from_tokens(&genotype.tokens()).unwrap().tokens(), genotype.tokens());
            let json = serde_json::to_string(&genotype).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Genotype>(&json).unwrap(), &genotype);
        }

        #[test]
        fn growing_a_prefix_by_the_next_cell_gives_the_longer_prefix(genotype in any_genotype(), n in 0..6usize) {
            prop_assume!(n < genotype.cells.len());
            prop_assert_eq!(genotype.prefix(n).extended(genotype.cells[n]), genotype.prefix(n + 1));
        }
    }

    #[test]
    fn the_usual_ways_to_write_a_vector_are_read() {
        let a = Genotype::autogan_a();
        for text in [
            "1 0 1 1 1 0 0 1 1 1 0 1 0 3",
            "1 0 1 1 / 1 0 0 1 1 / 1 0 1 0 3",
            "[1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 3]",
            " 1,0,1,1,\n1,0,0,1,1,\n1,0,1,0,3\n",
        ] {
            assert_eq!(text.parse::<Genotype>().unwrap(), a, "{text}");
        }
        assert_eq!(a.to_string(), "1 0 1 1 1 0 0 1 1 1 0 1 0 3");
    }

    #[test]
    fn the_json_form_has_names_and_counts_cells_from_one() {
        let json = serde_json::to_value(Genotype::autogan_a()).unwrap();
        let cell = |conv: &str, norm: &str, up: &str, shortcut: bool, skips: &[u32]| serde_json::json!({"conv": conv, "norm": norm, "up": up, "shortcut": shortcut, "skips": skips});
        let expected = serde_json::json!({"cells": [
            cell("pre", "none", "nearest", true, &[]),
            cell("pre", "none", "bilinear", true, &[1]),
            cell("pre", "none", "nearest", false, &[1, 2]),
        ]});
        assert_eq!(json, expected);
    }

    #[test]
    fn the_released_architectures_read_as_the_paper_draws_them() {
        assert_eq!(
            Genotype::autogan_a().describe(),
            [
                "pre-activation, no norm, nearest, shortcut",
                "pre-activation, no norm, bilinear, shortcut, skip from cell 1",
                "pre-activation, no norm, nearest, no shortcut, skips from cells 1 and 2",
            ]
        );
        assert_eq!(
            Genotype::autogan_b().describe()[2],
            "pre-activation, no norm, nearest, shortcut, skips from cells 1 and 2"
        );
        assert_eq!(Genotype::autogan_c().describe()[0], "pre-activation, batch norm, nearest, shortcut");
    }

    #[test]
    fn a_wrong_vector_is_refused_with_place_and_remedy() {
        let message = |text: &str| Genotype::parse(text).unwrap_err().to_string();
        assert_eq!(
            message("1 0 1 1 1 0 5 1 1"),
            "token 7 of the architecture (up of cell 2) is 5; use 0 (bilinear), 1 (nearest), 2 (deconv)"
        );
        assert_eq!(
            message("1 0 1 1 1 0 0 1 1 1 0 1 0 4"),
            "token 14 of the architecture (skips of cell 3) is 4; use 0 (none), 1 (cell 2), 2 (cell 1), 3 (cells 1 and 2)"
        );
        assert!(message("1 0 1 1 1 0 0 1 1 1 0 1 0 3 0 0 0 0 8").contains("use 0 to 7, one bit"));
        assert!(message("1 0 1 x").starts_with("token 4 of the architecture is \"x\""));
        assert!(message("1 0 1 -1").starts_with("token 4 of the architecture is \"-1\""));
        assert!(message("[ ]").starts_with("no architecture was given; write it like 1 0 1 1"));
        for (text, tokens) in [("1 0 1", 3), ("1 0 1 1 1", 5), (&"0 ".repeat(34), 34)] {
            let refusal = format!("an architecture cannot have {tokens} tokens; write 4 for cell 1");
            assert!(message(text).starts_with(&refusal));
        }
    }

    /// Ten megabytes of cells, lists in each other, numbers that are none: refused at the first thing too many.
    #[test]
    fn a_hostile_json_form_is_refused_in_a_short_sentence() {
        let cell = |skips: &str| {
            format!(r#"{{"conv":"pre","norm":"none","up":"nearest","shortcut":true,"skips":{skips}}}"#)
        };
        let cells = |cells: &str| format!(r#"{{"cells":[{cells}]}}"#);
        let many = |text: &str, count: usize| vec![text; count].join(",");
        for (json, reason) in [
            (cells(&many(&cell("[]"), 7)), "longer than the 6"),
            (cells(&many(&cell("[]"), 150_000)), "longer than the 6"),
            (cells(&cell(&format!("[{}]", many("1", 5_000_000)))), "longer than the 6"),
            (cells(&cell("[18446744073709551615]")), "takes a skip from cell 18446744073709551615"),
            (cells(&cell("[1e300]")), "invalid type"),
            (cells(&cell("[-1]")), "invalid value"),
            (cells(&cell("[NaN]")), "expected"),
            (cells(&cell("{}")), "a list of at most 6"),
            (cells(&"[".repeat(10_000_000)), "expected"),
            (format!(r#"{{"cells":{}"#, "[".repeat(10_000_000)), "expected"),
            (format!("{}1", r#"{"x":"#.repeat(1_000_000)), "unknown field"),
            (cells("null"), "invalid type"),
            (r#"{"cells":[],"cells":[]}"#.to_owned(), "duplicate field"),
            (format!(r#"{{"{}":1}}"#, "x".repeat(30)), "unknown field"),
        ] {
            let message = serde_json::from_str::<Genotype>(&json).unwrap_err().to_string();
            assert!(message.contains(reason) && message.len() < 300, "{message} should say: {reason}");
        }
        let six = cells(&many(&cell("[]"), 6));
        assert_eq!(serde_json::from_str::<Genotype>(&six).unwrap().cells.len(), 6);
        assert!(Genotype::parse(&"x".repeat(1_000_000)).unwrap_err().to_string().len() < 300);
    }

    #[test]
    fn a_wrong_json_form_is_refused() {
        let cell = |skips: &str| {
            format!(r#"{{"conv":"pre","norm":"none","up":"nearest","shortcut":true,"skips":{skips}}}"#)
        };
        let message = |json: String| serde_json::from_str::<Genotype>(&json).unwrap_err().to_string();
        let two = |skips| message(format!(r#"{{"cells":[{},{}]}}"#, cell("[]"), cell(skips)));
        assert!(two("[2]").contains("cell 2 takes a skip from cell 2; only earlier cells"));
        assert!(two("[0]").contains("cell 2 takes a skip from cell 0"));
        assert!(two("[1,1]").contains("cell 2 lists its skip from cell 1 twice"));
        assert!(message(r#"{"cells":[]}"#.to_owned()).contains("has 0 cells; give it 1 to 6"));
        let unknown = cell("[]").replace("nearest", "cubic");
        assert!(message(format!(r#"{{"cells":[{unknown}]}}"#)).contains("cubic"));
    }
}
