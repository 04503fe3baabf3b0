#!/usr/bin/env python3
"""The plugin in a real Xournal++ under Xvfb: it is loaded, reads the page that is shown, and exports a PDF that can be searched.

    xournalpp_check.py --build FOLDER [--pictures FOLDER]

Says on one line what does not hold. The program runs from a copy, whose data folder has the plugin: none is installed.
"""
import argparse, gzip, hashlib, json, os, shutil, stat, subprocess, sys, tempfile, time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "Keyboard"))
from desktop import ROOT, wait_until  # noqa: E402

TEXT = ["we agreed to meet at noon", "milk bread and apples", "the ferry waits for nobody"]


class Notes:
    """An X server, a session bus, and Xournal++ with the plugin beside a `ductus` that keeps what it was asked and what it said."""

    def __init__(self, build, folder):
        self.build, self.folder, self.children = Path(build), Path(folder), []
        home = self.folder / "home"
        home.mkdir()
        self.answers = self.folder / "answers"
        self.answers.mkdir()
        self.environment = {name: value for name, value in os.environ.items() if name not in (
            "DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
        self.environment.update(HOME=str(home), GDK_BACKEND="x11", GTK_IM_MODULE="gtk-im-context-simple", NO_AT_BRIDGE="1",
                                GSETTINGS_BACKEND="memory", LANG="C.UTF-8", DUCTUS=str(self.program()))
        self.start_display()

    def program(self):
        """`ductus` as the plugin calls it: its arguments, its output and its status are kept."""
        path = self.folder / "ductus"
        path.write_text(f'''#!/bin/sh
cd "{ROOT}"
answer=$(mktemp "{self.answers}/XXXXXX")
printf '%s\\n' "$*" >"$answer.arguments"
"{self.build}/ductus" "$@" >"$answer" 2>&1
status=$?
cat "$answer"
echo $status >"$answer.status.new" && mv "$answer.status.new" "$answer.status"
exit $status
''')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def child(self, *command, **options):
        process = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, **options)
        self.children.append(process)
        return process

    def start_display(self):
        receive, send = os.pipe()
        self.child("Xvfb", "-displayfd", str(send), "-screen", "0", "1200x900x24", "-nolisten", "tcp",
                   pass_fds=(send,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(send)
        with os.fdopen(receive) as reader:
            self.environment["DISPLAY"] = ":" + reader.readline().strip()
        bus = self.child("dbus-daemon", "--session", "--nofork", "--print-address=1", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()

    def write_note(self):
        ink = self.folder / "ink.ndjson"
        subprocess.run([self.build / "ductus", "synthesize", "\\n".join(TEXT), "--seed", "3", "--writer", "4", "--hand", "printed", "--out", ink],
                       check=True, cwd=ROOT, capture_output=True)
        strokes = json.loads(ink.read_text().splitlines()[0])["strokes"]
        xs, ys = [x for s in strokes for x in s[0]], [y for s in strokes for y in s[1]]
        scale = 450 / (max(xs) - min(xs))
        lines = []
        for x, y, *_ in strokes:
            points = [f"{60 + (a - min(xs)) * scale:.3f} {80 + (b - min(ys)) * scale:.3f}" for a, b in zip(x, y)]
            lines.append('<stroke tool="pen" color="#000080ff" width="1.2">' + " ".join(points * (2 if len(points) == 1 else 1)) + "</stroke>")
        note = self.folder / "a note.xopp"
        with gzip.open(note, "wt") as out:
            out.write('<?xml version="1.0" standalone="no"?>\n<xournal creator="Xournal++ 1.1.3" fileversion="4">\n'
                      '<page width="595.3" height="841.9"><background type="solid" color="#ffffffff" style="lined"/><layer>\n'
                      + "\n".join(lines) + "\n</layer></page>\n</xournal>\n")
        return note

    def start(self, note):
        """Xournal++ looks for its data beside its program: `../share/xournalpp`."""
        there, data = Path("/usr/share/xournalpp"), self.folder / "share/xournalpp"
        (data / "plugins").mkdir(parents=True)
        for entry in there.iterdir():
            if entry.name != "plugins":
                (data / entry.name).symlink_to(entry)
        shutil.copytree(ROOT / "integrations/xournalpp/Ductus", data / "plugins/Ductus")
        (self.folder / "bin").mkdir()
        shutil.copy("/usr/bin/xournalpp", self.folder / "bin/xournalpp")
        self.log = self.folder / "xournalpp.log"
        with open(self.log, "wb") as log:
            self.xournalpp = self.child(str(self.folder / "bin/xournalpp"), str(note), stdout=log, stderr=log)
        self.window = wait_until(lambda: self.windows(note.name), 60, lambda: "a window with the note: " + self.log.read_text()[-300:])[0]
        # The plugin of 1.1.3 knows the note from the list of recent files.
        recent = self.folder / "home/.local/share/recently-used.xbel"
        wait_until(lambda: recent.exists() and note.name.replace(" ", "%20") in recent.read_text(), 60, "the note is in the list of recent files")

    def windows(self, name):
        found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", name], env=self.environment, capture_output=True, text=True)
        return found.stdout.split()

    def all_windows(self):
        return set(self.windows(".*"))

    def press(self, keys):
        """There is no window manager: the window gets the keys by hand."""
        subprocess.run(["xdotool", "windowfocus", self.window, "key", "--clearmodifiers", keys], env=self.environment, check=True, timeout=20)

    def answer(self, word):
        """What `ductus` said to the call that has this word in it."""
        for arguments in self.answers.glob("*.arguments"):
            status = arguments.with_suffix(".status")
            if word in arguments.read_text() and status.exists():
                return arguments.read_text(), arguments.with_suffix("").read_text(), int(status.read_text())
        return None

    def asked(self, keys, word):
        """Presses the keys until the plugin has called `ductus`, and the message that shows is there; closes it."""
        before, pressed = self.all_windows(), 0.0

        def called():
            # A window that has just opened may not take keys yet.
            nonlocal pressed
            if time.monotonic() > pressed + 5 and not list(self.answers.iterdir()):
                self.press(keys)
                pressed = time.monotonic()
            return self.answer(word)

        for old in self.answers.iterdir():
            old.unlink()
        answer = wait_until(called, 90, lambda: f"{keys} calls ductus: " + self.log.read_text()[-300:])
        dialog = wait_until(lambda: self.all_windows() - before, 30, "a message")
        self.picture(word)
        for window in dialog:
            subprocess.run(["xdotool", "windowfocus", window, "key", "Return"], env=self.environment, capture_output=True, timeout=20)
        wait_until(lambda: not self.all_windows() & dialog, 20, "the message goes")
        return answer

    pictures = None

    def picture(self, name):
        if self.pictures:
            subprocess.run(["import", "-window", "root", f"{self.pictures}/{name}.png"], env=self.environment)

    def close(self):
        for process in reversed(self.children):
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def words(text):
    return set(text.lower().split())


def check(notes):
    note = notes.write_note()
    content = hashlib.sha256(note.read_bytes()).digest()
    notes.start(note)
    written = words(" ".join(TEXT))
    arguments, said, status = notes.asked("ctrl+alt+r", "--page")
    assert status == 0 and f"{note} --page 1" in arguments, f"called with {arguments!r}: {said!r}"
    read = words(said)
    assert len(written & read) >= 0.7 * len(written), f"of {sorted(written)} it read {sorted(read)}"
    assert len(said.strip().splitlines()) == len(TEXT), f"lines: {said!r}"
    arguments, said, status = notes.asked("ctrl+alt+e", "--over")
    assert status == 0, f"the export failed: {said!r}"
    pdf = note.with_name("a note-searchable.pdf")
    text = subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True, text=True).stdout
    assert len(written & words(text)) >= 0.7 * len(written), f"of {sorted(written)} the PDF has {sorted(words(text))}"
    assert hashlib.sha256(note.read_bytes()).digest() == content, "the note was changed"
    if notes.pictures:
        subprocess.run(["pdftoppm", "-png", "-r", "70", pdf, f"{notes.pictures}/pdf"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--pictures")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="ductus-xournalpp-")
    notes = None
    try:
        notes = Notes(arguments.build, folder)
        notes.pictures = arguments.pictures
        check(notes)
    except AssertionError as error:
        sys.exit(f"xournalpp: {error}")
    finally:
        if notes:
            notes.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
