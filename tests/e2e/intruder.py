"""Another user of the machine: tries to get in, and says what it got as one JSON list.

Run from standard input as that user, with one JSON object as its argument: `ports` and `sockets` to
connect to, `folders` to look through, `secrets` that nobody may find, `processes` to look at.
"""

import json
import os
import socket
import stat
import struct
import sys

ROLES = ("unrig", "app", "observer", "postgres", "console", "pgbouncer", "root")
DATABASES = ("unrig", "postgres", "pgbouncer", "template1")
MOST_BYTES = 4 << 20
got = []


def receive(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise OSError("closed")
        data += more
    return data


def message(connection):
    kind = connection.recv(1)
    if kind not in (b"R", b"E", b"Z", b"S", b"K", b"N", b"C", b"T", b"D", b"G", b"H"):
        raise OSError("not PostgreSQL")
    return kind, receive(connection, struct.unpack("!I", receive(connection, 4))[0] - 4)


def log_in(open_connection, where):
    """Whether any role is let in without a password, and what it can do then."""
    for role in ROLES:
        for database in DATABASES:
            try:
                with open_connection() as connection:
                    names = f"user\0{role}\0database\0{database}\0\0".encode()
                    connection.sendall(struct.pack("!II", 8 + len(names), 196608) + names)
                    kind, data = message(connection)
                    if kind != b"R" or data[:4] != b"\0\0\0\0":
                        continue
                    got.append(f"{where}: {role} is let into {database} without a password")
                    while message(connection)[0] != b"Z":
                        pass
                    sql = b"COPY (SELECT 1) TO PROGRAM 'true'\0"
                    connection.sendall(b"Q" + struct.pack("!I", 4 + len(sql)) + sql)
                    while True:
                        kind, data = message(connection)
                        if kind == b"C":
                            got.append(f"{where}: {role} runs programs")
                        if kind == b"Z":
                            break
            except OSError:
                pass


def connect_tcp(port):
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def connect_unix(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5)
    connection.connect(path)
    return connection


def look_for_secrets(path, secrets):
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return
    with os.fdopen(descriptor, "rb") as file:
        try:
            content = file.read(MOST_BYTES)
        except OSError:
            return
    if any(secret.encode() in content for secret in secrets):
        got.append(f"{path} tells a secret")


def try_to_write(path, is_folder):
    if not is_folder:
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOFOLLOW))
            got.append(f"{path} can be written")
        except OSError:
            pass
        return
    planted = os.path.join(path, "planted")
    for what, plant in (("file", lambda: os.close(os.open(planted, os.O_CREAT | os.O_EXCL))),
                        ("link", lambda: os.symlink("/etc/passwd", planted)),
                        ("folder", lambda: os.mkdir(planted))):
        try:
            plant()
        except OSError:
            continue
        got.append(f"a {what} can be planted in {path}")
        (os.rmdir if what == "folder" else os.unlink)(planted)
    try:
        names = os.listdir(path)
    except OSError:
        return
    for name in names:
        try:
            os.rename(os.path.join(path, name), os.path.join(path, "moved"))
            os.rename(os.path.join(path, "moved"), os.path.join(path, name))
            got.append(f"{os.path.join(path, name)} can be moved")
        except OSError:
            pass


def look_through(folder, secrets):
    try_to_write(folder, True)
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        try:
            mode = entry.stat(follow_symlinks=False).st_mode
        except OSError:
            continue
        if stat.S_ISDIR(mode):
            # Thousands of files of packages, all of one kind: their folder is enough.
            if entry.name in ("site-packages", "__pycache__"):
                try_to_write(entry.path, True)
            else:
                look_through(entry.path, secrets)
        elif stat.S_ISREG(mode) or stat.S_ISFIFO(mode):
            try_to_write(entry.path, False)
            if stat.S_ISREG(mode):
                look_for_secrets(entry.path, secrets)


def main():
    task = json.loads(sys.argv[1])
    for port in task.get("ports", ()):
        log_in(lambda port=port: connect_tcp(port), f"port {port}")
    for path in task.get("sockets", ()):
        try:
            connect_unix(path).close()
        except OSError:
            continue
        if not task.get("may_connect"):
            got.append(f"{path} can be connected to")
        log_in(lambda path=path: connect_unix(path), path)
    for folder in task.get("folders", ()):
        look_through(folder, task["secrets"])
    for process in task.get("processes", ()):
        for name in ("cmdline", "environ", "maps", "mem"):
            if name == "cmdline":
                look_for_secrets(f"/proc/{process}/{name}", task["secrets"])
                continue
            try:
                with open(f"/proc/{process}/{name}", "rb") as file:
                    if file.read(1):  # of one that has ended there is nothing to be read
                        got.append(f"/proc/{process}/{name} can be read")
            except OSError:
                pass
    print(json.dumps(got))


main()
