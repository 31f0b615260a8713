/** Pages that belong together, by address and name. */

export const INCIDENT_PAGES = [
  ['/incidents', 'Incidents'],
  ['/rules', 'Rules'],
  ['/maintenance', 'Maintenance'],
  ['/messages', 'Messages'],
] as const;

export const SERVER_PAGES = [
  ['/server', 'Server'],
  ['/server/keys', 'API keys'],
  ['/server/audit', 'Audit log'],
] as const;
