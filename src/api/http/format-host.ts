/** An IPv6 address stands in brackets within a URL. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
