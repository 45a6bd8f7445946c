#!/usr/bin/env python3
"""The checker itself: a small house in order passes, and each planted violation is found."""

import tempfile
import unittest
from pathlib import Path

import check_house

IN_ORDER = {
    "src/base/CMakeLists.txt": "lockstep_folder(base SOURCES text.cpp)\n",
    "src/base/text.h": "#pragma once\n",
    "src/base/text.cpp": '#include "base/text.h"\n',
    "src/model/CMakeLists.txt":
        "lockstep_folder(model\n  SOURCES node.cpp # nodes\n  LINK base data\n"
        "  TESTS node_test.cpp)\n",
    "src/model/node.h": '#pragma once\n#include "base/text.h"\n',
    "src/model/node.cpp": '#include "model/node.h"\n#include "data/ports.h"\n',
    "src/model/node_test.cpp": '#include "model/node.h"\n',
    "src/inventory/CMakeLists.txt": "lockstep_folder(inventory SOURCES source.cpp LINK model)\n",
    "src/inventory/source.cpp": '#include "model/node.h"\n',
    "src/inventory/source.h": "#pragma once\n",
    "src/store/CMakeLists.txt": "lockstep_folder(store LINK model)\n",
    "src/store/store.h": '#pragma once\n#include "model/node.h"\n',
    "src/store/sql.h": "#pragma once\n",
    "src/store/shared_test.cpp": '#include "store/sql/backend.h"\n',
    "src/store/sql/CMakeLists.txt":
        "lockstep_folder(store_sql SOURCES backend.cpp LINK store TESTS ../shared_test.cpp)\n",
    "src/store/sql/backend.h": "#pragma once\n",
    "src/store/sql/backend.cpp": '#include "store/store.h"\n',
    "src/app/config.h": "#pragma once\n",
    "src/main.cpp": '#include "app/config.h"\n',
    "data/ports.h": "#pragma once\n",
    "scripts/packages.txt": "# list\n[build]\ng++\n[lab]\nbusybox\n",
    "docs/dependencies.md": "| `g++` | compiles |\n",
}

# description, file, its new text (None: taken away), a part of the one line that must come
PLANTED = [
    ("upward include", "src/base/text.h", '#pragma once\n#include "model/node.h"\n',
     'src/base/text.h:2: base may not include "model/node.h"'),
    ("sibling", "src/inventory/source.h", '#pragma once\n#include "store/store.h"\n',
     'inventory may not include "store/store.h"'),
    ("another header than the one allowed", "src/sweep/due.h",
     '#pragma once\n#include "store/sql.h"\n', 'sweep may not include "store/sql.h"'),
    ("app from below", "src/control/use.h", '#pragma once\n#include "app/config.h"\n',
     'control may not include "app/config.h"'),
    ("app from a test", "src/model/node_test.cpp", '#include "app/config.h"\n',
     'model may not include "app/config.h"'),
    ("subfolder from its parent", "src/inventory/source.h",
     '#pragma once\n#include "inventory/file/csv.h"\n', 'may not include "inventory/file/csv.h"'),
    ("subfolder from its sibling", "src/inventory/file/csv.h",
     '#pragma once\n#include "inventory/genders/g.h"\n', 'may not include "inventory/genders/g.h"'),
    ("relative include", "src/base/text.cpp", '#include "text.h"\n', 'no file "text.h"'),
    ("include with dots", "src/base/text.cpp", '#include "../base/text.h"\n',
     'no file "../base/text.h"'),
    ("detour", "src/base/text.cpp", '#include "model/../base/text.h"\n',
     'may not include "model/../base/text.h"'),
    ("unknown folder", "src/misc/junk.h", "#pragma once\n", "misc is not in the table"),
    ("no #pragma once", "src/base/text.h", "// #pragma once\n", "without #pragma once"),
    ("long file", "src/base/text.cpp", "//\n" * 601, "601 lines"),
    ("co_await in a condition", "src/base/text.cpp", "  if (!co_await f(g(1))) return;\n",
     "src/base/text.cpp:1: co_await within a condition"),
    ("co_await behind &&", "src/base/text.cpp", "  if (a && co_await f()) return;\n", "co_await"),
    ("include without LINK", "src/inventory/source.cpp",
     '#include "model/node.h"\n#include "base/text.h"\n', "inventory includes base without a LINK"),
    ("LINK without include", "src/inventory/source.cpp", "", "has a LINK to model"),
    ("test include without TEST_LINK", "src/model/node_test.cpp", '#include "store/store.h"\n',
     "a test of model includes store"),
    ("TEST_LINK without include", "src/base/CMakeLists.txt",
     "lockstep_folder(base SOURCES text.cpp TEST_LINK model)\n", "has a TEST_LINK to model"),
    ("forgotten source", "src/base/CMakeLists.txt", "lockstep_folder(base)\n",
     "src/base/text.cpp:1: no lockstep_folder() names"),
    ("untold dependency", "docs/dependencies.md", "`g++` is told, but not in a row\n",
     "g++ has no row"),
    ("no list of dependencies", "docs/dependencies.md", None, "g++ has no row"),
    ("somebody's home", "docs/a.md", "see /ho" "me/alice/notes\n", "docs/a.md:1: /ho" "me/alice"),
]


class CheckHouseTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="check_house.")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def build(self, changes):
        for name, text in (IN_ORDER | changes).items():
            if text is not None:
                path = self.root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")

    def test_a_house_in_order_passes(self):
        self.build({})
        self.assertEqual(check_house.check(self.root), [])

    def test_each_planted_violation_is_found(self):
        for description, file, text, expected in PLANTED:
            with self.subTest(description):
                self.setUp()
                extra = {"src/inventory/file/csv.h": "#pragma once\n",
                         "src/inventory/genders/g.h": "#pragma once\n"}
                self.build(extra | {file: text})
                found = check_house.check(self.root)
                self.assertTrue(any(expected in line for line in found), found or "nothing found")

    def test_the_checkout_and_its_parent_are_paths_of_one_machine(self):
        paths = check_house.machine_paths(Path("/ci/runs/7"), Path("/ho" "me/bob"))
        self.assertEqual(paths, ["/ci/runs", "/ci/runs/7", "/ho" "me/bob"])
        self.assertEqual(check_house.machine_paths(Path("/tm" "p/x"), Path("/")), ["/tm" "p/x"])


if __name__ == "__main__":
    unittest.main()
