package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// CheckRequest asks a policy about one source of a build, or, without a source, about its caps.
type CheckRequest struct {
	Source   *Source   `json:"source"`
	Meta     *Meta     `json:"meta"`
	Platform *Platform `json:"platform"`
	// DefaultPlatform serves a source without a platform.
	DefaultPlatform *Platform `json:"defaultPlatform"`
	Env             Env       `json:"env"`
	Tables
	// Milliseconds is the time limit of one evaluation.
	Milliseconds int `json:"milliseconds"`
	// Print makes the answer the input document, with these fields resolved; nothing is evaluated.
	Print  bool     `json:"printInput"`
	Fields []string `json:"fields"`
	// Explain makes the answer carry OPA's trace.
	Explain bool `json:"explain"`
}

// Tables hold the inputs that the host has supplied, by the keys of Need.
type Tables struct {
	Files        map[string]*[]byte         `json:"files"`
	Materials    map[string]*Meta           `json:"materials"`
	Attestations map[string]json.RawMessage `json:"attestations"`
}

// CheckAnswer holds a decision, or a request for metadata.
type CheckAnswer struct {
	// Action is "ALLOW", "DENY" or "CONVERT".
	Action   string          `json:"action,omitempty"`
	Messages []string        `json:"messages,omitempty"`
	Update   *Source         `json:"update,omitempty"`
	Caps     map[string]bool `json:"caps,omitempty"`
	Request  *MetaRequest    `json:"request,omitempty"`
	Input    *Input          `json:"input,omitempty"`
	Unknowns []string        `json:"unknowns,omitempty"`
	// Resolved are the fields that metadata was requested for; only with CheckRequest.Print.
	Resolved []string `json:"resolved,omitempty"`
	Trace    []string `json:"trace,omitempty"`
}

// MetaRequest has the fields of ResolveSourceMetaRequest.
type MetaRequest struct {
	Source   Source        `json:"source"`
	Platform *Platform     `json:"platform,omitempty"`
	Image    *ImageRequest `json:"image,omitempty"`
	Git      *GitRequest   `json:"git,omitempty"`
	HTTP     *HTTPRequest  `json:"http,omitempty"`
}

type ImageRequest struct {
	NoConfig            bool     `json:"noConfig,omitempty"`
	AttestationChain    bool     `json:"attestationChain,omitempty"`
	ResolveAttestations []string `json:"resolveAttestations,omitempty"`
}

type GitRequest struct {
	ReturnObject bool `json:"returnObject,omitempty"`
}

type HTTPRequest struct {
	Checksum *ChecksumRequest `json:"checksum,omitempty"`
}

type ChecksumRequest struct {
	// Algorithm is "sha256", "sha384" or "sha512".
	Algorithm string `json:"algorithm"`
	Suffix    []byte `json:"suffix,omitempty"`
}

const (
	decisionQuery = "data.docker.decision"
	turns         = 10
	deepest       = 24
)

type checker struct {
	policy  *compiled
	request *CheckRequest
	logs    []Log
	name    string
}

func (c *checker) log(level, text string) {
	c.logs = append(c.logs, Log{level, text})
}

func check(number int, request *CheckRequest) Answer {
	policy := policies[number]
	if policy == nil && !request.Print {
		return Answer{Error: fmt.Sprintf("there is no policy %d", number)}
	}
	c := &checker{policy: policy, request: request}
	var answer *CheckAnswer
	var err error
	if request.Source == nil {
		answer, err = c.caps()
	} else {
		answer, err = c.check()
	}
	var lacks missing
	if errors.As(err, &lacks) {
		return Answer{Needs: []Need{lacks.need}}
	}
	if err != nil {
		return Answer{Error: err.Error(), Logs: c.logs}
	}
	return Answer{CheckAnswer: answer, Logs: c.logs}
}

func (c *checker) evaluation(input Input) (*evaluation, error) {
	value, err := ast.InterfaceToValue(input)
	if err != nil {
		return nil, err
	}
	limit := time.Duration(c.request.Milliseconds) * time.Millisecond
	return &evaluation{
		policy: c.policy,
		input:  value,
		state: &state{
			input: input, files: c.request.Files, attestations: c.request.Attestations, hasFiles: c.policy.hasFiles,
		},
		deadline: time.Now().Add(limit),
	}, nil
}

func (c *checker) logInput(input Input) error {
	text, err := json.MarshalIndent(input, "", "  ")
	c.log("debug", "policy input: "+string(text))
	return err
}

func (c *checker) caps() (*CheckAnswer, error) {
	var input Input
	env := c.request.Env
	env.CapsRequest = true
	input.setEnv(env, 0)
	if err := c.logInput(input); err != nil {
		return nil, err
	}
	run, err := c.evaluation(input)
	if err != nil {
		return nil, err
	}
	value, err := run.value(decisionQuery)
	c.logs = append(c.logs, run.state.logs...)
	if err != nil {
		return nil, err
	}
	if wanted := run.state.wanted(); len(wanted) > 0 || run.state.checksum != nil {
		return nil, fmt.Errorf("policy caps request cannot resolve source metadata: %v", shortened(wanted))
	}
	decision, err := readDecision(value)
	if err != nil {
		return nil, err
	}
	return &CheckAnswer{Caps: decision.caps}, nil
}

func (c *checker) check() (*CheckAnswer, error) {
	source := *c.request.Source
	platform, err := c.request.Platform.normalized()
	if err != nil {
		return nil, err
	}
	c.name = source.Identifier
	if platform != nil {
		c.name += " (" + platforms.Format(*platform) + ")"
	} else if platform, err = c.request.DefaultPlatform.normalized(); err != nil {
		return nil, err
	}
	input, err := c.inputOf(source, c.request.Meta, platform, 0, map[string]bool{})
	if err != nil {
		return nil, fmt.Errorf("failed to build policy input: %w", err)
	}
	if c.request.Print {
		return c.print(&input, platform)
	}
	c.log("info", "checking policy for source "+c.name)
	for range turns {
		answer, err := c.turn(&input, platform)
		if answer != nil || err != nil {
			return answer, err
		}
	}
	return nil, errors.New("maximum attempts reached for resolving policy metadata")
}

// print resolves the requested fields one after the other, and answers with the document.
func (c *checker) print(input *Input, platform *ocispecs.Platform) (*CheckAnswer, error) {
	var resolved []string
	for range turns {
		unknowns := input.unknowns("input")
		fields := unresolved(c.request.Fields, unknowns)
		resolved = appendNew(resolved, fields...)
		answer, again, err := c.resolve(input, platform, fields, &state{})
		if answer != nil || err != nil {
			if answer != nil {
				answer.Unknowns, answer.Resolved = unknowns, resolved
			}
			return answer, err
		}
		if !again {
			break
		}
	}
	return &CheckAnswer{Input: input, Unknowns: input.unknowns("input"), Resolved: resolved}, nil
}

// turn is one evaluation; without an answer, the input has grown, and the caller takes another turn.
func (c *checker) turn(input *Input, platform *ocispecs.Platform) (*CheckAnswer, error) {
	input.setEnv(c.request.Env, 0)
	if err := c.logInput(*input); err != nil {
		return nil, err
	}
	run, err := c.evaluation(*input)
	if err != nil {
		return nil, err
	}
	unknowns := input.unknowns("input")
	if len(unknowns) > 0 {
		c.log("debug", fmt.Sprintf("unknowns for policy evaluation: %v", shortened(unknowns)))
		support, err := run.support(decisionQuery, unknowns)
		if err != nil {
			return nil, err
		}
		wanted := append(refsTo(support, unknowns), run.state.wanted()...)
		answer, again, err := c.resolve(input, platform, wanted, run.state)
		if answer != nil || again || err != nil {
			return answer, err
		}
	}
	run.state.pins = nil
	var trace *tracer
	if c.request.Explain {
		trace = &tracer{}
		run.tracer = trace
	}
	value, err := run.value(decisionQuery)
	c.logs = append(c.logs, run.state.logs...)
	if err != nil {
		return nil, err
	}
	answer, again, err := c.resolve(input, platform, run.state.wanted(), run.state)
	if answer != nil || again || err != nil {
		return answer, err
	}
	decision, err := readDecision(value)
	if err != nil {
		return nil, err
	}
	answer, err = c.conclude(decision, run.state.pins)
	if answer != nil && trace != nil {
		answer.Trace = trace.lines
	}
	return answer, err
}

func (c *checker) conclude(decision decision, pins map[digest.Digest]bool) (*CheckAnswer, error) {
	answer := &CheckAnswer{Action: "DENY", Messages: decision.messages}
	if decision.allow {
		answer.Action = "ALLOW"
	}
	if decision.allow && len(pins) > 1 {
		all := slices.Sorted(maps.Keys(pins))
		return nil, fmt.Errorf("multiple image pins set to %s: %v", c.name, all)
	}
	if decision.allow && len(pins) == 1 {
		for pin := range pins {
			update, err := pinned(*c.request.Source, pin)
			if err != nil {
				return nil, fmt.Errorf("failed to add image pin to source: %w", err)
			}
			answer.Action, answer.Update = "CONVERT", update
			c.log("info", "policy decision for source "+c.name+": convert to "+update.Identifier)
			return answer, nil
		}
	}
	c.log("info", "policy decision for source "+c.name+": "+answer.Action)
	for _, message := range answer.Messages {
		c.log("info", " - "+message)
	}
	return answer, nil
}

func pinned(source Source, pin digest.Digest) (*Source, error) {
	rest, ok := strings.CutPrefix(source.Identifier, "docker-image://")
	if !ok {
		return nil, fmt.Errorf("cannot pin non-image source: %q", source.Identifier)
	}
	ref, err := reference.ParseNormalizedNamed(rest)
	if err != nil {
		return nil, err
	}
	full, err := reference.WithDigest(ref, pin)
	if err != nil {
		return nil, err
	}
	attrs := map[string]string{"image.checksum": pin.String()}
	for key, value := range source.Attrs {
		if key != "image.checksum" {
			attrs[key] = value
		}
	}
	return &Source{Identifier: "docker-image://" + full.String(), Attrs: attrs}, nil
}

// inputOf is the input of a source and of the materials of its provenance, to a bounded depth.
func (c *checker) inputOf(source Source, meta *Meta, platform *ocispecs.Platform, depth int, above map[string]bool) (Input, error) {
	if depth > deepest {
		return Input{}, fmt.Errorf("provenance materials depth exceeds limit %d", deepest)
	}
	input, err := c.describe(source, meta, platform)
	if err != nil || input.Image == nil || input.Image.Provenance == nil || len(input.Image.Provenance.raw) == 0 {
		return input, err
	}
	key := source.Identifier
	if platform != nil {
		key += "|" + platforms.Format(*platform)
	}
	if above[key] {
		return Input{}, nil
	}
	above[key] = true
	defer delete(above, key)
	for _, one := range input.Image.Provenance.raw {
		child, err := c.materialInput(one, nil, platform, depth+1, above)
		if err != nil {
			return Input{}, fmt.Errorf("failed to build material input for %q: %w", one.URI, err)
		}
		input.Image.Provenance.Materials = append(input.Image.Provenance.Materials, child)
	}
	return input, nil
}

func (c *checker) materialInput(one material, meta *Meta, platform *ocispecs.Platform, depth int, above map[string]bool) (Input, error) {
	source, own, err := one.source()
	if err != nil {
		return Input{}, nil
	}
	if own != nil {
		platform = own
	}
	return c.inputOf(source, meta, platform, depth, above)
}

type decision struct {
	allow    bool
	messages []string
	caps     map[string]bool
}

func readDecision(value ast.Value) (decision, error) {
	var read decision
	if value == nil {
		return read, errors.New("policy returned zero result")
	}
	plain, err := ast.JSON(value)
	if err != nil {
		return read, err
	}
	fields, ok := plain.(map[string]any)
	if !ok {
		return read, fmt.Errorf("unexpected policy return type: %T %s", plain, decisionQuery)
	}
	if allow, ok := fields["allow"]; ok {
		if read.allow, ok = allow.(bool); !ok {
			return read, fmt.Errorf("invalid allowed property type %T, expecting bool", allow)
		}
	}
	if messages, ok := fields["deny_msg"].([]any); ok {
		for _, message := range messages {
			if text, ok := message.(string); ok {
				read.messages = append(read.messages, text)
			}
		}
	}
	caps, ok := fields["caps"]
	if !ok {
		return read, nil
	}
	all, ok := caps.(map[string]any)
	if !ok {
		return read, fmt.Errorf("invalid caps property type %T, expecting object", caps)
	}
	read.caps = map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if name != "exec.proxy" {
			return read, fmt.Errorf("unknown policy cap %q", name)
		}
		if read.caps[name], ok = all[name].(bool); !ok {
			return read, fmt.Errorf("invalid caps.%s property type %T, expecting bool", name, all[name])
		}
	}
	return read, nil
}
