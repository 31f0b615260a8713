/** Where a request comes from, for the limits that count addresses. */
import type { IncomingHttpHeaders } from 'node:http';
import ipaddr from 'ipaddr.js';
import { type IpAddress, isInRange } from '../../platform/outbound/address-range.ts';

/** What limits count a request for. A header is believed of trusted proxies alone: it would be new with each request. */
export type ReadAddress = (request: {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: IncomingHttpHeaders;
}) => string;

/** An owner of IPv6 addresses has at least so many bits of them: they count as one. */
const IPV6_NETWORK = '/64';

/**
 * Of a connection from a trusted proxy X-Forwarded-For is read from its end; the first address there that is no trusted
 * proxy is the client's, as with nginx's real_ip_recursive.
 * @param trusted addresses and CIDR ranges of proxies
 * @param readForwarded what a member of the cluster says of a request that it passed on; null where none did
 */
export function createReadAddress(
  trusted: readonly string[],
  readForwarded: (headers: IncomingHttpHeaders) => string | null = () => null,
): ReadAddress {
  const isTrusted = (address: IpAddress) => trusted.some((range) => isInRange(address, range));
  return ({ socket, headers }) => {
    const forwarded = readForwarded(headers);
    if (forwarded !== null) return forwarded;
    const peer = parseAddress(socket.remoteAddress ?? '');
    if (peer === null) return 'gone';
    let client: IpAddress = peer;
    for (const hop of readHops(headers['x-forwarded-for'])) {
      const address: IpAddress | null = isTrusted(client) ? parseAddress(hop) : null;
      // What is behind somebody who is not trusted, or behind what is no address, may be made up.
      if (address === null) break;
      client = address;
    }
    return client instanceof ipaddr.IPv4 ? client.toString() : readNetwork(client);
  };
}

/** The last one first; several headers count as one, in their order. */
function readHops(header: string | string[] | undefined): readonly string[] {
  const text = Array.isArray(header) ? header.join() : (header ?? '');
  return text
    .split(',')
    .map((hop) => hop.trim())
    .reverse();
}

/** With a port or without. An IPv4 address within an IPv6 one is that IPv4 address. Null for what is none. */
function parseAddress(text: string): IpAddress | null {
  const [, bracketed, plain] = /^\[(.+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? text;
  return ipaddr.isValid(address) ? ipaddr.process(address) : null;
}

function readNetwork(address: ipaddr.IPv6): string {
  // The zone of a link is no part of a network.
  const [plain = ''] = address.toNormalizedString().split('%');
  const network = plain + IPV6_NETWORK;
  return `${ipaddr.IPv6.networkAddressFromCIDR(network).toString()}${IPV6_NETWORK}`;
}
