// Package fleet decides which node should be active for which platform. It is
// pure: no goroutine, no Redis, no clock of its own.
//
// Every node reads the same registry and comes to the same plan, so that they
// agree without talking:
//
//	registry ─► Plan     who should be active for what: even, with few moves
//	         ─► Heirs    who takes over what if one node goes
//	Planner  ─► Moves    what this node gives away now, once the ground is calm
//
// The ground is the view that a plan was made of. Moves that the plan foresaw
// leave it as it is, anything else is new ground, and nothing moves until that
// has stood for the calm. So nodes that see each other late, by less than the
// calm, carry out the same plan, and none gives what another gave already.
//
// A node that did not take what it was given is left alone for a while.
//
// Only a holder moves a lease, by drain; nobody takes one that is held. So two
// nodes whose views differ may do a move too many, and never a wrong one.
package fleet
