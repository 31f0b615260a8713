/**
 * Which addresses requests to targets named by users may go to. Without this anyone who may name a webhook could have
 * the server ask its own network, or the metadata service of the cloud it runs in.
 */
import ipaddr from 'ipaddr.js';
import { type IpAddress, isInRange } from './address-range.ts';

/** Addresses and CIDR ranges that are let through although they are private; `all` switches the check off. */
export type AllowedTargets = 'all' | readonly string[];

/** A target requests are not sent to. The message says why, for the one who named it. */
export class TargetRefusedError extends Error {
  override readonly name = 'TargetRefusedError';
}

/** All of IPv6 that is routed in public; what ipaddr.js calls unicast also holds the IPv4-compatible ::/96. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');
/** Azure's platform service: an address that is public in form only. */
const CLOUD_ADDRESSES: ReadonlySet<string> = new Set(['168.63.129.16']);

/**
 * @param address as DNS or a URL gives it, without brackets
 * @throws TargetRefusedError for one that is neither public nor allowed, or no address at all
 */
export function checkAddress(address: string, allowed: AllowedTargets): void {
  if (allowed === 'all') return;
  if (!ipaddr.isValid(address)) throw new TargetRefusedError(`${address} is not an address`);
  // An IPv4 address in IPv6's clothes reaches the same machine.
  const parsed = ipaddr.process(address);
  if (isPublic(parsed) || allowed.some((range) => isInRange(parsed, range))) return;
  throw new TargetRefusedError(
    `${address} is not a public address (${parsed.range()}); LAPWING_ALLOW_PRIVATE_TARGETS can allow it`,
  );
}

/** IPv6 ranges that carry an IPv4 address inside (6to4, NAT64, Teredo) have names of their own: none is `unicast`. */
function isPublic(address: IpAddress): boolean {
  if (address.range() !== 'unicast' || CLOUD_ADDRESSES.has(address.toString())) return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_IPV6);
}
