"""An application of apps/python/ that first tries what its account would let it do to others:
tests/e2e/outside_test.py. It serves honestly where all of that is refused, and all that honest
servers do is not; else it does not start, and says what. Nothing is harmed where it could.

UNRIG_PLANT_APP is the stack's own application.
"""

import importlib
import multiprocessing
import os
import pathlib
import resource
import socket
import subprocess
import sys
import tempfile

import psycopg2

RUNTIME = pathlib.Path(os.environ["UNRIG_DB_PASSWORD_FILE"]).parent
HOME = pathlib.Path(os.environ["HOME"])
DATABASES = HOME.parent / "database"
PACKAGES = next(path for path in map(pathlib.Path, sys.path) if path.name == "site-packages")


def of_others():
    """Processes of this account that do not descend from this server."""
    parents = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            text = pathlib.Path("/proc", entry, "stat").read_text(encoding="latin-1")
            state, parent = text.rpartition(")")[2].split()[:2]
            if os.stat("/proc/" + entry).st_uid == os.getuid() and state != "Z":
                parents[int(entry)] = int(parent)
        except OSError:
            pass

    def is_own(pid):
        while pid in parents and pid != os.getpgid(0):  # the server leads its group
            pid = parents[pid]
        return pid == os.getpgid(0)

    return [pid for pid in parents if not is_own(pid)]


def append(file):
    open(file, "a").close()


def read(file):
    open(file).close()


def cut_off(file):
    os.truncate(file, os.stat(file).st_size)


def remove(file):
    """As far as what is asked for goes: both names are the same file."""
    os.rename(file, file)


def make(file):
    open(file, "x").close()
    os.remove(file)


def limit(pid):
    """To what it has."""
    files = resource.RLIMIT_NOFILE
    resource.prlimit(pid, files, resource.prlimit(pid, files))


def sockets_of_the_database():
    """Its own, and that of the relay before it. The relay before the pooler is the application's
    way."""
    with open("/proc/net/unix", encoding="utf-8") as table:
        paths = {line.split()[-1] for line in table}
    return [path for path in paths
            if path.startswith(str(RUNTIME) + "/") and "/.s.PGSQL." in path
            and "/relay-application/" not in path]


def log_in(path):
    """Past the pooler, with the application's password."""
    folder, _, port = path.rpartition("/.s.PGSQL.")
    with open(os.environ["UNRIG_DB_PASSWORD_FILE"], encoding="ascii") as file:
        password = file.read().strip()
    try:
        psycopg2.connect(host=folder, port=port, user=os.environ["UNRIG_DB_USER"],
                         dbname=os.environ["UNRIG_DB_NAME"], password=password).close()
    except psycopg2.OperationalError as error:
        if "password authentication failed" in str(error):
            raise PermissionError from error
        raise


def attacks():
    """What is to be refused: name, function, argument."""
    configurations = [RUNTIME / name for name in ("pg_hba.conf", "postgresql.conf",
                                                  "pgbouncer.ini", "userlist.txt", "nginx.conf")]
    of_the_database = [*DATABASES.glob("*/PG_VERSION"), *DATABASES.glob("*/global/pg_control")]
    of_packages = [PACKAGES / "flask/__init__.py"]
    for file in configurations + of_the_database + of_packages:
        for what in (append, cut_off, remove):
            yield "{} {}".format(what.__name__, file), what, file
    for file in configurations + of_the_database + list(DATABASES.glob("*.passwords")):
        yield "read {}".format(file), read, file
    for folder in (RUNTIME, RUNTIME / "database", RUNTIME / "nginx", PACKAGES, DATABASES,
                   *DATABASES.glob("*/global"), HOME.parent, pathlib.Path("/tmp")):
        yield "make in {}".format(folder), make, folder / "planted.pth"
    for pid in of_others():
        yield "signal {}".format(pid), lambda pid: os.kill(pid, 0), pid
        yield "read memory of {}".format(pid), read, "/proc/{}/mem".format(pid)
        yield "limit {}".format(pid), limit, pid
    for path in sockets_of_the_database():
        yield "log_in at {}".format(path), log_in, path


def end_a_child():
    child = subprocess.Popen(["sleep", "1000"])
    child.terminate()
    child.wait()


def needs():
    """What honest servers do."""
    fork = multiprocessing.get_context("fork")
    yield "a file", lambda: make("file")
    yield "a temporary file", lambda: tempfile.NamedTemporaryFile().close()
    yield "a socket", lambda: socket.socket(socket.AF_UNIX).bind("socket")
    yield "a semaphore", fork.Lock
    yield "/dev/null", lambda: append("/dev/null")
    yield "a child that it ends", end_a_child
    yield "the password", lambda: read(os.environ["UNRIG_DB_PASSWORD_FILE"])


def try_all():
    tried, wrong = set(), []
    for name, attack, at in attacks():
        try:
            attack(at)
            wrong.append("could " + name)
        except PermissionError:
            tried.add(name.split()[0])
        except (FileNotFoundError, ProcessLookupError) as gone:
            if "/proc/" not in str(at) and not isinstance(at, int):  # processes come and go
                wrong.append("{}: {}".format(name, gone))
    wanted = {"append", "cut_off", "remove", "read", "make", "signal", "limit", "log_in"}
    for what in wanted - tried:
        wrong.append("had nothing to {}".format(what))
    if list(pathlib.Path("/dev/shm").glob("PostgreSQL.*")):
        wrong.append("could write shared memory of the database")
    for name, need in needs():
        try:
            need()
        except OSError as error:
            wrong.append("cannot have {}: {}".format(name, error))
    if wrong:
        raise RuntimeError("planted: it {}".format("; ".join(wrong)))


# Once, in the first process that comes here: the folder is new at each start.
try:
    os.mkdir("tried")
except FileExistsError:
    pass
else:
    try_all()

app = importlib.import_module(os.environ["UNRIG_PLANT_APP"]).app
