/** Account ids and ARNs of what the service keeps. */

/** Accounts are numbered from 1; AWS' ids have twelve digits. */
export function nameAccount(accountId: number): string {
  return String(accountId).padStart(12, '0');
}

/** @param region of the request's signature, or of the one the alarm was put with */
export function nameAlarmArn(region: string, accountId: number, name: string): string {
  return `arn:aws:cloudwatch:${region}:${nameAccount(accountId)}:alarm:${name}`;
}

/** Dashboards are of every region. */
export function nameDashboardArn(accountId: number, name: string): string {
  return `arn:aws:cloudwatch::${nameAccount(accountId)}:dashboard/${name}`;
}

/** What an ARN of this service names. */
export interface NamedResource {
  readonly kind: 'alarm' | 'dashboard';
  readonly accountId: string;
  readonly name: string;
}

const ARN = /^arn:[a-z0-9-]+:cloudwatch:[a-z0-9-]*:(\d{12}):(?:(alarm):|(dashboard)\/)(.+)$/s;

/** @returns null when it is no ARN of an alarm or a dashboard */
export function readArn(arn: string): NamedResource | null {
  const [, accountId = '', alarm, , name = ''] = ARN.exec(arn) ?? [];
  if (name === '') return null;
  return { kind: alarm === undefined ? 'dashboard' : 'alarm', accountId, name };
}

/** The name an alarm is meant by: itself, or the last part of its ARN. */
export function readAlarmName(nameOrArn: string): string {
  const found = readArn(nameOrArn);
  return found?.kind === 'alarm' ? found.name : nameOrArn;
}
