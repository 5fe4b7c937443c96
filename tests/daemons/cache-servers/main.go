// cache-servers is where build caches go in the tests: an S3 server (gofakes3, which keeps objects
// in memory) and GitHub's cache service of version 1 (the one that nektos/act serves to workflows
// on one's own machine), both on loopback.
//
//	cache-servers -s3 127.0.0.1:9000 -bucket B -key ID -secret S -session T
//	              -actions 127.0.0.1:9001 -token JWT -folder DIR
//
// Neither of the two asks who is calling, so this program does: S3 requests must be signed with
// the key and carry the session's token (signature.go), GitHub's must bear the token. Requests that
// don't are answered with 403. It ends with exit code 1 when an address can't be had.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/nektos/act/pkg/artifactcache"
)

func main() {
	var k key
	s3 := flag.String("s3", "", "address of the S3 server")
	bucket := flag.String("bucket", "", "its one bucket")
	flag.StringVar(&k.id, "key", "", "id of the key")
	flag.StringVar(&k.secret, "secret", "", "the key itself")
	flag.StringVar(&k.session, "session", "", "token of the session")
	actions := flag.String("actions", "", "address of GitHub's cache service; its URL is that, then /cache/")
	token := flag.String("token", "", "the token that its callers bear")
	folder := flag.String("folder", "", "where it keeps what it is given")
	flag.Parse()
	fail := make(chan error)
	go func() { fail <- serveS3(*s3, *bucket, k) }()
	go func() { fail <- serveActions(*actions, *token, *folder) }()
	log.Fatal(<-fail)
}

func serveS3(address, bucket string, k key) error {
	backend := s3mem.New()
	if err := backend.CreateBucket(bucket); err != nil {
		return err
	}
	server := gofakes3.New(backend).Server()
	return http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := k.check(r); err != nil {
			log.Printf("%s %s: %v", r.Method, r.URL, err)
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		server.ServeHTTP(w, r)
	}))
}

// serveActions stands before act's own handler, which has a secret path instead of tokens.
func serveActions(address, token, folder string) error {
	front, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	handler, err := artifactcache.StartHandler(folder, "http://"+address, "127.0.0.1", 0, nil)
	if err != nil {
		return err
	}
	// The URL that it hands out is the front's, with the secret path behind it.
	outside, err := url.Parse(handler.ExternalURL())
	if err != nil {
		return err
	}
	inside := *outside
	inside.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(handler.GetActualPort()))
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		rest, ours := strings.CutPrefix(r.In.URL.Path, "/cache")
		if !ours {
			rest = strings.TrimPrefix(r.In.URL.Path, outside.Path)
		}
		r.Out.URL.Scheme, r.Out.URL.Host = "http", inside.Host
		r.Out.URL.Path = inside.Path + rest
	}}
	return http.Serve(front, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A download has a URL of its own, and no token.
		if !strings.Contains(r.URL.Path, "/artifacts/") && r.Header.Get("Authorization") != "Bearer "+token {
			log.Printf("%s %s: another token", r.Method, r.URL)
			http.Error(w, "another token", http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
}
