/** What a newcomer finds typed in GraphiQL. Every operation here is run by a test. */

const FIRST = `# Press play and choose Live: scores as they are made.
subscription Live {
  anomalyScores {
    cursor
    lag
    scores {
      timestamp
      value
      anomalyScore
      anomalyClass
      expected { value low high }
      metric { name }
    }
  }
}

# The metrics with the latest points, and their state.
query Metrics {
  metrics(orderBy: LAST_TIMESTAMP, first: 20) {
    totalCount
    nodes {
      id
      displayName
      name
      unit
      status
      learning { rows needed done }
      latest { timestamp value anomalyScore anomalyClass }
    }
  }
}
`;

const PUSH = `# Push points of your own, then watch the metric. A name that is new makes a metric.
mutation Push {
  putMetricData(input: { points: [
    { metric: "demo.orders", timestamp: "2026-01-01T00:00:00Z", value: 12 }
    { metric: "demo.orders", timestamp: "2026-01-01T00:05:00Z", value: 15 }
  ] }) {
    accepted
    duplicates
    late
    rejected { index code reason }
  }
}

mutation Watch {
  monitorMetric(input: { spec: { custom: { name: "demo.orders" } }, model: { min: 0, max: 100 } }) {
    __typename
    ... on Metric { id status }
    ... on Error { code message }
  }
}

# The same as to Amazon CloudWatch, and what is there.
mutation PutToCloudwatch {
  putCloudwatchMetricData(input: { namespace: "Demo", data: [{ name: "orders", value: 12 }] }) { stored }
}

query CloudwatchMetrics {
  cloudwatchMetrics(namespace: "Demo") { nodes { name dimensions { name value } lastSeen } }
}
`;

const SERVER = `# What the server says of itself.
query Server {
  serverInfo {
    version
    started
    database
    detector
    metrics
    subscribers
    counters { name reason value help }
  }
}
`;

/** One text per tab, the first one open. */
export const GRAPHIQL_TABS: readonly string[] = [FIRST, PUSH, SERVER];
