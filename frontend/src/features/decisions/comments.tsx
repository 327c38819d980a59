import { Button, Textarea } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";

import { ProblemNotice } from "@/components/notice";
import { Section, Waiting } from "@/components/page";
import { Status } from "@/components/status";
import { When } from "@/components/when";
import { randomId } from "@/lib/id";
import { visibleText } from "@/lib/visible-text";

import classes from "./decision.module.css";
import { type Comment, commentsQuery, type DecisionRequest, useComment } from "./queries";
import { STRINGS } from "./strings";

/** What people said about this change, on this version and on earlier ones: plain text, never markup. */
export function Comments({ request }: { request: DecisionRequest }) {
  const query = useInfiniteQuery(commentsQuery(request.id));
  const comments = query.data?.pages.flatMap((page) => page.results);
  return (
    <Section title="Comments" note={comments?.length === 0 ? "none yet" : undefined}>
      {query.isError && <ProblemNotice error={query.error} />}
      {query.isPending && <Waiting what={STRINGS.loadingComments} />}
      <ul className={classes["list"]}>
        {comments?.map((comment) => (
          <Remark key={comment.id} comment={comment} />
        ))}
      </ul>
      {query.hasNextPage && (
        <Button
          variant="subtle"
          size="xs"
          disabled={query.isFetchingNextPage}
          onClick={() => {
            void query.fetchNextPage();
          }}
        >
          Show more
        </Button>
      )}
      {request.superseded_by === null && <CommentForm id={request.id} />}
    </Section>
  );
}

function Remark({ comment }: { comment: Comment }) {
  return (
    <li>
      {visibleText(comment.by_label).text}{" "}
      <span className={classes["quiet"]}>
        <When iso={comment.created_at} />
      </span>
      {comment.earlier && <Status tone="idle" label={`on version ${String(comment.revision)}`} bare />}
      {comment.unattended && <Status tone="wait" label="unattended" bare />}
      {comment.path !== "" && (
        <div>
          <code>
            {visibleText(comment.path).text}
            {comment.line !== null && `:${String(comment.line)}`}
          </code>
        </div>
      )}
      <div className={classes["remark"]}>{visibleText(comment.text).text}</div>
    </li>
  );
}

function CommentForm({ id }: { id: string }) {
  const [text, setText] = useState("");
  // One key for one text, so that a second click on the same words says them once.
  const [idempotencyKey, setIdempotencyKey] = useState(randomId);
  const comment = useComment(id);
  return (
    <form
      className={classes["stack"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === "" || comment.isPending) return;
        comment.mutate(
          { text, idempotencyKey },
          {
            onSuccess: () => {
              setText("");
              setIdempotencyKey(randomId());
            },
          },
        );
      }}
    >
      <Textarea
        label={STRINGS.commentLabel}
        description={STRINGS.commentHelp}
        rows={2}
        maxLength={4000}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setIdempotencyKey(randomId());
        }}
      />
      {comment.error !== null && <ProblemNotice error={comment.error} />}
      <Button type="submit" size="xs" variant="default" disabled={comment.isPending || text.trim() === ""}>
        {comment.isPending ? "Keeping…" : "Comment"}
      </Button>
    </form>
  );
}
