/** What a dashboard's body must be: JSON, and each widget of a form AWS knows. */
import { CloudwatchError } from '../model/cloudwatch-error.ts';
import { list, string, structure, type Infer } from '../model/shape.ts';

export const VALIDATION_MESSAGES_SHAPE = list(structure({ DataPath: string, Message: string }));
type Messages = Infer<typeof VALIDATION_MESSAGES_SHAPE>;

const WIDGET_TYPES = ['metric', 'text', 'log', 'alarm', 'explorer', 'custom', 'chart'];
const WIDTH = 24;
const MAX_HEIGHT = 1_000;
const MAX_WIDGETS = 500;

type JsonObject = Readonly<Record<string, unknown>>;

/** @throws CloudwatchError InvalidParameterInput that lists what is wrong, as AWS does */
export function checkDashboardBody(body: string): void {
  const root = readObject(parse(body));
  if (root === null) throw refuse('The field DashboardBody must be a valid JSON object');
  const { widgets } = root;
  const messages = Array.isArray(widgets)
    ? widgets.slice(0, MAX_WIDGETS).flatMap((widget, i) => checkWidget(widget, `/widgets/${i}`))
    : [{ DataPath: '', Message: "Should have required property 'widgets'" }];
  if (Array.isArray(widgets) && widgets.length > MAX_WIDGETS) {
    messages.push({ DataPath: '/widgets', Message: `Should NOT have more than ${MAX_WIDGETS} items` });
  }
  if (messages.length > 0) throw refuse(writeMessages(messages));
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null; // no object either, and refused as such
  }
}

function readObject(value: unknown): JsonObject | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return value as JsonObject; // just checked; members are checked one by one
}

function refuse(message: string): CloudwatchError {
  return new CloudwatchError('InvalidParameterInput', message);
}

function writeMessages(messages: Messages): string {
  const lines = messages.map(
    ({ DataPath, Message }) => `  ${JSON.stringify({ dataPath: DataPath, message: Message })}`,
  );
  const errors = messages.length === 1 ? 'is 1 validation error' : `are ${messages.length} validation errors`;
  return `The dashboard body is invalid, there ${errors}:\n[\n${lines.join(',\n')}\n]`;
}

function checkWidget(given: unknown, path: string): Messages {
  const widget = readObject(given);
  if (widget === null) return [{ DataPath: path, Message: 'Should be object' }];
  const { type, width, height } = widget;
  if (typeof type !== 'string') return [{ DataPath: path, Message: "Should have required property 'type'" }];
  if (!WIDGET_TYPES.includes(type)) {
    return [{ DataPath: `${path}/type`, Message: 'Should be equal to one of the allowed values' }];
  }
  const properties = readObject(widget.properties);
  const sizes = [
    ...checkSize(width, `${path}/width`, WIDTH),
    ...checkSize(height, `${path}/height`, MAX_HEIGHT),
  ];
  if (properties === null) {
    return [...sizes, { DataPath: path, Message: "Should have required property 'properties'" }];
  }
  return [...sizes, ...checkProperties(type, properties, `${path}/properties`)];
}

function checkSize(value: unknown, path: string, most: number): Messages {
  if (value === undefined) return [];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return [];
  return [{ DataPath: path, Message: `Should be an integer from 1 to ${most}` }];
}

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  text: ['markdown'],
  log: ['query', 'region'],
  alarm: ['alarms'],
};

function checkProperties(type: string, properties: JsonObject, path: string): Messages {
  const lacking = (REQUIRED[type] ?? []).filter((name) => properties[name] === undefined);
  const messages = lacking.map((name) => ({
    DataPath: path,
    Message: `Should have required property '${name}'`,
  }));
  if (type !== 'metric') return messages;
  const { metrics, annotations, insightRule } = properties;
  if (metrics !== undefined && !Array.isArray(metrics)) {
    return [{ DataPath: `${path}/metrics`, Message: 'Should be array' }];
  }
  // One that shows an alarm has the metric of that, and one of Contributor Insights the top of its rule.
  if (metrics !== undefined || readObject(insightRule) !== null) return [];
  if (Array.isArray(readObject(annotations)?.alarms)) return [];
  return [{ DataPath: path, Message: "Should have required property 'metrics'" }];
}
