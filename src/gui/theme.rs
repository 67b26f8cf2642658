//! Colours, type and spacing: the only place that names them.

use eframe::egui::style::ScrollStyle;
use eframe::egui::{self, Button, Color32, CornerRadius, FontId, RichText, Stroke, TextStyle, Theme, Vec2};

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
            // It comes with the generator's loss.
            Curve::Diversity(_) => self.good,
            _ => self.generator,
        }
    }

    /// Colours of things that are told apart and mean nothing else: 24 of them, of which the first eight differ
    /// most. All can be read on the background.
    pub fn distinct(&self, index: usize) -> Color32 {
        let hue = HUES[index % HUES.len()];
        let rings = if self.is_dark() { [(0.75, 0.13), (0.88, 0.08), (0.65, 0.17)] } else { RINGS_OF_LIGHT };
        let (lightness, chroma) = rings[index / HUES.len() % rings.len()];
        of_oklch(lightness, chroma, hue)
    }

    fn is_dark(&self) -> bool {
        self.well.r() < 0x80
    }
}

/// Hues that are told apart, in degrees of OKLCH, those that differ most first.
const HUES: [f64; 8] = [300.0, 250.0, 75.0, 155.0, 20.0, 195.0, 345.0, 115.0];
/// Lightness and chroma of the colours that are told apart on a light background.
const RINGS_OF_LIGHT: [(f64, f64); 3] = [(0.50, 0.17), (0.36, 0.11), (0.47, 0.07)];

/// A colour of OKLCH (Ottosson, "A perceptual color space for image processing", 2020), with the hue in degrees;
/// what the screen has not is cut off.
fn of_oklch(lightness: f64, chroma: f64, hue: f64) -> Color32 {
    let (a, b) = (chroma * hue.to_radians().cos(), chroma * hue.to_radians().sin());
    let cube = |a_part: f64, b_part: f64| (lightness + a_part * a + b_part * b).powi(3);
    let l = cube(0.396_337_777_4, 0.215_803_757_3);
    let m = cube(-0.105_561_345_8, -0.063_854_172_8);
    let s = cube(-0.089_484_177_5, -1.291_485_548_0);
    let byte = |linear: f64| {
        let linear = linear.clamp(0.0, 1.0);
        let value =
            if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
        (255.0 * value).round() as u8
    };
    Color32::from_rgb(
        byte(4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s),
        byte(-1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s),
        byte(-0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s),
    )
}

/// A share of `color` over the background, from 0 to 1.
pub fn faded(color: Color32, share: f32) -> Color32 {
    color.gamma_multiply(share)
}

/// The button of what a screen is there for: a screen has one at most that is filled.
pub fn primary_button<'a>(text: RichText) -> Button<'a> {
    // White can be read on this one in both themes.
    Button::new(text.color(Color32::WHITE)).fill(Palette::new(false).generator)
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
            // Thin ones that are always there, beside what they scroll: what is cut off has to be seen to be.
            style.spacing.scroll = ScrollStyle { floating_width: 5.0, ..ScrollStyle::thin() };
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
    fn white_can_be_read_on_the_button_of_a_screen() {
        let contrast = 1.05 / (luminance(Palette::new(false).generator) + 0.05);
        assert!(contrast >= 4.5, "{contrast:.2}");
    }

    #[test]
    fn two_dozen_things_have_colours_that_differ_and_can_be_read() {
        let ctx = egui::Context::default();
        apply(&ctx);
        for theme in [Theme::Dark, Theme::Light] {
            let background = luminance(ctx.style_of(theme).visuals.panel_fill);
            let palette = Palette::new(theme == Theme::Dark);
            let colors: Vec<Color32> = (0..24).map(|index| palette.distinct(index)).collect();
            for (index, color) in colors.iter().enumerate() {
                let (a, b) = (luminance(*color), background);
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast >= 4.5, "{theme:?} {index} {color:?}: {contrast:.2}");
                for (other, before) in colors[..index].iter().enumerate() {
                    let apart = |one: u8, two: u8| i32::from(one.abs_diff(two)).pow(2);
                    let distance = apart(color.r(), before.r())
                        + apart(color.g(), before.g())
                        + apart(color.b(), before.b());
                    assert!(distance >= 24 * 24, "{theme:?} {index} and {other}: {color:?}, {before:?}");
                }
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
            ("winner/diversity", palette.good),
        ] {
            assert_eq!(palette.of_curve(&Curve::from(name.to_owned())), color, "{name}");
        }
    }
}
