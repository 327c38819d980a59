import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { client } from "@/lib/api";
import { show } from "@/lib/test-show";

import { AbsencesPage } from "./absences-page";
import { dayBegins, dayEnds } from "@/lib/days";
import { type Absence, absencesQuery } from "./queries";
import { STRINGS } from "./strings";

const absence: Absence = {
  id: "a1",
  person_id: "p1",
  person: "Dana",
  delegate_id: "p2",
  delegate: "Dora",
  roles: ["director"],
  nobody: "",
  gaps: [],
  starts_at: "2026-12-01T00:00:00Z",
  ends_at: "2026-12-31T00:00:00Z",
  ended_at: null,
  state: "now",
  declared_by: "Dana",
  mine: false,
  stands_in: false,
  may_change: true,
};
const standIns = [{ person_id: "p3", name: "Drew", roles: ["director"] }];

/** The page with one absence, and what it asks of the platform. */
async function shown(changed: Partial<Absence> = {}) {
  const post = vi.spyOn(client, "POST").mockReturnValue(new Promise(() => undefined));
  const answer = { results: [{ ...absence, ...changed }], stand_ins: standIns, may_declare_for_others: true };
  await show(<AbsencesPage declares={false} />, [[absencesQuery.queryKey, answer]]);
  return post;
}

const changing = () => screen.getByRole("button", { name: STRINGS.change });

describe("absences", () => {
  it("begin with the day or now, and end when the last day is over", () => {
    const now = new Date("2026-12-01T15:00");
    expect(dayBegins("", now)).toBeNull();
    expect(dayBegins("2026-12-01", now)).toBeNull();
    expect(dayBegins("2026-12-02", now)).toBe(new Date("2026-12-02T00:00").toISOString());
    expect(dayEnds("2026-12-31")).toBe(new Date("2027-01-01T00:00").toISOString());
  });
});

describe("who stands in", () => {
  it("stays who it is where nothing was typed or chosen", async () => {
    const post = await shown();
    await userEvent.click(changing());
    await userEvent.type(screen.getByLabelText(STRINGS.delegateAddress), "drew{Backspace>4/}");
    await userEvent.click(changing());
    expect(post).not.toHaveBeenCalled();
  });

  it("is another once an address was typed, and nobody once one said so", async () => {
    const post = await shown();
    await userEvent.type(screen.getByLabelText(STRINGS.delegateAddress), "drew@example.org");
    await userEvent.click(changing());
    expect(post.mock.calls[0]?.[1]).toMatchObject({ body: { delegate: "drew@example.org" } });
  });

  it("is taken back for another person only by the button that says so", async () => {
    const post = await shown();
    await userEvent.click(screen.getByRole("button", { name: STRINGS.nobodyInstead }));
    expect(post.mock.calls[0]?.[1]).toMatchObject({ params: { path: { id: "a1" } }, body: { delegate: "" } });
  });

  it("is shown in one's own absence even where they could not stand in any more, until another is chosen", async () => {
    const post = await shown({ mine: true });
    const choice = screen.getByRole("combobox");
    expect((choice as HTMLSelectElement).selectedOptions[0]?.textContent).toBe("Dora");
    await userEvent.click(changing());
    expect(post).not.toHaveBeenCalled();
    await userEvent.selectOptions(choice, STRINGS.nobody);
    await userEvent.click(changing());
    expect(post.mock.calls[0]?.[1]).toMatchObject({ body: { delegate: "" } });
  });
});
