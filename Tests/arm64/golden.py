#!/usr/bin/env python3
"""Writes golden.h: what PyTorch, in double precision, gives for the inputs that check.c draws from the same generator.

Needs torch. Usage: golden.py > golden.h
"""
import torch

torch.set_default_dtype(torch.float64)
HIDDEN, INPUTS, LENGTHS = 13, 7, [6, 4, 1]


class Generator:
    """The linear congruential generator of check.c; every value is exact in single precision."""

    def __init__(self):
        self.state = 1

    def draw(self, *shape):
        count = 1
        for size in shape:
            count *= size
        values = []
        for _ in range(count):
            self.state = (self.state * 1664525 + 1013904223) % 2**32
            values.append((self.state >> 8) / 2**23 - 1)
        return torch.tensor(values).reshape(shape)


def write(name, tensor):
    values = tensor.detach().flatten().tolist()
    print(f"static const float {name}[{len(values)}] = {{")
    for i in range(0, len(values), 8):
        print("    " + " ".join(f"{v:.9g}f," if "." in f"{v:.9g}" or "e" in f"{v:.9g}" else f"{v:.9g}.0f," for v in values[i : i + 8]))
    print("};")


print("// Made by golden.py with PyTorch in double precision; inputs are drawn as in check.c.")
print(f"enum {{ HIDDEN = {HIDDEN}, INPUTS = {INPUTS}, SEQUENCES = {len(LENGTHS)}, FRAMES = {sum(LENGTHS)} }};")
print("static const int32_t lengths[SEQUENCES] = {" + ", ".join(map(str, LENGTHS)) + "};")
for name, kind in ("rnn", torch.nn.RNN), ("lstm", torch.nn.LSTM), ("gru", torch.nn.GRU):
    generator = Generator()
    layer = kind(INPUTS, HIDDEN)
    with torch.no_grad():
        for parameter in (layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0):
            parameter.copy_(generator.draw(*parameter.shape) * 0.5)
    outputs, finals, inputs, weighted = [], [], [], 0
    for length in LENGTHS:
        x = generator.draw(length, INPUTS).requires_grad_()
        weight = generator.draw(length, HIDDEN)
        y, state = layer(x)
        outputs.append(y)
        finals.append((state[0] if name == "lstm" else state)[0])
        inputs.append(x)
        weighted = weighted + (y * weight).sum()
    weighted.backward()
    write(f"{name}_output", torch.cat(outputs))
    write(f"{name}_final", torch.stack(finals))
    write(f"{name}_weight_hh_gradient", layer.weight_hh_l0.grad)
    write(f"{name}_weight_ih_gradient", layer.weight_ih_l0.grad)
