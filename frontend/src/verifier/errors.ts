/** Input that does not hold, with a stable code (the same in every verifier) and a sentence that names the reason. */
export class Refused extends Error {
  readonly code: string;
  /** The codes beneath it, where it sums up others: each once, sorted. */
  readonly reasons: readonly string[];

  constructor(code: string, message: string, reasons: Iterable<string> = []) {
    super(`${message} [${code}]`);
    this.name = "Refused";
    this.code = code;
    this.reasons = [...new Set(reasons)].sort();
  }
}

/** A file that cannot be read: it went away, or whoever started this may not. */
export class Unreadable extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "Unreadable";
  }
}

/** This browser lacks a part of WebCrypto: nothing can be said about the input. */
export class Unsupported extends Error {
  constructor(what: string) {
    super(`This browser cannot check ${what}. Use a newer one, or countersign-verify.`);
    this.name = "Unsupported";
  }
}
