import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { TargetRefusedError } from '../../../src/platform/outbound/check-address.ts';
import {
  ANSWER_LIMIT_BYTES,
  createOutbound,
  postOrExplain,
} from '../../../src/platform/outbound/outbound-client.ts';
import { KEPT_OPEN } from '../../helpers/kept-open.ts';
import { findFreePort } from '../../helpers/server-process.ts';

/** A receiver on a port of its own that counts who came. */
async function listen(answer: RequestListener) {
  let requests = 0;
  const server = createServer(KEPT_OPEN, (request, response) => {
    requests += 1;
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const dispose = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, count: () => requests, [Symbol.asyncDispose]: dispose };
}

const post = (target: string, options: Parameters<typeof createOutbound>[0] = { allowed: [] }) =>
  createOutbound(options).post({ url: new URL(target), headers: {}, body: '{}' });
const resolvesTo = (...addresses: string[]) =>
  Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));

describe('requests to targets that users name', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback, short', '127.1'],
    ['loopback, decimal', '2130706433'],
    ['loopback, octal', '0177.0.0.01'],
    ['loopback, hexadecimal', '0x7f000001'],
    ['loopback, IPv6', '[::1]'],
    ['loopback, IPv4 mapped into IPv6', '[::ffff:127.0.0.1]'],
    ['loopback, IPv4 mapped, in hexadecimal', '[::ffff:7f00:1]'],
    ['loopback, IPv4-compatible IPv6', '[::127.0.0.1]'],
    ['loopback behind NAT64', '[64:ff9b::127.0.0.1]'],
    ['loopback in 6to4', '[2002:7f00:1::]'],
    ['no address', '0.0.0.0'],
    ['no address, one digit', '0'],
    ['no address, IPv6', '[::]'],
    ['private, 10/8', '10.1.2.3'],
    ['private, 172.16/12', '172.31.255.255'],
    ['private, 192.168/16', '192.168.0.1'],
    ['carrier NAT and a cloud its metadata', '100.100.100.200'],
    ['metadata of most clouds', '169.254.169.254'],
    ['the same, mapped', '[::ffff:a9fe:a9fe]'],
    ['metadata over IPv6', '[fd00:ec2::254]'],
    ['platform service of a cloud', '168.63.129.16'],
    ['link-local IPv6', '[fe80::1]'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['reserved', '240.0.0.1'],
  ])('are refused: %s', async (_what, host) => {
    await expect(post(`http://${host}/`)).rejects.toThrow(TargetRefusedError);
  });

  it.each(['ftp://example.com/', 'http://example.com:22/', 'http://user:word@example.com/'])(
    'are refused by their form: %s',
    async (target) => {
      await expect(post(target)).rejects.toThrow(TargetRefusedError);
    },
  );

  it('are refused when any address of the name is private, and nothing is sent', async () => {
    await using receiver = await listen((_request, response) => response.end());
    const resolveName = () => resolvesTo('93.184.215.14', '127.0.0.1');
    const sent = post(`http://rebind.example:${receiver.port}/`, { allowed: [], resolveName });
    await expect(sent).rejects.toThrow('127.0.0.1 is not a public address (loopback)');
    expect(receiver.count()).toBe(0);
  });

  it('go to the address that was checked, although the name means another one by then', async () => {
    await using receiver = await listen((request, response) => response.end(request.headers.host));
    const answers = [resolvesTo('127.0.0.1'), resolvesTo('127.0.0.2')];
    let asked = 0;
    const resolveName = () => answers[asked++] ?? resolvesTo('127.0.0.3');
    const target = `http://moving.example:${receiver.port}/`;
    const answer = await post(target, { allowed: ['127.0.0.1'], resolveName });
    expect(answer).toMatchObject({ status: 200, body: `moving.example:${receiver.port}` });
    expect(asked).toBe(1);
    await expect(post(target, { allowed: ['127.0.0.1'], resolveName })).rejects.toThrow('127.0.0.2');
  });

  it('may go to private ranges that are allowed, to no others', async () => {
    await using receiver = await listen((_request, response) => response.end('ok'));
    const target = (host: string) => `http://${host}:${receiver.port}/`;
    const allowed = ['10.0.0.0/8', '127.0.0.0/30'];
    expect((await post(target('127.0.0.1'), { allowed })).body).toBe('ok');
    expect((await post(target('[::ffff:127.0.0.1]'), { allowed })).body).toBe('ok');
    await expect(post(target('127.0.0.4'), { allowed })).rejects.toThrow(TargetRefusedError);
    await expect(post(target('[::1]'), { allowed })).rejects.toThrow(TargetRefusedError);
  });

  it('do not follow a redirect to a private address', async () => {
    await using inside = await listen((_request, response) => response.end('secret'));
    const location = `http://127.0.0.1:${inside.port}/`;
    await using receiver = await listen((_request, response) => response.writeHead(307, { location }).end());
    const outbound = createOutbound({
      allowed: ['127.0.0.9'],
      resolveName: () => resolvesTo('127.0.0.9'),
    });
    const open = createOutbound({ allowed: 'all' });
    const url = new URL(`http://127.0.0.1:${receiver.port}/`);
    expect(await postOrExplain(open, { url, headers: {}, body: '' })).toBe(
      `127.0.0.1:${receiver.port} answered 307: redirects are not followed`,
    );
    expect(await postOrExplain(outbound, { url, headers: {}, body: '' })).toMatch(/not a public address/);
    expect(inside.count()).toBe(0);
  });

  it('read no more of an answer than its limit', async () => {
    await using receiver = await listen((_request, response) => {
      const more = () => {
        while (response.write('x'.repeat(16_384)));
      };
      response.on('drain', more);
      more();
    });
    const answer = await post(`http://127.0.0.1:${receiver.port}/`, { allowed: 'all' });
    expect(answer.body).toHaveLength(ANSWER_LIMIT_BYTES);
  });

  it('end when time runs out, with a receiver that never answers and with a name server that does not', async () => {
    await using receiver = await listen(() => undefined);
    const timeLimitMs = 50;
    const silent = post(`http://127.0.0.1:${receiver.port}/`, { allowed: 'all', timeLimitMs });
    await expect(silent).rejects.toThrow('no answer within 0.05 s');
    const resolveName = () => new Promise<never>(() => undefined);
    const lost = post('http://nowhere.example/', { allowed: 'all', timeLimitMs, resolveName });
    await expect(lost).rejects.toThrow('no answer within 0.05 s');
  });

  it.each([
    ['is cut off', (response: ServerResponse) => response.socket?.end()],
    ['never ends', () => undefined],
  ])(
    'count by their status when the body of the answer %s: nothing that was taken is sent again',
    async (_what, end) => {
      await using receiver = await listen((_request, response) => {
        response.writeHead(200, { 'content-length': '10' }).write('ok', () => end(response));
      });
      const url = new URL(`http://127.0.0.1:${receiver.port}/`);
      const outbound = createOutbound({ allowed: 'all', timeLimitMs: 300 });
      expect(await postOrExplain(outbound, { url, headers: {}, body: '' })).toBeNull();
      expect(receiver.count()).toBe(1);
    },
  );

  it('name every address that did not answer', async () => {
    const port = await findFreePort();
    const resolveName = () => resolvesTo('127.0.0.1', '127.0.0.2');
    const outbound = createOutbound({ allowed: 'all', resolveName });
    const url = new URL(`http://two.example:${port}/`);
    expect(await postOrExplain(outbound, { url, headers: {}, body: '' })).toBe(
      `connect ECONNREFUSED 127.0.0.1:${port}; connect ECONNREFUSED 127.0.0.2:${port}`,
    );
  });
});
