package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/posternhq/postern/internal/bench"
)

// schedule is how close the engine comes to what a platform's published limits
// allow.
//
// A simulated platform enforces the limits, answers after 100 ms, and refuses
// with a 429 what is beyond them; its adapter keeps to what was published, or
// announced in an answer, as ours do. All is published at once: messages to
// 10,000 channels, some of them bursts; in a second scene a few channels are
// flooded and a few fail. Two platforms, each with and without, and all runs of
// them beside each other: engines that sleep most of the time, at the real
// limits and in real time. So it takes what the slowest platform takes for its
// channels once: 10,000 at 30 a second, less than six minutes.
func (m *measurement) schedule(ctx context.Context) error {
	ground, err := bench.OpenGround(ctx, "")
	if err != nil {
		return err
	}
	defer ground.Close()
	var calm, trouble [][]*scene // by platform: its runs
	var all []*scene
	longest := time.Duration(0)
	for i, p := range platforms {
		calm, trouble = append(calm, nil), append(trouble, nil)
		for run := range m.runs {
			c, t := newScene(p, run, false, m.channels), newScene(p, run, true, m.channels)
			calm[i], trouble[i], all = append(calm[i], c), append(trouble[i], t), append(all, c, t)
			longest = max(longest, c.ideal(), t.ideal())
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 3*longest+2*time.Minute) // the flooded may take longer than the ideal
	defer cancel()
	errs := make([]error, len(all))
	var wait sync.WaitGroup
	for i, s := range all {
		wait.Go(func() { errs[i] = s.play(ctx, ground) })
	}
	wait.Wait()
	for i, err := range errs {
		if err != nil {
			return fmt.Errorf("%s: %w", all[i].name(), err)
		}
	}
	for i := range platforms {
		tell(m.report, calm[i], nil)
		tell(m.report, trouble[i], calm[i])
	}
	return nil
}

// tell adds what came of the runs of a scene. calm are those without trouble.
func tell(r *bench.Report, runs, calm []*scene) {
	s := runs[0]
	add := func(name, unit string, yardstick string, of func(*scene) float64) *bench.Row {
		figures := func(runs []*scene) (all []float64) {
			for _, s := range runs {
				all = append(all, of(s))
			}
			return all
		}
		var yard []float64
		if yardstick != "" {
			yard = figures(calm)
		}
		return r.Add("Schedule, "+s.name(), name, unit, figures(runs), yardstick, yard)
	}
	add("ideal drain over actual", "", "", func(s *scene) float64 { return s.ideal().Seconds() / s.calm.Seconds() }).
		Note = fmt.Sprintf("%d messages in %d channels, %.1f s at best", s.total(), len(s.says), s.ideal().Seconds())
	if s.trouble {
		add("all, the flooded too", "s", "", func(s *scene) float64 { return s.ended.Seconds() })
	}
	for _, class := range []string{single, bursts, flooded, failing} {
		for _, share := range []float64{0.50, 0.99} {
			yardstick := ""
			if class == single && calm != nil {
				yardstick = "without them"
			}
			if len(s.took[class]) > 0 {
				add(fmt.Sprintf("%s, p%.0f", class, 100*share), "s", yardstick, func(s *scene) float64 {
					return bench.Percentile(s.took[class], share).Seconds()
				})
			}
		}
	}
	add("requests wasted on a 429", "", "", func(s *scene) float64 { return float64(s.platform.refused.Load()) })
}
