package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/moby/policy-helpers/roots"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"
)

// TrustRequest asks for the trusted root that a TUF repository vouches for
// (https://theupdateframework.github.io/specification/v1.0.34/#detailed-client-workflow).
type TrustRequest struct {
	// Root is the root.json to start with; empty: the public instance's, as buildx has it.
	Root []byte `json:"root"`
	// Seen is the timestamp.json of the last update. An older repository is refused.
	Seen []byte `json:"seen"`
	// Files holds the repository's files, by the keys of Need; null: the repository has no such file.
	Files map[string]*[]byte `json:"files"`
}

// Trust has what is known of a repository. TrustedRoot is empty if the repository can't be trusted.
type Trust struct {
	Roles []Role `json:"roles"`
	// TrustedRoot is the file trusted_root.json.
	TrustedRoot []byte `json:"trustedRoot,omitempty"`
	// Root is the newest root.json.
	Root []byte `json:"root,omitempty"`
	// Expired says that a file is too old, and that no other fault was found.
	Expired bool `json:"expired,omitempty"`
}

// Role is a metadata file of the repository.
type Role struct {
	Name    string    `json:"name"`
	Version int64     `json:"version"`
	Expires time.Time `json:"expires"`
}

// The limits of sizes and rotations are go-tuf's own.
const (
	mostRotations   = 256
	rootLimit       = 512_000
	timestampLimit  = 16_384
	snapshotLimit   = 2_000_000
	targetsLimit    = 5_000_000
	trustedRootName = "trusted_root.json"
)

// lacking is the error for a file that the host has not supplied yet.
type lacking struct{ need Need }

func (l lacking) Error() string { return "needs " + l.need.Key }

func (r *TrustRequest) answer() Answer {
	trust := &Trust{}
	err := r.update(trust)
	var lacks lacking
	if errors.As(err, &lacks) {
		return Answer{Needs: []Need{lacks.need}}
	}
	if err != nil {
		trust.Expired = errors.Is(err, &metadata.ErrExpiredMetadata{})
		return Answer{Error: err.Error(), Trust: trust}
	}
	return Answer{Trust: trust}
}

func (r *TrustRequest) file(key string, limit int64) ([]byte, error) {
	content, asked := r.Files[key]
	if !asked {
		return nil, lacking{Need{key, limit}}
	}
	if content == nil {
		return nil, fmt.Errorf("the repository has no %s", key)
	}
	if int64(len(*content)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", key, limit)
	}
	return *content, nil
}

func (r *TrustRequest) update(trust *Trust) error {
	start := r.Root
	if len(start) == 0 {
		var err error
		if start, err = roots.EmbeddedTUF.ReadFile("tuf-root/root.json"); err != nil {
			return err
		}
	}
	trusted, err := trustedmetadata.New(start)
	if err != nil {
		return err
	}
	trust.Root = start
	if err := r.rotate(trusted, trust); err != nil {
		return err
	}
	trust.know("root", trusted.Root.Signed.Version, trusted.Root.Signed.Expires)
	if len(r.Seen) > 0 {
		// An expired or a foreign file says nothing about the new one.
		if _, err := trusted.UpdateTimestamp(r.Seen); err != nil && !errors.Is(err, &metadata.ErrRepository{}) {
			return err
		}
	}
	content, err := r.file("timestamp.json", timestampLimit)
	if err != nil {
		return err
	}
	_, err = trusted.UpdateTimestamp(content)
	if trusted.Timestamp != nil {
		trust.know("timestamp", trusted.Timestamp.Signed.Version, trusted.Timestamp.Signed.Expires)
	}
	if err != nil && !errors.Is(err, &metadata.ErrEqualVersionNumber{}) {
		return err
	}
	prefix := func(version int64) string {
		if trusted.Root.Signed.ConsistentSnapshot {
			return fmt.Sprintf("%d.", version)
		}
		return ""
	}
	meta := trusted.Timestamp.Signed.Meta["snapshot.json"]
	if meta == nil {
		return errors.New("timestamp.json names no snapshot.json")
	}
	if content, err = r.file(prefix(meta.Version)+"snapshot.json", snapshotLimit); err != nil {
		return err
	}
	snapshot, err := trusted.UpdateSnapshot(content, false)
	if err != nil {
		return err
	}
	trust.know("snapshot", snapshot.Signed.Version, snapshot.Signed.Expires)
	if meta = snapshot.Signed.Meta["targets.json"]; meta == nil {
		return errors.New("snapshot.json names no targets.json")
	}
	if content, err = r.file(prefix(meta.Version)+"targets.json", targetsLimit); err != nil {
		return err
	}
	targets, err := trusted.UpdateTargets(content)
	if err != nil {
		return err
	}
	trust.know("targets", targets.Signed.Version, targets.Signed.Expires)
	return r.readTrustedRoot(targets, trusted.Root.Signed.ConsistentSnapshot, trust)
}

// rotate follows the repository's root.json from version to version.
func (r *TrustRequest) rotate(trusted *trustedmetadata.TrustedMetadata, trust *Trust) error {
	for range mostRotations {
		key := fmt.Sprintf("%d.root.json", trusted.Root.Signed.Version+1)
		content, asked := r.Files[key]
		if !asked {
			return lacking{Need{key, rootLimit}}
		}
		if content == nil {
			return nil
		}
		if _, err := trusted.UpdateRoot(*content); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		trust.Root = *content
	}
	return fmt.Errorf("the repository has more than %d new versions of root.json", mostRotations)
}

func (r *TrustRequest) readTrustedRoot(targets *metadata.Metadata[metadata.TargetsType], hashed bool, trust *Trust) error {
	info := targets.Signed.Targets[trustedRootName]
	if info == nil {
		return errors.New("targets.json names no " + trustedRootName)
	}
	key := "targets/" + trustedRootName
	if hashed {
		hash, ok := info.Hashes["sha256"]
		if !ok {
			return errors.New("targets.json has no SHA-256 of " + trustedRootName)
		}
		key = "targets/" + hex.EncodeToString(hash) + "." + trustedRootName
	}
	content, err := r.file(key, info.Length)
	if err != nil {
		return err
	}
	if err := info.VerifyLengthHashes(content); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if _, err := root.NewTrustedRootFromJSON(content); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	trust.TrustedRoot = content
	return nil
}

func (t *Trust) know(name string, version int64, expires time.Time) {
	t.Roles = append(t.Roles, Role{name, version, expires})
}
