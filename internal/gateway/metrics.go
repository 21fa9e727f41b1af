package gateway

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/delivery"
	"github.com/posternhq/postern/internal/operation"
)

// metrics are the node's numbers, each listed in docs/metrics.md.
type metrics struct {
	registry *prometheus.Registry
	finished *prometheus.CounterVec
	judged   *prometheus.CounterVec
	failures *prometheus.CounterVec
	lookups  *prometheus.CounterVec
	retried  *prometheus.CounterVec
	receipts *prometheus.CounterVec
	lost     *prometheus.CounterVec
	rpcs     *prometheus.CounterVec
	held     *prometheus.GaugeVec
	tenures  *prometheus.CounterVec
	events   *prometheus.CounterVec
	dropped  prometheus.Counter
	ready    prometheus.Gauge
	took     *prometheus.HistogramVec
	load     *load
	waiting  *waiting
	methods  map[string]bool // that an RPC may name
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), load: newLoad(), waiting: newWaiting(), methods: map[string]bool{}}
	for _, method := range operation.New().Methods() {
		m.methods[method.Name] = true
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		m.registry.MustRegister(v)
		return v
	}
	m.finished = counter("postern_entries_finished_total", "Entries that came to their end, by status and error code.", "platform", "status", "code")
	m.judged = counter("postern_claims_judged_total", "Claims looked at before an entry's turn, by what they say is to be done.", "platform", "verdict")
	m.failures = counter("postern_failures_total", "Operations that failed at the platform, by what was done about it.", "platform", "move")
	m.lookups = counter("postern_lookups_total", "Look-ups of what may have been sent, by what they told.", "platform", "result")
	m.retried = counter("postern_retries_total", "Operations that failed and will be tried again, by error code.", "platform", "code")
	m.receipts = counter("postern_receipts_lost_total", "Receipts and replies that could not be pushed; the envelope was delivered all the same.", "platform", "reason")
	m.lost = counter("postern_entries_lost_total", "Entries that somebody trimmed from the stream before they were delivered.", "platform")
	m.rpcs = counter("postern_rpc_replies_total", "RPCs answered.", "platform", "method", "ok")
	m.tenures = counter("postern_tenures_total", "Times that this node became a platform's active one.", "platform")
	m.events = counter("postern_inbound_events_total", "Events from the platform, by what became of them.", "platform", "result")
	m.held = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "postern_lease_held", Help: "1 while this node is the platform's active one."}, []string{"platform"})
	m.dropped = prometheus.NewCounter(prometheus.CounterOpts{Name: "postern_inbound_expired_total", Help: "Inbound events that went at inbound.retention although a group still needed them."})
	m.ready = prometheus.NewGauge(prometheus.GaugeOpts{Name: "postern_ready", Help: "1 if /readyz answers 200."})
	m.took = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "postern_delivery_seconds", Help: "How long a delivered entry took since it was published, or was to be started.",
		Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 3600},
	}, []string{"platform"})
	m.registry.MustRegister(m.held, m.dropped, m.ready, m.took, m.load, m.waiting, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// handler answers /metrics.
func (m *metrics) handler(g *Gateway) http.Handler {
	inner := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.ready.Set(0)
		if g.readiness().Ready {
			m.ready.Set(1)
		}
		inner.ServeHTTP(w, r)
	})
}

// platform is the meter of one platform. Its counters exist from the start,
// so that a rate over them knows zero.
func (m *metrics) platform(name string) *meter {
	m.held.WithLabelValues(name).Set(0)
	m.lost.WithLabelValues(name)
	for _, reason := range []string{"forbidden", "not_a_list", "not_allowed"} {
		m.receipts.WithLabelValues(name, reason)
	}
	return &meter{metrics: m, platform: name, took: m.took.WithLabelValues(name)}
}

// meter counts one platform's entries; it is the outbound consumer's Meter.
type meter struct {
	*metrics
	platform string
	took     prometheus.Observer
}

// Finished counts an entry's end.
func (m *meter) Finished(status envelope.Status, code envelope.Code) {
	m.finished.WithLabelValues(m.platform, string(status), string(code)).Inc()
}

// Delivered counts how long a delivered entry took.
func (m *meter) Delivered(took time.Duration) { m.took.Observe(took.Seconds()) }

// Judged counts a claim that was looked at.
func (m *meter) Judged(v delivery.Verdict) {
	m.judged.WithLabelValues(m.platform, v.String()).Inc()
}

// Failed counts an operation that failed.
func (m *meter) Failed(move delivery.Move) {
	m.failures.WithLabelValues(m.platform, move.String()).Inc()
}

// LookedUp counts a look-up.
func (m *meter) LookedUp(result string) { m.lookups.WithLabelValues(m.platform, result).Inc() }

// Retried counts an operation that will be tried again.
func (m *meter) Retried(code envelope.Code) {
	m.retried.WithLabelValues(m.platform, string(code)).Inc()
}

// ReceiptLost counts a receipt that could not be pushed.
func (m *meter) ReceiptLost(reason string) { m.receipts.WithLabelValues(m.platform, reason).Inc() }

// Lost counts entries trimmed before they were delivered.
func (m *meter) Lost(entries int) { m.lost.WithLabelValues(m.platform).Add(float64(entries)) }

// Replied counts an RPC. A method that nobody knows is counted as other: the
// label's values are ours, not the sender's.
func (m *meter) Replied(method string, ok bool) {
	if !m.methods[method] {
		method = "other"
	}
	m.rpcs.WithLabelValues(m.platform, method, strconv.FormatBool(ok)).Inc()
}

// Tenure notes that the lease was taken or given up.
func (m *meter) Tenure(active bool) {
	if active {
		m.tenures.WithLabelValues(m.platform).Inc()
		m.held.WithLabelValues(m.platform).Set(1)
	} else {
		m.held.WithLabelValues(m.platform).Set(0)
	}
}
