// Plays one scenario: node stage/run.mjs scenarios/<name>.mjs. It ends with
// status 0 only if the story held and no page complained.

import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Stage } from "./stage.mjs";

const file = process.argv[2];
const stage = await Stage.open(basename(file, ".mjs"));
process.on("SIGINT", async () => {
  console.error("stopped: the scenario took too long");
  await stage.failed();
  process.exit(1);
});
try {
  const { default: play } = await import(pathToFileURL(resolve(file)));
  await play(stage);
  stage.judge();
} catch (error) {
  console.error(error.stack ?? error);
  await stage.failed();
  process.exitCode = 1;
} finally {
  await stage.close();
}
process.exit();
