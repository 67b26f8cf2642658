"""Small checkpoints as AutoGAN's released code leaves them, and the images that PyTorch makes of them.

    python make_autogan_pth.py [--out DIR]

Needs torch, numpy, scipy and safetensors. The networks are those of ../fixtures/reference_models.py, which carry the
released code's state_dict names; what else a checkpoint holds follows train.py of github.com/VITA-Group/AutoGAN (facts
only). Weights are random numbers of float32, running statistics too.

| file | holds | format | storages on |
|---|---|---|---|
| autogan_cifar10_a.pth | the derived network's state_dict | before torch 1.6 | cuda:0 |
| autogan_cifar10_b.pth | the same of B | zip | cpu |
| autogan_cifar10_c.pth | the same of C | before torch 1.6 | cpu |
| autogan_views.pth | A again: every tensor a part of one storage, `l1.weight` transposed | zip | cpu |
| autogan_shared.pth | the shared generator's state_dict, all candidates | zip | cuda:0 |
| autogan_checkpoint.pth | a training checkpoint of C, with optimisers and a numpy number | before torch 1.6 | cuda:0 |

Beside each is FILE.safetensors (autogan_views has A's): `z` [4, latent] and `images` [4, 3, 32, 32] in eval mode,
computed in float64. The shared one has `images.<name>` for three architectures, the checkpoint `images.gen` and
`images.avg_gen` (the released test.py takes the averaged one). autogan_pth.json lists sizes, architectures and names.
The .pth files' bytes differ from run to run, as the older format numbers storages by address; what they hold does not.
"""

from __future__ import annotations

import argparse
from collections import OrderedDict
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import nn

from peers import write_json, write_tensors

# peers.py has put ../fixtures on the path.
from make_fixtures import GAN_ADAM, NAMED, Draw, randomise, vector
from reference_models import DerivedGenerator, Discriminator, Generator

LATENT, BOTTOM_WIDTH, COUNT = 16, 4, 4


def single(state: dict[str, torch.Tensor]) -> "OrderedDict[str, torch.Tensor]":
    """A state_dict in float32, with the module versions that torch keeps beside it."""
    out = OrderedDict((key, v.float() if v.is_floating_point() else v.clone()) for key, v in state.items())
    out._metadata = state._metadata
    return out


def save(path: Path, value: Any, legacy: bool, place: str) -> None:
    """torch.save in either format, saying that the storages were on `place`."""
    with mock.patch.object(torch.serialization, "location_tag", lambda _: place):
        torch.save(value, path, _use_new_zipfile_serialization=not legacy)


def count_up(net: nn.Module) -> nn.Module:
    """Lets BatchNorm's counters stand where training would have left them."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.num_batches_tracked.fill_(50_048)
    return net.eval()


def views(state: "OrderedDict[str, torch.Tensor]") -> "OrderedDict[str, torch.Tensor]":
    """The same values as parts of one storage, `l1.weight` with its strides exchanged."""
    floats = {key: value for key, value in state.items() if value.is_floating_point()}
    parts = [value.T if key == "l1.weight" else value for key, value in floats.items()]
    flat = torch.cat([torch.zeros(5)] + [part.flatten() for part in parts]).float()
    out, offset = OrderedDict(state), 5
    for key, part in zip(floats, parts):
        view = flat[offset : offset + part.numel()].view(part.shape)
        out[key] = view.T if key == "l1.weight" else view
        offset += part.numel()
        assert torch.equal(out[key], state[key])
    assert not out["l1.weight"].is_contiguous()
    return out


def optimiser_state(net: nn.Module, draw: Draw) -> dict[str, Any]:
    """Adam's state_dict as torch 1.1 left it: `step` an int, parameters named by their address."""
    names = [140_035_000_000_000 + 72 * index for index, _ in enumerate(net.parameters())]
    state = {
        name: {
            "step": 250_240,
            "exp_avg": draw.normal(*parameter.shape, scale=1e-3).float(),
            "exp_avg_sq": draw.uniform(0, 1e-6, *parameter.shape).float(),
        }
        for name, parameter in zip(names, net.parameters())
    }
    group = {**GAN_ADAM, "weight_decay": 0, "amsgrad": False, "params": names}
    return {"state": state, "param_groups": [group]}


@torch.no_grad()
def derived(folder: Path, name: str, legacy: bool, place: str, channels: int = 8) -> list[dict[str, Any]]:
    """The derived network A, B or C; with A, also its copy of views."""
    draw = Draw(1_000 + ord(name))
    arch = vector(NAMED[name])
    net = count_up(randomise(DerivedGenerator(channels, LATENT, BOTTOM_WIDTH, arch), draw))
    z = draw.normal(COUNT, LATENT)
    state, images = single(net.state_dict()), net(z)
    about = {"arch": arch, "channels": channels, "latent": LATENT, "bottom_width": BOTTOM_WIDTH}
    files = [(f"autogan_cifar10_{name.lower()}", state, legacy, place)]
    if name == "A":
        files.append(("autogan_views", views(state), False, "cpu"))
    listed = []
    write_tensors(folder / f"{files[0][0]}.safetensors", {"z": z.numpy(), "images": images.numpy()})
    for file, held, old, where in files:
        save(folder / f"{file}.pth", held, old, where)
        about |= {"images": files[0][0], "legacy": old, "place": where, "keys": keys(state)}
        listed.append({"file": file, **about})
    return listed


@torch.no_grad()
def shared(folder: Path, channels: int = 4) -> dict[str, Any]:
    """The shared generator with all candidates, and images of three of its architectures."""
    draw = Draw(2_000)
    net = count_up(randomise(Generator(channels, LATENT, BOTTOM_WIDTH), draw))
    z = draw.normal(COUNT, LATENT)
    archs = {name: vector(NAMED[name]) for name in ("A", "E2GAN", "largest")}
    tensors = {"z": z.numpy()} | {f"images.{name}": net(z, arch).numpy() for name, arch in archs.items()}
    state = single(net.state_dict())
    save(folder / "autogan_shared.pth", state, False, "cuda:0")
    write_tensors(folder / "autogan_shared.safetensors", tensors)
    about = {"channels": channels, "latent": LATENT, "bottom_width": BOTTOM_WIDTH, "legacy": False, "place": "cuda:0"}
    return {"file": "autogan_shared", "images": "autogan_shared", "archs": archs, **about, "keys": keys(state)}


@torch.no_grad()
def checkpoint(folder: Path, channels: int = 4) -> dict[str, Any]:
    """A training checkpoint. The averaged generator has the raw one's running statistics, as released."""
    draw = Draw(3_000)
    arch = vector(NAMED["C"])
    raw = count_up(randomise(DerivedGenerator(channels, LATENT, BOTTOM_WIDTH, arch), draw))
    averaged = count_up(randomise(DerivedGenerator(channels, LATENT, BOTTOM_WIDTH, arch), draw))
    for kept, buffer in zip(averaged.buffers(), raw.buffers()):
        kept.copy_(buffer)
    critic = randomise(Discriminator(channels), draw)
    z = draw.normal(COUNT, LATENT)
    held = {
        "epoch": 320,
        "gen_model": "autogan_cifar10_c",
        "dis_model": "autogan_cifar10_c",
        "gen_state_dict": single(raw.state_dict()),
        "dis_state_dict": single(critic.state_dict()),
        "avg_gen_state_dict": single(averaged.state_dict()),
        "gen_optimizer": optimiser_state(raw, draw),
        "dis_optimizer": optimiser_state(critic, draw),
        "best_fid": np.float64(13.25),  # numpy's own type: the file names numpy functions.
        "path_helper": {"prefix": "logs/c", "ckpt_path": "logs/c/Model", "log_path": "logs/c/Log", "sample_path": "s"},
    }
    save(folder / "autogan_checkpoint.pth", held, True, "cuda:0")
    images = {"images.gen": raw(z).numpy(), "images.avg_gen": averaged(z).numpy()}
    write_tensors(folder / "autogan_checkpoint.safetensors", {"z": z.numpy()} | images)
    about = {"arch": arch, "channels": channels, "latent": LATENT, "bottom_width": BOTTOM_WIDTH}
    about |= {"images": "autogan_checkpoint", "legacy": True, "place": "cuda:0", "keys": keys(held["gen_state_dict"])}
    return {"file": "autogan_checkpoint", **about, "dis_keys": keys(held["dis_state_dict"])}


def keys(state: dict[str, torch.Tensor]) -> list[Any]:
    """Names and shapes."""
    return [[key, list(value.shape)] for key, value in state.items()]


@torch.no_grad()
def check(folder: Path, listed: list[dict[str, Any]]) -> None:
    """Loads each file as a user would and makes the images once more, in float32."""
    from safetensors.numpy import load_file

    for about in listed:
        held = torch.load(folder / f"{about['file']}.pth", map_location="cpu")
        wanted = load_file(folder / f"{about['images']}.safetensors")
        sizes = about["channels"], about["latent"], about["bottom_width"]
        cases = []
        if "archs" in about:
            net = Generator(*sizes)
            cases = [(held, f"images.{name}", (arch,)) for name, arch in about["archs"].items()]
        else:
            net = DerivedGenerator(*sizes, about["arch"])
            cases = [(held, "images", ())]
            if "gen_state_dict" in held:
                cases = [(held[f"{kind}_state_dict"], f"images.{kind}", ()) for kind in ("gen", "avg_gen")]
        net = net.float().eval()
        for state, key, arguments in cases:
            net.load_state_dict(state)
            found = net(torch.from_numpy(wanted["z"]), *arguments).numpy()
            worst = abs(found - wanted[key]).max()
            print(f"{about['file']:20} {key:16} std {found.std():.3f}, float32 differs by {worst:.1e}")
            assert worst < 1e-5 and 0.1 < found.std() < 0.9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where the files go")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    listed = [
        *derived(folder, "A", legacy=True, place="cuda:0"),
        *derived(folder, "B", legacy=False, place="cpu"),
        *derived(folder, "C", legacy=True, place="cpu"),
        shared(folder),
        checkpoint(folder),
    ]
    check(folder, listed)
    write_json(folder / "autogan_pth.json", {"made_with": {"torch": torch.__version__.split("+")[0]}, "files": listed})


if __name__ == "__main__":
    main()
