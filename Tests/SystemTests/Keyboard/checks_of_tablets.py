"""Checks of a tablet of the kernel's own (/dev/uinput): it is found, taken from everybody else while it writes, and given back."""
import os, signal

from desktop import wait_until
from uinput_pen import UinputPen
from writing import recorded


def tablet(desktop):
    field = desktop.gtk("entry")
    desktop.start_keyboard()
    wait_until(lambda: desktop.engine == "ductus", 20, "the engine is chosen")

    def settles(taken, when):
        wait_until(lambda: pen.is_taken == taken, 20, f"the tablet is {'taken' if taken else 'free'} {when}")

    pen = UinputPen()
    wait_until(lambda: "pen: Simulated Pen" in desktop.log_text, what="the tablet is found")
    everybody = os.open(pen.path, os.O_RDONLY | os.O_NONBLOCK)
    assert not pen.is_taken, "the tablet is taken before writing mode is on"
    pen.play(recorded(desktop, ["hello"]))
    wait_until(lambda: reports(everybody) > 0, what="another program sees the pen")
    desktop.keyboard.send_signal(signal.SIGUSR1)
    settles(True, "when writing mode is on")
    pen.play(recorded(desktop, ["world"]))
    field.until("world")
    assert reports(everybody) == 0, "another program sees what is written"
    desktop.keyboard.send_signal(signal.SIGUSR1)
    settles(False, "when writing mode is off")
    desktop.keyboard.send_signal(signal.SIGUSR1)
    settles(True, "when writing mode is on again")

    pen.unplug()
    pen = UinputPen()
    settles(True, "when it is plugged in again")
    desktop.daemon.kill()
    desktop.daemon.wait()
    settles(False, "while the daemon is away")
    desktop.start_daemon()
    settles(True, "when the daemon is back")
    pen.play(recorded(desktop, ["again"]))
    field.until("world again")
    desktop.keyboard.kill()
    desktop.keyboard.wait()
    settles(False, "when the keyboard is dead")


def reports(device):
    """The bytes of events that wait to be read."""
    count = 0
    while True:
        try:
            count += len(os.read(device, 24 * 64))
        except BlockingIOError:
            return count
