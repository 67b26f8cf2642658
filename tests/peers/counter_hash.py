"""Numbers and pictures that any language can make again, bit for bit: a hash of (name, index) and nothing else.

    python counter_hash.py      # prints a few values, to check another implementation with

All integers are unsigned 64-bit and wrap.

- `seed(name)`: 64-bit FNV-1a of the name's UTF-8 bytes: h = 0xcbf29ce484222325; for each byte, h = (h ^ byte) *
  0x100000001b3.
- `bits(name, i)`: the i-th output, counted from 0, of SplitMix64 started at `seed(name)`:
  z = seed + (i + 1) * 0x9e3779b97f4a7c15; z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb; z ^ z >> 31.
- `unit(name, i)`: (bits >> 40) as a signed integer, less 2^23, times 2^-23: from -1 (in) to 1 (out), uniform, and exact
  in float32.

Sources: Fowler, Noll and Vo's hash, and Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
"""

from __future__ import annotations

import hashlib

import numpy as np

FNV_START, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
GAMMA, MIX_1, MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB

# The sets of pictures: real and fake ones of one side, and one of each side for resizing.
COUNT, SIDE = 64, 32
SIDES = (32, 48, 96, 299, 400)


def seed(name: str) -> int:
    """64-bit FNV-1a of a name."""
    value = FNV_START
    for byte in name.encode():
        value = (value ^ byte) * FNV_PRIME % 2**64
    return value


def bits(name: str, count: int, start: int = 0) -> np.ndarray:
    """`count` uint64 values of a name, from index `start` on."""
    index = np.arange(start + 1, start + count + 1, dtype=np.uint64)
    z = np.uint64(seed(name)) + index * np.uint64(GAMMA)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(MIX_1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(MIX_2)
    return z ^ (z >> np.uint64(31))


def unit(name: str, count: int) -> np.ndarray:
    """`count` float32 values of a name, uniform from -1 to 1, each a multiple of 2^-23."""
    integers = (bits(name, count) >> np.uint64(40)).astype(np.int64) - 2**23
    return integers.astype(np.float32) * np.float32(2.0**-23)


def picture(kind: str, number: int, side: int = SIDE) -> np.ndarray:
    """A picture [side, side, 3] of uint8: a gradient between four colours, stripes and noise. Integers only.

    With h = bits("image/<kind>/<number>", .) and m = side - 1, at column x, row y and channel c:
    - corners: byte k of channel c is h[4c + k] & 255; a fake's is 32 + (byte >> 1). In order: top left, top right,
      bottom left, bottom right. gradient = (c0 (m-x)(m-y) + c1 x (m-y) + c2 (m-x) y + c3 x y) / m^2, rounded down.
    - stripes: period p = side / 16 + h[12] % (side / 8), slopes a = h[13] % 4, b = 1 + h[14] % 3, amplitude s = h[15] %
      48: plus s where (a x + b y) / p, rounded down, is odd, else minus s.
    - noise: h[16 + (y side + x) 3 + c] % n - n / 2, with n = 24 for a real picture and 64 for a fake one.
    - the sum, clamped to 0..255.
    """
    fake = kind == "fake"
    head = [int(value) for value in bits(f"image/{kind}/{number}", 16)]
    m = side - 1
    y, x = np.mgrid[0:side, 0:side].astype(np.int64)
    period, a, b, amplitude = side // 16 + head[12] % (side // 8), head[13] % 4, 1 + head[14] % 3, head[15] % 48
    stripes = np.where((a * x + b * y) // period % 2 == 1, amplitude, -amplitude)
    strength = 64 if fake else 24
    noise = bits(f"image/{kind}/{number}", side * side * 3, start=16) % np.uint64(strength)
    noise = noise.astype(np.int64).reshape(side, side, 3) - strength // 2
    channels = []
    for c in range(3):
        corners = [value & 255 for value in head[4 * c : 4 * c + 4]]
        if fake:
            corners = [32 + (byte >> 1) for byte in corners]
        top, bottom = corners[0] * (m - x) + corners[1] * x, corners[2] * (m - x) + corners[3] * x
        channels.append((top * (m - y) + bottom * y) // m**2 + stripes + noise[:, :, c])
    return np.stack(channels, 2).clip(0, 255).astype(np.uint8)


def pictures(kind: str) -> np.ndarray:
    """The 64 pictures [64, 32, 32, 3] of "real" or "fake"."""
    return np.stack([picture(kind, number) for number in range(COUNT)])


def of_side(side: int) -> np.ndarray:
    """The picture [side, side, 3] for resizing: number `side` of kind "side"."""
    return picture("side", side, side)


def sha256(*arrays: np.ndarray) -> str:
    """SHA-256 of the arrays' bytes in C order, little-endian, one after the other."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    return digest.hexdigest()


def main() -> None:
    print("seed('a')         ", hex(seed("a")))
    print("bits('a', 0..2)   ", [hex(int(value)) for value in bits("a", 3)])
    print("unit('a', 0..2)   ", [float(value).hex() for value in unit("a", 3)])
    for kind in ("real", "fake"):
        print(f"sha256 of {kind} ", sha256(pictures(kind)))
    for side in SIDES:
        print(f"sha256 of side {side:3}", sha256(of_side(side)), of_side(side)[0, 0].tolist())


if __name__ == "__main__":
    main()
