package command

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
)

// garbageMost bounds what a node's heap grows by between two collections, in
// bytes. Go lets it double; what waits in a backlog is plain bytes, which cost
// the collector nothing, and is not to take its room twice.
const garbageMost = 24 << 20

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

// collectAt is the percentage of what is live that the heap may grow by: Go's
// 100 while that is little, and never so little that the collector is always at
// work.
func collectAt(live uint64) (percent int) {
	return int(min(100, max(5, garbageMost*100/max(1, live))))
}
