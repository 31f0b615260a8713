/** EC2's own Query dialect: https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html */
import { nameFault, type AwsProtocol, type AwsRequest } from './protocol.ts';
import { queryProtocol } from './query.ts';
import { writeContent, writeElement } from './xml.ts';

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/';
/** EC2's versions; CloudWatch's is of 2010, Auto Scaling's of 2011. */
const VERSION = /(?:^|&)Version=201[2-6]-\d\d-\d\d(?:&|$)/;

/** By the version, not the credential's scope, which old clients fill with odd things. */
export function isEc2Request(request: AwsRequest): boolean {
  return VERSION.test(request.queryString) || VERSION.test(request.body.toString('latin1'));
}

export const ec2Protocol: AwsProtocol = {
  // Lists are numbered without `member`, which the reader of Query takes too.
  decode: (request, body) => queryProtocol.decode(request, body),
  encode(operation, output, value, requestId) {
    const id = writeElement('requestId', requestId, 'text');
    const body = `<${operation}Response xmlns="${NAMESPACE}">${id}${writeContent(output, value, 'item')}</${operation}Response>`;
    return { status: 200, headers: { 'content-type': 'text/xml' }, body };
  },
  encodeError(error, requestId) {
    const parts = [
      writeElement('Code', error.wireCode, 'text'),
      writeElement('Message', error.message, 'text'),
      writeElement('Type', nameFault(error), 'text'),
    ];
    const errors = writeElement('Errors', writeElement('Error', parts.join('')));
    const body = writeElement('Response', `${errors}${writeElement('RequestID', requestId, 'text')}`);
    return { status: error.status, headers: { 'content-type': 'text/xml' }, body };
  },
};
