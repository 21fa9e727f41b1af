package command

import (
	"context"
	"time"

	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/gateway"
)

// checkMedia tries the store of files and leaves nothing in it.
func (a *app) checkMedia(cfg *config.Config) []finding {
	backend, err := gateway.MediaBackend(cfg.Media)
	if err != nil {
		return []finding{{wrong, "media", err.Error(), "correct media.s3"}}
	}
	defer backend.Close()
	ctx, cancel := context.WithTimeout(a.ctx, 10*time.Second)
	defer cancel()
	says, err := backend.Probe(ctx)
	if err != nil {
		return []finding{{wrong, "media", err.Error(), "files can be neither kept nor fetched until that is mended"}}
	}
	found := []finding{{Verdict: right, About: "media", Says: "files are kept in " + says}}
	if cfg.HTTP.PublicURL == "" {
		found = append(found, finding{right, "media", "addresses of files are paths without a host", "set http.public_url if others are to open them"})
	}
	return found
}
