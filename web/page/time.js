// Times as people say them, in the browser's language.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const thisYear = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const anyYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });

const date = (at) => new Date(at * 1000);
const midnight = (d) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();

export const timeOfDay = (at) => clock.format(date(at));

/** Hours and minutes alone, at most five characters in any language: for where there is no room for more. */
export function shortTime(at) {
  const parts = clock.formatToParts(date(at));
  const hour = parts.findIndex(({ type }) => type === "hour");
  const between = parts[hour + 1].value.trim();
  return `${parts[hour].value}${between.length === 1 ? between : ":"}${parts.find(({ type }) => type === "minute").value}`;
}

export const wholeTime = (at) => full.format(date(at));
export const machineTime = (at) => (Number.isFinite(at) ? date(at).toISOString() : "");

export function dayName(at, now = new Date()) {
  const days = Math.round((midnight(now) - midnight(date(at))) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return (date(at).getFullYear() === now.getFullYear() ? thisYear : anyYear).format(date(at));
}

/** A number of bytes: "1.4 MB". */
export function size(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  let n = Number(bytes) || 0;
  let unit = 0;
  for (; n >= 1000 && unit < units.length - 1; unit++) n /= 1000;
  return `${n < 10 && unit > 0 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}
