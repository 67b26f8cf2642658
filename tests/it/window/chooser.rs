//! The window's own dialog for files and folders, where the system has none.

use std::path::Path;

use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};

use super::Window;
use crate::runs::sample_server::finished_run;

/// Writes a path or a name over what a field has.
fn write(window: &mut Window, field: &str, text: &str) {
    window.until_label(field);
    window.harness.get_by_role_and_label(Role::TextInput, field).focus();
    window.harness.run_steps(2);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.harness.run_steps(1);
    window.harness.get_by_role_and_label(Role::TextInput, field).type_text(text);
    window.harness.run_steps(2);
}

/// Goes to a folder by its path.
fn go(window: &mut Window, folder: &Path) {
    write(window, "Path to go to", folder.to_str().unwrap());
    window.harness.key_press(Key::Enter);
    window.harness.run_steps(2);
    window.until("the folder is read", |harness| harness.query_by_label_contains("in this folder").is_some());
}

#[test]
fn runs_are_opened_and_exported_in_the_windows_own_dialog_where_the_system_has_none() {
    let run = finished_run();
    let mut window = Window::new();
    window.click("Open a run…");
    window.until_label("Choose folder");
    window.harness.check_accessibility();
    let nowhere = window.folder.path().join("no/where");
    write(&mut window, "Path to go to", nowhere.to_str().unwrap());
    window.harness.key_press(Key::Enter);
    let said = format!("There is no {}; check the path", nowhere.display());
    window.until(&said, |harness| harness.query_by_label(&said).is_some());
    window.harness.key_press(Key::Escape);
    window.harness.run_steps(3);
    assert!(window.harness.query_by_label("Choose folder").is_none(), "Escape closes it");
    // Into the folder above it, then by the mouse.
    window.click("Open a run…");
    go(&mut window, run.parent().unwrap());
    window.click(run.file_name().unwrap().to_str().unwrap());
    window.click("Choose folder");
    window.until_label("Finished");
    assert_eq!(window.run_dir(), run);
    // The next question begins where the last answer was.
    let out = window.folder.path().join("out");
    std::fs::create_dir(&out).unwrap();
    window.click("Export…");
    window.click("Choose where…");
    window.until_label("Choose folder");
    go(&mut window, &out);
    window.click("Choose folder");
    window.until("the export", |harness| harness.query_by_label_contains("files are in").is_some());
    let exported: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(exported.len() == 1 && exported[0].join("winner.safetensors").exists(), "{exported:?}");
}

#[test]
fn settings_and_pictures_are_chosen_by_mouse_or_keys_in_the_windows_own_dialog() {
    let mut window = Window::new();
    let folder = window.folder.path().join("mine");
    std::fs::create_dir_all(folder.join("pictures")).unwrap();
    std::fs::write(folder.join("other.txt"), "no settings").unwrap();
    std::fs::write(folder.join("a.toml"), "name = \"first\"\n[score]\nreference = 7").unwrap();
    window.click("New search…");
    window.until_label("Ready to start");
    window.click("Load…");
    go(&mut window, &folder);
    assert!(window.harness.query_by_label("other.txt").is_none(), "only files that fit are listed");
    assert!(window.harness.get_by_label("Open").accesskit_node().is_disabled(), "nothing is selected");
    window.click("a.toml");
    window.click("Open");
    let loaded = format!("Settings of {} loaded", folder.join("a.toml").display());
    window.until(&loaded, |harness| harness.query_by_label(&loaded).is_some());
    // The name is there already, and the folder is that of the last answer.
    window.click("Save…");
    window.click("Save");
    let saved = |name: &str| format!("Settings saved in {}", folder.join(name).display());
    window.until("saved", |harness| harness.query_by_label(&saved("first.toml")).is_some());
    let text = std::fs::read_to_string(folder.join("first.toml")).unwrap();
    assert!(text.contains("reference = 7"));
    // A file that is there is replaced only after a question; a name without an ending gets one.
    std::fs::write(folder.join("b.toml"), "kept until it is asked").unwrap();
    window.click("Save…");
    window.until_label("Save");
    write(&mut window, "File name", "b");
    window.click("Save");
    window.until_label("Replace it");
    assert_eq!(std::fs::read_to_string(folder.join("b.toml")).unwrap(), "kept until it is asked");
    window.click("Replace it");
    window.until("replaced", |harness| harness.query_by_label(&saved("b.toml")).is_some());
    assert!(std::fs::read_to_string(folder.join("b.toml")).unwrap().contains("reference = 7"));
    // By keys alone: the folder is above, then a.toml, then b.toml.
    window.command("Load settings");
    window.until("the list", |harness| harness.query_by_label("a.toml").is_some());
    for key in [Key::ArrowDown, Key::ArrowDown, Key::ArrowDown, Key::Enter] {
        window.harness.key_press(key);
        window.harness.run_steps(2);
    }
    let loaded = format!("Settings of {} loaded", folder.join("b.toml").display());
    window.until(&loaded, |harness| harness.query_by_label(&loaded).is_some());
}
