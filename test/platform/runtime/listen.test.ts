import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { checkAddress, ListenError, listenOn } from '../../../src/platform/runtime/listen.ts';

const HOST = '127.0.0.1';
const portSetting = 'LAPWING_GRAPHITE_PORT';

describe('an address that cannot be listened on', () => {
  it('is reported with the setting to change when the port is in use', async () => {
    const other = createServer();
    const { port } = await listenOn(other, { host: HOST, port: 0, portSetting });
    const failed = checkAddress({ host: HOST, port, portSetting });
    await expect(failed).rejects.toThrow(ListenError);
    await expect(failed).rejects.toThrow(
      new RegExp(`port ${port} of ${HOST} is already in use.*${portSetting}`),
    );
    await expect(failed).rejects.toMatchObject({ code: 'EADDRINUSE' });
    other.close();
  });

  it.each([
    ['of another machine', '192.0.2.1'],
    ['a name nobody has', 'no-such-host.invalid'],
  ])('is reported with LAPWING_HOST when the host is %s', async (_what, host) => {
    await expect(checkAddress({ host, port: 0, portSetting })).rejects.toThrow(
      `${host} is not an address of this machine: set LAPWING_HOST`,
    );
  });
});

describe('an address that can be had', () => {
  it('is free again after the check', async () => {
    const first = createServer();
    const { port } = await listenOn(first, { host: HOST, port: 0, portSetting });
    await new Promise((resolve) => first.close(resolve));
    await checkAddress({ host: HOST, port, portSetting });
    const server = createServer();
    expect((await listenOn(server, { host: HOST, port, portSetting })).port).toBe(port);
    server.close();
  });
});
