//! What a run says about itself, and where a new one goes.

use super::RunError;
use super::error::at;
use super::fs::read_at_most;
use super::names::safe_name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

/// The format of run folders and checkpoints that this version writes, and the newest it reads.
pub const FORMAT: u32 = 1;

/// The name of the file.
pub(super) const RUN_JSON: &str = "run.json";

/// No such file is larger: a bound on memory, in bytes.
const LIMIT: u64 = 1 << 20;

/// `run.json`: what a run was made with. Written once, when the run is created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// The format of the folder, [`FORMAT`] for a new one.
    pub format: u32,
    /// The version of the program that created the run.
    pub version: String,
    /// The adapter that it was created on, by name.
    pub adapter: String,
    /// The seed of all its random streams.
    pub seed: u64,
    /// When it was created: RFC 3339 in UTC, whole seconds, so that the order of texts is that of times.
    pub started: String,
    /// What else the caller wants to keep.
    #[serde(default)]
    pub extra: BTreeMap<String, serde_json::Value>,
}

impl RunInfo {
    /// The facts about a run that this version of the program creates at `now`.
    pub fn new(adapter: &str, seed: u64, now: OffsetDateTime) -> Self {
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            adapter: adapter.to_owned(),
            seed,
            started: now
                .to_offset(UtcOffset::UTC)
                .truncate_to_second()
                .format(&Rfc3339)
                .expect("RFC 3339 writes every year from 0 to 9999, and the clock is in them"),
            extra: BTreeMap::new(),
        }
    }

    /// When the run was created; `None` where [`started`](Self::started) is no time.
    pub fn begun(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::parse(&self.started, &Rfc3339).ok()
    }

    /// Reads `run.json` in `dir`.
    pub(super) fn read(dir: &Path) -> Result<Self, RunError> {
        let path = dir.join(RUN_JSON);
        let bytes = read_at_most(&path, LIMIT).map_err(at("read", &path))?;
        parse_versioned(&path, &bytes)
    }
}

/// A time to the minute in the local time zone, or in UTC where the system does not tell which that is.
pub fn local_time(time: OffsetDateTime) -> String {
    let offset = UtcOffset::local_offset_at(time).unwrap_or(UtcOffset::UTC);
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]");
    time.to_offset(offset).format(format).unwrap_or_default()
}

/// The time of day to the second, in the local time zone or in UTC as [`local_time`].
pub fn local_clock(time: OffsetDateTime) -> String {
    let offset = UtcOffset::local_offset_at(time).unwrap_or(UtcOffset::UTC);
    time.to_offset(offset).format(format_description!("[hour]:[minute]:[second]")).unwrap_or_default()
}

/// Parses JSON with a `format` field. The format is looked at first, since a newer one may mean
/// anything by its other fields.
pub(super) fn parse_versioned<T: serde::de::DeserializeOwned>(
    path: &Path,
    bytes: &[u8],
) -> Result<T, RunError> {
    let damaged = |reason: String| RunError::Damaged { path: path.to_path_buf(), reason };
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|e| damaged(e.to_string()))?;
    match value.get("format").and_then(serde_json::Value::as_u64) {
        Some(found) if found > u64::from(FORMAT) => Err(RunError::Newer { path: path.to_path_buf(), found }),
        Some(_) => serde_json::from_value(value).map_err(|e| damaged(e.to_string())),
        None => Err(damaged("it names no format".to_owned())),
    }
}

/// The time now with the offset of the local time zone, UTC where the system does not tell.
pub fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.to_offset(UtcOffset::local_offset_at(now).unwrap_or(UtcOffset::UTC))
}

/// Where a run called `name` goes when no folder is given: `<runs_root>/<date>-<name>`, with `-2`, `-3`,
/// … where that is taken. The date is that of `now` with its offset, see [`now`].
///
/// The name is made [safe](safe_name) as a part of a path on every system. Creates nothing.
pub fn default_dir(runs_root: &Path, name: &str, now: OffsetDateTime) -> PathBuf {
    let date = now
        .format(format_description!("[year]-[month]-[day]"))
        .expect("every date has a year, a month and a day");
    let safe = safe_name(name, "run");
    let first = runs_root.join(format!("{date}-{safe}"));
    let numbered = (2..).map(|n: u64| runs_root.join(format!("{date}-{safe}-{n}")));
    std::iter::once(first)
        .chain(numbered)
        .find(|dir| dir.symlink_metadata().is_err())
        .expect("no disk holds a folder for every number")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-03-09 23:59:59 +2);

    #[test]
    fn facts_survive_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut info = RunInfo::new("llvmpipe", u64::MAX, NOW);
        assert_eq!(info.started, "2026-03-09T21:59:59Z");
        assert_eq!(info.begun(), Some(NOW));
        info.extra.insert("data".into(), "toys".into());
        let json = serde_json::to_vec(&info).unwrap();
        fs::write(dir.path().join(RUN_JSON), json).unwrap();
        assert_eq!(RunInfo::read(dir.path()).unwrap(), info);
    }

    #[test]
    fn a_newer_format_is_named_even_where_the_rest_is_unknown() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(RUN_JSON), r#"{"format": 7, "who": 1}"#).unwrap();
        let message = RunInfo::read(dir.path()).unwrap_err().to_string();
        assert!(message.contains("format 7, newer than the 1"), "{message}");
    }

    #[test]
    fn rubbish_and_bombs_are_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let bomb = vec![b'['; LIMIT as usize + 1];
        for bytes in [b"".as_slice(), b"{}", b"[1]", b"{\"format\": 1}", b"\xff", &bomb] {
            fs::write(dir.path().join(RUN_JSON), bytes).unwrap();
            let message = RunInfo::read(dir.path()).unwrap_err().to_string();
            assert!(message.contains("run.json"), "{message}");
        }
    }

    #[test]
    fn a_folder_is_named_by_date_and_numbered_when_taken() {
        let root = tempfile::tempdir().unwrap();
        for expected in ["2026-03-09-quick", "2026-03-09-quick-2", "2026-03-09-quick-3"] {
            let dir = default_dir(root.path(), "quick", NOW);
            assert_eq!(dir, root.path().join(expected));
            fs::create_dir(dir).unwrap();
        }
    }
}
