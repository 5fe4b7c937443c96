package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
)

// TestRequest runs the tests of a policy. The policy was compiled together with its tests.
type TestRequest struct {
	// Decider is the same policy compiled without tests; it decides which metadata of an image is needed.
	Decider int `json:"decider"`
	// Modules are the names of the policy's own modules, Tests those of its tests.
	Modules []string `json:"modules"`
	Tests   []string `json:"tests"`
	// Run selects the tests whose names contain it.
	Run string `json:"run"`
	// Builder is true if metadata of images is available.
	Builder  bool `json:"builder"`
	Coverage bool `json:"coverage"`
	QueryRequest
	CheckRequest
}

// TestAnswer has the results of tests, or of a query.
type TestAnswer struct {
	Results []TestResult `json:"results,omitempty"`
	// Uncovered are lines of the policy that no test reached, by file.
	Uncovered map[string][]int `json:"uncovered,omitempty"`
	*QueryAnswer
}

// TestResult is the outcome of one test.
type TestResult struct {
	Name     string          `json:"name"`
	Package  string          `json:"package"`
	Passed   bool            `json:"passed"`
	Allow    *bool           `json:"allow,omitempty"`
	Messages []string        `json:"messages,omitempty"`
	Input    *Input          `json:"input,omitempty"`
	Decision json.RawMessage `json:"decision,omitempty"`
	Missing  []string        `json:"missing,omitempty"`
	Metadata []string        `json:"metadata,omitempty"`
}

type testCase struct{ name, pkg string }

func test(number int, request *TestRequest) Answer {
	policy := policies[number]
	if policy == nil {
		return Answer{Error: fmt.Sprintf("there is no policy %d", number)}
	}
	cases := findTests(policy, request)
	if len(cases) == 0 {
		return Answer{Error: "no tests found"}
	}
	var coverage *cover.Cover
	if request.Coverage {
		coverage = cover.New()
	}
	answer := &TestAnswer{}
	for _, one := range cases {
		result, err := runTest(policy, request, one, coverage)
		if lacks, ok := err.(missing); ok {
			return Answer{Needs: []Need{lacks.need}}
		}
		if err != nil {
			return Answer{Error: err.Error()}
		}
		answer.Results = append(answer.Results, result)
	}
	if coverage != nil {
		answer.Uncovered = uncovered(policy, request, coverage)
	}
	return Answer{TestAnswer: answer}
}

func (policy *compiled) modules(names []string, pkg string) []*ast.Module {
	var found []*ast.Module
	for name, module := range policy.compiler.ParsedModules() {
		if slices.Contains(names, name) && (pkg == "" || module.Package.Path.String() == pkg) {
			found = append(found, module)
		}
	}
	return found
}

// findTests are rules without arguments whose names begin with test_ and whose values are booleans.
func findTests(policy *compiled, request *TestRequest) []testCase {
	byName := map[string]testCase{}
	for _, module := range policy.modules(request.Tests, "") {
		for _, rule := range module.Rules {
			name := string(rule.Head.Name)
			if len(rule.Head.Args) > 0 || !strings.HasPrefix(name, "test_") || !strings.Contains(name, request.Run) {
				continue
			}
			if rule.Head.Value != nil {
				if _, ok := rule.Head.Value.Value.(ast.Boolean); !ok {
					continue
				}
			}
			byName[name] = testCase{name, module.Package.Path.String()}
		}
	}
	cases := make([]testCase, 0, len(byName))
	for _, one := range byName {
		cases = append(cases, one)
	}
	slices.SortFunc(cases, func(a, b testCase) int { return strings.Compare(a.name, b.name) })
	return cases
}

func runTest(policy *compiled, request *TestRequest, one testCase, coverage *cover.Cover) (TestResult, error) {
	result := TestResult{Name: one.name, Package: one.pkg}
	input, err := inputOfTest(policy, request, one)
	if err != nil {
		return result, err
	}
	own := policy.modules(request.Modules, one.pkg)
	if request.Builder {
		resolved, err := resolveTest(request, own, input)
		if err != nil {
			return result, err
		}
		if resolved != nil {
			input = resolved
		}
	}
	result.Input = input
	var wanted []string
	evaluate := func(query string) (ast.Value, error) {
		run, err := testEvaluation(policy, request, input)
		if err != nil {
			return nil, err
		}
		if coverage != nil {
			run.tracer = coverage
		}
		value, err := run.value(query)
		wanted = append(wanted, run.state.wanted()...)
		return value, err
	}
	value, err := evaluate(one.pkg + "." + one.name)
	if err != nil {
		return result, err
	}
	result.Passed = value != nil && value.Compare(ast.Boolean(true)) == 0
	value, err = evaluate(one.pkg + ".decision")
	if lacks, ok := err.(missing); ok {
		return result, lacks
	}
	if value != nil && err == nil {
		result.decide(value)
	}
	result.Missing = missingFields(own, input, wanted)
	result.Metadata = metadataFor(result.Missing)
	return result, nil
}

func testEvaluation(policy *compiled, request *TestRequest, input *Input) (*evaluation, error) {
	check := request.CheckRequest
	c := &checker{policy: policy, request: &check}
	if input != nil {
		return c.evaluation(*input)
	}
	run, err := c.evaluation(Input{})
	if run != nil {
		run.input = nil
	}
	return run, err
}

// decide reads a decision as leniently as `policy test` does: a message may be a lone text.
func (result *TestResult) decide(value ast.Value) {
	plain, err := ast.JSON(value)
	if err != nil {
		return
	}
	fields, ok := plain.(map[string]any)
	if !ok {
		return
	}
	var shown struct {
		Allow    *bool           `json:"allow,omitempty"`
		Messages []string        `json:"deny_msg,omitempty"`
		Caps     map[string]bool `json:"caps,omitempty"`
	}
	if allow, ok := fields["allow"].(bool); ok {
		shown.Allow = &allow
	}
	switch messages := fields["deny_msg"].(type) {
	case string:
		shown.Messages = []string{messages}
	case []any:
		for _, message := range messages {
			if text, ok := message.(string); ok {
				shown.Messages = append(shown.Messages, text)
			}
		}
	}
	if caps, ok := fields["caps"].(map[string]any); ok {
		shown.Caps = map[string]bool{}
		for name, value := range caps {
			if on, ok := value.(bool); ok {
				shown.Caps[name] = on
			}
		}
	}
	result.Allow, result.Messages = shown.Allow, shown.Messages
	result.Decision, _ = json.Marshal(shown)
}

// inputOfTest is the value of the test's only `with input as`; nil if there is none.
func inputOfTest(policy *compiled, request *TestRequest, one testCase) (*Input, error) {
	var found *ast.Term
	for _, module := range policy.modules(request.Tests, one.pkg) {
		for _, rule := range module.Rules {
			if string(rule.Head.Name) != one.name {
				continue
			}
			for _, expression := range rule.Body {
				for _, with := range expression.With {
					ref, ok := with.Target.Value.(ast.Ref)
					if !ok || !ref.Equal(ast.InputRootRef) {
						continue
					}
					if found != nil && !found.Equal(with.Value) {
						return nil, fmt.Errorf("multiple input overrides for %s", one.name)
					}
					found = with.Value
				}
			}
		}
	}
	if found == nil {
		return nil, nil
	}
	var input Input
	if err := ast.As(found.Value, &input); err != nil {
		// Go names the type of a field with its package, and buildx's package is `policy`.
		text := strings.ReplaceAll(err.Error(), " of type main.", " of type policy.")
		return nil, fmt.Errorf("failed to decode test input for %s: %s", one.name, text)
	}
	return &input, nil
}

// resolveTest replaces a test's input that names an image by the image's own, as far as the policy needs it.
func resolveTest(request *TestRequest, own []*ast.Module, input *Input) (*Input, error) {
	source := imageOf(input)
	if source == nil {
		return nil, nil
	}
	platform := request.DefaultPlatform
	if image := input.Image; image.Platform != "" {
		parts := append(strings.Split(image.Platform, "/"), "", "")
		platform = &Platform{parts[0], parts[1], parts[2]}
	} else if image.OS+image.Arch+image.Variant != "" {
		platform = &Platform{image.OS, image.Arch, image.Variant}
	}
	env := input.Env
	hasEnv := env.Filename+env.Target != "" || len(env.Args)+len(env.Labels) > 0
	var meta *Meta
	for range 5 {
		check := request.CheckRequest
		check.Source, check.Meta, check.Platform = source, meta, platform
		if hasEnv {
			check.Env = env
		}
		c := &checker{policy: policies[request.Decider], request: &check}
		answer, err := c.check()
		if err != nil {
			return nil, err
		}
		next := answer.Request
		if next == nil {
			normal, err := platform.normalized()
			if err != nil {
				return nil, err
			}
			resolved, err := c.describe(*source, meta, normal)
			if err != nil {
				return nil, err
			}
			if hasEnv {
				resolved.Env = env
			}
			next = &MetaRequest{Source: *source, Platform: platform}
			lacking := slices.DeleteFunc(missingFields(own, &resolved, nil), func(field string) bool {
				return !strings.HasPrefix(field, "image.") && !strings.HasPrefix(field, "git.")
			})
			if c.addFields(next, lacking) != nil || next.Image == nil && next.Git == nil {
				return &resolved, nil
			}
		}
		text, err := json.Marshal(next)
		if err != nil {
			return nil, err
		}
		known, asked := request.Materials[string(text)]
		if !asked {
			return nil, missing{Need{Kind: "material", Key: string(text), Source: next}}
		}
		meta = known
	}
	return nil, fmt.Errorf("maximum attempts reached for resolving policy metadata")
}

func imageOf(input *Input) *Source {
	if input == nil || input.Image == nil {
		return nil
	}
	for _, ref := range []string{input.Image.Ref, input.Image.FullRepo, input.Image.Repo} {
		if ref == "" {
			continue
		}
		if tag := input.Image.Tag; tag != "" && !strings.Contains(ref, ":") {
			ref += ":" + tag
		}
		return &Source{Identifier: "docker-image://" + ref}
	}
	return nil
}

// missingFields are the fields that the policy names and that the input lacks, sorted.
func missingFields(modules []*ast.Module, input *Input, more []string) []string {
	var document map[string]any
	if text, err := json.Marshal(input); err == nil {
		_ = json.Unmarshal(text, &document)
	}
	var lacking []string
	for _, field := range append(inputRefs(modules), more...) {
		var at any = document
		found := len(modules) > 0
		for _, part := range strings.Split(field, ".") {
			fields, ok := at.(map[string]any)
			if at, ok = fields[part]; !ok {
				found = false
				break
			}
		}
		if !found {
			lacking = appendNew(lacking, field)
		}
	}
	slices.Sort(lacking)
	return lacking
}

func metadataFor(fields []string) []string {
	request := &MetaRequest{}
	var kinds []string
	if (&checker{}).addFields(request, fields) != nil {
		return nil
	}
	if request.Git != nil {
		kinds = append(kinds, "git")
	}
	if request.Image != nil {
		kinds = append(kinds, "image")
	}
	return kinds
}

func uncovered(policy *compiled, request *TestRequest, coverage *cover.Cover) map[string][]int {
	modules := map[string]*ast.Module{}
	for _, name := range request.Modules {
		if module := policy.compiler.ParsedModules()[name]; module != nil {
			modules[name] = module
		}
	}
	report := coverage.Report(modules)
	lines := map[string][]int{}
	for name, file := range report.Files {
		for _, part := range file.NotCovered {
			for row := part.Start.Row; row <= part.End.Row; row++ {
				lines[name] = append(lines[name], row)
			}
		}
	}
	return lines
}
