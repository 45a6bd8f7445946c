#!/usr/bin/env python3
"""What a browser loads for all views together is small.

    tests/web/bundle_test.py DIST
"""

import gzip
import pathlib
import sys
import unittest

LIMIT_KB = 250
DIST = None


def compressed(folder):
    """{name: bytes as they are sent}"""
    return {file.name: len(gzip.compress(file.read_bytes(), 9))
            for file in sorted(pathlib.Path(folder).rglob("*")) if file.is_file()}


class Bundle(unittest.TestCase):
    def test_all_of_it_is_small(self):
        sizes = compressed(DIST)
        self.assertIn("index.html", sizes)
        total = sum(sizes.values())
        largest = sorted(sizes, key=sizes.get)[-3:]
        print(f"{total / 1000:.1f} kB compressed in {len(sizes)} files; the largest: "
              + ", ".join(f"{name} {sizes[name] / 1000:.1f}" for name in largest))
        self.assertLess(total, LIMIT_KB * 1000)

    def test_nothing_in_it_asks_another_server(self):
        own = ("http://www.w3.org/", "https://svelte.dev/")  # names of namespaces, texts of errors
        for file in pathlib.Path(DIST).rglob("*"):
            if file.suffix not in (".js", ".css", ".html"):
                continue
            text = file.read_text(encoding="utf-8")
            for scheme in ("http://", "https://"):
                for rest in text.split(scheme)[1:]:
                    address = scheme + rest[:60]
                    self.assertTrue(address.startswith(own), f"{file.name}: {address}")


if __name__ == "__main__":
    DIST = sys.argv.pop(1)
    unittest.main()
