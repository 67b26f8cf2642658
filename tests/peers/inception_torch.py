"""The 2015 Inception network in plain torch, as pytorch-fid builds it, with random weights: what it costs, not what it sees.

pytorch-fid's own class needs torchvision, which has no build for some versions of torch. This is its sequence of
operators, taken from pytorch-fid 0.3.0 (inception.py) and torchvision (models/inception.py): convolutions without bias,
batch norm that is not folded into them, ReLU in place, branches that are joined with `torch.cat`.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F


class Conv(nn.Module):
    """torchvision's BasicConv2d."""

    def __init__(self, inputs: int, outputs: int, kernel: int | tuple[int, int], stride: int = 1, padding: bool = False):
        super().__init__()
        kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
        sides = tuple(side // 2 if padding else 0 for side in kernel)
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, sides, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


def chain(inputs: int, *layers: tuple[int, int | tuple[int, int]]) -> nn.Sequential:
    """Convolutions one after the other that keep the size: outputs and kernel of each."""
    convs = []
    for outputs, kernel in layers:
        convs.append(Conv(inputs, outputs, kernel, padding=True))
        inputs = outputs
    return nn.Sequential(*convs)


class Mean(nn.Module):
    """pytorch-fid's average, in which the padding does not count."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


class Branches(nn.Module):
    """Branches on one input, joined."""

    def __init__(self, *branches: nn.Module):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1)


def a(inputs: int, pool: int) -> nn.Module:
    return Branches(
        chain(inputs, (64, 1)),
        chain(inputs, (48, 1), (64, 5)),
        chain(inputs, (64, 1), (96, 3), (96, 3)),
        nn.Sequential(Mean(), Conv(inputs, pool, 1)),
    )


def b(inputs: int) -> nn.Module:
    return Branches(
        Conv(inputs, 384, 3, stride=2),
        nn.Sequential(chain(inputs, (64, 1), (96, 3)), Conv(96, 96, 3, stride=2)),
        nn.MaxPool2d(3, stride=2),
    )


def c(inner: int) -> nn.Module:
    wide, tall = (1, 7), (7, 1)
    return Branches(
        chain(768, (192, 1)),
        chain(768, (inner, 1), (inner, wide), (192, tall)),
        chain(768, (inner, 1), (inner, tall), (inner, wide), (inner, tall), (192, wide)),
        nn.Sequential(Mean(), Conv(768, 192, 1)),
    )


def d() -> nn.Module:
    return Branches(
        nn.Sequential(Conv(768, 192, 1), Conv(192, 320, 3, stride=2)),
        nn.Sequential(chain(768, (192, 1), (192, (1, 7)), (192, (7, 1))), Conv(192, 192, 3, stride=2)),
        nn.MaxPool2d(3, stride=2),
    )


def e(inputs: int, pool: nn.Module) -> nn.Module:
    def split() -> nn.Module:
        return Branches(chain(384, (384, (1, 3))), chain(384, (384, (3, 1))))

    return Branches(
        chain(inputs, (320, 1)),
        nn.Sequential(chain(inputs, (384, 1)), split()),
        nn.Sequential(chain(inputs, (448, 1), (384, 3)), split()),
        nn.Sequential(pool, Conv(inputs, 192, 1)),
    )


class Inception(nn.Module):
    """pytorch-fid's `InceptionV3([3])`: pictures from 0 to 1 of any side to features [batch, 2048, 1, 1]."""

    def __init__(self):
        super().__init__()
        stem = [Conv(3, 32, 3, stride=2), Conv(32, 32, 3), Conv(32, 64, 3, padding=True), nn.MaxPool2d(3, stride=2)]
        stem += [Conv(64, 80, 1), Conv(80, 192, 3), nn.MaxPool2d(3, stride=2)]
        blocks = [a(192, 32), a(256, 64), a(288, 64), b(288), c(128), c(160), c(160), c(192), d()]
        blocks += [e(1280, Mean()), e(2048, nn.MaxPool2d(3, stride=1, padding=1))]
        self.layers = nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d((1, 1)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.interpolate(x, size=(299, 299), mode="bilinear", align_corners=False)
        return self.layers(2 * x - 1)


def inception() -> nn.Module:
    """The network for use, with random weights of a size that keeps values about one."""
    torch.manual_seed(1)
    network = Inception().eval().requires_grad_(False)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
    return network
