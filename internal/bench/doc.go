// Package bench measures Postern and says what it saw as rows: each figure with
// its least, median and most over several runs, its ratio to a yardstick of the
// same runs, and the machine. It is behind `postern bench`, and test/bench and
// test/peers measure with it too.
//
// The engine that is measured is the real one, over a real Redis; what stands in
// for the platform takes everything at once and has no cost of its own.
package bench
