import { MantineProvider } from "@mantine/core";
import { act, createEvent, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { type Known, recognise } from "./files";
import { judge } from "./judge";
import type { Answer, Begin, Given } from "./protocol";
import { ReportView } from "./report-view";
import { stagesOf } from "./stages";
import { STRINGS } from "./strings";
import { Verifying } from "./verify-page";

const file = (name: string, ...parts: BlobPart[]): File => new File(parts, name);
const files = (...paths: string[]): ReadonlyMap<string, File> =>
  new Map(paths.map((path) => [path, file(path.slice(path.lastIndexOf("/") + 1), "x")]));

/** A trust file of keys that signed nothing. */
async function trust(): Promise<File> {
  const origin = "log.example/test";
  const key = Uint8Array.from({ length: 32 }, (_, at) => at + 1);
  const name = new TextEncoder().encode(`${origin}\n`);
  const hashed = await crypto.subtle.digest("SHA-256", Uint8Array.of(...name, 1, ...key));
  const id = [...new Uint8Array(hashed).subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const raw = btoa(String.fromCharCode(...key));
  const digest = [...new Uint8Array(await crypto.subtle.digest("SHA-256", key))];
  const role = { [`sha256:${digest.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`]: raw };
  const data = {
    format: "countersign/trust/v1",
    origin,
    log_keys: [`${origin}+${id}+${btoa(String.fromCharCode(1, ...key))}`],
    mode: "self-attested",
    roles: { runner: role, gates: role, scorer: role, decisions: role },
    allow_unattended: false,
    witnesses: [],
    quorum: 0,
  };
  return file("trust.json", JSON.stringify(data));
}

async function answersOf(given: Given, by: File): Promise<Answer[]> {
  const answers: Answer[] = [];
  await judge({ given, trust: by }, (answer) => answers.push(answer));
  return answers;
}

/** The verifier itself, without a worker around it: jsdom has none. */
const here: Begin = (asked, answered) => {
  let ended = false;
  void judge(asked, (answer) => {
    if (!ended) answered(answer);
  });
  return () => {
    ended = true;
  };
};
/** A verification that gets as far as is told. */
let tell: (done: number) => void = () => undefined;
const never: Begin = (_, answered) => {
  tell = (done) => {
    answered({ type: "progress", done, all: 2000 });
  };
  answered({ type: "check", check: { name: "files", status: "ok", detail: "3 files", codes: [] } });
  tell(512);
  return () => undefined;
};

const shown = (begin: Begin) =>
  render(
    <MantineProvider>
      <Verifying begin={begin} />
    </MantineProvider>,
  );

describe("what was chosen", () => {
  it.each<[string[], Known["kind"]]>([
    [["export/checkpoint", "export/tile/0/000"], "log"],
    [["checkpoint", "index.json"], "log"],
    [["p.tar"], "pack"],
    [["p.tar", "d1.dsse.json", "readme.txt"], "pack"],
    [["found.jsonl"], "events"],
    [["a.jsonl", "b.jsonl"], "none"],
    [["a.tar", "b.tar"], "none"],
    [["trust.json"], "none"],
    [["picture.png"], "none"],
    [[], "none"],
  ])("%j is recognised as %s", (paths, kind) => {
    expect(recognise(files(...paths)).kind).toBe(kind);
  });

  it("takes the directory's own name off the paths of an export, and decisions to a pack", () => {
    const log = recognise(files("export/checkpoint", "export/packs/p.tar"));
    expect(log).toMatchObject({ kind: "log", name: "export" });
    expect(log.kind === "log" && [...log.files.keys()]).toEqual(["checkpoint", "packs/p.tar"]);
    const pack = recognise(files("p.tar", "d1.dsse.json", "notes.json"));
    expect(pack.kind === "pack" && pack.decisions.map(({ name }) => name)).toEqual(["d1.dsse.json"]);
  });

  it("is nothing where there is too much of it, and says so", () => {
    expect(recognise(files("checkpoint", "index.json"), 2).kind).toBe("log");
    expect(recognise(files("checkpoint", "index.json"), 1)).toEqual({ kind: "none", why: STRINGS.tooMany(1) });
  });

  it("says where a trust file belongs", () => {
    expect(recognise(files("trust.json"))).toEqual({ kind: "none", why: STRINGS.looksLikeTrust });
  });
});

describe("the verifier behind the page", () => {
  it("names the reason for which a pack is refused", async () => {
    const answers = await answersOf({ kind: "pack", pack: file("p.tar", "no pack"), decisions: [] }, await trust());
    const last = answers.at(-1);
    expect(last?.type === "report" && last.report).toMatchObject({ subject: "pack p.tar", verdict: "failed", failed: ["container"] });
    expect(answers.filter(({ type }) => type === "check").length).toBeGreaterThan(1);
  });

  it.each<Given>([
    { kind: "log", files: files("checkpoint"), known: [file("kept", "no note")] },
    { kind: "event", files: files("checkpoint"), index: 0 },
    { kind: "events", lines: file("found.jsonl", "{}\n") },
  ])("refuses $kind that is none", async (given) => {
    const last = (await answersOf(given, await trust())).at(-1);
    expect(last?.type === "report" && last.report.failed).toContain("checkpoint");
  });

  it("says nothing at all by a trust file that is none", async () => {
    const [answer, ...more] = await answersOf({ kind: "events", lines: file("x.jsonl", "") }, file("trust.json", "{}"));
    expect(more).toEqual([]);
    expect(answer).toMatchObject({ type: "impossible", title: STRINGS.trustRefused });
  });

  it("tells a file that went away from one that does not hold", async () => {
    const gone = file("trust.json", "x");
    gone.slice = () => ({ arrayBuffer: () => Promise.reject(new Error("gone")) }) as unknown as Blob;
    const [answer] = await answersOf({ kind: "events", lines: file("x.jsonl", "") }, gone);
    expect(answer).toMatchObject({ type: "impossible", title: STRINGS.unreadable, why: "gone" });
  });
});

describe("the page", () => {
  it("verifies what was chosen and shows what failed", async () => {
    const user = userEvent.setup();
    shown(here);
    const button = screen.getByRole("button", { name: STRINGS.verify });
    expect(button).toHaveProperty("disabled", true);
    await user.upload(screen.getByLabelText(STRINGS.chooseFiles), file("p.tar", "no pack"));
    expect(screen.getByText("p.tar")).toBeDefined();
    await user.upload(screen.getByLabelText(STRINGS.chooseTrust), await trust());
    await user.click(button);
    expect(await screen.findByText(STRINGS.fails(1))).toBeDefined();
    expect(screen.getByRole("region", { name: `${STRINGS.failed} (1)` }).textContent).toContain("container");
    // Another choice: what was said is not about it.
    await user.upload(screen.getByLabelText(STRINGS.chooseFiles), file("picture.png", "x"));
    expect(screen.queryByText(STRINGS.fails(1))).toBeNull();
    expect(screen.getByText(STRINGS.unknown)).toBeDefined();
  });

  it("shows how far it is, and stops when told to", async () => {
    const user = userEvent.setup();
    shown(never);
    await user.upload(screen.getByLabelText(STRINGS.chooseFiles), file("found.jsonl", "x"));
    await user.upload(screen.getByLabelText(STRINGS.chooseTrust), await trust());
    await user.click(screen.getByRole("button", { name: STRINGS.verify }));
    expect(screen.getByText("Reading 512 of 2,000 events")).toBeDefined();
    await user.click(screen.getByRole("button", { name: STRINGS.stop }));
    expect(screen.getByText(STRINGS.stopped)).toBeDefined();
  });

  it("tells a screen reader each quarter, and not each number", async () => {
    shown(never);
    await userEvent.upload(screen.getByLabelText(STRINGS.chooseFiles), file("found.jsonl", "x"));
    await userEvent.upload(screen.getByLabelText(STRINGS.chooseTrust), await trust());
    await userEvent.click(screen.getByRole("button", { name: STRINGS.verify }));
    const region = screen.getByRole("status");
    const said = new Set<string | null>();
    for (let done = 0; done <= 2000; done += 125) {
      act(() => {
        tell(done);
      });
      said.add(region.textContent);
    }
    expect([...said]).toEqual([0, 25, 50, 75, 100].map(STRINGS.readingPart));
  });

  it("asks for a whole number as the place of an event", async () => {
    const user = userEvent.setup();
    shown(never);
    const checkpoint = file("checkpoint", "x");
    await user.upload(screen.getByLabelText(STRINGS.chooseFiles), checkpoint);
    await user.upload(screen.getByLabelText(STRINGS.chooseTrust), await trust());
    await user.type(screen.getByLabelText(STRINGS.event), "-1");
    expect(screen.getByText(STRINGS.eventWrong)).toBeDefined();
    expect(screen.getByRole("button", { name: STRINGS.verify })).toHaveProperty("disabled", true);
  });
});

/** What a browser hands over when files are dropped, as far as jsdom has none of it. */
const fileEntry = (path: string, got: File | Error) => ({
  isFile: true,
  fullPath: path,
  file: (done: (file: File) => void, failed: (why: Error) => void) => {
    if (got instanceof File) done(got);
    else failed(got);
  },
});
const directoryEntry = (path: string, ...batches: object[][]) => ({
  isFile: false,
  fullPath: path,
  createReader: () => ({
    readEntries: (done: (entries: object[]) => void) => {
      done(batches.shift() ?? []);
    },
  }),
});

function drop(title: string, ...entries: (object | null)[]): void {
  const place = screen.getByRole("region", { name: title });
  const event = createEvent.drop(place);
  Object.defineProperty(event, "dataTransfer", { value: { items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })) } });
  fireEvent(place, event);
}

describe("dropping", () => {
  it("takes the files of a directory and of those within it, however many batches they come in", async () => {
    shown(never);
    const tile = directoryEntry("/export/tile", [fileEntry("/export/tile/0", file("0", "x"))]);
    drop(STRINGS.evidence, directoryEntry("/export", [fileEntry("/export/checkpoint", file("checkpoint", "x"))], [tile]));
    expect(await screen.findByText(/exported log of 2 files/)).toBeDefined();
    drop(STRINGS.trust, fileEntry("/trust.json", await trust()));
    await screen.findByText("trust.json");
    expect(screen.getByRole("button", { name: STRINGS.verify })).toHaveProperty("disabled", false);
  });

  it("says what could not be read, and keeps nothing of before or of half a directory", async () => {
    shown(never);
    drop(STRINGS.evidence, fileEntry("/p.tar", file("p.tar", "x")));
    await screen.findByText("p.tar");
    drop(STRINGS.trust, fileEntry("/trust.json", await trust()));
    await screen.findByText("trust.json");
    const half = [fileEntry("/export/checkpoint", file("checkpoint", "x")), fileEntry("/export/index.json", new Error("gone"))];
    drop(STRINGS.evidence, directoryEntry("/export", half));
    expect(await screen.findByText(`${STRINGS.dropFailed}: gone`)).toBeDefined();
    expect(screen.queryByText("p.tar")).toBeNull();
    expect(screen.getByRole("button", { name: STRINGS.verify })).toHaveProperty("disabled", true);
    await userEvent.upload(screen.getByLabelText(STRINGS.chooseFiles), file("found.jsonl", "x"));
    expect(screen.queryByText(`${STRINGS.dropFailed}: gone`)).toBeNull();
    expect(screen.getByText("found.jsonl")).toBeDefined();
  });

  it("says that text or a link is no file", async () => {
    shown(never);
    drop(STRINGS.trust, null);
    expect(await screen.findByText(STRINGS.nothing)).toBeDefined();
  });

  it("takes what was dropped last, also where what was dropped before takes longer", async () => {
    shown(never);
    let late: (file: File) => void = () => undefined;
    const slow = { ...fileEntry("/slow.tar", file("slow.tar", "x")), file: (done: (got: File) => void) => (late = done) };
    drop(STRINGS.evidence, slow);
    expect(await screen.findByText(STRINGS.dropReading)).toBeDefined();
    drop(STRINGS.evidence, fileEntry("/quick.tar", file("quick.tar", "x")));
    await screen.findByText("quick.tar");
    late(file("slow.tar", "x"));
    await Promise.resolve();
    expect(screen.getByText("quick.tar")).toBeDefined();
    expect(screen.queryByText("slow.tar")).toBeNull();
  });
});

describe("what was proved", () => {
  it("puts the checks together, failed before proved before open", () => {
    const check = (name: string, status: "ok" | "failed" | "not covered") => ({ name, status, detail: "", codes: [] });
    const stages = stagesOf([
      check("merges", "ok"),
      check("checkpoint", "ok"),
      check("witnesses", "not covered"),
      check("line 7", "failed"),
      check("something new", "not covered"),
    ]);
    expect(stages.map(({ title, tone }) => [title, tone])).toEqual([
      ["Signed head", "pass"],
      ["Every event", "fail"],
      ["Merges", "pass"],
      ["Other", "idle"],
    ]);
  });

  it("has a place for every check that the verifier makes", () => {
    const source = Object.values(
      import.meta.glob<string>("../../verifier/*.ts", { query: "?raw", import: "default", eager: true }),
    ).join("\n");
    const names = new Set(
      [...source.matchAll(/\breport\.(?:attempt|notCovered|add)\(\s*"([^"]+)"/g)].map((match) => match[1] ?? ""),
    );
    expect(names.size).toBeGreaterThan(25);
    const checks = [...names].map((name) => ({ name, status: "ok" as const, detail: "", codes: [] }));
    expect(stagesOf(checks).map(({ title }) => title)).not.toContain("Other");
  });

  it("speaks of the page where the command line is meant", () => {
    const checks = [
      { name: "files", status: "ok" as const, detail: "1 files", codes: [] },
      { name: "known", status: "not covered" as const, detail: "give one with --known to see", codes: [] },
    ];
    render(
      <MantineProvider>
        <ReportView report={{ subject: "log", trust: "self-attested", verdict: "ok", failed: [], checks }} />
      </MantineProvider>,
    );
    expect(screen.getByText(STRINGS.holds)).toBeDefined();
    expect(screen.getByText("give one under “More” to see")).toBeDefined();
  });
});
