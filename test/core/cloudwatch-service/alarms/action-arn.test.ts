/** What alarms may do: the actions AWS documents for PutMetricAlarm and PutCompositeAlarm, and their names here. */
import { describe, expect, it } from 'vitest';
import {
  checkActions,
  isFunction,
  nameTarget,
} from '../../../../src/core/cloudwatch-service/alarms/action-arn.ts';

describe('An action', () => {
  it.each([
    ['arn:aws:sns:us-east-1:123456789012:my-topic', 'my-topic'],
    ['arn:aws:sns:us-east-1:123456789012:orders.fifo', 'orders.fifo'],
    ['arn:aws-cn:sns:cn-north-1:123456789012:topic', 'topic'],
    ['arn:aws-us-gov:sns:us-gov-west-1:123456789012:topic', 'topic'],
    ['arn:aws:automate:us-east-1:ec2:stop', 'ec2-stop'],
    ['arn:aws:automate:us-east-1:ec2:terminate', 'ec2-terminate'],
    ['arn:aws:automate:us-east-1:ec2:reboot', 'ec2-reboot'],
    ['arn:aws:automate:us-east-1:ec2:recover', 'ec2-recover'],
    ['arn:aws:swf:us-east-1:123456789012:action/actions/AWS_EC2.InstanceId.Stop/1.0', 'ec2-stop'],
    ['arn:aws:swf:us-east-1:123456789012:action/actions/AWS_EC2.InstanceId.Terminate/1.0', 'ec2-terminate'],
    ['arn:aws:swf:us-east-1:123456789012:action/actions/AWS_EC2.InstanceId.Reboot/1.0', 'ec2-reboot'],
    [
      'arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:12345678-90ab:autoScalingGroupName/my-group:policyName/out',
      'out',
    ],
    ['arn:aws:lambda:us-east-1:123456789012:function:page', 'page'],
    ['arn:aws:lambda:us-east-1:123456789012:function:page:7', 'page'],
    ['arn:aws:lambda:us-east-1:123456789012:function:page:live', 'page'],
    ['arn:aws:ssm:us-east-1:123456789012:opsitem:1', 'ssm-opsitem'],
    ['arn:aws:ssm:us-east-1:123456789012:opsitem:3#CATEGORY=Performance', 'ssm-opsitem'],
    ['arn:aws:ssm-incidents::123456789012:response-plan/my-plan', 'my-plan'],
    ['arn:aws:aiops:us-east-1:123456789012:investigation-group:main', 'main'],
  ])('%s is called %s', (action, name) => {
    expect(nameTarget(action)).toBe(name);
    expect(() => {
      checkActions([action]);
    }).not.toThrow();
  });

  it.each([
    '',
    'my-topic',
    'arn',
    'arn:aws:sns:us-east-1:123456789012',
    'arn:aws:sns:us-east-1:123456789012:',
    'arn:aws:sns:us-east-1:1234:topic',
    'arn:aws:sns:us-east-1:ec3:topic',
    'ARN:aws:sns:us-east-1:123456789012:topic',
    'arn:aws:SNS:us-east-1:123456789012:topic',
    'arn:aws::us-east-1:123456789012:topic',
    ' arn:aws:sns:us-east-1:123456789012:topic',
    'arn:aws:sns:us-east-1:123456789012:a\nb',
    `arn:aws:sns:us-east-1:123456789012:${'x'.repeat(901)}`,
    'https://hooks.example/alarm',
  ])('is not %.60j', (action) => {
    expect(nameTarget(action)).toBeNull();
    expect(() => {
      checkActions(['arn:aws:sns:us-east-1:123456789012:topic', action]);
    }).toThrow(
      expect.objectContaining({
        code: 'ValidationError',
        message: `Invalid arn syntax: ${action.slice(0, 200)}`,
      }) as Error,
    );
  });

  it('that calls a function is told apart from those that write to a topic', () => {
    expect(isFunction('arn:aws:lambda:us-east-1:123456789012:function:page')).toBe(true);
    expect(isFunction('arn:aws:sns:us-east-1:123456789012:lambda')).toBe(false);
    expect(isFunction('lambda')).toBe(false);
  });

  it('need not be there', () => {
    for (const none of [undefined, []]) {
      expect(() => {
        checkActions(none);
      }).not.toThrow();
    }
  });
});
