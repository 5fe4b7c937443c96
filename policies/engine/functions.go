package main

import (
	"bytes"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/moby/buildkit/util/gitutil/gitobject"
	"github.com/moby/buildkit/util/gitutil/gitsign"
	"github.com/moby/buildkit/util/pgpsign"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/types"
	"github.com/opencontainers/go-digest"
)

// state holds the inputs and the results of the functions of one evaluation.
type state struct {
	input Input
	// files and attestations are the inputs that the host has supplied.
	files        map[string]*[]byte
	attestations map[string]json.RawMessage
	hasFiles     bool

	// unknown holds fields of the input that a function needs and that are not known yet.
	unknown map[string]bool
	pins    map[digest.Digest]bool
	// checksum is the request for the checksum that a PGP signature needs.
	checksum *ChecksumRequest
	lacks    *missing
	logs     []Log
}

type function struct {
	decl *types.Function
	call func(*state, []*ast.Term) (*ast.Term, error)
}

// functions are those that buildx adds to OPA's; an error makes the calling expression undefined.
var functions map[string]function

func init() {
	functions = map[string]function{
		"load_json": {
			types.NewFunction(types.Args(types.S), types.A),
			(*state).loadJSON,
		},
		"verify_git_signature": {
			types.NewFunction(types.Args(types.A, types.S), types.B),
			(*state).verifyGitSignature,
		},
		"verify_http_pgp_signature": {
			types.NewFunction(types.Args(types.A, types.S, types.S), types.B),
			(*state).verifyPGPSignature,
		},
		"pin_image": {
			types.NewFunction(types.Args(types.A, types.S), types.B),
			(*state).pinImage,
		},
		"artifact_attestation": {
			types.NewFunction(types.Args(types.A, types.S), types.A),
			func(s *state, args []*ast.Term) (*ast.Term, error) { return s.attestation(args, false) },
		},
		"github_attestation": {
			types.NewFunction(types.Args(types.A, types.S), types.A),
			func(s *state, args []*ast.Term) (*ast.Term, error) { return s.attestation(args, true) },
		},
	}
}

func (s *state) functions() map[string]*topdown.Builtin {
	all := map[string]*topdown.Builtin{}
	for name, function := range functions {
		all[name] = &topdown.Builtin{
			Decl: &ast.Builtin{Name: name, Decl: function.decl},
			Func: func(_ topdown.BuiltinContext, args []*ast.Term, give func(*ast.Term) error) error {
				answer, err := function.call(s, args)
				var lacks missing
				if errors.As(err, &lacks) {
					s.lacks = &lacks
					return halt(err)
				}
				if err != nil {
					return &topdown.Error{Code: topdown.BuiltinErr, Message: name + ": " + err.Error()}
				}
				if answer == nil {
					return nil
				}
				return give(answer)
			},
		}
	}
	return all
}

func (s *state) log(level, text string) {
	s.logs = append(s.logs, Log{level, text})
}

func (s *state) want(field string) {
	if s.unknown == nil {
		s.unknown = map[string]bool{}
	}
	s.unknown[field] = true
}

// same reports whether a function's argument is the part of the input that it must be.
func same(given *ast.Term, part any) (bool, error) {
	if _, ok := given.Value.(ast.Object); !ok {
		return false, fmt.Errorf("expected object, got %T", given.Value)
	}
	value, err := ast.InterfaceToValue(part)
	return err == nil && given.Value.Compare(value) == 0, err
}

// longestFile is the largest limit of any function that reads a file.
const longestFile = 4 << 20

// file is the content of a file of the policy's folder, cut at limit.
func (s *state) file(name *ast.Term, limit int) ([]byte, error) {
	path, ok := name.Value.(ast.String)
	if !ok {
		return nil, fmt.Errorf("expected string path, got %T", name.Value)
	}
	if !s.hasFiles {
		return nil, errors.New("no policy FS defined for reading context files")
	}
	content, asked := s.files[string(path)]
	if !asked {
		// Functions with other limits may read the same file.
		return nil, missing{Need{Kind: "file", Key: string(path), Limit: longestFile}}
	}
	if content == nil {
		return nil, fmt.Errorf("failed opening file %q", string(path))
	}
	return (*content)[:min(limit, len(*content))], nil
}

func (s *state) loadJSON(args []*ast.Term) (*ast.Term, error) {
	text, err := s.file(args[0], longestFile)
	if err != nil {
		return nil, err
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, err
	}
	found, err := ast.InterfaceToValue(value)
	return ast.NewTerm(found), err
}

func (s *state) pinImage(args []*ast.Term) (*ast.Term, error) {
	image := s.input.Image
	if image == nil {
		return ast.BooleanTerm(false), nil
	}
	if ok, err := same(args[0], image); err != nil || !ok {
		return nil, orElse(err, "first argument is not the same as input image")
	}
	text, ok := args[1].Value.(ast.String)
	if !ok {
		return nil, fmt.Errorf("expected string path, got %T", args[1].Value)
	}
	pin, err := digest.Parse(string(text))
	if err != nil {
		return nil, err
	}
	if image.Checksum != string(pin) {
		if s.pins == nil {
			s.pins = map[digest.Digest]bool{}
		}
		s.pins[pin] = true
	}
	return ast.BooleanTerm(true), nil
}

func (s *state) verifyGitSignature(args []*ast.Term) (*ast.Term, error) {
	git := s.input.Git
	if git == nil {
		return ast.BooleanTerm(false), nil
	}
	if git.Commit == nil {
		s.want("git.commit")
		return ast.BooleanTerm(false), nil
	}
	var object *gitobject.GitObject
	if ok, err := same(args[0], git.Commit); err != nil {
		return nil, err
	} else if ok {
		object = git.Commit.object
	} else if git.Tag != nil {
		if ok, err := same(args[0], git.Tag); err != nil {
			return nil, err
		} else if ok {
			object = git.Tag.object
		}
	}
	if object == nil {
		return nil, errors.New("object is neither commit nor tag")
	}
	key, err := s.file(args[1], 128<<10)
	if err != nil {
		return nil, err
	}
	if err := gitsign.VerifySignature(object, key, nil); err != nil {
		return nil, err
	}
	return ast.BooleanTerm(true), nil
}

func (s *state) verifyPGPSignature(args []*ast.Term) (*ast.Term, error) {
	http := s.input.HTTP
	if http == nil {
		return ast.BooleanTerm(false), nil
	}
	if ok, err := same(args[0], http); err != nil || !ok {
		return nil, orElse(err, "first argument is not the same as input http")
	}
	signatureText, err := s.file(args[1], 512<<10)
	if err != nil {
		return nil, err
	}
	keysText, err := s.file(args[2], 512<<10)
	if err != nil {
		return nil, err
	}
	signature, _, err := pgpsign.ParseArmoredDetachedSignature(signatureText)
	if err != nil {
		return nil, err
	}
	keys, err := pgpsign.ReadAllArmoredKeyRings(keysText)
	if err != nil {
		return nil, err
	}
	algorithms := map[crypto.Hash]digest.Algorithm{
		crypto.SHA256: digest.SHA256,
		crypto.SHA384: digest.SHA384,
		crypto.SHA512: digest.SHA512,
	}
	algorithm, known := algorithms[signature.Hash]
	if !known {
		return nil, fmt.Errorf("unsupported signature hash algorithm %v", signature.Hash)
	}
	asked := &ChecksumRequest{Algorithm: string(algorithm), Suffix: bytes.Clone(signature.HashSuffix)}
	lacking := func() (*ast.Term, error) {
		s.checksum = asked
		return ast.BooleanTerm(false), nil
	}
	given := http.checksumOfSignature
	if given == nil || given.Digest == "" || !bytes.Equal(given.Suffix, asked.Suffix) {
		return lacking()
	}
	hash, err := digest.Parse(given.Digest)
	if err != nil {
		return nil, err
	}
	if hash.Algorithm() != algorithm {
		return lacking()
	}
	return ast.BooleanTerm(pgpsign.VerifySignatureWithDigest(signature, keys, hash) == nil), nil
}

// attestation is the verified signature of a downloaded file, from a bundle next to the policy or from GitHub.
func (s *state) attestation(args []*ast.Term, github bool) (*ast.Term, error) {
	http := s.input.HTTP
	if http == nil {
		return nil, nil
	}
	if ok, err := same(args[0], http); err != nil || !ok {
		return nil, orElse(err, "first argument is not the same as input http")
	}
	name, ok := args[1].Value.(ast.String)
	if !ok {
		return nil, fmt.Errorf("expected string, got %T", args[1].Value)
	}
	if http.Checksum == "" {
		s.want("http.checksum")
		return nil, nil
	}
	if _, err := digest.Parse(http.Checksum); err != nil {
		return nil, err
	}
	need := Need{Kind: "attestation", Key: "file " + string(name)}
	if github {
		need = Need{Kind: "attestation", Key: "github " + string(name), Repository: string(name)}
	} else if !s.hasFiles {
		return nil, errors.New("no policy FS defined for reading context files")
	}
	found, asked := s.attestations[need.Key]
	if !asked {
		return nil, missing{need}
	}
	if string(found) == "null" {
		return nil, nil
	}
	var signature Signature
	if err := json.Unmarshal(found, &signature); err != nil {
		return nil, err
	}
	value, err := ast.InterfaceToValue(signature)
	return ast.NewTerm(value), err
}

func orElse(err error, text string) error {
	if err != nil {
		return err
	}
	return errors.New(text)
}
