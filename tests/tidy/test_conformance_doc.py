"""The checker of docs/conformance/ can fail: a good tree of its own, broken in one way each time."""
import pytest

import conformance_doc

HEADER = "| section | requirement | what we do | tests |\n|---|---|---|---|\n"
OTHERS = "| section | requirement | whose |\n|---|---|---|\n| 4.1 | ask the user | the browser's |\n"
ROW = "| 5.1 | mask | kept | `suite/is_true` |\n"
GOOD = {
    "docs/conformance.md": "See [the table](conformance/one.md).\n",
    "docs/conformance/one.md": "# One\n\n" + HEADER + ROW +
                               "| 5.2 | a \\| b | kept: so | `suite/with_options`, "
                               "`test_x.py::test_it`, `fuzz frame` |\n"
                               "| 5.3 | no | otherwise: why | `test_x.py::test_async`, `conformance 1.1.2` |\n"
                               "| 5.4 | no | kept | `params/are_tested`, `theory/holds`, `rows/first`, "
                               "`conformance 12.1.1` |\n\n" + OTHERS,
    "tests/unit/a/test_a.c": "Test(suite, is_true)\n{\n}\nTest(suite, with_options, .signal = SIGABRT)\n{\n}\n"
                             "/* Test(suite, in_a_comment) */\n"
                             "ParameterizedTest(struct row *row, params, are_tested)\n{\n}\n"
                             "Theory((int a, int b), theory, holds)\n{\n}\n",
    "tests/unit/a/test_rows.c": "#define CHECK(suite, sentence) \\\n    Test(suite, sentence) \\\n    {}\n"
                                '#include "tests/unit/a/rows.def"\n',
    "tests/unit/a/rows.def": "/* Rows. */\nCHECK(rows, first)\n",
    "tests/e2e/test_x.py": "def test_it():\n    pass\n\n\nasync def test_async():\n    pass\n\n\n"
                           "def helper():\n    pass\n",
    "tests/conformance/group_1.def": '/* Rows. */\nCASE("1.1.2", WHOLE, "T")\n',
    "tests/conformance/group_12.def": '/* Rows. */\nSTREAM("12.1.1", 1)\n',
    "tests/fuzz/fuzz_frame.c": "int x;\n",
}


def findings_with(folder, changed):
    for path, text in {**GOOD, **changed}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return conformance_doc.check(folder)


def test_a_good_table_has_no_finding(tmp_path):
    assert findings_with(tmp_path, {}) == ([], [3, 1, 1])


def row(cells):
    return {"docs/conformance/one.md": HEADER + cells + "\n"}


def row_of(tests):
    return row(f"| 1 | x | kept | {tests} |")


BROKEN = {
    "a Criterion test that there is not": (row_of("`suite/is_false`"), "no test suite/is_false"),
    "a test that is only in a comment": (row_of("`suite/in_a_comment`"), "no test suite/in_a_comment"),
    "a suite that there is not": (row_of("`other/is_true`"), "no test other/is_true"),
    "a test of pytest that there is not": (row_of("`test_x.py::test_at`"), "no test test_x.py::test_at"),
    "a function of pytest that is no test": (row_of("`test_x.py::helper`"), "no test test_x.py::helper"),
    "a file of pytest that there is not": (row_of("`test_y.py::test_it`"), "no test test_y.py::test_it"),
    "an unknown case": (row_of("`conformance 1.1.3`"), "no test conformance 1.1.3"),
    "a group of cases": (row_of("`conformance 1.1`"), "no test conformance 1.1"),
    "a misspelt fuzzer": (row_of("`fuzz fram`"), "no test fuzz fram"),
    "one test of two that there is not": (row_of("`suite/is_true`, `suite/no`"), "no test suite/no"),
    "a row without a test": (row("| 1 | x | kept | |"), "has no test"),
    "a test without backquotes": (row("| 1 | x | kept | `suite/is_true`, suite/is_true |"), "nothing but tests"),
    "a row without a verdict": (row("| 1 | x | surely | `suite/is_true` |"), "must begin with"),
    "a deviation without a reason": (row("| 1 | x | otherwise: | `suite/is_true` |"), "must begin with"),
    "a row without a requirement": (row("| 1 | | kept | `suite/is_true` |"), "says nothing of: requirement"),
    "a row of three cells": (row("| 1 | x | `suite/is_true` |"), "has 3 cells, due are 4"),
    "a duty that is nobody's": ({"docs/conformance/one.md": HEADER + ROW + "\n" + OTHERS + "| 1 | x | |\n"},
                                "says nothing of: whose"),
    "a file without a table": ({"docs/conformance/two.md": "# Two\n", "docs/conformance.md": "(conformance/one.md), "
                                "(conformance/two.md)\n"}, "two.md:1: has no table"),
    "a file that nobody links": ({"docs/conformance.md": "nothing\n"}, "one.md:1: is not linked"),
    "a case that was taken away": ({"tests/conformance/group_1.def": "/* Rows. */\n"}, "no test conformance 1.1.2"),
    "a fuzzer that was taken away": ({"tests/fuzz/fuzz_frame.c": "", "docs/conformance/one.md": HEADER +
                                      "| 1 | x | kept | `fuzz frames` |\n"}, "no test fuzz frames"),
}


@pytest.mark.parametrize("changed, expected", BROKEN.values(), ids=BROKEN.keys())
def test_finds(tmp_path, changed, expected):
    findings, _ = findings_with(tmp_path, changed)
    assert len(findings) == 1 and expected in findings[0], findings


def test_finds_that_all_tables_are_gone(tmp_path):
    findings, _ = findings_with(tmp_path, {"docs/conformance/one.md": "# One\n"})
    assert any("no requirement at all" in finding for finding in findings)
