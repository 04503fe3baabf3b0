"""A window of GTK 3 with a field: gtk_field.py entry|view|password|pin|hidden|two. Says on standard output what it holds, whenever that changes."""
import json, sys, threading
import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk

kind = sys.argv[1]
window = Gtk.Window(title="field", default_width=900, default_height=200)
preedit = ""
if kind == "view":
    field = Gtk.TextView()
    buffer = field.get_buffer()
    text = lambda: buffer.get_text(*buffer.get_bounds(), True)
    buffer.connect("changed", lambda *_: say())
    field.connect("button-press-event", lambda *_: say(clicked=True))
else:
    field = Gtk.Entry()
    text = field.get_text
    field.connect("changed", lambda *_: say())
    field.connect("activate", lambda *_: say(activated=True))
    if kind in ("password", "hidden"):
        field.set_visibility(False)
    if kind in ("password", "pin"):
        field.set_input_purpose(getattr(Gtk.InputPurpose, kind.upper()))


second = Gtk.Entry()
second.connect("changed", lambda *_: say())


def say(**more):
    print(json.dumps({"text": text(), "preedit": preedit, "second": second.get_text(), **more}), flush=True)


def preedit_changed(_, now):
    global preedit
    preedit = now
    say()


def obey():
    for line in sys.stdin:
        GLib.idle_add(command, line.strip())


def command(line):
    if line.startswith("set "):
        value = json.loads(line[4:])
        (buffer if kind == "view" else field).set_text(value)
        if kind != "view":
            field.set_position(-1)
    elif line.startswith("kind "):
        field.set_input_purpose(getattr(Gtk.InputPurpose, line[5:]))


field.connect("preedit-changed", preedit_changed)
box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, border_width=20)
box.pack_start(field, True, True, 0)
if kind == "two":
    box.pack_start(second, True, True, 0)
window.add(box)
window.connect("destroy", Gtk.main_quit)
window.show_all()
field.grab_focus()
threading.Thread(target=obey, daemon=True).start()
GLib.timeout_add(300, lambda: say() or False)
Gtk.main()
