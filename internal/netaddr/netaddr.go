// Package netaddr says what more than one room must know of network addresses,
// and in the same way: which of them count as one caller, and which are this
// machine's own.
package netaddr

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Caller is who calls from a remote address, host:port: what counts as one for
// a limit. That is an IPv4 address, and of IPv6 a network of 64 bits, which one
// customer has to himself; a loopback address stays as it is.
func Caller(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() || addr.IsLoopback() {
		return addr.String()
	}
	return netip.PrefixFrom(addr, 64).Masked().String()
}

// Host is what of host:port, as a request or an origin has it, names the host.
func Host(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return hostport
}

// ProxyHeader names a header by which a proxy says that it has brought a
// request from elsewhere; "" = there is none.
func ProxyHeader(header http.Header) string {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"} {
		if header.Get(name) != "" {
			return name
		}
	}
	return ""
}

// IsLoopback reports whether a host, an address or a name without its port, is
// this machine's own.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.Unmap().IsLoopback()
}
