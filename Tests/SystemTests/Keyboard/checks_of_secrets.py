"""Checks of the keyboard: nothing is read, sent, kept or learned of what is written into a field that keeps a secret."""
import json

from desktop import wait_until
from writing import Finals, browser, tab_to, write


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
