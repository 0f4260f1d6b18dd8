import type { RenderableProps } from 'preact';
import type { Detail } from '../detail.ts';
import type { Row } from '../rows.ts';
import { duration, timeOf } from './format.ts';
import type { Scene } from './scene.ts';

/** For each deadline of a session, the option that sets it. */
const LIMIT_OF = {
  handshake: 'handshakeTimeoutMs',
  quiet: 'quietMs',
  idle: 'idleTimeoutMs',
  evict: 'evictAfterMs',
  close: 'closeTimeoutMs',
} as const;

interface FactsProps extends Pick<Detail, 'view' | 'behind'> {
  readonly row: Row;
  readonly scene: Scene;
}

/** Facts of one session: its client, how long it still has, and what it holds. */
export function Facts({ row, view, behind, scene }: FactsProps) {
  const { principal, client, startedAt, endedAt, reason, pinned } = row;
  const now = scene.now();
  return (
    <dl class="facts">
      <Fact name="client" isWide>
        {client || '–'}
      </Fact>
      <Fact name="principal" isWide>
        {principal}
      </Fact>
      <Fact name="age">
        <span title={`since ${timeOf(startedAt)}`}>{duration((endedAt ?? now) - startedAt)}</span>
      </Fact>
      {row.node !== undefined && <Fact name="node">{row.node}</Fact>}
      {view !== undefined && (
        <>
          <Fact name="revision">{view.protocolVersion ?? '–'}</Fact>
          {view.scope !== undefined && <Fact name="one for">{view.scope}</Fact>}
          <Fact name="incarnation">{view.epoch}</Fact>
          <Fact name="owns">
            {view.owned} {view.owned === 1 ? 'resource' : 'resources'}
          </Fact>
        </>
      )}
      <Fact name="streams">
        {row.streams}
        {view?.isAttached === true && ' · attached'}
      </Fact>
      {pinned !== undefined && pinned !== null && <Fact name="pinned by">{pinned}</Fact>}
      {behind !== undefined && (
        <Fact name="process" isWide>
          {behind.pid === undefined ? 'none here' : `pid ${behind.pid}`}
          {behind.logged > 0 && ` · ${behind.logged} log lines`}
        </Fact>
      )}
      {reason !== undefined && <Fact name="reason">{reason}</Fact>}
      <Deadline row={row} scene={scene} />
    </dl>
  );
}

type FactProps = RenderableProps<{ readonly name: string; readonly isWide?: boolean }>;

function Fact({ name, isWide = false, children }: FactProps) {
  return (
    <div data-fact={name} class={isWide ? 'wide' : ''}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Deadline({ row: { deadline }, scene }: Pick<FactsProps, 'row' | 'scene'>) {
  if (deadline === undefined) return null;
  const option = deadline.what === 'actor' ? 'delayed transition' : LIMIT_OF[deadline.what];
  const left = Math.max(0, deadline.at - scene.now());
  const all = scene.overview.limits[option] ?? undefined;
  return (
    <div class="deadline" data-fact="deadline" title={`${option}: ${all ?? 'never'} ms`}>
      <dt>{option}</dt>
      <dd>
        <output data-testid="countdown">
          {left < 10_000 ? `${(left / 1000).toFixed(1)} s` : duration(left)}
        </output>
        {all !== undefined && (
          <meter min={0} max={all} value={Math.min(left, all)} aria-label={`left of ${option}`} />
        )}
      </dd>
    </div>
  );
}
