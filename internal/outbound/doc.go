// Package outbound delivers what workers publish for one platform: goroutines
// and effects between bus (Redis), delivery (what next?) and the adapter.
//
// A Consumer stands by until it holds the platform's lease; then one tenure
// runs, from take-over to release or loss, and the next one starts from
// nothing: what a tenure knew is in Redis or does not matter.
//
//	Consumer ── lease ──► tenure ─┬─ reader   take over, then bell ─► fenced read ─► admit
//	                              ├─ desk     the one goroutine that owns the lanes
//	                              ├─ loader   reads again what waited in the backlog, as an id
//	                              ├─ courier  one per operation: claim ─► plan ─► mark ─► adapter ─► settle
//	                              ├─ clerk    one per RPC: claim ─► mark ─► method ─► settle
//	                              ├─ ledger   claims, marks and settlements, many a call
//	                              ├─ keep     renews the lease; learns of a pause
//	                              └─ gatekeeper  writes down which gates are shut
//
// Of a stream, stands keep the newest snapshot in the place of the oldest that
// waits, and the courier has it grow. What is not due lies aside in Redis; the
// agenda has the place at which the reader is to hand it over.
//
// An operation of one part, as most are, is rendered before its claim is asked
// for, and the claim is taken and the part marked with one call: claim and mark
// ─► adapter ─► settle. If the claim is not free, it goes the long way.
//
// What couriers and clerks write down, and in which order, is in books. The
// one thing that outlives a tenure is memory: answers that Redis could not be
// told of.
package outbound
