"""What torch-fidelity, pytorch-fid and clean-fid compute with the hash's weights from the hash's pictures.

    nice python make_inception_fixtures.py [--out DIR]          # a quarter of an hour on one core
    nice python make_inception_fixtures.py [--out DIR] --check  # afterwards: five minutes

Needs what README.md beside this file lists. Writes

- inception_resize.safetensors: samples of the network's input for one picture of each side and each way of resizing
  (`MODES` in peers.py), float32 as the peer computes it. `grid.<mode>.<side>` [3, 16, 16] takes rows and columns 298 k
  / 15 rounded down, k = 0..15; `corner.<mode>.<side>` [3, 16, 16] the last 16 rows and columns (283..298).
- inception_features.safetensors: for the same five pictures, in the order of their sides, `pool3.<mode>` [5, 2048] and
  `logits.<mode>` [5, 1008] (without bias, as torch-fidelity's logits_unbiased). The network runs in float64 on the
  peer's float32 input; inception.json says how far the peers' own float32 networks are from that.
- inception.json: digests, statistics to find a fault with, errors of float32, and the scores of the two sets.

`--check` runs torch-fidelity's and pytorch-fid's whole programs on the two sets as PNG files, asserts that their scores
are those in inception.json under `float32`, and adds them there as `programs`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

import counter_hash
from counter_hash import COUNT, SIDES, of_side, pictures
from inception_weights import pytorch_fid_model, state_dict, torch_fidelity_extractor
from peers import (
    MODES,
    convolutions_by_matrix,
    inception_scores,
    kid_subsets,
    network_input,
    scores,
    through_network,
    versions,
    write_json,
    write_tensors,
)

BATCH = 8
SPLITS = (1, 4, 10)
SUBSETS, SUBSET_SIZE = 20, 32
GRID = [298 * k // 15 for k in range(16)]


class Networks:
    """The peers' networks in float32 and one in float64, all with the same weights."""

    def __init__(self) -> None:
        weights = state_dict()
        self.fidelity = torch_fidelity_extractor(weights)
        self.fid = pytorch_fid_model(weights)
        self.wide = torch_fidelity_extractor(weights, dtype=torch.float64)

    @torch.no_grad()
    def as_peer(self, mode: str, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pool3 and logits in float32 from uint8 pictures, through the peer's own forward pass where it has one."""
        x = torch.from_numpy(images).permute(0, 3, 1, 2)
        if mode == "tf1":
            features, logits = self.fidelity(x)
        elif mode == "fid":
            features = self.fid(x.float() / 255)[0].flatten(1)
            logits = features @ self.fidelity.fc.weight.T  # pytorch-fid itself stops at pool3.
        else:
            features, logits = through_network(self.fidelity, network_input(mode, images))
        return features.numpy(), logits.numpy()

    def in_float64(self, x: torch.Tensor, blocks: dict[str, torch.Tensor] | None = None):
        """Pool3 and logits in float64 of a network input."""
        with convolutions_by_matrix():
            features, logits = through_network(self.wide, x.double(), blocks)
        return features.numpy(), logits.numpy()


def difference(found: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """How far `found` is from `true`: the largest error over the largest value, and the norm of errors over values."""
    error = found.astype(np.float64) - true
    return {
        "max_over_max": float(abs(error).max() / abs(true).max()),
        "norm_over_norm": float(np.linalg.norm(error) / np.linalg.norm(true)),
    }


def statistics(name: str, x: torch.Tensor) -> dict[str, Any]:
    """Mean, population deviation and a few values of a layer's output [1, channels, height, width]."""
    _, _, height, width = x.shape
    middle = x[0, :4, height // 2, width // 2]
    return {
        "name": name,
        "shape": list(x.shape),
        "mean": float(x.double().mean()),
        "std": float(x.double().std(unbiased=False)),
        "middle": [float(value) for value in middle],
    }


def of_sides(nets: Networks, folder: Path) -> dict[str, Any]:
    """One picture of each side: samples of the inputs, features and logits, and errors."""
    inputs, outputs, out = {}, {}, {}
    for mode in MODES:
        rows, truth, peer, exact_resize = [], [], [], []
        for side in SIDES:
            images = of_side(side)[None]
            x = network_input(mode, images)
            inputs[f"grid.{mode}.{side}"] = x[0][:, GRID][:, :, GRID].numpy()
            inputs[f"corner.{mode}.{side}"] = x[0, :, -16:, -16:].numpy()
            wide_x = network_input(mode, images, torch.float64)
            rows.append(statistics(f"side {side}", x) | {"resize_error": float((x - wide_x).abs().max())})
            truth.append(nets.in_float64(x))
            exact_resize.append(nets.in_float64(wide_x))
            peer.append(nets.as_peer(mode, images))
        features, logits = (np.concatenate(part) for part in zip(*truth))
        outputs |= {f"pool3.{mode}": features, f"logits.{mode}": logits}
        own, own_logits = (np.concatenate(part) for part in zip(*peer))
        wide, wide_logits = (np.concatenate(part) for part in zip(*exact_resize))
        out[mode] = {
            "inputs": rows,
            "pool3_mean_by_side": features.mean(1).tolist(),
            "float32_network": {"pool3": difference(own, features), "logits": difference(own_logits, logits)},
            "float64_resize": {"pool3": difference(wide, features), "logits": difference(wide_logits, logits)},
        }
    write_tensors(folder / "inception_resize.safetensors", inputs)
    write_tensors(folder / "inception_features.safetensors", outputs)
    return out


def of_blocks(nets: Networks) -> list[dict[str, Any]]:
    """Statistics of each layer's output for the picture of side 32, resized as tf1, in float64."""
    x, blocks = network_input("tf1", of_side(32)[None]), {}
    nets.in_float64(x, blocks)
    return [statistics("input", x)] + [statistics(name, output) for name, output in blocks.items()]


def of_sets(nets: Networks, mode: str) -> dict[str, Any]:
    """All scores of the two sets, from the peer's float32 features and from float64 ones."""
    single, double = {}, {}
    for kind in ("real", "fake"):
        images = pictures(kind)
        parts = [images[start : start + BATCH] for start in range(0, COUNT, BATCH)]
        single[kind] = [np.concatenate(both) for both in zip(*(nets.as_peer(mode, part) for part in parts))]
        wide = (nets.in_float64(network_input(mode, part)) for part in parts)
        double[kind] = [np.concatenate(both) for both in zip(*wide)]
    out: dict[str, Any] = {
        "float32_network": {
            kind: {"pool3": difference(single[kind][0], double[kind][0])} for kind in ("real", "fake")
        }
    }
    spread = np.concatenate([double[kind][0] for kind in ("real", "fake")])
    out["pool3_spread_over_norm"] = float(np.linalg.norm(spread - spread.mean(0)) / np.linalg.norm(spread))
    for precision, sets in (("float64", double), ("float32", single)):
        features = [sets[kind][0] for kind in ("real", "fake")]
        out[precision] = scores(*features, SUBSETS, SUBSET_SIZE)
        for kind in ("real", "fake"):
            out[precision][f"inception_score_{kind}"] = inception_scores(sets[kind][1], SPLITS)
    return out


def check_programs(written: Path) -> None:
    """torch-fidelity's and pytorch-fid's entry points on the sets as PNG files, against what was `written`."""
    from PIL import Image
    from pytorch_fid.fid_score import calculate_frechet_distance, calculate_activation_statistics
    from torch_fidelity import calculate_metrics

    weights = state_dict()
    with tempfile.TemporaryDirectory() as root:
        folders = {kind: Path(root) / kind for kind in ("real", "fake")}
        for kind, folder in folders.items():
            folder.mkdir()
            for number, image in enumerate(pictures(kind)):
                Image.fromarray(image).save(folder / f"{number:03}.png")
        file = Path(root) / "weights.pth"
        torch.save(weights, file)
        common = dict(cuda=False, save_cpu_ram=True, cache=False, verbose=False, samples_shuffle=False)
        with contextlib.redirect_stdout(None):
            fidelity = calculate_metrics(
                input1=str(folders["fake"]),
                input2=str(folders["real"]),
                isc=True,
                fid=True,
                kid=True,
                prc=True,
                kid_subsets=SUBSETS,
                kid_subset_size=SUBSET_SIZE,
                feature_extractor="inception-v3-compat",  # For precision and recall the default is VGG16.
                feature_extractor_weights_path=str(file),
                batch_size=BATCH,
                **common,
            )
            model: nn.Module = pytorch_fid_model(weights)
            moments = []
            for kind in ("fake", "real"):
                files = sorted(folders[kind].glob("*.png"))
                moments += calculate_activation_statistics(files, model, BATCH, 2048, "cpu", 0)
    found = json.loads(written.read_text(encoding="utf-8"))
    tf1, score = found["sets"]["tf1"]["float32"], found["sets"]["tf1"]["float32"]["inception_score_fake"]["splits_10"]
    fid = float(calculate_frechet_distance(*moments))
    found["programs"] = {"torch_fidelity": fidelity, "pytorch_fid": fid}
    write_json(written, found)
    pairs = [
        (fidelity["inception_score_mean"], score["mean"]),
        (fidelity["inception_score_std"], score["std"]),
        (fidelity["frechet_inception_distance"], tf1["fid"]["torch_fidelity"]),
        (fidelity["kernel_inception_distance_mean"], tf1["kid"]["mean"]),
        (fidelity["precision"], tf1["prc_torch_fidelity_k3"]["precision"]),
        (fidelity["recall"], tf1["prc_torch_fidelity_k3"]["recall"]),
        (fid, found["sets"]["fid"]["float32"]["fid"]["pytorch_fid"]),
    ]
    for whole, part in pairs:
        print(f"{whole:.9g} whole, {part:.9g} here")
        assert abs(whole - part) <= 1e-6 * abs(part)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where the files go")
    parser.add_argument("--check", action="store_true", help="run the peers' whole programs against inception.json")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.check:
        check_programs(args.out / "inception.json")
        return
    begin = time.monotonic()

    def tell(what: str) -> None:
        print(f"{time.monotonic() - begin:6.0f} s  {what}", flush=True)

    nets = Networks()
    of_fake, of_real = kid_subsets(COUNT, COUNT, SUBSETS, SUBSET_SIZE)
    found: dict[str, Any] = {
        "what": "see make_inception_fixtures.py; `float64`: from float64 features, what a test compares with; "
        "`float32`: from the peer's own float32 features; difference figures are against float64",
        "made_with": versions(),
        "sha256": {kind: counter_hash.sha256(pictures(kind)) for kind in ("real", "fake")}
        | {f"side {side}": counter_hash.sha256(of_side(side)) for side in SIDES},
        "blocks_tf1_side_32": of_blocks(nets),
        "sides": of_sides(nets, args.out),
        "kid_subsets_fake": of_fake,
        "kid_subsets_real": of_real,
        "shuffled_order": np.random.RandomState(2020).permutation(COUNT).tolist(),
        "sets": {},
    }
    tell("one picture of each side")
    for mode in MODES:
        found["sets"][mode] = of_sets(nets, mode)
        tell(f"both sets as {mode}")
        write_json(args.out / "inception.json", found)


if __name__ == "__main__":
    main()
