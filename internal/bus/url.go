package bus

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"
)

// parseURL reads the config's redis.url: one Redis; with ?master_name= the
// Sentinels that know it; with ?addr= and no master a Cluster's seeds. What it
// says of a bad one never bears the password.
func parseURL(raw string) (*redis.UniversalOptions, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("redis.url: not a URL; expected redis://[user:password@]host:port/db, rediss://… or embedded")
	case u.Scheme != "redis" && u.Scheme != "rediss":
		return nil, errors.New("redis.url: expected redis://, rediss://, or the word embedded")
	case u.Fragment != "" || strings.Contains(u.Path+u.RawQuery, "@"):
		// The password would be taken for a port, and stand in every error.
		return nil, errors.New("redis.url: / ? # and @ in a user name or password must be percent-encoded")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errors.New("redis.url: what follows the ? is not name=value&…, percent-encoded as expected")
	}
	master, addrs := query.Get("master_name"), query["addr"]
	query.Del("master_name")
	query.Del("addr")
	u.RawQuery = query.Encode()
	one, err := redis.ParseURL(u.String())
	if err != nil {
		return nil, fmt.Errorf("redis.url for host %s: expected redis://[user:password@]host:port/db", u.Host)
	}
	o := &redis.UniversalOptions{
		Addrs: []string{one.Addr}, MasterName: master, DB: one.DB,
		Username: one.Username, Password: one.Password, TLSConfig: one.TLSConfig,
		ClientName: one.ClientName, Protocol: one.Protocol, PoolSize: one.PoolSize,
	}
	if one.TLSConfig != nil {
		o.TLSConfig.MinVersion = tls.VersionTLS12
	}
	if len(addrs) > 0 {
		o.IsClusterMode = master == ""
		for _, a := range addrs {
			if a = strings.TrimSpace(a); a != one.Addr {
				o.Addrs = append(o.Addrs, a)
			}
		}
	}
	return o, nil
}
