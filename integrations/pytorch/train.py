#!/usr/bin/env python3
"""Trains a Ductus network of convolutions and LSTM layers by CTC in PyTorch, on a GPU where there is one.

The frames are those that `ductus train --frames` writes, so the ink is changed at random by the same code; the weights go back into a
model that `ductus` reads. Two views of every line, masked differently, are held consistent (CR-CTC; Yao et al. 2024). README.md has
the commands.
"""
import argparse
import json
import math
import pathlib
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Benchmarks"))
from ductus_torch import ARCHITECTURE, read_safetensors, write_safetensors  # noqa: E402


class Examples:
    """The examples of one epoch or validation set; the frames are on the device."""

    def __init__(self, path, device):
        examples, _ = read_safetensors(f"{path}.examples.safetensors")
        self.numbers = examples["examples"].astype("i8")
        self.lengths = examples["lengths"].astype("i8")
        self.counts = examples["labelCounts"].astype("i8")
        self.labels = examples["labels"].astype("i8")
        self.frame_offsets = np.concatenate([[0], np.cumsum(self.lengths)])
        self.label_offsets = np.concatenate([[0], np.cumsum(self.counts)])
        with open(f"{path}.frames.safetensors", "rb") as file:
            header = int.from_bytes(file.read(8), "little")
            shape = json.loads(file.read(header))["frames"]["shape"]
            self.frames = torch.from_numpy(np.fromfile(file, "<f2").reshape(shape)).to(device)

    def batch(self, chosen):
        """Frames (batch × longest × width), lengths, labels one after the other, label counts."""
        lengths = torch.from_numpy(self.lengths[chosen])
        device = self.frames.device
        place = torch.arange(int(lengths.max()), device=device)
        index = torch.from_numpy(self.frame_offsets[chosen]).to(device)[:, None] + place
        inside = place < lengths.to(device)[:, None]
        frames = self.frames[torch.where(inside, index, 0)].float() * inside[..., None]
        labels = np.concatenate([self.labels[self.label_offsets[i]:self.label_offsets[i + 1]] for i in chosen])
        return frames, lengths, torch.from_numpy(labels).to(device), torch.from_numpy(self.counts[chosen])


class Reader(nn.Module):
    """The network of a weight file, for batches of sequences that are padded with zeros."""

    def __init__(self, layers):
        super().__init__()
        self.specs = layers
        self.layers = nn.ModuleList()
        for layer in layers:
            kind = layer["kind"]
            if kind == "convolution1D":
                made = nn.Conv1d(layer["in"], layer["out"], layer["kernel"], layer.get("stride", 1), layer.get("padding", 0))
            elif kind == "recurrent" and layer["cell"] == "lstm" and not layer.get("residual", False):
                made = nn.LSTM(layer["in"], layer["hidden"], bidirectional=layer["bidirectional"], batch_first=True)
            elif kind == "linear":
                made = nn.Linear(layer["in"], layer["out"])
            elif kind == "logSoftmax":
                made = nn.Identity()
            else:
                raise SystemExit(f"a layer of kind {kind} is not trained here: {layer}")
            self.layers.append(made)

    def forward(self, x, lengths):
        """Log posteriors (batch × frames × classes) and their lengths."""
        for layer, spec in zip(self.layers, self.specs):
            rate = spec.get("dropout", 0)
            if spec["kind"] == "convolution1D":
                # What lies behind a sequence's end is nothing for it, whatever layer came before.
                inside = torch.arange(x.shape[1], device=x.device) < lengths.to(x.device)[:, None]
                x = layer((x * inside[..., None]).transpose(1, 2)).transpose(1, 2)
                lengths = (lengths + 2 * layer.padding[0] - layer.kernel_size[0]) // layer.stride[0] + 1
                lengths = lengths.clamp(1, x.shape[1])
                if spec.get("activation", "none") != "none":
                    x = getattr(nn.functional, spec["activation"])(x)
            elif spec["kind"] == "recurrent":
                packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
                x, _ = pad_packed_sequence(layer(packed)[0], batch_first=True)
            else:
                x = layer(x)
            x = nn.functional.dropout(x, rate, self.training)
        return torch.log_softmax(x, -1), lengths


def masked(frames, lengths, share, longest):
    """Sets gaps to the mean, which is 0, as the recipe's `maskedShare` and `maskLength` do."""
    if share <= 0:
        return frames
    device = frames.device
    count = lengths.to(device).float()
    limit = (count / 4).floor().clamp(max=longest)
    expected = torch.where(limit > 0, share * count / (limit.clamp(min=1) / 2), torch.zeros_like(count))
    gaps = (expected + torch.rand_like(expected)).floor() * (limit > 0)
    most = int(gaps.max())
    if most == 0:
        return frames
    shape = (len(count), most)
    length = (torch.rand(shape, device=device) * (limit + 1)[:, None]).floor()
    start = (torch.rand(shape, device=device) * (count[:, None] - length + 1)).floor()
    drawn = torch.arange(most, device=device) < gaps[:, None]
    # Where gaps begin and end, summed up along the frames: above 0 is within one.
    edges = torch.zeros(len(count), frames.shape[1] + 1, device=device)
    edges.scatter_add_(1, start.long(), drawn.float())
    edges.scatter_add_(1, (start + length).long(), -drawn.float())
    return frames * (edges.cumsum(1)[:, :-1] < 0.5)[..., None]


def batches(examples, frames_per_batch, random):
    """Examples of similar length together, in random order."""
    key = examples.lengths * (1 + 0.2 * random.random(len(examples.lengths)))
    order, result, batch, frames = np.argsort(key), [], [], 0
    for index in order:
        length = int(examples.lengths[index])
        if batch and frames + length > frames_per_batch:
            result.append(np.array(batch))
            batch, frames = [], 0
        batch.append(index)
        frames += length
    result.append(np.array(batch))
    random.shuffle(result)
    return result


def needed(labels, counts):
    """Frames that CTC needs: one a label, and a blank between equal neighbours."""
    result, start = [], 0
    for count in counts.tolist():
        own = labels[start:start + count]
        result.append(count + int((own[1:] == own[:-1]).sum()))
        start += count
    return torch.tensor(result)


def errors(reader, examples, frames_per_batch=400_000):
    """Character error rate by best path."""
    reader.eval()
    edits = 0
    with torch.no_grad():
        for chosen in batches(examples, frames_per_batch, np.random.default_rng(0)):
            frames, lengths, _, _ = examples.batch(chosen)
            posteriors, lengths = reader(frames, lengths)
            best = posteriors.argmax(-1).cpu().numpy()
            for row, index in enumerate(chosen):
                path = best[row, :int(lengths[row])]
                read = path[np.flatnonzero(np.diff(path, prepend=0) != 0)]
                edits += distance(read[read != 0], examples.labels[examples.label_offsets[index]:examples.label_offsets[index + 1]])
    reader.train()
    return edits / max(1, len(examples.labels))


def distance(a, b):
    """Levenshtein's distance, a row at a time."""
    row = np.arange(len(b) + 1)
    steps = np.arange(len(b) + 1)
    for symbol in a:
        changed = np.concatenate([[row[0] + 1], np.minimum(row[1:] + 1, row[:-1] + (b != symbol))])
        # Insertions: the least of all places to the left, one more for each step.
        row = np.minimum.accumulate(changed - steps) + steps
    return int(row[-1])


def weights(reader, average=None):
    source = reader.state_dict() if average is None else average
    return {name: value.detach().float().cpu().numpy() for name, value in source.items()}


def losses(reader, examples, frames_per_batch):
    """For each example its CTC loss in nats per label."""
    result = np.zeros(len(examples.lengths))
    reader.eval()
    with torch.no_grad():
        for chosen in batches(examples, frames_per_batch, np.random.default_rng(0)):
            frames, lengths, labels, counts = examples.batch(chosen)
            posteriors, lengths = reader(frames, lengths)
            loss = nn.functional.ctc_loss(posteriors.transpose(0, 1), labels, lengths, counts, reduction="none")
            result[chosen] = loss.cpu().numpy() / examples.counts[chosen]
    reader.train()
    return result


def rank(arguments, reader, device):
    """Writes every example's loss per label, the worst first."""
    names = (arguments.frames / "examples.txt").read_text().splitlines()
    examples = Examples(arguments.frames / "epoch-1", device)
    loss = losses(reader, examples, arguments.frames_per_batch)
    with open(arguments.rank, "w") as file:
        for index in np.argsort(-loss):
            file.write(f"{loss[index]:.3f}\t{names[examples.numbers[index]]}\n")


def epochs(folder):
    """The epochs that are there, those just written last; an epoch is whole once its examples are."""
    found = sorted(folder.glob("*/epoch-*.examples.safetensors")) + sorted(folder.glob("epoch-*.examples.safetensors"))
    return [str(path).removesuffix(".examples.safetensors") for path in found]


def train(arguments, reader, architecture, device):
    random = np.random.default_rng(arguments.seed)
    torch.manual_seed(arguments.seed)
    validation = {path.name.split(".")[0].removeprefix("validation-"): Examples(str(path).removesuffix(".examples.safetensors"), device)
                  for path in sorted(arguments.validation.glob("validation-*.examples.safetensors"))}
    decayed = [p for p in reader.parameters() if p.ndim > 1]
    other = [p for p in reader.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": arguments.weight_decay}, {"params": other, "weight_decay": 0.0}],
                                  lr=arguments.rate, betas=(0.9, 0.98))
    average = {name: value.clone() for name, value in reader.state_dict().items()}
    start, step, epoch, used = time.monotonic(), 0, 0, {}
    rates = arguments.rate, arguments.rate * arguments.final_rate

    def report(text):
        print(f"{time.monotonic() - start:6.1f} s  {text}", flush=True)

    def measure():
        kept = {name: value.clone() for name, value in reader.state_dict().items()}
        reader.load_state_dict(average)
        report(f"epoch {epoch} step {step}  " + "  ".join(f"{name} {100 * errors(reader, set):.2f} %" for name, set in validation.items()))
        reader.load_state_dict(kept)
        write_safetensors(arguments.out, {**fixed, **weights(reader, average)}, metadata)

    fixed, metadata = arguments.fixed, arguments.metadata
    measure()
    while time.monotonic() - start < arguments.seconds:
        # Fresh frames first; each epoch that was written is used again when there is no newer one.
        there = epochs(arguments.frames)
        path = min(there, key=lambda path: (used.get(path, 0), there.index(path)))
        used[path] = used.get(path, 0) + 1
        examples = Examples(path, device)
        sums = torch.zeros(3, device=device)
        for chosen in batches(examples, arguments.frames_per_batch // 2, random):
            elapsed = (time.monotonic() - start) / arguments.seconds
            if elapsed >= 1:
                break
            rate = rates[1] + (rates[0] - rates[1]) * (1 + math.cos(math.pi * elapsed)) / 2
            for group in optimizer.param_groups:
                group["lr"] = rate * min(1, (step + 1) / arguments.warm_up)
            frames, lengths, labels, counts = examples.batch(chosen)
            views = torch.cat([masked(frames, lengths, arguments.masked_share, arguments.mask_length) for _ in range(2)])
            posteriors, out = reader(views, lengths.repeat(2))
            loss = nn.functional.ctc_loss(posteriors.transpose(0, 1), labels.repeat(2), out, counts.repeat(2), reduction="none")
            held = loss.isfinite()
            connectionist = torch.where(held, loss, torch.zeros_like(loss)).sum() / 2
            first, second = posteriors.chunk(2)
            inside = (torch.arange(first.shape[1], device=device) < out[:len(chosen)].to(device)[:, None])[..., None]
            # The mean of both directions; no gradient flows into the view that is held to.
            divergence = (first.detach().exp() * (first.detach() - second) + second.detach().exp() * (second.detach() - first)) * inside
            consistency = divergence.sum() / 2
            symbols = int(counts.sum())
            total = (connectionist + arguments.consistency * consistency) / symbols
            optimizer.zero_grad(set_to_none=True)
            total.backward()
            nn.utils.clip_grad_norm_(reader.parameters(), arguments.gradient_norm)
            optimizer.step()
            step += 1
            decay = min(arguments.average_decay, (1 + step) / (10 + step))
            with torch.no_grad():
                state = list(reader.state_dict().values())
                torch._foreach_lerp_(list(average.values()), state, 1 - decay)
            sums += torch.stack([connectionist.detach(), consistency.detach(), torch.tensor(float(symbols), device=device)])
        epoch += 1
        connectionist, consistency, symbols = sums.tolist()
        report(f"epoch {epoch} step {step}  loss {connectionist / symbols:.4f}  consistency {consistency / symbols:.4f}  rate {rate:.2e}")
        if epoch % arguments.measure_every == 0:
            measure()
    measure()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="weight file to begin with")
    parser.add_argument("--frames", type=pathlib.Path, required=True, help="folder of `ductus train --frames`, or of several such folders")
    parser.add_argument("--validation", type=pathlib.Path, help="folder with the validation sets; default: --frames")
    parser.add_argument("--out", help="weight file to write")
    parser.add_argument("--rank", help="write the loss per label of every example of epoch 1 into this file, and do not train")
    parser.add_argument("--seconds", type=float, default=600, help="length of the training")
    parser.add_argument("--random", action="store_true", help="begin with random weights")
    parser.add_argument("--frames-per-batch", type=int, default=60_000, help="of both views")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--final-rate", type=float, default=0.005, help="at the end, as a share of --rate")
    parser.add_argument("--warm-up", type=int, default=300, help="steps")
    parser.add_argument("--weight-decay", type=float, default=1e-4)
    parser.add_argument("--gradient-norm", type=float, default=3)
    parser.add_argument("--average-decay", type=float, default=0.999)
    parser.add_argument("--consistency", type=float, default=0.2)
    parser.add_argument("--masked-share", type=float, default=0.1)
    parser.add_argument("--mask-length", type=int, default=10)
    parser.add_argument("--measure-every", type=int, default=10, help="epochs between two validations")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.validation = arguments.validation or arguments.frames
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tensors, arguments.metadata = read_safetensors(arguments.model)
    architecture = json.loads(arguments.metadata[ARCHITECTURE])
    reader = Reader(architecture["layers"]).to(device)
    arguments.fixed = {name: value for name, value in tensors.items() if not name.startswith("layers.")}
    if not arguments.random:
        reader.load_state_dict({name: torch.tensor(value) for name, value in tensors.items() if name.startswith("layers.")})
    if arguments.rank:
        rank(arguments, reader, device)
    else:
        train(arguments, reader, architecture, device)


if __name__ == "__main__":
    main()
