"""The 2015 Inception network's weights from a hash instead of a download: what is compared is arithmetic, not vision.

    python inception_weights.py --list inception_shapes.json
    python inception_weights.py --save inception.pth                 # zip format, as torch >= 1.6 writes
    python inception_weights.py --save inception-legacy.pth --legacy # the format before, as the published file has

Needs torch, torchvision, pytorch-fid and torch-fidelity (versions: see README.md beside this file). Names, shapes and
their order are read off the two libraries' own classes, which agree.

Values, each from `unit(name, i)` of counter_hash.py, where i counts the tensor's elements in C order. All operations
are single float32 ones, rounded to nearest, never fused:

- `*.conv.weight` [out, in, h, w]: unit * b, with b = float32(sqrt(6 / (in h w))), taken in float64 and then rounded
  (He et al. 2015, uniform);
- `*.bn.weight`: 1 + 0.25 unit; `*.bn.running_var`: 1 + 0.25 unit; `*.bn.bias`: 0.125 unit;
  `*.bn.running_mean`: 0.125 unit (all exact: the factors are powers of two);
- `*.bn.num_batches_tracked` (int64, only with --counts): 0;
- `fc.weight` [1008, 2048]: 0.5 unit, so that the scores differ; `fc.bias`: unit.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
from collections import OrderedDict
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from torch import nn

import counter_hash

FC_SCALE = 0.5
BN_FIELDS = {"weight": (1.0, 0.25), "running_var": (1.0, 0.25), "bias": (0.0, 0.125), "running_mean": (0.0, 0.125)}


def values(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The float32 values of one tensor by its name."""
    unit = counter_hash.unit(name, math.prod(shape)).reshape(shape)
    *_, layer, field = name.split(".")
    if layer == "conv":
        return unit * np.float32(math.sqrt(6 / math.prod(shape[1:])))
    if layer == "bn":
        centre, scale = BN_FIELDS[field]
        return np.float32(centre) + np.float32(scale) * unit
    assert layer == "fc", name
    return np.float32(FC_SCALE) * unit if field == "weight" else unit


@contextlib.contextmanager
def quick_to_build():
    """Without the initial values that torch would draw only for us to overwrite."""
    with mock.patch.object(nn.Conv2d, "reset_parameters", lambda self: None):
        with mock.patch.object(nn.Linear, "reset_parameters", lambda self: None):
            yield


def pytorch_fid_network(weights: dict[str, torch.Tensor] | None = None) -> nn.Module:
    """pytorch-fid's `fid_inception_v3()`, with `weights` for its download, or without."""
    from pytorch_fid import inception

    with quick_to_build(), mock.patch.object(inception, "load_state_dict_from_url", lambda *_, **__: weights):
        if weights is not None:
            return inception.fid_inception_v3()
        with mock.patch.object(nn.Module, "load_state_dict", lambda *_: None):
            return inception.fid_inception_v3()


def pytorch_fid_model(weights: dict[str, torch.Tensor]) -> nn.Module:
    """pytorch-fid's `InceptionV3`, which resizes and scales pictures from 0..1 itself."""
    from pytorch_fid import inception

    with quick_to_build(), mock.patch.object(inception, "load_state_dict_from_url", lambda *_, **__: weights):
        return inception.InceptionV3([3]).eval()


def torch_fidelity_extractor(
    weights: dict[str, torch.Tensor],
    features: tuple[str, ...] = ("2048", "logits_unbiased"),
    dtype: torch.dtype = torch.float32,
) -> nn.Module:
    """torch-fidelity's extractor of those `features`, for uint8 pictures [n, 3, h, w]."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    with quick_to_build(), mock.patch.object(torch, "load", lambda *_, **__: weights):
        network = FeatureExtractorInceptionV3(
            "inception-v3-compat", list(features), feature_extractor_weights_path="given"
        )
    # Asked for "float64", torch-fidelity 0.4.0 takes float32 all the same (its helpers.py maps both to one).
    network.feature_extractor_internal_dtype = dtype
    return network.to(dtype)


def shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes in the order of pytorch-fid's state_dict, without BatchNorm's counters."""
    state = pytorch_fid_network().state_dict()
    return {name: tuple(value.shape) for name, value in state.items() if "num_batches" not in name}


def state_dict(counts: bool = False) -> "OrderedDict[str, torch.Tensor]":
    """The weights by name; with `counts`, also each BatchNorm's `num_batches_tracked`."""
    out = OrderedDict()
    for name, shape in shapes().items():
        out[name] = torch.from_numpy(values(name, shape))
        if counts and name.endswith("running_var"):
            out[name.replace("running_var", "num_batches_tracked")] = torch.zeros((), dtype=torch.int64)
    return out


def list_shapes(path: Path) -> None:
    """Writes names, shapes, digests and first values; checks that the two libraries agree on names and shapes."""
    weights = state_dict()
    theirs = torch_fidelity_extractor(weights).state_dict()
    same = {name: tuple(value.shape) for name, value in theirs.items() if "num_batches" not in name}
    assert list(same.items()) == [(name, tuple(value.shape)) for name, value in weights.items()]
    arrays = {name: value.numpy() for name, value in weights.items()}
    lines = []
    for name, array in arrays.items():
        first = [float(value) for value in array.flat[:2]]
        lines.append([name, list(array.shape), counter_hash.sha256(array)[:16], first])
    head = {
        "what": "tensors of the 2015 Inception network in both libraries' order: name, shape, the first 16 hex digits "
        "of the SHA-256 of the float32 values of inception_weights.py (little-endian, C order), the first two values",
        "parameters": sum(a.size for n, a in arrays.items() if "running" not in n),
        "floats": sum(a.size for a in arrays.values()),
        "sha256_of_all": counter_hash.sha256(*arrays.values()),
    }
    text = json.dumps(head)[:-1] + ', "tensors": [\n' + ",\n".join(json.dumps(line) for line in lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", type=Path, help="write names, shapes and digests as JSON")
    parser.add_argument("--save", type=Path, help="write the weights with torch.save (96 MB)")
    parser.add_argument("--legacy", action="store_true", help="in the format before torch 1.6")
    parser.add_argument("--counts", action="store_true", help="with num_batches_tracked")
    args = parser.parse_args()
    if args.list:
        list_shapes(args.list)
    if args.save:
        torch.save(state_dict(args.counts), args.save, _use_new_zipfile_serialization=not args.legacy)
        print(args.save.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
