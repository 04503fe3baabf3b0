#!/usr/bin/env python3
"""Disturbs a cell, round after round, and checks that nothing is lost.

Each round lets pens write while one thing goes wrong: a daemon is killed, stopped for 20 s or for less than its lease, a link is cut one way
or both ways, the database is stopped at once or fails over to its standby, a daemon is drained. Checked after each round:
- every line that a pen wrote has a final, with the text of an undisturbed reading; epochs and numbers of a stream grow; nobody is read
  with another's weights, and who has own weights with them by the second line after a move (`ductus cluster pens` says so itself);
- every acknowledged correction is in the journal once;
- slots of a daemon that is gone are owned again within its lease and 2 s.
A violation prints the seed and keeps the history. A round is repeated where the pens themselves were kept from writing for so long that
their lines end, because the machine does too much else. Exit status 0: no violation.

Needs root, PostgreSQL 15, iproute2, and the built programs.
Usage: run.py [--rounds 100] [--seed 1] [--pens 90] [--writers 30] [--seconds 40] [--programs .build/release] [--only kill …]
"""
import argparse, json, os, random, shutil, signal, subprocess, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cell import LEASE, Cell

# Seconds for which pens may be kept from writing: three end a line.
LONGEST_STALL = 1.5
# How often a round is tried in which they were kept longer.
TRIES = 4

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int, default=100)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--pens", type=int, default=90)
parser.add_argument("--writers", type=int, default=30)
parser.add_argument("--seconds", type=float, default=40)
parser.add_argument("--programs", default=".build/release")
parser.add_argument("--models", default="models")
parser.add_argument("--only", nargs="+")
parser.add_argument("--take-over", type=float, default=LEASE + 2, help="seconds; more on a machine that does other work, too")
parser.add_argument("--keep", default="/tmp", help="folder for the histories of rounds with violations")
options = parser.parse_args()


def await_take_over(cell, daemon, problems):
    """Others own all slots within the lease and 2 s from now."""
    seconds = cell.wait_until_owned(60, without=daemon.name)
    if seconds is None or seconds > options.take_over:
        problems.append(f"the slots of {daemon.name} were taken over after {seconds} s")


def kill(cell, daemon, problems):
    daemon.kill()
    await_take_over(cell, daemon, problems)
    time.sleep(4)
    daemon.start()


def stop(cell, daemon, problems):
    began = time.monotonic()
    daemon.signal(signal.SIGSTOP)
    await_take_over(cell, daemon, problems)
    time.sleep(max(0, began + 20 - time.monotonic()))
    daemon.signal(signal.SIGCONT)


def doze(cell, daemon, problems):
    """A standstill that is shorter than the lease, and longer than a pen's silence that ends a line."""
    daemon.signal(signal.SIGSTOP)
    time.sleep(3.5)
    daemon.signal(signal.SIGCONT)


def cut(direction):
    def disturb(cell, daemon, problems):
        began = time.monotonic()
        cell.network.cut(daemon.name, direction)
        await_take_over(cell, daemon, problems)
        time.sleep(max(0, began + 12 - time.monotonic()))
        cell.network.cut(daemon.name, "none")
    return disturb


def database(cell, daemon, problems):
    cell.database.stop(cell.database.primary)
    time.sleep(6)
    cell.database.start(cell.database.primary)


def fail_over(cell, daemon, problems):
    cell.database.fail_over()
    time.sleep(3)
    cell.database.renew_standby()


def drain(cell, daemon, problems):
    try:
        cell.tool("cluster", "drain", daemon.name, "--wait", "15")
    except subprocess.CalledProcessError as error:
        problems.append(f"{daemon.name} does not drain: {error.stderr.strip()}")
    time.sleep(3)
    cell.tool("cluster", "drain", daemon.name, "--back")


DISTURBANCES = {"kill": kill, "stop": stop, "doze": doze, "cut-out": cut("out"), "cut-in": cut("in"), "cut": cut("both"),
                "database": database, "failover": fail_over, "drain": drain, "nothing": lambda *_: None}


def check_journal(cell, history, problems):
    acknowledged = [entry for entry in map(json.loads, open(history)) if entry["kind"] == "correction" and "number" in entry]
    kept = {}
    for number, stream, segment in cell.database.ask("SELECT number, stream, segment FROM correction"):
        kept.setdefault((stream, segment), []).append(number)
    for entry in acknowledged:
        found = kept.get((entry["pen"], entry["segment"]), [])
        if found.count(entry["number"]) != 1 or len(found) != 1:
            problems.append(f"correction {entry['number']} of {entry['pen']}/{entry['segment']} is in the journal as {found}")
    return len(acknowledged)


def play(cell, name, number, attempt, random):
    """One round.

    Returns: how many things went wrong; None where the pens could not write as they should, because the machine does too much else.
    """
    problems = []
    history = f"{cell.folder}/history-{number}-{attempt}.ndjson"
    pens = cell.pens(history, options.pens, options.writers, options.seconds, (options.seed * 1000 + number) * 10 + attempt)
    time.sleep(5 + random.uniform(0, 5))
    daemon = cell.daemons[random.choice(sorted(cell.daemons))]
    DISTURBANCES[name](cell, daemon, problems)
    output, errors = pens.communicate()
    try:
        summary = json.loads(output.strip().splitlines()[-1])
    except (IndexError, ValueError):
        summary = {}
        problems.append(f"the pens ended with {pens.returncode}: {errors.strip()[-500:]}")
    is_stalled = summary.get("stalled_seconds", 0) > LONGEST_STALL
    if not is_stalled:
        problems += summary.get("violations", [])
    acknowledged = check_journal(cell, history, problems)
    if cell.wait_until_owned(60) is None:
        problems.append(f"slots stay without an owner: {cell.owners()}")
    told = {key: summary.get(key) for key in ("lines", "finals", "compared", "own_after_move", "resendings", "refused", "longest_final_seconds",
                                              "stalled_seconds")}
    print(json.dumps({"round": number, "disturbance": name, "daemon": daemon.name, "acknowledged": acknowledged, **told,
                      "violations": len(problems), **({"to be repeated": True} if is_stalled and not problems else {})}), flush=True)
    if problems:
        keep(cell, history, f"{options.keep}/ductus-cell-seed{options.seed}-round{number}")
        print(f"seed {options.seed}, round {number} ({name} of {daemon.name}):", file=sys.stderr)
        for problem in problems[:20]:
            print(f"  {problem}", file=sys.stderr)
    return None if is_stalled and not problems else len(problems)


def keep(cell, history, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    shutil.copy(history, folder)
    for daemon in cell.daemons.values():
        shutil.copy(f"{daemon.folder}/log", f"{folder}/{daemon.name}.log")
    print(f"history and logs are in {folder}", file=sys.stderr)


def main():
    if os.geteuid() != 0:
        raise SystemExit("network namespaces need root")
    names = options.only or list(DISTURBANCES)
    order = random.Random(options.seed)
    cell = Cell(options.programs, options.models)
    bad = 0
    try:
        for number in range(options.rounds):
            # Every disturbance as often as the others, in random order.
            if number % len(names) == 0:
                order.shuffle(names)
            for attempt in range(TRIES):
                outcome = play(cell, names[number % len(names)], number, attempt, order)
                if outcome is not None:
                    break
            else:
                print(f"round {number}: the pens could not write; fewer of them (--pens), or a machine that does less else", file=sys.stderr)
            bad += outcome != 0
    finally:
        cell.close()
    print(f"{options.rounds} rounds, {bad} with violations", file=sys.stderr)
    return 1 if bad else 0


sys.exit(main())
