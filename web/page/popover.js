// A small window beside the element that opened it, or a sheet at the bottom of
// a phone. It closes on Escape, on a click elsewhere, and gives the focus back.

import { h } from "./dom.js";

const gap = 6;
const margin = 8;

export function openPopover(beside, content, { label, focus = null, role = "dialog" } = {}) {
  const before = document.activeElement;
  const veil = h("div", { class: "veil" });
  const element = h("div", { class: "popover", role, "aria-label": label, tabindex: "-1" }, content);
  const close = () => {
    if (!element.isConnected) return;
    element.remove();
    veil.remove();
    removeEventListener("resize", close);
    // The focus goes back first: what is marked stays in sight until it has it.
    (before?.isConnected ? before : beside)?.focus?.({ preventScroll: true });
    mark(beside, false);
  };
  veil.addEventListener("click", close);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Tab") keepInside(element, event);
  });
  addEventListener("resize", close);
  document.body.append(veil, element);
  mark(beside, true);
  place(element, beside);
  (focus ?? element.querySelector("button, a, input") ?? element).focus({ preventScroll: true });
  return { element, close };
}

function mark(beside, open) {
  beside?.classList.toggle("opened", open);
  if (beside?.tagName === "BUTTON") beside.setAttribute("aria-expanded", String(open));
}

function place(element, beside) {
  if (!beside || matchMedia("(max-width: 640px)").matches) return; // the style sheet makes it a sheet
  const around = beside.getBoundingClientRect();
  const { width, height } = element.getBoundingClientRect();
  const below = around.bottom + gap;
  const top = below + height > innerHeight - margin ? Math.max(margin, around.top - gap - height) : below;
  const left = Math.min(Math.max(margin, around.right - width), innerWidth - width - margin);
  element.style.top = `${top}px`;
  element.style.left = `${left}px`;
}

function keepInside(element, event) {
  const stops = [...element.querySelectorAll("button, a[href], input, [tabindex='0']")].filter((stop) => stop.tabIndex >= 0);
  if (stops.length === 0) return event.preventDefault();
  const at = stops.indexOf(document.activeElement);
  const to = event.shiftKey ? (at <= 0 ? stops.length - 1 : at - 1) : (at + 1) % stops.length;
  event.preventDefault();
  stops[to].focus();
}
