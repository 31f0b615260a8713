/** OpenTelemetry's variables, as its specification has them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../../src/platform/config/read-config.ts';

describe('the variables of OpenTelemetry', () => {
  it.each([
    ['', {}],
    ['a=1', { a: '1' }],
    [' a = 1 , b=2,', { a: '1', b: '2' }],
    ['authorization=Bearer%20k%3D', { authorization: 'Bearer k=' }],
    ['a=b=c', { a: 'b=c' }],
    ['a=', { a: '' }],
  ])('give headers: %j', (given, expected) => {
    expect(readConfig({ OTEL_EXPORTER_OTLP_HEADERS: given }).otlpHeaders).toEqual(expected);
  });

  it.each(['a', '=1', 'a=%', '%zz=1'])('name headers that are none, without showing them: %j', (given) => {
    expect(() => readConfig({ OTEL_EXPORTER_OTLP_HEADERS: given })).toThrow(
      'OTEL_EXPORTER_OTLP_HEADERS=(hidden): expected key=value pairs',
    );
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'expected an http or https URL'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://u:p@c', 'expected no user and no password'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'expected http/protobuf'],
    ['OTEL_TRACES_EXPORTER', 'zipkin', 'expected otlp or none'],
    ['OTEL_TRACES_SAMPLER', 'sometimes', 'expected one of always_on'],
    ['OTEL_TRACES_SAMPLER_ARG', '2', 'expected at most 1'],
    ['OTEL_TRACES_SAMPLER_ARG', 'half', 'expected a number from 0 to 1'],
  ])('are refused where they ask for what there is not: %s=%s', (name, value, reason) => {
    expect(() => readConfig({ [name]: value })).toThrow(reason);
    expect(() => readConfig({ [name]: '' })).not.toThrow();
  });

  it('may have their secrets in files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lapwing-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'headers'), 'api-key=sesame\n');
    const { otlpHeaders } = readConfig({ OTEL_EXPORTER_OTLP_HEADERS_FILE: join(folder, 'headers') });
    expect(otlpHeaders).toEqual({ 'api-key': 'sesame' });
  });
});
