import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { fromSources } from '../helpers/program.ts';
import { textWith } from '../helpers/matchers.ts';

const DEMO = fileURLToPath(new URL('../../bench/demo.ts', import.meta.url));

it('the demo listens where LAPWING_PORT says, and says in a line when that is taken', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  // A TCP server that listens has an address of this kind.
  const { port } = taken.address() as AddressInfo;
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    const env = { ...process.env, LAPWING_PORT: String(port) };
    execFile(process.execPath, fromSources(DEMO), { env }, (error, _stdout, text) =>
      resolve({ code: error?.code, stderr: text }),
    );
  });
  taken.close();
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: textWith(`demo: port ${port} of 127.0.0.1 is already in use`),
  });
  expect(stderr).toContain('set LAPWING_PORT to another port');
  expect(stderr).not.toContain('    at ');
});
