"""Which blobs a diff leads from and to."""

import pytest

from countersign_verify.diff import MAX_FILES, FileDiff, diff_read
from countersign_verify.tree import MODE_EXECUTABLE, MODE_FILE
from tests.unit.countersign_verify.samples import refused

A, B, ZERO = "a" * 40, "b" * 40, "0" * 40
CHANGED = f"diff --git a/x b/x\nindex {A}..{B} 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n"


def one(text: str) -> FileDiff:
    (found,) = diff_read(text.encode())
    return found


def test_diff_read_lists_every_file() -> None:
    added = f"diff --git a/n b/n\nnew file mode 100755\nindex {ZERO}..{B}\n"
    added += "--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n"
    removed = f"diff --git a/o b/o\ndeleted file mode 100644\nindex {A}..{ZERO}\n"
    removed += "Binary files a/o and /dev/null differ\n"
    mode = "diff --git a/m b/m\nold mode 100644\nnew mode 100755\n"
    assert diff_read((CHANGED + added + removed + mode).encode()) == (
        FileDiff("x", A, B, MODE_FILE),
        FileDiff("n", None, B, MODE_EXECUTABLE),
        FileDiff("o", A, None, MODE_FILE),
        FileDiff("m", None, None, MODE_EXECUTABLE),
    )
    assert diff_read(b"") == diff_read(b"\n") == ()


def test_diff_read_is_not_misled_by_the_lines_of_a_hunk() -> None:
    hostile = CHANGED + "+diff --git a/y b/y\n-index x\n \n\\ No newline at end of file\n"
    assert [file.path for file in diff_read(hostile.encode())] == ["x"]


def test_diff_read_accepts_content_that_is_no_text() -> None:
    assert diff_read(CHANGED.encode() + b"+\xff\xfe\n")[0].path == "x"


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("a/d e b/d e", "d e"),
        ("a/b b/b", "b"),
        ("a/b/b b/b b/b/b b/b", "b/b b/b"),
        (r'"a/\303\244\"\\\t" "b/\303\244\"\\\t"', 'ä"\\\t'),
        ('"a/ä\\n" "b/ä\\n"', "ä\n"),
    ],
)
def test_diff_read_undoes_the_spelling_of_paths(written: str, path: str) -> None:
    assert one(f"diff --git {written}\nindex {A}..{B} 100644\n").path == path


def test_diff_read_accepts_the_tab_after_a_path_with_blanks() -> None:
    text = f"diff --git a/d e b/d e\nindex {A}..{B} 100644\n--- a/d e\t\n+++ b/d e\t\n@@ -1 +1 @@\n-a\n+b\n"
    assert one(text).path == "d e"
    quoted = (
        f'diff --git "a/\\t" "b/\\t"\nindex {A}..{B} 100644\n--- "a/\\t"\n+++ "b/\\t"\n@@ -1 +1 @@\n-a\n+b\n'
    )
    assert one(quoted).path == "\t"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hello\n", "diff.shape"),
        (CHANGED.replace("index", "iindex"), "diff.shape"),
        (CHANGED.replace(A, A[:10]), "diff.shape"),
        ("diff --git a/x b/x\n", "diff.index"),
        ("diff --git a/x b/x\nnew file mode 100644\n", "diff.index"),
        (CHANGED.replace("index", "similarity index 90%\nindex"), "diff.rename"),
        (CHANGED.replace("a/x b/x", "a/x b/y"), "diff.path"),
        (CHANGED.replace("+++ b/x", "+++ b/y"), "diff.path"),
        (CHANGED.replace("--- a/x", "--- a/y"), "diff.path"),
        (CHANGED.replace("a/x b/x", "x x"), "diff.path"),
        (f'diff --git "a/x" b/x\nindex {A}..{B} 100644\n', "diff.path"),
        (f'diff --git "a/\\9xx" "b/\\9xx"\nindex {A}..{B} 100644\n', "diff.path"),
        (f'diff --git "a/\\377" "b/\\377"\nindex {A}..{B} 100644\n', "diff.path"),
        (f'diff --git "a\nindex {A}..{B} 100644\n', "diff.path"),
        ("\n" + CHANGED, "diff.shape"),
        (CHANGED.replace("index", "\n" * 16 + "index"), "diff.header"),
        (CHANGED.replace("/x", "/x" * 40_000), "diff.header"),
    ],
)
def test_diff_read_refuses_with_the_reason(text: str, code: str) -> None:
    with refused(code):
        diff_read(text.encode())


def test_diff_read_refuses_more_files_than_any_change_has() -> None:
    with refused("diff.files"):
        diff_read(b"diff --git a/x b/x\nold mode 100644\nnew mode 100755\n" * (MAX_FILES + 1))


def test_diff_read_takes_the_longest_paths_that_git_writes() -> None:
    path = "/".join("\u00e4" * 100 for _ in range(20))
    assert one(CHANGED.replace("/x", f"/{path}")).path == path
