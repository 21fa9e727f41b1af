// Package planning is what the Plans of platforms with an API have in common:
// text in parts, the messages that an operation is for, requests as parts. It is
// pure, and names no platform.
package planning
