//! Walks over the codes of one block (ITU-T T.81, annexes F and G).

use super::Scan;
use crate::data::decode::bits::{Bits, Huffman, Stop};

/// The first coefficient of a block, as a difference.
pub fn difference(bits: &mut Bits<'_>, dc: &Huffman) -> Result<(), Stop> {
    match u32::from(bits.symbol(dc)?) {
        length @ 0..=16 => bits.take(length).map(drop),
        _ => Err(Stop::Bad),
    }
}

/// All coefficients of a block of a sequential file.
pub fn block(bits: &mut Bits<'_>, dc: &Huffman, ac: &Huffman) -> Result<(), Stop> {
    difference(bits, dc)?;
    let mut at = 1;
    while at < 64 {
        let symbol = bits.symbol(ac)?;
        match (u32::from(symbol >> 4), u32::from(symbol & 15)) {
            (15, 0) => at += 16,
            (_, 0) => break,
            (zeros, length) => {
                bits.take(length)?;
                at += zeros + 1;
            }
        }
    }
    Ok(())
}

/// Coefficients of a block in a progressive scan that brings their first bits. `run` is how many blocks have none.
pub fn first_band(
    bits: &mut Bits<'_>,
    ac: &Huffman,
    scan: &Scan,
    run: &mut u32,
    nonzero: &mut u64,
) -> Result<(), Stop> {
    if *run > 0 {
        *run -= 1;
        return Ok(());
    }
    let mut at = scan.start;
    while at <= scan.end {
        let symbol = bits.symbol(ac)?;
        match (symbol >> 4, u32::from(symbol & 15)) {
            (15, 0) => at += 16,
            (length, 0) => {
                *run = (1 << length) + bits.take(u32::from(length))? - 1;
                break;
            }
            (zeros, length) => {
                bits.take(length)?;
                at += usize::from(zeros);
                *nonzero |= 1 << (at & 63);
                at += 1;
            }
        }
    }
    Ok(())
}

/// Coefficients of a block in a progressive scan that brings the next bit of each.
pub fn refined_band(
    bits: &mut Bits<'_>,
    ac: &Huffman,
    scan: &Scan,
    run: &mut u32,
    nonzero: &mut u64,
) -> Result<(), Stop> {
    let mut at = scan.start;
    if *run == 0 {
        while at <= scan.end {
            let symbol = bits.symbol(ac)?;
            let (mut zeros, is_new) = (symbol >> 4, symbol & 15 != 0);
            if is_new {
                bits.take(1)?;
            } else if zeros < 15 {
                *run = (1 << zeros) + bits.take(u32::from(zeros))?;
                break;
            }
            while at <= scan.end {
                if *nonzero >> at & 1 == 1 {
                    bits.take(1)?;
                } else if zeros == 0 {
                    break;
                } else {
                    zeros -= 1;
                }
                at += 1;
            }
            if is_new {
                *nonzero |= 1 << (at & 63);
            }
            at += 1;
        }
    }
    if *run > 0 {
        for at in at..=scan.end {
            bits.take(u32::from(*nonzero >> at & 1 == 1))?;
        }
        *run -= 1;
    }
    Ok(())
}
