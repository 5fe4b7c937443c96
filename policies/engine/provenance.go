package main

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/util/gitutil"
	"github.com/moby/buildkit/util/purl"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

const (
	slsa02 = "https://slsa.dev/provenance/v0.2"
	slsa1  = "https://slsa.dev/provenance/v1"
)

// Provenance is an image's provenance as a policy sees it.
type Provenance struct {
	PredicateType string            `json:"predicateType,omitempty"`
	BuildType     string            `json:"buildType,omitempty"`
	BuilderID     string            `json:"builderID,omitempty"`
	InvocationID  string            `json:"invocationID,omitempty"`
	StartedOn     string            `json:"startedOn,omitempty"`
	FinishedOn    string            `json:"finishedOn,omitempty"`
	ConfigSource  *ConfigSource     `json:"configSource,omitempty"`
	Frontend      string            `json:"frontend,omitempty"`
	BuildArgs     map[string]string `json:"buildArgs,omitempty"`
	RawArgs       map[string]string `json:"rawArgs,omitempty"`
	Reproducible  *bool             `json:"reproducible,omitempty"`
	Hermetic      *bool             `json:"hermetic,omitempty"`
	Completeness  *Completeness     `json:"completeness,omitempty"`
	Materials     []Input           `json:"materials,omitempty"`

	raw []material
}

type ConfigSource struct {
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest,omitempty"`
	Path   string            `json:"path,omitempty"`
}

type Completeness struct {
	Parameters  *bool `json:"parameters,omitempty"`
	Environment *bool `json:"environment,omitempty"`
	Materials   *bool `json:"materials,omitempty"`
}

// material is a resolved dependency, in the same form in both versions of the predicate.
type material struct {
	URI    string            `json:"uri"`
	Digest map[string]string `json:"digest"`
}

type invocation struct {
	Frontend string            `json:"frontend"`
	Args     map[string]string `json:"args"`
}

// predicate02 and predicate1 hold the used parts of SLSA's provenance v0.2 and v1, with BuildKit's fields.
type predicate02 struct {
	BuildType  string
	Builder    struct{ ID string }
	Invocation struct {
		ConfigSource struct {
			URI        string
			Digest     map[string]string
			EntryPoint string
		}
		Parameters invocation
	}
	Materials []material
	Metadata  *struct {
		BuildInvocationID string
		BuildStartedOn    *time.Time
		BuildFinishedOn   *time.Time
		Reproducible      bool
		Completeness      struct{ Parameters, Environment, Materials bool }
		Hermetic          bool `json:"https://mobyproject.org/buildkit@v1#hermetic"`
	}
}

type predicate1 struct {
	BuildDefinition struct {
		BuildType          string
		ExternalParameters struct {
			ConfigSource ConfigSource
			Request      invocation
		}
		ResolvedDependencies []material
	}
	RunDetails struct {
		Builder  struct{ ID string }
		Metadata *struct {
			InvocationID string
			StartedOn    *time.Time
			FinishedOn   *time.Time
			Hermetic     bool                                         `json:"buildkit_hermetic"`
			Reproducible bool                                         `json:"buildkit_reproducible"`
			Completeness struct{ Request, ResolvedDependencies bool } `json:"buildkit_completeness"`
		}
	}
}

// provenanceOf reads the first attestation of a known type; nil if none can be read.
func (c *checker) provenanceOf(chain *AttestationChain) *Provenance {
	for _, blob := range chain.Blobs {
		kind := blob.Annotations["in-toto.io/predicate-type"]
		if len(blob.Data) == 0 || kind != slsa02 && kind != slsa1 {
			continue
		}
		var statement struct {
			PredicateType string          `json:"predicateType"`
			Predicate     json.RawMessage `json:"predicate"`
		}
		if json.Unmarshal(blob.Data, &statement) != nil || len(statement.Predicate) == 0 {
			continue
		}
		if statement.PredicateType != "" {
			kind = statement.PredicateType
		}
		var found *Provenance
		switch kind {
		case slsa1:
			found = c.readSLSA1(statement.Predicate)
		case slsa02:
			found = c.readSLSA02(statement.Predicate)
		}
		if found != nil {
			return found
		}
	}
	return nil
}

func (c *checker) readSLSA1(text []byte) *Provenance {
	var read predicate1
	if json.Unmarshal(text, &read) != nil {
		return nil
	}
	definition, run := read.BuildDefinition, read.RunDetails
	if definition.BuildType == "" && run.Builder.ID == "" {
		return nil
	}
	found := &Provenance{
		PredicateType: slsa1,
		BuildType:     definition.BuildType,
		BuilderID:     run.Builder.ID,
		ConfigSource:  &definition.ExternalParameters.ConfigSource,
		raw:           c.supported(definition.ResolvedDependencies),
	}
	found.readArgs(definition.ExternalParameters.Request)
	if meta := run.Metadata; meta != nil {
		found.InvocationID, found.StartedOn, found.FinishedOn = meta.InvocationID, inUTC(meta.StartedOn), inUTC(meta.FinishedOn)
		found.Reproducible, found.Hermetic = &meta.Reproducible, &meta.Hermetic
		found.Completeness = &Completeness{
			Parameters: &meta.Completeness.Request, Materials: &meta.Completeness.ResolvedDependencies,
		}
	}
	return found
}

func (c *checker) readSLSA02(text []byte) *Provenance {
	var read predicate02
	if json.Unmarshal(text, &read) != nil || read.BuildType == "" && read.Builder.ID == "" {
		return nil
	}
	source := read.Invocation.ConfigSource
	found := &Provenance{
		PredicateType: slsa02,
		BuildType:     read.BuildType,
		BuilderID:     read.Builder.ID,
		ConfigSource:  &ConfigSource{URI: source.URI, Digest: source.Digest, Path: source.EntryPoint},
		raw:           c.supported(read.Materials),
	}
	found.readArgs(read.Invocation.Parameters)
	if meta := read.Metadata; meta != nil {
		found.InvocationID, found.StartedOn, found.FinishedOn = meta.BuildInvocationID, inUTC(meta.BuildStartedOn), inUTC(meta.BuildFinishedOn)
		found.Reproducible, found.Hermetic = &meta.Reproducible, &meta.Hermetic
		complete := &meta.Completeness
		found.Completeness = &Completeness{
			Parameters: &complete.Parameters, Environment: &complete.Environment, Materials: &complete.Materials,
		}
	}
	return found
}

func (p *Provenance) readArgs(call invocation) {
	p.Frontend, p.RawArgs = call.Frontend, call.Args
	for key, value := range call.Args {
		if name, ok := strings.CutPrefix(key, "build-arg:"); ok && name != "" {
			if p.BuildArgs == nil {
				p.BuildArgs = map[string]string{}
			}
			p.BuildArgs[name] = value
		}
	}
}

func inUTC(moment *time.Time) string {
	if moment == nil {
		return ""
	}
	return moment.UTC().Format(time.RFC3339)
}

// supported leaves out dependencies that have no source, before they get their indices.
func (c *checker) supported(all []material) []material {
	return slices.DeleteFunc(slices.Clone(all), func(one material) bool {
		_, _, err := one.source()
		if err != nil {
			c.log("warn", fmt.Sprintf("skipping unsupported provenance material %q: %v", one.URI, err))
		}
		return err != nil
	})
}

// source is the source by which a build would get the dependency.
func (m material) source() (Source, *ocispecs.Platform, error) {
	if strings.HasPrefix(m.URI, "pkg:docker/") {
		return m.imageSource()
	}
	if address, err := gitutil.ParseURL(m.URI); err == nil {
		isHTTP := address.Scheme == gitutil.HTTPProtocol || address.Scheme == gitutil.HTTPSProtocol
		if !isHTTP || strings.HasSuffix(strings.ToLower(address.Path), ".git") {
			return m.gitSource(address)
		}
	}
	if strings.HasPrefix(m.URI, "http://") || strings.HasPrefix(m.URI, "https://") {
		return Source{Identifier: m.URI}, nil, nil
	}
	return Source{}, nil, fmt.Errorf("unsupported material URI %q", m.URI)
}

func (m material) gitSource(address *gitutil.GitURL) (Source, *ocispecs.Platform, error) {
	switch address.Scheme {
	case gitutil.HTTPSProtocol, gitutil.HTTPProtocol, gitutil.SSHProtocol, gitutil.GitProtocol:
	default:
		return Source{}, nil, fmt.Errorf("unsupported git material URI %q", m.URI)
	}
	id := "git://" + address.Host + path.Join("/", address.Path)
	if opts := address.Opts; opts != nil && opts.Ref+opts.Subdir != "" {
		id += "#" + opts.Ref
		if opts.Subdir != "" {
			id += ":" + opts.Subdir
		}
	}
	return Source{Identifier: id, Attrs: map[string]string{"git.fullurl": m.URI}}, nil, nil
}

func (m material) imageSource() (Source, *ocispecs.Platform, error) {
	text, platform, err := purl.PURLToRef(m.URI)
	if err != nil {
		return Source{}, nil, err
	}
	named, err := reference.ParseNormalizedNamed(text)
	if err != nil {
		return Source{}, nil, fmt.Errorf("invalid docker reference %q from %q: %w", text, m.URI, err)
	}
	if checksum := strings.TrimSpace(m.Digest["sha256"]); checksum != "" {
		pin, err := digest.Parse(checksum)
		if err != nil {
			pin, err = digest.Parse("sha256:" + checksum)
		}
		if err != nil {
			return Source{}, nil, fmt.Errorf("invalid material digest %q for %q: %w", checksum, m.URI, err)
		}
		if canonical, ok := named.(reference.Canonical); !ok {
			if named, err = reference.WithDigest(named, pin); err != nil {
				return Source{}, nil, fmt.Errorf("failed to add digest %q to %q: %w", pin, text, err)
			}
		} else if canonical.Digest() != pin {
			return Source{}, nil, fmt.Errorf("material digest mismatch for %q: ref has %s but provenance has %s", m.URI, canonical.Digest(), pin)
		}
	}
	return Source{Identifier: "docker-image://" + named.String()}, platform, nil
}
