//! One file over HTTP, with resume and checksum.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::http::{HeaderMap, StatusCode, Uri};

use super::super::DataError;
use super::{DownloadProgress, Remote};

/// So many connections in a row may bring nothing before the download is given up.
const ATTEMPTS: usize = 3;
/// Redirects that are followed.
const REDIRECTS: u32 = 10;
/// A server that is silent for so long has failed.
const SILENCE: Duration = Duration::from_secs(60);

/// Downloads `remote` to `target`: into `target.part` first, going on where an earlier call stopped,
/// and renamed once its checksum is right.
pub(super) fn download(
    remote: &Remote,
    target: &Path,
    progress: &mut dyn FnMut(DownloadProgress),
) -> Result<(), DataError> {
    let url = format!("{}{}", remote.base, remote.file);
    let part = part_of(target);
    let local = is_local(&url);
    if !local && !url.starts_with("https://") {
        let why = "only https addresses are fetched from, and plain http from this machine itself".into();
        return Err(DataError::Download { url, why });
    }
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        // Redirects included. A server on this machine sends nobody elsewhere.
        .https_only(!local)
        .max_redirects(if local { 0 } else { REDIRECTS })
        .timeout_connect(Some(SILENCE))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE))
        .build();
    let agent = config.new_agent();
    // The most that was ever here: a server that starts over each time brings nothing new.
    let mut most = length(&part);
    let mut fruitless = 0;
    loop {
        let why = match attempt(&agent, &url, &part, remote, progress)? {
            Outcome::Complete => break,
            Outcome::Refused(why) => return Err(DataError::Download { url, why }),
            Outcome::Broken(why) => why,
        };
        fruitless = if length(&part) > most { 0 } else { fruitless + 1 };
        most = most.max(length(&part));
        if fruitless == ATTEMPTS {
            return Err(DataError::Download { url, why });
        }
    }
    let found = remote.sum.of(&part)?;
    if found != remote.sum.digits() {
        // A wrong part must not be the start of the next attempt.
        fs::remove_file(&part).map_err(|error| DataError::write(&part, error))?;
        let (kind, expected) = (remote.sum.kind(), remote.sum.digits().to_owned());
        return Err(DataError::Checksum { path: part, kind, expected, found });
    }
    fs::rename(&part, target).map_err(|error| DataError::write(target, error))
}

/// How one connection ended.
enum Outcome {
    /// All bytes are here.
    Complete,
    /// Trying again may help.
    Broken(String),
    /// Trying again will not help.
    Refused(String),
}

/// One connection: asks for what is missing of `part` and appends it.
fn attempt(
    agent: &ureq::Agent,
    url: &str,
    part: &Path,
    remote: &Remote,
    progress: &mut dyn FnMut(DownloadProgress),
) -> Result<Outcome, DataError> {
    let have = length(part);
    // The checksums are of the files as they are, not of what a server packs for the way.
    let mut request = agent.get(url).header("Accept-Encoding", "identity");
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let response = match request.call() {
        Ok(response) => response,
        // A server that leads away from HTTPS does so again.
        Err(ureq::Error::RequireHttpsOnly(to)) => {
            return Ok(Outcome::Refused(format!("the server leads to {to}, which is no https address")));
        }
        Err(error) => return Ok(Outcome::Broken(error.to_string())),
    };
    let restart = |why: &str| {
        fs::remove_file(part).map_err(|error| DataError::write(part, error))?;
        Ok(Outcome::Broken(why.into()))
    };
    let range = content_range(response.headers());
    let mut done = match (response.status(), range) {
        (StatusCode::OK, _) => 0,
        (StatusCode::PARTIAL_CONTENT, Some((Some(first), _))) if first == have => have,
        (StatusCode::PARTIAL_CONTENT, _) => {
            return restart("the server sends another part of the file than asked for");
        }
        (StatusCode::RANGE_NOT_SATISFIABLE, Some((_, Some(total)))) if total == have && have > 0 => {
            return Ok(Outcome::Complete);
        }
        (StatusCode::RANGE_NOT_SATISFIABLE, _) if have > 0 => {
            return restart("the server's file is shorter than what is here");
        }
        (status, _) if status.is_server_error() => {
            return Ok(Outcome::Broken(format!("the server answers {status}")));
        }
        (status, _) => return Ok(Outcome::Refused(format!("the server answers {status}"))),
    };
    let mut options = OpenOptions::new();
    options.create(true).write(true).append(done > 0).truncate(done == 0);
    let mut file = options.open(part).map_err(|error| DataError::write(part, error))?;
    let mut body = response.into_body();
    let total = body.content_length().map(|rest| done.saturating_add(rest));
    let too_large = || {
        fs::remove_file(part).map_err(|error| DataError::write(part, error))?;
        let why = format!("the server sends more than {} bytes, which the file does not have", remote.most);
        Ok(Outcome::Refused(why))
    };
    if total.is_some_and(|total| total > remote.most) {
        return too_large();
    }
    let mut reader = body.as_reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        progress(DownloadProgress { file: &remote.file, done, total });
        let n = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(error) => {
                return Ok(Outcome::Broken(format!("the connection broke after {done} bytes: {error}")));
            }
        };
        if done + n as u64 > remote.most {
            return too_large();
        }
        file.write_all(&buffer[..n]).map_err(|error| DataError::write(part, error))?;
        done += n as u64;
    }
    if total.is_some_and(|total| done < total) {
        return Ok(Outcome::Broken(format!("the connection ended after {done} bytes")));
    }
    file.sync_all().map_err(|error| DataError::write(part, error))?;
    Ok(Outcome::Complete)
}

/// First byte and total of a `Content-Range: bytes FIRST-LAST/TOTAL` or `bytes */TOTAL`.
fn content_range(headers: &HeaderMap) -> Option<(Option<u64>, Option<u64>)> {
    let text = headers.get("content-range")?.to_str().ok()?;
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let first = range.split_once('-').and_then(|(first, _)| first.parse().ok());
    Some((first, total.parse().ok()))
}

/// Whether an address is one of this very machine, where nobody listens in.
fn is_local(url: &str) -> bool {
    let Ok(url) = url.parse::<Uri>() else { return false };
    matches!(url.host(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

fn part_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// The file's length; 0 when there is none.
fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

#[cfg(test)]
pub(super) mod server {
    #![allow(clippy::unwrap_used)]
    //! A local HTTP server that misbehaves on demand.

    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    /// What a client asked.
    pub struct Request {
        /// Requests before this one.
        pub count: usize,
        /// First byte of the range asked for.
        pub from: Option<usize>,
    }

    /// The bytes to send; the connection is closed after them.
    pub struct Reply(pub Vec<u8>);

    impl Reply {
        pub fn status(status: u16) -> Self {
            Self(format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into())
        }

        pub fn whole(body: &[u8]) -> Self {
            Self::head("200 OK", body.len(), "").with(body)
        }

        /// The rest of `body` from byte `from`.
        pub fn rest(body: &[u8], from: usize) -> Self {
            let range = format!("Content-Range: bytes {from}-{}/{}\r\n", body.len() - 1, body.len());
            Self::head("206 Partial Content", body.len() - from, &range).with(&body[from..])
        }

        pub fn head(status: &str, length: usize, more: &str) -> Self {
            Self(
                format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n")
                    .into(),
            )
        }

        pub fn with(mut self, body: &[u8]) -> Self {
            self.0.extend(body);
            self
        }
    }

    /// Serves until the test's process ends; returns the address, ending in a slash.
    pub fn serve(answer: impl Fn(Request) -> Reply + Send + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for (count, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head: Vec<String> =
                    lines.map(|line| line.unwrap()).take_while(|line| !line.is_empty()).collect();
                let from = head.iter().find_map(|line| {
                    let line = line.to_lowercase();
                    line.strip_prefix("range: bytes=")?.trim_end_matches('-').parse().ok()
                });
                stream.write_all(&answer(Request { count, from }).0).unwrap();
            }
        });
        base
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sum::PublishedSum;
    use super::server::{Reply, Request, serve};
    use super::*;
    use md5::{Digest, Md5};

    fn body() -> Vec<u8> {
        (0..200_000u32).map(|i| (i * 31 % 253) as u8).collect()
    }

    struct Case {
        dir: tempfile::TempDir,
        remote: Remote,
    }

    impl Case {
        fn new(answer: impl Fn(Request) -> Reply + Send + 'static) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let digits = Md5::digest(body()).iter().map(|byte| format!("{byte:02x}")).collect();
            let sum = PublishedSum::Md5(digits);
            let (base, file) = (serve(answer), "f.bin".into());
            let remote = Remote { base, file, most: 1 << 20, sum, members: vec![] };
            Self { dir, remote }
        }

        fn target(&self) -> PathBuf {
            self.dir.path().join("f.bin")
        }

        fn run(&self) -> Result<(), DataError> {
            download(&self.remote, &self.target(), &mut |_| {})
        }

        fn assert_whole(&self) {
            self.run().unwrap();
            assert_eq!(fs::read(self.target()).unwrap(), body());
            assert!(!part_of(&self.target()).exists());
        }
    }

    #[test]
    fn a_whole_file_arrives_with_progress() {
        let case = Case::new(|_| Reply::whole(&body()));
        let mut seen = Vec::new();
        download(&case.remote, &case.target(), &mut |p| seen.push((p.done, p.total))).unwrap();
        assert_eq!(seen.first(), Some(&(0, Some(200_000))));
        assert_eq!(seen.last(), Some(&(200_000, Some(200_000))));
        assert_eq!(fs::read(case.target()).unwrap(), body());
    }

    #[test]
    fn a_broken_connection_goes_on_where_it_broke() {
        let case = Case::new(|request| match (request.count, request.from) {
            (0, None) => Reply::head("200 OK", 200_000, "").with(&body()[..70_000]),
            (1, Some(70_000)) => Reply::rest(&body(), 70_000),
            _ => Reply::status(404),
        });
        case.assert_whole();
    }

    #[test]
    fn an_earlier_calls_part_is_continued() {
        let case = Case::new(|request| match request.from {
            Some(1234) => Reply::rest(&body(), 1234),
            _ => Reply::status(404),
        });
        fs::write(part_of(&case.target()), &body()[..1234]).unwrap();
        case.assert_whole();
    }

    #[test]
    fn a_server_without_ranges_sends_all_again() {
        let case = Case::new(|_| Reply::whole(&body()));
        fs::write(part_of(&case.target()), [9; 1234]).unwrap();
        case.assert_whole();
    }

    #[test]
    fn a_part_that_is_complete_or_too_long_is_recognised() {
        let answer = |request: Request| match request.from {
            Some(from) if from >= 200_000 => {
                Reply::head("416 Range Not Satisfiable", 0, "Content-Range: bytes */200000\r\n")
            }
            Some(from) => Reply::rest(&body(), from),
            None => Reply::whole(&body()),
        };
        for length in [200_000, 200_005] {
            let case = Case::new(answer);
            let mut part = body();
            part.resize(length, 0);
            fs::write(part_of(&case.target()), part).unwrap();
            case.assert_whole();
        }
    }

    #[test]
    fn a_wrong_sum_is_an_error_and_leaves_nothing() {
        let case = Case::new(|_| Reply::whole(b"other bytes"));
        let error = case.run().unwrap_err().to_string();
        assert!(
            error.contains("f.bin.part has the MD5 sum") && error.contains(case.remote.sum.digits()),
            "{error}"
        );
        assert_eq!(fs::read_dir(case.dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_server_that_sends_more_than_the_file_has_is_cut_off() {
        let declared = Case::new(|_| Reply::head("200 OK", 1 << 40, "").with(&body()));
        // Without a length, for ever as far as can be known.
        let endless = Case::new(|_| {
            Reply(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec()).with(&vec![7; 3 << 20])
        });
        for case in [declared, endless] {
            let error = case.run().unwrap_err().to_string();
            assert!(error.contains("more than 1048576 bytes"), "{error}");
            assert_eq!(fs::read_dir(case.dir.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn only_https_is_fetched_and_plain_http_only_from_this_machine() {
        let case = Case::new(|_| Reply::whole(&body()));
        let plain = |base: &str| {
            let remote = Remote { base: base.into(), ..Case::new(|_| Reply::status(404)).remote };
            download(&remote, &case.target(), &mut |_| {}).unwrap_err().to_string()
        };
        for base in [
            "http://example.com/",
            "http://127.0.0.1.example.com/",
            "http://localhost@example.com/",
            "HTTP://example.com/",
            "ftp://example.com/",
            "file:///etc/",
            "//localhost/",
            "",
        ] {
            let error = plain(base);
            assert!(error.contains("only https addresses"), "{base}: {error}");
        }
        for local in ["http://localhost:80/x", "http://127.0.0.1/x", "http://[::1]:8/x"] {
            assert!(is_local(local), "{local}");
        }
    }

    /// A local server that leads elsewhere is not followed; how a public one is, ureq's own setting says.
    #[test]
    fn redirects_to_plain_http_are_not_followed() {
        let elsewhere = serve(|_| Reply::whole(&body()));
        let case =
            Case::new(move |_| Reply::head("302 Found", 0, &format!("Location: {elsewhere}f.bin\r\n")));
        let error = case.run().unwrap_err().to_string();
        assert!(error.contains("the server answers 302"), "{error}");
        // The very setting that public addresses get, from a server that leads to plain http.
        let agent = ureq::Agent::config_builder().https_only(true).build().new_agent();
        let elsewhere = &case.remote.base;
        let refused = attempt(&agent, elsewhere, &case.target(), &case.remote, &mut |_| {}).unwrap();
        assert!(matches!(&refused, Outcome::Refused(why) if why.contains("no https address")));
    }

    #[test]
    fn refusals_are_final_and_silence_is_not_tried_forever() {
        let case = Case::new(|_| Reply::status(404));
        let error = case.run().unwrap_err().to_string();
        assert!(error.contains("/f.bin: the server answers 404"), "{error}");
        let silent = Case::new(|_| Reply(Vec::new()));
        assert!(matches!(silent.run(), Err(DataError::Download { .. })));
        // Nor is a server that starts over each time and breaks off, a little later now and then.
        let again = Case::new(|request| {
            let sent = 50_000 + request.count % 2 * 1_000;
            Reply::head("200 OK", 200_000, "").with(&body()[..sent])
        });
        assert!(matches!(again.run(), Err(DataError::Download { .. })));
        // What came before the end stays for the next call.
        let broken = Case::new(|request| match request.count {
            0 => Reply::head("200 OK", 200_000, "").with(&body()[..70_000]),
            _ => Reply::status(503),
        });
        assert!(broken.run().is_err());
        assert_eq!(length(&part_of(&broken.target())), 70_000);
    }
}
