package bot

import (
	"context"
	"strings"
	"time"
)

// Tale is the long answer as it stands when it is whole.
func Tale() string {
	return told(tale, "`stream` envelopes under one `stream_id`, each with the whole text so far: a late one overtakes those before it, and `final` ends it", "streaming.md")
}

// tale takes some ten seconds, enough to pull a plug in.
const tale = `### A postern

A **postern** is the small door in a castle's wall. Not the gate with the towers, where carts queue and guards ask questions: the other one, that the people who live there use. Letters come in by it and go out by it, at night and in a siege, when the gate is shut.

What makes a good doorkeeper?

1. *He loses nothing.* What was handed to him is in his book before he says thank you.
2. *He brings nothing twice.* Each letter bears a number, and he knows those that are gone.
3. *He keeps the order.* What was written first is read first.
4. *He lets nobody wait for somebody else.* One slow reader holds up one reader.

> And if he drops dead in the middle of a sentence, the next one opens the book, finds the line, and reads on.

That is what happens here if you pull the plug **now**: this text stops growing, stays as it is, and about a second later goes on where it stopped. Nothing of it is lost, and nothing stands here twice.`

// tokenEvery paces the tale: about as a language model speaks.
const tokenEvery = 50 * time.Millisecond

// tokens says a text word by word, and closes the channel behind the last or
// when ctx ends.
func tokens(ctx context.Context, text string) <-chan string {
	out := make(chan string)
	go func() {
		defer close(out)
		pace := time.NewTicker(tokenEvery)
		defer pace.Stop()
		for word := range strings.SplitAfterSeq(text, " ") {
			select {
			case <-pace.C:
			case <-ctx.Done():
				return
			}
			select {
			case out <- word:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
