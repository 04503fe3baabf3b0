"""A pen that writes into a field, and what the daemon reads of it."""
import json, subprocess, tempfile, threading, time

from desktop import Field, HERE, PYTHON, Recording, wait_until


WORDS = ["hello world", "the pen writes", "and more"]


class Finals:
    """What the daemon says, and when."""

    def __init__(self, desktop):
        self.events = []
        self.process = subprocess.Popen(
            [desktop.build / "ductus", "watch", "keyboard", "--json", "--connect", desktop.folder + "/ductus"],
            env=desktop.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        desktop.children.append(self.process)
        threading.Thread(target=self.read, daemon=True).start()
        # It says nothing before the first event: the subscription is in force well before the first word is written.
        time.sleep(0.5)

    def read(self):
        for line in self.process.stdout:
            self.events.append((time.monotonic(), json.loads(line)))

    @property
    def texts(self):
        return [event["text"] for _, event in self.events if event["state"] == "final" and event["text"]]


def recorded(desktop, texts, pause=1.2, start=0.8, seed=1, hand="printed"):
    recording = Recording(start=start)
    for index, text in enumerate(texts):
        recording.write(desktop.ink(text, seed + index, hand))
        recording.pause(pause)
    return recording


def write(desktop, texts, *options, **more):
    """Starts a keyboard whose pen writes the texts."""
    recording = recorded(desktop, texts, **more)
    path = recording.save(tempfile.mktemp(suffix=".evemu", dir=desktop.folder))
    desktop.start_keyboard("--pen", path, "--writer", "me", *options)
    wait_until(lambda: desktop.engine == "ductus", what="the engine is chosen")
    return recording


def browser(desktop):
    field = Field(desktop, PYTHON, str(HERE / "chromium_field.py"), desktop.folder + "/chromium")
    desktop.focus("field")
    wait_until(lambda: field.states[-1][1]["has"] and field.states[-1][1]["active"] == "f", 20, "the field has the focus")
    return field


def tab_to(desktop, field, name):
    desktop.type("Tab")
    wait_until(lambda: field.states[-1][1]["active"] == name, 10, f"{name} has the focus")
