package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/moby/buildkit/util/gitutil"
	"github.com/moby/buildkit/util/gitutil/gitobject"
	"github.com/moby/buildkit/util/gitutil/gitsign"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/crypto/ssh"
)

// Input is the document that a policy sees. Fields without a value are absent from its JSON, as
// buildx has it: `not input.image.isCanonical` holds, `input.image.isCanonical == false` never does.
type Input struct {
	Env   Env    `json:"env,omitzero"`
	Local *Local `json:"local,omitempty"`
	Image *Image `json:"image,omitempty"`
	HTTP  *HTTP  `json:"http,omitempty"`
	Git   *Git   `json:"git,omitempty"`

	// unknown holds fields without `input.` that metadata may still bring.
	unknown []string
}

// Env holds the facts about the build that a policy sees.
type Env struct {
	Args        map[string]*string `json:"args,omitempty"`
	Labels      map[string]string  `json:"labels,omitempty"`
	Filename    string             `json:"filename,omitempty"`
	Target      string             `json:"target,omitempty"`
	CapsRequest bool               `json:"capsRequest,omitempty"`
	Depth       int                `json:"depth"`
}

type Local struct {
	Name string `json:"name,omitempty"`
}

type HTTP struct {
	URL      string              `json:"url,omitempty"`
	Schema   string              `json:"schema,omitempty"`
	Host     string              `json:"host,omitempty"`
	Path     string              `json:"path,omitempty"`
	Query    map[string][]string `json:"query,omitempty"`
	HasAuth  bool                `json:"hasAuth,omitempty"`
	Checksum string              `json:"checksum,omitempty"`

	checksumOfSignature *ChecksumResponse
}

type Git struct {
	Schema         string  `json:"schema,omitempty"`
	Host           string  `json:"host,omitempty"`
	Remote         string  `json:"remote,omitempty"`
	FullURL        string  `json:"fullURL,omitempty"`
	TagName        string  `json:"tagName,omitempty"`
	Branch         string  `json:"branch,omitempty"`
	Ref            string  `json:"ref,omitempty"`
	Subdir         string  `json:"subDir,omitempty"`
	IsCommitRef    bool    `json:"isCommitRef,omitempty"`
	IsSHA256       bool    `json:"isSHA256,omitempty"`
	Checksum       string  `json:"checksum,omitempty"`
	CommitChecksum string  `json:"commitChecksum,omitempty"`
	IsAnnotatedTag bool    `json:"isAnnotatedTag,omitempty"`
	Tag            *Tag    `json:"tag,omitempty"`
	Commit         *Commit `json:"commit,omitempty"`
}

type Actor struct {
	Name  string     `json:"name,omitempty"`
	Email string     `json:"email,omitempty"`
	When  *time.Time `json:"when,omitempty"`
}

type Commit struct {
	Tree      string   `json:"tree,omitempty"`
	Parents   []string `json:"parents,omitempty"`
	Author    Actor    `json:"author,omitzero"`
	Committer Actor    `json:"committer,omitzero"`
	Message   string   `json:"message,omitempty"`
	Signed

	object *gitobject.GitObject
}

type Tag struct {
	Object  string `json:"object,omitempty"`
	Type    string `json:"type,omitempty"`
	Tag     string `json:"tag,omitempty"`
	Tagger  Actor  `json:"tagger,omitzero"`
	Message string `json:"message,omitempty"`
	Signed

	object *gitobject.GitObject
}

// Signed names the key by which an object claims to be signed; nothing is verified.
type Signed struct {
	PGP *PGPSignature `json:"pgpSignature,omitempty"`
	SSH *SSHSignature `json:"sshSignature,omitempty"`
}

type PGPSignature struct {
	Version int    `json:"version,omitempty"`
	KeyID   string `json:"keyID,omitempty"`
}

type SSHSignature struct {
	Version int    `json:"version,omitempty"`
	PubKey  string `json:"pubKey,omitempty"`
}

type Image struct {
	Ref           string            `json:"ref,omitempty"`
	Host          string            `json:"host,omitempty"`
	Repo          string            `json:"repo,omitempty"`
	FullRepo      string            `json:"fullRepo,omitempty"`
	Tag           string            `json:"tag,omitempty"`
	Platform      string            `json:"platform,omitempty"`
	OS            string            `json:"os,omitempty"`
	Arch          string            `json:"arch,omitempty"`
	Variant       string            `json:"variant,omitempty"`
	IsCanonical   bool              `json:"isCanonical,omitempty"`
	Checksum      string            `json:"checksum,omitempty"`
	CreatedTime   string            `json:"createdTime,omitempty"`
	Env           []string          `json:"env,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
	User          string            `json:"user,omitempty"`
	Volumes       []string          `json:"volumes,omitempty"`
	WorkingDir    string            `json:"workingDir,omitempty"`
	HasProvenance bool              `json:"hasProvenance,omitempty"`
	Provenance    *Provenance       `json:"provenance,omitempty"`
	Signatures    []Signature       `json:"signatures,omitempty"`
}

// Signature is a verified signature; the host verifies it.
type Signature struct {
	Kind            string      `json:"kind,omitempty"`
	Type            string      `json:"type,omitempty"`
	Timestamps      []Timestamp `json:"timestamps,omitempty"`
	DockerReference string      `json:"dockerReference,omitempty"`
	IsDHI           bool        `json:"isDHI,omitempty"`
	Signer          *Signer     `json:"signer,omitempty"`
}

type Timestamp struct {
	Type      string    `json:"type"`
	URI       string    `json:"uri"`
	Timestamp time.Time `json:"timestamp"`
}

// Signer has the facts in a certificate of Sigstore; the names are those of its extensions.
type Signer struct {
	CertificateIssuer                   string `json:"certificateIssuer"`
	SubjectAlternativeName              string `json:"subjectAlternativeName"`
	Issuer                              string `json:"issuer,omitempty"`
	BuildSignerURI                      string `json:"buildSignerURI,omitempty"`
	BuildSignerDigest                   string `json:"buildSignerDigest,omitempty"`
	RunnerEnvironment                   string `json:"runnerEnvironment,omitempty"`
	SourceRepositoryURI                 string `json:"sourceRepositoryURI,omitempty"`
	SourceRepositoryDigest              string `json:"sourceRepositoryDigest,omitempty"`
	SourceRepositoryRef                 string `json:"sourceRepositoryRef,omitempty"`
	SourceRepositoryIdentifier          string `json:"sourceRepositoryIdentifier,omitempty"`
	SourceRepositoryOwnerURI            string `json:"sourceRepositoryOwnerURI,omitempty"`
	SourceRepositoryOwnerIdentifier     string `json:"sourceRepositoryOwnerIdentifier,omitempty"`
	BuildConfigURI                      string `json:"buildConfigURI,omitempty"`
	BuildConfigDigest                   string `json:"buildConfigDigest,omitempty"`
	BuildTrigger                        string `json:"buildTrigger,omitempty"`
	RunInvocationURI                    string `json:"runInvocationURI,omitempty"`
	SourceRepositoryVisibilityAtSigning string `json:"sourceRepositoryVisibilityAtSigning,omitempty"`
}

// Source is a source of a build, as LLB names it.
type Source struct {
	Identifier string            `json:"identifier"`
	Attrs      map[string]string `json:"attrs,omitempty"`
}

// Platform has the fields of pb.Platform.
type Platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant,omitempty"`
}

func (p *Platform) normalized() (*ocispecs.Platform, error) {
	if p == nil {
		return nil, nil
	}
	parsed, err := platforms.Parse(strings.TrimSuffix(p.OS+"/"+p.Architecture+"/"+p.Variant, "/"))
	if err != nil {
		return nil, fmt.Errorf("failed to parse platform: %w", err)
	}
	normal := platforms.Normalize(parsed)
	return &normal, nil
}

// Meta is the daemon's metadata about a source; nil: it was not requested.
type Meta struct {
	Image *ImageMeta `json:"image,omitempty"`
	Git   *GitMeta   `json:"git,omitempty"`
	HTTP  *HTTPMeta  `json:"http,omitempty"`
}

type ImageMeta struct {
	Digest string `json:"digest"`
	// Config is the image's configuration; absent if it was not requested.
	Config []byte            `json:"config,omitempty"`
	Chain  *AttestationChain `json:"chain,omitempty"`
	// Signatures are those of the chain that the host has verified.
	Signatures []Signature `json:"signatures,omitempty"`
}

type AttestationChain struct {
	AttestationManifest string `json:"attestationManifest,omitempty"`
	Blobs               []Blob `json:"blobs,omitempty"`
}

type Blob struct {
	Annotations map[string]string `json:"annotations,omitempty"`
	Data        []byte            `json:"data,omitempty"`
}

type GitMeta struct {
	Checksum       string `json:"checksum"`
	Ref            string `json:"ref"`
	CommitChecksum string `json:"commitChecksum,omitempty"`
	CommitObject   []byte `json:"commitObject,omitempty"`
	TagObject      []byte `json:"tagObject,omitempty"`
}

type HTTPMeta struct {
	Checksum         string            `json:"checksum"`
	ChecksumResponse *ChecksumResponse `json:"checksumResponse,omitempty"`
}

type ChecksumResponse struct {
	Digest string `json:"digest"`
	Suffix []byte `json:"suffix,omitempty"`
}

var configFields = []string{"image.labels", "image.user", "image.volumes", "image.workingDir", "image.env"}
var chainFields = []string{"image.hasProvenance", "image.provenance", "image.signatures"}

// describe turns a source and its metadata into the input, without env and materials.
func (c *checker) describe(source Source, meta *Meta, platform *ocispecs.Platform) (Input, error) {
	scheme, rest, ok := strings.Cut(source.Identifier, "://")
	if !ok {
		return Input{}, fmt.Errorf("invalid source identifier: %s", source.Identifier)
	}
	if meta == nil {
		meta = &Meta{}
	}
	switch scheme {
	case "http", "https":
		return describeHTTP(scheme, source, meta.HTTP)
	case "git":
		return describeGit(rest, source, meta.Git)
	case "docker-image":
		return c.describeImage(rest, meta.Image, platform)
	case "local":
		return Input{Local: &Local{Name: rest}}, nil
	}
	return Input{}, fmt.Errorf("unsupported source scheme: %s", scheme)
}

func describeHTTP(scheme string, source Source, meta *HTTPMeta) (Input, error) {
	address, err := url.Parse(source.Identifier)
	if err != nil {
		return Input{}, fmt.Errorf("failed to parse http source url: %w", err)
	}
	_, hasAuth := source.Attrs["http.authheadersecret"]
	http := &HTTP{
		URL: source.Identifier, Schema: scheme, Host: address.Host, Path: address.Path,
		Query: address.Query(), HasAuth: hasAuth,
	}
	if meta != nil {
		http.Checksum = meta.Checksum
		http.checksumOfSignature = meta.ChecksumResponse
	}
	input := Input{HTTP: http}
	if http.Checksum == "" {
		input.unknown = []string{"http.checksum"}
	}
	return input, nil
}

func parseGitURL(text string) (*gitutil.GitURL, error) {
	if !gitutil.IsGitTransport(text) {
		text = "https://" + text
	}
	return gitutil.ParseURL(text)
}

func describeGit(rest string, source Source, meta *GitMeta) (Input, error) {
	address, err := parseGitURL(rest)
	if err != nil {
		return Input{}, err
	}
	git := &Git{Schema: address.Scheme, Remote: address.Remote, Host: address.Host}
	ref := ""
	if address.Opts != nil {
		ref = address.Opts.Ref
		if clean := path.Clean(address.Opts.Subdir); clean != "/" && clean != "." {
			git.Subdir = address.Opts.Subdir
		}
	}
	if full, ok := source.Attrs["git.fullurl"]; ok {
		if !gitutil.IsGitTransport(full) {
			full = "https://" + full
		}
		if address, err = gitutil.ParseURL(full); err != nil {
			return Input{}, err
		}
		git.Schema, git.Remote, git.Host, git.FullURL = address.Scheme, address.Remote, address.Host, full
	}
	isFull := git.nameRef(ref)
	if gitutil.IsCommitSHA(ref) {
		isFull, git.IsCommitRef = true, true
		git.Checksum, git.CommitChecksum = ref, ref
	}
	input := Input{Git: git}
	if meta == nil {
		if isFull {
			git.Ref = ref
		} else {
			input.unknown = append(input.unknown, "git.tagName", "git.branch", "git.ref")
		}
		if git.Checksum == "" {
			input.unknown = append(input.unknown, "git.checksum", "git.isAnnotatedTag", "git.commitChecksum", "git.isSHA256")
		}
		input.unknown = append(input.unknown, "git.tag", "git.commit")
	} else {
		git.Ref = meta.Ref
		git.nameRef(meta.Ref)
		git.Checksum = meta.Checksum
		git.CommitChecksum = meta.CommitChecksum
		if git.CommitChecksum == "" {
			git.CommitChecksum = git.Checksum
		}
		git.IsAnnotatedTag = git.Checksum != git.CommitChecksum
		if len(meta.CommitObject) == 0 {
			input.unknown = append(input.unknown, "git.commit", "git.tag")
		} else if err := git.readObjects(meta); err != nil {
			return Input{}, err
		}
	}
	git.IsSHA256 = len(git.Checksum) == 64
	return input, nil
}

func (git *Git) nameRef(ref string) bool {
	tag, isTag := strings.CutPrefix(ref, "refs/tags/")
	if isTag {
		git.TagName = tag
	}
	branch, isBranch := strings.CutPrefix(ref, "refs/heads/")
	if isBranch {
		git.Branch = branch
	}
	return isTag || isBranch
}

func (git *Git) readObjects(meta *GitMeta) error {
	object, err := checkedObject(meta.CommitObject, git.CommitChecksum)
	if err != nil {
		return err
	}
	commit, err := object.ToCommit()
	if err != nil {
		return err
	}
	git.Commit = &Commit{
		Tree: commit.Tree, Parents: commit.Parents, Message: commit.Message,
		Author: Actor(commit.Author), Committer: Actor(commit.Committer),
		Signed: signedBy(object), object: object,
	}
	if len(meta.TagObject) == 0 {
		return nil
	}
	if object, err = checkedObject(meta.TagObject, git.Checksum); err != nil {
		return err
	}
	tag, err := object.ToTag()
	if err != nil {
		return err
	}
	git.Tag = &Tag{
		Object: tag.Object, Type: tag.Type, Tag: tag.Tag, Message: tag.Message,
		Tagger: Actor(tag.Tagger), Signed: signedBy(object), object: object,
	}
	return nil
}

func checkedObject(bytes []byte, checksum string) (*gitobject.GitObject, error) {
	object, err := gitobject.Parse(bytes)
	if err != nil {
		return nil, err
	}
	return object, object.VerifyChecksum(checksum)
}

func signedBy(object *gitobject.GitObject) Signed {
	var signed Signed
	if object.Signature == "" {
		return signed
	}
	signature, err := gitsign.ParseSignature([]byte(object.Signature))
	if err != nil {
		return signed
	}
	if pgp := signature.PGPSignature; pgp != nil {
		signed.PGP = &PGPSignature{Version: pgp.Version}
		if pgp.IssuerKeyId != nil {
			signed.PGP.KeyID = fmt.Sprintf("%016x", *pgp.IssuerKeyId)
		}
	}
	if key := signature.SSHSignature; key != nil {
		signed.SSH = &SSHSignature{Version: int(key.Version), PubKey: ssh.FingerprintSHA256(key.PublicKey)}
	}
	return signed
}

func (c *checker) describeImage(rest string, meta *ImageMeta, platform *ocispecs.Platform) (Input, error) {
	ref, err := reference.ParseNormalizedNamed(rest)
	if err != nil {
		return Input{}, fmt.Errorf("failed to parse image source reference: %w", err)
	}
	image := &Image{
		Ref: ref.String(), Host: reference.Domain(ref), Repo: reference.FamiliarName(ref), FullRepo: ref.Name(),
	}
	if digested, ok := ref.(reference.Canonical); ok {
		image.Checksum, image.IsCanonical = digested.Digest().String(), true
	}
	if tagged, ok := ref.(reference.Tagged); ok {
		image.Tag = tagged.Tag()
	}
	if platform == nil {
		return Input{}, errors.New("platform required for image source")
	}
	image.Platform = platforms.Format(*platform)
	image.OS, image.Arch, image.Variant = platform.OS, platform.Architecture, platform.Variant
	input := Input{Image: image}
	if meta == nil {
		if !image.IsCanonical {
			input.unknown = append(input.unknown, "image.checksum")
		}
		input.unknown = append(append(input.unknown, configFields...), chainFields...)
		return input, nil
	}
	image.Checksum = meta.Digest
	if meta.Config == nil {
		input.unknown = append(input.unknown, configFields...)
	} else if err := image.readConfig(meta.Config); err != nil {
		return Input{}, err
	}
	if meta.Chain == nil {
		input.unknown = append(input.unknown, chainFields...)
		return input, nil
	}
	image.Provenance = c.provenanceOf(meta.Chain)
	image.HasProvenance = meta.Chain.AttestationManifest != "" || image.Provenance != nil
	image.Signatures = meta.Signatures
	return input, nil
}

func (image *Image) readConfig(text []byte) error {
	var config ocispecs.Image
	if err := json.Unmarshal(text, &config); err != nil {
		return fmt.Errorf("failed to unmarshal image config: %w", err)
	}
	if config.Created != nil {
		image.CreatedTime = config.Created.Format(time.RFC3339)
	}
	image.Labels, image.Env, image.User = config.Config.Labels, config.Config.Env, config.Config.User
	image.WorkingDir = config.Config.WorkingDir
	for volume := range config.Config.Volumes {
		image.Volumes = append(image.Volumes, volume)
	}
	slices.Sort(image.Volumes)
	return nil
}

func (input *Input) setEnv(env Env, depth int) {
	input.Env = env
	input.Env.Depth = depth
	if input.Image != nil && input.Image.Provenance != nil {
		for i := range input.Image.Provenance.Materials {
			input.Image.Provenance.Materials[i].setEnv(env, depth+1)
		}
	}
}

// unknowns are all fields that are not known yet, with the path from `input` on.
func (input *Input) unknowns(prefix string) []string {
	var all []string
	for _, field := range input.unknown {
		all = append(all, prefix+"."+field)
	}
	if input.Image != nil && input.Image.Provenance != nil {
		for i := range input.Image.Provenance.Materials {
			child := fmt.Sprintf("%s.image.provenance.materials[%d]", prefix, i)
			all = append(all, input.Image.Provenance.Materials[i].unknowns(child)...)
		}
	}
	return all
}
