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
  const button = h("button", { type: "button", class: "wire-copy", "aria-label": label, title: label }, "⧉");
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
