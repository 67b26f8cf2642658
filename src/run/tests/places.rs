//! Run folders in unusual places, of unusual names and at unusual times.

use super::process::Other;
use super::*;
use crate::run::{Checkpoint, RunView, default_dir, list, live_status, send_message};

#[test]
fn a_clock_that_is_set_back_loses_no_run_and_no_order_of_its_own() {
    let root = quick_dir();
    let at = |hours: i64| datetime!(2026-03-09 12:00 UTC) + time::Duration::hours(hours);
    let begin = |hours: i64| {
        let dir = default_dir(root.path(), "run", at(hours));
        drop(RunFolder::create(&dir, &RunInfo::new("cpu", 1, at(hours)), "").unwrap());
    };
    // Two days on, back, and the same moment twice.
    for hours in [0, 48, -24, 0, 48] {
        begin(hours);
    }
    let names = || list(root.path()).unwrap().into_iter().map(|run| run.name).collect::<Vec<_>>();
    let by_clock =
        ["2026-03-11-run-2", "2026-03-11-run", "2026-03-09-run-2", "2026-03-09-run", "2026-03-08-run"];
    assert_eq!(names(), by_clock);
    // A run says what the clock said when it began, whenever it goes on.
    let dir = root.path().join("2026-03-11-run");
    let before = RunView::open(&dir).unwrap().info().clone();
    let folder = RunFolder::resume(&dir).unwrap().folder;
    assert_eq!(folder.view().info(), &before);
    drop(folder);
    assert_eq!(names(), by_clock);
}

#[test]
#[cfg(unix)]
fn another_time_zone_changes_the_date_of_a_new_name_and_nothing_else() {
    let root = quick_dir();
    // The same time in three zones, then one a second later: the order is that of times.
    for (name, time) in [
        ("a", datetime!(2026-03-09 12:00 UTC)),
        ("c", datetime!(2026-03-10 02:00 +14)),
        ("b", datetime!(2026-03-09 00:00 -12)),
        ("0-later", datetime!(2026-03-09 00:00:01 -12)),
    ] {
        drop(RunFolder::create(&root.path().join(name), &RunInfo::new("cpu", 1, time), "").unwrap());
    }
    let days: Vec<(String, String)> = ["EAST-14", "WEST+12"]
        .into_iter()
        .map(|zone| {
            let mut other = Other::start("zone", root.path(), |command| {
                command.env("TZ", zone);
            });
            (other.says(), other.says())
        })
        .collect();
    let ((east, in_east), (west, in_west)) = (&days[0], &days[1]);
    assert!(east > west, "26 hours apart, it is never the same day: {east}, {west}");
    assert_eq!((in_east.as_str(), in_west), ("0-later c b a", in_east));
}

/// All that is done with a run, in one folder.
fn live_in(dir: &Path) {
    let mut folder = RunFolder::create_on(quick_disk(), dir, &info(), CONFIG_TOML).unwrap();
    work(&mut folder, 1..26).unwrap();
    let live = crate::run::LiveStatus::begin(dir);
    live.publish(&1).unwrap();
    send_message(dir, &2).unwrap();
    assert_eq!((live_status::<u32>(dir), live.receive::<u32>()), (Some(1), vec![2]));
    folder.write_summary(&("fd", 1)).unwrap();
    drop((live, folder));
    let resumed = RunFolder::resume_on(quick_disk(), dir).unwrap();
    assert_eq!(resumed.checkpoint.as_ref().map(Checkpoint::step), Some(20));
    assert!(resumed.warnings.is_empty());
    let view = RunView::open(dir).unwrap();
    assert_eq!(view.events::<(String, u64)>().unwrap().items.len(), 20);
    let runs = list(dir.parent().unwrap()).unwrap();
    assert_eq!((runs.len(), &runs[0].problem), (1, &None));
    assert!(!runs[0].name.contains(char::is_control), "{:?}", runs[0].name);
    serde_json::to_string(&runs).unwrap();
}

#[test]
fn a_run_lives_in_a_folder_of_any_name_that_the_system_has() {
    let long = "x".repeat(255);
    let mut names = vec![
        "with some spaces ",
        "größer",
        "gro\u{308}ßer",
        "日本語",
        "\u{202e}txt.exe",
        "'\"$(rm -rf)`;&|",
        "-x",
        "%00",
        &long,
    ];
    if cfg!(unix) {
        names.extend(["new\nline", "tab\tand\u{1b}[2J", "back\\slash", "con", "trailing.", "C:"]);
    }
    for name in &names {
        live_in(&quick_dir().path().join(name));
    }
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"no\xffunicode\xc3");
        live_in(&quick_dir().path().join(name));
    }
}

/// `len` bytes below `root`, in parts of a length that every system has.
fn deep(root: &Path, len: usize) -> PathBuf {
    let mut path = root.to_path_buf();
    while len > path.as_os_str().len() + 1 {
        let left = len - path.as_os_str().len() - 1;
        // Not so much that one byte is left, which no separator and name fit into.
        let part = if left == 202 { 100 } else { left.min(200) };
        path.push("d".repeat(part));
    }
    path
}

#[test]
#[cfg(target_os = "linux")]
fn a_path_that_is_too_long_is_refused_at_once_and_leaves_nothing() {
    let root = quick_dir();
    // 4,096 with the byte that ends it; a run needs some below its folder.
    let most = 4095 - "/checkpoints/18446744073709551615.tmp/".len() - 100;
    let works = deep(root.path(), most);
    assert_eq!(works.as_os_str().len(), most);
    live_in(&works);
    fs::remove_dir_all(root.path().join("d".repeat(200))).unwrap();
    let mut paths: Vec<PathBuf> =
        [most + 1, most + 50, 4094, 4095, 4096, 10_000].map(|len| deep(root.path(), len)).into();
    let nul = root.path().join("a\0b");
    paths.extend([root.path().join("x".repeat(256)), root.path().join("new").join("x".repeat(256)), nul]);
    for path in paths {
        let (to, what) = (path.clone(), path.as_os_str().len());
        let error = refused(move || RunFolder::create(&to, &info(), ""));
        assert!(matches!(error, RunError::BadName { .. }), "{what}: {error}");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0, "{what}");
        let (one, two) = (path.clone(), path.clone());
        refused(move || RunView::open(&one));
        refused(move || RunFolder::resume(&two));
    }
}

#[test]
fn folders_that_were_made_on_the_way_to_a_run_that_cannot_begin_are_gone_again() {
    for kept in [0, 1, 2] {
        let mut faults = 0;
        for k in 0.. {
            let root = quick_dir();
            let parts = ["one", "two", "three"];
            fs::create_dir_all(
                parts[..kept].iter().fold(root.path().to_path_buf(), |dir, part| dir.join(part)),
            )
            .unwrap();
            let disk = Arc::new(Faulty::new(k, After::Recovers));
            disk.arm();
            let dir = root.path().join("one/two/three");
            let result = RunFolder::create_on(disk.clone(), &dir, &info(), "");
            if !disk.has_failed() {
                result.unwrap();
                break;
            }
            faults += 1;
            assert!(disk.is_named_by(&result.unwrap_err().to_string()));
            let left = (1..=3).filter(|&depth| root.path().join(parts[..depth].join("/")).exists()).count();
            assert_eq!(left, kept, "k = {k}");
        }
        assert!(faults > 15, "{faults}");
    }
}
