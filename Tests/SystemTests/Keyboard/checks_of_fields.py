"""Checks of the keyboard: what is written arrives in fields of every toolkit, once and in order."""
import signal, subprocess, time

from desktop import Recording, wait_until
from writing import Finals, WORDS, browser, recorded, write


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
