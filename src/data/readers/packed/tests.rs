#![allow(clippy::unwrap_used)]
use super::*;
use crate::data::{DataConfig, Source, Split, load};
use std::fs;

fn refusal(source: &str) -> String {
    let source: Source = source.parse().unwrap();
    let loaded = load(&source, &DataConfig::default().options(8, Split::Train)).unwrap_err().to_string();
    // Scoring says the same.
    assert_eq!(source.stream(Split::Train).err().unwrap().to_string(), loaded);
    loaded
}

#[test]
fn a_source_that_is_an_archive_says_how_to_unpack_it() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display().to_string();
    let zip = if cfg!(windows) {
        format!("run `Expand-Archive -Path {at}/a.zip -DestinationPath {at}/a`")
    } else {
        format!("run `unzip {at}/a.zip -d {at}/a`")
    };
    for (prefix, name, how, folder) in [
        ("", "a.zip", zip.clone(), "a"),
        ("idx:", "a.zip", zip, "a"),
        (
            "cifar10:",
            "c.tar.gz",
            format!("make the folder {at}/c, run `tar -xf {at}/c.tar.gz -C {at}/c`"),
            "c",
        ),
        ("stl10:", "s.TGZ", format!("make the folder {at}/s, run `tar -xf {at}/s.TGZ -C {at}/s`"), "s"),
        ("cifar100:", "d.tar", format!("make the folder {at}/d, run `tar -xf {at}/d.tar -C {at}/d`"), "d"),
        ("idx:", "e.7z", format!("run `7z x {at}/e.7z -o{at}/e`"), "e"),
        ("", "f.rar", format!("run `unrar x {at}/f.rar {at}/f{}`", std::path::MAIN_SEPARATOR), "f"),
        (
            "numpy:",
            "g.tar.xz",
            format!("make the folder {at}/g, run `tar -xf {at}/g.tar.xz -C {at}/g`"),
            "g/FILE",
        ),
    ] {
        fs::write(dir.path().join(name), "x").unwrap();
        let refusal = refusal(&format!("{prefix}{at}/{name}"));
        let expected = format!(
            "{at}/{name} is an archive, and images are read unpacked; {how}, then write `{prefix}{at}/{folder}`"
        );
        assert_eq!(refusal, expected);
    }
    // By its content, whatever it is called.
    fs::write(dir.path().join("download"), b"PK\x03\x04more").unwrap();
    let refusal = refusal(&format!("{at}/download"));
    assert!(refusal.contains(&format!("then write `{at}/download-unpacked`")), "{refusal}");
}

#[test]
fn an_archive_in_a_folder_explains_what_the_folder_lacks() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display().to_string();
    fs::write(dir.path().join("cifar-10-python.tar.gz"), "x").unwrap();
    for prefix in ["", "cifar10:", "cifar100:", "stl10:", "idx:"] {
        let refusal = refusal(&format!("{prefix}{at}"));
        // By its name it is this data set and no other.
        let expected =
            format!("run `tar -xf {at}/cifar-10-python.tar.gz -C {at}`, then write `cifar10:{at}`");
        assert!(refusal.ends_with(&expected), "{refusal}");
    }
    // Beside something else it explains a missing data set, and no folder without pictures.
    fs::write(dir.path().join("broken.png"), "x").unwrap();
    assert!(refusal(&format!("cifar10:{at}")).contains("tar -xf"));
    let alone =
        load(&Source::folder(dir.path()), &DataConfig::default().options(8, Split::Train)).unwrap_err();
    assert!(alone.to_string().contains("no usable image"), "{alone}");
}

#[test]
fn what_a_folder_has_instead_is_listed() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display().to_string();
    let message = |dir: &Path| missing(dir, "a or b").to_string();
    assert!(message(dir.path()).starts_with(&format!("there is no a or b in {at}, which holds nothing; ")));
    for number in 0..10 {
        fs::write(dir.path().join(format!("{number}.txt")), "x").unwrap();
    }
    fs::write(dir.path().join(".hidden"), "").unwrap();
    let there = "0.txt, 1.txt, 2.txt, 3.txt, 4.txt, 5.txt, 6.txt, 7.txt and 2 more; ";
    assert!(message(dir.path()).contains(there), "{}", message(dir.path()));
    let gone = dir.path().join("gone");
    assert!(matches!(missing(&gone, "a"), DataError::Missing(path) if path == gone));
    // A file of the data set instead of its folder.
    let refusal = refusal(&format!("idx:{at}/0.txt"));
    assert!(refusal.contains("0.txt is a file, not a folder"), "{refusal}");
}

#[test]
fn a_file_or_folder_of_another_kind_says_what_to_write() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display().to_string();
    for name in ["a.npz", "b.NPY"] {
        fs::write(dir.path().join(name), "PK\x03\x04").unwrap();
        let expected = format!("{at}/{name} is a file of NumPy's; write `numpy:{at}/{name}`");
        assert_eq!(refusal(&format!("{at}/{name}")), expected);
        assert_eq!(refusal(&format!("idx:{at}/{name}")), expected);
        fs::remove_file(dir.path().join(name)).unwrap();
    }
    fs::write(dir.path().join("array"), b"\x93NUMPY\x01\0").unwrap();
    assert!(refusal(&format!("{at}/array")).ends_with(&format!("; write `numpy:{at}/array`")));
    for name in ["plain.pth", "a.ckpt", "a.safetensors", "best.pth.tar"] {
        fs::write(dir.path().join(name), b"PK\x03\x04").unwrap();
        let expected =
            format!("{at}/{name} is a file of weights, not images; name the folder that holds the images");
        assert_eq!(refusal(&format!("{at}/{name}")), expected);
    }
    // A page that was saved as an archive cannot be unpacked.
    fs::write(dir.path().join("page.zip"), "<!DOCTYPE html>").unwrap();
    let page = refusal(&format!("{at}/page.zip"));
    assert_eq!(page, format!("{at}/page.zip is a web page, not the file itself; download the file itself"));
    // Folders.
    let folder = |name: &str, file: &str, content: &[u8]| {
        fs::create_dir_all(dir.path().join(name)).unwrap();
        fs::write(dir.path().join(name).join(file), content).unwrap();
        refusal(&format!("{at}/{name}"))
    };
    let idx = [&[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2][..], &[7; 4]].concat();
    let expected = format!("{at}/m is a folder with the files of IDX; write `idx:{at}/m`");
    assert_eq!(folder("m", "train-images-idx3-ubyte", &idx), expected);
    let expected = format!("{at}/s is a folder with the files of STL-10; write `stl10:{at}/s`");
    assert_eq!(folder("s", "unlabeled_X.bin", &[0; 27_648]), expected);
    let expected = format!(
        "{at}/n/x.npz is a file of NumPy's, and its folder has no pictures; write `numpy:{at}/n/x.npz`"
    );
    assert_eq!(folder("n", "x.npz", b"PK"), expected);
}

#[test]
fn an_archive_of_a_known_data_set_is_written_with_its_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display().to_string();
    for (archive, stem, source) in [
        ("cifar-10-python.tar.gz", "cifar-10-python", "cifar10:"),
        ("CIFAR-100-binary.tar.gz", "CIFAR-100-binary", "cifar100:"),
        ("stl10_binary.tar.gz", "stl10_binary", "stl10:"),
        ("cifar-10.tar.gz", "cifar-10", ""),
    ] {
        fs::write(dir.path().join(archive), "x").unwrap();
        let unpacked = format!(
            "; make the folder {at}/{stem}, run `tar -xf {at}/{archive} -C {at}/{stem}`, then write `{source}{at}/{stem}`"
        );
        let refused = refusal(&format!("{at}/{archive}"));
        assert!(refused.ends_with(&unpacked), "{refused}");
        // Alone in its folder, and where another prefix was written.
        let refused = refusal(&at);
        assert!(refused.ends_with(&format!("then write `{source}{at}`")), "{refused}");
        let source = if source.is_empty() { "idx:" } else { source };
        assert!(refusal(&format!("idx:{at}")).ends_with(&format!("then write `{source}{at}`")));
        fs::remove_file(dir.path().join(archive)).unwrap();
    }
}

#[test]
fn archives_beside_lists_of_files_are_to_be_unpacked() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display().to_string();
    for name in ["sample_submission.csv", "test.zip", "train.zip"] {
        fs::write(dir.path().join(name), "id,label").unwrap();
    }
    let refused = refusal(&at);
    assert!(refused.starts_with(&format!("{at}/train.zip is an archive")), "{refused}");
    // A picture that cannot be read explains more.
    fs::write(dir.path().join("a.heic"), "x").unwrap();
    let options = DataConfig::default().options(8, Split::Train);
    let refused = load(&Source::folder(dir.path()), &options).unwrap_err().to_string();
    assert!(refused.starts_with("no usable image in"), "{refused}");
}

#[test]
fn a_file_of_a_data_set_leads_to_its_folder_and_a_folder_to_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display().to_string();
    let idx = [&[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2][..], &[7; 4]].concat();
    let name = "train-images-idx3-ubyte";
    fs::write(dir.path().join(name), &idx).unwrap();
    let expected = format!("{at}/{name} is a file in a folder with the files of IDX; write `idx:{at}`");
    assert_eq!(refusal(&format!("{at}/{name}")), expected);
    assert_eq!(refusal(&format!("idx:{at}/{name}")), expected);
    assert_eq!(
        refusal(&format!("numpy:{at}")),
        format!("{at} cannot be used: it is a folder without such a file (npy, npz)")
    );
    fs::write(dir.path().join("a.npy"), "x").unwrap();
    assert_eq!(
        refusal(&format!("numpy:{at}")),
        format!("{at} cannot be used: it is a folder; name a file in it, as `numpy:{at}/a.npy`")
    );
    // Several parts of EMNIST, of which none is taken.
    fs::create_dir(dir.path().join("gzip")).unwrap();
    for part in ["digits", "letters"] {
        fs::write(dir.path().join(format!("gzip/emnist-{part}-train-images-idx3-ubyte")), &idx).unwrap();
    }
    let refused = refusal(&format!("{at}/gzip"));
    let expected = "gzip holds emnist-digits, emnist-letters; name one of them, as in `idx:";
    assert!(refused.contains(expected), "{refused}");
}

#[test]
fn weights_and_pickles_are_no_images_whatever_reads_them() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display().to_string();
    fs::write(dir.path().join("a.pth"), "PK").unwrap();
    let expected =
        format!("{at}/a.pth is a file of weights, not images; name the folder that holds the images");
    assert_eq!(refusal(&format!("numpy:{at}/a.pth")), expected);
    fs::write(dir.path().join("ffhq.pkl"), b"\x80\x03}.").unwrap();
    let refused = refusal(&format!("{at}/ffhq.pkl"));
    assert!(refused.contains("ffhq.pkl cannot be used: it is a Python pickle"), "{refused}");
}
