/** Whether a browser says that the page that asks is one of this server. */

/**
 * @param origin as the browser names it
 * @param host the Host header: a proxy may have written the port into it that the scheme of the origin implies
 */
export function isOwnOrigin(origin: string, host: string | undefined): boolean {
  // What is not of a Host header would be read as another part of an address.
  if (host === undefined || /[/?#@\\\s]/.test(host)) return false;
  if (!/^https?:/.test(origin) || !URL.canParse(origin)) return false;
  const { protocol, host: asked } = new URL(origin);
  const own = `${protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === asked;
}
