// Package backlog keeps what waits, small: which entries a node holds, and of
// those that wait beyond what is in memory, in which lane, in which order, and
// under which key.
//
// An entry costs some 37 bytes, its key among them, whatever its payload and
// however long its names are; a lane that has entries here some 120 and its
// name. Memory is given back as entries leave.
package backlog
