/** What tests of panels need: links, and what a panel reads. */
import { read } from '../../../helpers/ask.ts';
import type { Asker } from '../../../helpers/login.ts';
import { untilStatus } from '../../../helpers/start-engine.ts';
import type { TestServer } from '../../../helpers/start-server.ts';

const CREATE = `mutation ($input: CreatePanelLinkInput!) { createPanelLink(input: $input) {
  ... on PanelLink { id url html hours theme state createdBy expiresAt metric { name } } ... on Error { code message } } }`;

export interface CreatedLink {
  readonly id: string;
  readonly url: string;
  readonly html: string;
  readonly code?: string;
}

/** @param metricId with its type */
export async function createLink(
  asker: Asker,
  metricId: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<CreatedLink> {
  const input = { metricId, ...more };
  const { createPanelLink } = await read<{ createPanelLink: CreatedLink }>(asker, CREATE, { input });
  return createPanelLink;
}

export async function revokeLink(asker: Asker, id: string): Promise<void> {
  await read(asker, `mutation ($id: ID!) { revokePanelLink(input: { id: $id }) { __typename } }`, { id });
}

/** Pushes points, one a minute up to now, and monitors their metric. @returns its id */
export async function addMetric(server: TestServer, name: string, points: number): Promise<string> {
  const endMs = Date.now();
  await server.engine.accept.acceptNamed(
    Array.from({ length: points }, (_, index) => ({
      metric: name,
      timestampMs: endMs - (points - index) * 60_000,
      value: index % 7,
    })),
  );
  const id = await server.engine.monitor.monitorMetric({
    datasource: 'CUSTOM',
    spec: { name },
    model: { min: 0, max: 100 },
  });
  await untilStatus(server.engine, id, 'ACTIVE');
  return `Metric:${id}`;
}

let lastMs = 0;

/** Now, but later than the point before: two of one metric within a millisecond are one. */
export async function pushPoint(server: TestServer, metric: string, value: number): Promise<void> {
  lastMs = Math.max(Date.now(), lastMs + 1);
  await server.engine.accept.acceptNamed([{ metric, timestampMs: lastMs, value }]);
}

export interface PanelEvent {
  readonly data?: {
    readonly anomalyScores: {
      readonly cursor: string;
      readonly prev: string;
      readonly scores: readonly { readonly value: number }[];
    };
  } | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
}

/** The events of a panel, as they come; ends with the stream. */
export async function* followPanel(url: string, after: string | null): AsyncGenerator<PanelEvent, undefined> {
  const response = await fetch(`${url}/live${after === null ? '' : `?after=${encodeURIComponent(after)}`}`);
  if (response.status !== 200 || response.body === null) {
    throw new Error(`the panel cannot be followed: ${response.status} ${await response.text()}`);
  }
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const data = /^data: (.*)$/m.exec(rest.slice(0, end))?.[1];
      rest = rest.slice(end + 2);
      if (data !== undefined) yield JSON.parse(data) as PanelEvent;
    }
  }
}
