//! Plays animations: the bar with the button, the frame and the speed.

use std::time::Duration;

use eframe::egui::{self, Role, WidgetInfo};

/// Frames in a second that can be chosen.
const RATES: std::ops::RangeInclusive<f64> = 1.0..=60.0;

/// The longest time between two frames of the window that an animation goes on by, in seconds: it does not jump when
/// the window was not drawn for a while. At least one frame of the animation always passes.
const LONGEST_PAUSE: f64 = 0.25;
/// Added to the time until the next frame, in seconds, so that rounding does not have the window drawn just before it.
const MARGIN: f64 = 1e-3;

/// How an animation plays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Playback {
    /// Frames in a second.
    pub rate: f64,
    /// Whether it begins anew after its last frame.
    pub loops: bool,
}

/// The position in an animation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Player {
    playing: bool,
    at: f64,
    /// When it went on last while it plays, on the window's clock in seconds.
    seen: Option<f64>,
}

impl Player {
    /// The frame that is shown, of so many.
    pub fn frame(&self, frames: usize) -> usize {
        (self.at as usize).min(frames.saturating_sub(1))
    }

    /// Shows a frame, and stays there.
    pub fn go_to(&mut self, frame: usize) {
        *self = Self { at: frame as f64, ..Self::default() };
    }

    /// Plays or pauses. One that ended at its last frame begins anew.
    fn toggle(&mut self, frames: usize, loops: bool) {
        let begins = !self.playing && !loops && self.frame(frames) + 1 >= frames;
        *self = Self { playing: !self.playing, at: if begins { 0.0 } else { self.at }, seen: None };
    }

    /// Goes on to the time `now`, in seconds.
    fn advance(&mut self, now: f64, playback: Playback, frames: usize) {
        let passed = self.seen.map_or(0.0, |seen| now - seen);
        self.seen = Some(now);
        let at = self.at + passed.clamp(0.0, LONGEST_PAUSE.max(2.0 / playback.rate)) * playback.rate;
        let end = frames.max(1) as f64;
        if playback.loops || at < end {
            self.at = at.rem_euclid(end);
        } else {
            self.go_to(frames.saturating_sub(1));
        }
    }

    /// The time until the next frame is shown: the window needs no drawing before.
    fn until_next(&self, rate: f64) -> Duration {
        Duration::from_secs_f64((1.0 - self.at.fract()) / rate + MARGIN)
    }

    /// Draws the bar. `words` says what a frame shows.
    pub fn bar(&mut self, ui: &mut egui::Ui, frames: usize, playback: &mut Playback, words: &str) {
        if self.playing && frames > 1 {
            self.advance(ui.input(|input| input.time), *playback, frames);
        }
        if self.playing && frames > 1 {
            ui.ctx().request_repaint_after(self.until_next(playback.rate));
        }
        ui.horizontal(|ui| {
            let (name, sign) =
                if self.playing { ("Pause the animation", "⏸") } else { ("Play the animation", "▶") };
            let button = ui.add_enabled(frames > 1, egui::Button::new(sign).min_size(egui::vec2(36.0, 26.0)));
            let button = button.on_hover_text("Shows one frame after the other, as fast as is set beside it");
            button.widget_info(|| WidgetInfo::labeled(Role::Button, frames > 1, name));
            if button.clicked() {
                self.toggle(frames, playback.loops);
            }
            ui.checkbox(&mut playback.loops, "Loop")
                .on_hover_text("The animation begins anew after its last frame; else it stops there");
            let mut rates = playback.rate;
            let speed = egui::DragValue::new(&mut rates).range(RATES).speed(0.2).max_decimals(0);
            let speed = ui
                .add(speed.suffix(" frames/s"))
                .on_hover_text("How fast the animation plays and is exported");
            speed.widget_info(|| named(WidgetInfo::drag_value(true, rates), "Frames in a second"));
            playback.rate = rates;
            let mut frame = self.frame(frames);
            let last = frames.saturating_sub(1);
            ui.spacing_mut().slider_width = (ui.available_width() - 260.0).max(80.0);
            let slider = egui::Slider::new(&mut frame, 0..=last.max(1)).show_value(false);
            let slider =
                ui.add_enabled(frames > 1, slider).on_hover_text("Moves to a frame of the animation");
            slider.widget_info(|| WidgetInfo::slider(frames > 1, frame as f64, "Frame"));
            if slider.changed() {
                self.go_to(frame);
            }
            let count = format!("{} of {frames}: {words}", (self.frame(frames) + 1).min(frames));
            ui.add(egui::Label::new(egui::RichText::new(count).weak()).truncate());
        });
    }
}

/// Widget information with a name.
pub fn named(mut info: WidgetInfo, name: &str) -> WidgetInfo {
    info.label = Some(name.to_owned());
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A player that plays from the time 10 on.
    fn playing(at: f64) -> Player {
        Player { playing: true, at, seen: Some(10.0) }
    }

    const LOOP: Playback = Playback { rate: 10.0, loops: true };

    #[test]
    fn an_animation_plays_at_its_speed_and_begins_anew() {
        let mut player = Player { playing: true, ..Player::default() };
        player.advance(10.0, LOOP, 20);
        assert_eq!(player.frame(20), 0, "it begins when it is seen first");
        for step in 1..=15 {
            player.advance(10.0 + 0.1 * f64::from(step) + 1e-6, LOOP, 20);
            assert_eq!(player.frame(20), step as usize);
        }
        (0..10).for_each(|step| player.advance(11.6 + 0.1 * f64::from(step) + 1e-6, LOOP, 20));
        assert_eq!(player.frame(20), 5);
        assert_eq!(player.frame(3), 2, "an animation that became shorter is at its end");
        assert_eq!(player.frame(0), 0);
        player.advance(13.0, LOOP, 0);
        assert!(player.playing);
    }

    #[test]
    fn without_a_loop_it_stops_at_its_last_frame_and_plays_again_from_the_first() {
        let once = Playback { loops: false, ..LOOP };
        let mut player = playing(18.0);
        player.advance(10.15, once, 20);
        assert_eq!((player.frame(20), player.playing), (19, true));
        player.advance(10.25, once, 20);
        assert_eq!((player.frame(20), player.playing), (19, false));
        player.toggle(20, false);
        assert_eq!((player.frame(20), player.playing), (0, true));
        player.advance(99.0, once, 20);
        assert_eq!(player.frame(20), 0, "the time of the pause does not count");
        player.toggle(20, false);
        assert!(!player.playing);
    }

    #[test]
    fn a_window_that_was_not_drawn_for_a_while_does_not_make_it_jump() {
        let mut player = playing(3.0);
        player.advance(99.0, LOOP, 20);
        assert_eq!(player.frame(20), 5, "a quarter of a second");
        let mut slow = playing(3.0);
        slow.advance(11.0, Playback { rate: 1.0, ..LOOP }, 20);
        assert_eq!(slow.frame(20), 4, "a second is one frame here, not a pause");
    }

    #[test]
    fn the_window_is_drawn_again_when_the_next_frame_is_due_and_not_before() {
        let mut player = playing(3.25);
        let wait = player.until_next(10.0);
        assert!((wait.as_secs_f64() - 0.076).abs() < 1e-9, "{wait:?}");
        player.advance(10.0 + wait.as_secs_f64(), LOOP, 20);
        assert_eq!(player.frame(20), 4);
        let mut drawn = 0;
        let mut now = 10.0 + wait.as_secs_f64();
        while player.frame(20) != 14 {
            now += player.until_next(10.0).as_secs_f64();
            player.advance(now, LOOP, 20);
            drawn += 1;
        }
        assert_eq!(drawn, 10, "once for each of ten frames");
    }
}
