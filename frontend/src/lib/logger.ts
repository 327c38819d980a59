/** The only log of the app. It keeps the last entries in memory, so that an error page can show what led there. */
export type LogLevel = "info" | "warn" | "error";

export interface LogEntry {
  time: string;
  level: LogLevel;
  message: string;
  correlationId: string | null;
}

const KEPT = 50;
const entries: LogEntry[] = [];

function write(level: LogLevel, message: string, correlationId: string | null = null): void {
  entries.push({ time: new Date().toISOString(), level, message, correlationId });
  if (entries.length > KEPT) entries.shift();
}

export const logger = {
  info: (message: string, correlationId?: string | null) => {
    write("info", message, correlationId);
  },
  warn: (message: string, correlationId?: string | null) => {
    write("warn", message, correlationId);
  },
  error: (message: string, correlationId?: string | null) => {
    write("error", message, correlationId);
  },
  entries: (): readonly LogEntry[] => entries,
};
