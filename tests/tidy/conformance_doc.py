#!/usr/bin/env python3
"""Checks the tables of requirements in docs/conformance/: each row names tests, and each of them exists.

A table with the header TESTED has a row per requirement; in its last column stand tests, each in backquotes:
`suite/test` (Criterion), `file.py::test` (pytest), `conformance 5.15` (a case), `fuzz ws_frame`. A table with the
header OTHERS has what is another's duty, and so no test. Each finding is a line "path:line: text".
"""
import ast
import re
import sys
from pathlib import Path

TESTED = ["section", "requirement", "what we do", "tests"]
OTHERS = ["section", "requirement", "whose"]
VERDICT = re.compile(r"kept\b|otherwise: \S")
PLAIN_TEST = re.compile(r"^Test\(\s*(\w+)\s*,\s*(\w+)", re.M)
MORE_TEST = re.compile(r"^(?:ParameterizedTest|Theory)\((?:\([^()]*\)|[^,()]*),\s*(\w+)\s*,\s*(\w+)", re.M)
# A macro whose rows, in a .def that is included behind it, are tests.
ROW_MACRO = re.compile(r"#define (\w+)\((\w+), (\w+)\)[\s\\]*Test\(\2, \3\)")
INCLUDED_ROWS = re.compile(r'^#include "(tests/[^"]+\.def)"', re.M)
CASE = re.compile(r'^(?:CASE|STREAM)\("([0-9.]+)"', re.M)


# ---------------------------------------------------------------- what tests there are

def criterion_tests(root):
    for path in sorted(root.glob("tests/unit/**/*.c")):
        text = path.read_text(errors="replace")
        for suite, name in PLAIN_TEST.findall(text) + MORE_TEST.findall(text):
            yield f"{suite}/{name}"
        macro = ROW_MACRO.search(text)
        for rows in INCLUDED_ROWS.findall(text) if macro else ():
            for suite, name in re.findall(rf"^{macro[1]}\((\w+), (\w+)\)", (root / rows).read_text(), re.M):
                yield f"{suite}/{name}"


def pytest_tests(root):
    for path in sorted(root.glob("tests/e2e/test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
                yield f"{path.name}::{node.name}"


def cases(root):
    for path in sorted(root.glob("tests/conformance/group_*.def")):
        for number in CASE.findall(path.read_text()):
            yield f"conformance {number}"


def fuzzers(root):
    for path in sorted(root.glob("tests/fuzz/fuzz_*.c")):
        yield f"fuzz {path.stem.removeprefix('fuzz_')}"


def known_tests(root):
    return {name for each in (criterion_tests, pytest_tests, cases, fuzzers) for name in each(root)}


# ---------------------------------------------------------------- what the tables say

def cells_of(line):
    """The cells of a row; a bar behind a backslash is text."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def rows_of(text):
    """(line number, header, cells) of each row of each table of ours."""
    header = None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.startswith("|"):
            header = None
        elif header is None:
            header = cells_of(line)
        elif header in (TESTED, OTHERS) and not re.fullmatch(r"[|\-: ]+", line):
            yield number, header, cells_of(line)


def faults_of_tests(cell, known):
    names = re.findall(r"`([^`]+)`", cell)
    if not names:
        yield "has no test"
    if re.sub(r"`[^`]+`", "", cell).strip(" ,"):
        yield "must have nothing but tests in its last column, each in backquotes"
    for name in names:
        if name not in known:
            yield f"there is no test {name}"


def faults_of_row(header, cells, known):
    if len(cells) != len(header):
        yield f"has {len(cells)} cells, due are {len(header)}"
        return
    for name, cell in zip(header, cells):
        if not cell and name != "tests":
            yield f"says nothing of: {name}"
    if header == TESTED:
        if cells[2] and not VERDICT.match(cells[2]):
            yield "must begin with 'kept', or with 'otherwise: ' and the reason"
        yield from faults_of_tests(cells[3], known)


def kind_of(header, cells):
    """Which of the counts a row belongs to."""
    if header == OTHERS:
        return 2
    return int(len(cells) > 2 and cells[2].startswith("otherwise"))


def check(root):
    """Findings, as lines, and how many rows are (kept, otherwise, another's)."""
    known, findings, counts = known_tests(root), [], [0, 0, 0]
    overview = root / "docs/conformance.md"
    for path in sorted(root.glob("docs/conformance/*.md")):
        name, rows = path.relative_to(root), list(rows_of(path.read_text()))
        if not rows:
            findings.append(f"{name}:1: has no table with the header {' | '.join(TESTED)}")
        if f"conformance/{path.name}" not in overview.read_text():
            findings.append(f"{name}:1: is not linked from docs/conformance.md")
        for number, header, cells in rows:
            findings += [f"{name}:{number}: {fault}" for fault in faults_of_row(header, cells, known)]
            counts[kind_of(header, cells)] += 1
    if sum(counts) == 0:
        findings.append("docs/conformance: has no requirement at all")
    return findings, counts


def main():
    findings, counts = check(Path("."))
    kept, otherwise, others = counts
    print("\n".join(findings) or
          f"conformance: {kept} requirements kept, {otherwise} deliberately not, {others} are another's")
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
