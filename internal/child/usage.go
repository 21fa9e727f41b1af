package child

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// userHZ is the unit of times in /proc: a hundredth of a second on every
// architecture that Linux tells programs about.
const userHZ = 100

// Usage is what a process costs, as Linux counts it.
type Usage struct {
	Resident int64         // bytes
	Peak     int64         // bytes: the most that was resident since its start
	CPU      time.Duration // user and system, since its start; to 10 ms
}

// Usage reads what the process costs. It is an error where there is no /proc,
// and once the process is gone.
func (p *Process) Usage() (Usage, error) { return usageOf(p.Pid()) }

func usageOf(pid int) (Usage, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Usage{}, err
	}
	// The second field, a name in parentheses, may itself contain anything.
	_, rest, found := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if !found || len(fields) < 22 {
		return Usage{}, fmt.Errorf("/proc/%d/stat: %q", pid, stat)
	}
	var sum int64
	for _, i := range []int{11, 12} { // utime, stime: 14 and 15 of proc(5)
		ticks, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return Usage{}, fmt.Errorf("/proc/%d/stat: %w", pid, err)
		}
		sum += ticks
	}
	pages, err := strconv.ParseInt(fields[21], 10, 64) // rss: 24 of proc(5)
	if err != nil {
		return Usage{}, fmt.Errorf("/proc/%d/stat: %w", pid, err)
	}
	peak, err := peakOf(pid)
	if err != nil {
		return Usage{}, err
	}
	return Usage{
		Resident: pages * int64(os.Getpagesize()),
		Peak:     peak,
		CPU:      time.Duration(sum) * time.Second / userHZ,
	}, nil
}

// peakOf reads VmHWM, which Linux gives in kB of 1,024 bytes.
func peakOf(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	number, _, found := strings.Cut(strings.TrimSpace(rest), " ")
	kib, err := strconv.ParseInt(number, 10, 64)
	if !found || err != nil {
		return 0, fmt.Errorf("/proc/%d/status has no VmHWM", pid)
	}
	return kib << 10, nil
}
