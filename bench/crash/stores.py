"""The stores of a daemon, as they are asked behind its back."""

import contextlib
import csv
import io
import pathlib
import sqlite3


class File:
    """SQLite's."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder, "lockstep.db")

    def query(self, statement):
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True,
                                                timeout=30)) as store:
            return store.execute(statement).fetchall()

    def whole(self):
        said = self.query("PRAGMA integrity_check")
        return [] if said == [("ok",)] else [f"integrity_check: {said[:3]}"]


class Database:
    """A server's, asked by its own client, which knows no types: what looks like a number is one."""

    def __init__(self, server):
        self.server = server

    def rows(self, statement):
        raise NotImplementedError

    def query(self, statement):
        return [tuple(map(self.value, row)) for row in self.rows(statement)]

    @staticmethod
    def value(text):
        if text == "NULL":
            return None
        for kind in (int, float):
            with contextlib.suppress(ValueError):
                return kind(text)
        return text


class PostgresqlDatabase(Database):
    def rows(self, statement):
        done = self.server.lab.exec("monitor", "psql", "-X", "-q", "--csv", "-t", "-P", "null=NULL", "-h",
                                    self.server.folder, "-U", "postgres", "-c",
                                    statement.replace("AS REAL", "AS double precision"),
                                    check=True)
        return csv.reader(io.StringIO(done.stdout))

    def whole(self):
        return []  # no process of the server was killed


class MariadbDatabase(Database):
    def rows(self, statement):
        done = self.server.lab.exec("monitor", "mariadb", "--no-defaults", "-u", "root", "-S",
                                    self.server.socket, "-B", "-N", "lockstep", "-e",
                                    statement.replace("AS REAL", "AS double"), check=True)
        return [[self.unescaped(field) for field in line.split("\t")]
                for line in done.stdout.splitlines()]

    def unescaped(self, field):
        parts = field.split("\\\\")
        return "\\".join(part.replace("\\n", "\n").replace("\\t", "\t") for part in parts)

    def whole(self):
        said = self.query("CHECK TABLE alerts, outbox, audit, port_states")
        return [f"CHECK TABLE: {row}" for row in said if row[2:] != ("status", "OK")]
