// The names in Redis that workers and the gateway share.

const platformName = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const longest = 128; // bytes; each name is part of many keys

/** The settings; the gateway's config has the same under `wire`, and they must agree. */
export interface NameSettings {
  /** default `postern` */
  namespace?: string;
  /** default `<namespace>:outbound` */
  outboundPrefix?: string;
  /** default `<namespace>:gateway` */
  groupPrefix?: string;
  /** default `<namespace>:inbound` */
  inboundStream?: string;
  /** default `<namespace>:workers` */
  workerGroup?: string;
}

/** Where things are in Redis. */
export class Names {
  readonly namespace: string;
  readonly outboundPrefix: string;
  readonly groupPrefix: string;
  readonly inboundStream: string;
  readonly workerGroup: string;

  /** Throws RangeError if a name is not one. */
  constructor(settings: NameSettings = {}) {
    this.namespace = checkName("namespace", settings.namespace ?? "postern");
    const or = (name: keyof NameSettings, suffix: string): string =>
      checkName(name, settings[name] ?? `${this.namespace}:${suffix}`);
    this.outboundPrefix = or("outboundPrefix", "outbound");
    this.groupPrefix = or("groupPrefix", "gateway");
    this.inboundStream = or("inboundStream", "inbound");
    this.workerGroup = or("workerGroup", "workers");
  }

  /** The stream that a platform's envelopes are published to. */
  outbound(platform: string): string {
    return `${this.outboundPrefix}:${checkedPlatform(platform)}`;
  }

  /** The gateway's consumer group on that stream. */
  group(platform: string): string {
    return `${this.groupPrefix}:${checkedPlatform(platform)}`;
  }

  /** The hash that says what a platform is and can do. */
  platform(platform: string): string {
    return `${this.namespace}:platform:${checkedPlatform(platform)}`;
  }
}

/** The key of something kept about a stream, in its Cluster slot. */
export function beside(stream: string, what: string): string {
  return `{${stream}}:${what}`;
}

function checkedPlatform(name: string): string {
  if (platformName.test(name)) return name;
  throw new RangeError(
    `platform name ${JSON.stringify(name)}: expected a lower-case letter or digit, then at most 62 of a-z, 0-9, _ and -`,
  );
}

/** Returns the name. Throws RangeError unless it is one to have in Redis. */
export function checkName(what: string, name: string): string {
  const size = Buffer.byteLength(name);
  if (name === "") throw new RangeError(`${what} is empty`);
  if (size > longest) throw new RangeError(`${what} has ${size} bytes, expected at most ${longest}`);
  if (/[{}]/.test(name)) {
    throw new RangeError(`${what} is ${JSON.stringify(name)}: { and } are kept for Cluster hash tags, choose a name without them`);
  }
  if (/[\s\p{Cc}]/u.test(name)) {
    throw new RangeError(`${what} is ${JSON.stringify(name)}: choose a name without white space and control characters`);
  }
  return name;
}
