import { ActionIcon } from "@mantine/core";
import { useState } from "react";

import { CheckIcon, CopyIcon } from "./icons";

/** Absent where the browser offers no clipboard (plain http): the text can still be selected. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false);
  const clipboard = (navigator as Partial<Navigator>).clipboard;
  if (clipboard === undefined) return null;
  return (
    <ActionIcon
      size={24}
      aria-label={copied ? `${what} copied` : `Copy ${what}`}
      onClick={() => {
        void clipboard.writeText(text).then(() => {
          setCopied(true);
        });
      }}
      onBlur={() => {
        setCopied(false);
      }}
    >
      {copied ? <CheckIcon /> : <CopyIcon />}
    </ActionIcon>
  );
}
