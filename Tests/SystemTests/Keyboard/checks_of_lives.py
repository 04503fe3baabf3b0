"""Checks of the keyboard: it is chosen, killed and started again, and the daemon too; typing goes on."""
import json, os, signal, subprocess, time
from pathlib import Path

from desktop import wait_until
from writing import Finals, recorded, write


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
