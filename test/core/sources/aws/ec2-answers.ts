/** EC2's part of the imitation. */
import type { Script, ScriptedInstance } from './script.ts';

const PAGE = 100;

export function answerEc2(script: Script, operation: string, query: URLSearchParams, region: string): string {
  const start = Number(query.get('NextToken') ?? '0');
  const instances = operation === 'DescribeInstances' ? (script.instances?.get(region) ?? []) : [];
  const page = instances.slice(start, start + PAGE);
  const token = start + PAGE < instances.length ? `<nextToken>${start + PAGE}</nextToken>` : '';
  const set =
    operation === 'DescribeInstances'
      ? `<reservationSet>${page.map(writeReservation).join('')}</reservationSet>`
      : `<volumeSet>${(script.volumes?.get(region) ?? []).map(writeVolume).join('')}</volumeSet>`;
  return `<${operation}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>${set}${token}</${operation}Response>`;
}

function writeReservation(instance: ScriptedInstance): string {
  const { id, state, type = 'm5.large', launchedAt, tags } = instance;
  const { imageId, zone, subnetId, vpcId } = instance;
  const items = Object.entries(tags).map(
    ([key, value]) => `<item><key>${escapeXml(key)}</key><value>${escapeXml(value)}</value></item>`,
  );
  return `<item><instancesSet><item><instanceId>${id}</instanceId><instanceType>${type}</instanceType>${
    imageId === undefined ? '' : `<imageId>${imageId}</imageId>`
  }${subnetId === undefined ? '' : `<subnetId>${subnetId}</subnetId>`}${
    vpcId === undefined ? '' : `<vpcId>${vpcId}</vpcId>`
  }<placement><availabilityZone>${zone ?? ''}</availabilityZone><groupName/></placement><launchTime>${
    launchedAt ?? '2026-01-01T00:00:00.000Z'
  }</launchTime><instanceState><code>16</code><name>${state}</name></instanceState><tagSet>${items.join('')}</tagSet></item></instancesSet></item>`;
}

function writeVolume(id: string): string {
  return `<item><volumeId>${id}</volumeId><size>8</size><status>in-use</status><createTime>2026-01-01T00:00:00.000Z</createTime><tagSet><item><key>Name</key><value>${id}</value></item></tagSet></item>`;
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
