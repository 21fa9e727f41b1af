package media

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3Config names a bucket, which must be there.
type S3Config struct {
	Endpoint             string // http://host:port or https://host
	Bucket               string
	Region               string
	Prefix               string
	AccessKey, SecretKey string // both empty: those of the machine's role
}

// S3 is a bucket, one object for each file. What is known of a file is in its
// object's metadata, so that one request puts or removes both.
type S3 struct {
	client    *minio.Client
	transport *http.Transport
	bucket    string
	prefix    string
}

var _ Backend = (*S3)(nil)

const (
	metaKey    = "Postern" // x-amz-meta-postern: About as JSON, in base64
	s3Attempts = 3         // of one request
)

// NewS3 prepares a client. It sends nothing.
func NewS3(c S3Config) (*S3, error) {
	endpoint, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, errors.New("the S3 endpoint is not a URL")
	}
	transport, err := minio.DefaultTransport(endpoint.Scheme == "https")
	if err != nil {
		return nil, fmt.Errorf("preparing the S3 client: %w", err)
	}
	keys := credentials.NewIAM("")
	if c.AccessKey != "" {
		keys = credentials.NewStaticV4(c.AccessKey, c.SecretKey, "")
	}
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds: keys, Secure: endpoint.Scheme == "https", Region: c.Region, Transport: transport, MaxRetries: s3Attempts,
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the S3 client: %w", err)
	}
	return &S3{client: client, transport: transport, bucket: c.Bucket, prefix: c.Prefix}, nil
}

// Create begins a file in the system's folder for temporary files: an object
// is sent with its metadata first, which is known when its bytes are.
func (s *S3) Create(context.Context) (Draft, error) {
	file, err := os.CreateTemp("", "postern-media-*")
	if err != nil {
		return nil, fmt.Errorf("beginning a file: %w", err)
	}
	return &s3Draft{s3: s, file: file}, nil
}

type s3Draft struct {
	s3   *S3
	file *os.File
}

func (d *s3Draft) Write(p []byte) (int, error) { return d.file.Write(p) }

// Commit puts the object unless there is one, or over the one that was looked
// at if that has expired: where the server knows If-None-Match and If-Match,
// also if another process is doing the same.
func (d *s3Draft) Commit(ctx context.Context, about About, expired time.Time) error {
	text, err := json.Marshal(about)
	if err != nil {
		return err
	}
	there, info, err := d.s3.stat(ctx, about.ID)
	over := err == nil
	switch {
	case over && !there.Kept.Before(expired):
		return errTaken
	case !over && !errors.Is(err, errAbsent):
		return err
	}
	if _, err := d.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading a file again: %w", err)
	}
	options := minio.PutObjectOptions{
		UserMetadata: map[string]string{metaKey: base64.StdEncoding.EncodeToString(text)},
		ContentType:  "application/octet-stream", ContentDisposition: "attachment", // for a bucket that others can read
		DisableMultipart: true,
	}
	if over {
		options.SetMatchETag(info.ETag)
	} else {
		options.SetMatchETagExcept("*")
	}
	_, err = d.s3.client.PutObject(ctx, d.s3.bucket, d.s3.name(about.ID), d.file, about.Size, options)
	switch code := statusOf(err); {
	case code == http.StatusPreconditionFailed, code == http.StatusConflict:
		return errTaken
	case over && code == http.StatusNotFound: // it was swept, and may be another's by now
		return errTaken
	}
	if err != nil {
		return fmt.Errorf("putting an object: %w", err)
	}
	return nil
}

// Discard removes the temporary file.
func (d *s3Draft) Discard() {
	_ = d.file.Close() // it is thrown away
	_ = os.Remove(d.file.Name())
}

func (s *S3) name(id string) string { return s.prefix + id }

// stat returns what is known of a file, or errAbsent.
func (s *S3) stat(ctx context.Context, id string) (About, minio.ObjectInfo, error) {
	info, err := s.client.StatObject(ctx, s.bucket, s.name(id), minio.StatObjectOptions{})
	if statusOf(err) == http.StatusNotFound {
		return About{}, info, errAbsent
	}
	if err != nil {
		return About{}, info, fmt.Errorf("looking at an object: %w", err)
	}
	var about About
	text, err := base64.StdEncoding.DecodeString(info.UserMetadata[metaKey])
	if err == nil {
		err = json.Unmarshal(text, &about)
	}
	if err == nil && (about.ID != id || about.Size != info.Size) {
		err = errors.New("it is about another file")
	}
	if err != nil {
		return About{}, info, fmt.Errorf("reading what is known of an object: %w", err)
	}
	return about, info, nil
}

// Open implements Backend. The bytes are asked for when they are read.
func (s *S3) Open(ctx context.Context, id string) (About, io.ReadSeekCloser, error) {
	about, _, err := s.stat(ctx, id)
	if err != nil {
		return About{}, nil, err
	}
	object, err := s.client.GetObject(ctx, s.bucket, s.name(id), minio.GetObjectOptions{})
	if err != nil {
		return About{}, nil, fmt.Errorf("opening an object: %w", err)
	}
	return about, object, nil
}

// remove removes an object if it is still older than a time. The client has no
// conditional delete: so the object is looked at again just before, as the
// listing may be as old as it is long.
func (s *S3) remove(ctx context.Context, name string, before time.Time) (removed bool, err error) {
	info, err := s.client.StatObject(ctx, s.bucket, name, minio.StatObjectOptions{})
	if err == nil && !info.LastModified.Before(before) || statusOf(err) == http.StatusNotFound {
		return false, nil
	}
	if err == nil {
		err = s.client.RemoveObject(ctx, s.bucket, name, minio.RemoveObjectOptions{})
	}
	if err != nil {
		return false, fmt.Errorf("removing an object: %w", err)
	}
	return true, nil
}

// Sweep implements Backend, by the server's clock.
func (s *S3) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for object := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix}) {
		if object.Err != nil {
			return removed, errors.Join(err, fmt.Errorf("listing objects: %w", object.Err))
		}
		id := strings.TrimPrefix(object.Key, s.prefix)
		if !ValidID(id) || !object.LastModified.Before(before) {
			continue
		}
		gone, fault := s.remove(ctx, object.Key, before)
		if err = errors.Join(err, fault); gone {
			removed++
		}
	}
	return removed, err
}

// Probe implements Backend: it asks for the bucket.
func (s *S3) Probe(ctx context.Context) (string, error) {
	there, err := s.client.BucketExists(ctx, s.bucket)
	if err != nil {
		return "", fmt.Errorf("asking S3 for the bucket %s: %w", s.bucket, err)
	}
	if !there {
		return "", fmt.Errorf("S3 has no bucket %s: make it first", s.bucket)
	}
	return "the S3 bucket " + s.bucket + ", which is there", nil
}

// Close ends idle connections.
func (s *S3) Close() { s.transport.CloseIdleConnections() }

// statusOf is the HTTP status of S3's answer, 0 for none.
func statusOf(err error) int {
	if err == nil {
		return 0
	}
	return minio.ToErrorResponse(err).StatusCode
}
