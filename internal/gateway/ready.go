package gateway

import (
	"net/http"

	"github.com/posternhq/postern/internal/outbound"
	"github.com/posternhq/postern/internal/respond"
	"github.com/posternhq/postern/platform"
)

// readiness is what /readyz answers.
type readiness struct {
	Ready     bool                         `json:"ready"`
	Reasons   []string                     `json:"reasons"` // why not; empty when ready
	Platforms map[string]platformReadiness `json:"platforms"`
}

type platformReadiness struct {
	Ready  bool           `json:"ready"`
	Role   outbound.Role  `json:"role"`
	State  platform.State `json:"state"`
	Paused bool           `json:"paused,omitempty"`
	Outage bool           `json:"outage,omitempty"` // it fails for everybody; tried on
	Reason string         `json:"reason,omitempty"`
}

// readiness is computed from memory: it never waits for Redis.
func (g *Gateway) readiness() readiness {
	r := readiness{Reasons: []string{}, Platforms: map[string]platformReadiness{}}
	if ok, err := g.pulse.answers(); !ok {
		why := "redis has not answered yet"
		if err != nil {
			why = "redis does not answer: " + err.Error()
		}
		r.Reasons = append(r.Reasons, why)
	}
	if g.pulse.isStopping() {
		r.Reasons = append(r.Reasons, "stopping")
	}
	for _, a := range g.accounts {
		p := a.standing().readiness()
		r.Platforms[a.name] = p
		if !p.Ready {
			r.Reasons = append(r.Reasons, a.name+": "+p.Reason)
		}
	}
	r.Ready = len(r.Reasons) == 0
	return r
}

func (g *Gateway) readyz(w http.ResponseWriter, _ *http.Request) {
	r := g.readiness()
	status := http.StatusOK
	if !r.Ready {
		status = http.StatusServiceUnavailable
	}
	respond.JSON(w, status, r)
}
