import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { Seal } from "./seal";
import { sealGeometry } from "./seal-geometry";

const digest = (hex: string): string => `sha256:${hex.padEnd(64, "0")}`;

describe("sealGeometry", () => {
  it("is the same drawing for the same digest, however it is written", () => {
    expect(sealGeometry(digest("AB12"))).toEqual(sealGeometry(digest("ab12").slice(7)));
  });

  it.each([0, 1, 2, 3, 4, 5])("differs when byte %i differs", (at) => {
    const bytes = Array<string>(32).fill("50");
    const before = sealGeometry(bytes.join(""));
    bytes[at] = "53";
    expect(sealGeometry(bytes.join(""))).not.toEqual(before);
  });

  it("has a rim even where no cell is set", () => {
    expect(sealGeometry(digest("")).cells).toEqual([]);
    expect(sealGeometry(digest("")).rim).toMatch(/^M.*Z$/);
  });
});

describe("Seal", () => {
  it("says which digest it stands for", () => {
    render(<Seal digest={digest("abcdef12")} />);
    expect(screen.getByRole("img").getAttribute("aria-label")).toBe("Seal of abcdef12…0000");
  });
});
