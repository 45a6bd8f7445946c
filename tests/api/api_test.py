#!/usr/bin/env python3
"""The API of a real daemon: over HTTP and TLS, with users, tokens and live events.

    tests/api/api_test.py PROGRAM        (ctest label `program`)

Sends to loopback alone.
"""

import gzip
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import unittest
import urllib.request

from service import NODES, PASSWORD, Service, next_event
from snapshot import Snapshot

PROGRAM = None


def violations(value, schema, schemas, place="$"):
    """Where `value` is not what the schema says; as much of JSON schema as the document uses."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}

    def fits(name):
        if name == "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        return isinstance(value, kinds[name])

    if types and not any(map(fits, types)):
        return [f"{place}: {value!r} is none of {types}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{place}: {value!r} is none of {schema['enum']}")
    if schema.get("format") == "date-time" and value is not None:
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
            found.append(f"{place}: {value!r} is no time")
    if isinstance(value, dict):
        found += [f"{place}: {key} is missing" for key in schema.get("required", ())
                  if key not in value]
        for key, each in schema.get("properties", {}).items():
            if key in value:
                found += violations(value[key], each, schemas, f"{place}.{key}")
    if isinstance(value, list) and "items" in schema:
        for index, each in enumerate(value):
            found += violations(each, schema["items"], schemas, f"{place}[{index}]")
    return found


class Api(unittest.TestCase):
    def service(self, **options):
        service = Service(PROGRAM, **options)
        self.addCleanup(service.close)
        return service

    def started(self, **options):
        service = self.service(**options)
        # A profile, as a hand may write it.
        service.said("alerts")
        subprocess.run(["sqlite3", service.folder / "store.db",
                        "INSERT INTO open_ports (port, protocol, service, host_type) "
                        "VALUES (22, 'tcp', 'ssh', 'compute');"], check=True)
        service.start()
        service.wait(lambda: self.rounds(service) == 1, "the first round")
        return service

    def rounds(self, service):
        """How many rounds of the plug-in have ended."""
        status = json.loads(service.said("status", "--json"))
        return sum(each["round"] is not None for each in status["statuses"])

    def intrude(self, service, ports):
        service.say(ports)
        self.assertEqual(service.run("instance", "run", "listeners").returncode, 0)

    def test_a_script_sees_an_intrusion_live_and_deals_with_it(self):
        service = self.started()
        token = service.join("kim", "admin")
        stream = service.listen(token)
        self.addCleanup(stream.close)
        self.intrude(service, {"node3": [4444]})
        event = next_event(stream)
        # Before it comes that the profile was never approved.
        while event["event"] != "alert-raised" or not json.loads(event["data"])["nodes"]:
            event = next_event(stream)
        data = json.loads(event["data"])
        self.assertEqual(data["nodes"], "node3")
        alert = data["subject"]
        # Who hears of it finds it there.
        status, alerts = service.ask("/alerts", token=token)
        self.assertEqual(status, 200)
        self.assertEqual([(row["id"], row["nodes"]) for row in alerts["alerts"]
                          if row["port"] == 4444], [(alert, "node3")])
        self.assertGreaterEqual(alerts["event"], int(event["id"]))
        body = {"alerts": [alert], "note": "on it", "for": "2h"}
        self.assertEqual(service.ask("/alerts/acknowledge", "POST", body, token)[0], 200)
        shown = [(row["status"], row["owner"])
                 for row in json.loads(service.said("alerts", "--json"))["alerts"]
                 if row["id"] == alert]
        self.assertEqual(shown, [("acknowledged", "kim")])
        self.intrude(service, {})
        while event["event"] != "alert-resolved":
            event = next_event(stream)
        self.assertNotIn(alert, [row["id"] for row in
                                 service.ask("/alerts", token=token)[1]["alerts"]])
        # Killed and started again, the daemon goes on counting, and who was away gets the rest.
        last = int(event["id"])
        service.stop(signal.SIGKILL)
        self.intrude_after_restart(service, token, last)

    def intrude_after_restart(self, service, token, last):
        service.start()
        stream = service.listen(token, after=last)
        self.addCleanup(stream.close)
        self.intrude(service, {"node1": [5555]})
        ids = []
        while True:
            event = next_event(stream)
            ids.append(int(event["id"]))
            if event["event"] == "alert-raised":
                break
        self.assertEqual(ids, sorted(set(ids)))
        self.assertGreater(ids[0], last)

    def snapshot(self, service, token, before=None):
        """All nodes at a glance, or what has changed since `before`; as a browser asks for it."""
        query = f"?after={before.version}&epoch={before.epoch}" if before else ""
        status, body, headers = service.plain(f"/api/v1/snapshot{query}", headers={
            "Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"})
        self.assertEqual(status, 200, body)
        if headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        return Snapshot(body)

    def test_a_page_follows_the_nodes(self):
        # So many that the answer is compressed.
        service = self.started(nodes=NODES + """
    [[nodes]]
    nodes = "more[001-200]"
    class = "more"
    addresses = ["127.79.0.20-127.79.0.219"]
""")
        token = service.join("kim", "admin")
        page = self.snapshot(service, token)
        self.assertFalse(page.is_delta)
        self.assertEqual(page.names[:2] + page.names[-1:], ["login1", "more001", "node4"])
        self.assertEqual(page.words["cluster"], "api")
        self.assertEqual([page.words["classes"][page.of(node)["classes"]]
                          for node in ("login1", "node3")], [["login"], ["compute"]])
        self.assertEqual(page.words["schedules"], [{"state": None, "partitions": []}])
        stream = service.listen(token)
        self.addCleanup(stream.close)
        self.intrude(service, {"node3": [4444]})
        event = next_event(stream)
        while event["event"] != "alert-raised" or "node3" not in event["data"]:
            event = next_event(stream)
        delta = self.snapshot(service, token, page)
        self.assertTrue(delta.is_delta)
        self.assertGreaterEqual(delta.event, int(event["id"]))
        self.assertIn(page.names.index("node3"), delta.places)
        self.assertLess(len(delta.places), 10)
        page.apply(delta)
        shown = service.ask("/nodes?nodes=node3", token=token)[1]["nodes"][0]
        self.assertEqual((page.of("node3")["alerts"], page.of("node3")["kinds"]),
                         (shown["alerts"], 1))
        whole = self.snapshot(service, token)
        self.assertEqual(page.columns, whole.columns)
        # Another life of the daemon is another epoch.
        service.stop()
        service.start()
        again = self.snapshot(service, token, page)
        self.assertFalse(again.is_delta)
        self.assertNotEqual(again.epoch, page.epoch)

    def test_who_sees_a_class_hears_of_it_alone(self):
        service = self.started()
        token = service.join("kim", "viewer", "login")
        service.join("boss", "admin")
        everything = service.listen(service.said("token", "add", "boss", "--role", "viewer").strip())
        self.addCleanup(everything.close)
        part = service.listen(token)
        self.addCleanup(part.close)
        self.intrude(service, {"node3": [4444]})
        event = next_event(everything)
        while event["event"] != "alert-raised":
            event = next_event(everything)
        subprocess.run(["sqlite3", service.folder / "store.db",
                        "INSERT INTO events SELECT MAX(id) + 1, '2026-11-02T00:00:00Z', "
                        "'sweep-ended', '7', 'login1,node[1-4]' FROM events;"], check=True)
        heard = next_event(part)
        self.assertEqual(heard["event"], "sweep-ended")
        self.assertEqual(json.loads(heard["data"])["nodes"], "login1")
        self.assertGreater(int(heard["id"]), int(event["id"]))

    def test_every_answer_is_as_the_description_says(self):
        service = self.started()
        token = service.join("kim", "admin")
        self.intrude(service, {"node2": [4444]})
        service.wait(lambda: service.ask("/alerts?nodes=node2", token=token)[1]["total"] == 1,
                     "the alert")
        _, document = service.ask("/openapi.json")
        self.assertEqual(document["openapi"], "3.1.0")
        schemas = document["components"]["schemas"]
        asked = 0
        for path, operations in document["paths"].items():
            operation = operations.get("get")
            content = (operation or {}).get("responses", {}).get("200", {}).get("content")
            if not content:
                continue
            for part, value in (("{id}", "A-1"), ("{class}", "compute")):
                path = path.replace(part, value)
            path = path.replace("{name}",
                                "listeners" if path.startswith("/instances") else "node2")
            status, answer = service.ask(path, token=token)
            self.assertEqual(status, 200, (path, answer))
            schema = content["application/json"]["schema"]
            self.assertEqual(violations(answer, schema, schemas), [], path)
            asked += 1
        self.assertGreater(asked, 15)
        # That the check can fail.
        self.assertTrue(violations({"total": "1"}, {"$ref": "/Alerts"}, schemas))

    def test_an_interval_is_changed_and_kept(self):
        service = self.started()
        token = service.join("kim", "admin")
        status, answer = service.ask("/instances/listeners", "PATCH", {"interval": "30m"}, token)
        self.assertEqual(status, 200, answer)
        status, answer = service.ask("/instances/listeners", "PATCH", {"interval": "1s"}, token)
        self.assertEqual((status, answer["error"]["kind"]), (400, "invalid"))
        service.stop()
        service.start()
        row = service.ask("/instances/listeners", token=token)[1]["instances"][0]
        self.assertEqual((row["interval_s"], row["changed_by"]), (1800, "kim"))
        self.assertEqual(service.ask("/instances/listeners", "DELETE", token=token)[0], 204)
        row = service.ask("/instances/listeners", token=token)[1]["instances"][0]
        self.assertEqual(row["interval_s"], 3600)
        self.assertEqual(service.run("audit", "--check").returncode, 0)
        actions = [entry["action"] for entry in service.ask("/audit", token=token)[1]["audit"]]
        self.assertEqual(actions.count("instance set"), 1)

    def events(self, stream, kind):
        """The next event of a kind."""
        while True:
            event = next_event(stream)
            if event["event"] == kind:
                return json.loads(event["data"])

    def test_a_profile_is_edited_learned_and_its_history_read(self):
        listeners = [socket.create_server((f"127.79.0.{last}", 0)) for last in (1,)]
        port = listeners[0].getsockname()[1]
        listeners += [socket.create_server((f"127.79.0.{last}", port)) for last in range(2, 5)]
        for listener in listeners:
            self.addCleanup(listener.close)
        service = self.started(scan=f'ports = "22,{port}"\n    node_rate = "unlimited"')
        token = service.join("kim", "admin")
        stream = service.listen(token)
        self.addCleanup(stream.close)
        rows = [{"port": 22, "protocol": "tcp", "service": "ssh"},
                {"port": 443, "protocol": "tcp"}]
        status, answer = service.ask("/profiles/compute/proposal", "PUT",
                                     {"open_ports": rows, "note": "web"}, token)
        self.assertEqual(status, 200, answer)
        self.assertEqual(answer["waiting"][0]["origin"], "edited by kim")
        self.assertEqual(self.events(stream, "profile-waiting")["subject"], "compute")
        _, shown = service.ask("/profiles/compute", token=token)
        self.assertEqual([(row["port"], row["change"]) for row in shown["changes"]],
                         [(443, "added")])
        self.assertEqual(service.ask("/profiles/compute/proposal", "DELETE", token=token)[0], 204)
        self.assertEqual(self.events(stream, "profile-waiting")["subject"], "compute")
        # Two nodes are no consensus, and that is told at once.
        status, answer = service.ask("/profiles/login/learn", "POST", {}, token)
        self.assertEqual((status, answer["error"]["kind"]), (400, "invalid"))
        self.assertEqual(service.ask("/profiles/gpu/learn", "POST", {}, token)[0], 404)
        status, answer = service.ask("/profiles/compute/learn", "POST", {}, token)
        self.assertEqual((status, answer), (202, {"accepted": True}))
        self.assertEqual(self.events(stream, "profile-waiting")["subject"], "compute")
        _, shown = service.ask("/profiles/compute", token=token)
        self.assertEqual([row["port"] for row in shown["waiting"][0]["open_ports"]], [port])
        self.assertEqual(shown["waiting"][0]["maker"], "kim")
        self.assertEqual(service.ask("/profiles/compute/approve", "POST", {"what": "baseline"},
                                     token)[0], 200)
        for listener in listeners:
            listener.close()
        # Nothing is open there any more: there is nothing to learn.
        self.assertEqual(service.ask("/profiles/compute/learn", "POST", {"node": "node2"},
                                     token)[0], 202)
        self.assertEqual(self.events(stream, "profile-not-learned")["subject"], "compute")
        _, history = service.ask("/profiles/compute/history", token=service.join("ann", "viewer"))
        self.assertEqual([(entry["action"], entry["by"]) for entry in history["entries"]],
                         [("learn", "kim"), ("approve", "kim"), ("learn", "kim"), ("drop", "kim"),
                          ("edit", "kim")])
        self.assertIn("failed: ", history["entries"][0]["detail"])
        self.assertEqual(service.run("audit", "--check").returncode, 0)

    def order(self, service, token, number):
        """What became of an ordered sweep."""
        _, status = service.ask("/status", token=token)
        return next(each for each in status["orders"] if each["number"] == number)

    def test_a_sweep_is_ordered_and_says_what_became_of_it(self):
        service = self.started(scan='ports = "22"\n    node_rate = "unlimited"')
        token = service.join("kim", "operator")
        # login has no profile: one may want to see what is there before there is one.
        status, answer = service.ask("/sweeps", "POST", {"nodes": "login1"}, token)
        self.assertEqual((status, answer), (202, {"accepted": True, "order": 1}))
        service.wait(lambda: self.order(service, token, 1)["state"] == "ended", "the sweep")
        _, sweeps = service.ask("/sweeps", token=token)
        self.assertEqual((sweeps["sweeps"][0]["nodeset"], sweeps["sweeps"][0]["state"]),
                         ("login1", "finished"))
        self.assertIsNone(sweeps["sweeps"][0]["progress"])
        self.assertEqual(service.ask("/sweeps", "POST", {"nodes": "nobody"}, token)[0], 404)
        service.said("stop")
        status, answer = service.ask("/sweeps", "POST", {"nodes": "login1"}, token)
        self.assertEqual((status, answer["error"]["kind"]), (503, "unavailable"))
        service.said("stop", "--lift")

    def test_windows_of_maintenance_and_channels(self):
        nodes = NODES + """
    [notify.ops]
    type = "webhook"
    url = "http://127.0.0.1:9/hook/SECRET"
    [[maintenance]]
    nodes = "login1"
    from = "2020-01-01T00:00:00Z"
    until = "2099-01-01T00:00:00Z"
    note = "old"
"""
        service = self.started(nodes=nodes)
        token = service.join("kim", "admin")
        stream = service.listen(token)
        self.addCleanup(stream.close)
        order = {"nodes": "@compute", "for": "4h", "note": "new switch"}
        status, window = service.ask("/maintenance", "POST", order, token)
        self.assertEqual((status, window["nodes"]), (200, "node[1-4]"))
        event = self.events(stream, "maintenance-changed")
        self.assertEqual((event["subject"], event["nodes"]), (str(window["id"]), "node[1-4]"))
        self.assertIn("new switch", service.said("maintenance", "add", "node2", "--for", "2h",
                                                 "--note", "new switch too"))
        listed = json.loads(service.said("maintenance", "list", "--json"))["maintenance"]
        self.assertEqual([(row["nodes"], row["source"]) for row in listed][:2],
                         [("login1", "configuration"), ("node2", listed[1]["source"])])
        self.assertEqual(listed, service.ask("/maintenance", token=token)[1]["maintenance"])
        self.assertEqual(service.run("maintenance", "remove", "2").returncode, 0)
        self.assertEqual(service.ask(f"/maintenance/{window['id']}", "DELETE", token=token)[0], 204)
        self.assertEqual(service.ask("/maintenance", token=token)[1]["count"], 1)
        # What is told, and whether it can be.
        status, answer = service.ask("/notices/test", "POST", {"channel": "ops"}, token)
        self.assertEqual((status, answer["delivered"]), (200, False), answer)
        self.assertTrue(answer["problem"])
        self.intrude(service, {"node3": [4444]})
        service.wait(lambda: service.ask("/outbox", token=token)[1]["count"] > 0, "a message")
        message = service.ask("/outbox?channel=ops", token=token)[1]["messages"][0]
        self.assertEqual((message["channel"], message["state"]), ("ops", "waiting"))
        _, notices = service.ask("/notices", token=token)
        self.assertEqual([(each["name"], each["kind"]) for each in notices["channels"]],
                         [("ops", "webhook")])
        self.assertGreater(notices["waiting"]["ops"], 0)
        self.assertNotIn("SECRET", json.dumps([notices, answer, message]))

    def test_roles_and_classes_hold(self):
        service = self.started()
        service.join("boss", "admin")
        viewer = service.join("ann", "viewer", "login")
        self.assertEqual(service.ask("/nodes", token=viewer)[1]["total"], 1)
        self.assertEqual(service.ask("/nodes/node1", token=viewer)[0], 404)
        self.assertEqual(service.ask("/users", token=viewer)[0], 403)
        self.assertEqual(service.ask("/alerts/silence", "POST", {"alerts": ["A-1"]}, viewer)[0], 403)
        self.assertEqual(service.run("user", "disable", "ann").returncode, 0)
        self.assertEqual(service.ask("/me", token=viewer)[0], 401)
        self.assertIn("last administrator", service.run("user", "remove", "boss").stderr)

    def test_no_secret_is_in_a_log_or_the_store(self):
        service = self.started()
        invitation = service.invite("kim", "admin")
        service.ask("/invitation", "POST", {"invitation": invitation, "password": PASSWORD})
        status, _, headers = service.plain("/api/v1/session", "POST", json.dumps(
            {"user": "kim", "password": PASSWORD}))
        self.assertEqual(status, 200)
        cookie = headers["Set-Cookie"].split(";")[0].partition("=")[2]
        token = service.said("token", "add", "kim", "--role", "viewer").strip()
        service.plain(f"/api/v1/alerts?token={token}")
        self.assertEqual(service.plain("/api/v1/me", headers={
            "Cookie": f"lockstep_session={cookie}"})[0], 200)
        service.stop()
        for file in service.folder.iterdir():
            if not file.is_file():
                continue
            content = file.read_bytes()
            for secret in (invitation, PASSWORD, cookie, token):
                self.assertNotIn(secret.encode(), content, file)

    def test_over_tls(self):
        service = self.service(tls='certificate = "{folder}/cert.pem"\n    key = "{folder}/key.pem"')
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                        "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", service.folder / "key.pem", "-out", service.folder / "cert.pem"],
                       check=True, capture_output=True)
        context = ssl.create_default_context(cafile=service.folder / "cert.pem")

        def asked(path):
            try:
                with urllib.request.urlopen(f"https://127.0.0.1:{service.port}{path}",
                                            context=context, timeout=10) as answer:
                    return answer.status, answer.read()
            except OSError:
                return 0, b""

        service.plain = lambda path, *_, **__: (*asked(path), {})
        service.start()
        self.assertEqual(asked("/-/healthy"), (200, b"healthy\n"))
        text = service.said("user", "invite", "kim", "--role", "viewer")
        self.assertIn(f"https://127.0.0.1:{service.port}/invitation#lsi_", text)

    def test_many_hostile_requests_leave_the_daemon_as_it_was(self):
        service = self.started()
        token = service.join("kim", "viewer")
        tricks = ["/api/v1/../../etc/passwd", "/api/v1/%2e%2e/x", "/api/v1/nodes/%00",
                  "/api/v1/nodes/" + "x" * 10_000, "/api/v1/alerts?nodes=node[1-999999999]",
                  "/api/v1/alerts?nodes=" + "@" * 5_000, "//api/v1/alerts;x", "/api/v1/alerts%"]

        def attack(path):
            for _ in range(10):
                service.plain(path, headers={"Authorization": f"Bearer {token}"})

        threads = [threading.Thread(target=attack, args=(path,)) for path in tricks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(service.ask("/me", token=token)[0], 200)
        self.assertEqual(service.plain("/-/healthy")[0], 200)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
