package media

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Guard keeps fetches out of the gateway's own network. It judges the address
// that a socket is about to connect to, after every look-up and redirect: no
// name that changes its mind, and no detour, comes past it.
type Guard struct {
	networks []netip.Prefix
	hosts    []string // lower-case
	own      func() ([]net.Addr, error)
	resolver *net.Resolver // nil = the system's
}

// errPrivate is why the Guard refuses to connect.
var errPrivate = errors.New("it leads to an address that is not public, or to a port of the system; media.fetch.allow in the gateway's config names exceptions")

// dialTimeout is how long one connection may take to be made.
const dialTimeout = 10 * time.Second

// NewGuard makes a guard with exceptions: networks, addresses or host names.
func NewGuard(allow []string) *Guard {
	g := &Guard{own: net.InterfaceAddrs}
	for _, entry := range allow {
		if prefix, err := netip.ParsePrefix(entry); err == nil {
			g.networks = append(g.networks, prefix.Masked())
		} else if addr, err := netip.ParseAddr(entry); err == nil {
			g.networks = append(g.networks, netip.PrefixFrom(addr, addr.BitLen()))
		} else {
			g.hosts = append(g.hosts, strings.ToLower(entry))
		}
	}
	return g
}

// dial connects to host:port if the guard lets it.
func (g *Guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: dialTimeout, Resolver: g.resolver}
	if !slices.Contains(g.hosts, strings.ToLower(strings.TrimSuffix(host, "."))) {
		d.Control = g.control
	}
	return d.DialContext(ctx, network, address)
}

// control is asked when the socket is there and not yet connected.
func (g *Guard) control(network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !strings.HasPrefix(network, "tcp") {
		return fmt.Errorf("%w (%s over %s)", errPrivate, address, network)
	}
	addr := to.Addr().Unmap()
	if slices.ContainsFunc(g.networks, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		return nil
	}
	if !public(addr) || !webPort(to.Port()) || g.isOwn(addr) {
		return errPrivate
	}
	return nil
}

// isOwn reports whether an address is this machine's: what listens there may
// be meant for nobody else, though the address is public.
func (g *Guard) isOwn(addr netip.Addr) bool {
	addrs, err := g.own()
	if err != nil {
		return true // better refused than guessed
	}
	return slices.ContainsFunc(addrs, func(a net.Addr) bool {
		prefix, err := netip.ParsePrefix(a.String())
		return err == nil && prefix.Addr().Unmap().WithZone("") == addr
	})
}

// webPort refuses the ports below 1024 that are not the web's: mail servers
// and the like can be talked to by HTTP.
func webPort(port uint16) bool { return port == 80 || port == 443 || port >= 1024 }

// notPublic are the networks of the IANA special-purpose registries, and their
// like, that netip has no method for.
var notPublic = prefixes(
	"0.0.0.0/8",       // this network
	"100.64.0.0/10",   // carrier-grade NAT
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"240.0.0.0/4",     // reserved, broadcast
	"2001::/23",       // protocol assignments, Teredo among them: its addresses embed others
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4: embeds an IPv4 address
	"3fff::/20",       // documentation
)

var (
	global6 = netip.MustParsePrefix("2000::/3")     // all of IPv6 that is given out
	nat64   = netip.MustParsePrefix("64:ff9b::/96") // and what a NAT64 reaches IPv4 by
)

func prefixes(list ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(list))
	for i, text := range list {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// public reports whether everybody's packets to an address go to the same
// place, which is not ours.
func public(addr netip.Addr) bool {
	if addr = addr.Unmap(); addr.Is6() {
		if nat64.Contains(addr) {
			last := addr.As16()
			return public(netip.AddrFrom4([4]byte(last[12:])))
		}
		if !global6.Contains(addr) { // nor does it contain one with a zone
			return false
		}
	}
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(addr) })
}
