package gateway

import (
	"context"
	"fmt"
	"time"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/media"
)

// MediaBackend is where the config has files kept. Nothing is touched yet.
func MediaBackend(m config.Media) (media.Backend, error) {
	if m.S3.Bucket == "" {
		return media.NewDisk(m.Dir), nil
	}
	return media.NewS3(media.S3Config{
		Endpoint: m.S3.Endpoint, Bucket: m.S3.Bucket, Region: m.S3.Region, Prefix: m.S3.Prefix,
		AccessKey: m.S3.AccessKey.Reveal(), SecretKey: m.S3.SecretKey.Reveal(),
	})
}

// newMedia builds the store of files, which all platforms share.
func (g *Gateway) newMedia() (*media.Store, error) {
	m := g.config.Media
	backend, err := MediaBackend(m)
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	secret := func(ctx context.Context) ([]byte, error) { return g.secrets.Get(ctx, bus.GatewaySecrets, "media") }
	return media.NewStore(media.Config{
		Backend: backend, Links: media.NewLinks(g.config.HTTP.PublicURL, secret, time.Now),
		MaxSize: int64(m.MaxSize), Types: m.Types, Retention: m.Retention, LinkTTL: m.LinkTTL, Log: g.log,
	}), nil
}

// resolver fetches what envelopes name by url into the store.
func (g *Gateway) resolver() *media.Resolver {
	m := g.config.Media
	return &media.Resolver{
		Store: g.media, Fetcher: media.NewFetcher(media.NewGuard(m.Fetch.Allow), int64(m.MaxSize), m.Fetch.Timeout),
	}
}
