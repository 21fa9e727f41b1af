package gateway

import (
	"context"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

const metricsDocs = "../../docs/metrics.md"

var (
	described = regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]*)\}`)
	rowOfDocs = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (counter|gauge|histogram) \\|([^|]*)\\|[^|]+\\|[^|]+\\|$")
)

// registered are our metrics with their labels, sorted; the Go runtime's and
// the process's own are the library's.
func registered(m *metrics) map[string]string {
	descs := make(chan *prometheus.Desc)
	go func() { defer close(descs); m.registry.Describe(descs) }()
	found := map[string]string{}
	for d := range descs {
		if match := described.FindStringSubmatch(d.String()); match != nil && strings.HasPrefix(match[1], "postern_") {
			found[match[1]] = sortedLabels(match[2], ",")
		}
	}
	return found
}

func sortedLabels(list, separator string) string {
	labels := strings.Split(strings.ReplaceAll(list, "`", ""), separator)
	for i := range labels {
		labels[i] = strings.TrimSpace(labels[i])
	}
	slices.Sort(labels)
	return strings.Join(labels, " ")
}

func TestDocsListEveryMetric(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(metricsDocs)
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, row := range rowOfDocs.FindAllStringSubmatch(string(data), -1) {
		documented[row[1]] = sortedLabels(row[3], ",")
	}
	if rows := strings.Count(string(data), "\n| `postern_"); rows != len(documented) {
		t.Errorf("%s: %d rows, %d of them read", metricsDocs, rows, len(documented))
	}
	has := registered(newMetrics())
	if len(has) < 5 || !maps.Equal(has, documented) {
		for name, labels := range has {
			if said, ok := documented[name]; !ok || said != labels {
				t.Errorf("%s has labels %q; %s says %q, %v", name, labels, metricsDocs, said, ok)
			}
		}
		for name := range documented {
			if _, ok := has[name]; !ok {
				t.Errorf("%s lists %s, which does not exist", metricsDocs, name)
			}
		}
	}
}

func TestMetricsOfANode(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	chat := newFake()
	n := startNode(t, server.URL(), "n1", one(chat))
	chat.await(t, "opened")
	publish(t, server.Client(), "chat", "hi")
	chat.await(t, "doing")
	want := []string{
		`postern_entries_finished_total{code="",platform="chat",status="delivered"} 1`,
		`postern_inbound_events_total{platform="chat",result="published"} 1`,
		`postern_entries_lost_total{platform="chat"} 0`,
		`postern_receipts_lost_total{platform="chat",reason="forbidden"} 0`,
		`postern_receipts_lost_total{platform="chat",reason="not_a_list"} 0`,
		`postern_tenures_total{platform="chat"} 1`,
		`postern_lease_held{platform="chat"} 1`,
		`postern_inbound_expired_total 0`,
		`postern_lanes{platform="chat"} 0`,
		`postern_lanes_held{platform="chat"} 0`,
		`postern_in_flight{platform="chat"} 0`,
		`postern_entries_unfinished{platform="chat"} 0`,
		`postern_ready 1`,
		`postern_backlog{platform="chat"} 0`,
		`postern_oldest_entry_seconds{platform="chat"} 0`,
		`postern_dead_letters{platform="chat"} 0`,
		`postern_parked_records{platform="chat"} 0`,
		`postern_platform_ready{platform="chat"} 1`,
		`postern_platform_paused{platform="chat"} 0`,
		`postern_delivery_seconds_count{platform="chat"} 1`,
		`go_goroutines `,
	}
	var body []byte
	missing := func() (list []string) {
		for _, line := range want {
			if !strings.Contains(string(body), "\n"+line) {
				list = append(list, line)
			}
		}
		return list
	}
	await(t, "the numbers", func() bool { _, body = n.get("/metrics", ""); return len(missing()) == 0 }, func() any { return missing() })
	has := registered(n.metrics)
	for _, line := range strings.Split(string(body), "\n") {
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok && strings.HasPrefix(name, "postern_") {
			name, _, _ = strings.Cut(name, " ")
			if _, ok := has[name]; !ok {
				t.Errorf("/metrics shows %s, which is not registered", name)
			}
		}
	}
}

func TestLoadIsThatOfTheActiveNode(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	finish := make(chan struct{})
	busy := newFake()
	busy.onDo = func(ctx context.Context) error {
		select {
		case <-finish:
		case <-ctx.Done():
		}
		return nil
	}
	active := startNode(t, server.URL(), "n1", one(busy))
	active.awaitReady("the first is active", func(r readiness) bool { return r.Ready })
	busy.await(t, "opened")
	publish(t, server.Client(), "chat", "one")
	publish(t, server.Client(), "chat", "two") // behind it, in its lane
	busy.await(t, "doing")
	standby := startNode(t, server.URL(), "n2", one(newFake()))
	for _, c := range []struct {
		n    *node
		want []string
	}{
		{active, []string{"lanes 1", "lanes_held 0", "in_flight 1", "entries_unfinished 2"}},
		{standby, []string{"lanes 0", "lanes_held 0", "in_flight 0", "entries_unfinished 0"}},
	} {
		var body []byte
		await(t, "the load of "+c.n.node.ID, func() bool {
			_, body = c.n.get("/metrics", "")
			for _, w := range c.want {
				name, value, _ := strings.Cut(w, " ")
				if !strings.Contains(string(body), "\npostern_"+name+`{platform="chat"} `+value+"\n") {
					return false
				}
			}
			return true
		}, func() any { return string(body) })
	}
	close(finish)
}

func TestAnRPCOfAnyNameIsCountedAsOther(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	meter := m.platform("chat")
	for _, method := range []string{"identity", "a-stranger", "another"} {
		meter.Replied(method, method == "identity")
	}
	meter.Retried(envelope.CodeTransient)
	meter.Lost(3)
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]float64{}
	for _, f := range families {
		for _, s := range f.GetMetric() {
			key := f.GetName()
			for _, l := range s.GetLabel() {
				key += " " + l.GetValue()
			}
			counts[key] = s.GetCounter().GetValue()
		}
	}
	for key, want := range map[string]float64{
		"postern_rpc_replies_total identity true chat": 1, "postern_rpc_replies_total other false chat": 2,
		"postern_retries_total transient chat": 1, "postern_entries_lost_total chat": 3,
	} {
		if counts[key] != want {
			t.Errorf("%s: %v, want %v", key, counts[key], want)
		}
	}
}
