// One conversation at a time over all workers: the recipe's four scripts. What
// each does stands on top of its file in lock/.

import type { Link } from "./link.js";
import { beside } from "./names.js";
import { Script, type Argument } from "./script.js";

/** An event that is ours until its lease ends. */
export interface Held {
  readonly id: string;
  readonly conversation: string;
  readonly token: string;
  /** 1 is the first */
  readonly attempt: number;
  /** of the entry */
  readonly fields: ReadonlyMap<string, Buffer>;
}

/** What one take gave. */
export interface Taken {
  /** ms until the next turn that is known of; below 0: none */
  readonly wait: number;
  /** the stream's last id */
  readonly last: string;
  /** the stream holds unread events */
  readonly more: boolean;
  /** where to look on for what others left; 0-0: all was looked at */
  readonly cursor: string;
  /** events that were trimmed before their turn */
  readonly gone: number;
  readonly events: readonly Held[];
}

/** What a take is asked for. */
export interface Want {
  /** new for each take: it proves that an event is ours */
  readonly token: string;
  readonly most: number;
  /** the token of a take whose answer never came, or empty */
  readonly unanswered: string;
  /** where to look for what others left; empty: nowhere */
  readonly cursor: string;
  /** ms that nobody may have touched it */
  readonly minIdle: number;
}

type Reply = [wait: number, last: Buffer, more: number, cursor: Buffer, made: number, gone: number, events: Given[]];
type Given = [id: Buffer, conversation: Buffer, attempt: number, fields: Buffer[]];

const take = new Script("take");
const keep = new Script("keep");
const done = new Script("done");
const again = new Script("again");

/** The unfinished events of one group of workers. Times are in ms. */
export class Conversations {
  readonly #keys: Readonly<Record<"line" | "turn" | "holder" | "attempt" | "dead", string>>;

  constructor(
    private readonly link: Link,
    private readonly stream: string,
    private readonly group: string,
    private readonly consumer: string,
    private readonly lease: number,
  ) {
    const key = (what: string): string => beside(stream, `${what}:${group}`);
    this.#keys = { line: key("line"), turn: key("turn"), holder: key("holder"), attempt: key("attempt"), dead: key("dead") };
  }

  /** Takes at most `most` events, each the first of its conversation. */
  async take(want: Want): Promise<Taken> {
    const { line, turn, holder, attempt } = this.#keys;
    const [wait, last, more, cursor, , gone, events] = (await take.run(
      this.link,
      [this.stream, line, turn, holder, attempt],
      [this.group, this.consumer, want.token, want.most, this.lease, want.unanswered, want.cursor, want.minIdle],
    )) as Reply;
    return {
      wait,
      last: last.toString(),
      more: more === 1,
      cursor: cursor.toString(),
      gone,
      events: events.map((given) => held(want.token, given)),
    };
  }

  /** Begins the lease of each anew; false: it is not ours any more. */
  async keep(events: readonly Held[]): Promise<boolean[]> {
    const { turn, holder } = this.#keys;
    const args: Argument[] = [this.group, this.consumer, this.lease];
    for (const { conversation, id, token } of events) args.push(conversation, id, token);
    const kept = (await keep.run(this.link, [this.stream, turn, holder], args)) as number[];
    return kept.map((one) => one === 1);
  }

  /**
   * Finishes an event, with a dead letter if there is one: its fields and
   * values in turn, kept for so long. False: it is not ours any more.
   */
  async done(event: Held, keepDead: number, letter: readonly Argument[] = []): Promise<boolean> {
    const { line, turn, holder, attempt, dead } = this.#keys;
    const args = [this.group, event.conversation, event.id, event.token, keepDead, ...letter];
    return (await done.run(this.link, [this.stream, line, turn, holder, attempt, dead], args)) === 1;
  }

  /** Gives an event back, to be taken again after a delay by any worker. */
  async again(event: Held, delay: number, counts: boolean): Promise<boolean> {
    const { turn, holder, attempt } = this.#keys;
    const args = [event.conversation, event.id, event.token, Math.round(delay), counts ? 1 : 0];
    return (await again.run(this.link, [turn, holder, attempt], args)) === 1;
  }
}

function held(token: string, [id, conversation, attempt, fields]: Given): Held {
  const pairs = new Map<string, Buffer>();
  for (let i = 0; i + 1 < fields.length; i += 2) pairs.set(String(fields[i]), fields[i + 1]!);
  return { id: id.toString(), conversation: conversation.toString(), token, attempt, fields: pairs };
}
