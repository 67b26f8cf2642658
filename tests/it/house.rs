//! The architecture of the crate: which module may know which, how large files and folders may be, which
//! names are retired, and that a type's name means one thing.

mod circles;
mod code;
mod picture;
mod retired;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The longest a source file may be, in lines, and the longest `main.rs`.
const MAX_LINES: usize = 500;
const MAX_MAIN_LINES: usize = 60;

/// The most source files in one folder, those of its sub-folders not counted.
const MAX_FILES: usize = 15;

/// Modules that serve all others from the side.
const SIDE: [&str; 6] = ["device", "export", "input", "rng", "run", "tensors"];

/// The modules that each module may know besides itself and those at its side. Arrows run from the bottom
/// of this list to its top. `docs/architecture.md` has a picture of it.
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

/// The modules where a crate may be used.
const CRATES: [(&str, &[&str]); 4] = [
    ("burn", &["model", "metric", "gan", "search", "engine", "app", "device"]),
    ("wgpu", &["device", "gui"]),
    ("egui", &["gui"]),
    ("eframe", &["gui"]),
];

#[test]
fn arrows_between_modules_run_one_way_only() {
    // The map itself must be without a way back: each module knows only modules above it.
    for (place, (module, known)) in ARROWS.iter().enumerate() {
        let above: Vec<&str> = ARROWS[..place].iter().map(|(module, _)| *module).collect();
        assert!(known.iter().all(|other| above.contains(other)), "{module} knows a module below it");
    }
    let wrong: Vec<String> = sources().iter().flat_map(|file| file.wrong_modules()).collect();
    assert!(wrong.is_empty(), "arrows against the map:\n{}", wrong.join("\n"));
}

#[test]
fn tensors_gpus_and_windows_stay_in_their_modules() {
    let wrong: Vec<String> = sources().iter().flat_map(|file| file.wrong_crates()).collect();
    assert!(wrong.is_empty(), "crates in the wrong modules:\n{}", wrong.join("\n"));
}

#[test]
fn no_file_is_too_long_and_no_folder_too_full() {
    let mut folders: BTreeMap<&Path, usize> = BTreeMap::new();
    let mut large = Vec::new();
    let files = all_files();
    for file in &files {
        let limit = if file.path == Path::new("src/main.rs") { MAX_MAIN_LINES } else { MAX_LINES };
        let lines = file.text.lines().count();
        if lines > limit {
            large.push((file.path.as_path(), format!("{lines} lines")));
        }
        // Each fuzz target is a program by itself.
        if !file.path.starts_with("fuzz") {
            *folders.entry(file.path.parent().expect("a file lies in a folder")).or_default() += 1;
        }
    }
    let full = folders.into_iter().filter(|(_, files)| *files > MAX_FILES);
    large.extend(full.map(|(folder, files)| (folder, format!("{files} files"))));
    assert!(large.is_empty(), "too large: {large:#?}");
}

#[test]
fn the_map_names_every_module_there_is() {
    let modules: BTreeSet<String> = sources().into_iter().map(|file| file.module).collect();
    let known: BTreeSet<String> = ARROWS.iter().map(|(module, _)| (*module).to_owned()).collect();
    let unknown: Vec<&String> = modules.difference(&known).collect();
    assert!(unknown.is_empty(), "modules that are not on the map: {unknown:?}");
    assert!(modules.len() > 10, "the sources were not found: {modules:?}");
}

#[test]
fn a_wrong_arrow_would_be_found() {
    let file = |module: &str, code: &str| Source::new(Path::new("x.rs"), module, code);
    for (module, code) in [
        ("arch", "use crate::data::Source;"),
        ("model", "use crate::{arch::Space, gan::Loss};"),
        ("data", "fn f() -> crate::metric::Score { g() }"),
        ("run", "use crate::\n    data;"),
        ("cli", "use crate::{\n    config::{A, B},\n    gui,\n};"),
        ("gan", "pub(in crate::search) fn f() {}"),
    ] {
        assert_eq!(file(module, code).wrong_modules().len(), 1, "{module}: {code}");
    }
    for (module, code) in [
        ("gan", "use crate::metric::{Score, data};\nuse crate::rng::rng;"),
        ("arch", "//! See [`crate::search`].\n/// crate::gan\n// use crate::gan;"),
        ("arch", "pub(crate) fn f() {}\nuse super::data;"),
        ("device", "use crate::run::write_atomic;"),
    ] {
        assert_eq!(file(module, code).wrong_modules(), Vec::<String>::new(), "{module}: {code}");
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
    /// The folder under `src/`, or the name of a file that is a module by itself; empty for the map and
    /// for `main.rs`.
    module: String,
    code: String,
}

impl Source {
    fn new(path: &Path, module: &str, text: &str) -> Self {
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        Self { path: path.to_owned(), module: module.to_owned(), code: code.join("\n") }
    }

    /// The modules that are used and must not be.
    fn wrong_modules(&self) -> Vec<String> {
        let (_, known) =
            ARROWS.iter().find(|(module, _)| *module == self.module).expect("the module is on the map");
        let fine = |used: &str| used == self.module || known.contains(&used) || SIDE.contains(&used);
        let used = self.code.split("crate::").skip(1).flat_map(first_names).collect::<BTreeSet<_>>();
        let wrong = used.into_iter().filter(|used| !fine(used));
        wrong.map(|used| format!("{}: {} must not know {used}", self.path.display(), self.module)).collect()
    }

    /// The crates that are used and must not be.
    fn wrong_crates(&self) -> Vec<String> {
        let foreign = CRATES.iter().filter(|(_, modules)| !modules.contains(&self.module.as_str()));
        let wrong = foreign.filter(|(name, _)| uses(&self.code, name));
        wrong
            .map(|(name, _)| format!("{}: {} must not use {name}", self.path.display(), self.module))
            .collect()
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

/// The program's source files.
fn sources() -> Vec<Source> {
    let files = all_files().into_iter().filter(|file| file.path.starts_with("src"));
    files.map(|file| Source::new(&file.path, &module_of(&file.path), &file.text)).collect()
}

/// A file of Rust code, with its path from the crate's folder.
struct File {
    path: PathBuf,
    text: String,
}

/// All code that is ours, tests included.
fn all_files() -> Vec<File> {
    let mut found = Vec::new();
    for folder in ["src", "tests", "examples", "fuzz"] {
        read_folder(Path::new(folder), &mut found);
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read_folder(folder: &Path, found: &mut Vec<File>) {
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return };
    for entry in entries {
        let name = entry.expect("the sources can be read").file_name();
        let path = folder.join(&name);
        if root().join(&path).is_dir() {
            // A fuzzer's builds.
            if name != "target" {
                read_folder(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(root().join(&path)).expect("sources are UTF-8");
            found.push(File { path, text });
        }
    }
}

/// The module under `src/` that a file belongs to.
fn module_of(path: &Path) -> String {
    let name = path.components().nth(1).expect("a file lies under `src`");
    let name = Path::new(name.as_os_str()).file_stem().expect("a file has a name");
    match name.to_string_lossy().as_ref() {
        "lib" | "main" => String::new(),
        name => name.to_owned(),
    }
}
