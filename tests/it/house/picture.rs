//! The picture of the modules in `docs/architecture.md`, made from the map.

use super::{ARROWS, SIDE, root};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

const BEGIN: &str = "<!-- made by `UPDATE_SNAPSHOTS=1 cargo test --release --test it house::picture` -->\n";
const END: &str = "<!-- end of what is made -->\n";

#[test]
fn the_architecture_page_shows_the_map_as_it_is() {
    let path = root().join("docs/architecture.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page marks where the picture begins");
    let (_, after) = rest.split_once(END).expect("the page marks where the picture ends");
    let expected = format!("{before}{BEGIN}{}{END}{after}", picture());
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &expected).unwrap();
    } else {
        assert!(page == expected, "docs/architecture.md is stale: run the command that it names");
    }
}

/// The map as a Mermaid diagram. An arrow that follows from others is left out.
fn picture() -> String {
    let known = |module: &str| {
        ARROWS.iter().find(|(name, _)| *name == module).map_or(&[] as &[&str], |(_, known)| known)
    };
    let mut text = "```mermaid\nflowchart TD\n".to_owned();
    for (module, direct) in ARROWS.iter().rev() {
        if module.is_empty() || SIDE.contains(module) {
            continue;
        }
        let through: BTreeSet<&str> = direct.iter().flat_map(|other| known(other)).copied().collect();
        for other in direct.iter().filter(|other| !through.contains(*other)) {
            writeln!(text, "    {module} --> {other}").expect("a string takes all");
        }
    }
    text += "    subgraph side [\"known by all, and knowing only arch\"]\n";
    for module in SIDE {
        writeln!(text, "        {module}").expect("a string takes all");
    }
    text += "    end\n```\n";
    text
}
