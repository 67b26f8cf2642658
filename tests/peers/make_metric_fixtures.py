"""Scores of small feature sets that the hash makes: no network, so a test checks FID, KID and PRDC within seconds.

    python make_metric_fixtures.py [--out DIR]       # writes metrics_small.json

Needs what README.md beside this file lists. The sets, with u = unit(name, i) of counter_hash.py for element i in C
order, all in single float32 operations, each rounded, none fused:

- features(kind, n, d): name "features/<kind>/<n>x<d>", kind "real" or "fake".
  real[i, j] = (1 + (j % 8) / 8) * u[i, j] + 0.5 * u[i, (j + 1) % d]
  fake[i, j] = (1 + (j % 9) / 8) * u[i, j] + 0.375 * u[i, (j + 1) % d] + (j % 3) / 16
  (each product first, then the sums from left to right; factors and shift are exact in float32)
- logits(n, d): name "logits/<n>x<d>": 4 * u.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import counter_hash
from peers import inception_scores, kernel_distance, kid_subsets, scores, versions, write_json

SETS = {"full_rank": (200, 64, 20, 50), "deficient_rank": (40, 64, 10, 20), "wide": (300, 16, 20, 100)}


def features(kind: str, count: int, dims: int) -> np.ndarray:
    """A feature set [count, dims] in float32."""
    u = counter_hash.unit(f"features/{kind}/{count}x{dims}", count * dims).reshape(count, dims)
    j = np.arange(dims)
    period, share = (8, 0.5) if kind == "real" else (9, 0.375)
    out = (1 + (j % period) / 8).astype(np.float32) * u + np.float32(share) * np.roll(u, -1, 1)
    return out if kind == "real" else out + ((j % 3) / 16).astype(np.float32)


def logits(count: int, classes: int) -> np.ndarray:
    """Logits [count, classes] in float32."""
    return np.float32(4) * counter_hash.unit(f"logits/{count}x{classes}", count * classes).reshape(count, classes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where the file goes")
    folder = parser.parse_args().out
    sets = []
    for name, (count, dims, subsets, size) in SETS.items():
        real, fake = features("real", count, dims), features("fake", count, dims)
        of_fake, of_real = kid_subsets(count, count, subsets, size)
        wide_real, wide_fake = real.astype(np.float64), fake.astype(np.float64)
        double = scores(wide_real, wide_fake, subsets, size)
        by_index = [kernel_distance(wide_fake[i], wide_real[j]) for i, j in zip(of_fake, of_real)]
        np.testing.assert_allclose([np.mean(by_index), np.std(by_index)], list(double["kid"].values()), rtol=1e-11)
        sets.append(
            {
                "name": name,
                "count": count,
                "dims": dims,
                "sha256_real": counter_hash.sha256(real),
                "sha256_fake": counter_hash.sha256(fake),
                "first_real": [float(value) for value in real[0, :3]],
                "first_fake": [float(value) for value in fake[0, :3]],
                "float64": double,
                "float32": scores(real, fake, subsets, size),
                "kid_subsets_fake": of_fake,
                "kid_subsets_real": of_real,
            }
        )
    count, classes = 105, 10
    values = logits(count, classes)
    write_json(
        folder / "metrics_small.json",
        {
            "what": "scores of hash-made features by the peers' own code, from float64 copies of the float32 features "
            "(`float64`, what a test compares with) and from the features as they are (`float32`); fid.exact is by "
            "singular values of the samples, fid.symmetric by symmetric eigenvalues, both in float64; `margin` is how "
            "near the closest call of prdc is",
            "made_with": versions(),
            "sets": sets,
            "logits": {
                "count": count,
                "classes": classes,
                "sha256": counter_hash.sha256(values),
                "inception_score": inception_scores(values, (1, 4, 10)),
                "shuffled_order": np.random.RandomState(2020).permutation(count).tolist(),
            },
        },
    )


if __name__ == "__main__":
    main()
