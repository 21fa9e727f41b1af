// Package backlog keeps what waits, small: which entries a node holds, and of
// those that wait beyond what is in memory, in which lane, in which order, and
// under which key; and which are put aside until they are due.
//
// An entry costs some 37 bytes, its key among them, whatever its payload and
// however long its names are; a lane that has entries here some 120 and its
// name. One that is put aside until it is due costs some 30. Memory is given back
// as entries leave.
package backlog
