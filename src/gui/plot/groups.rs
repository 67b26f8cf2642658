//! How curves are called and grouped, by the names that the run gives them.

use crate::gui::state::{capital, rates};

/// The group of a curve: what stands before its last slash, or itself.
pub fn group(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(group, _)| group)
}

/// The group under which a curve is shown: scores of all trainings are together.
pub fn shown_group(name: &str) -> String {
    let is_score = ["fréchet distance", "fid", "inception score", "is"]
        .iter()
        .find(|score| name.rsplit('/').next() == Some(**score));
    match is_score {
        Some(score) => (*score).to_owned(),
        None => group(name).to_owned(),
    }
}

/// A group in words.
pub fn words(group: &str) -> String {
    match group {
        "shared" => "Losses of the shared GAN".to_owned(),
        "controller" => "Controller".to_owned(),
        "speed" => "Speed (steps a second)".to_owned(),
        "fréchet distance" => "Fréchet distance".to_owned(),
        "inception score" => "Inception score".to_owned(),
        "fid" | "is" => group.to_uppercase(),
        rates::GROUP => "Learning rates".to_owned(),
        training => format!("Losses of {training}"),
    }
}

/// A single curve in words: `Winner: generator loss`.
pub fn curve_words(name: &str) -> String {
    let (group, curve) = name.rsplit_once('/').unwrap_or(("", name));
    let curve = match curve {
        "fid" | "is" => curve.to_uppercase(),
        curve if shown_group(name) == curve => words(curve),
        curve => curve.replace('_', " "),
    };
    match group {
        "" => capital(&curve),
        "shared" => format!("Shared GAN: {curve}"),
        group => format!("{}: {curve}", capital(group)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_of_one_training_are_one_group_and_scores_of_all_are_one() {
        assert_eq!(shown_group("shared/generator_loss"), "shared");
        assert_eq!(shown_group("derived 1/discriminator_loss"), "derived 1");
        assert_eq!(shown_group("derived 1/fréchet distance"), shown_group("winner/fréchet distance"));
        assert_eq!(words(&shown_group("winner/generator_loss")), "Losses of winner");
    }

    #[test]
    fn a_curve_says_what_it_is_of() {
        for (name, expected) in [
            ("shared/generator_loss", "Shared GAN: generator loss"),
            ("winner/fréchet distance", "Winner: Fréchet distance"),
            ("derived 1/fid", "Derived 1: FID"),
            ("controller/entropy", "Controller: entropy"),
            ("learning rate/winner generator", "Learning rate: winner generator"),
        ] {
            assert_eq!(curve_words(name), expected);
        }
    }
}
