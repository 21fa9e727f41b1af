package command

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
)

// garbageMost bounds what a node's heap grows by between two collections, in
// bytes. Go lets it double, be it small or large. But what waits in a backlog is
// plain bytes, which cost the collector nothing, and is not to take its room twice;
// and a heap of a few MiB that only doubles is collected hundreds of times a second
// when much is delivered: growing by up to growMost percent spares an eighth of a
// message's processor time.
const (
	garbageMost = 24 << 20
	growMost    = 400
)

// frugal keeps the collector to garbageMost from here on, unless the user has
// set GOGC. It is of the whole process.
func frugal(environ []string) {
	if !slices.ContainsFunc(environ, func(v string) bool { return strings.HasPrefix(v, "GOGC=") }) {
		adjustAfterCollection()
	}
}

// adjustAfterCollection sets the percentage anew whenever a collection has told
// what is live.
func adjustAfterCollection() {
	runtime.AddCleanup(new(*byte), func(struct{}) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		debug.SetGCPercent(collectAt(live[0].Value.Uint64()))
		adjustAfterCollection()
	}, struct{}{})
}

// collectAt is the percentage of what is live that the heap may grow by: growMost
// while that is little, and never so little that the collector is always at work.
func collectAt(live uint64) (percent int) {
	return int(min(growMost, max(5, garbageMost*100/max(1, live))))
}
