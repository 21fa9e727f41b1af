package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/internal/netaddr"
)

const (
	minEnvelope = 1 << 10  // bytes; less holds no useful message
	maxEnvelope = 64 << 20 // bytes; a script's argument that Redis takes without a stall
)

func envelopeSize(into any) error {
	if v, ok := into.(*int); ok && (*v < minEnvelope || *v > maxEnvelope) {
		return fmt.Errorf("is %d, expected %d to %d bytes", *v, minEnvelope, maxEnvelope)
	}
	return nil
}

func hostPort(into any) error {
	v, ok := into.(*string)
	if !ok {
		return nil
	}
	_, port, err := net.SplitHostPort(*v)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("is %q, expected host:port such as 127.0.0.1:8080", *v)
	}
	return nil
}

// isLoopback reports whether only this machine can reach an address. An empty
// host means every interface.
func isLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	return err == nil && netaddr.IsLoopback(host)
}

// redisURL checks the address without showing it: it may bear a password, and
// so may what net/url says of it.
func redisURL(into any) error {
	v, ok := into.(*Secret)
	if !ok || v.Reveal() == Embedded {
		return nil
	}
	raw := v.Reveal()
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("is not a URL such as redis://127.0.0.1:6379/0; a password with / ? # @ or % in it must be percent-encoded")
	}
	if u.Scheme != "redis" && u.Scheme != "rediss" {
		return errors.New("expected redis://host:port/db, rediss://…, or embedded")
	}
	if u.Fragment != "" || strings.Contains(u.Path+u.RawQuery, "@") {
		// A piece of the password would be taken for a database or an option,
		// and what is said of those names them.
		return errors.New("/ ? # and @ in a user name or password must be percent-encoded")
	}
	if !reachable(u.Host) {
		return errors.New("expected redis://host:port/db, the port being 1 to 65535; an IPv6 address stands in [ ]")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("what follows the ? is not name=value&..., percent-encoded")
	}
	sentinel, cluster := query.Has("master_name"), query.Has("addr") && !query.Has("master_name")
	if sentinel && query.Get("master_name") == "" {
		return errors.New("master_name is empty: write the name that Sentinel knows the master by")
	}
	for _, addr := range query["addr"] {
		if !reachable(strings.TrimSpace(addr)) {
			return errors.New("?addr= is not host:port, the port being 1 to 65535")
		}
	}
	if db := strings.Trim(u.Path, "/"); cluster && db != "" && db != "0" {
		return errors.New("names a database: a Cluster (?addr=) has only 0")
	}
	query.Del("master_name")
	query.Del("addr")
	u.RawQuery = query.Encode()
	if _, err := redis.ParseURL(u.String()); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "redis: "))
	}
	return nil
}

// reachable reports whether a host, with a port or without, can be dialled as
// far as its form tells. An empty one is the default.
func reachable(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil { // there is no port, or too many colons
		bare := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
		return !strings.Contains(bare, ":") || bare != host
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && number > 0 && !strings.ContainsAny(name, " \t")
}
