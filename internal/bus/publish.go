package bus

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// publishing is one call of the script publish.
type publishing struct {
	keys []string
	args []any
	size int
}

func (p publishing) bytes() int { return p.size + 512 }

// publication is what the script answered to one call.
type publication struct {
	reply any
	err   error
}

// publishBatch makes the calls that came at once in one round trip. They are
// still one script each, in the order in which they came: an event that is
// refused harms only itself.
func (i *Inbound) publishBatch(ctx context.Context, batch []publishing) ([]publication, error) {
	script := i.bus.scripts.byName["publish"]
	if len(batch) == 1 {
		v, err := i.bus.run(ctx, "publish", batch[0].keys, batch[0].args...)
		return []publication{{v, err}}, nil
	}
	cmds := make([]*redis.Cmd, len(batch))
	_, _ = i.bus.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for n, b := range batch {
			cmds[n] = script.EvalSha(ctx, p, b.keys, b.args...)
		}
		return nil
	}) // each command has its own error
	answers := make([]publication, len(batch))
	for n, b := range batch {
		v, err := cmds[n].Result()
		switch {
		case err != nil && redis.HasErrorPrefix(err, "NOSCRIPT"):
			v, err = i.bus.run(ctx, "publish", b.keys, b.args...)
		case err != nil:
			err = fmt.Errorf("redis script publish: %w", classify(err))
		}
		answers[n] = publication{v, err}
	}
	return answers, nil
}
