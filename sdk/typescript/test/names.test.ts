import assert from "node:assert/strict";
import { test } from "node:test";
import { Names, type NameSettings } from "../src/names.js";
import { cases } from "./shared.js";

type Settings = Record<string, string>;

interface Cases {
  good: {
    settings: Settings;
    platform: string;
    outbound: string;
    group: string;
    described: string;
    inbound: string;
    workers: string;
  }[];
  bad_settings: Settings[];
  bad_platforms: string[];
}

const { good, bad_settings, bad_platforms } = cases<Cases>("names");

/** The cases name settings as the gateway's config does. */
function settings(of: Settings): NameSettings {
  const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [camel(name), value]));
}

test("good names", () => {
  for (const one of good) {
    const names = new Names(settings(one.settings));
    assert.equal(names.outbound(one.platform), one.outbound);
    assert.equal(names.group(one.platform), one.group);
    assert.equal(names.platform(one.platform), one.described);
    assert.equal(names.inboundStream, one.inbound);
    assert.equal(names.workerGroup, one.workers);
  }
});

test("bad names", () => {
  for (const one of bad_settings) assert.throws(() => new Names(settings(one)), RangeError, JSON.stringify(one));
  for (const platform of bad_platforms) assert.throws(() => new Names().outbound(platform), RangeError, platform);
});
