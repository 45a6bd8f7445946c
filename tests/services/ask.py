#!/usr/bin/env python3
"""Talks to TCP ports, all at once, and tells what they said.

    lab exec monitor -- tests/services/ask.py <questions >answers

Reads a list of questions in JSON and writes the list of answers, in the same order. Bytes travel as
text of which each character is a byte (latin-1).

    question: {"address", "port", "tls": whether the first thing we say is a TLS handshake,
               "ask": what to send then, "listen_s": how long to wait for words unasked before,
               "wait_s": how long to wait for an answer}
    answer: {"first": what came unasked, "answer": what came after `ask`,
             "closed": whether the far end ended the conversation,
             "tls": the version of TLS agreed upon, or "", "error": why there was no conversation}

It is a program of its own because a process that is in the lab's network cannot leave it.
"""

import json
import socket
import ssl
import sys
import time
from concurrent.futures import ThreadPoolExecutor

CONNECT_S = 2
QUIET_S = 0.3  # whoever pauses for that long has said what he had to say
MOST_BYTES = 65536
MOST_AT_ONCE = 128


def tls_context():
    """Takes whatever the far end has: it is asked who it is, and trusted with nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def listen(connection, wait_s):
    """What comes until it pauses, and whether the far end has closed. Waits `wait_s` for the first
    byte."""
    said = b""
    deadline = time.monotonic() + wait_s
    while len(said) < MOST_BYTES:
        left = deadline - time.monotonic()
        if left <= 0:
            return said, False
        connection.settimeout(left)
        try:
            more = connection.recv(MOST_BYTES)
        except TimeoutError:
            return said, False
        except OSError:
            return said, True
        if not more:
            return said, True
        said += more
        deadline = time.monotonic() + QUIET_S
    return said, False


def talk(question):
    answer = {"first": "", "answer": "", "closed": False, "tls": "", "error": ""}
    try:
        connection = socket.create_connection((question["address"], question["port"]), CONNECT_S)
    except OSError as error:
        return answer | {"error": str(error)}
    with connection:
        if question["tls"]:
            connection.settimeout(question["wait_s"])
            try:
                connection = tls_context().wrap_socket(connection)
            except OSError as error:
                return answer | {"error": str(error)}
            answer["tls"] = connection.version()
        said, answer["closed"] = listen(connection, question["listen_s"])
        answer["first"] = said.decode("latin-1")
        if question["ask"] and not answer["closed"]:
            try:
                connection.sendall(question["ask"].encode("latin-1"))
            except OSError:
                return answer | {"closed": True}
            said, answer["closed"] = listen(connection, question["wait_s"])
            answer["answer"] = said.decode("latin-1")
        connection.close()
    return answer


if __name__ == "__main__":
    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        json.dump(list(pool.map(talk, json.load(sys.stdin))), sys.stdout)
