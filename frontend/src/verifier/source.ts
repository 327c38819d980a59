// Where bytes come from: a file of the browser's, a piece of an archive, a file of Node's.
import type { Bytes } from "./bytes";

/** Bytes that can be read piece by piece. `read` gives fewer only where the end is reached. */
export interface Source {
  readonly size: number;
  read(begin: number, end: number): Promise<Bytes>;
}

const WINDOW = 1024 * 1024;

/** Reads a source from its beginning on, some bytes at a time, in flat memory. */
export class Stream {
  position = 0;
  private readonly source: Source;
  private window: Bytes = new Uint8Array(0);
  private start = 0;

  constructor(source: Source) {
    this.source = source;
  }

  /** The next bytes: fewer only at the end. At most a window's worth at a time. */
  async take(size: number): Promise<Bytes> {
    const most = Math.min(size, WINDOW);
    if (this.position + most > this.start + this.window.length) {
      this.start = this.position;
      this.window = await this.source.read(this.position, Math.min(this.source.size, this.position + WINDOW));
    }
    const from = this.position - this.start;
    const taken = this.window.subarray(from, from + most);
    this.position += taken.length;
    return taken;
  }
}
