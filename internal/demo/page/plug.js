// The plug: the button that kills the gateway, and how it then comes back.

import { clock, h, icon } from "./dom.js";

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

export class Plug {
  #button = h("button", { type: "button", class: "plug-button", disabled: true, title: "kill −9 the gateway's process", onclick: () => this.#pull() },
    icon("plug"), "Pull the plug");
  #light = h("span", { class: "plug-light", "aria-hidden": "true" });
  #says = h("span", { role: "status" }, "…");
  #counter = h("span", { class: "plug-counter", "aria-hidden": "true" });
  #story = []; // of the death that is being told
  #killedAt = 0;
  #awaitsDelivery = false;
  #tick;

  constructor() {
    this.button = this.#button;
    this.element = h("p", { class: "plug-story" }, this.#light, h("span", null, this.#says, this.#counter));
  }

  /** Takes an item of the wire. */
  take(item) {
    if (item.kind === "gateway") this.#gateway(item);
    else if (item.kind === "receipt" && this.#awaitsDelivery) {
      this.#awaitsDelivery = false;
      this.#tell("delivery goes on");
    }
  }

  #gateway({ at, data }) {
    const { state, pid, after_ms: after } = data;
    switch (state) {
      case "killed":
      case "ended":
        this.#awaitsDelivery = false;
        this.#killedAt = at * 1000;
        this.#story = [];
        this.#state("away", `${state === "killed" ? "Killed −9" : "Ended"} at ${clock(at)}`);
        break;
      case "back":
        this.#tell(`back after ${seconds(after)}`);
        break;
      case "active":
        if (after === undefined) this.#state("runs", `The gateway runs, process ${pid}`);
        else {
          this.#awaitsDelivery = true;
          this.#state("runs", `lease taken over after ${seconds(after)}`);
        }
    }
  }

  #state(state, says) {
    this.#light.dataset.state = state;
    this.#button.disabled = state !== "runs";
    clearInterval(this.#tick);
    this.#counter.textContent = "";
    if (state === "away") this.#tick = setInterval(() => this.#count(), 100);
    this.#tell(says);
  }

  #tell(says) {
    this.#story.push(says);
    this.#says.textContent = this.#story.join(" · ");
  }

  /** Counts up while it is away; who listens is told of changes only. */
  #count() {
    const away = Date.now() - this.#killedAt;
    if (away < 60_000) this.#counter.textContent = ` · ${seconds(Math.max(away, 0))}`;
  }

  async #pull() {
    this.#button.disabled = true;
    try {
      const answer = await fetch("/demo/plug", { method: "POST", headers: { "X-Postern-Demo": "plug" } });
      if (!answer.ok) throw new Error((await answer.text()).trim());
    } catch (error) {
      this.#story = [];
      this.#tell(`The plug was not pulled: ${error.message}`);
      this.#button.disabled = false;
    }
  }

  /** The demo itself does not answer. */
  lost() {
    this.#story = [];
    this.#state("away", "The demo has ended. Start it again, and this goes on");
    clearInterval(this.#tick);
  }

  /** The demo answers again, and tells everything anew or what was missed. */
  found() {
    if (this.#light.dataset.state === "away" && this.#story[0]?.startsWith("The demo has")) {
      this.#story = [];
      this.#state("runs", "The gateway runs");
    }
  }
}
