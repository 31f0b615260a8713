/** All that a panel asks for. src/web/embed/panel.graphql has the same, for the types of what comes back. */

export const PANEL_QUERY = `query Panel($id: ID!, $from: DateTime!, $maxPoints: Int!) {
  serverInfo {
    cursor
  }
  metric(id: $id) {
    id
    name
    friendlyName
    server
    unit
    status
    periodSeconds
    learning {
      rows
      done
    }
    latest {
      timestamp
      value
      anomalyScore
      anomalyClass
      provisional
      expected {
        value
        low
        high
      }
    }
    series(from: $from, maxPoints: $maxPoints) {
      timestamps
      values
      expected
      expectedLow
      expectedHigh
      anomalyScores
    }
  }
}`;

export const PANEL_SUBSCRIPTION = `subscription PanelScores($id: ID!, $after: String) {
  anomalyScores(after: $after, filter: { metricIds: [$id] }, lingerMs: 250, maxBatch: 500) {
    cursor
    prev
    scores {
      timestamp
      value
      anomalyScore
      anomalyClass
      provisional
      expected {
        value
        low
        high
      }
    }
  }
}`;
