//! The choices in the Create screen, and the latents that they mean.

use super::client::SampleSettings;
use super::player::Playback;
use crate::engine::{DIRECTIONS, SampleWeights};
use crate::rng::Latent;

/// Most images of a grid.
pub const MOST_IMAGES: usize = 144;
/// Most picked images.
pub const MOST_PICKS: usize = 16;
/// Most frames of an interpolation.
pub const MOST_FRAMES: usize = 480;
/// The largest seed that can be typed; all up to here are exact in a control.
pub const LAST_SEED: u64 = 999_999_999;
/// From this threshold on nothing is truncated.
pub const NO_TRUNCATION: f64 = 3.0;
/// The extent of the plane from its origin, in seeds.
pub const REACH: f64 = 100_000.0;
/// From an image of the plane to the next, in seeds.
pub const SPACINGS: std::ops::RangeInclusive<f64> = 0.01..=1.0;
/// Of a distance between two images, how much two places may differ that count as one.
const SAME_PLACE: f64 = 1e-6;

/// The modes of the Create screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreateMode {
    /// Images of seeds that follow each other.
    #[default]
    Seeds,
    /// A part of the plane of seeds.
    Explore,
    /// An animation from picked image to picked image.
    Interpolate,
    /// The pictures of the training as an animation.
    History,
}

impl CreateMode {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Seeds, Self::Explore, Self::Interpolate, Self::History];

    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Seeds => "Seeds",
            Self::Explore => "Explore",
            Self::Interpolate => "Interpolate",
            Self::History => "History",
        }
    }

    /// One sentence that says what it is for.
    pub fn tooltip(self) -> &'static str {
        match self {
            Self::Seeds => "One image for each seed: an overview of what the generator can make",
            Self::Explore => "Latent space as a map: neighbours resemble each other; drag to move over it",
            Self::Interpolate => "An animation that goes through the picked images in the order of picking",
            Self::History => "How the images of the same latents changed while the run went on",
        }
    }
}

/// All choices.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateChoices {
    /// The mode.
    pub mode: CreateMode,
    /// The first seed; the origin of the plane.
    pub first: u64,
    /// Images of the grid.
    pub count: usize,
    /// The middle of the part of the plane that is shown.
    pub place: (f64, f64),
    /// From an image to its neighbour on the plane, in seeds.
    pub spacing: f64,
    /// The largest number in a latent; [`NO_TRUNCATION`] for no limit.
    pub threshold: f64,
    /// Of which weights.
    pub weights: SampleWeights,
    /// How far all images are moved along each direction, in standard deviations.
    pub along: [f64; DIRECTIONS],
    /// Frames from a picked image to the next.
    pub steps: usize,
    /// Whether the animation goes from the last picked image back to the first.
    pub closed: bool,
    /// How animations play; they are exported as fast.
    pub playback: Playback,
    /// A pixel becomes a square of so many in what is exported.
    pub enlarged: u32,
    /// The seed after those that were taken as new ones.
    pub next_new: u64,
    /// The latents of the picked images, in the order of picking.
    pub picks: Vec<Latent>,
}

impl Default for CreateChoices {
    fn default() -> Self {
        Self {
            mode: CreateMode::default(),
            first: 0,
            count: 40,
            place: (0.0, 0.0),
            spacing: 0.25,
            threshold: NO_TRUNCATION,
            weights: SampleWeights::default(),
            along: [0.0; DIRECTIONS],
            steps: 24,
            closed: true,
            playback: Playback { rate: 24.0, loops: true },
            enlarged: 4,
            next_new: 0,
            picks: Vec::new(),
        }
    }
}

impl CreateChoices {
    /// The options by which images are made.
    pub fn sample_settings(&self) -> SampleSettings {
        let truncation = (self.threshold < NO_TRUNCATION).then_some(self.threshold);
        SampleSettings { truncation, weights: self.weights, along: self.along }
    }

    /// The latents of a grid with so many columns.
    pub fn grid(&self, columns: usize) -> Vec<Latent> {
        let count = self.count.clamp(1, MOST_IMAGES);
        let seed = |index: usize| Latent::Seed { seed: self.first.wrapping_add(index as u64) };
        let columns = columns.max(1);
        let middle = |images: usize| (images - 1) as f64 / 2.0;
        let (across, down) = (middle(columns.min(count)), middle(count.div_ceil(columns)));
        let place = |index: usize| Latent::Plane {
            seed: self.first,
            x: self.place.0 + ((index % columns) as f64 - across) * self.spacing,
            y: self.place.1 + ((index / columns) as f64 - down) * self.spacing,
        };
        match self.mode {
            CreateMode::Explore => (0..count).map(place).collect(),
            _ => (0..count).map(seed).collect(),
        }
    }

    /// To the next seeds.
    pub fn resample(&mut self) {
        let next = self.first + self.count as u64;
        self.first = if next > LAST_SEED { 0 } else { next };
    }

    /// Takes so many seeds that are behind those that are shown, and that were not taken before.
    pub fn new_seeds(&mut self, count: usize) -> Vec<Latent> {
        let first = self.next_new.max(self.first + self.count as u64);
        let first = if first + count as u64 > LAST_SEED { 0 } else { first };
        self.next_new = first + count as u64;
        (first..self.next_new).map(|seed| Latent::Seed { seed }).collect()
    }

    /// Moves over the plane, by so many images.
    pub fn pan(&mut self, right: f64, down: f64) {
        let moved = |place: f64, by: f64| (place + by * self.spacing).clamp(-REACH, REACH);
        self.place = (moved(self.place.0, right), moved(self.place.1, down));
    }

    /// Changes the spacing by a factor. The place so many images to the right of the middle and below it stays where it
    /// is.
    pub fn space(&mut self, factor: f64, right: f64, down: f64) {
        let before = self.spacing;
        self.spacing = (before * factor).clamp(*SPACINGS.start(), *SPACINGS.end());
        let less = before / self.spacing - 1.0;
        self.pan(right * less, down * less);
    }

    /// How far images of `made` lie beside their places in the grid with so many columns, to the right and down, in
    /// images. None where they are not of the same grid, moved.
    pub fn lag(&self, made: &[Latent], columns: usize) -> Option<(f64, f64)> {
        let wanted = self.grid(columns);
        let apart = |made: Option<&Latent>, wanted: Option<&Latent>| match (made?, wanted?) {
            (Latent::Plane { seed, x, y }, Latent::Plane { seed: other, x: right, y: down })
                if seed == other =>
            {
                Some(((x - right) / self.spacing, (y - down) / self.spacing))
            }
            _ => None,
        };
        let (first, last) = (apart(made.first(), wanted.first())?, apart(made.last(), wanted.last())?);
        let is_moved = made.len() == wanted.len()
            && (first.0 - last.0).abs() < SAME_PLACE
            && (first.1 - last.1).abs() < SAME_PLACE;
        is_moved.then_some(first)
    }

    /// Picks an image: alone, or beside those that are picked already. One that is picked is put back.
    pub fn pick(&mut self, latent: &Latent, beside: bool) {
        let before = self.picks.iter().position(|pick| pick == latent);
        match (before, beside) {
            (Some(at), true) => drop(self.picks.remove(at)),
            (Some(_), false) if self.picks.len() == 1 => self.picks.clear(),
            (_, false) => self.picks = vec![latent.clone()],
            (None, true) if self.picks.len() < MOST_PICKS => self.picks.push(latent.clone()),
            (None, true) => {}
        }
    }

    /// Ways from a picked image to the next; from the last back to the first is one, too.
    fn ways(&self) -> usize {
        if self.closed { self.picks.len() } else { self.picks.len().saturating_sub(1) }
    }

    /// Frames from a picked image to the next, as many as are not too many in all.
    pub fn animation_steps(&self) -> usize {
        self.steps.clamp(1, (MOST_FRAMES - 1) / self.ways().max(1))
    }

    /// The latents of the animation's frames; none where there are too few picked images.
    pub fn animation(&self) -> Vec<Latent> {
        let picks = &self.picks;
        if picks.len() < 2 {
            return Vec::new();
        }
        let last = picks[picks.len() - 1].clone();
        let ways = self.ways();
        let steps = self.animation_steps();
        let frame = |way: usize, step: usize| match step {
            0 => picks[way].clone(),
            _ => Latent::Between {
                from: Box::new(picks[way].clone()),
                to: Box::new(picks[(way + 1) % picks.len()].clone()),
                t: step as f64 / steps as f64,
            },
        };
        let frames = (0..ways).flat_map(|way| (0..steps).map(move |step| frame(way, step)));
        // A closed animation is at its first frame again; an open one still has to arrive.
        frames.chain((!self.closed).then_some(last)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(seed: u64) -> Latent {
        Latent::Seed { seed }
    }

    #[test]
    fn resampling_shows_every_seed_once() {
        let mut choices = CreateChoices { count: 3, ..CreateChoices::default() };
        let mut seen = choices.grid(2);
        choices.resample();
        seen.extend(choices.grid(2));
        assert_eq!(seen, (0..6).map(seed).collect::<Vec<_>>());
        choices.first = LAST_SEED;
        choices.resample();
        assert_eq!(choices.first, 0);
    }

    #[test]
    fn new_seeds_are_neither_shown_nor_taken_before() {
        let mut choices = CreateChoices { first: 10, count: 5, ..CreateChoices::default() };
        assert_eq!(choices.new_seeds(2), [seed(15), seed(16)]);
        assert_eq!(choices.new_seeds(2), [seed(17), seed(18)]);
        choices.first = 30;
        assert_eq!(choices.new_seeds(1), [seed(35)]);
        choices.first = LAST_SEED;
        assert_eq!(choices.new_seeds(2), [seed(0), seed(1)]);
    }

    #[test]
    fn a_drag_by_one_image_shows_the_neighbours_in_its_place() {
        let mut choices =
            CreateChoices { mode: CreateMode::Explore, count: 12, spacing: 0.5, ..CreateChoices::default() };
        let before = choices.grid(4);
        choices.pan(1.0, 0.0);
        let after = choices.grid(4);
        assert_eq!(before[1..4], after[..3]);
        choices.pan(-1.0, 1.0);
        assert_eq!(before[4..], choices.grid(4)[..8]);
        let one = CreateChoices {
            mode: CreateMode::Explore,
            count: 1,
            place: (2.0, 1.0),
            first: 7,
            ..CreateChoices::default()
        };
        assert_eq!(one.grid(1), [Latent::Plane { seed: 7, x: 2.0, y: 1.0 }]);
    }

    #[test]
    fn the_spacing_changes_around_a_place_and_within_bounds() {
        let mut choices = CreateChoices {
            mode: CreateMode::Explore,
            place: (5.0, -2.0),
            spacing: 0.5,
            ..CreateChoices::default()
        };
        // Two images to the right of the middle and one above it.
        let place = |choices: &CreateChoices| {
            (choices.place.0 + 2.0 * choices.spacing, choices.place.1 - choices.spacing)
        };
        assert_eq!(place(&choices), (6.0, -2.5));
        choices.space(0.5, 2.0, -1.0);
        assert_eq!((choices.spacing, choices.place), (0.25, (5.5, -2.25)));
        assert_eq!(place(&choices), (6.0, -2.5));
        choices.space(1e9, 0.0, 0.0);
        assert_eq!((choices.spacing, choices.place), (1.0, (5.5, -2.25)));
        choices.space(0.0, 0.0, 0.0);
        assert_eq!((choices.spacing, choices.place), (0.01, (5.5, -2.25)));
    }

    #[test]
    fn images_made_before_a_move_lie_beside_their_places() {
        let mut choices =
            CreateChoices { mode: CreateMode::Explore, count: 12, spacing: 0.5, ..CreateChoices::default() };
        let made = choices.grid(4);
        assert_eq!(choices.lag(&made, 4), Some((0.0, 0.0)));
        choices.pan(1.5, -0.25);
        assert_eq!(choices.lag(&made, 4), Some((-1.5, 0.25)));
        assert_eq!(choices.lag(&made, 3), None, "another arrangement");
        assert_eq!(choices.lag(&made[..11], 4), None, "not the same grid");
        choices.spacing = 0.4;
        assert_eq!(choices.lag(&made, 4), None, "another spacing");
        (choices.spacing, choices.first) = (0.5, 1);
        assert_eq!(choices.lag(&made, 4), None, "another plane");
        choices.mode = CreateMode::Seeds;
        assert_eq!(choices.lag(&choices.grid(4), 4), None, "no plane");
    }

    #[test]
    fn picking_is_alone_or_beside_and_again_puts_back() {
        let mut choices = CreateChoices::default();
        for (latent, beside, left) in [
            (1, false, vec![1]),
            (2, true, vec![1, 2]),
            (3, true, vec![1, 2, 3]),
            (2, true, vec![1, 3]),
            (3, false, vec![3]),
            (3, false, vec![]),
        ] {
            choices.pick(&seed(latent), beside);
            assert_eq!(choices.picks, left.into_iter().map(seed).collect::<Vec<_>>());
        }
        (0..100).for_each(|latent| choices.pick(&seed(latent), true));
        assert_eq!(choices.picks.len(), MOST_PICKS);
    }

    #[test]
    fn an_animation_goes_through_all_picked_images_and_a_closed_one_has_no_double_frame() {
        let mut choices =
            CreateChoices { steps: 4, picks: vec![seed(1), seed(2), seed(3)], ..CreateChoices::default() };
        let closed = choices.animation();
        assert_eq!(closed.len(), 12);
        assert_eq!([&closed[0], &closed[4], &closed[8]], [&seed(1), &seed(2), &seed(3)]);
        let last = Latent::Between { from: Box::new(seed(3)), to: Box::new(seed(1)), t: 0.75 };
        assert_eq!(closed.last(), Some(&last));
        choices.closed = false;
        let open = choices.animation();
        assert_eq!((open.len(), open.last()), (9, Some(&seed(3))));
        choices.picks.truncate(1);
        assert!(choices.animation().is_empty());
        choices.picks = (0..16).map(seed).collect();
        choices.steps = 1000;
        assert!(choices.animation().len() <= MOST_FRAMES);
    }
}
