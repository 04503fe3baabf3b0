"""Ductus weight files in PyTorch: a module built from the architecture in a file, and the file written from a module.

Tensors are named `layers.<i>.<PyTorch's name>`, so that a state dictionary is the file's contents; the architecture is JSON in the
metadata (key `ductus.architecture`). The format is safetensors, read and written here in a few lines.
"""
import json
import struct

import numpy as np
import torch
from torch import nn

ARCHITECTURE = "ductus.architecture"


def read_safetensors(path):
    """The tensors (as numpy arrays) and the metadata of a file."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = file.read()
    metadata = header.pop("__metadata__", {})
    types = {"F32": "<f4", "F16": "<f2"}
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(body[begin:end], types[entry["dtype"]]).reshape(entry["shape"]).astype("f4")
    return tensors, metadata


def write_safetensors(path, tensors, metadata):
    """Writes numpy arrays as 32-bit floats."""
    header, body = {"__metadata__": metadata}, b""
    for name in sorted(tensors):
        data = np.ascontiguousarray(tensors[name], "<f4")
        header[name] = {"dtype": "F32", "shape": list(data.shape), "data_offsets": [len(body), len(body) + data.nbytes]}
        body += data.tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


ACTIVATIONS = {"silu": nn.functional.silu, "relu": torch.relu, "tanh": torch.tanh, "none": lambda x: x}


class Kind(nn.Module):
    """One kind of layer: built from its fields, called with the frames (frames × width) of what it reads."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer


class Convolution(nn.Conv1d):
    def __init__(self, layer):
        super().__init__(layer["in"], layer["out"], layer["kernel"], layer.get("stride", 1), layer.get("padding", 0),
                         layer.get("dilation", 1), layer.get("groups", 1))
        self.activation = ACTIVATIONS[layer.get("activation", "none")]

    def forward(self, x):
        return self.activation(super().forward(x.T[None])[0].T)


class TransposedConvolution(nn.ConvTranspose1d):
    def __init__(self, layer):
        super().__init__(layer["in"], layer["out"], layer["kernel"], layer.get("stride", 1), layer.get("padding", 0))
        self.activation = ACTIVATIONS[layer.get("activation", "none")]

    def forward(self, x):
        return self.activation(super().forward(x.T[None])[0].T)


def recurrent(layer):
    base = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[layer["cell"]]

    class Recurrent(base):
        def forward(self, x):
            y = super().forward(x[:, None])[0][:, 0]
            return x + y if layer.get("residual", False) else y

    return Recurrent(layer["in"], layer["hidden"], bidirectional=layer.get("bidirectional", False))


class Stepwise(Kind):
    """An LSTM step by step in each direction, for recurrences that PyTorch has not."""

    def directions(self):
        return ["", "_reverse"] if self.layer.get("bidirectional", False) else [""]

    def make(self, name, *shape):
        self.register_parameter(name, nn.Parameter(torch.randn(*shape) * 0.3))

    def forward(self, x):
        outputs = []
        for direction in self.directions():
            frames = x.flip(0) if direction else x
            y = self.walk(frames, direction)
            outputs.append(y.flip(0) if direction else y)
        y = torch.cat(outputs, 1)
        return x + y if self.layer.get("residual", False) else y

    def cell(self, gates, c):
        i, f, g, o = gates.chunk(4)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class IndyLSTM(Stepwise):
    def __init__(self, layer):
        super().__init__(layer)
        for direction in self.directions():
            self.make(f"weight_ih_l0{direction}", 4 * layer["hidden"], layer["in"])
            self.make(f"weight_hh_l0{direction}", 4, layer["hidden"])
            self.make(f"bias_ih_l0{direction}", 4 * layer["hidden"])

    def walk(self, x, direction):
        own = dict(self.named_parameters())
        gates = x @ own[f"weight_ih_l0{direction}"].T + own[f"bias_ih_l0{direction}"]
        h = c = x.new_zeros(self.layer["hidden"])
        outputs = []
        for row in gates:
            h, c = self.cell(row + (own[f"weight_hh_l0{direction}"] * h).reshape(-1), c)
            outputs.append(h)
        return torch.stack(outputs)


class SkipLSTM(Stepwise):
    """An lstmp with a skip across time."""

    def __init__(self, layer):
        super().__init__(layer)
        width = layer.get("projection", 0) or layer["hidden"]
        for direction in self.directions():
            self.make(f"weight_ih_l0{direction}", 4 * layer["hidden"], layer["in"])
            self.make(f"weight_hh_l0{direction}", 4 * layer["hidden"], width)
            self.make(f"bias_ih_l0{direction}", 4 * layer["hidden"])
            self.make(f"bias_hh_l0{direction}", 4 * layer["hidden"])
            if layer.get("projection", 0):
                self.make(f"weight_hr_l0{direction}", width, layer["hidden"])

    def walk(self, x, direction):
        own = dict(self.named_parameters())
        skip, width = self.layer.get("skip", 0), self.layer.get("projection", 0) or self.layer["hidden"]
        gates = x @ own[f"weight_ih_l0{direction}"].T + own[f"bias_ih_l0{direction}"] + own[f"bias_hh_l0{direction}"]
        c, outputs = x.new_zeros(self.layer["hidden"]), []
        for t, row in enumerate(gates):
            seen = outputs[t - 1] if t > 0 else x.new_zeros(width)
            if skip and t >= skip:
                seen = seen + outputs[t - skip]
            h, c = self.cell(row + own[f"weight_hh_l0{direction}"] @ seen, c)
            if self.layer.get("projection", 0):
                h = own[f"weight_hr_l0{direction}"] @ h
            outputs.append(h)
        return torch.stack(outputs)


def lstmp(layer):
    if layer.get("skip", 0) or not layer.get("projection", 0):
        return SkipLSTM(layer)

    class Projected(nn.LSTM):
        def forward(self, x):
            return super().forward(x[:, None])[0][:, 0]

    return Projected(layer["in"], layer["hidden"], proj_size=layer["projection"], bidirectional=layer.get("bidirectional", False))


class LayerNorm(nn.LayerNorm):
    def __init__(self, layer):
        super().__init__(layer["in"], eps=layer.get("epsilon", 1e-5))
        nn.init.normal_(self.weight, 1, 0.3)
        nn.init.normal_(self.bias, 0, 0.3)


class InstanceNorm(nn.InstanceNorm1d):
    def __init__(self, layer):
        super().__init__(layer["in"], eps=layer.get("epsilon", 1e-5), affine=True)
        nn.init.normal_(self.weight, 1, 0.3)
        nn.init.normal_(self.bias, 0, 0.3)

    def forward(self, x):
        return super().forward(x.T[None])[0].T


class Embedding(nn.Embedding):
    def __init__(self, layer):
        super().__init__(layer["count"], layer["out"])

    def forward(self, x):
        return super().forward(x[:, 0].long())


class Attention(Kind):
    """Scaled attention is PyTorch's own; additive and location-aware attention is written out."""

    def __init__(self, layer):
        super().__init__(layer)
        width, memory = layer["width"], layer.get("memory", layer["in"])
        for name, columns in (("q", layer["in"]), ("k", memory), ("v", memory)):
            self.register_parameter(f"{name}_proj_weight", nn.Parameter(torch.randn(width, columns) * 0.4))
        self.in_proj_bias = nn.Parameter(torch.randn(3 * width) * 0.2)
        self.out_proj = nn.Linear(width, layer["out"])
        if layer.get("score", "scaled") != "scaled":
            self.score_weight = nn.Parameter(torch.randn(layer["heads"], width // layer["heads"]))
        if layer.get("score") == "location":
            self.location_weight = nn.Parameter(torch.randn(width, layer["kernel"]))

    def forward(self, x, memory=None):
        layer, width = self.layer, self.layer["width"]
        source = x if memory is None else memory
        heads, score = layer.get("heads", 1), layer.get("score", "scaled")
        parts = self.in_proj_bias.chunk(3)
        q = (x @ self.q_proj_weight.T + parts[0]).reshape(len(x), heads, -1).transpose(0, 1)
        k = (source @ self.k_proj_weight.T + parts[1]).reshape(len(source), heads, -1).transpose(0, 1)
        v = (source @ self.v_proj_weight.T + parts[2]).reshape(len(source), heads, -1).transpose(0, 1)
        span, mask = layer.get("span", 512), torch.zeros(len(x), len(source), dtype=torch.bool)
        for row in range(len(x)):
            if memory is None:
                mask[row, :max(0, row + 1 - span)] = True
                if layer.get("causal", False):
                    mask[row, row + 1:] = True
            else:
                mask[row, :max(0, len(source) - span)] = True
        if score == "scaled":
            weights = torch.softmax((q @ k.transpose(1, 2) / (width // heads) ** 0.5).masked_fill(mask, -torch.inf), -1)
        elif score == "additive":
            scores = (torch.tanh(q[:, :, None] + k[:, None]) * self.score_weight[:, None, None]).sum(-1)
            weights = torch.softmax(scores.masked_fill(mask, -torch.inf), -1)
        else:
            last, rows = x.new_zeros(heads, len(source)), []
            kernels = self.location_weight.reshape(heads, -1, layer["kernel"])
            for row in range(len(x)):
                added = torch.stack([nn.functional.conv1d(last[h][None, None], kernels[h][:, None], padding=layer["kernel"] // 2)[0].T
                                     for h in range(heads)])
                scores = (torch.tanh(q[:, row][:, None] + k + added) * self.score_weight[:, None]).sum(-1)
                last = torch.softmax(scores.masked_fill(mask[row], -torch.inf), -1)
                rows.append(last)
            weights = torch.stack(rows, 1)
        y = self.out_proj((weights @ v).transpose(0, 1).reshape(len(x), width))
        return x + y if layer.get("residual", False) else y


class RandomField(Kind):
    """Its output are the logarithms of the labels' probabilities; `scores` keeps what went in."""

    def __init__(self, layer):
        super().__init__(layer)
        labels = layer["in"]
        self.transitions = nn.Parameter(torch.randn(labels, labels))
        self.start_transitions = nn.Parameter(torch.randn(labels))
        self.end_transitions = nn.Parameter(torch.randn(labels))

    def total(self, x, allowed=None):
        hidden = x.new_zeros(x.shape)
        if allowed is not None:
            for frame, label in enumerate(allowed.tolist()):
                if label >= 0:
                    hidden[frame] = -torch.inf
                    hidden[frame, label] = 0
        x = x + hidden
        alpha = self.start_transitions + x[0]
        for row in x[1:]:
            alpha = torch.logsumexp(alpha[:, None] + self.transitions, 0) + row
        return torch.logsumexp(alpha + self.end_transitions, 0)

    def forward(self, x):
        self.scores = x
        with torch.enable_grad():
            copy = x.detach().requires_grad_()
            (marginals,) = torch.autograd.grad(self.total(copy), copy)
        return marginals.clamp_min(1e-30).log()

    def loss(self, labels):
        return self.total(self.scores) - self.total(self.scores, labels)


class Joined(Kind):
    def forward(self, *sources):
        frames = min(map(len, sources))
        sources = [source[:frames] for source in sources]
        return sum(sources) if self.layer["kind"] == "sum" else torch.cat(sources, 1)


class Linear(nn.Linear):
    def __init__(self, layer):
        super().__init__(layer["in"], layer["out"])


KINDS = {"convolution1D": Convolution, "transposedConvolution1D": TransposedConvolution, "recurrent": recurrent, "indyLSTM": IndyLSTM,
         "lstmp": lstmp, "layerNorm": LayerNorm, "instanceNorm": InstanceNorm, "embedding": Embedding, "attention": Attention,
         "conditionalRandomField": RandomField, "sum": Joined, "concatenation": Joined, "linear": Linear,
         "logSoftmax": lambda layer: nn.LogSoftmax(-1)}


class Network(nn.Module):
    """The network that an architecture describes; one sequence (frames × width) at a time, one tensor for each input."""

    def __init__(self, architecture):
        super().__init__()
        self.architecture = architecture
        self.layers = nn.ModuleList(KINDS[layer["kind"]](layer) for layer in architecture["layers"])

    def forward(self, *inputs):
        self.outputs = []
        for layer, module in zip(self.architecture["layers"], self.layers):
            sources = layer.get("from", [])
            sources = sources if isinstance(sources, list) else [sources]
            read = [self.outputs[s] if isinstance(s, int) else inputs[int((s.split(".") + ["0"])[1])] for s in sources]
            self.outputs.append(module(*(read or [self.outputs[-1] if self.outputs else inputs[0]])))
        return self.outputs[-1]

    def head(self, name):
        """What the last call gave at a head beside the last layer."""
        return self.outputs[next(head["layer"] for head in self.architecture["heads"] if head["name"] == name)]


def load(path):
    """The network of a file, and its other tensors and metadata."""
    tensors, metadata = read_safetensors(path)
    network = Network(json.loads(metadata[ARCHITECTURE]))
    own = {name: torch.from_numpy(tensors.pop(name)) for name in network.state_dict()}
    network.load_state_dict(own)
    return network, tensors, metadata


def save(path, network, tensors=None, metadata=None):
    """Writes a network with other tensors and metadata beside it."""
    own = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    texts = {ARCHITECTURE: json.dumps(network.architecture, separators=(",", ":"))}
    write_safetensors(path, {**own, **(tensors or {})}, {**(metadata or {}), **texts})
