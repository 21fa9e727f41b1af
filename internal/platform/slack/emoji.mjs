// Writes emoji.txt, Slack's short names of Unicode's emoji: a line for each, its
// code points and its names, the usual one first. The data are those that Slack
// itself goes by (github.com/iamcal/emoji-data, MIT):
//
//   npm pack emoji-datasource@16.0.0 && tar xzf emoji-datasource-16.0.0.tgz package/emoji.json
//   node emoji.mjs package/emoji.json > emoji.txt
import { readFileSync } from "node:fs";

const all = JSON.parse(readFileSync(process.argv[2], "utf8"));
all.sort((a, b) => a.sort_order - b.sort_order);
for (const e of all) {
  const names = [e.short_name, ...e.short_names.filter((n) => n !== e.short_name)];
  console.log(e.unified.toLowerCase(), names.join(" "));
}
