// Package fleet decides which node should be active for which platform. It is
// pure: no goroutine, no Redis, no clock of its own.
//
// Every node reads the same registry and comes to the same plan, so that they
// agree without talking:
//
//	registry ─► Plan     who should be active for what: even, with few moves
//	         ─► Heirs    who takes over what if one node goes
//	Planner  ─► Moves    what this node gives away now: calm, bounded, no ping-pong
//
// Only a holder moves a lease, by drain; nobody takes one that is held. So two
// nodes whose views differ may do a move too many, and never a wrong one.
package fleet
