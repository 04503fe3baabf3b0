"""Checks of the keyboard: other readings, what is written again, and gestures."""
import sys

from desktop import Recording, wait_until
from writing import Finals, browser, write


def written(desktop, field, **more):
    """The other readings of a word that stands in the field."""
    finals = Finals(desktop)
    write(desktop, ["hello"], **more)
    wait_until(lambda: finals.texts, 20, "the daemon reads")
    final = finals.events[-1][1]
    others = [alternative["text"] for alternative in final["alternatives"] if alternative["text"] != final["text"]]
    assert others, f"there is no other reading: {final}"
    field.until(final["text"])
    return others


def corrected(desktop, text):
    journal = wait_until(desktop.corrections, 10, "the journal has the correction")
    assert [(entry["text"], entry["writer"]) for entry in journal] == [(text, "me")], journal


def choose(desktop):
    """Another reading, chosen by key, takes the text's place and is in the journal."""
    field = desktop.gtk("entry")
    others = written(desktop, field)
    desktop.type("alt+2")
    field.until(others[0], 5)
    corrected(desktop, others[0])


def choose_click(desktop):
    """The same by the pointer, in the list that the desktop's panel shows."""
    field = desktop.gtk("entry")
    others = written(desktop, field)
    left, top, width, height = desktop.window("ibus-ui-gtk3")
    # The second of four lines, of which the texts are in the right half: arrows stand below the last one.
    desktop.click(left + width * 3 // 4, top + height * 3 // 10)
    field.until(others[0], 5)
    corrected(desktop, others[0])


def choose_chromium(desktop):
    """The same in a field that does not tell what stands in it: it is deleted by keys."""
    field = browser(desktop)
    others = written(desktop, field, start=2)
    desktop.type("alt+2")
    field.until(others[0], 5)


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
