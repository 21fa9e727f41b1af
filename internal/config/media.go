package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Media is the blob store: a folder, or an S3 bucket.
type Media struct {
	Dir       string // absolute, or relative to the working directory; made when it is first written to
	Given     bool   // Dir was written, and is not the default
	S3        S3
	MaxSize   int           // bytes of one file
	Types     []string      // of what is found in the bytes: image/*, application/pdf
	Retention time.Duration // from when a file was kept
	LinkTTL   time.Duration // of a signed address in an event
	Fetch     Fetch
}

// S3 is a bucket of any server that speaks S3. It is used if Bucket is set.
type S3 struct {
	Endpoint  string // http://host:port or https://host
	Bucket    string
	Region    string
	Prefix    string // what the objects' names start with
	AccessKey Secret // without both keys: those of the machine's role
	SecretKey Secret
}

// Fetch is the way in which media given by url are fetched.
type Fetch struct {
	Allow   []string // networks, addresses and host names that may be private
	Timeout time.Duration
}

func defaultMedia() Media {
	return Media{
		Dir:       "media",
		MaxSize:   25 << 20,
		Types:     []string{"image/*", "audio/*", "video/*", "text/*", "application/ogg", "application/pdf", "application/zip", "application/x-gzip", "application/octet-stream"},
		Retention: 7 * 24 * time.Hour,
		LinkTTL:   time.Hour,
		Fetch:     Fetch{Timeout: 30 * time.Second},
	}
}

func (m *Media) settings() []setting {
	return []setting{
		{key: "media.dir", into: &m.Dir, rule: notEmpty, help: "the media store of one node: a folder, made when it is needed"},
		{key: "media.s3.endpoint", into: &m.S3.Endpoint, rule: s3Endpoint, help: "the media store of several nodes: an S3 server, such as https://s3.eu-central-1.amazonaws.com"},
		{key: "media.s3.bucket", into: &m.S3.Bucket, rule: notEmpty, help: "its bucket, which must be there"},
		{key: "media.s3.region", into: &m.S3.Region, help: "its region, where the server has any"},
		{key: "media.s3.prefix", into: &m.S3.Prefix, help: "what the names of the objects start with; nothing else may be kept under it"},
		{key: "media.s3.access_key", into: &m.S3.AccessKey, help: "the access key's id; without both keys, the machine's role is used"},
		{key: "media.s3.secret_key", into: &m.S3.SecretKey, help: "the access key's secret"},
		{key: "media.max_size", into: &m.MaxSize, rule: atLeast(1), help: "bytes of the largest file that is kept or fetched"},
		{key: "media.types", into: &m.Types, rule: typePatterns, help: "what may be kept, by the type found in the bytes, whatever the sender says they are"},
		{key: "media.retention", into: &m.Retention, rule: atLeast(time.Minute), help: "how long a file is kept"},
		{key: "media.link_ttl", into: &m.LinkTTL, rule: atLeast(time.Second), help: "how long the address of a received file is good for"},
		{key: "media.fetch.allow", into: &m.Fetch.Allow, rule: networks, help: "networks, addresses and host names that media may be fetched from although they are private"},
		{key: "media.fetch.timeout", into: &m.Fetch.Timeout, rule: atLeast(time.Second), help: "the longest that fetching one medium may take, redirects included"},
	}
}

var (
	typePattern = regexp.MustCompile(`^([a-z0-9][a-z0-9.+-]*|\*)/([a-z0-9][a-z0-9.+-]*|\*)$`)
	hostName    = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)
)

func typePatterns(into any) error {
	v, ok := into.(*[]string)
	if !ok {
		return nil
	}
	for _, pattern := range *v {
		if !typePattern.MatchString(pattern) || strings.HasPrefix(pattern, "*/") && pattern != "*/*" {
			return fmt.Errorf("is %q, expected types such as image/png, image/* or */*", pattern)
		}
	}
	return nil
}

func networks(into any) error {
	v, ok := into.(*[]string)
	if !ok {
		return nil
	}
	for _, entry := range *v {
		_, notPrefix := netip.ParsePrefix(entry)
		_, notAddr := netip.ParseAddr(entry)
		if notPrefix != nil && notAddr != nil && !hostName.MatchString(entry) {
			return fmt.Errorf("is %q, expected a network such as 10.1.0.0/16, an address, or a host name without a port", entry)
		}
	}
	return nil
}

func s3Endpoint(into any) error { return webAddress(into, "https://s3.example.com", false) }

func publicURL(into any) error { return webAddress(into, "https://chat.example.com", true) }

// webAddress is the rule for the address of a whole server.
func webAddress(into any, example string, path bool) error {
	v, ok := into.(*string)
	if !ok {
		return nil
	}
	expected := "expected http:// or https:// and a host, such as " + example
	u, err := url.Parse(*v)
	switch {
	case err != nil:
		return errors.New("is not a URL; " + expected)
	case u.User != nil:
		return errors.New("bears a user name: it is shown to others; " + expected)
	case !slices.Contains([]string{"http", "https"}, u.Scheme), u.Hostname() == "", u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return errors.New("is not the address of a server; " + expected)
	case !path && strings.Trim(u.Path, "/") != "":
		return errors.New("has a path; " + expected)
	}
	return nil
}

// checkMedia holds the keys of the media store against each other.
func (r *reader) checkMedia(m *Media) {
	s3At, s3 := r.at["media.s3"]
	dirAt, dir := r.at["media.dir"]
	switch {
	case !s3:
	case dir:
		r.problem(dirAt, "media.dir", "a store is a folder or an S3 bucket: leave out media.dir or media.s3")
	case m.S3.Endpoint == "":
		r.problem(s3At, "media.s3.endpoint", "is missing: write the server's address, such as https://s3.eu-central-1.amazonaws.com")
	case m.S3.Bucket == "":
		r.problem(s3At, "media.s3.bucket", "is missing: write the name of the bucket")
	case !r.secrets.skip && (m.S3.AccessKey.Reveal() == "") != (m.S3.SecretKey.Reveal() == ""):
		r.problem(s3At, "media.s3", "has one half of its key: name access_key and secret_key, or neither")
	}
	m.Given = dir
}
