package bus

import "fmt"

// persistence says what is lost when Redis ends.
func persistence(r facts) Finding {
	f := Finding{What: "persistence"}
	save, told := r.config["save"]
	sync := r.config["appendfsync"]
	broken := r.info["aof_last_write_status"] == "err" || r.info["aof_last_bgrewrite_status"] == "err" || r.info["rdb_last_bgsave_status"] == "err"
	switch aof := r.info["aof_enabled"] == "1"; {
	case broken:
		f.Says = "Redis could not write to its disk the last time: it may refuse every write (MISCONF) until it can, and what it does take is only in memory"
		f.Cure = "make room on its disk, and see Redis' log"
	case aof && sync == "always":
		f.OK, f.Says = true, "every write is on disk before it is acknowledged: nothing is lost when Redis ends"
	case aof && sync == "no":
		f.Says = "the log is written when the system finds time: when the machine ends hard, half a minute of what Redis acknowledged may be lost"
		f.Cure = "set appendfsync everysec, or always"
	case aof && sync == "":
		f.OK, f.Says = true, "the log is on; Redis does not tell how often it is written: take it that up to a second of what it acknowledged is lost when it ends hard"
	case aof:
		f.OK, f.Says = true, "the log is written each second: when Redis ends hard, up to a second of what it acknowledged is lost (appendfsync always closes that)"
	case save != "":
		f.Says = "snapshots only: when Redis ends, what was published, claimed and finished since the last one is lost, and may be delivered again"
		f.Cure = "set appendonly yes"
	case !told:
		f.Says = "the log is off, and Redis does not tell whether it takes snapshots: when it ends, what was published since the last one, or all, is lost"
		f.Cure = "set appendonly yes; where Redis is hosted, switch its persistence on"
	default:
		f.Says, f.Cure = "nothing is saved: when Redis ends, everything published and not delivered is lost", "set appendonly yes"
	}
	return f
}

// eviction says what a full Redis does.
func eviction(r facts) Finding {
	f := Finding{What: "eviction"}
	switch policy := r.info["maxmemory_policy"]; {
	case policy == "":
		f.Says, f.Cure = "Redis does not tell its maxmemory-policy", "make sure that it is noeviction"
	case policy == "noeviction":
		f.OK, f.Says = true, "noeviction: a full Redis refuses new envelopes, and what is there drains"
	case r.number("maxmemory") == 0:
		f.OK, f.Says = true, policy+", but without maxmemory nothing is evicted"
	default:
		f.Says = policy + ": a full Redis throws away streams, claims or leases without a word; messages are lost or sent twice"
		f.Cure = "set maxmemory-policy noeviction"
	}
	return f
}

// memory says what a backlog meets.
func memory(r facts) Finding {
	f := Finding{What: "memory"}
	used, most := r.number("used_memory"), r.number("maxmemory")
	const mib = 1 << 20
	switch {
	case most == 0:
		f.Says = fmt.Sprintf("%d MiB used, no maxmemory: a backlog grows until the system ends Redis; with one, Redis refuses in time", used/mib)
		f.Cure = "set maxmemory to some three quarters of the machine's memory"
	case used > most/10*9:
		f.Says = fmt.Sprintf("%d of %d MiB used: soon Redis refuses new envelopes (OOM) and drains; inbound events wait at their platforms", used/mib, most/mib)
		f.Cure = "raise maxmemory, or find out why entries are not delivered: postern status"
	default:
		f.OK, f.Says = true, fmt.Sprintf("%d of %d MiB used", used/mib, most/mib)
	}
	return f
}
