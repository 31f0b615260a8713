/** The part of statsd-client the tests use; it has no types of its own. */
declare module 'statsd-client' {
  export default class StatsdClient {
    constructor(options: { host: string; port: number; tcp?: boolean; prefix?: string });
    increment(name: string, by?: number): this;
    gauge(name: string, value: number): this;
    gaugeDelta(name: string, by: number): this;
    set(name: string, value: string | number): this;
    timing(name: string, milliseconds: number): this;
    close(): void;
  }
}
