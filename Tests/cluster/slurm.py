#!/usr/bin/env python3
"""Starts a Slurm of its own, a controller and a node, and runs the examples of packaging/cell in it: an array that reads an archive, and a
training on several ranks of Open MPI of which one is killed, and that is queued again.

Checked: the array's files are those of one run, byte for byte; the training has the same weights as one that nobody disturbed.
Needs root, slurm-wlm, munge and openmpi-bin. Exit status 0: all hold; 3: Slurm does not start here, and what it said.
Usage: slurm.py [--programs .build/release] [--pages 40]
"""
import argparse, getpass, hashlib, json, os, shutil, signal, socket, subprocess, sys, tempfile, time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
RANKS = 2

parser = argparse.ArgumentParser()
parser.add_argument("--programs", default=".build/release")
parser.add_argument("--pages", type=int, default=40)
options = parser.parse_args()


def run(*command, check=True, **more):
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)
    if check and done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: ended with {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


class Slurm:
    """One node with eight processors, whatever the machine has."""

    def __init__(self, folder):
        self.folder, self.processes = folder, []
        for name in ("state", "spool", "munge"):
            os.mkdir(f"{folder}/{name}")
        with open(f"{folder}/munge.key", "wb") as file:
            file.write(os.urandom(1024))
        os.chmod(f"{folder}/munge.key", 0o600)
        host = socket.gethostname().split(".")[0]
        with open(f"{folder}/slurm.conf", "w") as file:
            file.write(f"""ClusterName=ductus
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={free_port()}
SlurmdPort={free_port()}
SlurmUser={getpass.getuser()}
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobRequeue=1
MinJobAge=600
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
""")
        self.environment = {**os.environ, "SLURM_CONF": f"{folder}/slurm.conf"}
        self.start("munged", "--foreground", "--force", f"--socket={folder}/munge/socket", f"--key-file={folder}/munge.key",
                   f"--pid-file={folder}/munge/pid", f"--seed-file={folder}/munge/seed", f"--log-file={folder}/munge/log")
        self.await_file(f"{folder}/munge/socket")
        self.start("slurmctld", "-D", "-f", f"{folder}/slurm.conf")
        self.start("slurmd", "-D", "-f", f"{folder}/slurm.conf", "-N", host)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if run("sinfo", "-h", "-o", "%T", check=False, env=self.environment).strip() == "idle":
                return
            time.sleep(0.5)
        raise OSError("the node does not become idle: " + run("sinfo", "-R", check=False, env=self.environment))

    def start(self, program, *arguments):
        log = open(f"{self.folder}/{program}.log", "w")
        self.processes.append(subprocess.Popen([shutil.which(program) or f"/usr/sbin/{program}", *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                               env=self.environment))

    def await_file(self, path):
        deadline = time.monotonic() + 20
        while not os.path.exists(path):
            if time.monotonic() > deadline:
                raise OSError(f"{path} does not appear")
            time.sleep(0.1)

    def submit(self, environment, *words):
        return run("sbatch", "--parsable", f"--output={self.folder}/job-%j.log", *words, env={**self.environment, **environment}, cwd=self.folder).strip()

    def state(self, job): return set(run("squeue", "-h", "-r", "-t", "all", "-j", job, "-o", "%T", check=False, env=self.environment).split())

    def wait(self, job, seconds=600):
        """Until no part of a job is pending or runs.

        Returns: how they ended.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            state = self.state(job)
            if state and state <= {"COMPLETED", "FAILED", "CANCELLED", "NODE_FAIL", "TIMEOUT"}:
                return state
            time.sleep(0.5)
        raise SystemExit(f"job {job} does not end: {self.state(job)}")

    def said(self):
        return "".join(f"--- {name}.log\n" + open(f"{self.folder}/{name}.log").read()[-2000:] for name in ("munged", "slurmctld", "slurmd")
                       if os.path.exists(f"{self.folder}/{name}.log"))

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def digest(path): return hashlib.sha256(open(path, "rb").read()).hexdigest()


def contents(folder): return {name: digest(f"{folder}/{name}") for name in sorted(os.listdir(folder)) if name[0] != "."}


class Checks:
    def __init__(self, folder):
        self.folder, self.failures = folder, []
        bin = f"{folder}/bin"
        os.mkdir(bin)
        os.symlink(os.path.abspath(f"{options.programs}/ductus"), f"{bin}/ductus")
        self.environment = {**os.environ, "PATH": f"{bin}:{os.environ['PATH']}", "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                            "OMPI_MCA_hwloc_base_binding_policy": "none", "OMPI_MCA_rmaps_base_oversubscribe": "1"}
        # Where commands and jobs run: the model is found below it.
        os.symlink(f"{ROOT}/models", f"{folder}/models")

    def expect(self, what, holds):
        print(json.dumps({"check": what, "holds": holds}), flush=True)
        if not holds:
            self.failures.append(what)

    def synthesize(self, path, count, seed):
        words = "the of and a to in is you that it he was for on are as with".split()
        with open(f"{self.folder}/texts", "w") as file:
            file.writelines(" ".join(words[(seed + line * 3 + word * 5) % len(words)] for word in range(3)) + "\n" for line in range(count))
        run("ductus", "synthesize", "--from", f"{self.folder}/texts", "--seed", str(seed), "--out", path, env=self.environment, cwd=self.folder)

    def archive(self, slurm):
        os.mkdir(f"{self.folder}/pages")
        files = [f"{self.folder}/pages/{number:02}.ndjson" for number in range(4)]
        for number, path in enumerate(files):
            self.synthesize(path, options.pages // 4, 100 * number + 1)
        run("ductus", "recognize", "--json", "--shard", "1/1", "--out", f"{self.folder}/whole", *files, env=self.environment, cwd=self.folder)
        job = slurm.submit(self.environment, "--array=1-3", f"{ROOT}/packaging/cell/archive.sbatch", f"{self.folder}/read", f"{self.folder}/pages")
        ends = slurm.wait(job)
        whole = contents(f"{self.folder}/whole")
        self.expect(f"an array of three reads {len(whole)} pages as one run does, byte for byte",
                    ends == {"COMPLETED"} and contents(f"{self.folder}/read") == whole and len(whole) == options.pages)

    def training(self, slurm):
        corpus = f"{self.folder}/corpus.ndjson"
        self.synthesize(corpus, 40, 7)
        recipe = json.load(open(f"{ROOT}/models/english/recipe.json"))
        recipe["optimization"].update(epochs=3, warmUpSteps=5, framesPerBatch=1200)
        json.dump(recipe, open(f"{self.folder}/recipe.json", "w"))
        more = ["--recipe", f"{self.folder}/recipe.json"]
        words = ["ductus", "train", "--threads", "2", "--out", f"{self.folder}/quiet", "--data", corpus, *more]
        run("mpirun", "-np", str(RANKS), *words, env=self.environment, cwd=self.folder)
        job = slurm.submit(self.environment, f"--ntasks={RANKS}", f"{ROOT}/packaging/cell/train.sbatch", f"{self.folder}/trained", corpus, *more)
        while not os.path.exists(f"{self.folder}/trained/checkpoint.safetensors"):
            if slurm.state(job) & {"FAILED", "COMPLETED"}:
                raise SystemExit(f"the training ended too soon:\n{open(f'{slurm.folder}/job-{job}.log').read()[-2000:]}")
            time.sleep(0.02)
        victims = [int(pid) for pid in run("pgrep", "-f", f"ductus train .*{self.folder}/trained").split() if self.is_rank(pid)]
        os.kill(victims[-1], signal.SIGKILL)
        self.expect("a job without one of its ranks fails", slurm.wait(job) == {"FAILED"})
        run("scontrol", "requeue", job, env=slurm.environment)
        self.expect("queued again it goes on to its end", slurm.wait(job) == {"COMPLETED"})
        log = open(f"{slurm.folder}/job-{job}.log").read()
        self.expect("it went on from its checkpoint", "Resumed after epoch" in log)
        same = digest(f"{self.folder}/trained/model.safetensors") == digest(f"{self.folder}/quiet/model.safetensors")
        self.expect("its weights are those of a training that nobody disturbed", same)

    @staticmethod
    def is_rank(pid):
        try:
            return b"OMPI_COMM_WORLD_RANK=" in open(f"/proc/{pid}/environ", "rb").read()
        except OSError:
            return False


def main():
    folder = tempfile.mkdtemp(prefix="ductus-slurm-", dir="/tmp")
    os.chmod(folder, 0o755)
    slurm = Slurm.__new__(Slurm)
    checks = Checks(folder)
    try:
        try:
            slurm.__init__(folder)
        except OSError as error:
            print(f"Slurm does not start here: {error}\n{slurm.said()}", file=sys.stderr)
            return 3
        print(json.dumps({"slurm": run("sinfo", "--version", env=slurm.environment).strip()}), flush=True)
        checks.archive(slurm)
        checks.training(slurm)
    finally:
        slurm.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(checks.failures)} of the checks do not hold", file=sys.stderr)
    return 1 if checks.failures else 0


sys.exit(main())
