/** Where the command line looks for the server of its own settings. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { findOwnUrl } from '../../src/cli/remote-target.ts';
import { readConfig } from '../../src/platform/config/read-config.ts';
import { findProgram } from '../helpers/program.ts';

describe('the server of these settings', () => {
  it.each([
    [undefined, 'http://127.0.0.1:4001/graphql'],
    ['0.0.0.0', 'http://127.0.0.1:4001/graphql'],
    ['::', 'http://127.0.0.1:4001/graphql'],
    ['::1', 'http://[::1]:4001/graphql'],
    ['[::1]', 'http://[::1]:4001/graphql'],
    ['10.0.0.5', 'http://10.0.0.5:4001/graphql'],
    ['fd00::2', 'http://[fd00::2]:4001/graphql'],
    ['db.example.com', 'http://db.example.com:4001/graphql'],
  ])('with LAPWING_HOST=%s is asked at %s', (host, url) => {
    const settings = { LAPWING_PORT: '4001', ...(host === undefined ? {} : { LAPWING_HOST: host }) };
    expect(findOwnUrl(readConfig(settings))).toBe(url);
  });

  it('is found by apply where it listens on ::1 alone', async (context) => {
    const server = createServer((request, response) => {
      response.end(JSON.stringify({ errors: [{ message: `reached at ${request.headers.host}` }] }));
    });
    server.listen(0, '::1');
    const outcome = await Promise.race([once(server, 'listening'), once(server, 'error')]);
    if (outcome[0] instanceof Error) return context.skip('there is no IPv6 here');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const child = spawn(process.execPath, [...findProgram(), 'apply', '--dry-run', '-'], {
      env: { PATH: process.env.PATH, LAPWING_HOST: '::1', LAPWING_PORT: String(port) },
    });
    child.stdin.end('apiVersion: 1\nmonitoringPolicies: [{ name: a, match: { namePattern: a* } }]\n');
    const [errors] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect(errors).toContain(`reached at [::1]:${port}`);
    server.close();
  });
});
