package gateway

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/outbound"
	"github.com/posternhq/postern/platform"
)

// surveyWithin bounds what a scrape waits for Redis.
const surveyWithin = 2 * time.Second

// waiting are the numbers of what stands in Redis for the platforms that this
// node is active for, read at each scrape: idle platforms cost nothing between.
// A Redis that does not answer leaves them out.
type waiting struct {
	bus      *bus.Bus
	log      *slog.Logger
	accounts []*account // filled before the first scrape

	backlog, oldest, dead, parked, ready, paused *prometheus.Desc
}

func newWaiting() *waiting {
	gauge := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, []string{"platform"}, nil)
	}
	return &waiting{
		backlog: gauge("postern_backlog", "Entries in the stream that are not finished, read or not."),
		oldest:  gauge("postern_oldest_entry_seconds", "How long the first of them has stood there."),
		dead:    gauge("postern_dead_letters", "Dead letters kept."),
		parked:  gauge("postern_parked_records", "Parked records that wait for a person."),
		ready:   gauge("postern_platform_ready", "1 if the platform takes what it is sent, as far as is known."),
		paused:  gauge("postern_platform_paused", "1 while an operator has paused the platform."),
	}
}

// Describe implements prometheus.Collector.
func (w *waiting) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{w.backlog, w.oldest, w.dead, w.parked, w.ready, w.paused} {
		descs <- d
	}
}

// Collect implements prometheus.Collector.
func (w *waiting) Collect(samples chan<- prometheus.Metric) {
	var names []string
	var streams []*bus.Stream
	tell := func(desc *prometheus.Desc, value float64, platform string) {
		samples <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, platform)
	}
	for _, a := range w.accounts {
		s := a.standing()
		if s.role != outbound.RoleActive {
			continue
		}
		names, streams = append(names, a.name), append(streams, a.stream)
		tell(w.ready, flag(s.state == platform.StateReady && !s.outage), a.name)
		tell(w.paused, flag(s.paused), a.name)
	}
	if len(streams) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), surveyWithin)
	defer cancel()
	surveys, err := w.bus.Surveys(ctx, streams)
	if err != nil {
		w.log.Debug("what waits cannot be counted", "error", err)
		return
	}
	for i, s := range surveys {
		tell(w.backlog, float64(s.Backlog), names[i])
		tell(w.oldest, s.Oldest.Seconds(), names[i])
		tell(w.dead, float64(s.Dead), names[i])
		tell(w.parked, float64(s.Parked), names[i])
	}
}

// flag is a condition as a gauge has it.
func flag(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
