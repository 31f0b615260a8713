/**
 * Kubernetes gives each container variables of the services in its namespace: of one that is named `lapwing` LAPWING_PORT, of
 * `lapwing-graphite` LAPWING_GRAPHITE_PORT, each with an address in place of a number. None is a setting. Docker's links are alike.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const ADDRESS = /^(?:tcp|udp|sctp):\/\//;
const OTHERS = /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/;

export function withoutServiceLinks(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isLink = ([name, value = '']: [string, string | undefined]) =>
    OTHERS.test(name) || (name.endsWith('_PORT') && ADDRESS.test(value));
  return Object.fromEntries(Object.entries(environment).filter((entry) => !isLink(entry)));
}
