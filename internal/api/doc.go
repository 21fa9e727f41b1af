// Package api is the gateway's face over HTTP: who may come in, how often, and
// POST /v1/outbound, which publishes an envelope as a worker would.
//
//	request ─► Observe (id, log, panics) ─► mux ─► Guard (token, scope, rate) ─► handler
//
// openapi.yaml describes all routes of the gateway, and a test holds the two
// together.
package api
