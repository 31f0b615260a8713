/** Addresses that nobody else can reach. */

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether a request means this server by the name it gives. A page on the web can point a name of its own at loopback
 * and so ask us as if we were its own server; but it cannot make the browser say another name than that.
 * @param header the Host header
 * @param allowed further names, without ports
 */
export function isOwnName(header: string | undefined, allowed: readonly string[]): boolean {
  if (header === undefined || !URL.canParse(`http://${header}`)) return false;
  const name = new URL(`http://${header}`).hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return isLoopback(name) || allowed.some((known) => known.toLowerCase() === name);
}
