import { describe, expect, it } from "vitest";

import css from "./tokens.css?raw";

function tokens(scheme: "light" | "dark"): Map<string, string> {
  const block = new RegExp(`\\[data-mantine-color-scheme="${scheme}"\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? "";
  return new Map([...block.matchAll(/--cs-([\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1] ?? "", match[2] ?? ""]));
}

function luminance(colour: string): number {
  const channel = (at: number): number => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

describe.each(["light", "dark"] as const)("colour tokens, %s", (scheme) => {
  const values = tokens(scheme);
  const of = (name: string): string => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`no token ${name}`);
    return value;
  };

  it.each(["pass", "fail", "wait", "run", "idle"])("status %s reads on its own background and on every surface", (status) => {
    for (const background of [`${status}-bg`, "surface", "raised", "canvas", "hover", "selected"]) {
      expect(contrast(of(status), of(background)), `${status} on ${background}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each(["text", "text-2", "text-3", "accent"])("%s reads on every surface", (text) => {
    for (const background of ["surface", "raised", "canvas", "hover", "selected"]) {
      expect(contrast(of(text), of(background)), `${text} on ${background}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each(["insert-bg", "insert-edit", "delete-bg", "delete-edit"])("code reads on %s", (background) => {
    expect(contrast(of("text"), of(background))).toBeGreaterThanOrEqual(4.5);
  });

  it("white reads on the filled button, and a bar stands out from the surface", () => {
    expect(contrast("#ffffff", of("accent-fill"))).toBeGreaterThanOrEqual(4.5);
    expect(contrast("#ffffff", of("fail-fill"))).toBeGreaterThanOrEqual(4.5);
    expect(contrast("#ffffff", of("accent-fill-hover"))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(of("bar"), of("surface"))).toBeGreaterThanOrEqual(3);
  });
});
