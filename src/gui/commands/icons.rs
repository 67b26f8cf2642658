//! The icons of commands: glyphs of the fonts that egui brings along, so that no system's fonts decide about them.
//!
//! An icon stands before words that say the same, and is no part of a button's name for those who do not see it.

use eframe::egui::Context;

use super::Action;
use crate::engine::Stride;
use crate::gui::theme::ThemeChoice;

/// The least width of a window whose bars have icons, in points.
const WITH_ICONS: f32 = 960.0;

/// The icon of a command; none where no glyph says what it does.
pub fn icon(action: Action) -> Option<&'static str> {
    Some(match action {
        Action::Home => "🏠",
        Action::Demo | Action::Start | Action::Continue | Action::Resume => "▶",
        Action::Setup => "➕",
        Action::Undo => "↩",
        Action::LoadSettings => "📥",
        Action::SaveSettings | Action::Checkpoint => "💾",
        Action::ChooseImages => "🖼",
        Action::OpenRun | Action::Reveal => "🗁",
        Action::Example => "💡",
        Action::Lessons => "🎓",
        Action::OpenModel => "📦",
        Action::Create => "🎨",
        Action::Export => "📤",
        Action::Result => "🏆",
        Action::BackToRun => "⬅",
        Action::Runs => "🗄",
        Action::Compare => "📊",
        Action::Pause => "⏸",
        Action::Step(Stride::Both) => "⏭",
        Action::Stop => "⏹",
        Action::ResetLayout => "⟲",
        Action::Theme(ThemeChoice::Light) => "☀",
        Action::Theme(ThemeChoice::Dark) => "🌙",
        Action::Palette => "🔍",
        Action::Shortcuts => "⌨",
        Action::About => "ℹ",
        _ => return None,
    })
}

/// The words of a button with the icon of its command before them, if it has one.
pub fn with_icon(action: Action, words: &str) -> String {
    icon(action).map_or_else(|| words.to_owned(), |icon| format!("{icon} {words}"))
}

/// The same for a button in a bar, which has to fit into any window: words alone in narrow ones.
pub fn bar_words(ctx: &Context, action: Action, words: &str) -> String {
    if is_wide(ctx) { with_icon(action, words) } else { words.to_owned() }
}

/// The words of the menu of panels in a bar.
pub fn panels_words(ctx: &Context) -> &'static str {
    if is_wide(ctx) { "☰ Panels" } else { "Panels" }
}

fn is_wide(ctx: &Context) -> bool {
    ctx.content_rect().width() >= WITH_ICONS
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use skrifa::{FontRef, MetadataProvider};

    use super::super::table;
    use super::*;

    #[test]
    fn every_icon_is_a_glyph_of_the_fonts_that_come_with_the_program() {
        let icons: Vec<&str> = table().iter().filter_map(|entry| icon(entry.action)).chain(["☰"]).collect();
        assert!(icons.len() > 20, "the icons were not found");
        let fonts = [epaint_default_fonts::NOTO_EMOJI_REGULAR, epaint_default_fonts::EMOJI_ICON];
        let fonts = fonts.map(|bytes| FontRef::new(bytes).unwrap());
        for icon in icons {
            let letters: Vec<char> = icon.chars().collect();
            assert_eq!(letters.len(), 1, "{icon:?} is one glyph");
            assert!(fonts.iter().any(|font| font.charmap().map(letters[0]).is_some()), "{icon}");
        }
        assert_eq!(with_icon(Action::Stop, "Stop"), "⏹ Stop");
        assert_eq!(with_icon(Action::Back, "◀"), "◀");
    }
}
