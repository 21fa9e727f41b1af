// Envelopes as bytes: written as MessagePack, read as that or as JSON.

import { decode as unpack, encode as pack } from "@msgpack/msgpack";

/** One envelope as a MessagePack map. A field that is undefined is left out. */
export function encode(envelope: object): Buffer {
  const packed = pack(envelope, { ignoreUndefined: true });
  return Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
}

/** What a gateway wrote. Throws if it is neither format. */
export function decode(data: Buffer): unknown {
  const first = data.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  return first === 0x7b ? JSON.parse(data.toString("utf8")) : unpack(data);
}
