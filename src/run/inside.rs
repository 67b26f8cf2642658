//! Files that a run's own log names.

use std::path::{Component, Path, PathBuf};

/// The file called `name` in the run folder `dir`; `None` where the name leads out of the folder. The log of
/// a run that came from elsewhere may name any file of this machine.
pub fn inside(dir: &Path, name: &str) -> Option<PathBuf> {
    let mut parts = Path::new(name).components().peekable();
    let named = parts.peek().is_some();
    (named && parts.all(|part| matches!(part, Component::Normal(_)))).then(|| dir.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_out_of_the_folder_is_none() {
        let dir = Path::new("runs/a");
        assert_eq!(inside(dir, "samples/000123.png"), Some(PathBuf::from("runs/a/samples/000123.png")));
        for name in ["", ".", "..", "../b/samples/1.png", "samples/../../1.png", "/etc/passwd", "./x"] {
            assert_eq!(inside(dir, name), None, "{name}");
        }
    }
}
