// Writes src/wire.ts from the schemas of the envelopes:
//
//     node scripts/generate.mjs          writes it
//     node scripts/generate.mjs --check  exits 1 if it is not what would be written

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const schemas = new URL("../../../envelope/schema/", import.meta.url);
const target = fileURLToPath(new URL("../src/wire.ts", import.meta.url));

const documents = [
  ["outbound", "OutboundFields", "Every field that an envelope may have; envelope.ts says which type has which."],
  ["event", "Event", "What happened on a platform. Times are unix seconds; `event` says which of the optional fields there are."],
  ["receipt", "Receipt", "How an envelope ended. `message_ids` has one id for each part, in order; `at` is unix seconds."],
  ["reply", "Reply", "The answer to one RPC."],
];


function typeOf(schema, indent) {
  if (schema === true) return "unknown";
  if (schema.contentEncoding === "base64") return "Uint8Array";
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map((one) => typeOf(one, indent)).join(" | ");
  switch (schema.type) {
    case "string":
      return "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "array":
      return `readonly ${bracketed(typeOf(schema.items, indent))}[]`;
    case "object":
      if (schema.properties) return `{\n${members(schema, `${indent}  `)}${indent}}`;
      if (schema.additionalProperties === true) return "Readonly<Record<string, unknown>>";
  }
  throw new Error(`a schema that this does not know: ${JSON.stringify(schema)}`);
}

const bracketed = (type) => (/[|]|^readonly /.test(type) && !type.startsWith("{") ? `(${type})` : type);

function members(schema, indent) {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties)
    .map(([name, member]) => `${indent}${name}${required.has(name) ? "" : "?"}: ${typeOf(member, indent)};\n`)
    .join("");
}

function write() {
  let text = "// Written by scripts/generate.mjs from envelope/schema. Do not edit.\n";
  for (const [file, name, doc] of documents) {
    const schema = JSON.parse(readFileSync(new URL(`${file}.schema.json`, schemas), "utf8"));
    text += `\n/** ${doc} */\nexport interface ${name} {\n${members(schema, "  ")}}\n`;
  }
  return text;
}

const text = write();
if (process.argv[2] !== "--check") {
  writeFileSync(target, text);
} else if (readFileSync(target, "utf8") !== text) {
  console.error("src/wire.ts is not what the schemas say: run npm run generate");
  process.exit(1);
}
