// Making elements. Text only ever becomes text nodes.

/** h("button", { class: "x", onclick: f, "aria-label": "y" }, …children); false and null are left away. */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

const drawings = {
  event: ["M12 4v15", "M6 13l6 6 6-6"], // down: towards the worker
  envelope: ["M12 20V5", "M6 11l6-6 6 6"],
  receipt: ["M5 12.5l5 5L19 7"],
  gateway: ["M12 3v9", "M6.5 6.5a8 8 0 1 0 11 0"],
  fault: ["M12 4v10", "M12 19v.5"],
  plug: ["M9 3v5", "M15 3v5", "M6 8h12v3a6 6 0 0 1-12 0z", "M12 17v4"],
  copy: ["M9 9h11v11H9z", "M15 9V4H4v11h5"],
};

/** A drawing on a 24 × 24 grid; who hears the page hears nothing of it. */
export function icon(name, size = 16) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true", class: "wire-icon" })) svg.setAttribute(key, value);
  for (const d of drawings[name]) {
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 1, hourCycle: "h23" });

/** A time of day, from unix seconds. */
export const clock = (at) => time.format(at * 1000);

/** Copies text; also where the page is not on a secure origin and has no clipboard. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return;
  } catch {
    const area = h("textarea", { class: "wire-offscreen", "aria-hidden": "true", tabindex: "-1" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("the browser does not let this page copy");
  }
}

/** A button that copies what text() returns, and says so for a moment. */
export function copyButton(label, text) {
  const says = h("span", { class: "wire-copy-says", role: "status" });
  const button = h("button", { type: "button", class: "wire-copy", "aria-label": label, title: label }, icon("copy"));
  let back;
  button.addEventListener("click", async () => {
    try {
      await copy(text());
      says.textContent = "Copied";
    } catch (error) {
      says.textContent = error.message;
    }
    button.classList.add("done");
    clearTimeout(back);
    back = setTimeout(() => {
      says.textContent = "";
      button.classList.remove("done");
    }, 1500);
  });
  return h("span", { class: "wire-copy-place" }, says, button);
}
