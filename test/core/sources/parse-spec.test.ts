import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseSpec } from '../../../src/core/sources/parse-spec.ts';
import { parseCloudwatchSpec } from '../../../src/core/sources/aws/spec.ts';

const schema = z.strictObject({
  name: z.string().max(100, 'expected at most 100 characters'),
  parts: z.array(z.object({ size: z.number().max(3, 'expected at most 3') })).optional(),
});
const whole = { name: 'thing', expected: '{ name }' };

function refusal(deed: () => unknown): unknown {
  try {
    return deed();
  } catch (error) {
    return error;
  }
}

test.each([
  [{ name: 'x'.repeat(101) }, `name: expected at most 100 characters, got "${'x'.repeat(60)}"…`, ['name']],
  [
    { name: 'a', parts: [{ size: 1 }, { size: 4 }] },
    'parts.1.size: expected at most 3, got 4',
    ['parts', '1', 'size'],
  ],
  [5, 'thing: expected an object, got 5', []],
])('a spec that is wrong is told by its field and what that held: %j', (spec, message, path) => {
  expect(refusal(() => parseSpec(schema, spec, whole))).toMatchObject({ message, inputPath: path });
});

test.each([
  [{ statistic: 'Avg' }, /^statistic: expected Average, .*, got "Avg"$/],
  [{ periodSeconds: 61 }, /^periodSeconds: expected 1, 5, 10, 20, 30 or a multiple of 60, got 61$/],
  [{ namespace: '' }, /^namespace: expected a text, got an empty one$/],
])('a CloudWatch spec with %j is refused in words that repeat it', (part, message) => {
  const good = { region: 'us-east-1', namespace: 'A', metric: 'B', dimensions: { C: 'D' } };
  expect(() => parseCloudwatchSpec({ ...good, ...part })).toThrow(message);
});
