/** Addresses and ranges of them, as settings name them: 10.0.0.0/8, 127.0.0.1, fd00::/8. */
import ipaddr from 'ipaddr.js';

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

export function isAddressRange(text: string): boolean {
  return ipaddr.isValid(text) || ipaddr.isValidCIDR(text);
}

/** @param range an address or a CIDR range: `isAddressRange` */
export function isInRange(address: IpAddress, range: string): boolean {
  const [base, bits] = range.includes('/') ? ipaddr.parseCIDR(range) : [ipaddr.process(range), null];
  if (base.kind() !== address.kind()) return false;
  if (bits === null) return base.toNormalizedString() === address.toNormalizedString();
  return address.match(base, bits);
}
