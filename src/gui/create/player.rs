//! Plays animations: the bar with the button, the frame and the speed.

use eframe::egui::{self, Role, WidgetInfo};

/// Frames in a second that can be chosen.
const RATES: std::ops::RangeInclusive<f64> = 1.0..=60.0;

/// The position in an animation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Player {
    /// Whether it plays.
    pub playing: bool,
    at: f64,
}

impl Player {
    /// The frame that is shown, of so many.
    pub fn frame(&self, frames: usize) -> usize {
        (self.at as usize).min(frames.saturating_sub(1))
    }

    /// Shows a frame, and stays there.
    pub fn go_to(&mut self, frame: usize) {
        *self = Self { playing: false, at: frame as f64 };
    }

    /// Goes on by so many seconds; an animation begins anew after its last frame.
    fn advance(&mut self, seconds: f64, rate: f64, frames: usize) {
        self.at = (self.at + seconds * rate).rem_euclid(frames.max(1) as f64);
    }

    /// Draws the bar. `words` says what a frame shows.
    pub fn bar(&mut self, ui: &mut egui::Ui, frames: usize, rate: &mut f64, words: &str) {
        if self.playing && frames > 1 {
            // A frame that took long does not make the animation jump.
            let seconds = ui.input(|input| input.stable_dt).min(0.25);
            self.advance(f64::from(seconds), *rate, frames);
            ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(1.0 / rate.max(1.0)));
        }
        ui.horizontal(|ui| {
            let (name, sign) =
                if self.playing { ("Pause the animation", "⏸") } else { ("Play the animation", "▶") };
            let button = ui.add_enabled(frames > 1, egui::Button::new(sign).min_size(egui::vec2(36.0, 26.0)));
            let button = button.on_hover_text("The animation begins anew after its last frame");
            button.widget_info(|| WidgetInfo::labeled(Role::Button, frames > 1, name));
            if button.clicked() {
                self.playing = !self.playing;
            }
            let mut rates = *rate;
            let speed = egui::DragValue::new(&mut rates).range(RATES).speed(0.2).max_decimals(0);
            let speed = ui
                .add(speed.suffix(" frames/s"))
                .on_hover_text("How fast the animation plays and is exported");
            speed.widget_info(|| named(WidgetInfo::drag_value(true, rates), "Frames in a second"));
            *rate = rates;
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

    #[test]
    fn an_animation_plays_at_its_speed_and_begins_anew() {
        let mut player = Player::default();
        player.advance(1.5, 10.0, 20);
        assert_eq!(player.frame(20), 15);
        player.advance(1.0, 10.0, 20);
        assert_eq!(player.frame(20), 5);
        assert_eq!(player.frame(3), 2, "an animation that became shorter is at its end");
        assert_eq!(player.frame(0), 0);
        player.advance(1.0, 10.0, 0);
    }
}
