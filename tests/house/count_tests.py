#!/usr/bin/env python3
"""Counts the test cases of one run of ctest, for ./check.

    count_tests.py FOLDER

FOLDER holds ctest's JUnit report, ctest.junit, and what GoogleTest programs wrote because
GTEST_OUTPUT said so, NAME_test.xml. Prints "PASSED FAILED SKIPPED", then a line for each case
that failed or was skipped, with the reason for the latter.
"""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def gtest_cases(file):
    """(name, outcome, reason) of each case that a GoogleTest program reported."""
    for case in ET.parse(file).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None:
            yield name, "failed", ""
        elif skipped is not None:
            yield name, "skipped", skipped.get("message", "").strip().replace("\n", " ")
        elif case.get("status") == "notrun":
            yield name, "skipped", "disabled"
        else:
            yield name, "passed", ""


def ctest_outcome(test):
    return {"run": "passed", "fail": "failed"}.get(test.get("status"), "skipped")


def cases(folder):
    for test in ET.parse(folder / "ctest.junit").iter("testcase"):
        name, outcome = test.get("name"), ctest_outcome(test)
        report = folder / f"{name}_test.xml"
        found = list(gtest_cases(report)) if report.exists() else []
        # A program that died says nothing of itself.
        if not found or (outcome == "failed" and all(o != "failed" for _, o, _ in found)):
            reason = test.find("skipped")
            found.append((name, outcome, "" if reason is None else reason.get("message", "")))
        yield from found


def main():
    try:
        found = list(cases(Path(sys.argv[1])))
    except (OSError, ET.ParseError) as error:
        found = [(f"no report of ctest: {error}", "failed", "")]
    found = found or [("no test was selected", "failed", "")]
    count = {outcome: sum(1 for _, o, _ in found if o == outcome)
             for outcome in ("passed", "failed", "skipped")}
    print(count["passed"], count["failed"], count["skipped"])
    for name, outcome, reason in found:
        if outcome != "passed":
            print(f"{outcome}: {name}" + (f": {reason}" if reason else ""))


if __name__ == "__main__":
    main()
