//! Lines of a pipe whose other end may be broken: too long, no text, cut off.

use std::io::{BufRead, Read};

/// The longest line that is taken in, in bytes. The largest that a worker writes is an answer with images;
/// the largest that it reads is a run's settings.
pub(super) const LONGEST: usize = 64 << 20;

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum InputLine {
    /// A line without its end. What is no UTF-8 was replaced.
    Text(String),
    /// A line of so many bytes was passed over, because it is longer than is taken in.
    TooLong(u64),
}

/// Reads lines. Takes no more memory than the longest line that is taken in.
pub(super) struct LineReader<R> {
    input: R,
    longest: usize,
    bytes: Vec<u8>,
}

/// The lines of `input`, up to [`LONGEST`].
pub(super) fn lines<R: BufRead>(input: R) -> LineReader<R> {
    LineReader { input, longest: LONGEST, bytes: Vec::new() }
}

impl<R: BufRead> Iterator for LineReader<R> {
    type Item = InputLine;

    /// Nothing when the pipe is closed, or broken, which comes to the same. A last line without its end is
    /// one, too.
    fn next(&mut self) -> Option<InputLine> {
        self.bytes.clear();
        let limit = self.longest as u64 + 1;
        let mut read = (&mut self.input).take(limit).read_until(b'\n', &mut self.bytes).ok()? as u64;
        if read == 0 {
            return None;
        }
        if read == limit && !self.bytes.ends_with(b"\n") {
            self.bytes = Vec::new();
            while !self.bytes.ends_with(b"\n") {
                self.bytes.clear();
                // In pieces, of which none is kept.
                match (&mut self.input).take(1 << 16).read_until(b'\n', &mut self.bytes) {
                    Ok(more) if more > 0 => read += more as u64,
                    _ => break,
                }
            }
            return Some(InputLine::TooLong(read));
        }
        let text = String::from_utf8_lossy(&self.bytes);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        Some(InputLine::Text(text.strip_suffix('\r').unwrap_or(text).to_owned()))
    }
}

impl<R> LineReader<R> {
    /// Where they come from.
    pub fn input(&self) -> &R {
        &self.input
    }
}

impl InputLine {
    /// What is taken in; one that is too long is logged, as `whose`.
    pub fn text(self, whose: &str) -> Option<String> {
        match self {
            Self::Text(line) => Some(line),
            Self::TooLong(bytes) => {
                tracing::warn!("a line of {bytes} bytes from {whose} was passed over");
                None
            }
        }
    }
}

/// The beginning of a line that was not understood, for a log.
pub(super) fn beginning(line: &str) -> String {
    const SHOWN: usize = 200;
    match line.chars().count() {
        0..=SHOWN => line.to_owned(),
        all => format!("{}… ({all} characters)", line.chars().take(SHOWN).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn read(input: &[u8], longest: usize) -> Vec<InputLine> {
        // A small buffer, so that lines come in pieces.
        let input = BufReader::with_capacity(7, input);
        LineReader { input, longest, bytes: Vec::new() }.collect()
    }

    fn text(text: &str) -> InputLine {
        InputLine::Text(text.to_owned())
    }

    #[test]
    fn lines_come_without_their_ends_and_the_last_needs_none() {
        assert_eq!(read(b"a\n\r\nb c\r\nlast", 100), [text("a"), text(""), text("b c"), text("last")]);
        assert_eq!(read(b"", 100), []);
    }

    #[test]
    fn what_is_no_text_ends_nothing() {
        assert_eq!(read(b"\xff\xfe\0\ngood\n", 100), [text("\u{fffd}\u{fffd}\0"), text("good")]);
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_and_the_next_one_read() {
        assert_eq!(read(b"12345\n123456\nok\n", 5), [text("12345"), InputLine::TooLong(7), text("ok")]);
        assert_eq!(read(&[b'x'; 300_000], 1000), [InputLine::TooLong(300_000)]);
    }
}
