//! Whether the data of a JPEG file is all there (ITU-T T.81).
//!
//! Decoders fill what is missing with grey and say nothing. So the codes of every block are walked here, without
//! computing a pixel: a scan that ends before its last block was cut off or overwritten with zeros.

mod blocks;
mod hole;

use self::blocks::{block, difference, first_band, refined_band};
use self::hole::has_hole;
use super::bits::{Bits, Huffman, Stop, next_marker};

/// Scans that are walked at most, as many as decoders read.
const MAX_SCANS: usize = 100;
/// Bytes that may follow a whole scan where no marker does.
const MAX_REST: usize = 4;
/// Zeros that may lie between two segments that are no scans, where nothing belongs.
const MAX_BETWEEN: usize = 64;

/// What the header says of a file's pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Bytes that a decoder keeps for coefficients until it has read all scans; 0 where one scan has all colours.
    pub coefficients: u64,
}

/// What became of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// All blocks are there, or the file is of a kind that is not walked.
    Whole,
    /// The data ends before the picture does.
    EndsEarly,
    /// The data is no picture's.
    Damaged,
}

struct Component {
    id: u8,
    /// Blocks of a minimum coded unit, horizontally and vertically.
    h: usize,
    v: usize,
    /// Which coefficients of each block are not zero, once a progressive scan has some.
    nonzero: Vec<u64>,
    /// The lowest bit that is known of each coefficient, in zigzag order; none before it came.
    low: [Option<u8>; 64],
}

struct Frame {
    width: usize,
    height: usize,
    progressive: bool,
    components: Vec<Component>,
    /// The largest `h` and `v`.
    most: (usize, usize),
}

impl Frame {
    /// Reads the segment that follows its marker.
    fn read(segment: &[u8], progressive: bool) -> Option<Self> {
        let [precision, h0, h1, w0, w1, count, rest @ ..] = segment else { return None };
        let two = |high: u8, low: u8| usize::from(u16::from_be_bytes([high, low]));
        let (height, width) = (two(*h0, *h1), two(*w0, *w1));
        let of = rest.as_chunks::<3>().0.get(..usize::from(*count))?;
        let component = |[id, sampling, _]: &[u8; 3]| {
            let (h, v) = (usize::from(sampling >> 4), usize::from(sampling & 15));
            let possible = (1..=4).contains(&h) && (1..=4).contains(&v);
            possible.then_some(Component { id: *id, h, v, nonzero: Vec::new(), low: [None; 64] })
        };
        let components: Vec<Component> = of.iter().map(component).collect::<Option<_>>()?;
        let most = (components.iter().map(|c| c.h).max()?, components.iter().map(|c| c.v).max()?);
        let usual = *precision == 8 && components.len() <= 4 && width > 0 && height > 0;
        usual.then_some(Self { width, height, progressive, components, most })
    }

    /// Minimum coded units of a scan of several colours, in a row and in all rows.
    fn units(&self) -> (usize, usize) {
        (self.width.div_ceil(8 * self.most.0), self.height.div_ceil(8 * self.most.1))
    }

    /// Whether a scan brings what a progressive file may have next: the first bits of coefficients that did not come
    /// yet, or one bit more of those that did (T.81, G.1.1.1).
    fn may_have(&self, scan: &Scan) -> bool {
        let is_next = |known: &Option<u8>| match known {
            None => scan.high == 0,
            Some(low) => scan.high == *low && scan.low + 1 == *low,
        };
        let known =
            |&(number, _, _): &(usize, usize, usize)| &self.components[number].low[scan.start..=scan.end];
        !self.progressive || scan.components.iter().flat_map(known).all(is_next)
    }

    fn coefficients(&self) -> u64 {
        let (columns, rows) = self.units();
        let blocks: usize = self.components.iter().map(|component| component.h * component.v).sum();
        (columns * rows * blocks * 64 * size_of::<i16>()) as u64
    }
}

/// What a scan brings: the numbers of its components and their tables, and which part of the coefficients.
struct Scan {
    components: Vec<(usize, usize, usize)>,
    start: usize,
    end: usize,
    high: u8,
    low: u8,
}

impl Scan {
    fn read(segment: &[u8], frame: &Frame) -> Option<Self> {
        let (count, rest) = segment.split_first()?;
        let (of, rest) = rest.split_at_checked(2 * usize::from(*count))?;
        let [start, end, approximation, ..] = rest else { return None };
        let component = |&[id, tables]: &[u8; 2]| {
            let number = frame.components.iter().position(|component| component.id == id)?;
            Some((number, usize::from(tables >> 4) & 3, usize::from(tables & 15) & 3))
        };
        let components: Vec<_> = of.as_chunks::<2>().0.iter().map(component).collect::<Option<_>>()?;
        let (start, end) = if frame.progressive { (usize::from(*start), usize::from(*end)) } else { (0, 63) };
        let possible = (1..=4).contains(&components.len())
            && start <= end
            && end < 64
            && (!frame.progressive || (start == 0) == (end == 0))
            && (start == 0 || components.len() == 1);
        let (high, low) = if frame.progressive { (approximation >> 4, approximation & 15) } else { (0, 0) };
        possible.then_some(Self { components, start, end, high, low })
    }
}

#[derive(Default)]
struct Tables {
    dc: [Option<Huffman>; 4],
    ac: [Option<Huffman>; 4],
}

impl Tables {
    fn read(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((kind, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let (symbols, rest) =
                rest.split_at_checked(counts.iter().map(|&count| usize::from(count)).sum())?;
            let tables = if kind >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(kind & 15))? = Some(Huffman::new(counts, symbols)?);
            segment = rest;
        }
        Some(())
    }
}

/// The header of a JPEG file; none of one that is not walked.
pub fn header(bytes: &[u8]) -> Option<Header> {
    let mut frame = None;
    for segment in Segments::new(bytes) {
        match segment.marker {
            0xc0..=0xc2 => frame = Some(Frame::read(segment.content, segment.marker == 0xc2)?),
            0xda => {
                let frame: Frame = frame?;
                let scan = Scan::read(segment.content, &frame)?;
                let one_scan = !frame.progressive && scan.components.len() == frame.components.len();
                let coefficients = if one_scan { 0 } else { frame.coefficients() };
                let size = [frame.width, frame.height].map(|extent| extent as u32);
                return Some(Header { size, coefficients });
            }
            _ => {}
        }
    }
    None
}

/// What is uncommon about a JPEG file of a kind that decoders do not read; none where it is of the usual ones.
pub fn unread_kind(bytes: &[u8]) -> Option<&'static str> {
    // Markers of frames; the three between them are those of tables.
    let is_frame = |marker: u8| matches!(marker, 0xc0..=0xcf | 0xf7) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
    let frame = Segments::new(bytes).find(|segment| is_frame(segment.marker))?;
    match (frame.marker, frame.content.first()) {
        (0xf7, _) => Some("it is JPEG-LS"),
        (0xc3 | 0xc7 | 0xcb | 0xcf, _) => Some("its pixels are packed without loss"),
        (0xc9.., _) => Some("its codes are arithmetic"),
        (0xc5..=0xc6, _) => Some("it is hierarchical"),
        (_, Some(&bits)) if bits != 8 => Some("it has more than 8 bits a channel"),
        _ => None,
    }
}

/// Whether a JPEG file was cut off before the data of its first scan.
pub fn ends_in_header(bytes: &[u8]) -> bool {
    let mut segments = Segments::new(bytes);
    let has_data = segments.any(|segment| matches!(segment.marker, 0xda | 0xd9));
    let rest = &bytes[segments.pos..];
    // What is left is the beginning of a segment.
    !has_data && segments.pos > 0 && rest.first().is_none_or(|&byte| byte == 0xff)
}

/// Walks all blocks of a JPEG file whose pixels are within limits.
pub fn walk(bytes: &[u8]) -> Walk {
    // What is no file of the usual kinds is left to the decoder.
    Walker { bytes, frame: None, tables: Tables::default(), interval: 0 }.walk().unwrap_or(Walk::Whole)
}

struct Walker<'a> {
    bytes: &'a [u8],
    frame: Option<Frame>,
    tables: Tables,
    /// Units between two restarts; 0 for no restarts.
    interval: usize,
}

impl Walker<'_> {
    fn walk(mut self) -> Option<Walk> {
        let mut segments = Segments::new(self.bytes);
        let (mut scans, mut is_closed, mut is_behind_scan) = (0, false, false);
        loop {
            let before = segments.pos;
            let Some(Segment { marker, content, at, end }) = segments.next() else { break };
            let zeros = self.bytes[before..at].iter().filter(|byte| **byte == 0).count();
            if zeros > MAX_BETWEEN && !is_behind_scan {
                return Some(Walk::Damaged);
            }
            is_behind_scan = marker == 0xda;
            match marker {
                0xc0..=0xc2 if self.frame.is_none() => {
                    self.frame = Some(Frame::read(content, marker == 0xc2)?);
                }
                0xc4 => self.tables.read(content)?,
                0xc0..=0xcf => return None,
                0xdd => self.interval = usize::from(u16::from_be_bytes(*content.first_chunk()?)),
                0xda => {
                    scans += 1;
                    if scans > MAX_SCANS {
                        return None;
                    }
                    let mut frame = self.frame.take()?;
                    let Some(scan) = Scan::read(content, &frame).filter(|scan| frame.may_have(scan)) else {
                        return Some(Walk::Damaged);
                    };
                    let read = self.scan(&mut frame, &scan, end)?;
                    let (pos, held) = match read {
                        Ok(at) => at,
                        Err(Stop::Ended) => return Some(Walk::EndsEarly),
                        Err(Stop::Bad) => return Some(Walk::Damaged),
                    };
                    for &(number, _, _) in &scan.components {
                        frame.components[number].low[scan.start..=scan.end].fill(Some(scan.low));
                    }
                    self.frame = Some(frame);
                    let rest = self.bytes.get(pos..).unwrap_or_default();
                    let gap = match next_marker(rest) {
                        None if rest.len() + held > MAX_REST => return Some(Walk::EndsEarly),
                        None => rest.len(),
                        Some((gap, _)) => gap,
                    };
                    if has_hole(&self.bytes[end..pos + gap], gap + held, self.has_flat_zeros(&scan)) {
                        return Some(Walk::Damaged);
                    }
                    segments.pos = pos;
                }
                0xd9 => {
                    is_closed = true;
                    break;
                }
                _ => {}
            }
        }
        if !is_closed && segments.is_cut() {
            return Some(Walk::EndsEarly);
        }
        let frame = self.frame.filter(|_| scans > 0)?;
        let mut low = frame.components.iter().flat_map(|component| match (frame.progressive, is_closed) {
            // Some progressive files have no more than a rough picture, and say that they end there.
            (true, false) => &component.low[..],
            _ => &component.low[..1],
        });
        let known = |low: &Option<u8>| low.is_some_and(|low| is_closed || low == 0);
        Some(if low.all(known) { Walk::Whole } else { Walk::EndsEarly })
    }

    /// Whether many zeros in the data of a scan may stand for a flat part of the picture: not where they mean the same
    /// step or the same detail in block after block.
    fn has_flat_zeros(&self, scan: &Scan) -> bool {
        let is_nothing = |table: &Option<Huffman>| table.as_ref().and_then(Huffman::of_zeros) == Some(0);
        // Later bits of coefficients stand as they are.
        let is_flat = |&(_, dc, ac): &(usize, usize, usize)| {
            (scan.start > 0 || is_nothing(&self.tables.dc[dc]))
                && (scan.end == 0 || is_nothing(&self.tables.ac[ac]))
        };
        scan.high > 0 || scan.components.iter().all(is_flat)
    }

    /// Walks a scan whose data begins at `pos`; returns where it ends, and how many bytes before that were not
    /// needed. None where a table is missing.
    fn scan(&self, frame: &mut Frame, scan: &Scan, pos: usize) -> Option<Result<(usize, usize), Stop>> {
        let (columns, rows) = frame.units();
        let (most_h, most_v) = frame.most;
        let mut parts = Vec::new();
        for &(number, dc, ac) in &scan.components {
            let (dc, ac) = (self.tables.dc[dc].as_ref(), self.tables.ac[ac].as_ref());
            let needs_dc = scan.start == 0 && scan.high == 0;
            if (needs_dc && dc.is_none()) || (scan.end > 0 && ac.is_none()) {
                return None;
            }
            parts.push((number, dc, ac));
        }
        // A scan of one colour has as many blocks as that has pixels for, one in a unit.
        let single = scan.components.len() == 1;
        let first = &frame.components[scan.components[0].0];
        let (columns_walked, rows_walked) = if single {
            ((frame.width * first.h).div_ceil(8 * most_h), (frame.height * first.v).div_ceil(8 * most_v))
        } else {
            (columns, rows)
        };
        let stride = columns * first.h;
        if frame.progressive && scan.start > 0 {
            let blocks = stride * rows * first.v;
            frame.components[scan.components[0].0].nonzero.resize(blocks, 0);
        }
        let mut bits = Bits::new(self.bytes, pos);
        let (mut left, mut run) = (self.interval, 0);
        for row in 0..rows_walked {
            for column in 0..columns_walked {
                if self.interval > 0 && left == 0 {
                    if let Err(stop) = bits.restart() {
                        return Some(Err(stop));
                    }
                    (left, run) = (self.interval, 0);
                }
                left = left.saturating_sub(1);
                for &(number, dc, ac) in &parts {
                    let component = &mut frame.components[number];
                    let blocks = if single { 1 } else { component.h * component.v };
                    for _ in 0..blocks {
                        let nonzero = component.nonzero.get_mut(row * stride + column);
                        let walked = match (dc, ac, nonzero) {
                            (_, Some(ac), Some(nonzero)) if scan.start > 0 && scan.high == 0 => {
                                first_band(&mut bits, ac, scan, &mut run, nonzero)
                            }
                            (_, Some(ac), Some(nonzero)) if scan.start > 0 => {
                                refined_band(&mut bits, ac, scan, &mut run, nonzero)
                            }
                            (Some(dc), Some(ac), _) if scan.end > 0 => block(&mut bits, dc, ac),
                            (Some(dc), _, _) if scan.high == 0 => difference(&mut bits, dc),
                            _ => bits.take(1).map(drop),
                        };
                        if let Err(stop) = walked {
                            return Some(Err(stop));
                        }
                    }
                }
            }
        }
        Some(Ok((bits.pos(), bits.held())))
    }
}

/// A marker with what it says.
struct Segment<'a> {
    marker: u8,
    content: &'a [u8],
    /// Where its marker stands in the file.
    at: usize,
    /// Where it ends in the file.
    end: usize,
}

/// The segments of a file, as far as they are whole.
struct Segments<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl<'a> Segments<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, pos: 0 }
    }

    /// Whether one has begun that is not whole, once there is no next one.
    fn is_cut(&self) -> bool {
        self.bytes.get(self.pos..).and_then(next_marker).is_some()
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        let (gap, marker) = next_marker(self.bytes.get(self.pos..)?)?;
        let at = self.pos + gap;
        let start = at + 2;
        // Those that stand alone: start, end and restarts.
        if matches!(marker, 0x01 | 0xd0..=0xd9) {
            self.pos = start;
            return Some(Segment { marker, content: &[], at, end: start });
        }
        let length = usize::from(u16::from_be_bytes(*self.bytes.get(start..)?.first_chunk()?));
        let end = start + length;
        let content = self.bytes.get(start + 2..end)?;
        self.pos = end;
        Some(Segment { marker, content, at, end })
    }
}

#[cfg(test)]
pub(super) mod tests;
