// Package redisurl reads the one notation for a Redis that the gateway and its
// workers share.
package redisurl

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Parse reads a URL: one Redis; with ?master_name= the Sentinels that know it,
// and with sentinel_username= and sentinel_password= what they ask for, user and
// password before the @ being Redis'; with ?addr= and no master a Cluster's
// seeds. What it says of a bad one never
// bears the password.
func Parse(raw string) (*redis.UniversalOptions, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("not a URL; expected redis://[user:password@]host:port/db or rediss://…")
	case u.Scheme != "redis" && u.Scheme != "rediss":
		return nil, errors.New("expected redis:// or rediss://")
	case u.Fragment != "" || strings.Contains(u.Path+u.RawQuery, "@"):
		// The password would be taken for a port, and stand in every error.
		return nil, errors.New("/ ? # and @ in a user name or password must be percent-encoded")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errors.New("what follows the ? is not name=value&…, percent-encoded as expected")
	}
	master, addrs := query.Get("master_name"), query["addr"]
	watcher, secret := query.Get("sentinel_username"), query.Get("sentinel_password")
	if master == "" && watcher+secret != "" {
		return nil, errors.New("sentinel_username and sentinel_password must be beside master_name")
	}
	query.Del("sentinel_username")
	query.Del("sentinel_password")
	query.Del("master_name")
	query.Del("addr")
	u.RawQuery = query.Encode()
	one, err := redis.ParseURL(u.String())
	if err != nil {
		return nil, fmt.Errorf("host %s: expected redis://[user:password@]host:port/db", u.Host)
	}
	o := &redis.UniversalOptions{
		Addrs: []string{one.Addr}, MasterName: master, DB: one.DB,
		SentinelUsername: watcher, SentinelPassword: secret,
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
