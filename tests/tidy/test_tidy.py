"""The checker can fail: each rule is broken once, in a small tree of its own."""
import subprocess

import pytest

import tidy

LAYERS = """
simd
core/base
core/proto  core/base
gateway/log core/base
@liburing.h core/io
@openssl/   core/base/digest.c
"""
HEADER = """/*
 * noun - a thing.
 */
#ifndef CORE_BASE_NOUN_H
#define CORE_BASE_NOUN_H
int noun_of(int x);
#endif
"""
SOURCE = """#include "core/base/noun.h"

int noun_of(int x)
{
    return x;
}
"""
GOOD = {
    "tests/tidy/layers.txt": LAYERS.lstrip(),
    "tests/tidy/exceptions.txt": "# check path reason\n",
    "core/base/noun.h": HEADER,
    "core/base/noun.c": SOURCE,
    "tests/unit/core/base/test_noun.c": "int test_noun;\n",
    "core/proto/row.def": "/* Rows: name */\nROW(a)\n",
    "core/proto/row.h": "#ifndef CORE_PROTO_ROW_H\n#define CORE_PROTO_ROW_H\n#define ROW(a) enum { ROW_##a };\n"
                        '#include "core/proto/row.def"\n#undef ROW\n#endif\n',
}


def findings_with(folder, changed, compile_sources=False):
    """What the checker says of the good tree with some files changed or added."""
    for path, text in {**GOOD, **changed}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    if compile_sources:
        for path in list(folder.glob("core/**/*.c")) + list(folder.glob("simd/**/*.c")):
            out = folder / "obj" / path.relative_to(folder).with_suffix(".o")
            out.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cc", "-I.", "-c", str(path), "-o", str(out)], cwd=folder, check=True)
    return tidy.findings_of(folder, "obj", "cc")[0]


def test_a_good_tree_has_no_finding(tmp_path):
    assert findings_with(tmp_path, {}, compile_sources=True) == []


BROKEN = {
    "an include up the layers": (
        {"core/base/noun.c": '#include "core/proto/row.h"\n' + SOURCE}, "core/base must not include core/proto/row.h"),
    "a folder in no layer": ({"core/new/x.h": "#ifndef CORE_NEW_X_H\n#define CORE_NEW_X_H\n#endif\n"}, "in no layer"),
    "an outside header away from its folder": (
        {"core/base/noun.c": "#include <liburing.h>\n" + SOURCE}, "liburing.h belongs in core/io"),
    "an outside header away from its file": (
        {"core/base/noun.c": "#include <openssl/sha.h>\n" + SOURCE}, "belongs in core/base/digest.c"),
    "a long function": (
        {"core/base/noun.c": SOURCE.replace("    return", "    x++;\n" * 70 + "    return")}, "noun_of has 74 lines"),
    "a long file": ({"core/base/noun.c": SOURCE + "\n" * 600}, "606 lines, limit 600"),
    "a long line": ({"core/base/noun.c": SOURCE + "/* " + "x" * 118 + " */\n"}, "noun.c:7: longer than 120"),
    "a tab": ({"core/base/noun.c": SOURCE.replace("    return", "\treturn")}, "noun.c:5: tab"),
    "trailing whitespace": ({"core/base/noun.c": SOURCE.replace("x;", "x; ")}, "noun.c:5: whitespace at the end"),
    "no last newline": ({"core/base/noun.c": SOURCE.rstrip()}, "no newline at its end"),
    "a banned word": ({"core/base/noun.c": SOURCE + "/* sprintf() */\n"}, "sprintf( is banned"),
    "a guard of another name": (
        {"core/base/noun.h": HEADER.replace("_H", "_HEADER")}, "guard must be CORE_BASE_NOUN_H"),
    "a header that needs another": (
        {"core/base/noun.h": HEADER.replace("int x", "size_t x")}, "does not compile by itself"),
    "a source without a test": ({"core/base/verb.c": "static int x;\n"}, "has no tests/unit/core/base/test_verb.c"),
    "a table without a comment": ({"core/proto/row.def": "ROW(a)\n"}, "must open with a comment"),
    "a table that nobody includes": ({"core/proto/lost.def": "/* Rows. */\n"}, "lost.def: is included by nobody"),
    "an exception without a reason": (
        {"tests/tidy/exceptions.txt": "tests core/base/noun.c\n"}, "must read: check path reason"),
    "an exception that is not needed": (
        {"tests/tidy/exceptions.txt": "tests core/base/noun.c it is tested\n"}, "core/base/noun.c passes tests"),
}


@pytest.mark.parametrize("changed, expected", BROKEN.values(), ids=BROKEN.keys())
def test_finds(tmp_path, changed, expected):
    lines = findings_with(tmp_path, changed)
    assert len(lines) == 1 and expected in lines[0], lines


def test_finds_a_symbol_without_the_prefix(tmp_path):
    lines = findings_with(tmp_path, {"core/base/noun.c": SOURCE + "int other;\n"}, compile_sources=True)
    assert lines == ["core/base/noun.c: exports other, which does not begin with noun_ [symbols]"]


def test_the_level_is_the_prefix_in_simd(tmp_path):
    lines = findings_with(tmp_path, {"simd/v128/mask.c": "int v128_mask, mask_v128;\n"}, compile_sources=True)
    assert lines == ["simd/v128/mask.c: exports mask_v128, which does not begin with v128_ [symbols]"]


def test_an_outside_header_is_welcome_in_the_file_that_is_its_home(tmp_path):
    digest = {"core/base/digest.c": "#include <openssl/sha.h>\n",
              "tests/unit/core/base/test_digest.c": "int test_digest;\n"}
    assert findings_with(tmp_path, digest) == []


def test_an_exception_silences_one_check_for_one_file(tmp_path):
    lines = findings_with(tmp_path, {
        "core/base/verb.c": "static int x;\t\n",
        "core/base/also.c": "static int x;\n",
        "tests/tidy/exceptions.txt": "tests core/base/verb.c a reason\n"})
    assert [line.split(":")[0] for line in lines] == ["core/base/verb.c"] * 2 + ["core/base/also.c"]
