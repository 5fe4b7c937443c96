// Package roots replaces the trust provider of policy-helpers, which reads files and the network by
// itself: the module has neither. The host gives it the trusted root that it has verified by trust.go.
package roots

import (
	"context"
	"errors"
	"time"

	"github.com/sigstore/sigstore-go/pkg/root"
)

// Given is the JSON of the trusted root for the running request.
var Given []byte

// SigstoreRootsConfig has the fields that policy-helpers sets; none has a meaning here.
type SigstoreRootsConfig struct {
	CachePath      string
	UpdateInterval time.Duration
	RequireOnline  bool
}

type TrustProvider struct{}

type Status struct {
	Error       error
	LastUpdated *time.Time
}

func NewTrustProvider(SigstoreRootsConfig) (*TrustProvider, error) {
	return &TrustProvider{}, nil
}

func (*TrustProvider) TrustedRoot(context.Context) (*root.TrustedRoot, Status, error) {
	if len(Given) == 0 {
		return nil, Status{}, errors.New("there is no trusted root")
	}
	found, err := root.NewTrustedRootFromJSON(Given)
	return found, Status{}, err
}
