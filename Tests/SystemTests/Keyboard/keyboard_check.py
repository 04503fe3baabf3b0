#!/usr/bin/env python3
"""The pen as a keyboard on a real desktop: keyboard_check.py --build DIR CHECK. Exit status 1 and a reason if it does not hold.

A recording of a pen goes the whole way: tablet reader, daemon, engine, ibus-daemon, field of a real toolkit.
"""
import argparse, json, os, signal, subprocess, sys, tempfile, threading, time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from desktop import Desktop, Field, HERE, PicturedDesktop, PYTHON, Recording, ROOT, SwayDesktop, wait_until

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


def whole(desktop, field):
    """The field holds what the daemon read, with spaces between."""
    former = desktop.engine
    finals = Finals(desktop)
    recording = write(desktop, WORDS)
    wait_until(lambda: len(finals.texts) == len(WORDS), recording.time + 15, "the daemon reads all")
    field.until(" ".join(finals.texts), 5)
    desktop.keyboard.terminate()
    desktop.keyboard.wait(10)
    assert desktop.engine == former, f"{desktop.engine} is chosen after the end, {former} was before"
    # Its own messages say "the pen", too.
    words = [word for text in finals.texts for word in text.split() if len(word) > 4]
    assert words and not any(word in desktop.log_text for word in words), "the log holds what was written"
    return finals


def entry(desktop):
    field = desktop.gtk("entry")
    whole(desktop, field)
    assert any(len(preedit) > 2 for preedit in field.preedits), "nothing was shown while it was written"


def sway(desktop):
    whole(desktop, desktop.gtk("entry"))


def view(desktop):
    whole(desktop, desktop.gtk("view"))


def qt(desktop):
    whole(desktop, desktop.qt())


def browser(desktop):
    field = Field(desktop, PYTHON, str(HERE / "chromium_field.py"), desktop.folder + "/chromium")
    desktop.focus("field")
    wait_until(lambda: field.states[-1][1]["has"] and field.states[-1][1]["active"] == "f", 20, "the field has the focus")
    return field


def chromium(desktop):
    whole(desktop, browser(desktop))


def keys(desktop):
    """Keys pass untouched while the engine is chosen, and stand in order with what is written."""
    field = desktop.gtk("entry")
    write(desktop, ["hello"], start=5)
    desktop.type("a", "1", "B", "BackSpace", "space")
    field.until("a1 ")
    wait_until(lambda: "hello" in field.text, 15, lambda: field.text)
    desktop.type("exclam", "2")
    field.until("a1 hello!2")


def choose(desktop):
    """Another reading, chosen by key, takes the text's place and is in the journal."""
    field = desktop.gtk("entry")
    finals = Finals(desktop)
    write(desktop, ["hello"])
    wait_until(lambda: finals.texts, 15, "the daemon reads")
    final = finals.events[-1][1]
    others = [alternative["text"] for alternative in final["alternatives"] if alternative["text"] != final["text"]]
    assert others, f"there is no other reading: {final}"
    field.until(final["text"])
    desktop.type("alt+2")
    field.until(others[0], 5)
    journal = wait_until(desktop.corrections, 10, "the journal has the correction")
    assert [(entry["text"], entry["writer"]) for entry in journal] == [(others[0], "me")], journal


def rewrite(desktop):
    """Deleted and written again at once: a correction."""
    field = desktop.gtk("entry")
    finals = Finals(desktop)
    recording = Recording(start=0.8)
    recording.write(desktop.ink("hello wall", 1))
    recording.pause(4)
    recording.write(desktop.ink("ball", 2))
    path = recording.save(desktop.folder + "/pen.evemu")
    desktop.start_keyboard("--pen", path, "--writer", "me")
    wait_until(lambda: finals.texts, 20, "the daemon reads")
    field.until(finals.texts[0])
    last = finals.texts[0].split()[-1]
    desktop.type(*["BackSpace"] * len(last))
    wait_until(lambda: len(finals.texts) == 2, 20, "the daemon reads again")
    field.until(finals.texts[0][:-len(last)] + finals.texts[1])
    journal = wait_until(desktop.corrections, 10, "the journal has the correction")
    assert journal[0]["text"] == finals.texts[0][:-len(last)] + finals.texts[1], journal


def secret(desktop, field, holds):
    """Nothing is read, sent, kept or learned."""
    finals = Finals(desktop)
    recording = write(desktop, ["hello", "world"])
    desktop.wait_for_pen(recording.time + 1)
    assert holds() == "", f"{field.states}"
    assert not finals.events, f"the daemon got ink: {finals.events}"
    status = json.loads(desktop.ductus("status", "--json").stdout)
    assert not status["streams"] and status["counters"]["packets_ink"] == 0, f"the daemon got ink: {status}"
    assert not desktop.corrections()
    desktop.type("s", "e")
    wait_until(lambda: holds() == "se", 5, "what is typed arrives")


def of_field(kind, toolkit="gtk"):
    """The check of one kind of field."""
    def check(desktop):
        field = getattr(desktop, toolkit)(kind)
        secret(desktop, field, lambda: field.text)
    return check


password = of_field("password")
password_qt = of_field("password", "qt")
pin = of_field("pin")  # What is typed can be seen, but the field is marked.
hidden = of_field("hidden")  # It is not marked, but what is typed cannot be seen.


def tab_to(desktop, field, name):
    desktop.type("Tab")
    wait_until(lambda: field.states[-1][1]["active"] == name, 10, f"{name} has the focus")


def password_chromium(desktop):
    field = browser(desktop)
    tab_to(desktop, field, "p")
    secret(desktop, field, lambda: field.states[-1][1]["p"])


def pin_chromium(desktop):
    field = browser(desktop)
    tab_to(desktop, field, "p")
    tab_to(desktop, field, "n")
    secret(desktop, field, lambda: field.states[-1][1]["n"])


def between_chromium(desktop):
    """From a text field to a password, to a PIN, to a text field, as the pen writes on: what is written into the text fields arrives, and only that."""
    field = browser(desktop)
    finals = Finals(desktop)
    value = lambda name: field.states[-1][1][name]
    recording = write(desktop, ["one", "secret", "number", "again"], pause=4, start=3)
    wait_until(lambda: len(finals.texts) == 1, 30, "the first word is read")
    wait_until(lambda: value("text") == finals.texts[0], 5, lambda: str(field.states[-1]))
    tab_to(desktop, field, "p")
    desktop.wait_for_pen(recording.ends[1])
    tab_to(desktop, field, "n")
    desktop.wait_for_pen(recording.ends[2])
    tab_to(desktop, field, "g")
    wait_until(lambda: len(finals.texts) == 2, 30, "the last word is read")
    wait_until(lambda: value("g") == finals.texts[1], 5, lambda: str(field.states[-1]))
    assert (value("text"), value("p"), value("n")) == (finals.texts[0], "", ""), field.states[-1]


def component(desktop):
    """Chosen like any other input method: IBus starts it, and what is written arrives; killed, typing goes on."""
    finals = Finals(desktop)
    recording = recorded(desktop, ["hello world"], start=1.5)
    desktop.install_component("--pen", recording.save(desktop.folder + "/pen.evemu"))
    desktop.restart_ibus()
    field = desktop.gtk("entry")
    desktop.ibus_says("engine", "ductus")
    assert desktop.engine == "ductus", desktop.engine
    wait_until(lambda: finals.texts, recording.time + 15, "the daemon reads")
    field.until(finals.texts[0], 5)
    found = subprocess.run(["pgrep", "-f", f"keyboard --ibus --connect {desktop.folder}/ductus"], capture_output=True, text=True).stdout.split()
    assert len(found) == 1, found
    os.kill(int(found[0]), signal.SIGKILL)
    time.sleep(1)
    desktop.type("x")
    field.until(finals.texts[0] + "x", 3)


def killed(desktop):
    """The engine dies: a key typed after a second arrives, and the former engine is back."""
    field = desktop.gtk("entry")
    write(desktop, ["hello"], start=30)
    desktop.type("a")
    field.until("a")
    desktop.keyboard.kill()
    desktop.keyboard.wait()
    time.sleep(1)
    desktop.type("b")
    field.until("ab", 3)
    wait_until(lambda: desktop.engine == "xkb:us::eng", 5, lambda: f"{desktop.engine} is chosen")


def choose_chromium(desktop):
    """The same in a field that does not tell what stands in it: it is deleted by keys."""
    field = browser(desktop)
    finals = Finals(desktop)
    write(desktop, ["hello"], start=2)
    wait_until(lambda: finals.texts, 20, "the daemon reads")
    final = finals.events[-1][1]
    others = [alternative["text"] for alternative in final["alternatives"] if alternative["text"] != final["text"]]
    assert others, f"there is no other reading: {final}"
    field.until(final["text"])
    desktop.type("alt+2")
    field.until(others[0], 5)


def guardian(desktop):
    """The guardian dies: another stands in, and restores."""
    desktop.gtk("entry")
    write(desktop, ["hello"], start=30)

    def guardians():
        found = subprocess.run(["pgrep", "-P", str(desktop.keyboard.pid)], capture_output=True, text=True).stdout.split()
        return found
    first = wait_until(guardians, 5, "there is a guardian")[0]
    os.kill(int(first), signal.SIGKILL)
    wait_until(lambda: guardians() and guardians()[0] != first, 5, "there is another guardian")
    desktop.keyboard.kill()
    wait_until(lambda: desktop.engine == "xkb:us::eng", 5, lambda: f"{desktop.engine} is chosen")


def restart(desktop):
    """The daemon is killed in the middle of a word and comes back: typing goes on, and the next word arrives."""
    field = desktop.gtk("entry")
    recording = write(desktop, ["hello wonderful", "world", "again"], pause=4)
    wait_until(lambda: field.preedits, 15, "a word is being read")
    desktop.daemon.kill()
    desktop.daemon.wait()
    wait_until(lambda: desktop.engine == "xkb:us::eng", 5, lambda: f"{desktop.engine} is chosen while the daemon is away")
    kept = field.text
    assert kept, "what had been read is in the field"
    desktop.type("x")
    field.until(kept + "x", 3)
    desktop.start_daemon()
    wait_until(lambda: desktop.engine == "ductus", 5, "the engine is chosen again")
    wait_until(lambda: field.text.endswith("again"), recording.time + 10, lambda: field.text)
    assert "world" in field.text, field.text


def gestures(desktop):
    """Space, delete a word, Enter: by the pen."""
    field = desktop.gtk("view")
    recording = Recording(start=0.8)
    recording.write(desktop.ink("hello wall", 1))
    recording.pause(1.5)
    line = lambda *points: [[[p[0] for p in path], [p[1] for p in path], [8 * i for i in range(len(path))]] for path in [list(points)]]
    way = lambda x0, y0, x1, y1, n=40: [(x0 + (x1 - x0) * i / n, y0 + (y1 - y0) * i / n) for i in range(n + 1)]
    recording.write(line(*way(6000, 2000, 3000, 2000)))
    recording.pause(1.5)
    recording.write(line(*way(3000, 2000, 6000, 2000), *way(6000, 2000, 3000, 2010)))
    recording.pause(1.5)
    recording.write(line(*way(4000, 1000, 4000, 2500), *way(4000, 2500, 2500, 2500)))
    path = recording.save(desktop.folder + "/pen.evemu")
    desktop.start_keyboard("--pen", path)
    try:
        wait_until(lambda: field.text == "hello  \n", recording.time + 10, lambda: repr(field.text))
    except AssertionError:
        print(field.states, file=sys.stderr)
        raise


def gestures_chromium(desktop):
    """The same in a field that does not tell what stands in it."""
    field = browser(desktop)
    recording = Recording(start=2)
    recording.write(desktop.ink("hello wall", 1))
    recording.pause(1.5)
    way = [(6000 - 75 * i, 2000) for i in range(41)]
    recording.write([[[x for x, _ in way], [y for _, y in way], [8 * i for i in range(len(way))]]])
    desktop.start_keyboard("--pen", recording.save(desktop.folder + "/pen.evemu"))
    wait_until(lambda: " " in field.text, recording.time + 15, "the text is there")
    wait_until(lambda: field.text.strip() == "hello", recording.time + 10, lambda: repr(field.text))


def early(desktop):
    """The pen writes before the keyboard has found its way: no letter is lost."""
    field = desktop.gtk("entry")
    recording = Recording(start=0.01)
    recording.write(desktop.ink("hello wall", 1))
    desktop.start_keyboard("--pen", recording.save(desktop.folder + "/pen.evemu"))
    wait_until(lambda: field.text, recording.time + 15, "the text is there")
    assert field.text.startswith("hello"), field.text


def leave(desktop):
    """The focus leaves in the middle of a word: what was read stays, once, and what is written then comes into the next field."""
    field = desktop.gtk("two")
    finals = Finals(desktop)
    recording = write(desktop, ["hello world", "again"], pause=3)
    wait_until(lambda: len(field.states[-1][1].get("preedit") or "") >= 3, 15, "a word is being read")
    desktop.type("Tab")
    wait_until(lambda: (field.states[-1][1].get("second") or "").endswith("again"), recording.time + 10, lambda: str(field.states[-1]))
    text = field.text
    assert text and finals.texts[0].startswith(text[:3]), text
    time.sleep(1)
    assert field.text == text, f"{field.text} grew from {text}"


def hundred(desktop):
    """A hundred lines in a row: nothing lost, doubled or out of order; and the times."""
    texts = [f"line {number} of the text" for number in range(1, 101)]
    field = desktop.gtk("view")
    finals = Finals(desktop)
    began = time.monotonic()
    recording = recorded(desktop, texts, pause=1.0)
    path = recording.save(desktop.folder + "/pen.evemu")
    speed = 6
    desktop.start_keyboard("--pen", path, "--speed", str(speed), "--without", "all")
    wait_until(lambda: len(finals.texts) == len(texts), recording.time / speed + 60, lambda: f"{len(finals.texts)} lines were read")
    field.until(" ".join(finals.texts), 5)
    shown = {}
    for at, state in field.states:
        shown.setdefault(state["text"], at)
    delays, text = [], ""
    for at, event in finals.events:
        if event["state"] == "final" and event["text"]:
            text = (text + " " + event["text"]).strip()
            if text in shown:
                delays.append((shown[text] - at) * 1000)
    delays.sort()
    print(f"{len(texts)} lines, final to field: median {delays[len(delays) // 2]:.1f} ms, largest {delays[-1]:.1f} ms")


def ink(desktop):
    """What is written is seen on the screen while it is, and no more once it has become text; clicks go through it."""
    field = desktop.gtk("view")
    recording = Recording(start=1.5)
    recording.write(desktop.ink("ink", 1, scale=4))
    recording.pause(2)
    desktop.start_keyboard("--pen", recording.save(desktop.folder + "/pen.evemu"))
    place = wait_until(desktop.ink_on_screen, 10, "ink is seen")
    subprocess.run(["xdotool", "mousemove", *place, "click", "1"], env=desktop.environment, check=True)
    wait_until(lambda: any(state.get("clicked") for _, state in field.states), 5, "the click arrives in the field below")
    wait_until(lambda: field.text, recording.time + 10, "it is read")
    wait_until(lambda: not desktop.ink_on_screen(), 5, "the ink is gone")


def self_test(desktop):
    ran = desktop.ductus("keyboard", "--self-test", "--json", check=False)
    result = json.loads(ran.stdout)
    assert ran.returncode == 0 and result["ok"], result
    assert desktop.engine == "xkb:us::eng", f"{desktop.engine} is chosen after the test"
    desktop.daemon.kill()
    desktop.daemon.wait()
    ran = desktop.ductus("keyboard", "--self-test", "--json", check=False)
    result = json.loads(ran.stdout)
    assert ran.returncode == 1 and not result["ok"], result
    assert [check["remedy"] for check in result["checks"] if check["name"] == "daemon" and not check["works"]], result


def hold(desktop):
    """A tablet that is not in writing mode writes nothing; SIGUSR1 switches."""
    field = desktop.gtk("entry")
    recording = recorded(desktop, ["hello", "world"], pause=3, start=1)
    path = recording.save(desktop.folder + "/pen.evemu")
    desktop.start_keyboard("--pen", path)
    wait_until(lambda: "the pen types" in desktop.log_text, what="it types")
    desktop.keyboard.send_signal(signal.SIGUSR1)
    wait_until(lambda: "writing mode is off" in desktop.log_text, what="writing mode is off")
    time.sleep(3)
    assert field.text == "", field.text
    desktop.keyboard.send_signal(signal.SIGUSR1)
    wait_until(lambda: field.text, recording.time + 5, "the next word is typed")
    assert field.text == "world", field.text


def wakeups(desktop):
    """How often the keyboard wakes while the pen is away."""
    desktop.gtk("entry")
    desktop.start_keyboard("--pen", "none")
    wait_until(lambda: desktop.engine == "ductus", what="the engine is chosen")
    time.sleep(3)

    def switches():
        return sum(int(line.split()[1]) for task in Path(f"/proc/{desktop.keyboard.pid}/task").iterdir()
                   for line in (task / "status").read_text().splitlines() if "voluntary_ctxt_switches" in line)
    before = switches()
    time.sleep(20)
    count = switches() - before
    print(f"{count} wake-ups in 20 s")
    assert count <= 2, f"{count} wake-ups in 20 s"


def picture(desktop):
    """For the guide: ink and what is being read of it, and other readings, one below the other, under build/keyboard."""
    field = desktop.gtk("view")
    subprocess.run(["xdotool", "search", "--name", "^field$", "windowsize", "1024", "340"], env=desktop.environment, check=True)
    recording = Recording(start=1.5)
    recording.write(desktop.ink("write with a pen", 1, scale=5, down=6000))
    recording.pause(3)
    desktop.start_keyboard("--pen", recording.save(desktop.folder + "/pen.evemu"))
    folder = ROOT / "build/keyboard"
    folder.mkdir(parents=True, exist_ok=True)
    wait_until(lambda: len(field.states[-1][1]["preedit"]) > 11, 30, "a line is being read")
    desktop.picture(folder / "1.png")
    wait_until(lambda: field.text, 30, "it is read")
    time.sleep(1)
    desktop.picture(folder / "2.png")
    subprocess.run(["convert", folder / "1.png", folder / "2.png", "-crop", "1024x340+0+0", "+repage", "-append", folder / "keyboard.png"], check=True)


DESKTOPS = {"sway": SwayDesktop, "picture": PicturedDesktop}
CHECKS = {name: globals()[name] for name in (
    "entry view qt chromium keys choose choose_chromium rewrite password pin hidden password_qt password_chromium pin_chromium between_chromium killed component "
    "guardian restart gestures gestures_chromium early leave hundred sway self_test hold wakeups ink picture").split()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("check", choices=sorted(CHECKS))
    options = parser.parse_args()
    desktop = DESKTOPS.get(options.check, Desktop)(options.build)
    try:
        desktop.start_daemon()
        CHECKS[options.check](desktop)
    except Exception as problem:
        print(f"{options.check}: {type(problem).__name__}: {problem}")
        print(desktop.log_text if Path(desktop.folder, "keyboard.log").exists() else "")
        sys.exit(1)
    finally:
        desktop.end()


main()
