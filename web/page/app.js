// Puts the page together: where the visitor is, the room shown, what is beside.

import { Announcer } from "./announce.js";
import { Companion } from "./companion.js";
import { Conversation } from "./conversation.js";
import { h } from "./dom.js";
import { Frame } from "./frame.js";
import { Outbox } from "./outbox.js";
import { Postman } from "./postman.js";
import { read, write } from "./route.js";
import { Session, tokenFromAddress } from "./session.js";
import { openSettings } from "./settings.js";
import { Sidebar } from "./sidebar.js";
import { openStorage, Shelf } from "./storage.js";
import { Unread } from "./unread.js";
import { RoomView } from "./view.js";

const setting = (name) => document.querySelector(`meta[name="postern-${name}"]`)?.content || null;
const root = new URL("../", import.meta.url).href;
const home = setting("home") ?? "lobby";
const socket = new URL("-/socket", root.replace(/^http/, "ws")).href;

const storage = openStorage();
const shelf = new Shelf(storage, `postern${new URL(root).pathname}`);
const session = new Session(root, shelf, { token: tokenFromAddress(location, history), framed: window.top !== window });
const outbox = new Outbox(shelf);
const announcer = new Announcer();
const unread = new Unread(setting("title") ?? "Chat");

const rooms = new Map(); // what is known of rooms visited, by channel
let room = null; // the conversation shown
let view = null;

const companion = setting("companion") && new Companion(new URL(setting("companion"), location.origin).href, { root, title: (text) => frame.tab(text) });
const sidebar = new Sidebar({
  title: setting("title") ?? "Chat", icon: new URL("-/icon.svg", root).href, home, shelf,
  address: (channel) => write(root, { channel }, location.search),
  go: (channel) => go({ channel, thread: null }),
  close: () => frame.drawer(false),
  settings: () => openSettings({
    name: room.you.name, longest: room.limits.name ?? 64, theme: globalThis.posternTheme,
    rename: async (name) => shelf.set("name", await room.rename(name)),
  }),
});
const frame = new Frame({ sidebar: sidebar.element, companion: companion?.element, announcer: announcer.element, drop: (files) => view?.drop(files) });
const conversationPorts = { socket, session, outbox, name: () => shelf.get("name") };
const postman = new Postman(outbox, (channel) => new Conversation(channel, { ...conversationPorts, known: rooms.get(channel) }), () => room?.channel);

function go(place) {
  history.pushState(null, "", write(root, place, location.search));
  show(place);
}

function show({ channel, thread }) {
  if (room?.channel !== channel) enter(channel);
  frame.panel(view.thread(thread));
  if (thread != null) view.panel.composer.focus();
}

function enter(channel) {
  view?.close();
  room?.close();
  room = new Conversation(channel, { ...conversationPorts, known: rooms.get(channel) });
  rooms.set(channel, room.room);
  listen(room);
  view = new RoomView(room, {
    root, session, shelf, announcer,
    menu: () => frame.drawer(true),
    thread: (thread) => {
      go({ channel, thread });
      if (thread == null) view.composer.focus();
    },
  });
  frame.room(view.element);
  frame.drawer(false);
  sidebar.draw(room);
  unread.follow(room);
  room.start();
  if (matchMedia("(hover: hover)").matches) view.composer.focus();
}

function listen(conversation) {
  const redraw = () => { if (room === conversation) sidebar.draw(conversation); };
  conversation.addEventListener("welcome", redraw);
  conversation.addEventListener("state", () => {
    const { state } = conversation.link;
    companion?.tell("link", { state, channel: conversation.channel });
    if (state === "open") postman.deliver();
    if (conversation.link.denied) frame.gate(conversation.link.reason, session, () => conversation.start());
  });
  for (const [event, way] of [["frame", "in"], ["sent", "out"]]) {
    conversation.link.addEventListener(event, ({ detail }) => companion?.tell("frame", { way, frame: detail, at: Date.now() }));
  }
}

const hurry = () => { if (!document.hidden) room?.link.hurry(); };
addEventListener("online", hurry);
document.addEventListener("visibilitychange", hurry);
addEventListener("popstate", () => show(read(location, root, home)));
addEventListener("storage", (event) => { if (event.storageArea === storage) outbox.reload(); });

document.body.append(h("a", { class: "skip", href: "#write", onclick: (event) => { event.preventDefault(); view.composer.focus(); } }, "Skip to the message field"), frame.element);
show(read(location, root, home));
companion?.start(() => room);
