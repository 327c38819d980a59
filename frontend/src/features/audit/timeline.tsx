import { formatDateTime, plural } from "@/lib/format";
import { visibleText } from "@/lib/visible-text";

import { actorOf } from "./actor";
import classes from "./audit.module.css";
import type { AuditEvent } from "./queries";
import { ACTORS, STRINGS } from "./strings";
import { gapText, timelineLayout } from "./timeline-layout";

const LABELS = 132;
/** What fits above the lanes; the whole name is on the mark. */
const LETTERS = 24;
const LANE = 30;
const AXIS = 22;

/** A subject's events as a picture: who did it in lanes, when from left to right. */
export function Timeline({ events, onChoose }: { events: readonly AuditEvent[]; onChoose: (id: string) => void }) {
  const { marks, lanes, width } = timelineLayout(events);
  const height = LABELS + lanes.length * LANE + AXIS;
  const first = marks[0];
  const last = marks.at(-1);
  if (first === undefined || last === undefined) return null;
  const middle = (lane: number) => LABELS + lane * LANE + LANE / 2;
  const summary = `${plural(marks.length, "event", "events")}, from ${formatDateTime(first.event.time)} to ${formatDateTime(last.event.time)}`;
  return (
    <figure className={classes["figure"]}>
      <div className={classes["lanes"]} style={{ paddingTop: LABELS }} aria-hidden="true">
        {lanes.map((kind) => (
          <div key={kind}>{ACTORS[kind]}</div>
        ))}
      </div>
      {/* It scrolls sideways, by keyboard too. */}
      <div className={classes["scroll"]} tabIndex={0} role="group" aria-label={`${STRINGS.timeline}: ${summary}`}>
        <svg width={width + 110} height={height} className={classes["picture"]}>
          {lanes.map((kind, lane) => (
            <line key={kind} x1={0} x2={width} y1={middle(lane)} y2={middle(lane)} className={classes["lane"]} />
          ))}
          <polyline className={classes["path"]} points={marks.map((mark) => `${String(mark.x)},${String(middle(mark.lane))}`).join(" ")} />
          {marks.map((mark, index) => {
            const name = visibleText(mark.event.type).text;
            const left = marks[index - 1]?.x ?? mark.x;
            return (
              <g key={mark.event.id}>
                {mark.gap !== null && (
                  <text x={(left + mark.x) / 2} y={height - 7} className={classes["gap"]}>
                    {gapText(mark.gap)}
                  </text>
                )}
                <line x1={mark.x} x2={mark.x} y1={LABELS - 6} y2={middle(mark.lane)} className={classes["stem"]} />
                <text className={classes["what"]} transform={`translate(${String(mark.x + 3)} ${String(LABELS - 10)}) rotate(-48)`}>
                  {name.length > LETTERS ? `${name.slice(0, LETTERS - 1)}…` : name}
                </text>
                <a
                  href={`#event-${mark.event.id}`}
                  className={classes["mark"]}
                  data-tone={mark.tone}
                  aria-label={`${name}, ${actorOf(mark.event)}, ${formatDateTime(mark.event.time)}`}
                  onClick={(click) => {
                    click.preventDefault();
                    onChoose(mark.event.id);
                  }}
                >
                  <title>{`${name}\n${actorOf(mark.event)}\n${formatDateTime(mark.event.time)}`}</title>
                  <Shape kind={mark.event.actor_kind} x={mark.x} y={middle(mark.lane)} />
                </a>
              </g>
            );
          })}
        </svg>
      </div>
    </figure>
  );
}

/** One shape an actor: colour is never the only sign. */
function Shape({ kind, x, y }: { kind: AuditEvent["actor_kind"]; x: number; y: number }) {
  if (kind === "person") return <circle cx={x} cy={y} r={6.5} />;
  if (kind === "service") return <rect x={x - 5.5} y={y - 5.5} width={11} height={11} rx={2} />;
  return <path d={`M${String(x)} ${String(y - 7.5)}l7.5 7.5-7.5 7.5-7.5-7.5z`} />;
}
