// The snippet for other sites:
//
//   <script src="https://…/chat/<platform>/-/embed.js" data-channel="lobby" defer></script>
//
// A button in the corner opens the chat in a frame. data-label names the button,
// data-thread a thread. It runs in a foreign page: a classic script that leaves
// no name behind, and styles by properties, since that page's policy may forbid
// style sheets.
"use strict";
(function () {
  const script = document.currentScript;
  if (!script) return;
  const root = new URL("../", script.src);
  const { channel = "lobby", thread, label = "Open the chat" } = script.dataset;
  const address = new URL(encodeURIComponent(channel) + (thread ? `/${encodeURIComponent(thread)}` : ""), root);
  address.search = "embed";

  const top = "2147483000"; // above whatever the page has
  const narrow = matchMedia("(max-width: 520px)");
  const style = (element, properties) => Object.assign(element.style, properties);

  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  style(button, {
    position: "fixed", zIndex: top, right: "20px", bottom: "20px", width: "56px", height: "56px", padding: "0", border: "0",
    borderRadius: "50%", cursor: "pointer", background: "#5457d6", color: "#fff", boxShadow: "0 6px 24px rgb(20 20 60 / 30%)",
    font: "600 13px/1 system-ui, sans-serif", transition: "transform 140ms",
  });
  const mark = new Image(40, 40);
  mark.src = new URL("-/icon.svg", root).href;
  mark.alt = "";
  style(mark, { display: "block", margin: "auto" });
  const badge = document.createElement("span");
  style(badge, {
    position: "absolute", top: "-2px", right: "-2px", minWidth: "20px", padding: "4px 5px", borderRadius: "10px", background: "#b3261e", boxSizing: "border-box",
  });
  button.append(mark, badge);

  const patience = 8000; // ms until the chat in the frame has said something
  let frame = null;
  let heard = false;
  let open = false;

  function count(n) {
    badge.hidden = !n || open;
    badge.style.display = badge.hidden ? "none" : "block";
    badge.textContent = n > 99 ? "99+" : String(n || "");
    button.setAttribute("aria-label", badge.hidden ? (open ? "Close the chat" : label) : `${label}, ${n} new`);
  }

  function place() {
    if (!frame) return;
    style(frame, narrow.matches
      ? { inset: "0", width: "100%", height: "calc(100% - 84px)", borderRadius: "0" }
      : { inset: "auto 20px 88px auto", width: "400px", height: "min(640px, calc(100vh - 110px))", borderRadius: "16px" });
    frame.style.display = open ? "block" : "none";
  }

  function toggle(to) {
    open = to;
    if (open && !frame) {
      frame = document.createElement("iframe");
      frame.src = address.href;
      frame.title = label;
      frame.allow = "clipboard-write";
      style(frame, { position: "fixed", zIndex: top, border: "1px solid rgb(128 128 150 / 30%)", boxShadow: "0 12px 48px rgb(20 20 60 / 28%)", background: "Canvas" });
      document.body.append(frame);
      setTimeout(() => { if (!heard) console.warn(`Postern: the chat at ${address.href} does not answer in its frame. Its platform must allow this site: origins: ["${location.origin}"] in the gateway's config.`); }, patience);
    }
    button.setAttribute("aria-expanded", String(open));
    place();
    count(0);
    if (open) frame.focus();
  }

  button.addEventListener("click", () => toggle(!open));
  narrow.addEventListener("change", place);
  addEventListener("keydown", (event) => { if (event.key === "Escape" && open) toggle(false); });
  addEventListener("message", (event) => {
    if (event.origin !== root.origin || event.source !== frame?.contentWindow) return;
    heard = true;
    if (event.data?.postern === "unread") count(Number(event.data.count) || 0);
    if (event.data?.postern === "close") { toggle(false); button.focus(); }
  });

  const show = () => { count(0); document.body.append(button); };
  if (document.body) show();
  else addEventListener("DOMContentLoaded", show);
})();
