package mutation

// pitfall is our answer to one of the pitfalls of Redis Streams, taken away,
// and the test that must fail then. Their numbers are those of docs/redis.md.
type pitfall struct {
	number int
	says   string // what is left when the answer is gone
	edits  source
	pkg    string // below internal/
	test   string
}

// reaped deletes the consumers that are gone, with all that they had pending.
const reaped = `for _, c in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[2], ARGV[2])) do
  if c[2] ~= ARGV[3] then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[2], ARGV[2], c[2])
  end
end
`

func pitfalls() []pitfall {
	const bus, delivery, outbound = "internal/bus/", "internal/delivery/", "internal/outbound/"
	const claimPage = "local page = redis.pcall('XAUTOCLAIM', KEYS[2], ARGV[2], ARGV[3], ARGV[4], ARGV[5], 'COUNT', ARGV[6], 'JUSTID')\n"
	return []pitfall{
		{1, "live work is claimed", source{
			{bus + "takeover.lua", "ARGV[3], ARGV[4], ARGV[5], 'COUNT'", "ARGV[3], '0', ARGV[5], 'COUNT'"},
		}, "bus", "TestTakeoverLeavesWhatIsNotIdle"},
		{2, "a stale owner acknowledges", source{
			{bus + "settle.lua", fence, "if ARGV[1] == '' then"},
		}, "outbound", "TestAnOwnerThatWasReplacedChangesNothing"},
		{3, "the take-over ends with its first page", source{
			{outbound + "reader.go", `	if page.Cursor == firstPage {`, `	if page.Cursor != "" {`},
		}, "outbound", "TestATakeOverReachesTheTail"},
		{4, "the client reads again by itself", source{
			{"internal/redisonce/once.go", "o.MaxRetries = -1", "o.MaxRetries = 3"},
		}, "bus", "TestReadWhenTheReplyIsLost"},
		{5, "consumers that are gone are reaped", source{
			{bus + "takeover.lua", claimPage, reaped + claimPage},
		}, "bus", "TestTakeover"},
		{6, "nobody counts what was trimmed", source{
			{bus + "audit.lua", "return tell(base and math.max(0, added - read - tonumber(base)) or 0)", "return tell(0)"},
		}, "bus", "TestAudit"},
		{7, "pending ids without entries are dropped", source{
			{bus + "takeover.lua", "  redis.call('RPUSH', KEYS[3], id)\n", ""},
		}, "bus", "TestTakeoverReportsTheLost"},
		{8, "the group is made again at its end", source{
			{bus + "group.lua", `ARGV[1], '0', 'MKSTREAM'`, `ARGV[1], '$', 'MKSTREAM'`},
		}, "outbound", "TestTheGroupIsMadeAgain"},
		{9, "a blocked read is waited for", source{
			{
				bus + "bell.go", "		case <-ctx.Done():\n			b.stream.bus.belfry.leave(watch)\n		}\n",
				"		case <-ctx.Done():\n			<-watch.heard\n		}\n",
			},
		}, "bus", "TestBellEndsAtOnce"},
		{10, "a read that never comes back is waited for", source{
			{bus + "belfry.go", "time.NewTimer(3 * block)", "time.NewTimer(time.Hour)"},
		}, "bus", "TestBellWatchdog"},
		{11, "a failover that may lose writes is fine", source{
			{bus + "advice_fleet.go", "	case connected == 0:\n", "	case true:\n"},
		}, "bus", "TestExamineFacts"},
		{12, "any eviction policy is fine", source{
			{bus + "advice_store.go", `	case policy == "noeviction":`, `	case policy != "":`},
		}, "bus", "TestExamine"},
		{13, "keys lie in any slot", source{
			{"envelope/names.go", `return "{" + stream + "}:" + what`, `return stream + ":" + what`},
		}, "bus", "TestCluster"},
		{14, "a Cluster's client publishes again by itself", source{
			{"internal/redisonce/once.go", "node.AddHook(once{})", "_ = node"},
		}, "bus", "TestClusterCallsAreMadeOnce"},
		{15, "one's own lease looks like another's", source{
			{bus + "lease_acquire.lua", "if held[1] == ARGV[1] then", "if ARGV[1] == '' then"},
		}, "bus", "TestAcquireWhenTheReplyIsLost"},
		{15, "one's own claim looks like another's", source{
			{bus + "claim.lua", "local mine = held.entry == q.entry\n", "local mine = (held.entry == q.entry and held.owner ~= token)\n"},
			{bus + "claim.lua", "elseif q.call and held.state == 'sending'", "elseif q.call == '' and held.state == 'sending'"},
			{bus + "claim.lua", "  return changed and redis.call('HGETALL', key) or all\n", "  return mine and (changed and redis.call('HGETALL', key) or all) or {'state', 'foreign'}\n"},
		}, "bus", "TestClaimWhenTheReplyIsLost"},
		{16, "what cannot be read is tried again", source{
			{
				outbound + "courier.go", "	if e.letter.fault != nil {\n",
				"	if e.letter.fault != nil {\n		return outcome{entry: e, end: endHold, until: time.Now().Add(time.Second)}\n	}\n	if e.letter.fault != nil {\n",
			},
		}, "outbound", "TestWhatCannotBeReadStopsNobody"},
		{16, "what crashes its node is tried for ever", source{
			{delivery + "judge.go", "const poisonAt = 3", "const poisonAt = 1 << 30"},
		}, "outbound", "TestPoison"},
		{17, "a lease without an end", source{
			{bus + "lease_acquire.lua", "redis.call('PEXPIRE', KEYS[1], ARGV[3])\nreturn", "return"},
		}, "bus", "TestLeaseRunsOut"},
		{18, "a timeout counts as not sent", source{
			{delivery + "after.go", "doubtful := err.Sent == platform.SentUnknown &&", "doubtful := err.Sent == platform.SentNo && err.Sent == platform.SentUnknown &&"},
		}, "delivery", "TestAfter"},
		{19, "a replay is swallowed as a duplicate", source{
			{bus + "replay.lua", "'state', 'claimed', 'entry', id, 'takeovers', 0)\n  if held[2]", "'entry', id, 'takeovers', 0)\n  if held[2]"},
		}, "outbound", "TestReplay"},
		{20, "a limit of one conversation holds them all", source{
			{delivery + "after.go", "min(err.RetryAfter, retry.Most), Gate: err.Gate}", "min(err.RetryAfter, retry.Most), Gate: platform.GateAccount}"},
		}, "outbound", "TestARateLimitHoldsOnlyItsChannel"},
	}
}
