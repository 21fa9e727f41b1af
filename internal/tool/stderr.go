package tool

import (
	"bufio"
	"io"
	"log/slog"
	"strings"
	"time"
)

// A server's standard error may fill at most this much of our log: at 50
// lines of 1 KiB a second, 180 MB an hour and server.
const (
	maxLogLine    = 1024 // bytes
	maxLogRate    = 50   // lines in a window
	logRateWindow = time.Second
)

// logLines writes what comes from r to log, a line each, until it ends. Lines
// are cut, and above the rate counted instead of written.
func logLines(r io.Reader, log *slog.Logger) {
	in := bufio.NewReaderSize(r, maxLogLine)
	var windowEnd time.Time
	written, dropped := 0, 0
	report := func() {
		if dropped > 0 {
			log.Warn("tool wrote more to standard error than is shown", "lines_not_shown", dropped)
		}
		written, dropped = 0, 0
	}
	defer report()
	for {
		line, more, err := in.ReadLine()
		if err != nil {
			return
		}
		text := strings.ToValidUTF8(string(line), "\uFFFD")
		for more && err == nil {
			_, more, err = in.ReadLine()
		}
		if now := time.Now(); now.After(windowEnd) {
			report()
			windowEnd = now.Add(logRateWindow)
		}
		if written == maxLogRate {
			dropped++
			continue
		}
		written++
		log.Info("tool wrote to standard error", "line", text)
	}
}
