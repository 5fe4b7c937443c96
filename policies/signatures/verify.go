package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/remotes"
	"github.com/containerd/errdefs"
	"github.com/containerd/platforms"
	"github.com/golang/snappy"
	verifier "github.com/moby/policy-helpers"
	"github.com/moby/policy-helpers/image"
	"github.com/moby/policy-helpers/roots"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// ImageRequest asks for the verified signature of an image, from the attestation chain that the daemon
// has collected.
type ImageRequest struct {
	TrustedRoot         []byte          `json:"trustedRoot"`
	Root                string          `json:"root"`
	AttestationManifest string          `json:"attestationManifest"`
	SignatureManifests  []string        `json:"signatureManifests"`
	Blobs               map[string]Blob `json:"blobs"`
	Platform            *Platform       `json:"platform"`
}

type Blob struct {
	MediaType string `json:"mediaType"`
	Size      int64  `json:"size"`
	Data      []byte `json:"data"`
}

type Platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant"`
}

// ArtifactRequest asks for the verified signature of a file, from a bundle.
type ArtifactRequest struct {
	TrustedRoot []byte `json:"trustedRoot"`
	Checksum    string `json:"checksum"`
	Bundle      []byte `json:"bundle"`
	// Snappy says that the bundle is packed, as GitHub stores it.
	Snappy bool `json:"snappy"`
}

// bundleLimit is the largest size of an unpacked bundle, in bytes.
const bundleLimit = 8 << 20

func newVerifier(trustedRoot []byte) (*verifier.Verifier, error) {
	roots.Given = trustedRoot
	return verifier.NewVerifier(verifier.Config{StateDir: "unused"})
}

func (r *ArtifactRequest) answer() Answer {
	bundle := r.Bundle
	if r.Snappy {
		size, err := snappy.DecodedLen(bundle)
		if err == nil && size > bundleLimit {
			err = fmt.Errorf("the bundle is larger than %d bytes", bundleLimit)
		}
		if err == nil {
			bundle, err = snappy.Decode(nil, bundle)
		}
		if err != nil {
			return Answer{Error: "failed decoding snappy: " + err.Error()}
		}
	}
	checksum, err := digest.Parse(r.Checksum)
	if err != nil {
		return Answer{Error: err.Error()}
	}
	v, err := newVerifier(r.TrustedRoot)
	if err != nil {
		return Answer{Error: err.Error()}
	}
	info, err := v.VerifyArtifact(context.Background(), checksum, bundle)
	if err != nil {
		return Answer{Error: err.Error()}
	}
	return Answer{Signature: signatureOf(info)}
}

func (r *ImageRequest) answer() Answer {
	if r.Root == "" || r.AttestationManifest == "" || len(r.SignatureManifests) == 0 {
		return Answer{Unsigned: true}
	}
	top, known := r.Blobs[r.Root]
	if !known {
		return Answer{Error: "root blob " + r.Root + " not found"}
	}
	if top.MediaType != ocispecs.MediaTypeImageIndex {
		return Answer{Unsigned: true}
	}
	index := top.descriptor(r.Root)
	var platform *ocispecs.Platform
	if r.Platform != nil {
		normal := platforms.Normalize(ocispecs.Platform{
			OS: r.Platform.OS, Architecture: r.Platform.Architecture, Variant: r.Platform.Variant,
		})
		platform = &normal
	}
	ctx := context.Background()
	blobs := &chainBlobs{r}
	chain, err := image.ResolveSignatureChain(ctx, blobs, index, platform)
	if err != nil {
		return Answer{Error: err.Error()}
	}
	if chain.AttestationManifest == nil || chain.SignatureManifest == nil {
		return Answer{Unsigned: true}
	}
	if found := chain.AttestationManifest.Digest.String(); found != r.AttestationManifest {
		return Answer{Error: fmt.Sprintf("attestation manifest digest mismatch: expected %s, got %s", r.AttestationManifest, found)}
	}
	v, err := newVerifier(r.TrustedRoot)
	if err != nil {
		return Answer{Error: err.Error()}
	}
	info, err := v.VerifyImage(ctx, blobs, index, platform)
	if err != nil {
		return Answer{Error: err.Error()}
	}
	return Answer{Signature: signatureOf(info)}
}

func (b Blob) descriptor(name string) ocispecs.Descriptor {
	return ocispecs.Descriptor{MediaType: b.MediaType, Digest: digest.Digest(name), Size: b.Size}
}

// chainBlobs is the registry in which policy-helpers looks for an image's attestations.
type chainBlobs struct{ *ImageRequest }

func (c *chainBlobs) FetchReferrers(ctx context.Context, of digest.Digest, _ ...remotes.FetchReferrersOpt) ([]ocispecs.Descriptor, error) {
	if of.String() != c.AttestationManifest {
		return c.hardenedAttestation(ctx)
	}
	var found []ocispecs.Descriptor
	for _, name := range c.SignatureManifests {
		blob, known := c.Blobs[name]
		if !known {
			continue
		}
		var manifest ocispecs.Manifest
		if err := json.Unmarshal(blob.Data, &manifest); err != nil {
			return nil, fmt.Errorf("unmarshal signature manifest %s: %w", name, err)
		}
		one := blob.descriptor(name)
		one.ArtifactType = manifest.ArtifactType
		if one.ArtifactType == "" {
			// cosign wrote no artifact type before its version 3.
			one.ArtifactType = image.ArtifactTypeCosignSignature
		}
		found = append(found, one)
	}
	return found, nil
}

// hardenedAttestation is the attestation that refers to a Docker Hardened Image, where other images have
// it in their index. Its subject is compared later.
func (c *chainBlobs) hardenedAttestation(ctx context.Context) ([]ocispecs.Descriptor, error) {
	blob, known := c.Blobs[c.AttestationManifest]
	if !image.IsDHI(ctx) || !known {
		return nil, nil
	}
	var manifest ocispecs.Manifest
	if err := json.Unmarshal(blob.Data, &manifest); err != nil {
		return nil, fmt.Errorf("unmarshal attestation manifest %s: %w", c.AttestationManifest, err)
	}
	one := blob.descriptor(c.AttestationManifest)
	one.ArtifactType, one.Annotations = manifest.ArtifactType, manifest.Annotations
	return []ocispecs.Descriptor{one}, nil
}

func (c *chainBlobs) ReaderAt(_ context.Context, wanted ocispecs.Descriptor) (content.ReaderAt, error) {
	blob, known := c.Blobs[wanted.Digest.String()]
	if !known {
		return nil, fmt.Errorf("blob %s: %w", wanted.Digest, errdefs.ErrNotFound)
	}
	// A digest of another function than SHA-256 is not compared by policy-helpers.
	if wanted.Digest.Validate() != nil || wanted.Digest.Algorithm() != digest.SHA256 {
		return nil, errors.New("only digests with SHA-256 are supported")
	}
	if digest.FromBytes(blob.Data) != wanted.Digest {
		return nil, fmt.Errorf("blob %s has another digest", wanted.Digest)
	}
	return blobReader{bytes.NewReader(blob.Data)}, nil
}

type blobReader struct{ *bytes.Reader }

func (blobReader) Close() error { return nil }
