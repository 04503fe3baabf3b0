#!/usr/bin/env python3
"""Trains a recurrent character model in PyTorch, on a GPU where there is one, from the text that `ductus language-model text` prints.

Lines are shuffled anew in each epoch, a boundary before each, and set into rows of one length. A row begins with a line, in the state in which a reader begins one; what a row has no
room for at its end is left out of the epoch. The weights go back into a weight file that `ductus` reads. README.md has the commands.
"""
import argparse
import concurrent.futures
import json
import math
import pathlib
import sys
import time

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Benchmarks"))
from ductus_torch import ARCHITECTURE, read_safetensors, write_safetensors  # noqa: E402

ALPHABET = "ductus.alphabet"


class Text:
    """Lines of symbols: each has the boundary, 0, before it; one more boundary ends the last."""

    def __init__(self, path, alphabet):
        numbers = np.full(128, 255, "u1")
        for number, symbol in enumerate(alphabet, 1):
            numbers[ord(symbol)] = number
        numbers[ord("\n")] = 0
        data = np.frombuffer(b"\n" + pathlib.Path(path).read_bytes(), "u1")
        if data.max() > 127 or numbers[data].max() == 255:
            raise SystemExit(f"{path} has symbols that are not in the model's alphabet; print it with `ductus language-model text`")
        self.symbols = numbers[data]
        self.starts = np.flatnonzero(self.symbols[:-1] == 0)

    def rows(self, length, random):
        """The symbols with the lines in another order, and where in them each row of `length` symbols begins."""
        order = random.permutation(len(self.starts))
        lengths = np.diff(np.append(self.starts, len(self.symbols) - 1))[order]
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        index = np.repeat(self.starts[order] - starts, lengths) + np.arange(len(self.symbols) - 1)
        symbols = np.append(self.symbols[index], np.zeros(1, "u1"))
        begins, place = [], 0
        while place + length < len(symbols):
            begins.append(place)
            next_line = np.searchsorted(starts, place + length)
            if next_line == len(starts):
                break
            place = int(starts[next_line])
        return symbols, np.array(begins)


class Predictor(nn.Module):
    """Recurrent layers over one-hot symbols and a linear layer: the network of a weight file."""

    def __init__(self, layers):
        super().__init__()
        self.specs = layers
        self.layers = nn.ModuleList()
        for layer in layers:
            if layer["kind"] == "recurrent" and layer["cell"] == "lstm" and not layer["bidirectional"]:
                self.layers.append(nn.LSTM(layer["in"], layer["hidden"], batch_first=True))
            elif layer["kind"] == "linear":
                self.layers.append(nn.Linear(layer["in"], layer["out"]))
            elif layer["kind"] == "logSoftmax":
                self.layers.append(nn.Identity())
            else:
                raise SystemExit(f"a layer of kind {layer['kind']} is not trained here: {layer}")

    def forward(self, symbols, dropout=0.0):
        """Logits (batch × symbols × classes)."""
        x = nn.functional.one_hot(symbols, self.specs[0]["in"]).float()
        for layer, spec in zip(self.layers, self.specs):
            if spec["kind"] == "recurrent":
                x = nn.functional.dropout(layer(x)[0], dropout, self.training)
            else:
                x = layer(x)
        return x


def bits(model, text, device, batch=512):
    """Bits per character: every line from its beginning, its end counted as a character."""
    model.eval()
    lines = np.split(text.symbols[:-1], text.starts[1:])
    lines.sort(key=len)
    total = count = 0
    with torch.no_grad():
        for first in range(0, len(lines), batch):
            group = lines[first:first + batch]
            rows = np.zeros((len(group), len(group[-1])), "i8")
            targets = np.full(rows.shape, -1, "i8")
            for row, line in enumerate(group):
                rows[row, :len(line)] = line
                targets[row, :len(line)] = np.append(line[1:], 0)
            logits = model(torch.from_numpy(rows).to(device))
            total += nn.functional.cross_entropy(logits.flatten(0, 1), torch.from_numpy(targets).to(device).flatten(), ignore_index=-1, reduction="sum").item()
            count += int((targets >= 0).sum())
    model.train()
    return total / math.log(2) / count


def train(arguments, model, alphabet, metadata, device):
    random = np.random.default_rng(arguments.seed)
    torch.manual_seed(arguments.seed)
    texts = [Text(path, alphabet) for path in arguments.text]
    kept_out = {pathlib.Path(path).stem: Text(path, alphabet) for path in arguments.kept_out}
    optimizer = torch.optim.AdamW(model.parameters(), lr=arguments.rate, betas=(0.9, 0.99), weight_decay=arguments.weight_decay)
    average = {name: value.clone() for name, value in model.state_dict().items()}
    start, step, epoch, records = time.monotonic(), 0, 0, []
    ends = False

    def measure():
        kept = {name: value.clone() for name, value in model.state_dict().items()}
        model.load_state_dict(average)
        found = {name: bits(model, text, device) for name, text in kept_out.items()}
        write_safetensors(arguments.out, {name: value.float().cpu().numpy() for name, value in average.items()}, metadata)
        model.load_state_dict(kept)
        return found

    def record():
        records.append({"step": step, "characters": step * arguments.rows * arguments.length, "learningRate": rate,
                        "bits": loss_sum.item() / summed / math.log(2), "heldOutBits": measure(), "seconds": time.monotonic() - start})
        print(json.dumps(records[-1]), flush=True)

    def epoch_rows(epoch):
        symbols, begins = texts[epoch % len(texts)].rows(arguments.length, random)
        random.shuffle(begins)
        return symbols, begins

    # The next epoch is put together while this one is learned.
    pool = concurrent.futures.ThreadPoolExecutor(1)
    upcoming = pool.submit(epoch_rows, 0)
    while not ends:
        symbols, begins = upcoming.result()
        upcoming = pool.submit(epoch_rows, epoch + 1)
        text, begins = torch.from_numpy(symbols).to(device), torch.from_numpy(begins).to(device)
        steps = max(1, len(begins) // arguments.rows)
        span = torch.arange(arguments.length + 1, device=device)
        loss_sum, summed = torch.zeros((), device=device), 0
        for place in range(steps):
            elapsed = (time.monotonic() - start) / arguments.seconds
            if elapsed >= 1 or arguments.epochs and epoch + place / steps >= arguments.epochs:
                ends = True
                break
            if arguments.epochs:
                elapsed = (epoch + place / steps) / arguments.epochs
            rate = arguments.rate * (arguments.final_rate + (1 - arguments.final_rate) * (1 + math.cos(math.pi * elapsed)) / 2)
            for group in optimizer.param_groups:
                group["lr"] = rate * min(1, (step + 1) / arguments.warm_up)
            row = text[begins[place * arguments.rows:(place + 1) * arguments.rows, None] + span].long()
            logits = model(row[:, :-1], arguments.dropout)
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), row[:, 1:].flatten())
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), arguments.gradient_norm)
            optimizer.step()
            step += 1
            decay = min(arguments.average_decay, (1 + step) / (10 + step))
            with torch.no_grad():
                torch._foreach_lerp_(list(average.values()), list(model.state_dict().values()), 1 - decay)
            loss_sum += loss.detach()
            summed += 1
            if step % arguments.measure_every == 0:
                record()
                loss_sum.zero_()
                summed = 0
        epoch += 1
    pool.shutdown(cancel_futures=True)
    if summed:
        record()
    if arguments.metrics:
        pathlib.Path(arguments.metrics).write_text("".join(json.dumps(record) + "\n" for record in records))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="weight file of `ductus language-model train`: its layers and alphabet, and the weights to begin with")
    parser.add_argument("--text", nargs="+", required=True, help="files of `ductus language-model text`; one an epoch, in turn")
    parser.add_argument("--kept-out", nargs="*", default=[], help="texts to measure on")
    parser.add_argument("--out", required=True, help="weight file to write")
    parser.add_argument("--metrics", help="JSON lines, one a measurement, to write at the end")
    parser.add_argument("--seconds", type=float, default=600, help="length of the training at most")
    parser.add_argument("--epochs", type=float, help="end after so many epochs")
    parser.add_argument("--rows", type=int, default=256, help="of a step")
    parser.add_argument("--length", type=int, default=160, help="symbols of a row")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--final-rate", type=float, default=0.005, help="at the end, as a share of --rate")
    parser.add_argument("--warm-up", type=int, default=300, help="steps")
    parser.add_argument("--weight-decay", type=float, default=0.0)
    parser.add_argument("--dropout", type=float, default=0.0, help="of the recurrent layers' outputs")
    parser.add_argument("--gradient-norm", type=float, default=1)
    parser.add_argument("--average-decay", type=float, default=0.999)
    parser.add_argument("--measure-every", type=int, default=2000, help="steps between two measurements")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = True
    tensors, metadata = read_safetensors(arguments.model)
    model = Predictor(json.loads(metadata[ARCHITECTURE])["layers"]).to(device)
    model.load_state_dict({name: torch.tensor(value) for name, value in tensors.items()})
    train(arguments, model, json.loads(metadata[ALPHABET]), metadata, device)


if __name__ == "__main__":
    main()
