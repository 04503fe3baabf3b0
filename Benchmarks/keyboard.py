#!/usr/bin/env python3
"""How long the pen as a keyboard takes, on a desktop of its own with a text view of GTK 3: one JSON object.

  preview_ms  from the end of the first letter of a line to the first text in the preview
  final_ms    from the publication of a final to the field that holds it
  whole       whether the field holds what was read, no character lost, doubled or out of order

Ink is simulated and written as fast as a hand writes. Needs what TEST_PACKAGES of the Makefile names, and a quiet machine.
Usage: keyboard.py [--build .build/release] [--lines 30] [--speed 1]
"""
import argparse, json, subprocess, sys, threading, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/SystemTests/Keyboard"))
from desktop import Desktop, Recording, wait_until

parser = argparse.ArgumentParser()
parser.add_argument("--build", default=str(ROOT / ".build/release"))
parser.add_argument("--lines", type=int, default=30)
parser.add_argument("--speed", type=float, default=1)
options = parser.parse_args()


def summary(values):
    values = sorted(values)
    place = lambda share: round(values[min(len(values) - 1, int(share * len(values)))], 1)
    return {"median": place(0.5), "p95": place(0.95), "largest": round(values[-1], 1), "count": len(values)}


desktop = Desktop(options.build)
try:
    desktop.start_daemon()
    field = desktop.gtk("view")
    to_wall = time.time() - time.monotonic()
    watch = subprocess.Popen([desktop.build / "ductus", "watch", "keyboard", "--json", "--connect", desktop.folder + "/ductus"],
                             env=desktop.environment, stdout=subprocess.PIPE, text=True)
    desktop.children.append(watch)
    events = []
    threading.Thread(target=lambda: [events.append(json.loads(line)) for line in watch.stdout], daemon=True).start()
    # The letter l is one stroke.
    recording = Recording(start=2)
    for number in range(1, options.lines + 1):
        recording.write(desktop.ink(f"line {number} of the text", number))
        recording.pause(1.5)
    desktop.start_keyboard("--pen", recording.save(desktop.folder + "/pen.evemu"), "--speed", str(options.speed), "--without", "all")
    finals = lambda: [event for event in events if event["state"] == "final" and event["text"]]
    wait_until(lambda: len(finals()) == options.lines, recording.time / options.speed + 60, lambda: f"{len(finals())} lines were read")
    whole = " ".join(event["text"] for event in finals())
    wait_until(lambda: field.text == whole, 10, lambda: f"{field.text!r} is {whole!r}")

    # The recording's clock against the wall's: the least that a sample took to the daemon is nearly nothing.
    lines = {final["segment"]: number for number, final in enumerate(finals())}
    offset = min(event["arrived"] / 1e6 - recording.samples[lines[event["segment"]]][event["samples"] - 1] / options.speed
                 for event in events if event["state"] == "partial" and event["segment"] in lines
                 and 0 < event["samples"] <= len(recording.samples[lines[event["segment"]]]))
    states = [(at + to_wall, state) for at, state in field.states]
    previews, delays, text = [], [], ""
    for number, final in enumerate(finals()):
        shown = next((at for at, state in states if state["preedit"].strip() and state["text"] == text), None)
        if shown is not None:
            previews.append(1000 * (shown - offset - recording.first_ends[number] / options.speed))
        text = (text + " " + final["text"]).strip()
        held = next(at for at, state in states if state["text"] == text)
        delays.append(1000 * (held - final["published"] / 1e6))
    print(json.dumps({"whole": True, "lines": options.lines, "preview_ms": summary(previews), "final_ms": summary(delays)}))
finally:
    desktop.end()
