import { queryOptions, useQuery } from "@tanstack/react-query";

import { Section } from "@/components/page";
import { type Answer, client, unwrap } from "@/lib/api";
import { formatDateTime } from "@/lib/format";
import { visibleText } from "@/lib/visible-text";

import classes from "./away.module.css";

export const awayQuery = (id: string) =>
  queryOptions({
    queryKey: ["absences", id],
    queryFn: ({ signal }) =>
      unwrap<Answer<"/api/v1/approval-requests/{id}/absences/">>(
        client.GET("/api/v1/approval-requests/{id}/absences/", { params: { path: { id } }, signal }),
      ),
  });

/** Who of those whom a request asks is away, and who is asked instead; nothing while all are there. */
export function Away({ id }: { id: string }) {
  const away = useQuery(awayQuery(id)).data?.results ?? [];
  if (away.length === 0) return null;
  return (
    <Section title="Away">
      {away.map((item) => (
        <p key={`${item.person} ${item.until}`} className={classes["away"]}>
          {visibleText(item.person).text}, until {formatDateTime(item.until)}.{" "}
          <span className={classes["quiet"]}>
            {item.mine
              ? "You are asked instead."
              : item.stand_in !== null
                ? `${visibleText(item.stand_in).text} is asked instead.`
                : `Nobody stands in: ${visibleText(item.nobody).text}.`}
          </span>
        </p>
      ))}
    </Section>
  );
}
