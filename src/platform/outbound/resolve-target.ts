/** From a URL to the addresses it stands for, each of them checked. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { checkAddress, TargetRefusedError, type AllowedTargets } from './check-address.ts';

export interface Address {
  readonly address: string;
  readonly family: number;
}

/** Every address of a name, as the system resolves it. */
export type ResolveName = (hostname: string) => Promise<readonly Address[]>;

export const resolveBySystem: ResolveName = (hostname) => lookup(hostname, { all: true, verbatim: true });

/** Below these only the ports of the web: a webhook has no business at 22 or 25. */
const LOWEST_OTHER_PORT = 1024;
const WEB_PORTS: ReadonlySet<string> = new Set(['', '80', '443']);

/**
 * What can be said of a URL without asking DNS. Odd ways to write an address (decimal, octal, hexadecimal) have
 * become the plain one when it was parsed.
 * @throws TargetRefusedError
 */
export function checkUrl(url: URL, allowed: AllowedTargets): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TargetRefusedError(`expected an http or https URL, got ${url.protocol}`);
  }
  if (allowed === 'all') return;
  if (url.username !== '' || url.password !== '') {
    throw new TargetRefusedError('a URL may not hold a user name or a password');
  }
  if (!WEB_PORTS.has(url.port) && Number(url.port) < LOWEST_OTHER_PORT) {
    throw new TargetRefusedError(`port ${url.port} is neither 80 or 443 nor above ${LOWEST_OTHER_PORT - 1}`);
  }
  const host = bareHost(url);
  if (isIP(host) !== 0) checkAddress(host, allowed);
}

/**
 * One bad address refuses the whole name: which of them is used is not ours to say.
 * @throws TargetRefusedError, or whatever DNS failed with
 */
export async function resolveTarget(
  url: URL,
  allowed: AllowedTargets,
  resolveName: ResolveName,
): Promise<readonly Address[]> {
  checkUrl(url, allowed);
  const host = bareHost(url);
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  const addresses = await resolveName(host);
  if (addresses.length === 0) throw new TargetRefusedError(`${host} has no address`);
  for (const { address } of addresses) checkAddress(address, allowed);
  return addresses;
}

/** Without the brackets IPv6 has in URLs. */
function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
