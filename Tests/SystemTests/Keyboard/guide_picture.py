"""The picture of the guide."""
import subprocess, time

from desktop import ROOT, Recording, wait_until


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
