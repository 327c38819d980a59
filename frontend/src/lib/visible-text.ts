/**
 * Characters that change what a reader sees without being seen: direction overrides, zero-width and control
 * characters. Text under review shows them by name, since hiding code behind them is a known way to fool reviewers.
 */
const HIDDEN =
  // eslint-disable-next-line no-control-regex, no-misleading-character-class -- control characters are exactly what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]|[\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

export interface VisibleText {
  text: string;
  hidden: number;
}

function mark(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `⟦U+${code.toString(16).toUpperCase().padStart(4, "0")}⟧`;
}

export function visibleText(source: string): VisibleText {
  let hidden = 0;
  // A carriage return before a line feed is a line ending of another system: shown, but nothing to warn of.
  const text = source.replaceAll("\r\n", "␍\n").replace(HIDDEN, (character) => {
    hidden += 1;
    return mark(character);
  });
  return { text, hidden };
}
