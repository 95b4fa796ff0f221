"""The segmentor in PyTorch: the twin that `deno task bench --peers` measures ours against.

Written from the description in lib/segmentor/ with PyTorch's own layers, as its users would write
it. Parameters have the published names, so that one .safetensors file serves both programs. Tensors
are [n, c, z, y, x]; the memory format is the caller's choice.
"""

import json
import re
import struct

import torch
import torch.nn.functional as F
from torch import nn

TYPES = {"F32": torch.float32, "I32": torch.int32, "I64": torch.int64}


def read_safetensors(path):
    """All tensors of a .safetensors file by name."""
    with open(path, "rb") as file:
        (header_bytes,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(header_bytes))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(data[begin:end], dtype=TYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def pointwise(inputs, outputs):
    return nn.Conv3d(inputs, outputs, 1, bias=False)


def depthwise(channels):
    return nn.Conv3d(channels, channels, 3, padding=1, groups=channels, bias=False)


class Position(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.positional_encoding = depthwise(channels)

    def forward(self, x):
        return self.positional_encoding(x)


class LocalMixer(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.bn1 = nn.BatchNorm3d(channels)
        self.pointwise_conv_0 = pointwise(channels, channels)
        self.depthwise_conv = depthwise(channels)
        self.bn2 = nn.BatchNorm3d(channels)
        self.pointwise_conv_1 = pointwise(channels, channels)

    def forward(self, x):
        x = self.depthwise_conv(self.pointwise_conv_0(self.bn1(x)))
        return self.pointwise_conv_1(self.bn2(x))


class Mlp(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.line_conv_0 = pointwise(channels, 4 * channels)
        self.line_conv_1 = pointwise(4 * channels, channels)

    def forward(self, x):
        return self.line_conv_1(F.gelu(self.line_conv_0(x)))


class SparseAttention(nn.Module):
    def __init__(self, channels, heads, stride):
        super().__init__()
        self.heads = heads
        self.stride = stride
        self.qkv = pointwise(channels, 3 * channels)

    def forward(self, x):
        r = self.stride
        kept = x[:, :, ::r, ::r, ::r]
        n, channels = kept.shape[:2]
        width = channels // self.heads
        parts = self.qkv(kept).reshape(n, self.heads, 3 * width, -1).transpose(2, 3)
        query, key, value = parts.split(width, dim=3)  # each [n, heads, tokens, width]
        mixed = F.scaled_dot_product_attention(query, key, value, scale=1.0)
        return mixed.transpose(2, 3).reshape(kept.shape)


class Spreader(nn.Module):
    def __init__(self, channels, stride):
        super().__init__()
        self.conv_trans = nn.ConvTranspose3d(channels, channels, stride, stride, groups=channels)
        self.norm = nn.GroupNorm(1, channels)
        self.pointwise_conv = pointwise(channels, channels)

    def forward(self, x):
        return self.pointwise_conv(self.norm(self.conv_trans(x)))


class RefineBlock(nn.Module):
    def __init__(self, channels, heads, stride):
        super().__init__()
        self.patch1 = Position(channels)
        self.LocalRC = LocalMixer(channels)
        self.LineConv1 = Mlp(channels)
        self.patch2 = Position(channels)
        self.GlobalST = SparseAttention(channels, heads, stride)
        self.LocalRD = Spreader(channels, stride)
        self.LineConv2 = Mlp(channels)

    def forward(self, x):
        x = self.patch1(x) + x
        x = self.LocalRC(x) + x
        x = self.LineConv1(x) + x
        x = self.patch2(x) + x
        x = self.LocalRD(self.GlobalST(x)) + x
        return self.LineConv2(x) + x


class Down(nn.Module):
    def __init__(self, inputs, channels, kernel):
        super().__init__()
        self.depth_wise = nn.Conv3d(inputs, channels, kernel, kernel)
        self.norm = nn.GroupNorm(1, channels)

    def forward(self, x):
        return self.norm(self.depth_wise(x))


class Up(nn.Module):
    def __init__(self, channels, outputs, kernel, normalize):
        super().__init__()
        self.transposed = nn.ConvTranspose3d(channels, outputs, kernel, kernel)
        self.norm = nn.GroupNorm(1, outputs) if normalize else nn.Identity()

    def forward(self, x):
        return self.norm(self.transposed(x))


class EncoderLevel(nn.Module):
    def __init__(self, conv, blocks):
        super().__init__()
        self.DWconv = conv
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        return self.blocks(self.DWconv(x))


class DecoderLevel(nn.Module):
    def __init__(self, conv, blocks):
        super().__init__()
        self.blocks = nn.Sequential(*blocks)
        self.TSconv = conv

    def forward(self, x):
        return self.TSconv(self.blocks(x))


class Encoder(nn.Module):
    def __init__(self, levels, gates, tokens, channels):
        super().__init__()
        self.Stages = nn.ModuleList(levels)
        self.In_Conv_List = nn.ModuleList([nn.Identity(), *gates])
        self.position_embeddings = nn.Parameter(torch.zeros(1, tokens, channels))


class Decoder(nn.Module):
    def __init__(self, levels, gates):
        super().__init__()
        self.Stages = nn.ModuleList(levels)
        self.SegHeadList = nn.ModuleList([nn.Identity(), *gates])


class Fine(nn.Module):
    """Features of the image at its own resolution, and the correction of the logits by them."""

    def __init__(self, width, outputs):
        super().__init__()
        self.features = nn.Conv3d(1, width, 3, padding=1)
        self.correction = nn.Conv3d(1 + outputs + width, outputs, 3, padding=1)


class Segmentor(nn.Module):
    """The hierarchy of stages; `config` has the names of SegmentorConfig in lib/config."""

    def __init__(self, config, outputs):
        super().__init__()
        self.config = config
        channels, stages = config["channels"], config["stageCount"]
        kernels = [4] + [2] * stages
        image_channels = max(1, config["fineWidth"])

        def blocks(level):
            heads, stride = config["heads"][level], config["strides"][level]
            count = config["blocks"][level]
            return [RefineBlock(channels[level], heads, stride) for _ in range(count)]

        encoder, decoder = [], []
        for level, width in enumerate(channels):
            finer = image_channels if level == 0 else channels[level - 1]
            encoder.append(EncoderLevel(Down(finer, width, kernels[level]), blocks(level)))
            normalize = level > 0 or config["normalizeLogits"]
            wanted = outputs if level == 0 else finer
            decoder.append(DecoderLevel(Up(width, wanted, kernels[level], normalize), blocks(level)))
        entries = [nn.Conv3d(image_channels, width, 2, 2) for width in channels[: stages - 1]]
        exits = [nn.ConvTranspose3d(width, outputs, 2, 2) for width in channels[: stages - 1]]
        tokens = (config["minEdge"] // 8) ** 3
        self.Encoder = Encoder(encoder, entries, tokens, channels[-1])
        self.Decoder = Decoder(decoder, exits)
        self.Fine = Fine(config["fineWidth"], outputs) if config["fineWidth"] else None

    def forward(self, image):
        config = self.config
        edges = [2 ** (config["stageCount"] - 1 - i) * config["minEdge"] for i in range(config["stageCount"])]
        first = edges.index(image.shape[-1])
        standard = (image - 0.3) / 0.25
        seen = F.relu(self.Fine.features(standard)) if self.Fine else image
        x = self.Encoder.In_Conv_List[first](seen)
        skips = []
        for level in self.Encoder.Stages[first:]:
            x = level(x)
            skips.append(x)
        shape = skips.pop().shape
        tokens = x.flatten(2).transpose(1, 2) + self.Encoder.position_embeddings
        tokens = F.dropout(tokens, config["dropout"], self.training)
        x = tokens if config["rereadBottleneck"] else tokens.transpose(1, 2)
        x = x.reshape(shape)
        for level in reversed(self.Decoder.Stages[first:]):
            x = level(x)
            if skips:
                x = x + skips.pop()
        logits = self.Decoder.SegHeadList[first](x)
        if not self.Fine:
            return logits
        return logits + self.Fine.correction(torch.cat([standard, logits / 3, seen], 1))


def load_segmentor(path, config):
    """The segmentor with the weights of a .safetensors file of published names."""
    weights = read_safetensors(path)
    outputs = weights["Decoder.Stages.0.TSconv.transposed.weight"].shape[1]
    model = Segmentor(config, outputs)
    missing, unknown = model.load_state_dict(weights, strict=False)
    missing = [name for name in missing if not re.search("num_batches_tracked$", name)]
    if missing or unknown:
        raise ValueError(f"the weights lack {missing} and have {unknown} too many")
    return model


def dice_cross_entropy(logits, target):
    """Soft Dice (squared form, smoothed by one voxel) and cross-entropy of one channel of logits."""
    p = torch.sigmoid(logits).flatten(1)
    t = target.flatten(1)
    size = p.square().sum(1) + t.square().sum(1) + 1
    dice = ((p - t).square().sum(1) / size).mean()
    return dice + F.binary_cross_entropy_with_logits(logits, target)


def make_optimizer(model, phase, fused):
    """AdamW as in lib/training: only tensors of two or more axes decay. `phase` as PhaseConfig."""
    parameters = list(model.parameters())
    groups = [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": phase["weightDecay"]},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0},
    ]
    return torch.optim.AdamW(
        groups,
        lr=phase["learningRate"],
        betas=(phase["beta1"], phase["beta2"]),
        fused=fused,
        foreach=not fused,
    )


def training_step(model, optimizer, image, target, clip_norm):
    """One step; the loss before it."""
    optimizer.zero_grad(set_to_none=True)
    loss = dice_cross_entropy(model(image), target)
    loss.backward()
    if clip_norm > 0:
        nn.utils.clip_grad_norm_(model.parameters(), clip_norm, foreach=True)
    optimizer.step()
    return loss.item()
