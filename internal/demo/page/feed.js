// What the demo's parent process tells of the wire, as server-sent events. The
// browser connects again by itself and says how far it has come.

/** follow({ hello, item, lost }) calls hello with what the demo says of itself, item with each item. */
export function follow({ hello, item, lost }) {
  const source = new EventSource("/demo/wire");
  let run;
  source.addEventListener("hello", (event) => {
    const about = JSON.parse(event.data);
    hello(about, run !== undefined && run !== about.run); // another demo: what was shown is not of this one
    run = about.run;
  });
  source.addEventListener("message", (event) => item(JSON.parse(event.data)));
  source.addEventListener("error", () => lost());
}
