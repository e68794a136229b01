// Command s3 serves one bucket from memory, by the code that `rclone serve s3` is made of: it checks the
// signatures of requests, and keeps dates and lists as S3 does. For tests of backups.
//
//	S3_BUCKET=copias AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... s3
//
// It listens on a free port of 127.0.0.1, prints its URL, and ends with its standard input.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "s3:", err)
		os.Exit(1)
	}
}

// storage lists everything where the delimiter is empty, as S3 does and rclone asks when it deletes.
type storage struct{ *s3mem.Backend }

func (s storage) ListBucket(
	ctx context.Context, name string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage,
) (*gofakes3.ObjectList, error) {
	prefix.HasDelimiter = prefix.HasDelimiter && prefix.Delimiter != ""
	return s.Backend.ListBucket(ctx, name, prefix, page)
}

func serve() error {
	storage := storage{s3mem.New()}
	if err := storage.CreateBucket(context.Background(), os.Getenv("S3_BUCKET")); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	keys := map[string]string{os.Getenv("AWS_ACCESS_KEY_ID"): os.Getenv("AWS_SECRET_ACCESS_KEY")}
	go http.Serve(listener, gofakes3.New(storage, gofakes3.WithV4Auth(keys)).Server())
	fmt.Printf("http://%s\n", listener.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
