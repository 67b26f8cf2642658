"""What the scripts here share: the three peers' networks and resizes, scores by the peers' own code, writing files."""

from __future__ import annotations

import contextlib
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save
from torch import nn

sys.path.insert(0, str(Path(__file__).parent.parent / "fixtures"))
from reference_metrics import frechet, kernel_distance  # noqa: E402, F401

# How each peer makes the network's input, [n, 3, 299, 299] from about -1 to 1, out of uint8 pictures [n, h, w, 3]:
# - tf1: torch-fidelity, TensorFlow 1's bilinear without half-pixel centres, (x - 128) / 128
# - fid: pytorch-fid, bilinear with half-pixel centres and no antialias, of x / 255; then 2 x - 1
# - clean: clean-fid's "clean", Pillow's bicubic of each channel in float32, clipped to 0..255; then (x - 128) / 128
MODES = ("tf1", "fid", "clean")

LIBRARIES = ("torch-fidelity", "pytorch-fid", "clean-fid", "prdc", "torchvision", "numpy", "scipy", "scikit-learn")


def versions() -> dict[str, str]:
    """What a fixture was made with."""
    named = {name: version(name) for name in (*LIBRARIES, "pillow")}
    return {"python": platform.python_version(), "torch": torch.__version__.split("+")[0], **named}


def network_input(mode: str, images: np.ndarray, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """The network's input as a peer computes it (in float32), or with all its arithmetic in another `dtype`."""
    x = torch.from_numpy(images).permute(0, 3, 1, 2).to(dtype)
    if mode == "tf1":
        from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x as resize

        return (resize(x, size=(299, 299), align_corners=False) - 128) / 128
    if mode == "fid":
        return 2 * F.interpolate(x / 255, size=(299, 299), mode="bilinear", align_corners=False) - 1
    from cleanfid.resize import build_resizer

    resize = build_resizer("clean")
    resized = np.stack([resize(image) for image in images])
    return (torch.from_numpy(resized).permute(0, 3, 1, 2).to(dtype) - 128) / 128


@contextlib.contextmanager
def convolutions_by_matrix():
    """Convolutions without bias as matrix products, which for float64 are several times faster than torch's own."""

    def forward(conv: nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
        assert conv.bias is None and conv.groups == 1
        sides = zip(x.shape[2:], conv.kernel_size, conv.padding, conv.stride)
        height, width = ((side + 2 * pad - size) // stride + 1 for side, size, pad, stride in sides)
        columns = F.unfold(x, conv.kernel_size, padding=conv.padding, stride=conv.stride)
        y = np.matmul(conv.weight.detach().flatten(1).numpy(), columns.numpy())
        return torch.from_numpy(y).view(len(x), -1, height, width)

    with mock.patch.object(nn.Conv2d, "forward", forward):
        yield


@torch.no_grad()
def through_network(extractor: nn.Module, x: torch.Tensor, blocks: dict[str, torch.Tensor] | None = None):
    """Pool3 [n, 2048] and logits without bias [n, 1008] of an input that is resized and scaled already.

    The layers are torch-fidelity's, in the order of their registration; `blocks` takes the output of each.
    """
    for name, layer in extractor.named_children():
        if name == "fc":
            break
        x = layer(x)
        if blocks is not None:
            blocks[name] = x
    features = x.flatten(1)
    return features, features @ layer.weight.T


def kid_subsets(count_1: int, count_2: int, subsets: int, size: int, seed: int = 2020):
    """The indices torch-fidelity draws: for each subset first those of its features_1, then of its features_2."""
    rng = np.random.RandomState(seed)
    both = [(rng.choice(count_1, size, False), rng.choice(count_2, size, False)) for _ in range(subsets)]
    return [pair[0].tolist() for pair in both], [pair[1].tolist() for pair in both]


def inception_scores(logits: np.ndarray, splits: tuple[int, ...]) -> dict[str, Any]:
    """torch-fidelity's inception score of logits as they come, and in the order it shuffles them to by default."""
    from torch_fidelity.metric_isc import isc_features_to_metric

    out: dict[str, Any] = {}
    for count in splits:
        for shuffle in (False, True):
            found = isc_features_to_metric(torch.from_numpy(logits), count, shuffle)
            key = f"splits_{count}" + ("_shuffled" if shuffle else "")
            out[key] = {"mean": found["inception_score_mean"], "std": found["inception_score_std"]}
    return out


def scores(real: np.ndarray, fake: np.ndarray, subsets: int, size: int) -> dict[str, Any]:
    """Every score of two sets of features [n, d], by each peer's own code, in the features' precision."""
    from cleanfid.fid import fid_from_feats
    from prdc import compute_prdc
    from pytorch_fid.fid_score import calculate_frechet_distance
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
    from torch_fidelity.metric_kid import kid_features_to_metric
    from torch_fidelity.metric_prc import prc_features_to_metric

    first, second = torch.from_numpy(fake), torch.from_numpy(real)  # torch-fidelity: generated, then real
    statistics = [fid_features_to_statistics(features) for features in (first, second)]
    # pytorch-fid collects its float32 features in a float64 array.
    wide = [features.astype(np.float64) for features in (fake, real)]
    moments = [value for features in wide for value in (features.mean(0), np.cov(features, rowvar=False))]
    kid = kid_features_to_metric(first, second, kid_subsets=subsets, kid_subset_size=size, verbose=False)
    out = {
        "fid": {
            "exact": frechet_by_samples(*wide),
            "symmetric": frechet(*wide)[0],
            "torch_fidelity": fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"],
            "pytorch_fid": float(calculate_frechet_distance(*moments)),
            "clean_fid": float(fid_from_feats(fake, real)),
        },
        "kid": {"mean": kid["kernel_inception_distance_mean"], "std": kid["kernel_inception_distance_std"]},
        "prc_torch_fidelity_k3": {
            key: value for key, value in prc_features_to_metric(first, second, verbose=False).items()
        },
    }
    for k in (3, 5):
        with contextlib.redirect_stdout(None):  # It prints the counts.
            found = compute_prdc(real, fake, nearest_k=k)
        out[f"prdc_k{k}"] = {key: float(value) for key, value in found.items()} | {"margin": prdc_margin(*wide, k)}
    return out


def frechet_by_samples(x: np.ndarray, y: np.ndarray) -> float:
    """The squared Fréchet distance with the trace term as singular values of the centred samples' products [n, n].

    tr (S1 S2)^(1/2) is the nuclear norm of X Y^T / sqrt((n1 - 1)(n2 - 1)). Unlike the routes through covariances it
    takes no root of eigenvalues that should be zero, so it holds to the last digits also when the rank is deficient.
    """
    (a, b), (of_a, of_b) = [features - features.mean(0) for features in (x, y)], (len(x) - 1, len(y) - 1)
    cross = np.linalg.svd(a @ b.T, compute_uv=False).sum() / np.sqrt(of_a * of_b)
    return float(((x.mean(0) - y.mean(0)) ** 2).sum() + (a**2).sum() / of_a + (b**2).sum() / of_b - 2 * cross)


def prdc_margin(fake: np.ndarray, real: np.ndarray, k: int) -> float:
    """The closest call of any ball: the least |distance - radius| / radius over all pairs that prdc compares."""

    def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.sqrt(((a[:, None] - b[None]) ** 2).sum(2))

    across = distances(real, fake)
    of_real, of_fake = (np.sort(distances(a, a), 1)[:, k] for a in (real, fake))
    closest = [abs(across - of_real[:, None]) / of_real[:, None], abs(across - of_fake) / of_fake]
    return float(min(gap.min() for gap in closest))


def write_tensors(path: Path, tensors: dict[str, np.ndarray]) -> None:
    """Writes float32 tensors as safetensors, refusing what is not finite."""
    for name, value in tensors.items():
        assert np.isfinite(value).all(), name
    path.write_bytes(save({name: np.ascontiguousarray(value, np.float32) for name, value in tensors.items()}))


def write_json(path: Path, value: Any) -> None:
    """JSON with one line for whatever fits on one."""

    def pretty(item: Any, indent: str) -> str:
        flat = json.dumps(item, ensure_ascii=False)
        numbers = isinstance(item, list) and all(isinstance(part, (int, float)) for part in item)
        if len(indent + flat) <= 120 or numbers or not isinstance(item, (dict, list)):
            return flat
        inner = indent + " "
        if isinstance(item, dict):
            lines = [f"{inner}{json.dumps(key)}: {pretty(part, inner)}" for key, part in item.items()]
        else:
            lines = [inner + pretty(part, inner) for part in item]
        first, last = "{}" if isinstance(item, dict) else "[]"
        return first + "\n" + ",\n".join(lines) + "\n" + indent + last

    path.write_text(pretty(value, "") + "\n", encoding="utf-8")
