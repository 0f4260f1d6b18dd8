import type { TargetedEvent } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Line } from '../lines.ts';
import { bytes, duration, timeOf } from './format.ts';
import { stepOf } from './steps.ts';

const SHOWN = 150;

interface SequenceProps {
  readonly lines: readonly Line[];
  /** Whether a child process or remote server is behind the session's own server. */
  readonly hasUpstream: boolean;
}

/** The messages of a session as a sequence, the newest at the end. */
export function Sequence({ lines, hasUpstream }: SequenceProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const shown = lines.slice(-SHOWN);
  useLayoutEffect(() => {
    const place = scroller.current!;
    if (isAtEnd.current) place.scrollTop = place.scrollHeight;
  });
  // The element is the event's: a scroll can be told of after the sequence has left the page.
  const onScroll = ({ currentTarget }: TargetedEvent<HTMLElement>): void => {
    const { scrollHeight, scrollTop, clientHeight } = currentTarget;
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < 30;
  };
  const lives = ['client', 'session', 'server', ...(hasUpstream ? ['upstream'] : [])];
  return (
    <section class={hasUpstream ? 'sequence four' : 'sequence'} aria-label="Sequence of messages">
      <div class="lives">
        <span class="time">{shown.length < lines.length ? `last ${SHOWN}` : ''}</span>
        {lives.map((life) => (
          <span key={life} class={`life at-${life}`}>
            {life}
          </span>
        ))}
      </div>
      <div
        class="steps"
        ref={scroller}
        onScroll={onScroll}
        role="region"
        aria-label="Messages and steps"
        tabIndex={0}
      >
        {shown.map((line, i) => (
          <StepRow
            key={`${line.at} ${line.type} ${i}`}
            line={line}
            before={shown[i - 1]}
            lives={lives}
          />
        ))}
        {shown.length === 0 && <p class="none">Nothing has passed since the inspector is here.</p>}
      </div>
    </section>
  );
}

function StepRow(props: { line: Line; before: Line | undefined; lives: readonly string[] }) {
  const { line, before, lives } = props;
  const step = stepOf(line);
  const gap = before === undefined ? 0 : line.at - before.at;
  return (
    <div class={`step ${step.look}`} data-type={line.type}>
      <time class="time" title={timeOf(line.at)}>
        {gap >= 1000 ? `+${duration(gap)}` : timeOf(line.at).slice(3)}
      </time>
      {lives.map((life) => (
        <i key={life} class={`lifeline at-${life}`} />
      ))}
      {step.to === undefined ? (
        <span class="note" title={step.text}>
          {step.text}
        </span>
      ) : (
        <span class={`arrow from-${step.from} to-${step.to}`}>
          <span class="hidden">
            {step.from} to {step.to}:{' '}
          </span>
          <b title={step.name}>
            {step.text}
            {step.name !== undefined && (
              <>
                {' '}
                <em>{step.name}</em>
              </>
            )}
          </b>
          {step.bytes > 0 && <small>{bytes(step.bytes)}</small>}
        </span>
      )}
    </div>
  );
}
