//! What comes in from outside, and what goes out: hostile files given to the real program, and its connections.

use std::fs;
use std::path::Path;

/// What opens a connection or a port, in a source file.
const NETWORK: [&str; 6] = ["ureq", "std::net", "TcpListener", "TcpStream", "UdpSocket", "ToSocketAddrs"];
/// The only folder that may.
const DOWNLOADS: &str = "data/fetch";

#[test]
fn only_downloads_know_the_network() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut outside, mut inside) = (Vec::new(), 0);
    for file in walkdir::WalkDir::new(&root) {
        let file = file.unwrap();
        if file.path().extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(file.path()).unwrap();
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let found = NETWORK.iter().filter(|name| code.iter().any(|line| line.contains(**name)));
        if file.path().starts_with(root.join(DOWNLOADS)) {
            inside += found.count()
        } else {
            outside.extend(found.map(|name| format!("{}: {name}", file.path().display())))
        }
    }
    assert!(outside.is_empty(), "the network is used outside of src/{DOWNLOADS}:\n{}", outside.join("\n"));
    assert!(inside > 2, "the downloads were not found");
}

#[cfg(target_os = "linux")]
mod on_linux {
    use std::collections::BTreeSet;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use crate::small::small_search;

    /// The sockets of the internet that a process holds: a line of the system's table for each.
    fn internet_sockets(process: u32) -> Vec<String> {
        let held = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten();
        // A descriptor may be closed while it is looked at.
        let held = held.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        let inode =
            |target: &Path| Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned());
        let held: BTreeSet<String> = held.filter_map(|target| inode(&target)).collect();
        let mut found = Vec::new();
        for table in ["tcp", "tcp6", "udp", "udp6"] {
            let text = fs::read_to_string(format!("/proc/{process}/net/{table}")).unwrap_or_default();
            // The inode is the tenth field (proc(5)).
            let ours = |line: &&str| line.split_whitespace().nth(9).is_some_and(|inode| held.contains(inode));
            found.extend(text.lines().skip(1).filter(ours).map(|line| format!("{table}: {line}")));
        }
        found
    }

    /// The processes that a process has begun.
    fn children(process: u32) -> Vec<u32> {
        let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten();
        let lists =
            threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok());
        lists
            .flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .filter_map(|child| child.parse().ok())
            .collect()
    }

    #[test]
    fn a_socket_would_be_seen() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = format!(":{:04X} ", listener.local_addr().unwrap().port());
        let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let datagram_port = format!(":{:04X} ", datagrams.local_addr().unwrap().port());
        let found = internet_sockets(std::process::id());
        assert!(found.iter().any(|line| line.starts_with("tcp:") && line.contains(&port)), "{found:?}");
        assert!(
            found.iter().any(|line| line.starts_with("udp:") && line.contains(&datagram_port)),
            "{found:?}"
        );
    }

    #[test]
    fn a_search_opens_no_connection_and_no_port() {
        let dir = tempfile::tempdir().unwrap();
        let mut search = Command::new(env!("CARGO_BIN_EXE_autogan"))
            .args(small_search(&dir.path().join("run")))
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (mut looks, mut sockets) = (0, BTreeSet::new());
        let status = loop {
            if let Some(status) = search.try_wait().unwrap() {
                break status;
            }
            let process = search.id();
            for process in children(process).into_iter().chain([process]) {
                sockets.extend(internet_sockets(process));
            }
            looks += 1;
            std::thread::sleep(Duration::from_millis(10));
        };
        assert!(status.success(), "{status}");
        assert!(looks > 50, "only {looks} looks");
        assert!(sockets.is_empty(), "{sockets:?}");
    }

    /// Runs the program for at most a minute; its exit code and all that it says.
    fn autogan(dir: &Path, args: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new("timeout");
        command.args(["60", env!("CARGO_BIN_EXE_autogan")]).args(args);
        let output = command.current_dir(dir).stdin(Stdio::null()).env("NO_COLOR", "1").output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }

    #[test]
    fn hostile_files_are_one_sentence_and_nothing_waits() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        assert!(Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        symlink("/dev/zero", at("zeros")).unwrap();
        fs::File::create(at("huge")).unwrap().set_len(1 << 40).unwrap();
        fs::write(at("burnpack"), b"NRUB\x01\0\0\0\0\0").unwrap();
        fs::write(at("page"), "<html></html>").unwrap();
        fs::write(at("header"), [&(5u64 << 20).to_le_bytes()[..], &vec![b'{'; 6 << 20]].concat()).unwrap();
        fs::write(at("deep.toml"), "[".repeat(100_000)).unwrap();
        for (file, reason) in [
            ("pipe", "a pipe, a device"),
            ("zeros", "a pipe, a device"),
            ("huge", "1099511627776 bytes"),
            ("burnpack", "burn's own format"),
            ("page", "a web page, not the file itself"),
            ("header", "bytes in its header"),
        ] {
            let model = ["sample", "--model", file, "--device", "cpu", "--out", "out"];
            let score = ["score", "--real", "toys", "--fake", file, "--device", "cpu"];
            let export = ["export", file, "--to", "out"];
            for args in [&model[..], &score, &export] {
                let (code, said) = autogan(dir.path(), args);
                // How a model is named differs; that it is refused, and at once, does not.
                assert!(matches!(code, Some(1 | 2)), "{args:?}: {code:?} {said}");
                if args[0] == "sample" {
                    assert_eq!(code, Some(1), "{args:?}: {said}");
                    assert!(said.contains(reason), "{args:?}: {said}");
                }
            }
        }
        for (file, exit, reason) in [
            ("pipe", 1, "a pipe, a device"),
            ("zeros", 1, "a pipe, a device"),
            ("huge", 1, "1099511627776 bytes"),
            // What is written there is as if it had been typed.
            ("deep.toml", 2, "is not TOML"),
        ] {
            let (code, said) = autogan(dir.path(), &["search", "--config", file, "--out", "run"]);
            assert_eq!(code, Some(exit), "{file}: {said}");
            assert!(said.contains(reason), "{file}: {said}");
        }
        assert!(!at("out").exists() && !at("run").exists());
    }

    #[test]
    fn a_folder_of_hostile_files_is_counted_with_reasons() {
        let dir = tempfile::tempdir().unwrap();
        let images = dir.path().join("images");
        fs::create_dir(&images).unwrap();
        image::RgbImage::new(16, 16).save(images.join("good.png")).unwrap();
        assert!(Command::new("mkfifo").arg(images.join("pipe.png")).status().unwrap().success());
        symlink("/dev/zero", images.join("zeros.png")).unwrap();
        symlink(&images, images.join("loop")).unwrap();
        for number in 0..30 {
            fs::write(images.join(format!("{number}.png")), "<html></html>").unwrap();
        }
        let (code, said) = autogan(dir.path(), &["data", "check", "images"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("Images    1 of 34 found is used, 33 are left out: "), "{said}");
        assert!(said.contains("30 a web page, not the picture: download the picture itself"), "{said}");
        assert!(said.contains("2 neither a file nor a folder"), "{said}");
    }
}
