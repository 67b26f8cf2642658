//! The program's source as a tree of modules: what each declares, imports and names.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// So many imports one name may lead through.
const MOST_IMPORTS: usize = 16;

/// A path in the code, such as `super::error::at`: its segments, and the name that a `use` gives it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    pub(super) segments: Vec<String>,
    /// The name in this module, where a `use` declares it.
    pub(super) alias: Option<String>,
}

/// A module that has a file of its own, without its tests.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// The modules that it declares and that have files of their own.
    pub(super) children: Vec<String>,
    /// The names of the items that it defines.
    pub(super) items: Vec<String>,
    /// The names of the types that it declares, each with whether other files may see it.
    pub(super) types: Vec<(String, bool)>,
    /// The paths in its code, imports among them.
    pub(super) named: Vec<Named>,
}

/// All modules that are compiled into the program, by their path from the crate's root.
pub(super) struct Tree(pub(super) BTreeMap<Vec<String>, Module>);

impl Tree {
    pub(super) fn read(root: &Path) -> Self {
        let mut tree = Self(BTreeMap::new());
        tree.add(root, Vec::new(), &root.join("lib.rs"));
        tree
    }

    /// The modules of these paths and texts.
    pub(super) fn of(modules: &[(&str, &str)]) -> Self {
        let modules = modules.iter().map(|(path, text)| {
            let path = path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            (path, Module::parse(text))
        });
        Self(modules.collect())
    }

    fn add(&mut self, root: &Path, path: Vec<String>, file: &Path) {
        let text = fs::read_to_string(file).expect("the sources can be read");
        let module = Module::parse(&text);
        let folder = path.iter().fold(root.to_owned(), |folder, name| folder.join(name));
        for child in &module.children {
            let place = folder.join(child);
            let files = [place.with_extension("rs"), place.join("mod.rs")];
            let file = files.iter().find(|file| file.is_file()).expect("a declared module has a file");
            self.add(root, [path.clone(), vec![child.clone()]].concat(), file);
        }
        self.0.insert(path, module);
    }

    /// The module that defines what `segments` name when they stand in `module`, and its name there; `None`
    /// for what comes from elsewhere, and for modules themselves.
    pub(super) fn resolve(&self, module: &[String], segments: &[String]) -> Option<(Vec<String>, String)> {
        self.resolve_within(module, segments, MOST_IMPORTS)
    }

    /// [`resolve`](Self::resolve) through so many imports at most: some name themselves, as `use rng::rng`.
    fn resolve_within(
        &self,
        module: &[String],
        segments: &[String],
        imports: usize,
    ) -> Option<(Vec<String>, String)> {
        let imports = imports.checked_sub(1)?;
        let mut at = module.to_vec();
        for (number, segment) in segments.iter().enumerate() {
            let here = self.0.get(&at)?;
            match segment.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => {
                    at.pop();
                }
                name if here.items.iter().any(|item| item == name) => return Some((at, name.to_owned())),
                name if here.children.iter().any(|child| child == name) => at.push(name.to_owned()),
                name => {
                    let rest = &segments[number + 1..];
                    let through = |import: &Named, rest: &[String]| {
                        self.resolve_within(&at, &[&import.segments, rest].concat(), imports)
                    };
                    let import = here.named.iter().find(|import| import.alias.as_deref() == Some(name));
                    return match import {
                        Some(import) => through(import, rest),
                        None => {
                            let globs = here.named.iter().filter(|named| named.alias.as_deref() == Some("*"));
                            globs.into_iter().find_map(|glob| through(glob, &segments[number..]))
                        }
                    };
                }
            }
        }
        None
    }
}

impl Module {
    /// What the text of a file has in it, its tests left out.
    pub(super) fn parse(text: &str) -> Self {
        let mut module = Self::default();
        let tokens = without_tests(text.parse().expect("the source can be read as Rust"));
        declare(&tokens, &mut module);
        declare_types(&tokens, &mut module.types);
        name_paths(&tokens, &mut module.named);
        module
    }
}

/// The tokens without attributes, which doc comments are too, and without what is for tests only.
fn without_tests(tokens: TokenStream) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if is_punct(&token, '#') {
            if tokens.peek().is_some_and(|token| is_punct(token, '!')) {
                tokens.next();
            }
            let attribute = tokens.next().map(|token| token.to_string()).unwrap_or_default();
            let plain: String = attribute.chars().filter(|c| !c.is_whitespace()).collect();
            if plain == "[cfg(test)]" {
                // Up to the end of the item.
                for token in tokens.by_ref() {
                    let body =
                        matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
                    if body || is_punct(&token, ';') {
                        break;
                    }
                }
            }
            continue;
        }
        kept.push(token);
    }
    kept
}

fn is_punct(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}

fn ident(token: Option<&TokenTree>) -> Option<String> {
    match token {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    }
}

/// Notes the items and modules that the top level of a file declares.
fn declare(tokens: &[TokenTree], module: &mut Module) {
    for (place, token) in tokens.iter().enumerate() {
        let Some(keyword) = ident(Some(token)) else { continue };
        let next = ident(tokens.get(place + 1));
        match (keyword.as_str(), next) {
            ("mod", Some(name)) if tokens.get(place + 2).is_some_and(|token| is_punct(token, ';')) => {
                module.children.push(name);
            }
            (
                "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union" | "mod",
                Some(name),
            ) => {
                module.items.push(name);
            }
            _ => {}
        }
    }
}

/// Notes the types that a file declares, in modules within it, too.
fn declare_types(tokens: &[TokenTree], types: &mut Vec<(String, bool)>) {
    for (place, token) in tokens.iter().enumerate() {
        let Some(keyword) = ident(Some(token)) else { continue };
        let Some(name) = ident(tokens.get(place + 1)) else { continue };
        match (keyword.as_str(), tokens.get(place + 2)) {
            ("struct" | "enum" | "trait" | "type" | "union", _) => {
                // `pub` alone, or before such as `(super)`.
                let before = tokens[..place].iter().rev();
                let mut before = before.skip_while(|token| matches!(token, TokenTree::Group(_)));
                types.push((name, ident(before.next()).is_some_and(|word| word == "pub")));
            }
            ("mod", Some(TokenTree::Group(body))) => declare_types(&without_tests(body.stream()), types),
            _ => {}
        }
    }
}

/// Notes the paths in some tokens, and in all groups in them.
fn name_paths(tokens: &[TokenTree], named: &mut Vec<Named>) {
    let mut place = 0;
    while let Some(token) = tokens.get(place) {
        place += 1;
        match token {
            TokenTree::Group(group) => name_paths(&without_tests(group.stream()), named),
            TokenTree::Ident(word) if word == "use" => {
                let import = tokens[place..].split(|token| is_punct(token, ';')).next().unwrap_or_default();
                use_tree(import, &[], named);
                place += import.len();
            }
            TokenTree::Ident(word) => {
                let mut segments = vec![word.to_string()];
                while let (true, Some(next)) = (is_path(tokens, place), ident(tokens.get(place + 2))) {
                    segments.push(next);
                    place += 3;
                }
                if segments.len() > 1 {
                    named.push(Named { segments, alias: None });
                }
            }
            _ => {}
        }
    }
}

fn is_path(tokens: &[TokenTree], place: usize) -> bool {
    [place, place + 1].iter().all(|&place| tokens.get(place).is_some_and(|token| is_punct(token, ':')))
}

/// Notes what the `use` tree after `prefix` imports.
fn use_tree(tokens: &[TokenTree], prefix: &[String], named: &mut Vec<Named>) {
    let renamed = tokens.iter().position(|token| matches!(token, TokenTree::Ident(word) if word == "as"));
    let (path, alias) = match renamed {
        Some(place) => (&tokens[..place], ident(tokens.get(place + 1))),
        None => (tokens, None),
    };
    let mut segments = prefix.to_vec();
    segments.extend(path.iter().filter_map(|token| ident(Some(token))));
    match path.last() {
        Some(TokenTree::Group(group)) => {
            let parts: Vec<TokenTree> = group.stream().into_iter().collect();
            for part in parts.split(|token| is_punct(token, ',')) {
                use_tree(part, &segments, named);
            }
        }
        Some(TokenTree::Punct(_)) => named.push(Named { segments, alias: Some("*".to_owned()) }),
        Some(_) => {
            if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
                segments.pop();
            }
            let alias = alias.or_else(|| segments.last().cloned());
            named.push(Named { segments, alias });
        }
        None => {}
    }
}
