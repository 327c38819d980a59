import { Button, TextInput } from "@mantine/core";
import { useState } from "react";

import { ProblemNotice } from "@/components/notice";
import { Section } from "@/components/page";
import { Status } from "@/components/status";
import { When } from "@/components/when";
import { formatNumber, plural } from "@/lib/format";
import { asProblem } from "@/lib/problem";

import classes from "./board.module.css";
import { type Plan, type PlanInput, useAnswer } from "./queries";
import { STRINGS } from "./strings";

const isMissing = (input: PlanInput) => input.state === "missing" && !input.optional;
const rank = (input: PlanInput) => (input.state === "known" ? 2 : input.optional ? 1 : 0);

/** What work waits for is said before anything else. */
export function MissingInputs({ inputs }: { inputs: readonly PlanInput[] }) {
  const missing = inputs.filter(isMissing);
  if (missing.length === 0) return null;
  return (
    <p className={classes["waits"]}>
      <Status tone="wait" label={plural(missing.length, "input is missing", "inputs are missing")} bare />{" "}
      {missing.map((input) => input.name).join(", ")} · <a href="#inputs">{STRINGS.answer}</a>
    </p>
  );
}

/** What the plan asks for: first what is missing, who waits for it, and a place to answer. */
export function PlanInputs({ plan, answers }: { plan: Plan; answers: boolean }) {
  const { inputs } = plan;
  if (inputs.length === 0) return null;
  const missing = inputs.filter(isMissing).length;
  return (
    <div id="inputs">
      <Section
        title={STRINGS.inputs}
        note={missing > 0 ? `${plural(missing, "input is", "inputs are")} missing` : STRINGS.inputsKnown}
        flush
      >
        <table className={classes["table"]}>
          <thead>
            <tr>
              <th scope="col">Input</th>
              <th scope="col">State</th>
              <th scope="col">What it is</th>
              <th scope="col">Who needs it</th>
            </tr>
          </thead>
          <tbody>
            {[...inputs]
              .sort((a, b) => rank(a) - rank(b))
              .map((input) => (
                <InputRow key={input.id} plan={plan.id} input={input} answers={answers} />
              ))}
          </tbody>
        </table>
      </Section>
    </div>
  );
}

function InputRow({ plan, input, answers }: { plan: string; input: PlanInput; answers: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <tr>
      <th scope="row">
        {input.name}
        <div className={classes["quiet"]}>{input.kind}</div>
      </th>
      <td>
        <InputState input={input} />
      </td>
      <td>
        <div>{input.value || input.pointer || input.text}</div>
        {input.state === "known" && input.text !== "" && <div className={classes["quiet"]}>{input.text}</div>}
        <Given input={input} />
        {answers && !open && (
          <Button
            variant="default"
            size="compact-sm"
            aria-label={`${input.state === "known" ? STRINGS.answerAgain : STRINGS.answer}: ${input.name}`}
            onClick={() => {
              setOpen(true);
            }}
          >
            {input.state === "known" ? STRINGS.answerAgain : STRINGS.answer}
          </Button>
        )}
        {answers && open && (
          <AnswerForm
            plan={plan}
            input={input}
            onDone={() => {
              setOpen(false);
            }}
          />
        )}
      </td>
      <td>
        {input.needed_by.join(", ") || STRINGS.wholePlan}
        {input.waiting.length > 0 && (
          <div className={classes["quiet"]}>
            {plural(input.waiting.length, "work item waits", "work items wait")}: {input.waiting.join(", ")}
          </div>
        )}
      </td>
    </tr>
  );
}

/** Who answered, with what was answered before. */
function Given({ input }: { input: PlanInput }) {
  if (input.answers.length === 0) return null;
  return (
    <ul className={classes["answers"]}>
      {[...input.answers].reverse().map((answer) => (
        <li key={answer.number} className={classes["quiet"]}>
          {answer.counts ? "" : `${answer.value || answer.pointer}, replaced · `}
          {answer.by_label} <When iso={answer.created_at} /> · version {formatNumber(answer.version)}
        </li>
      ))}
    </ul>
  );
}

function AnswerForm({ plan, input, onDone }: { plan: string; input: PlanInput; onDone: () => void }) {
  const [value, setValue] = useState("");
  const [pointer, setPointer] = useState("");
  const answer = useAnswer(plan);
  const problem = answer.error === null ? null : asProblem(answer.error);
  const wrong = (field: string) => (problem?.field === field ? problem.message : null);
  return (
    <form
      className={classes["answerForm"]}
      onSubmit={(event) => {
        event.preventDefault();
        answer.mutate({ name: input.name, value, pointer }, { onSuccess: onDone });
      }}
    >
      <p className={classes["quiet"]}>{input.kind === "requirement" ? STRINGS.shapes : STRINGS.excludesNobody}</p>
      {input.secret ? (
        <p className={classes["quiet"]}>{STRINGS.hidden}</p>
      ) : (
        <TextInput
          label={STRINGS.value}
          description={STRINGS.valueHelp}
          autoComplete="off"
          value={value}
          error={wrong("value")}
          onChange={(event) => {
            setValue(event.currentTarget.value);
          }}
        />
      )}
      <TextInput
        label={STRINGS.pointer}
        description={STRINGS.pointerHelp}
        autoComplete="off"
        value={pointer}
        error={wrong("pointer")}
        onChange={(event) => {
          setPointer(event.currentTarget.value);
        }}
      />
      <div className={classes["answerActs"]}>
        <Button type="submit" disabled={answer.isPending}>
          {STRINGS.keep}
        </Button>
        <Button variant="default" onClick={onDone}>
          {STRINGS.leave}
        </Button>
      </div>
      {answer.error !== null && problem?.field === null && <ProblemNotice error={answer.error} />}
    </form>
  );
}

function InputState({ input }: { input: PlanInput }) {
  if (input.state === "known") return <Status tone="pass" label={input.pointer === "" ? "known" : "known, a secret"} bare />;
  return <Status tone={input.optional ? "idle" : "wait"} label={input.optional ? "missing, optional" : "missing"} bare />;
}
