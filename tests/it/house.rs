//! The architecture of the house: who may know whom, and how large a file may be.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The longest a source file may be, in lines, and the longest `main.rs`.
const MAX_LINES: usize = 600;
const MAX_MAIN_LINES: usize = 60;

/// Rooms that serve all others from the side.
const SIDE: [&str; 6] = ["device", "export", "input", "rng", "run", "tensors"];

/// The rooms that each room may know besides itself and those at its side. Arrows run from the bottom
/// of this list to its top.
const ARROWS: [(&str, &[&str]); 19] = [
    ("arch", &[]),
    ("rng", &[]),
    ("input", &[]),
    ("tensors", &[]),
    ("run", &["arch"]),
    ("export", &["arch"]),
    ("device", &["arch"]),
    ("data", &["arch"]),
    ("model", &["arch"]),
    ("metric", &["arch", "data", "model"]),
    ("gan", &["arch", "data", "model", "metric"]),
    ("search", &["arch", "data", "model", "metric", "gan"]),
    ("config", &["arch", "data", "model", "metric", "gan", "search"]),
    ("engine", &["arch", "data", "model", "metric", "gan", "search", "config"]),
    ("ipc", &["arch", "data", "model", "metric", "gan", "search", "config", "engine"]),
    ("app", &["arch", "data", "model", "metric", "gan", "search", "config", "engine", "ipc"]),
    ("cli", &["arch", "data", "model", "metric", "gan", "search", "config", "engine", "ipc", "app"]),
    ("gui", &["arch", "data", "model", "metric", "gan", "search", "config", "engine", "ipc", "app"]),
    // The map and the start of the program: nobody knows them.
    (
        "",
        &["arch", "data", "model", "metric", "gan", "search", "config", "engine", "ipc", "app", "cli", "gui"],
    ),
];

/// The rooms where a crate may be used.
const CRATES: [(&str, &[&str]); 4] = [
    ("burn", &["model", "metric", "gan", "search", "engine", "app", "device"]),
    ("wgpu", &["device", "gui"]),
    ("egui", &["gui"]),
    ("eframe", &["gui"]),
];

#[test]
fn arrows_between_rooms_run_one_way_only() {
    // The map itself must be without a way back: each room knows only rooms above it.
    for (place, (room, known)) in ARROWS.iter().enumerate() {
        let above: Vec<&str> = ARROWS[..place].iter().map(|(room, _)| *room).collect();
        assert!(known.iter().all(|other| above.contains(other)), "{room} knows a room below it");
    }
    let wrong: Vec<String> = sources().iter().flat_map(|file| file.wrong_rooms()).collect();
    assert!(wrong.is_empty(), "arrows against the map:\n{}", wrong.join("\n"));
}

#[test]
fn tensors_gpus_and_windows_stay_in_their_rooms() {
    let wrong: Vec<String> = sources().iter().flat_map(|file| file.wrong_crates()).collect();
    assert!(wrong.is_empty(), "crates in the wrong rooms:\n{}", wrong.join("\n"));
}

#[test]
fn no_source_file_is_too_long() {
    let limit = |file: &Source| match file.path.ends_with("src/main.rs") {
        true => MAX_MAIN_LINES,
        false => MAX_LINES,
    };
    let sources = sources();
    let long = sources.iter().filter(|file| file.lines > limit(file));
    let long: Vec<String> =
        long.map(|file| format!("{}: {} lines", file.path.display(), file.lines)).collect();
    assert!(long.is_empty(), "too long:\n{}", long.join("\n"));
}

#[test]
fn the_map_names_every_room_there_is() {
    let rooms: BTreeSet<String> = sources().into_iter().map(|file| file.room).collect();
    let known: BTreeSet<String> = ARROWS.iter().map(|(room, _)| (*room).to_owned()).collect();
    let unknown: Vec<&String> = rooms.difference(&known).collect();
    assert!(unknown.is_empty(), "rooms that are not on the map: {unknown:?}");
    assert!(rooms.len() > 10, "the sources were not found: {rooms:?}");
}

#[test]
fn a_wrong_arrow_would_be_found() {
    let file = |room: &str, code: &str| Source::new(Path::new("x.rs"), room, code);
    for (room, code) in [
        ("arch", "use crate::data::Source;"),
        ("model", "use crate::{arch::Space, gan::Loss};"),
        ("data", "fn f() -> crate::metric::Score { g() }"),
        ("run", "use crate::\n    data;"),
        ("cli", "use crate::{\n    config::{A, B},\n    gui,\n};"),
        ("gan", "pub(in crate::search) fn f() {}"),
    ] {
        assert_eq!(file(room, code).wrong_rooms().len(), 1, "{room}: {code}");
    }
    for (room, code) in [
        ("gan", "use crate::metric::{Score, data};\nuse crate::rng::rng;"),
        ("arch", "//! See [`crate::search`].\n/// crate::gan\n// use crate::gan;"),
        ("arch", "pub(crate) fn f() {}\nuse super::data;"),
        ("device", "use crate::run::write_atomic;"),
    ] {
        assert_eq!(file(room, code).wrong_rooms(), Vec::<String>::new(), "{room}: {code}");
    }
    for code in ["use burn::tensor::Tensor;", "let x = burn::f();", "use {burn::a, b};", "extern crate burn;"]
    {
        assert_eq!(file("arch", code).wrong_crates().len(), 1, "{code}");
        assert_eq!(file("model", code).wrong_crates(), Vec::<String>::new(), "{code}");
    }
    for code in ["let burn = 1;", "// burn::tensor", "use sunburn::x;", "let text = \"burn it\";"] {
        assert_eq!(file("arch", code).wrong_crates(), Vec::<String>::new(), "{code}");
    }
}

/// A source file without its comments.
struct Source {
    path: PathBuf,
    /// The folder under `src/`, or the name of a file that is a room by itself; empty for the map and
    /// for `main.rs`.
    room: String,
    code: String,
    lines: usize,
}

impl Source {
    fn new(path: &Path, room: &str, text: &str) -> Self {
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        Self {
            path: path.to_owned(),
            room: room.to_owned(),
            code: code.join("\n"),
            lines: text.lines().count(),
        }
    }

    /// The rooms that are used and must not be.
    fn wrong_rooms(&self) -> Vec<String> {
        let (_, known) = ARROWS.iter().find(|(room, _)| *room == self.room).expect("the room is on the map");
        let fine = |used: &str| used == self.room || known.contains(&used) || SIDE.contains(&used);
        let used = self.code.split("crate::").skip(1).flat_map(first_names).collect::<BTreeSet<_>>();
        let wrong = used.into_iter().filter(|used| !fine(used));
        wrong.map(|used| format!("{}: {} must not know {used}", self.path.display(), self.room)).collect()
    }

    /// The crates that are used and must not be.
    fn wrong_crates(&self) -> Vec<String> {
        let foreign = CRATES.iter().filter(|(_, rooms)| !rooms.contains(&self.room.as_str()));
        let wrong = foreign.filter(|(name, _)| uses(&self.code, name));
        wrong.map(|(name, _)| format!("{}: {} must not use {name}", self.path.display(), self.room)).collect()
    }
}

/// The first names of the paths that go on after `crate::`: one, or all in braces.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| {
        let name = text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_');
        name.collect::<String>()
    };
    let Some(list) = rest.trim_start().strip_prefix('{') else {
        return vec![name(rest)];
    };
    let mut depth = 0;
    let mut names = vec![name(list)];
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(&list[at + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Whether code has a path that starts with the crate's name.
fn uses(code: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '.';
    code.match_indices(name).any(|(at, _)| {
        let starts = !code[..at].ends_with(is_part);
        let rest = &code[at + name.len()..];
        let imported = ["use ", "extern crate "].iter().any(|before| code[..at].ends_with(before));
        starts && (rest.starts_with("::") || imported && rest.starts_with([';', ' ']))
    })
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    read_folder(&root, &root, &mut found);
    found
}

fn read_folder(folder: &Path, root: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("the sources can be read") {
        let path = entry.expect("the sources can be read").path();
        if path.is_dir() {
            read_folder(&path, root, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("sources are UTF-8");
            found.push(Source::new(&path, &room_of(&path, root), &text));
        }
    }
}

fn room_of(path: &Path, root: &Path) -> String {
    let inside = path.strip_prefix(root).expect("the file lies under the root");
    let first = inside.components().next().expect("a file has a name");
    let name = Path::new(first.as_os_str()).file_stem().expect("a file has a name");
    match name.to_string_lossy().as_ref() {
        "lib" | "main" => String::new(),
        name => name.to_owned(),
    }
}
