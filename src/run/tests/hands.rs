//! Run folders that other processes, users and programs get at.

use super::process::Other;
use super::*;
use crate::run::view::{
    CANDIDATE_PICTURES, CANDIDATES, CHECKPOINTS, CONFIG, EVENTS, EXPORT, SAMPLES, SUMMARY,
};
use crate::run::{RunView, list, live_status, send_message, summarize};

/// A way to write to a run.
type Door = fn(&Path) -> Result<RunFolder, RunError>;

#[test]
fn another_process_that_writes_is_named_and_leaves_nothing_locked_when_killed() {
    let (root, dir) = some_run();
    let mut other = Other::start("hold", &dir, |_| ());
    assert_eq!(other.says(), "mine");
    let before = content(&dir);
    let doors: [Door; 3] = [
        RunFolder::open,
        |dir| RunFolder::resume(dir).map(|resumed| resumed.folder),
        |dir| RunFolder::create(dir, &info(), CONFIG_TOML),
    ];
    for (door, named) in doors.into_iter().zip([true, true, false]) {
        let dir = dir.clone();
        let message = refused(move || door(&dir)).to_string();
        assert_eq!(message.contains(&format!("in use by process {}", other.id())), named, "{message}");
    }
    let view = RunView::open(&dir).unwrap();
    assert!(view.is_running() && list(root.path()).unwrap()[0].running);
    assert_eq!(view.latest_checkpoint().unwrap().checkpoint.unwrap().step(), 20);
    assert_eq!(content(&dir), before);
    other.kill();
    assert!(!view.is_running());
    assert_eq!(RunFolder::resume(&dir).unwrap().checkpoint.unwrap().step(), 20);
}

#[test]
fn of_processes_that_want_the_same_folder_at_once_exactly_one_gets_it() {
    for existing in [false, true] {
        for _ in 0..4 {
            let root = quick_dir();
            let dir = root.path().join("run");
            if existing {
                fs::create_dir(&dir).unwrap();
            }
            let mut others: Vec<Other> = (0..4).map(|_| Other::start("create", &dir, |_| ())).collect();
            others.iter_mut().for_each(Other::go);
            let said: Vec<String> = others.iter_mut().map(Other::says).collect();
            assert_eq!(said.iter().filter(|words| *words == "mine").count(), 1, "{said:?}");
            drop(others);
            assert_eq!(RunView::open(&dir).unwrap().info(), &info());
            RunFolder::resume(&dir).unwrap();
        }
    }
}

/// A user without rights: another one where we may become that, else we after giving up our own.
#[test]
#[cfg(target_os = "linux")]
fn a_folder_without_the_right_to_write_is_read_and_refused_in_a_sentence() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let (root, dir) = some_run();
    let place = root.path().join("place");
    fs::create_dir(&place).unwrap();
    fs::rename(&dir, place.join("run")).unwrap();
    let dir = place.join("run");
    fs::create_dir(root.path().join("own")).unwrap();
    let before = content(&dir);
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let lock = |mode: u32| {
        for entry in fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()) {
            allow(&entry, if entry.is_dir() { mode } else { mode & !0o111 });
        }
        allow(&dir, mode);
        allow(&place, mode);
    };
    lock(0o555);
    allow(root.path(), 0o755);
    allow(&root.path().join("own"), 0o777);
    let root_user = fs::metadata("/proc/self").unwrap().uid() == 0;
    let mut other = Other::start("powerless", root.path(), |command| {
        if root_user {
            command.uid(65_534).gid(65_534);
        }
    });
    let said = other.says();
    lock(0o755);
    assert_eq!(said, "as it should be");
    assert_eq!(content(&dir), before);
    assert_eq!(fs::read_dir(&place).unwrap().count(), 1);
}

/// What the process without rights does.
#[cfg(target_os = "linux")]
pub(super) fn powerless(root: &Path) {
    let (place, dir) = (root.join("place"), root.join("place/run"));
    let denied = |error: RunError, path: &Path| {
        assert!(matches!(error, RunError::Denied { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains(path.to_str().unwrap()) && message.contains("get the rights"), "{message}");
    };
    let (one, two) = (dir.clone(), dir.clone());
    denied(refused(move || RunFolder::open(&one)), &dir);
    denied(refused(move || RunFolder::resume(&two)), &dir);
    for new in [place.join("new"), place.join("deep/er")] {
        let to = new.clone();
        denied(refused(move || RunFolder::create(&to, &info(), "")), &new);
    }
    let run = dir.clone();
    denied(refused(move || send_message(&run, &1)), &dir);
    let view = RunView::open(&dir).unwrap();
    assert_eq!(view.events::<(String, u64)>().unwrap().items.len(), 25);
    assert_eq!(view.latest_checkpoint().unwrap().checkpoint.unwrap().step(), 20);
    assert_eq!((list(&place).unwrap().len(), view.is_running()), (1, false));

    // Rights that are taken away and given back while a run is under way.
    let own = root.join("own/run");
    let mut folder = RunFolder::create(&own, &info(), "").unwrap();
    work(&mut folder, 1..11).unwrap();
    let allow = |mode, parts: &[&str]| {
        use std::os::unix::fs::PermissionsExt;
        for part in parts {
            fs::set_permissions(own.join(part), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    let all = ["", SAMPLES, CHECKPOINTS];
    let save = |folder: &mut RunFolder| folder.save_checkpoint::<RunError>(20, &(), |_| Ok(()));
    allow(0o555, &all);
    denied(save(&mut folder).unwrap_err(), &own);
    denied(folder.write_sample(20, b"png").unwrap_err(), &own);
    denied(folder.write_summary(&1).unwrap_err(), &own);
    assert_eq!(folder.latest_checkpoint().unwrap().checkpoint.unwrap().step(), 10);
    allow(0o755, &all);
    save(&mut folder).unwrap();
    folder.write_sample(20, b"png").unwrap();
    allow(0o000, &[""]);
    let hidden = own.clone();
    denied(refused(move || RunView::open(&hidden)), &own);
    allow(0o755, &[""]);
    super::process::say("as it should be");
}

/// Puts something in the place of a run folder, whose old one was moved.
type Theft = fn(&Path, &Path);

/// Ways to take a run folder away from under a run, each with what stands there then.
fn thefts() -> Vec<(&'static str, Theft)> {
    let mut thefts: Vec<(&'static str, Theft)> = vec![
        ("nothing", |_, _| ()),
        ("an empty folder", |dir, _| fs::create_dir(dir).unwrap()),
        ("another run", |dir, _| drop(RunFolder::create(dir, &info(), "").unwrap())),
        ("a copy of the run", |dir, moved| copy(moved, dir)),
        ("a file", |dir, _| fs::write(dir, "mine").unwrap()),
    ];
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        thefts.push(("a link to a folder", |dir, moved| {
            let target = moved.with_file_name("target");
            fs::create_dir(&target).unwrap();
            fs::write(target.join("thesis.tex"), "years").unwrap();
            symlink(target, dir).unwrap();
        }));
        thefts.push(("a link to a copy", |dir, moved| {
            let target = moved.with_file_name("target");
            copy(moved, &target);
            symlink(target, dir).unwrap();
        }));
        thefts.push(("a link to nothing", |dir, _| symlink("/nowhere/at/all", dir).unwrap()));
    }
    thefts
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let to = to.join(entry.file_name().unwrap());
        if entry.is_dir() { copy(&entry, &to) } else { assert!(fs::copy(&entry, to).is_ok()) }
    }
}

/// All that is below `dir`, but for the folder `moved`.
fn others(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = content(dir);
    files.retain(|path, _| !path.starts_with("moved"));
    files
}

#[test]
fn a_folder_that_is_taken_away_is_not_written_to_until_it_is_back() {
    for (what, theft) in thefts() {
        let (root, dir) = some_run();
        let mut folder = RunFolder::open_on(quick_disk(), &dir).unwrap();
        let good = folder.latest_checkpoint().unwrap().checkpoint.unwrap();
        let moved = root.path().join("moved");
        fs::rename(&dir, &moved).unwrap();
        theft(&dir, &moved);
        let before = others(root.path());
        folder.events.append(&("event", 26)).unwrap();
        let save = |folder: &mut RunFolder| folder.save_checkpoint::<RunError>(30, &(), |_| Ok(()));
        for error in [
            save(&mut folder).unwrap_err(),
            folder.write_sample(26, b"png").unwrap_err(),
            folder.write_summary(&1).unwrap_err(),
            folder.return_to(&good).unwrap_err(),
        ] {
            assert!(matches!(error, RunError::Replaced { .. }), "{what}: {error}");
            assert!(error.to_string().contains(dir.to_str().unwrap()), "{what}: {error}");
        }
        assert_eq!(others(root.path()), before, "{what}");
        if dir.is_dir() && !dir.is_symlink() {
            fs::remove_dir_all(&dir).unwrap();
        } else if dir.symlink_metadata().is_ok() {
            fs::remove_file(&dir).unwrap();
        }
        fs::rename(&moved, &dir).unwrap();
        save(&mut folder).unwrap();
        drop(folder);
        assert_eq!(RunFolder::resume(&dir).unwrap().checkpoint.unwrap().step(), 30, "{what}");
    }
}

#[test]
fn a_run_whose_lock_is_deleted_does_not_share_its_folder() {
    let (_root, dir) = some_run();
    let mut folder = RunFolder::open_on(quick_disk(), &dir).unwrap();
    fs::remove_file(dir.join(LOCK)).unwrap();
    let mut second = RunFolder::resume_on(quick_disk(), &dir).unwrap().folder;
    let error = folder.save_checkpoint::<RunError>(30, &(), |_| Ok(())).unwrap_err();
    assert!(matches!(error, RunError::Replaced { .. }), "{error}");
    second.save_checkpoint::<RunError>(30, &(), |_| Ok(())).unwrap();
}

/// A run that comes from a stranger must not make us write, delete or wait elsewhere.
#[test]
#[cfg(unix)]
fn a_run_with_links_pipes_or_other_things_in_its_parts_is_refused_and_nothing_else_is_touched() {
    use std::os::unix::fs::symlink;
    let make_pipe = |path: &Path| {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    let files =
        ["lock", "run.json", CONFIG, EVENTS, CANDIDATES, LOG_TXT, SUMMARY, "live.json", "live.json.tmp"];
    let folders = [CHECKPOINTS, SAMPLES, CANDIDATE_PICTURES, EXPORT, "inbox"];
    for name in files.into_iter().chain(folders) {
        for kind in ["link", "dangling link", "pipe", "wrong kind"] {
            let (root, dir) = some_run();
            let (path, outside) = (dir.join(name), root.path().join("outside"));
            match fs::symlink_metadata(&path) {
                Ok(_) => fs::rename(&path, &outside).unwrap(),
                Err(_) if folders.contains(&name) => fs::create_dir(&outside).unwrap(),
                Err(_) => fs::write(&outside, "").unwrap(),
            }
            match kind {
                "link" => symlink(&outside, &path).unwrap(),
                "dangling link" => symlink(root.path().join("gone"), &path).unwrap(),
                "pipe" => make_pipe(&path),
                _ if outside.is_dir() => fs::write(&path, "").unwrap(),
                _ => fs::create_dir(&path).unwrap(),
            }
            // To compare it afterwards, what cannot be read is set aside.
            let outside_before = others(&outside_in(&outside));
            let (one, two) = (dir.clone(), dir.clone());
            let error = refused(move || RunFolder::resume(&one).map(|_| ()));
            assert!(error.to_string().contains(name), "{name}, {kind}: {error}");
            refused(move || RunFolder::open(&two).map(|_| ()));
            if name == "inbox" {
                let place = dir.clone();
                refused(move || send_message(&place, &1));
            }
            assert_eq!(others(&outside_in(&outside)), outside_before, "{name}, {kind}");
            assert!(!root.path().join("gone").exists(), "{name}, {kind}");

            // Looking is harmless, and does not wait either.
            let (one, root) = (dir.clone(), root.path().to_path_buf());
            promptly(move || {
                let _ = list(&root).unwrap();
                let _ = (summarize(one.clone()), live_status::<u32>(&one));
                let Ok(view) = RunView::open(&one) else {
                    return;
                };
                let _ = (view.config(), view.events::<u64>(), view.candidates::<u64>());
                let _ = (view.summary(), view.samples(), view.latest_checkpoint(), view.is_running());
            });
        }
    }
}

/// A folder that holds what lies outside of the run, to list it.
#[cfg(unix)]
fn outside_in(outside: &Path) -> PathBuf {
    if outside.is_dir() {
        outside.to_path_buf()
    } else {
        let storage = outside.with_file_name("storage");
        fs::create_dir_all(&storage).unwrap();
        fs::copy(outside, storage.join("outside")).unwrap();
        storage
    }
}

#[test]
#[cfg(unix)]
fn a_pipe_inside_a_checkpoint_makes_it_a_damaged_one() {
    for name in ["weights.bin", "manifest.json", "manifest.sha256"] {
        let (_root, dir) = some_run();
        let path = dir.join("checkpoints/000020").join(name);
        fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let resumed = promptly(move || RunFolder::resume(&dir).unwrap());
        assert_eq!(resumed.checkpoint.unwrap().step(), 10, "{name}");
        assert!(resumed.warnings[0].0.contains(name), "{:?}", resumed.warnings);
    }
}
