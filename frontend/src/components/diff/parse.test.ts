import { describe, expect, it } from "vitest";

import { diffParse } from "./parse";

const MODIFIED = `diff --git a/src/a.py b/src/a.py
index 111..222 100644
--- a/src/a.py
+++ b/src/a.py
@@ -1,3 +1,3 @@ def f():
 import os
-import sys
+import re
 x = 1
@@ -10 +10,2 @@
-y = 2
+y = 3
+z = 4
\\ No newline at end of file
`;

describe("diffParse", () => {
  it("reads files, hunks and line numbers", () => {
    const { files, units, hidden } = diffParse(MODIFIED);
    expect(files).toHaveLength(1);
    expect(files[0]).toMatchObject({ path: "src/a.py", kind: "modified", added: 3, deleted: 2, binary: false });
    expect(units).toEqual(["0:0", "0:1"]);
    expect(files[0]?.hunks[1]?.changes.at(-1)).toMatchObject({ lineNumber: 11, content: "z = 4 ⟦no newline at the end⟧" });
    expect(hidden).toBe(0);
  });

  it("declares a binary file as one thing to be seen", () => {
    const { files, units } = diffParse(
      "diff --git a/logo.png b/logo.png\nnew file mode 100644\nindex 000..340\nBinary files /dev/null and b/logo.png differ\n" + MODIFIED,
    );
    expect(files[0]).toMatchObject({ path: "logo.png", kind: "added", binary: true });
    expect(units).toEqual(["0:whole", "1:0", "1:1"]);
  });

  it("skips the data of a binary patch, not the file after it", () => {
    const { files } = diffParse("diff --git a/l b/l\nindex 0..3\nGIT binary patch\nliteral 3\nKcmZ\n\n" + MODIFIED);
    expect(files.map((file) => file.path)).toEqual(["l", "src/a.py"]);
  });

  it("shows a mode change, which has no line", () => {
    const { files } = diffParse("diff --git a/run b/run\nold mode 100644\nnew mode 100755\n");
    expect(files[0]).toMatchObject({ modes: ["100644", "100755"], units: ["0:whole"] });
  });

  it.each([
    ["a/with space.py b/with space.py", "with space.py"],
    ['"a/\\303\\244\\t.py" "b/\\303\\244\\t.py"', "ä\t.py"],
    ["a/x b/y.py b/x b/y.py", "x b/y.py"],
  ])("reads the path of %s", (names, path) => {
    expect(diffParse(`diff --git ${names}\ndeleted file mode 100644\nindex 1..0\n`).files[0]).toMatchObject({ path, kind: "deleted" });
  });

  it("draws what hides, and counts it", () => {
    const { files, hidden } = diffParse(MODIFIED.replace("import re", "import re\u202e # \u200bok\r"));
    expect(hidden).toBe(2);
    expect(files[0]?.hunks[0]?.changes[2]?.content).toBe("import re⟦U+202E⟧ # ⟦U+200B⟧ok␍");
  });

  it.each([
    ["text that is no diff", "hello\n"],
    ["a hunk cut short", MODIFIED.slice(0, MODIFIED.indexOf(" x = 1"))],
    ["a hunk with a line of no kind", MODIFIED.replace(" import os", "import os")],
    ["a hunk that holds more than it says", MODIFIED.replace("-1,3 +1,3", "-1,2 +1,3")],
    ["lines after the last hunk", MODIFIED + "+smuggled\n"],
    ["two names under one head", MODIFIED.replace("+++ b/src/a.py", "+++ b/src/b.py")],
    ["a head that renames", MODIFIED.replace("a/src/a.py b/src/a.py", "a/src/a.py b/src/b.py")],
    ["an unknown line in a head", MODIFIED.replace("index 111", "inbox 111")],
  ])("refuses %s", (_, source) => {
    expect(() => diffParse(source)).toThrow();
  });
});
