// One conversation at a time over all workers: the recipe's four scripts. What
// they promise stands in docs/one-conversation.md, what each does on top of its
// file in lock/. All times are in ms.

import type { Link } from "./link.js";
import { beside } from "./names.js";
import { Script, type Argument } from "./script.js";

/** An event that is ours: the token proves it, until the lease ends. */
export interface Ticket {
  readonly id: string;
  readonly conversation: string;
  readonly token: string;
  /** how often it has been given away, this time included */
  readonly attempt: number;
  /** the lease's end on performance.now's clock, on the safe side */
  readonly until: number;
  /** of the entry */
  readonly fields: ReadonlyMap<string, Buffer>;
}

/** What to take. */
export interface Request {
  /** new for each call */
  readonly token: string;
  readonly want: number;
  /** empty, or where to look on for events left pending by others */
  readonly cursor: string;
  /** the tokens of the calls since the last answer */
  readonly unanswered: readonly string[];
}

/** What a take gave. */
export interface Taken {
  readonly tickets: readonly Ticket[];
  /** until the next turn that is known of; below 0: none */
  readonly next: number;
  /** the stream's last id */
  readonly last: string;
  /** there are unread events */
  readonly more: boolean;
  /** where to look on for what others left; 0-0: all was looked at */
  readonly cursor: string;
  /** the group was missing */
  readonly made: boolean;
  /** events that were trimmed before their turn */
  readonly gone: number;
}

export interface TurnsOptions {
  readonly stream: string;
  readonly group: string;
  readonly consumer: string;
  readonly lease: number;
  readonly minIdle: number;
  readonly deadRetention: number;
}

type Answer = [next: number, last: Buffer, more: number, cursor: Buffer, made: number, gone: number, events: Given[]];
type Given = [id: Buffer, conversation: Buffer, attempt: number, fields: Buffer[]];

const take = new Script("take");
const keep = new Script("keep");
const done = new Script("done");
const again = new Script("again");

/** The unfinished events of one group. */
export class Turns {
  readonly #link: Link;
  readonly #options: TurnsOptions;
  readonly #keys: Readonly<Record<"line" | "turn" | "holder" | "attempt" | "dead", string>>;

  constructor(link: Link, options: TurnsOptions) {
    this.#link = link;
    this.#options = options;
    const key = (what: string): string => beside(options.stream, `${what}:${options.group}`);
    this.#keys = { line: key("line"), turn: key("turn"), holder: key("holder"), attempt: key("attempt"), dead: key("dead") };
  }

  /** Takes at most so many events, each the first of its conversation. */
  async take({ token, want, cursor, unanswered }: Request): Promise<Taken> {
    const { stream, group, consumer, lease, minIdle } = this.#options;
    const { line, turn, holder, attempt } = this.#keys;
    const until = performance.now() + lease;
    const answer = await take.run(
      this.#link,
      [stream, line, turn, holder, attempt],
      [group, consumer, token, want, lease, cursor, minIdle, ...unanswered],
    );
    const [next, last, more, on, made, gone, events] = answer as Answer;
    return {
      tickets: events.map((given) => ticket(token, until, given)),
      next,
      last: last.toString(),
      more: more === 1,
      cursor: on.toString(),
      made: made === 1,
      gone,
    };
  }

  /** Makes them last for another lease from now. Which of them are ours still, and until when. */
  async keep(tickets: readonly Ticket[]): Promise<{ kept: boolean[]; until: number }> {
    const { stream, group, consumer, lease } = this.#options;
    const until = performance.now() + lease;
    const args: Argument[] = [group, consumer, lease];
    for (const { conversation, id, token } of tickets) args.push(conversation, id, token);
    const kept = (await keep.run(this.#link, [stream, this.#keys.turn, this.#keys.holder], args)) as number[];
    return { kept: kept.map((one) => one === 1), until };
  }

  /** Finishes an event, as a dead letter if there is one. False: it was not ours any more. */
  async done({ conversation, id, token }: Ticket, letter: Readonly<Record<string, Argument>> = {}): Promise<boolean> {
    const { stream, group, deadRetention } = this.#options;
    const { line, turn, holder, attempt, dead } = this.#keys;
    const args = [group, conversation, id, token, deadRetention, ...Object.entries(letter).flat()];
    return (await done.run(this.#link, [stream, line, turn, holder, attempt, dead], args)) === 1;
  }

  /** Gives an event back, to be taken after a delay. False: it was not ours any more. */
  async again({ conversation, id, token }: Ticket, delay: number, counts: boolean): Promise<boolean> {
    const { turn, holder, attempt } = this.#keys;
    const args = [conversation, id, token, Math.round(delay), counts ? 1 : 0];
    return (await again.run(this.#link, [turn, holder, attempt], args)) === 1;
  }
}

function ticket(token: string, until: number, [id, conversation, attempt, fields]: Given): Ticket {
  const pairs = new Map<string, Buffer>();
  for (let i = 0; i + 1 < fields.length; i += 2) pairs.set(String(fields[i]), fields[i + 1]!);
  return { id: id.toString(), conversation: conversation.toString(), token, attempt, until, fields: pairs };
}
