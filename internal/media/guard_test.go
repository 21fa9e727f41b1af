package media

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		addrs []string
		want  bool
	}{
		{[]string{"1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.0", "192.167.0.1", "2606:4700::1111", "2a00:1450:4001::1"}, true},
		{[]string{"64:ff9b::8.8.8.8", "::ffff:8.8.8.8"}, true},
		{[]string{"127.0.0.1", "127.255.255.254", "::1"}, false},
		{[]string{"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1"}, false},
		{[]string{"169.254.169.254", "fe80::1", "fe80::1%eth0", "febf::1"}, false},
		{[]string{"100.64.0.1", "100.127.255.255"}, false},
		{[]string{"0.0.0.0", "0.1.2.3", "::"}, false},
		{[]string{"224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"}, false},
		{[]string{"255.255.255.255", "240.0.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1"}, false},
		{[]string{"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1"}, false},
		{[]string{"64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::8.8.8.8"}, false},
		{[]string{"2002:7f00:1::1", "2002:808:808::1", "2001::1", "2001:0:808:808::1", "2001:db8::1", "3fff::1"}, false},
		{[]string{"fec0::1", "100::1", "5f00::1", "4000::1", "2606:4700::1%eth0"}, false},
	} {
		for _, text := range tt.addrs {
			if got := public(netip.MustParseAddr(text)); got != tt.want {
				t.Errorf("public(%s) = %v", text, got)
			}
		}
	}
}

// In whatever way an IPv4 address is wrapped, it is judged by itself, or
// refused.
func FuzzPublic(f *testing.F) {
	f.Add(byte(127), byte(0), byte(0), byte(1))
	f.Add(byte(8), byte(8), byte(8), byte(8))
	f.Add(byte(169), byte(254), byte(169), byte(254))
	f.Fuzz(func(t *testing.T, a, b, c, d byte) {
		addr := netip.AddrFrom4([4]byte{a, b, c, d})
		mapped := netip.AddrFrom16(addr.As16())
		nat := netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b, 12: a, b, c, d})
		sixToFour := netip.AddrFrom16([16]byte{0x20, 0x02, a, b, c, d, 15: 1})
		if public(mapped) != public(addr) || public(nat) != public(addr) || public(sixToFour) {
			t.Errorf("%s: %v; mapped %v, NAT64 %v, 6to4 %v", addr, public(addr), public(mapped), public(nat), public(sixToFour))
		}
		if public(addr) && (a == 0 || a == 10 || a == 127 || a >= 224 || addr.IsPrivate() || addr.IsLinkLocalUnicast()) {
			t.Errorf("%s is public", addr)
		}
	})
}

func TestGuard(t *testing.T) {
	t.Parallel()
	g := NewGuard([]string{"10.1.0.0/16", "192.168.1.5", "fd00::/8", "Files.Internal"})
	g.own = func() ([]net.Addr, error) {
		return []net.Addr{&net.IPNet{IP: net.IPv4(9, 9, 9, 9), Mask: net.CIDRMask(24, 32)}}, nil
	}
	for address, want := range map[string]bool{
		"8.8.8.8:443": true, "8.8.8.8:80": true, "8.8.8.8:8443": true, "[2606:4700::1111]:443": true,
		"8.8.8.8:25": false, "8.8.8.8:22": false,
		"9.9.9.9:443": false, "9.9.9.8:443": true,
		"10.1.2.3:80": true, "10.1.2.3:25": true, "10.2.0.1:80": false, "[::ffff:10.1.2.3]:80": true,
		"192.168.1.5:9000": true, "192.168.1.6:9000": false, "[fd00::1]:80": true, "[fc00::1]:80": false,
		"127.0.0.1:80": false, "nonsense": false,
	} {
		err := g.control("tcp4", address, nil)
		if (err == nil) != want || err != nil && !errors.Is(err, errPrivate) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := g.control("udp", "8.8.8.8:443", nil); err == nil {
		t.Error("udp passes")
	}
	if g.own = func() ([]net.Addr, error) { return nil, errors.New("no") }; g.control("tcp", "8.8.8.8:443", nil) == nil {
		t.Error("not knowing one's own addresses, one connects")
	}
}
