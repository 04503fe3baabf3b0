#!/usr/bin/env python3
"""The pen as a keyboard on a real desktop: keyboard_check.py --build DIR CHECK. Exit status 1 and a reason if it does not hold.

A recording of a pen goes the whole way: tablet reader, daemon, engine, ibus-daemon, field of a real toolkit.
"""
import argparse, sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import checks_of_corrections, checks_of_fields, checks_of_lives, checks_of_secrets, checks_of_tablets, guide_picture
from desktop import Desktop, PicturedDesktop, SwayDesktop

DESKTOPS = {"sway": SwayDesktop, "picture": PicturedDesktop, "choose_click": PicturedDesktop}
CHECKS = {name: getattr(room, name) for room, names in {
    checks_of_fields: "entry view qt chromium sway keys early leave hundred ink hold",
    checks_of_corrections: "choose choose_click choose_chromium rewrite gestures gestures_chromium",
    checks_of_secrets: "password pin hidden password_qt password_chromium pin_chromium between_chromium",
    checks_of_lives: "killed component guardian restart self_test wakeups",
    checks_of_tablets: "tablet",
    guide_picture: "picture",
}.items() for name in names.split()}


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
