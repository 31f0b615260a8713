/** Addresses and ranges of them, as settings name them: 10.0.0.0/8, 127.0.0.1, fd00::/8. */
import ipaddr from 'ipaddr.js';

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

const { IPv4, IPv6 } = ipaddr;

/**
 * IPv4 has four decimal numbers: the library reads 10/8 as 0.0.0.10/8, and 010.0.0.1 as 8.0.0.1, as old systems did. A range
 * of IPv4 within IPv6 is none: addresses are looked at as IPv4.
 */
export function isAddressRange(text: string): boolean {
  if (IPv4.isValidFourPartDecimal(text) || IPv4.isValidCIDRFourPartDecimal(text)) return true;
  if (IPv6.isValid(text)) return true;
  return IPv6.isValidCIDR(text) && !IPv6.parseCIDR(text)[0].isIPv4MappedAddress();
}

/** @param range an address or a CIDR range: `isAddressRange` */
export function isInRange(address: IpAddress, range: string): boolean {
  const [base, bits] = range.includes('/') ? ipaddr.parseCIDR(range) : [ipaddr.process(range), null];
  if (base.kind() !== address.kind()) return false;
  if (bits === null) return base.toNormalizedString() === address.toNormalizedString();
  return address.match(base, bits);
}
