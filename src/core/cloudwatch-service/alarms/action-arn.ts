/** What an alarm may do: ARNs of topics, functions and other targets, and the webhook each of them is delivered to. */
import { CloudwatchError } from '../model/cloudwatch-error.ts';

/** arn:partition:service:region:account:resource */
/** Of actions on instances the fifth part names a service: arn:aws:automate:us-east-1:ec2:stop */
const ARN = /^arn:[a-z0-9-]{1,32}:([a-z0-9-]{1,64}):[a-z0-9-]{0,64}:([0-9]{12}|ec2)?:(.{1,900})$/;

/**
 * The name under which LAPWING_CLOUDWATCH_WEBHOOKS maps an action to a URL: the topic's, the function's, the scaling
 * policy's, the response plan's; of actions on instances and of Systems Manager items, what is done: ec2-stop,
 * ssm-opsitem.
 * @returns null when the action is no ARN
 */
export function nameTarget(action: string): string | null {
  const [, service = '', owner = '', resource = ''] = ARN.exec(action) ?? [];
  switch (service) {
    case '':
      return null;
    case 'lambda':
      return /^function:([^:]+)/.exec(resource)?.[1] ?? resource;
    case 'autoscaling':
      return /policyName\/([^:/]+)/.exec(resource)?.[1] ?? resource;
    case 'automate':
      return `${owner}-${resource}`;
    case 'swf':
      return `ec2-${(/InstanceId\.(\w+)/.exec(resource)?.[1] ?? 'action').toLowerCase()}`;
    case 'ssm':
      return `ssm-${resource.split(':')[0] ?? ''}`;
    default:
      return resource.split(/[:/]/).at(-1) ?? resource;
  }
}

/** Whether the action calls a Lambda function, which is handed another form of notification than a topic. */
export function isFunction(action: string): boolean {
  return ARN.exec(action)?.[1] === 'lambda';
}

/** @throws CloudwatchError in AWS' words at the first action that is no ARN; their number is bounded by the shape */
export function checkActions(actions: readonly string[] | undefined): void {
  const wrong = (actions ?? []).find((action) => nameTarget(action) === null);
  if (wrong === undefined) return;
  throw new CloudwatchError('ValidationError', `Invalid arn syntax: ${wrong.slice(0, 200)}`);
}
