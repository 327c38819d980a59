// Times of events against their order in the log, and against the clocks of the witnesses.
//
// What was signed first was recorded first, but for what was under way at once. An event that says to be much
// older than one signed before it was dated back, or the platform's clock was set back. A witness's cosignature
// says by another clock when the log had so many events: none of those can be from later, none after from before.
import { hex } from "./bytes";
import { Refused } from "./errors";
import { type Checkpoint, type OpenedNote, verifierSame } from "./notes";
import { timeMoment } from "./time";
import type { Trust } from "./trust";

/** Transactions under way, sequencing, asking the witnesses, and clocks that are a little apart. */
const TOLERANCE_SECONDS = 600n;
const SECOND = 1_000_000n;
const LAST_SECOND = 253_402_300_799n; // of the year 9999

/** When a quorum of witnesses had seen a log of this size, in seconds since the epoch: one of them is honest. */
interface Witnessed {
  readonly size: number;
  readonly earliest: bigint;
  readonly latest: bigint;
}

/** The times of a log's events, taken one after the other. */
export class Clock {
  private readonly waiting: Witnessed[] = [];
  private next = 0;
  private sizes = 0;
  private newest = "";
  private newestIndex = -1;
  private floor = "";
  private floorSize = 0;
  private problem: Refused | undefined;
  private more = 0;

  /** Hold the times against what witnesses saw, before the first are taken; by ascending size. */
  witness(trust: Trust, { size }: Checkpoint, note: OpenedNote): void {
    const times = new Map<string, bigint>();
    for (const { verifier, timestamp } of note.cosigners) {
      if (trust.witnesses.some((witness) => verifierSame(witness, verifier))) times.set(hex(verifier.publicKey), timestamp);
    }
    if (times.size === 0 || times.size < trust.quorum) return;
    const sorted = [...times.values()].sort((one, other) => (one < other ? -1 : 1));
    // The newest checkpoint stands in two files, and readers keep what is in the export as well.
    if (this.waiting.at(-1)?.size !== size) this.sizes += 1;
    this.waiting.push({ size, earliest: sorted[0] ?? 0n, latest: sorted.at(-1) ?? 0n });
  }

  /** Take the times of the next events. */
  take(first: number, times: readonly string[]): void {
    this.boundaries(first);
    for (const [offset, time] of times.entries()) {
      this.boundaries(first + offset);
      this.event(first + offset, time);
    }
    this.boundaries(first + times.length);
  }

  /** How many witnessed checkpoints bound the times; refuses where an event is dated back or ahead. */
  result(): number {
    if (this.problem !== undefined) {
      const more = this.more > 0 ? `; ${this.more} more like it` : "";
      throw new Refused(this.problem.code, `${this.problem.message}${more}`);
    }
    return this.sizes;
  }

  private boundaries(size: number): void {
    for (;;) {
      const seen = this.waiting[this.next];
      if (seen === undefined || seen.size > size) return;
      this.next += 1;
      if (this.newest > timeText(seen.latest + TOLERANCE_SECONDS)) {
        this.refuse(
          new Refused(
            "clock.ahead",
            `event ${this.newestIndex} says ${this.newest}, more than 10 minutes after witnesses had seen it`,
          ),
        );
      }
      const floor = timeText(seen.earliest - TOLERANCE_SECONDS);
      if (floor > this.floor) {
        this.floor = floor;
        this.floorSize = seen.size;
      }
    }
  }

  private event(index: number, time: string): void {
    if (time < this.floor) {
      this.refuse(
        new Refused(
          "clock.witness",
          `event ${index} says ${time}, more than 10 minutes before witnesses saw the log without it, ` +
            `at ${this.floorSize} events`,
        ),
      );
    } else if (time < this.newest && !this.older(index, time)) return;
    if (time > this.newest) {
      this.newest = time;
      this.newestIndex = index;
    }
  }

  /** Judge an event that says to be older than one before it; false where one of the two is no time at all. */
  private older(index: number, time: string): boolean {
    try {
      const apart =
        timeMoment(this.newest, `the time of event ${this.newestIndex}`) - timeMoment(time, `the time of event ${index}`);
      if (apart > TOLERANCE_SECONDS * SECOND) {
        this.refuse(
          new Refused(
            "clock.back",
            `event ${index} says ${time}, ${apart / (60n * SECOND)} minutes before event ${this.newestIndex}, ` +
              "which was signed before it",
          ),
        );
      }
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.refuse(error);
      return false;
    }
  }

  private refuse(problem: Refused): void {
    if (this.problem === undefined) this.problem = problem;
    else this.more += 1;
  }
}

function timeText(seconds: bigint): string {
  const bounded = seconds < 0n ? 0n : seconds > LAST_SECOND ? LAST_SECOND : seconds;
  return new Date(Number(bounded) * 1000).toISOString().replace(".000Z", ".000000Z");
}
