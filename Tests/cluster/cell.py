"""A cell in network namespaces: a PostgreSQL with a synchronous standby, daemons, and pens, joined by a switch with delays and losses."""
import json, os, shutil, signal, subprocess, sys, tempfile, time

BINARIES = "/usr/lib/postgresql/15/bin"
LEASE = 5.0


# Whoever is told to end puts away namespaces and servers first.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def run(*command, check=True, **options):
    return subprocess.run(command, check=check, capture_output=True, text=True, **options)


class Network:
    """Namespaces joined by a switch. Names carry the process's number, so that several may run side by side."""

    def __init__(self, names, delay, loss, seed=1):
        self.mark = f"ductus{os.getpid()}"
        self.address = {name: f"10.77.0.{number + 1}" for number, name in enumerate(names)}
        self.switch = None
        try:
            for name in names:
                run("ip", "netns", "add", self.space(name))
            self.switch = subprocess.Popen(
                [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "switch.py"), "--delay", str(delay), "--loss", str(loss),
                 "--seed", str(seed), *map(self.space, names)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
            self.hear("ready")
            for name in names:
                for command in (["link", "set", "lo", "up"], ["addr", "add", f"{self.address[name]}/24", "dev", "eth0"], ["link", "set", "eth0", "up"]):
                    run("ip", "-n", self.space(name), *command)
        except BaseException:
            self.close()
            raise

    def space(self, name): return f"{self.mark}-{name}"

    def hear(self, word):
        heard = self.switch.stdout.readline().strip()
        if heard != word:
            raise RuntimeError(f"the switch said '{heard}' in place of '{word}'")

    def cut(self, name, direction):
        """Cuts the link of a namespace.

        Args:
            direction: out, in, both or none.
        """
        self.switch.stdin.write(f"cut {self.space(name)} {direction}\n")
        self.hear("done")

    def command(self, name, *command): return ["ip", "netns", "exec", self.space(name), *command]

    def close(self):
        if self.switch:
            self.switch.stdin.close()
            self.switch.wait(10)
        for name in self.address:
            run("ip", "netns", "del", self.space(name), check=False)


class Database:
    """A primary and its synchronous standby; either may be the other."""

    def __init__(self, network, folder):
        self.network, self.folder = network, folder
        self.primary, self.standby = "db1", "db2"
        run("chown", "postgres", folder)
        self.postgres(f"{BINARIES}/initdb -D {folder}/db1 -U postgres -A trust --no-sync")
        with open(f"{folder}/db1/postgresql.conf", "a") as file:
            file.write("listen_addresses = '*'\nfsync = off\nhot_standby = on\nwal_keep_size = 64MB\nmax_connections = 200\n"
                       "synchronous_standby_names = '*'\nwal_receiver_timeout = 5s\nwal_sender_timeout = 5s\n")
        with open(f"{folder}/db1/pg_hba.conf", "a") as file:
            file.write("host all all 10.77.0.0/24 trust\nhost replication all 10.77.0.0/24 trust\n")
        self.start("db1")
        self.copy("db2", "db1")
        self.start("db2")

    def postgres(self, command, space=None):
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "sh", "-c", command + " </dev/null >/dev/null 2>&1"]
        run(*(self.network.command(space, *command) if space else command), cwd="/tmp")

    def start(self, name):
        os.makedirs(f"{self.folder}/{name}.socket", exist_ok=True)
        shutil.chown(f"{self.folder}/{name}.socket", "postgres")
        self.postgres(f"{BINARIES}/pg_ctl -D {self.folder}/{name} -w -t 60 -l {self.folder}/{name}.log -o \"-k {self.folder}/{name}.socket\" start", name)

    def stop(self, name):
        self.postgres(f"{BINARIES}/pg_ctl -D {self.folder}/{name} -m immediate stop", name)

    def copy(self, name, source):
        shutil.rmtree(f"{self.folder}/{name}", ignore_errors=True)
        self.postgres(f"{BINARIES}/pg_basebackup -h {self.network.address[source]} -U postgres -D {self.folder}/{name} -R -c fast", name)

    def fail_over(self):
        """The standby takes over; the old primary comes back as its standby."""
        self.stop(self.primary)
        self.postgres(f"{BINARIES}/pg_ctl -D {self.folder}/{self.standby} -w promote", self.standby)
        self.primary, self.standby = self.standby, self.primary

    def renew_standby(self):
        self.copy(self.standby, self.primary)
        self.start(self.standby)

    @property
    def conninfo(self):
        hosts = ",".join(self.network.address[name] for name in ("db1", "db2"))
        return f"host={hosts} user=postgres dbname=postgres target_session_attrs=read-write tcp_user_timeout=4000"

    def ask(self, sql):
        """Rows, over the primary's own socket: nothing that is cut hinders it."""
        command = self.network.command(self.primary, "psql", "-h", f"{self.folder}/{self.primary}.socket", "-U", "postgres", "-AtqF", "\t", "-c",
                                       "SET search_path TO ductus; " + sql)
        return [line.split("\t") for line in run(*command).stdout.splitlines()]


class Daemon:
    def __init__(self, cell, name):
        self.cell, self.name = cell, name
        self.folder = f"{cell.folder}/{name}"
        os.makedirs(self.folder, exist_ok=True)
        address = cell.network.address[name]
        sockets = {"ink": 7711, "features": 7712, "labels": 7713, "control": 7714}
        with open(f"{self.folder}/ductus.yaml", "w") as file:
            file.write(f"directories: {{runtime: {self.folder}/run, state: {self.folder}/state, models: {cell.models}}}\nendpoints:\n")
            for socket, port in sockets.items():
                file.write(f"  {socket}: ['ipc://{socket}', 'tcp://{address}:{port}']\n" if socket == "control" else f"  {socket}: ['tcp://{address}:{port}']\n")
            file.write(f"security: {{server_key: {cell.folder}/server.key, clients: {cell.folder}/clients.yaml}}\n"
                       f"quotas: {{corrections_per_minute: 10000}}\nadaptation: {{corrections_per_writer_minute: 1000}}\n"
                       f"lanes: 1\nhttp: {{address: 'off'}}\n"
                       f"cluster: {{database: '{cell.database.conninfo}', member: {name}, lease: '{LEASE:g} s'}}\n")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            self.cell.network.command(self.name, f"{self.cell.programs}/ductusd", "--config", f"{self.folder}/ductus.yaml"),
            stderr=open(f"{self.folder}/log", "a"), stdout=subprocess.DEVNULL)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


class Cell:
    def __init__(self, programs, models, daemons=3, delay=2, loss=0.1):
        self.programs, self.models = os.path.abspath(programs), os.path.abspath(models)
        self.folder = tempfile.mkdtemp(prefix="ductus-cell-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        names = [f"d{number + 1}" for number in range(daemons)]
        self.network = Network(["db1", "db2", *names, "pens"], delay, loss)
        self.daemons = {}
        try:
            os.mkdir(f"{self.folder}/database")
            self.database = Database(self.network, f"{self.folder}/database")
            run(f"{self.programs}/ductus", "keygen", "--server", f"{self.folder}/server.key")
            entry = run(f"{self.programs}/ductus", "keygen", "--client", "pens", "-o", f"{self.folder}/pens.key", "--stream", "", "--writer", "",
                        *[word for right in ("publish", "subscribe", "correct", "control") for word in ("--right", right)]).stdout
            with open(f"{self.folder}/clients.yaml", "w") as file:
                file.write("clients:\n" + "".join(line + "\n" for line in entry.splitlines() if not line.startswith("#")))
            self.server_key = [line.split(" = ")[1].strip() for line in open(f"{self.folder}/server.key") if line.startswith("public")][0]
            for name in names:
                self.daemons[name] = Daemon(self, name)
                self.daemons[name].start()
            self.wait_until_owned(60)
        except BaseException:
            self.close()
            raise

    def owners(self):
        """Slots of members that live."""
        return {name: int(count) for name, count in self.database.ask(
            "SELECT m.name, count(s.number) FROM member m LEFT JOIN slot s ON s.owner = m.name WHERE m.lease > clock_timestamp() GROUP BY 1")}

    def wait_until_owned(self, seconds, without=None):
        """Until living members own every slot.

        Args:
            without: a member that must have none of them.
        Returns: how long that took, or None.
        """
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            try:
                owners = self.owners()
                if sum(count for name, count in owners.items() if name != without) == 1024:
                    return time.monotonic() - began
            except subprocess.CalledProcessError:
                pass
            time.sleep(0.1)
        return None

    def connect(self):
        words = []
        for socket, port in {"ink": 7711, "labels": 7713, "control": 7714}.items():
            places = ",".join(f"tcp://{self.network.address[name]}:{port}" for name in self.daemons)
            words += ["--connect", f"{socket}={places}"]
        return words + ["--server-key", self.server_key, "--key", f"{self.folder}/pens.key"]

    def pens(self, history, pens, writers, seconds, seed):
        return subprocess.Popen(
            self.network.command("pens", f"{self.programs}/ductus", "cluster", "pens", *self.connect(), "--model", f"{self.models}/english", "--pens",
                                 str(pens), "--writers", str(writers), "--seconds", str(seconds), "--patience", "40", "--seed", str(seed),
                                 "--history", history), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def tool(self, *words):
        return run(*self.network.command("pens", f"{self.programs}/ductus", *words, "--database", self.database.conninfo))

    def close(self):
        for daemon in self.daemons.values():
            daemon.end()
        for name in ("db1", "db2"):
            try:
                self.database.stop(name)
            except (subprocess.CalledProcessError, AttributeError):
                pass
        self.network.close()
        shutil.rmtree(self.folder, ignore_errors=True)
