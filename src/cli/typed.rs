//! The words of the command line, with what a shell has cut apart put together again.

use std::ffi::{OsStr, OsString};

use crate::arch::{Genotype, Slot};

/// The option whose value is an architecture's integer vector, in both ways to write it.
const ARCH: [&str; 2] = ["--arch", "--arch="];

/// The words with each vector behind `--arch` as one, whether it was quoted or not.
pub(super) fn with_whole_vectors(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut words = words.into_iter().peekable();
    let mut whole: Vec<OsString> = Vec::new();
    while let Some(word) = words.next() {
        let text = word.to_str().unwrap_or_default();
        let (is_option, behind) = (text == ARCH[0], text.strip_prefix(ARCH[1]).map(OsString::from));
        whole.push(word);
        let first = if is_option { words.peek().cloned() } else { behind };
        if !first.is_some_and(|first| begins_a_vector(&first)) {
            continue;
        }
        whole.extend(words.next_if(|_| is_option));
        if let Some(vector) = whole.last_mut() {
            while let Some(part) = words.next_if(|word| is_part(word)) {
                vector.push(" ");
                vector.push(part);
            }
        }
    }
    whole
}

/// Whether a word is a part of a vector, and no whole one: what follows a whole one is something else, such as a
/// run that is called 7.
fn begins_a_vector(word: &OsStr) -> bool {
    is_part(word) && word.to_str().is_some_and(|text| Genotype::parse(text).is_err())
}

/// Whether a word is one of those that vectors consist of: numbers with what may stand between them, or the name of
/// a choice behind them.
fn is_part(word: &OsStr) -> bool {
    word.to_str().is_some_and(|text| {
        let number = |c: char| c.is_ascii_digit() || ",/;[](){}".contains(c);
        let is_number = text.contains(|c: char| c.is_ascii_digit()) && text.chars().all(number);
        is_number || Slot::later().any(|slot| slot.name() == text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a line, where `_` stands for a blank within a word.
    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(|word| word.replace('_', " ").into()).collect()
    }

    #[test]
    fn a_vector_without_quotes_is_one_word_and_all_else_stays() {
        for (typed, expected) in [
            ("train --arch 1 0 1 1 --device cpu", "train --arch 1_0_1_1 --device cpu"),
            ("train --arch=1 0 1 1 --device cpu", "train --arch=1_0_1_1 --device cpu"),
            ("train --arch [1, 0, 1, 1]", "train --arch [1,_0,_1,_1]"),
            // Quoted, or with commas: what follows is no part of it.
            ("export --arch 1_0_1_1 7 --to x", "export --arch 1_0_1_1 7 --to x"),
            ("export --arch 1,0,1,1 7 --to x", "export --arch 1,0,1,1 7 --to x"),
            ("export --arch 1 0 1 1 m.pth --to x", "export --arch 1_0_1_1 m.pth --to x"),
            // Nothing that begins one.
            ("train --arch none 1 2", "train --arch none 1 2"),
            ("train --arch --json 1 2", "train --arch --json 1 2"),
            ("sample --architecture 1 2", "sample --architecture 1 2"),
            ("sample --n 1 2", "sample --n 1 2"),
            ("train --arch", "train --arch"),
        ] {
            assert_eq!(with_whole_vectors(words(typed)), words(expected), "{typed}");
        }
        // Choices that AutoGAN does not have stand behind the vector by their names.
        for slot in Slot::later().map(Slot::name) {
            let typed = format!("train --arch 1 0 1 1 {slot} 0 --json");
            let expected = format!("train --arch 1_0_1_1_{slot}_0 --json");
            assert_eq!(with_whole_vectors(words(&typed)), words(&expected));
        }
    }
}
