package media

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

const (
	maxRedirects      = 5
	maxFetchedHeaders = 64 << 10 // bytes
	firstByte         = 15 * time.Second
)

// Fetcher gets media from the web. It sends no credentials, cookies or
// referrer, reads no proxy variables, and tells of a URL no more than its host:
// the rest may be a secret. It is safe for concurrent use.
type Fetcher struct {
	client  *http.Client
	maxSize int64
	timeout time.Duration
}

// NewFetcher makes a fetcher that goes where guard lets it. maxSize is in
// bytes; timeout is for all of one fetch.
func NewFetcher(guard *Guard, maxSize int64, timeout time.Duration) *Fetcher {
	return &Fetcher{
		maxSize: maxSize, timeout: timeout,
		client: &http.Client{
			CheckRedirect: follow,
			Transport: &http.Transport{
				DialContext: guard.dial, TLSHandshakeTimeout: dialTimeout, ResponseHeaderTimeout: firstByte,
				MaxResponseHeaderBytes: maxFetchedHeaders, DisableCompression: true, // what is small on the wire stays small
				DisableKeepAlives: true, // every fetch is guarded anew
			},
		},
	}
}

// Fetch hands take the bytes at an address, and what their server says of
// them, and returns take's error. Its own is a *platform.Error with SentNo:
// invalid, forbidden, not_found, too_large, or transient.
func (f *Fetcher) Fetch(ctx context.Context, address string, take func(Note, io.Reader) error) error {
	u, err := url.Parse(address)
	if err != nil {
		return platform.Refused(envelope.CodeInvalid, "", "it cannot be read as a URL")
	}
	if err := fetchable(u); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return platform.Refused(envelope.CodeInvalid, "", "no request can be made of it")
	}
	request.Header.Set("User-Agent", "Postern")
	response, err := f.client.Do(request)
	if err != nil {
		return unreachable(u, err)
	}
	defer response.Body.Close() //nolint:errcheck // only read
	if err := f.refusal(u, response); err != nil {
		return err
	}
	return take(noteOf(u, response.Header), response.Body)
}

// fetchable refuses what is no address on the web.
func fetchable(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return platform.Refused(envelope.CodeInvalid, "", "only http and https are fetched")
	case u.Hostname() == "":
		return platform.Refused(envelope.CodeInvalid, "", "it names no host")
	case !validPort(u.Port()):
		return platform.Refused(envelope.CodeInvalid, "", "its port is none")
	case u.User != nil:
		return platform.Refused(envelope.CodeInvalid, "", "it bears a user name or password, which are not sent: use an address that needs none")
	}
	return nil
}

func validPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil
}

// follow is asked before each redirect. Where it leads is judged again when
// the socket connects.
func follow(request *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return platform.Refused(envelope.CodeInvalid, "", "it is redirected more than %d times", maxRedirects)
	}
	request.Header.Del("Referer") // the address before may bear a secret
	return fetchable(request.URL)
}

// unreachable is why there was no answer. What net/http says of it repeats the
// URL, so only the network's own words are kept, for the log.
func unreachable(u *url.URL, err error) error {
	if refused, ok := errors.AsType[*platform.Error](err); ok {
		return refused
	}
	if errors.Is(err, errPrivate) {
		return platform.Refused(envelope.CodeForbidden, "", "%v", errPrivate)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return platform.Refused(envelope.CodeNotFound, "", "there is no host %s, or it has no address", dns.Name)
		}
		return transient("the host's address cannot be looked up", dns)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return platform.Refused(envelope.CodeInvalid, "", "the certificate of %s is not valid", u.Hostname())
	}
	var cause error
	if op, ok := errors.AsType[*net.OpError](err); ok {
		cause = op
	}
	return transient(u.Hostname()+" cannot be reached, or does not answer in time", cause)
}

// refusal is why an answer is not the medium.
func (f *Fetcher) refusal(u *url.URL, response *http.Response) error {
	host, status := u.Hostname(), response.StatusCode
	switch {
	case status == http.StatusOK:
		if response.ContentLength > f.maxSize {
			return platform.Refused(envelope.CodeTooLarge, "", "%s has %d bytes there; this gateway keeps at most %d of a file", host, response.ContentLength, f.maxSize)
		}
		return nil
	case status == http.StatusNotFound, status == http.StatusGone:
		return platform.Refused(envelope.CodeNotFound, "", "%s answered %d: it is not there", host, status)
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		return transient(fmt.Sprintf("%s answered %d", host, status), nil)
	}
	return platform.Refused(envelope.CodeInvalid, "", "%s answered %d: it does not hand the file to the gateway", host, status)
}

// noteOf is what an answer says of its bytes: a name in its header, else one
// that the address ends in. What has no extension may be a secret, not a name.
func noteOf(u *url.URL, header http.Header) Note {
	note := Note{Mimetype: header.Get("Content-Type")}
	if _, params, err := mime.ParseMediaType(header.Get("Content-Disposition")); err == nil {
		note.Filename = params["filename"]
	}
	if base := path.Base(u.Path); note.Filename == "" && strings.Contains(base, ".") {
		note.Filename = base
	}
	return note
}
