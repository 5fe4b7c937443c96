package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

const materialsPrefix = "image.provenance.materials["

// refsTo are the unknown fields that rules refer to: each the nearest known name of an unknown.
func refsTo(modules []*ast.Module, unknowns []string) []string {
	valid := map[string]bool{}
	for _, unknown := range unknowns {
		valid[fieldOf(unknown)] = true
	}
	var found []string
	for _, field := range inputRefs(modules) {
		for at := len(field); at > 0; at = strings.LastIndexAny(field[:at], ".[") {
			if valid[field[:at]] {
				found = appendNew(found, field[:at])
				break
			}
		}
	}
	return found
}

// inputRefs are the fields of the input that modules name, in the order of their first mention.
func inputRefs(modules []*ast.Module) []string {
	var found []string
	for _, module := range modules {
		ast.WalkRefs(module, func(ref ast.Ref) bool {
			if ref.HasPrefix(ast.InputRootRef) {
				if field := fieldOf(ref.String()); field != "" {
					found = appendNew(found, field)
				}
			}
			return true
		})
	}
	return found
}

// fieldOf cuts a reference to two components, `image.labels`; below materials it stays whole.
func fieldOf(ref string) string {
	field := strings.TrimPrefix(ref, "input.")
	if strings.HasPrefix(field, materialsPrefix) {
		return field
	}
	first := strings.IndexAny(field, ".[")
	if first < 0 {
		return field
	}
	if second := strings.IndexAny(field[first+1:], ".["); second >= 0 {
		return field[:first+1+second]
	}
	return field
}

func appendNew(all []string, more ...string) []string {
	for _, one := range more {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// wanted are the unknown fields that functions need.
func (s *state) wanted() []string {
	return slices.Sorted(maps.Keys(s.unknown))
}

// shortened is the form of a list of fields in the log.
func shortened(fields []string) []string {
	short := []string{}
	for _, field := range fields {
		field = strings.TrimPrefix(field, "input.")
		for _, whole := range []string{"image.signatures", "image.provenance"} {
			if strings.HasPrefix(field, whole) {
				field = whole
			}
		}
		if field != "image" {
			short = appendNew(short, field)
		}
	}
	return short
}

// resolve turns needed fields into a request for the daemon. The host resolves the fields of a material:
// then the input grows, and `again` is true.
func (c *checker) resolve(input *Input, platform *ocispecs.Platform, wanted []string, s *state) (answer *CheckAnswer, again bool, err error) {
	announce := func(request *MetaRequest) *CheckAnswer {
		c.log("info", fmt.Sprintf("policy decision for source %s: resolve missing fields %v", c.name, shortened(wanted)))
		return &CheckAnswer{Request: request}
	}
	if s.checksum != nil {
		request := &MetaRequest{Source: *c.request.Source, Platform: c.request.Platform}
		if err := c.addFields(request, wanted); err != nil {
			return nil, false, err
		}
		request.HTTP = &HTTPRequest{Checksum: s.checksum}
		return announce(request), false, nil
	}
	if len(wanted) == 0 {
		return nil, false, nil
	}
	node := node{input: input, source: *c.request.Source, platform: platform, root: true}
	request, again, err := c.resolveNode(node, wanted, 0)
	if request != nil {
		return announce(request), false, nil
	}
	return nil, again, err
}

// unresolved are the unknown fields that have to be resolved to learn the requested ones. A field of a
// material needs the provenances on the way to it, and may be named more exactly than an unknown is.
func unresolved(fields, unknowns []string) []string {
	var found []string
	add := func(field string) bool {
		isUnknown := slices.Contains(unknowns, "input."+field)
		if isUnknown {
			found = appendNew(found, field)
		}
		return isUnknown
	}
	for _, field := range fields {
		if !strings.HasPrefix(field, materialsPrefix) {
			add(field)
			continue
		}
		for at := 0; ; at++ {
			next := strings.Index(field[at:], ".materials[")
			if next < 0 {
				break
			}
			at += next
			add(field[:at])
		}
		for at := len(field); at > 0 && !add(field[:at]); {
			at = strings.LastIndexAny(field[:at], ".[")
		}
	}
	return found
}

// node is a source of the tree of materials.
type node struct {
	input    *Input
	source   Source
	platform *ocispecs.Platform
	root     bool
	material material
}

func (c *checker) resolveNode(at node, wanted []string, depth int) (*MetaRequest, bool, error) {
	direct, below := splitFields(wanted)
	if len(direct) > 0 {
		request, err := c.requestOf(at, direct)
		if request != nil && at.root {
			return request, false, nil
		}
		if request != nil {
			return nil, true, c.growMaterial(at, request, depth)
		}
		if err != nil {
			return nil, false, err
		}
	}
	for _, index := range slices.Sorted(maps.Keys(below)) {
		if at.input.Image == nil || at.input.Image.Provenance == nil || index >= len(at.input.Image.Provenance.Materials) {
			continue
		}
		provenance := at.input.Image.Provenance
		source, platform, err := provenance.raw[index].source()
		if err != nil {
			continue
		}
		if platform == nil {
			platform = at.platform
		}
		child := node{&provenance.Materials[index], source, platform, false, provenance.raw[index]}
		request, again, err := c.resolveNode(child, below[index], depth+1)
		if request != nil || again || err != nil {
			return request, again, err
		}
	}
	return nil, false, nil
}

// growMaterial replaces a material's input by one that includes the host's metadata.
func (c *checker) growMaterial(at node, request *MetaRequest, depth int) error {
	text, err := json.Marshal(request)
	if err != nil {
		return err
	}
	meta, asked := c.request.Materials[string(text)]
	if !asked {
		return missing{Need{Kind: "material", Key: string(text), Source: request}}
	}
	grown, err := c.materialInput(at.material, meta, at.platform, depth, map[string]bool{})
	if err != nil {
		return fmt.Errorf("failed to rebuild material input: %w", err)
	}
	*at.input = grown
	return nil
}

// splitFields separates the fields of a node from those of its materials, by their index.
func splitFields(fields []string) (direct []string, below map[int][]string) {
	below = map[int][]string{}
	for _, field := range fields {
		rest, isBelow := strings.CutPrefix(strings.TrimPrefix(field, "input."), materialsPrefix)
		number, rest, closed := strings.Cut(rest, "]")
		index, err := strconv.Atoi(number)
		if !isBelow || !closed || err != nil || index < 0 {
			direct = appendNew(direct, strings.TrimPrefix(field, "input."))
		} else if rest = strings.TrimPrefix(rest, "."); rest != "" {
			below[index] = appendNew(below[index], rest)
		}
	}
	return direct, below
}

func (c *checker) requestOf(at node, fields []string) (*MetaRequest, error) {
	request := &MetaRequest{Source: at.source}
	if at.platform != nil {
		request.Platform = &Platform{at.platform.OS, at.platform.Architecture, at.platform.Variant}
	} else if at.root {
		request.Platform = c.request.Platform
	}
	if err := c.addFields(request, fields); err != nil {
		return nil, err
	}
	isHTTP := slices.ContainsFunc(fields, func(field string) bool { return strings.HasPrefix(field, "http.") })
	if request.Image == nil && request.Git == nil && !isHTTP {
		return nil, nil
	}
	return request, nil
}

func (c *checker) addFields(request *MetaRequest, fields []string) error {
	fields = slices.DeleteFunc(slices.Clone(fields), func(field string) bool {
		return field == "image" || field == "git" || field == "http" || field == "local"
	})
	if len(fields) == 0 {
		return nil
	}
	c.log("debug", fmt.Sprintf("collected unknowns: %v", fields))
	image := func() *ImageRequest {
		if request.Image == nil {
			request.Image = &ImageRequest{NoConfig: true}
		}
		return request.Image
	}
	for _, field := range fields {
		switch {
		case field == "image.provenance" || strings.HasPrefix(field, "image.provenance."):
			image().AttestationChain = true
			image().ResolveAttestations = appendNew(image().ResolveAttestations, slsa02, slsa1)
		case field == "image.checksum" || slices.Contains(configFields, field):
			image().NoConfig = false
		case field == "image.hasProvenance" || field == "image.signatures":
			image().AttestationChain = true
		case field == "http.checksum":
		case strings.HasPrefix(field, "git.") && gitFields[field[len("git."):]]:
			if request.Git == nil {
				request.Git = &GitRequest{}
			}
			if field == "git.commit" || field == "git.tag" {
				request.Git.ReturnObject = true
			}
		default:
			return fmt.Errorf("unhandled unknown property %s", field)
		}
	}
	return nil
}

var gitFields = map[string]bool{
	"ref": true, "checksum": true, "commitChecksum": true, "isAnnotatedTag": true, "isSHA256": true,
	"tagName": true, "branch": true, "commit": true, "tag": true,
}

// tracer collects OPA's own trace as lines.
type tracer struct{ lines []string }

func (*tracer) Enabled() bool               { return true }
func (*tracer) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

func (t *tracer) TraceEvent(event topdown.Event) {
	if len(t.lines) >= 10_000 {
		return
	}
	place := ""
	if at := event.Location; at != nil {
		place = fmt.Sprintf("%s:%d", at.File, at.Row)
	}
	text := ""
	if event.Node != nil {
		text = fmt.Sprint(event.Node)
	}
	t.lines = append(t.lines, fmt.Sprintf("%s\t%s\t%s", place, event.Op, text))
}
