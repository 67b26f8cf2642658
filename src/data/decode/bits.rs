//! The bits of a JPEG scan and its Huffman codes (ITU-T T.81, annexes C and F).

/// Why no more can be read of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The file or the scan's data ends.
    Ended,
    /// The bits are no code of the table.
    Bad,
}

/// Codes that are looked up at once have at most so many bits.
const FAST: u32 = 8;

/// A table of Huffman codes.
pub struct Huffman {
    /// For each start of [`FAST`] bits the length of its code and its symbol; a length of 0 for a longer code.
    fast: Box<[(u8, u8); 1 << FAST]>,
    /// For each length, one more than its last code; 0 for none.
    ends: [u32; 17],
    /// For each length, what to add to a code for the place of its symbol.
    offsets: [i64; 17],
    symbols: Vec<u8>,
}

impl Huffman {
    /// The table that has so many codes of each length from 1 to 16, for these symbols; none where there are not
    /// as many codes.
    pub fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut fast = Box::new([(0, 0); 1 << FAST]);
        let (mut ends, mut offsets) = ([0; 17], [0; 17]);
        let (mut code, mut place) = (0u32, 0usize);
        for (length, &count) in (1..).zip(counts) {
            offsets[length] = place as i64 - i64::from(code);
            for &symbol in symbols.get(place..place + usize::from(count))? {
                if length as u32 <= FAST {
                    let spare = FAST - length as u32;
                    let first = (code << spare) as usize;
                    fast.get_mut(first..first + (1 << spare))?.fill((length as u8, symbol));
                }
                code += 1;
            }
            place += usize::from(count);
            if code > 1 << length {
                return None;
            }
            ends[length] = if count > 0 { code } else { 0 };
            code <<= 1;
        }
        Some(Self { fast, ends, offsets, symbols: symbols.to_vec() })
    }

    /// The symbol whose code is all zeros.
    pub fn of_zeros(&self) -> Option<u8> {
        self.symbols.first().copied()
    }
}

/// Bits up to the next marker, without the zeros that follow bytes of ones.
pub struct Bits<'a> {
    bytes: &'a [u8],
    /// Of the next byte.
    pos: usize,
    /// The bits that were read and not taken, at the low end.
    held: u64,
    /// How many they are.
    count: u32,
}

impl<'a> Bits<'a> {
    /// The bits from `pos` on.
    pub fn new(bytes: &'a [u8], pos: usize) -> Self {
        Self { bytes, pos, held: 0, count: 0 }
    }

    /// Where the next byte is read.
    pub fn pos(&self) -> usize {
        self.pos
    }

    /// Whole bytes that were read and not taken.
    pub fn held(&self) -> usize {
        self.count as usize / 8
    }

    fn fill(&mut self) {
        while self.count <= 48 {
            let Some(&byte) = self.bytes.get(self.pos) else { return };
            if byte == 0xff {
                if self.bytes.get(self.pos + 1) != Some(&0) {
                    return;
                }
                self.pos += 1;
            }
            self.pos += 1;
            self.held = self.held << 8 | u64::from(byte);
            self.count += 8;
        }
    }

    /// Takes `count` bits, at most 16.
    pub fn take(&mut self, count: u32) -> Result<u32, Stop> {
        if self.count < count {
            self.fill();
            if self.count < count {
                return Err(Stop::Ended);
            }
        }
        self.count -= count;
        Ok((self.held >> self.count) as u32 & ((1 << count) - 1))
    }

    /// Takes a code and returns its symbol.
    pub fn symbol(&mut self, table: &Huffman) -> Result<u8, Stop> {
        if self.count < 16 {
            self.fill();
        }
        // Where fewer are left, zeros stand for the others.
        let next = match self.count {
            16.. => (self.held >> (self.count - 16)) as u32 & 0xffff,
            few => ((self.held << (16 - few)) & 0xffff) as u32,
        };
        let (length, symbol) = table.fast[(next >> (16 - FAST)) as usize];
        if length > 0 {
            self.take(u32::from(length))?;
            return Ok(symbol);
        }
        for length in FAST as usize + 1..=16 {
            let code = next >> (16 - length);
            if code < table.ends[length] {
                self.take(length as u32)?;
                let place =
                    usize::try_from(i64::from(code) + table.offsets[length]).map_err(|_| Stop::Bad)?;
                return table.symbols.get(place).copied().ok_or(Stop::Bad);
            }
        }
        Err(if self.count < 16 { Stop::Ended } else { Stop::Bad })
    }

    /// Leaves out what is left of the data before a restart marker, and that marker.
    pub fn restart(&mut self) -> Result<(), Stop> {
        self.count = 0;
        let rest = self.bytes.get(self.pos..).unwrap_or_default();
        match next_marker(rest) {
            Some((at, 0xd0..=0xd7)) => {
                self.pos += at + 2;
                Ok(())
            }
            _ => Err(Stop::Ended),
        }
    }
}

/// The place and the kind of the next marker, behind bytes that fill up.
pub fn next_marker(bytes: &[u8]) -> Option<(usize, u8)> {
    let is_marker = |pair: &[u8]| pair[0] == 0xff && pair[1] != 0 && pair[1] != 0xff;
    bytes.windows(2).position(is_marker).map(|at| (at, bytes[at + 1]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Codes 0, 10, 110 and nine bits of ones but the last: as canonical codes are.
    fn table() -> Huffman {
        let mut counts = [0; 16];
        (counts[0], counts[1], counts[2], counts[8]) = (1, 1, 1, 1);
        Huffman::new(&counts, &[7, 8, 9, 10]).unwrap()
    }

    #[test]
    fn codes_of_every_length_are_read_up_to_the_end() {
        // 0 10 110 111000000 then a bit.
        let bytes = [0b0101_1011, 0b1000_0001, 0xff, 0xd9];
        let mut bits = Bits::new(&bytes, 0);
        let symbols: Vec<u8> = (0..4).map(|_| bits.symbol(&table()).unwrap()).collect();
        assert_eq!(symbols, [7, 8, 9, 10]);
        assert_eq!(bits.take(1), Ok(1));
        assert_eq!((bits.symbol(&table()), bits.take(1)), (Err(Stop::Ended), Err(Stop::Ended)));
        let mut bad = Bits::new(&[0b1111_1110; 4], 0);
        assert_eq!(bad.symbol(&table()), Err(Stop::Bad));
    }

    #[test]
    fn stuffed_zeros_are_no_data_and_a_restart_is_passed() {
        let bytes = [0xff, 0, 0x0f, 1, 2, 0xff, 0xff, 0xd3, 0xa5];
        let mut bits = Bits::new(&bytes, 0);
        assert_eq!(bits.take(16), Ok(0xff0f));
        bits.restart().unwrap();
        assert_eq!((bits.pos(), bits.take(8)), (8, Ok(0xa5)));
        assert_eq!(bits.restart(), Err(Stop::Ended));
    }

    #[test]
    fn impossible_tables_are_refused() {
        let counts = |first: u8| std::array::from_fn(|i| if i == 0 { first } else { 0 });
        assert!(Huffman::new(&counts(3), &[1, 2, 3]).is_none(), "three codes of a bit");
        assert!(Huffman::new(&counts(2), &[1]).is_none(), "fewer symbols than codes");
        assert!(Huffman::new(&[0; 16], &[]).is_some());
    }
}
