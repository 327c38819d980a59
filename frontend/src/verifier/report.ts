// What a verification found, check by check.
import { cut } from "./bytes";
import { Refused, Unreadable } from "./errors";

export type Status = "ok" | "failed" | "not covered";

export interface Check {
  readonly name: string;
  readonly status: Status;
  readonly detail: string;
  /** Where it failed, the stable codes of the reasons, the first of them its own. */
  readonly codes: readonly string[];
}

export interface ReportData {
  readonly subject: string;
  readonly trust: string;
  readonly verdict: "ok" | "failed";
  readonly failed: readonly string[];
  readonly checks: readonly Check[];
}

const MAX_DETAIL = 600;

export class Report {
  readonly subject: string;
  readonly trust: string;
  readonly checks: Check[] = [];
  private readonly noted: (check: Check) => void;

  constructor(subject = "", trust = "", noted: (check: Check) => void = () => undefined) {
    this.subject = subject;
    this.trust = trust;
    this.noted = noted;
  }

  /** Whether at least one check was made and none failed. */
  get holds(): boolean {
    return this.checks.some(({ status }) => status === "ok") && this.failures.length === 0;
  }

  get failures(): readonly Check[] {
    return this.checks.filter(({ status }) => status === "failed");
  }

  add(name: string, status: Status, detail: string, codes: readonly string[] = []): void {
    const check = { name, status, detail: cut(printable(detail), MAX_DETAIL), codes };
    this.checks.push(check);
    this.noted(check);
  }

  /** Make a check: it fails with the reason when the function refuses. */
  async attempt<T>(
    name: string,
    make: () => T | Promise<T>,
    detail: (result: T) => string,
  ): Promise<T | undefined> {
    let result: T;
    try {
      result = await make();
    } catch (error) {
      if (error instanceof Refused) this.add(name, "failed", error.message, [error.code, ...error.reasons]);
      else if (error instanceof Unreadable) {
        this.add(name, "failed", `cannot be read: ${error.message} [file.read]`, ["file.read"]);
      } else throw error;
      return undefined;
    }
    this.add(name, "ok", detail(result));
    return result;
  }

  notCovered(name: string, reason: string): void {
    this.add(name, "not covered", reason);
  }

  data(): ReportData {
    return {
      subject: printable(this.subject),
      trust: this.trust,
      verdict: this.holds ? "ok" : "failed",
      failed: this.failures.map(({ name }) => name),
      checks: this.checks,
    };
  }
}

/** The text with everything written out that acts on a reader instead of being seen. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Z}]/gu, (character) =>
    character === " " ? " " : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
