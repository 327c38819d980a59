import { Button, NativeSelect, NumberInput, Textarea } from "@mantine/core";

import { randomId } from "@/lib/id";

import classes from "./decision.module.css";
import type { AskedItem } from "./queries";
import { STRINGS } from "./strings";

const MAX_ITEMS = 50;

export interface DraftItem {
  id: string;
  path: string;
  line: number | null;
  text: string;
}

/** An item as it is sent: a line counts only within a file. */
export function itemOf(draft: DraftItem): AskedItem {
  return { path: draft.path, line: draft.path === "" ? null : draft.line, text: draft.text.trim() };
}

/** What the agent has to do differently, one by one: a file of the change, a line, what is asked for. */
export function ItemFields({
  items,
  files,
  onChange,
}: {
  items: readonly DraftItem[];
  files: readonly { path: string }[];
  onChange: (items: readonly DraftItem[]) => void;
}) {
  const set = (id: string, changed: Partial<DraftItem>) => {
    onChange(items.map((item) => (item.id === id ? { ...item, ...changed } : item)));
  };
  return (
    <div className={classes["stack"]}>
      <p className={classes["quiet"]}>{STRINGS.askAgent}</p>
      {items.map((item, index) => {
        const name = `Item ${String(index + 1)}`;
        return (
          <fieldset key={item.id} className={classes["item"]} aria-label={name}>
            <NativeSelect
              size="xs"
              label={`${name}: file`}
              data={[{ value: "", label: "the change as a whole" }, ...files.map((file) => file.path)]}
              value={item.path}
              onChange={(event) => {
                set(item.id, { path: event.currentTarget.value });
              }}
            />
            {item.path !== "" && (
              <NumberInput
                size="xs"
                label={`${name}: line`}
                min={1}
                allowDecimal={false}
                value={item.line ?? ""}
                onChange={(value) => {
                  set(item.id, { line: typeof value === "number" ? value : null });
                }}
              />
            )}
            <Textarea
              size="xs"
              label={`${name}: what is asked for`}
              rows={2}
              maxLength={4000}
              value={item.text}
              onChange={(event) => {
                set(item.id, { text: event.currentTarget.value });
              }}
            />
            <Button
              size="xs"
              variant="subtle"
              color="gray"
              onClick={() => {
                onChange(items.filter((other) => other.id !== item.id));
              }}
            >
              Take {name.toLowerCase()} out
            </Button>
          </fieldset>
        );
      })}
      {items.length < MAX_ITEMS && (
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            onChange([...items, { id: randomId(), path: "", line: null, text: "" }]);
          }}
        >
          Add an item
        </Button>
      )}
    </div>
  );
}
