package main

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

type key struct{ id, secret, session string }

var authorization = regexp.MustCompile(
	`^AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/s3/aws4_request, SignedHeaders=([^,]+), Signature=[0-9a-f]{64}$`)

// check signs the request anew, as AWS's own client signs it, and compares.
func (k key) check(r *http.Request) error {
	given := r.Header.Get("Authorization")
	parts := authorization.FindStringSubmatch(given)
	if parts == nil {
		return errors.New("not signed")
	}
	if parts[1] != k.id {
		return fmt.Errorf("another key: %s", parts[1])
	}
	if r.Header.Get("X-Amz-Security-Token") != k.session {
		return errors.New("another session token")
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return err
	}
	again := r.Clone(r.Context())
	again.URL.Scheme, again.URL.Host = "http", r.Host
	again.Header = http.Header{}
	for _, name := range strings.Split(parts[3], ";") {
		if values := r.Header.Values(name); len(values) > 0 && name != "content-length" {
			again.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	again.ContentLength = 0
	if strings.Contains(parts[3], "content-length") {
		again.ContentLength = r.ContentLength
	}
	credentials := aws.Credentials{AccessKeyID: k.id, SecretAccessKey: k.secret, SessionToken: k.session}
	err = v4.NewSigner().SignHTTP(r.Context(), credentials, again, r.Header.Get("X-Amz-Content-Sha256"),
		"s3", parts[2], at, func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err != nil {
		return err
	}
	if again.Header.Get("Authorization") != given {
		return errors.New("SignatureDoesNotMatch")
	}
	return nil
}
