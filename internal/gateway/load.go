package gateway

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/posternhq/postern/internal/outbound"
)

// load are the numbers of what the consumers are busy with, asked for at each
// scrape: a gauge that is kept would have to be set back by whoever stops.
type load struct {
	lanes, held, inFlight, entries *prometheus.Desc
	numbers                        map[string]func() outbound.Numbers // by platform; filled before the first scrape
}

func newLoad() *load {
	gauge := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, []string{"platform"}, nil)
	}
	return &load{
		lanes:    gauge("postern_lanes", "Conversations with something unfinished on this node."),
		held:     gauge("postern_lanes_held", "Of the lanes, those that wait: for backoff, a rate limit, or another entry."),
		inFlight: gauge("postern_in_flight", "Operations being carried out at the platform, RPCs among them."),
		entries:  gauge("postern_entries_unfinished", "Entries that this node has read and not finished."),
		numbers:  map[string]func() outbound.Numbers{},
	}
}

// Describe implements prometheus.Collector.
func (l *load) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{l.lanes, l.held, l.inFlight, l.entries} {
		descs <- d
	}
}

// Collect implements prometheus.Collector.
func (l *load) Collect(samples chan<- prometheus.Metric) {
	for platform, numbers := range l.numbers {
		n := numbers()
		for desc, value := range map[*prometheus.Desc]int{
			l.lanes: n.Lanes, l.held: n.Held, l.inFlight: n.InFlight, l.entries: n.Entries,
		} {
			samples <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), platform)
		}
	}
}
