//! Colours, type and spacing: the only place that names them.

use eframe::egui::{self, Color32, CornerRadius, FontId, Stroke, TextStyle, Theme, Vec2};

use crate::gan::Network;
use crate::search::Curve;

/// Which theme the window has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThemeChoice {
    /// The theme of the desktop.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl ThemeChoice {
    /// All, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::System => "As the system",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The same as a preference of egui.
    pub fn preference(self) -> egui::ThemePreference {
        match self {
            Self::System => egui::ThemePreference::System,
            Self::Light => egui::ThemePreference::Light,
            Self::Dark => egui::ThemePreference::Dark,
        }
    }
}

/// Colours that mean something.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// All that is the generator's.
    pub generator: Color32,
    /// All that is the discriminator's.
    pub discriminator: Color32,
    /// The controller and its rewards.
    pub controller: Color32,
    /// Done, best, kept.
    pub good: Color32,
    /// To be noticed.
    pub warning: Color32,
    /// Failed.
    pub bad: Color32,
    /// Grid lines, frames.
    pub faint: Color32,
    /// Behind pictures and plots.
    pub well: Color32,
}

impl Palette {
    /// The colours of the theme that `ui` has.
    pub fn of(ui: &egui::Ui) -> Self {
        Self::new(ui.visuals().dark_mode)
    }

    /// The colours of the dark or the light theme.
    pub fn new(dark: bool) -> Self {
        let rgb = Color32::from_rgb;
        if dark {
            Self {
                generator: rgb(0xb3, 0x92, 0xf0),
                discriminator: rgb(0x5e, 0xa9, 0xf2),
                controller: rgb(0xe8, 0xa8, 0x4c),
                good: rgb(0x5f, 0xc2, 0x8b),
                warning: rgb(0xe3, 0xb3, 0x41),
                bad: rgb(0xf0, 0x71, 0x78),
                faint: rgb(0x3a, 0x3d, 0x46),
                well: rgb(0x16, 0x17, 0x1b),
            }
        } else {
            Self {
                generator: rgb(0x7a, 0x45, 0xc9),
                discriminator: rgb(0x1a, 0x6f, 0xc4),
                controller: rgb(0x9a, 0x5c, 0x00),
                good: rgb(0x1d, 0x83, 0x4a),
                warning: rgb(0x8a, 0x60, 0x00),
                bad: rgb(0xc2, 0x2f, 0x3a),
                faint: rgb(0xd5, 0xd8, 0xde),
                well: rgb(0xee, 0xf0, 0xf3),
            }
        }
    }

    /// The colour of a curve by what it is of.
    pub fn of_curve(&self, curve: &Curve) -> Color32 {
        match curve {
            Curve::Loss { network: Network::Discriminator, .. }
            | Curve::LearningRate { network: Network::Discriminator, .. } => self.discriminator,
            Curve::Controller(_) => self.controller,
            // Beside the generator's loss.
            Curve::Diversity(_) => self.good,
            _ => self.generator,
        }
    }

    /// Colours of things that are told apart and mean nothing else.
    pub fn distinct(&self, index: usize) -> Color32 {
        let all = [self.generator, self.discriminator, self.controller, self.good, self.bad, self.warning];
        all[index % all.len()]
    }
}

/// A share of `color` over the background, from 0 to 1.
pub fn faded(color: Color32, share: f32) -> Color32 {
    color.gamma_multiply(share)
}

/// Space between groups of controls, in points.
pub const GAP: f32 = 12.0;

/// Gives the window its look.
pub fn apply(ctx: &egui::Context) {
    for theme in [Theme::Dark, Theme::Light] {
        ctx.style_mut_of(theme, |style| {
            let dark = theme == Theme::Dark;
            let palette = Palette::new(dark);
            let sizes = [
                (TextStyle::Small, 11.0),
                (TextStyle::Body, 13.5),
                (TextStyle::Button, 13.5),
                (TextStyle::Heading, 19.0),
            ];
            for (text, size) in sizes {
                style.text_styles.insert(text, FontId::proportional(size));
            }
            style.text_styles.insert(TextStyle::Monospace, FontId::monospace(12.5));
            style.spacing.item_spacing = Vec2::new(8.0, 6.0);
            style.spacing.button_padding = Vec2::new(10.0, 5.0);
            style.spacing.interact_size.y = 26.0;
            let visuals = &mut style.visuals;
            let rgb = Color32::from_rgb;
            (visuals.panel_fill, visuals.window_fill, visuals.extreme_bg_color) = if dark {
                (rgb(0x1f, 0x21, 0x26), rgb(0x25, 0x27, 0x2d), palette.well)
            } else {
                (rgb(0xf8, 0xf9, 0xfa), rgb(0xff, 0xff, 0xff), rgb(0xff, 0xff, 0xff))
            };
            visuals.override_text_color =
                Some(if dark { rgb(0xdc, 0xdf, 0xe4) } else { rgb(0x22, 0x26, 0x2c) });
            visuals.weak_text_color = Some(if dark { rgb(0x98, 0x9e, 0xa8) } else { rgb(0x5d, 0x65, 0x70) });
            visuals.hyperlink_color = palette.discriminator;
            visuals.warn_fg_color = palette.warning;
            visuals.error_fg_color = palette.bad;
            visuals.selection.bg_fill = faded(palette.generator, if dark { 0.35 } else { 0.22 });
            visuals.selection.stroke = Stroke::new(1.0, palette.generator);
            let corners = CornerRadius::same(6);
            for widget in [
                &mut visuals.widgets.noninteractive,
                &mut visuals.widgets.inactive,
                &mut visuals.widgets.hovered,
                &mut visuals.widgets.active,
                &mut visuals.widgets.open,
            ] {
                widget.corner_radius = corners;
            }
            visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, palette.faint);
            visuals.window_corner_radius = CornerRadius::same(10);
            visuals.menu_corner_radius = CornerRadius::same(8);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2).
    fn luminance(color: Color32) -> f64 {
        let linear = |byte: u8| {
            let share = f64::from(byte) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    #[test]
    fn colours_that_mean_something_can_be_read_on_the_background() {
        let ctx = egui::Context::default();
        apply(&ctx);
        for theme in [Theme::Dark, Theme::Light] {
            let style = ctx.style_of(theme);
            let palette = Palette::new(theme == Theme::Dark);
            let Palette { generator, discriminator, controller, good, warning, bad, .. } = palette;
            let weak = style.visuals.weak_text_color.unwrap_or_default();
            for color in [generator, discriminator, controller, good, warning, bad, weak] {
                let (a, b) = (luminance(color), luminance(style.visuals.panel_fill));
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast >= 4.5, "{theme:?} {color:?}: {contrast:.2}");
            }
        }
    }

    #[test]
    fn curves_have_the_colour_of_their_network() {
        let palette = Palette::new(true);
        for (name, color) in [
            ("shared/generator_loss", palette.generator),
            ("winner/discriminator_loss", palette.discriminator),
            ("controller/entropy", palette.controller),
        ] {
            assert_eq!(palette.of_curve(&Curve::from(name.to_owned())), color, "{name}");
        }
    }
}
