/** What the demo asks of the server: the API everybody has, by HTTP. */

export interface DemoPoint {
  readonly metric: string;
  readonly timestamp: string;
  readonly value: number;
  readonly resource?: string;
  readonly unit?: string;
}

const RETRY_MS = 300;

const MONITOR = `mutation Monitor($input: MonitorMetricInput!) {
  monitorMetric(input: $input) {
    ... on Metric { id }
    ... on AlreadyMonitoredError { metric { id } }
    ... on Error { failure: message }
  }
}`;

const RULE = `mutation Rule($input: CreateNotificationRuleInput!) {
  createNotificationRule(input: $input) {
    ... on NotificationRule { id }
    ... on Error { failure: message }
  }
}`;

const POLICY = `mutation Policy($input: CreateMonitoringPolicyInput!) {
  createMonitoringPolicy(input: $input) {
    ... on SavedMonitoringPolicy { policy { id } }
    ... on Error { failure: message }
  }
}`;

const PUT = `mutation Put($input: PutMetricDataInput!) {
  putMetricData(input: $input) { accepted duplicates late rejected { index reason } }
}`;

const COUNTERS = `{
  serverInfo { counters(names: ["points_scored", "bars_lag", "incidents_lag"]) { name value } }
}`;
const LOOK_MS = 200;

export interface DemoApi {
  readonly monitor: (spec: { name: string; resource: string; unit: string }) => Promise<void>;
  /** Makes incidents of what is red; nobody is told. */
  readonly makeRule: (name: string) => Promise<void>;
  /** Monitors every name that is pushed from now on. */
  readonly makePolicy: (name: string) => Promise<void>;
  /** Pushes all of them, trying again while the server has its hands full. @throws when one is rejected */
  readonly push: (points: readonly DemoPoint[]) => Promise<void>;
  /** Until so many points are scored, and are in the bars and held against the rules. */
  readonly untilScored: (points: number) => Promise<void>;
}

/** @param url of /graphql */
export function createDemoApi(url: string): DemoApi {
  return {
    monitor: async ({ name, resource, unit }) => {
      const data = await ask(url, MONITOR, { input: { spec: { custom: { name, resource } }, unit } });
      const { monitorMetric: result } = data as { monitorMetric: { id?: string; failure?: string } };
      if (result.failure !== undefined && !('metric' in result))
        throw new Error(`${name}: ${result.failure}`);
    },
    makeRule: async (name) => {
      const data = await ask(url, RULE, { input: { name } });
      const { createNotificationRule: result } = data as { createNotificationRule: { failure?: string } };
      if (result.failure !== undefined) throw new Error(`${name}: ${result.failure}`);
    },
    makePolicy: async (name) => {
      const data = await ask(url, POLICY, { input: { name, match: { namePattern: '*' } } });
      const { createMonitoringPolicy: result } = data as { createMonitoringPolicy: { failure?: string } };
      if (result.failure !== undefined) throw new Error(`${name}: ${result.failure}`);
    },
    push: async (points) => {
      const data = await ask(url, PUT, { input: { points } });
      const { putMetricData } = data as { putMetricData: { rejected: readonly { reason: string }[] } };
      const [first] = putMetricData.rejected;
      if (first !== undefined) throw new Error(`the server did not take a point: ${first.reason}`);
    },
    untilScored: async (points) => {
      for (;;) {
        const data = await ask(url, COUNTERS, {});
        const { serverInfo } = data as {
          serverInfo: { counters: readonly { name: string; value: number }[] };
        };
        const read = (name: string) => serverInfo.counters.find((row) => row.name === name)?.value ?? 0;
        if (read('points_scored') >= points && read('bars_lag') + read('incidents_lag') === 0) return;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
  };
}

/** @throws when the server refuses; a full queue is asked again */
export async function ask(url: string, query: string, variables: unknown): Promise<unknown> {
  for (;;) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    // A full queue: the same request may succeed in a moment.
    if (response.status === 503) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      continue;
    }
    const { data, errors } = (await response.json()) as { data?: unknown; errors?: unknown };
    if (errors !== undefined || data === undefined)
      throw new Error(`the server refused: ${JSON.stringify(errors)}`);
    return data;
  }
}
