//! The kinds of whole numbers that NumPy pickles.

/// A kind of whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WholeKind {
    /// Bytes of one: 1, 2, 4 or 8.
    size: usize,
    is_signed: bool,
    is_big_endian: bool,
}

impl WholeKind {
    /// Unsigned bytes.
    pub(super) const BYTES: Self = Self { size: 1, is_signed: false, is_big_endian: false };

    /// The kind that NumPy calls so, such as `i8`, with its mark for the order of bytes; none of other numbers.
    pub(super) fn of(name: &[u8], order: &[u8]) -> Option<Self> {
        let name = name.strip_prefix(b"|").unwrap_or(name);
        let (is_signed, size) = match name {
            [sign @ (b'i' | b'u'), size @ (b'1' | b'2' | b'4' | b'8')] => {
                (*sign == b'i', usize::from(size - b'0'))
            }
            _ => return None,
        };
        Some(Self { size, is_signed, is_big_endian: size > 1 && order == b">" })
    }

    /// Bytes of one number.
    pub(super) fn size(self) -> usize {
        self.size
    }

    /// The number in as many bytes; the largest one of 64 bits for what is above it.
    pub(super) fn number(self, bytes: &[u8]) -> i64 {
        let value = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        let number =
            if self.is_big_endian { bytes.iter().fold(0, value) } else { bytes.iter().rev().fold(0, value) };
        if self.is_signed {
            let unused = 64 - 8 * self.size as u32;
            (number << unused) as i64 >> unused
        } else {
            i64::try_from(number).unwrap_or(i64::MAX)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_of_every_width_sign_and_order_are_read() {
        let number =
            |name: &[u8], order: &[u8], bytes: &[u8]| WholeKind::of(name, order).unwrap().number(bytes);
        assert_eq!(WholeKind::of(b"|u1", b"|"), Some(WholeKind::BYTES));
        assert_eq!(WholeKind::of(b"u1", b">"), Some(WholeKind::BYTES));
        assert_eq!(number(b"u1", b"|", &[200]), 200);
        assert_eq!(number(b"i1", b"|", &[200]), -56);
        assert_eq!(number(b"i2", b"<", &[0xfe, 0xff]), -2);
        assert_eq!(number(b"i2", b">", &[0xff, 0xfe]), -2);
        assert_eq!(number(b"u4", b"<", &[1, 2, 0, 0]), 513);
        assert_eq!(number(b"i8", b"<", &[9, 0, 0, 0, 0, 0, 0, 0]), 9);
        assert_eq!(number(b"i8", b">", &[0xff; 8]), -1);
        assert_eq!(number(b"u8", b"<", &[0xff; 8]), i64::MAX);
        for name in [&b"f4"[..], b"b1", b"i3", b"i16", b"U1", b"O", b""] {
            assert_eq!(WholeKind::of(name, b"<"), None);
        }
    }
}
