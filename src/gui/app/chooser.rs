//! The window's own dialog for files and folders, for systems that have none. It is used with the mouse or by keys
//! alone: the arrows select, Enter opens, Alt and the upper arrow go to the parent folder.

use std::path::{Path, PathBuf};

use directories::UserDirs;
use eframe::egui::{self, Button, Id, Key, Modifiers, RichText, TextEdit};

use super::folder_list::{FolderEntry, FolderList, FoundPath, look_at, nearest};
use crate::gui::background::BackgroundTask;
use crate::gui::dialogs::{AnswerKind, FileKind, Question, with_ending};
use crate::gui::session::Wake;
use crate::gui::theme::{GAP, Palette};

/// Size of the list where the window has room for it, in points.
const WIDTH: f32 = 560.0;
const HEIGHT: f32 = 320.0;
/// Height of the dialog without its list, in points.
const AROUND: f32 = 300.0;
/// Pictures before the names of folders.
const FOLDER: &str = "📁";

/// What came of a frame with the dialog.
pub enum ChooserState {
    /// It stays open.
    Open,
    /// Nothing is wanted.
    Cancelled,
    /// This file or folder.
    Chosen(PathBuf),
}

/// The dialog while it is open.
pub struct FileChooser {
    question: Question,
    /// The folder that is shown, with what lies in it.
    folder: PathBuf,
    list: FolderList,
    /// The path as it is typed.
    typed: String,
    /// The name of a file that will be written.
    name: String,
    /// The kind of files that are shown, by its number among those of the question; all files after the last.
    kind: usize,
    shows_hidden: bool,
    /// The selected entry, by its number in the list.
    selected: Option<usize>,
    /// The selection was moved by a key, and may be out of sight.
    is_moved: bool,
    /// A look at a path that goes on, and whether what is found there shall be the answer.
    looking: Option<(BackgroundTask<Result<FoundPath, String>>, bool)>,
    /// A folder was shown, or gone to.
    is_begun: bool,
    problem: Option<String>,
    /// A file that is there already and would be replaced.
    replaced: Option<PathBuf>,
}

impl FileChooser {
    /// One that asks `question`, and begins where that says, else in the folder `last`, else at home.
    pub fn new(question: Question, last: Option<&Path>, wake: &Wake) -> Self {
        let begin = question.begin.clone().or_else(|| last.map(Path::to_owned)).unwrap_or_else(home);
        let name = match &question.wanted {
            AnswerKind::Save { name, .. } => name.clone(),
            AnswerKind::Open(_) | AnswerKind::Folder => String::new(),
        };
        let folder = begin.clone();
        Self {
            question,
            typed: folder.display().to_string(),
            folder,
            list: FolderList::default(),
            name,
            kind: 0,
            shows_hidden: false,
            selected: None,
            is_moved: false,
            looking: Some((BackgroundTask::begin(wake, move || nearest(&begin)), false)),
            is_begun: false,
            problem: None,
            replaced: None,
        }
    }

    /// Draws it.
    pub fn show(&mut self, ctx: &egui::Context, wake: &Wake) -> ChooserState {
        if let Some(path) = self.arrive() {
            return ChooserState::Chosen(path);
        }
        let mut state = self.keys(ctx, wake);
        let modal = egui::Modal::new(Id::unique("file chooser")).show(ctx, |ui| {
            let room = ctx.content_rect().size();
            ui.set_width(WIDTH.min(room.x - 60.0));
            ui.heading(&self.question.title);
            ui.add_space(GAP);
            self.path_row(ui, wake);
            self.listing(ui, HEIGHT.min(room.y - AROUND), wake);
            self.kind_row(ui);
            self.name_row(ui);
            if let Some(problem) = &self.problem {
                ui.colored_label(Palette::of(ui).bad, problem);
            }
            self.replace_row(ui, &mut state);
            ui.add_space(GAP);
            self.buttons(ui, wake, &mut state);
        });
        if modal.should_close() { ChooserState::Cancelled } else { state }
    }

    /// Takes in what was found at a path. Returns it where it is the answer.
    fn arrive(&mut self) -> Option<PathBuf> {
        let (task, is_wanted) = self.looking.take()?;
        let mut task = Some(task);
        let Some(found) = BackgroundTask::take(&mut task) else {
            self.looking = task.map(|task| (task, is_wanted));
            return None;
        };
        let found = found.unwrap_or_else(|| Err("The folder was not read; try again".to_owned()));
        self.problem = None;
        match (found, &self.question.wanted) {
            (Ok(FoundPath::Folder(path, _)), AnswerKind::Folder) if is_wanted => return Some(path),
            (Ok(FoundPath::Folder(path, list)), _) => {
                // What is typed before the first folder is read stays.
                if self.is_begun || !self.is_typed() {
                    self.typed = path.display().to_string();
                }
                self.is_begun = true;
                (self.folder, self.list, self.selected) = (path, list, None);
            }
            (Ok(FoundPath::File(path)), AnswerKind::Open(_)) => return Some(path),
            (Ok(FoundPath::File(path)), AnswerKind::Save { .. }) => self.replaced = Some(path),
            (Ok(FoundPath::Free(path)), AnswerKind::Save { .. }) => return Some(path),
            (Ok(FoundPath::File(path)), AnswerKind::Folder) => {
                self.problem = Some(format!("{} is a file; choose a folder", path.display()));
            }
            (Ok(FoundPath::Free(path)), _) => {
                self.problem = Some(format!("There is no {}; check the path", path.display()));
            }
            (Err(problem), _) => self.problem = Some(problem),
        }
        None
    }

    /// Looks at a path; what is there is the answer if it is `wanted` and fits.
    fn go(&mut self, path: PathBuf, wanted: bool, wake: &Wake) {
        (self.replaced, self.is_begun) = (None, true);
        self.looking = Some((BackgroundTask::begin(wake, move || look_at(&path)), wanted));
    }

    fn go_up(&mut self, wake: &Wake) {
        if let Some(parent) = self.folder.parent().map(Path::to_owned) {
            self.go(parent, false, wake);
        }
    }

    /// The path that is typed, within the folder that is shown.
    fn typed_path(&self) -> PathBuf {
        let typed = self.typed.trim();
        match typed.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                home().join(rest.trim_start_matches('/'))
            }
            _ => self.folder.join(typed),
        }
    }

    /// Whether a path was typed and not gone to yet.
    fn is_typed(&self) -> bool {
        !self.typed.trim().is_empty() && self.typed.trim() != self.folder.display().to_string()
    }

    /// The kinds of files that the answer may be.
    fn kinds(&self) -> &[FileKind] {
        match &self.question.wanted {
            AnswerKind::Open(kind) => std::slice::from_ref(kind),
            AnswerKind::Save { kinds, .. } => kinds,
            AnswerKind::Folder => &[],
        }
    }

    /// The entries that are shown, by their numbers in the list.
    fn shown(&self) -> Vec<usize> {
        let kind = self.kinds().get(self.kind);
        let fits = |entry: &FolderEntry| {
            let ending = Path::new(&entry.name).extension();
            let is_kind = |kind: &FileKind| {
                let mut known = kind.endings.iter();
                known.any(|known| ending.is_some_and(|ending| ending.eq_ignore_ascii_case(known)))
            };
            (self.shows_hidden || !entry.is_hidden()) && (entry.is_folder || kind.is_none_or(is_kind))
        };
        let entries = self.list.entries.iter().enumerate();
        entries.filter(|(_, entry)| fits(entry)).map(|(index, _)| index).collect()
    }

    /// Whether an entry can be selected: where a folder is wanted, files only show what is in one.
    fn can_select(&self, index: usize) -> bool {
        self.list.entries[index].is_folder || self.question.wanted != AnswerKind::Folder
    }

    fn select(&mut self, index: usize) {
        self.selected = Some(index);
        self.replaced = None;
        let entry = &self.list.entries[index];
        if !entry.is_folder && matches!(self.question.wanted, AnswerKind::Save { .. }) {
            self.name = entry.name.to_string_lossy().into_owned();
        }
    }

    /// Goes into the selected folder, or takes the selected file.
    fn enter(&mut self, wake: &Wake) {
        if let Some(index) = self.selected {
            let path = self.folder.join(&self.list.entries[index].name);
            self.go(path, false, wake);
        }
    }

    /// Takes what is selected, typed or named for the answer, which is looked at first.
    fn accept(&mut self, wake: &Wake) {
        let selected = self.selected.map(|index| self.folder.join(&self.list.entries[index].name));
        let path = match (&self.question.wanted, selected) {
            _ if self.is_typed() => self.typed_path(),
            (AnswerKind::Save { kinds, .. }, _) => {
                let chosen = kinds.get(self.kind).into_iter();
                let kinds: Vec<FileKind> = chosen.chain(kinds).copied().collect();
                with_ending(&self.folder.join(self.name.trim()), &kinds)
            }
            (_, Some(selected)) => selected,
            (_, None) => self.folder.clone(),
        };
        self.go(path, true, wake);
    }

    /// Why there is no answer yet, in a sentence.
    fn blocking_reason(&self) -> Option<&'static str> {
        match self.question.wanted {
            _ if self.is_typed() => None,
            AnswerKind::Open(_) if self.selected.is_none() => Some("Select a file, or type its path"),
            AnswerKind::Save { .. } if self.name.trim().is_empty() => Some("Type a name for the file"),
            _ => None,
        }
    }

    /// Does what keys say. While something else than a field has the focus they are its own.
    fn keys(&mut self, ctx: &egui::Context, wake: &Wake) -> ChooserState {
        let focus = ctx.memory(|memory| memory.focused());
        if focus.is_some_and(|focus| ![path_id(), name_id()].contains(&focus)) {
            return ChooserState::Open;
        }
        let pressed =
            |modifiers, key| ctx.input_mut(|input: &mut egui::InputState| input.consume_key(modifiers, key));
        if pressed(Modifiers::ALT, Key::ArrowUp) {
            self.go_up(wake);
        }
        let step = i32::from(pressed(Modifiers::NONE, Key::ArrowDown))
            - i32::from(pressed(Modifiers::NONE, Key::ArrowUp));
        if step != 0 {
            let all: Vec<usize> = self.shown().into_iter().filter(|&index| self.can_select(index)).collect();
            let at = self.selected.and_then(|selected| all.iter().position(|&index| index == selected));
            let next = match at {
                Some(at) => at.saturating_add_signed(step as isize).min(all.len().saturating_sub(1)),
                None if step > 0 => 0,
                None => all.len().saturating_sub(1),
            };
            if let Some(&index) = all.get(next) {
                self.select(index);
                self.is_moved = true;
            }
        }
        if pressed(Modifiers::NONE, Key::Enter) {
            match (&self.replaced, self.selected) {
                (Some(path), _) => return ChooserState::Chosen(path.clone()),
                _ if self.is_typed() => self.go(self.typed_path(), false, wake),
                (_, Some(index)) if self.list.entries[index].is_folder => self.enter(wake),
                _ if self.blocking_reason().is_none() => self.accept(wake),
                _ => {}
            }
        }
        ChooserState::Open
    }

    fn path_row(&mut self, ui: &mut egui::Ui, wake: &Wake) {
        ui.horizontal(|ui| {
            let up = ui.add_enabled(self.folder.parent().is_some(), Button::new("Up"));
            let up = up.on_hover_text("Shows the folder that this one is in (Alt+Up)");
            if up.on_disabled_hover_text("There is no folder above this one").clicked() {
                self.go_up(wake);
            }
            if ui.button("Home folder").on_hover_text("Shows your home folder").clicked() {
                self.go(home(), false, wake);
            }
            let edit = TextEdit::singleline(&mut self.typed).id(path_id()).desired_width(f32::INFINITY);
            let edit = ui.add(edit).on_hover_text("A path: Enter goes there");
            edit.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Path to go to"));
        });
    }

    fn listing(&mut self, ui: &mut egui::Ui, height: f32, wake: &Wake) {
        let shown = self.shown();
        let row = ui.spacing().interact_size.y;
        let mut clicked = None;
        ui.add_space(GAP);
        let list =
            egui::ScrollArea::vertical().max_height(height).min_scrolled_height(height).auto_shrink(false);
        let mut list = list.id_salt(&self.folder);
        if let Some(at) = self.selected.filter(|_| std::mem::take(&mut self.is_moved))
            && let Some(at) = shown.iter().position(|&index| index == at)
        {
            // Near the middle of what is in sight.
            let above = at as f32 * (row + ui.spacing().item_spacing.y) - 0.5 * height;
            list = list.vertical_scroll_offset(above.max(0.0));
        }
        list.show_rows(ui, row, shown.len(), |ui, rows| {
            for &index in &shown[rows] {
                let entry = &self.list.entries[index];
                let name = entry.name.to_string_lossy();
                let text =
                    if entry.is_folder { format!("{FOLDER} {name}") } else { name.clone().into_owned() };
                let is_selected = self.selected == Some(index);
                let button = Button::selectable(is_selected, text).truncate();
                let can_select = self.can_select(index);
                let response =
                    ui.add_enabled(can_select, button.min_size(egui::vec2(ui.available_width(), row)));
                response.widget_info(|| {
                    egui::WidgetInfo::selected(egui::Role::Button, can_select, is_selected, name.as_ref())
                });
                if response.clicked() {
                    clicked = Some(index);
                }
            }
        });
        if shown.is_empty() && self.looking.is_none() {
            ui.label(RichText::new("Nothing in this folder fits").weak());
        } else if self.looking.is_some() {
            ui.label(RichText::new("Reading…").weak());
        } else if self.list.is_cut {
            let words = format!("The first {} are listed; type the path of others", self.list.entries.len());
            ui.label(RichText::new(words).weak());
        } else {
            ui.label(RichText::new(format!("{} in this folder", shown.len())).weak());
        }
        match clicked {
            // A second click opens it.
            Some(index) if self.selected == Some(index) => {
                if matches!(self.question.wanted, AnswerKind::Save { .. })
                    && !self.list.entries[index].is_folder
                {
                    self.accept(wake);
                } else {
                    self.enter(wake);
                }
            }
            Some(index) => self.select(index),
            None => {}
        }
    }

    /// Which files are shown.
    fn kind_row(&mut self, ui: &mut egui::Ui) {
        ui.horizontal(|ui| {
            let kinds = self.kinds().to_vec();
            let words = |kind: usize| kinds.get(kind).map_or("All files", |kind| kind.words);
            let before = self.kind;
            if !kinds.is_empty() {
                egui::ComboBox::from_label("Kind of files").selected_text(words(self.kind)).show_ui(
                    ui,
                    |ui| {
                        for kind in 0..=kinds.len() {
                            ui.selectable_value(&mut self.kind, kind, words(kind));
                        }
                    },
                );
            }
            if self.kind != before {
                self.selected = None;
                self.take_ending(kinds.get(self.kind));
            }
            if ui.checkbox(&mut self.shows_hidden, "Hidden files").changed() {
                self.selected = None;
            }
        });
    }

    /// Gives the name of a file that will be written the ending of a kind.
    fn take_ending(&mut self, kind: Option<&FileKind>) {
        let stem = Path::new(self.name.trim()).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        if let (Some(stem), Some(ending)) = (stem, kind.and_then(|kind| kind.endings.first()))
            && matches!(self.question.wanted, AnswerKind::Save { .. })
        {
            self.name = format!("{stem}.{ending}");
        }
    }

    fn name_row(&mut self, ui: &mut egui::Ui) {
        if !matches!(self.question.wanted, AnswerKind::Save { .. }) {
            return;
        }
        ui.horizontal(|ui| {
            let label = ui.label("File name");
            let edit = TextEdit::singleline(&mut self.name).id(name_id()).desired_width(f32::INFINITY);
            let edit = ui.add(edit).labelled_by(label.id);
            if edit.changed() {
                self.replaced = None;
            }
        });
    }

    fn replace_row(&mut self, ui: &mut egui::Ui, state: &mut ChooserState) {
        let Some(path) = &self.replaced else {
            return;
        };
        ui.horizontal_wrapped(|ui| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            ui.colored_label(Palette::of(ui).warning, format!("{name} is there already."));
            if ui.button("Replace it").on_hover_text("What the file has now is lost").clicked() {
                *state = ChooserState::Chosen(path.clone());
            }
        });
    }

    fn buttons(&mut self, ui: &mut egui::Ui, wake: &Wake, state: &mut ChooserState) {
        let (text, hint) = match self.question.wanted {
            AnswerKind::Open(_) => ("Open", "Takes the selected file"),
            AnswerKind::Save { .. } => ("Save", "Writes a file of this name into the folder"),
            AnswerKind::Folder => {
                ("Choose folder", "Takes the selected folder, or else the one that is shown")
            }
        };
        ui.horizontal(|ui| {
            let reason = self.blocking_reason();
            let accept = ui.add_enabled(reason.is_none(), Button::new(text)).on_hover_text(hint);
            if accept.on_disabled_hover_text(reason.unwrap_or_default()).clicked() {
                self.accept(wake);
            }
            if ui.button("Cancel").on_hover_text("Closes this and takes nothing").clicked() {
                *state = ChooserState::Cancelled;
            }
        });
        // Keys are for the list and its field, as long as nothing else has them.
        if ui.memory(|memory| memory.focused().is_none()) {
            let is_save = matches!(self.question.wanted, AnswerKind::Save { .. });
            ui.memory_mut(|memory| memory.request_focus(if is_save { name_id() } else { path_id() }));
        }
    }
}

fn path_id() -> Id {
    Id::unique("chooser path")
}

fn name_id() -> Id {
    Id::unique("chooser name")
}

/// The user's home folder, where the system knows one.
fn home() -> PathBuf {
    UserDirs::new().map_or_else(|| PathBuf::from("/"), |folders| folders.home_dir().to_owned())
}
